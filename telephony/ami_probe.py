"""One look at an AMI for the doctor: log in, try what must be denied, log off. Not the engine's link (that is ami.py)."""

import asyncio
import re
from dataclasses import dataclass

LOOK_S = 5.0


@dataclass(frozen=True, slots=True)
class AmiProbe:
    """What was seen; `detail` is for a person when the login failed."""

    logged_in: bool
    command_denied: bool
    detail: str


async def probe_ami(port: int, secret: str, user: str = "engine") -> AmiProbe:
    """Log in at the loopback `port` and ask for a harmless console command. Raises nothing of the network."""
    if re.fullmatch(r"[\w.~+/=-]+", secret) is None:
        return AmiProbe(False, False, "the secret holds characters that AMI cannot carry")
    try:
        async with asyncio.timeout(LOOK_S):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                if not (await reader.readline()).startswith(b"Asterisk Call Manager/"):
                    return AmiProbe(False, False, f"port {port} is not an Asterisk manager interface")
                login = await _ask(
                    reader, writer, f"Action: Login\r\nUsername: {user}\r\nSecret: {secret}\r\nEvents: off"
                )
                if "Response: Success" not in login:
                    return AmiProbe(False, False, "the login was refused")
                command = await _ask(reader, writer, "Action: Command\r\nCommand: core show uptime")
                return AmiProbe(True, "Permission denied" in command, "")
            finally:
                writer.close()
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        return AmiProbe(False, False, f"no manager interface answers at 127.0.0.1:{port}")


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, action: str) -> str:
    writer.write(f"{action}\r\n\r\n".encode())
    while True:
        block = (await reader.readuntil(b"\r\n\r\n")).decode(errors="replace")
        if "Response: " in block:
            return block
