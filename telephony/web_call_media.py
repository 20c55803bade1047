"""The sound's process: `python -m cordboard.telephony.web_call_media`, started and fed by web_call_process.py.

A process of its own, so that neither the packets of thirty calls (3 % of a core each) nor a codec's crash reaches the engine. It
lives as long as its standard input: when the engine ends, however it ends, so do the calls here.
"""

import asyncio
import logging
import signal
import sys
from collections.abc import Coroutine
from contextlib import suppress
from random import SystemRandom

from .web_call_leg import Leg, offer_loopback_when_alone
from .web_call_offer import OfferRefused
from .web_call_wire import Answered, Close, Gone, Join, Leaving, Open, Order, Refused, Say, Told, line_of, message_of

LONGEST_LINE = 262_144


class MediaRoom:
    """All legs of this process."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._legs: dict[str, Leg] = {}
        self._random = SystemRandom()
        self._tasks: set[asyncio.Task[None]] = set()

    def tell(self, told: Told) -> None:
        self._writer.write(line_of(told))

    def take(self, order: Order | Told) -> None:
        """Do what the engine says; whatever waits, waits beside."""
        match order:
            case Open():
                self._begin(self._open(order))
            case Join(leg_id, port) if leg_id in self._legs:
                self._begin(self._join(self._legs[leg_id], port))
            case Say(leg_id, news) if leg_id in self._legs:
                self._legs[leg_id].say(news)
            case Close(leg_id, news) if leg_id in self._legs:
                self._begin(self._legs.pop(leg_id).close(news))

    def _begin(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guarded(self, work: Coroutine[object, object, None]) -> None:
        try:
            await work
        except Exception:  # one call's trouble is not another's
            logging.exception("a call from the site broke")

    async def _open(self, order: Open) -> None:
        leg = Leg(order.leg, self.tell, self._random, order.ice_servers)
        self._legs[order.leg] = leg
        try:
            sdp, port = await leg.answer(order.sdp)
        except OfferRefused as refused:
            self._legs.pop(order.leg, None)
            self.tell(Refused(order.leg, refused.fault.value))
            await leg.close({})
            return
        self.tell(Answered(order.leg, sdp, port))

    async def _join(self, leg: Leg, port: int) -> None:
        try:
            await leg.join(port)
        except OSError:
            self.tell(Gone(leg.id, Leaving.SILENT.value))

    async def close(self) -> None:
        """Every page is told, at once."""
        legs, self._legs = list(self._legs.values()), {}
        for leg in legs:
            self._begin(leg.close({"stage": "ended", "reason": "lost"}))
        while self._tasks:
            await asyncio.wait(self._tasks)


async def main() -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(LONGEST_LINE)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    transport, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, sys.stdout)
    room = MediaRoom(asyncio.StreamWriter(transport, protocol, None, loop))
    offer_loopback_when_alone()
    while line := await reader.readline():
        with suppress(ValueError):
            room.take(message_of(line))
    await room.close()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the engine's to hear; it closes our input in its own time
    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr
    )
    asyncio.run(main())
