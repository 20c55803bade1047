"""A mail server on a real socket that speaks SMTP: keeps the letters, or is slow, busy, or refuses, as the test says."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class MailServer:
    """`says` is its answer to RCPT, None for none at all."""

    port: int = 0
    says: str | None = "250 ok"
    letters: list[EmailMessage] = field(default_factory=list)
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"smtp+plain://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def open(self) -> AsyncIterator["MailServer"]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for writer in list(self._open):
                writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            writer.write(b"220 here ESMTP\r\n")
            while line := (await reader.readline()).decode(errors="replace").strip():
                said = await self._answer(line.upper(), reader, writer)
                if said is None:
                    await reader.read()  # silent until the other side gives up
                    break
                writer.write(f"{said}\r\n".encode())
                if line.upper() == "QUIT":
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._open.discard(writer)
            writer.close()

    async def _answer(self, line: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str | None:
        if line.startswith("EHLO"):
            return "250-here\r\n250-8BITMIME\r\n250 SMTPUTF8"
        if line.startswith("RCPT"):
            return self.says
        if line == "DATA":
            writer.write(b"354 go on\r\n")
            content = await reader.readuntil(b"\r\n.\r\n")
            letter = message_from_bytes(content[:-5].replace(b"\r\n..", b"\r\n."), policy=policy.default)
            assert isinstance(letter, EmailMessage)
            self.letters.append(letter)
            return "250 taken"
        return "221 bye" if line == "QUIT" else "250 ok"
