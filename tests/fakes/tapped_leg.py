"""A leg as Asterisk's AudioSocket lends it: it connects, names itself, sends sound, and waits to be let go."""

import asyncio
from typing import Self
from uuid import UUID

SLIN = 0x10
PIECE = 320


class TappedLeg:
    """`async with TappedLeg(port, uuid) as leg: await leg.says(sound)`."""

    def __init__(self, port: int, name: str) -> None:
        self._port, self._name = port, name

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._put(0x01, UUID(self._name).bytes)
        return self

    async def __aexit__(self, *_exc: object) -> None:
        self._writer.close()

    def _put(self, kind: int, body: bytes) -> None:
        self._writer.write(bytes((kind,)) + len(body).to_bytes(2, "big") + body)

    async def says(self, sound: bytes, kind: int = SLIN) -> None:
        """All at once: the listener's clock is not ours to wait for."""
        try:
            for begin in range(0, len(sound), PIECE):
                self._put(kind, sound[begin : begin + PIECE])
            await self._writer.drain()
        except ConnectionError:
            """It was let go in the middle."""

    async def sends(self, raw: bytes) -> None:
        self._writer.write(raw)
        await self._writer.drain()

    async def let_go(self) -> bytes:
        """What it was told at its end; waits for that."""
        try:
            return await self._reader.read()
        except ConnectionError:
            return b""
