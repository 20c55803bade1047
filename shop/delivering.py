"""The postman: takes what is due out of the outbox and brings it to whom it is for, again and again until it is taken."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from ..storage.outbox import Message, NotDelivered, Trouble
from ..storage.outbox_store import Outbox

log = logging.getLogger(__name__)

AT_ONCE = 8
LOOK_S = 1.0
SWEEP_S = 3600.0

Send = Callable[[Message], Awaitable[object]]
OnTried = Callable[[Message], Awaitable[None]]


class Delivering:
    """`ways` are how messages of each topic go; a topic without a way waits. `on_tried` is told after each try, whatever came of it."""

    def __init__(self, outbox: Outbox, ways: Mapping[str, Send]) -> None:
        self._outbox, self.ways = outbox, dict(ways)
        self.on_tried: list[OnTried] = []
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Something was written: look now."""
        self._woken.set()

    async def run(self) -> None:
        """Forever."""
        loop = asyncio.get_running_loop()
        swept = loop.time()
        while True:
            if not await self.round():
                try:
                    async with asyncio.timeout(LOOK_S):
                        await self._woken.wait()
                except TimeoutError:
                    pass
            self._woken.clear()
            if loop.time() - swept > SWEEP_S:
                swept = loop.time()
                await self._outbox.sweep()

    async def round(self) -> int:
        """Try once what is due; how many messages that were."""
        due = [message for message in await self._outbox.due(AT_ONCE) if message.topic in self.ways]
        await asyncio.gather(*(self._try(message) for message in due))
        return len(due)

    async def _try(self, message: Message) -> None:
        try:
            await self.ways[message.topic](message)
        except NotDelivered as reason:
            log.warning("%s %s was not delivered (try %d): %s", message.topic, message.key, message.tries + 1, reason)
            await self._outbox.failed(message, reason.trouble, reason.said)
        except Exception as fault:  # ours: the message must not be lost for it, nor stop the others
            log.exception("%s %s could not be sent", message.topic, message.key)
            await self._outbox.failed(message, Trouble.NONSENSE, type(fault).__name__)
        else:
            await self._outbox.delivered(message)
        for listener in self.on_tried:
            await listener(message)
