"""The line between a browser and a house, which can be cut and mended: what was open breaks, what is new is refused."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from tests.fakes.passing import until_either_ends


class WebLine:
    """`address` is the house as the browser sees it."""

    def __init__(self, house: str) -> None:
        far = urlsplit(house)
        self._far = (far.hostname or "127.0.0.1", far.port or 80)
        self._open: set[asyncio.StreamWriter] = set()
        self._cut = False
        self.address = ""

    @classmethod
    @asynccontextmanager
    async def to(cls, house: str) -> AsyncIterator["WebLine"]:
        line = cls(house)
        listener = await asyncio.start_server(line._connected, "127.0.0.1", 0)
        line.address = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        try:
            yield line
        finally:
            listener.close()
            line.cut()

    def cut(self) -> None:
        self._cut = True
        for writer in self._open:
            writer.transport.abort()

    def mend(self) -> None:
        self._cut = False

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._cut:
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection(*self._far)
        self._open |= {writer, far_writer}
        try:
            await until_either_ends(_pass(reader, far_writer), _pass(far_reader, writer))
        finally:
            self._open -= {writer, far_writer}
            writer.transport.abort()
            far_writer.transport.abort()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
