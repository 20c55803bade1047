"""Does a carrier's machine answer at all? Asked by one OPTIONS, as SIP telephones ask each other; any answer will do."""

import asyncio
import secrets
from contextlib import suppress

from .site import Trunk

ANSWER_S = 3.0
ASK_AGAIN_S = 0.5
"""A datagram may be lost: RFC 3261's T1."""


class _Ear(asyncio.DatagramProtocol):
    """The first SIP answer, or the refusal of the port."""

    def __init__(self) -> None:
        self.heard: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, addr: object) -> None:
        first = data.split(b"\r\n", 1)[0].decode("ascii", "replace")
        if first.startswith("SIP/2.0 ") and not self.heard.done():
            self.heard.set_result(f"answers {first.removeprefix('SIP/2.0 ')[:60]}")

    def error_received(self, exc: Exception) -> None:
        if not self.heard.done():
            self.heard.set_exception(exc)


async def reach(trunk: Trunk) -> tuple[bool, str]:
    """Whether the trunk's host answers SIP over UDP, and what was seen. Nothing is dialed, nobody's password is sent."""
    loop = asyncio.get_running_loop()
    try:
        transport, ear = await loop.create_datagram_endpoint(_Ear, remote_addr=(trunk.host.strip("[]"), trunk.port))
    except OSError as error:
        return False, f"{trunk.host}: {error.strerror or 'no such host'}"
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_S):
                return True, await _ask(transport, ear, options(trunk, *transport.get_extra_info("sockname")[:2]))
    except OSError as error:
        return False, f"nobody at {trunk.host} port {trunk.port}: {error.strerror}"
    finally:
        transport.close()
        if ear.heard.done() and not ear.heard.cancelled():
            ear.heard.exception()  # looked at, so that nobody warns of it
    return False, f"no answer from {trunk.host} port {trunk.port} in {ANSWER_S:g} s"


async def _ask(transport: asyncio.DatagramTransport, ear: _Ear, question: bytes) -> str:
    while True:
        transport.sendto(question)
        with suppress(TimeoutError):
            async with asyncio.timeout(ASK_AGAIN_S):
                return await asyncio.shield(ear.heard)


def options(trunk: Trunk, host: str, port: int) -> bytes:
    """The question, from the address where its answer is awaited."""
    own = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    token = secrets.token_hex(8)
    lines = (
        f"OPTIONS {trunk.contact} SIP/2.0",
        f"Via: SIP/2.0/UDP {own};branch=z9hG4bK{token};rport",
        "Max-Forwards: 70",
        f"From: <sip:doctor@{own}>;tag={token}",
        f"To: <{trunk.contact}>",
        f"Call-ID: {token}@cordboard",
        "CSeq: 1 OPTIONS",
        f"Contact: <sip:doctor@{own}>",
        "Accept: application/sdp",
        "Content-Length: 0",
        "",
        "",
    )
    return "\r\n".join(lines).encode()
