"""The engine's heartbeat: a global of Asterisk that the dialplan watches (asterisk_conf/extensions.conf)."""

import asyncio
import logging
from collections.abc import Callable

from ..queue.channel import WireDown
from .wire import Wire

log = logging.getLogger(__name__)

HEARTBEAT_S = 1.0


class Heartbeat:
    """`wall` is the clock that Asterisk has (s since 1970), with all its jumps: the heartbeat's age is told by it."""

    def __init__(self, wire: Wire, wall: Callable[[], float]) -> None:
        self._wire = wire
        self._wall = wall

    async def beat_forever(self) -> None:
        """When the last beat is older than 5 s callers are taken by the fallback."""
        while True:
            try:
                await self.beat()
            except WireDown:
                log.debug("no heartbeat: the link is down")
            await asyncio.sleep(HEARTBEAT_S)

    async def beat(self) -> None:
        """Raises WireDown."""
        await self._wire.told(self._wire.link.setvar(None, "ENGINE_HB", str(int(self._wall()))))
