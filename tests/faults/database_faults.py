"""PostgreSQL ends the engine's connections in the middle of its work: whoever was committing does not know whether it is done."""

import asyncio
import time

from tests.fakes.wait import until

from .bases import connections, cut_off
from .faultlab import FaultLab, Flow
from .flows import call_in, chat, order_answered, order_busy, transfer


async def the_database_cuts_us_off(lab: FaultLab) -> float:
    """Again and again, as soon as there is a connection, while calls come in and chats are held; then while orders are dialed."""
    cuts = 0
    for flows in ((call_in, chat), (order_answered,), (order_busy,), (transfer,)):
        cuts += await _under_cuts(lab, *flows)
    assert cuts >= len(("calls", "orders")), "hardly a connection was cut"
    begun = time.monotonic()
    await call_in(lab)
    return time.monotonic() - begun


async def _under_cuts(lab: FaultLab, *flows: Flow) -> int:
    """Run them at once. How many connections were cut meanwhile."""
    work = asyncio.gather(*(flow(lab) for flow in flows))
    cuts = 0
    try:
        while not work.done():
            cuts += await cut_off(lab.db)
            await until(lambda: work.done() or _is_there(lab), "a connection of the engine's", every_s=0.3)
        await work
    finally:
        work.cancel()
    return cuts


async def _is_there(lab: FaultLab) -> bool:
    return await connections(lab.db) > 0
