"""The sound of a call while it lasts: Asterisk's AudioSocket, at a port of loopback. A leg that the dialplan sends here names itself by its
uuid, and whoever waits for that leg hears it; when he has heard enough the leg goes on in the dialplan.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol
from uuid import UUID

log = logging.getLogger(__name__)

NAME_S = 2.0  # a leg says who it is at once
STILL_S = 0.5  # without sound for so long, the listener is told that time goes on
END, NAME, FAULT = 0x00, 0x01, 0xFF
RATES = {0x10: 8_000, 0x11: 12_000, 0x12: 16_000, 0x13: 24_000, 0x14: 32_000, 0x15: 44_100, 0x16: 48_000, 0x17: 96_000}
RATES |= {0x18: 192_000}


class TapListener(Protocol):
    """Who hears one leg."""

    async def hears(self, sound: bytes, rate: int, at_s: float) -> bool:
        """A piece of sound (16-bit little-endian), perhaps none, `at_s` after the leg came. Whether to go on."""
        ...


class AudioTap:
    """`listener_of` names the listener for a leg's uuid; without one the leg goes on at once."""

    def __init__(
        self, listener_of: Callable[[str], TapListener | None], now: Callable[[], float] = time.monotonic
    ) -> None:
        self._listener_of = listener_of
        self._now = now
        self._server: asyncio.Server | None = None
        self._legs: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """0 while nobody listens."""
        if self._server is None or not self._server.sockets:
            return 0
        return int(self._server.sockets[0].getsockname()[1])

    async def start(self) -> None:
        """Raises OSError."""
        self._server = await asyncio.start_server(self._came, "127.0.0.1", 0)

    async def stop(self) -> None:
        """The legs that are here go on in the dialplan."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for leg in list(self._legs):
            leg.cancel()
        await asyncio.gather(*self._legs, return_exceptions=True)

    async def _came(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        leg = asyncio.current_task()
        assert leg is not None
        self._legs.add(leg)
        try:
            await self._listen(reader)
            writer.write(bytes((END, 0, 0)))
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            log.debug("a leg left while it was heard")
        except asyncio.CancelledError:
            """We stop: the socket is closed, and the leg goes on."""
        except Exception:
            log.exception("a leg could not be heard, and goes on")
        finally:
            self._legs.discard(leg)
            writer.close()
            with suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        name = await self._named(reader)
        listener = self._listener_of(name) if name else None
        if listener is None:
            return
        began = self._now()
        reading = asyncio.ensure_future(_piece(reader))
        try:
            while True:
                await asyncio.wait([reading], timeout=STILL_S)
                kind, sound = -1, b""
                if reading.done():
                    kind, sound = reading.result()
                    reading = asyncio.ensure_future(_piece(reader))
                if kind in (END, FAULT):
                    return
                rate = RATES.get(kind, RATES[0x10])
                if (kind == -1 or kind in RATES) and not await listener.hears(sound, rate, self._now() - began):
                    return
        finally:
            reading.cancel()
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await reading

    async def _named(self, reader: asyncio.StreamReader) -> str:
        """The leg's uuid; "" for who does not say it."""
        try:
            async with asyncio.timeout(NAME_S):
                kind, told = await _piece(reader)
        except TimeoutError:
            return ""
        return str(UUID(bytes=told)) if kind == NAME and len(told) == 16 else ""


async def _piece(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """One message: its kind, a length of two bytes, and so much of it."""
    head = await reader.readexactly(3)
    return head[0], await reader.readexactly(int.from_bytes(head[1:], "big"))
