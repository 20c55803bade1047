"""The server's side of AMI: one connection of a client, read as Asterisk reads it. Owned here, and the tests' fake stands on it too."""

import asyncio
from collections.abc import Callable
from typing import Any

from .ami_words import BANNER, Received, encode


class AmiSession:
    """`take(session, action)` is called for each action that arrives."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, take: Callable[[Any, Received], None]
    ) -> None:
        self.logged_in = False
        self._reader, self._writer = reader, writer
        self._take = take

    def say(self, message: bytes) -> None:
        if not self._writer.is_closing():
            self._writer.write(message)

    async def said(self) -> None:
        """The client keeps up: what was said has left us."""
        await self._writer.drain()

    def reply(self, action: Received, *pairs: tuple[str, str], response: str = "Success") -> None:
        self.say(encode([("Response", response), *action.same, *pairs]))

    def refuse(self, action: Received, message: str) -> None:
        self.reply(action, ("Message", message), response="Error")

    def cut(self) -> None:
        """End the connection without a goodbye."""
        self._writer.transport.abort()

    def close(self) -> None:
        self._writer.close()

    async def run(self) -> None:
        """From the banner until the client is gone."""
        self.say(BANNER)
        try:
            await self._listen()
        finally:
            self._writer.close()

    async def _listen(self) -> None:
        lines: list[bytes] = []
        while line := await self._reader.readline():
            text = line.rstrip(b"\n").partition(b"\r")[0]
            if text:
                lines.append(text)
            elif lines:
                action, lines = Received.of(lines), []
                self._take(self, action)
