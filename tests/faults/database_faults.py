"""PostgreSQL in the middle of the engine's work: it ends our connections, or a COMMIT is lost on its way there or back."""

import asyncio
import time
from collections.abc import Sequence

from tests.fakes.postgres_relay import Lost
from tests.fakes.wait import until

from .bases import connections, cut_off
from .faultlab import FaultLab, Flow, given
from .flows import call_in, chat, order_answered, order_busy, transfer

DAY: Sequence[Sequence[Flow]] = ((call_in, chat), (order_answered,), (order_busy,), (transfer,))
EVERY = 7
"""So few commits are lost that people who try again come through."""


async def the_database_cuts_us_off(lab: FaultLab) -> float:
    """Again and again, as soon as there is a connection, while calls come in and chats are held; then while orders are dialed."""
    cuts = 0
    for flows in DAY:
        cuts += await _under_cuts(lab, *flows)
    assert cuts > len(DAY), "hardly a connection was cut"
    return await _serves(lab)


async def commits_are_lost(lab: FaultLab) -> float:
    """Every seventh COMMIT, or the answer to it, is lost with its connection: whoever wrote does not know whether it is done."""
    relay = given(lab.relay)
    before, relay.every = relay.lost, EVERY
    try:
        for relay.loses in Lost:
            for flows in DAY:
                await asyncio.gather(*(flow(lab) for flow in flows))
    finally:
        relay.loses = None
    assert relay.lost - before > len(DAY), "hardly a commit was lost"
    return await _serves(lab)


async def _serves(lab: FaultLab) -> float:
    """Seconds until a call that comes now is through."""
    begun, number, clerk = time.monotonic(), lab.new_number(), lab.clerks[0]
    await clerk.be("ready")
    async with lab.caller(number) as caller:
        await lab.contact_of(number, "connected")
        took = time.monotonic() - begun
        caller.hang_up()
        await caller.over()
    await clerk.be("logged_out")
    return took


async def _under_cuts(lab: FaultLab, *flows: Flow) -> int:
    """Run them at once. How many connections were cut meanwhile."""
    work = asyncio.gather(*(flow(lab) for flow in flows))
    cuts = 0

    async def there_is_one() -> bool:
        return work.done() or await connections(lab.db) > 0

    try:
        while not work.done():
            cuts += await cut_off(lab.db)
            await until(there_is_one, "a connection of the engine's", every_s=0.5)
        await work
    finally:
        work.cancel()
    return cuts
