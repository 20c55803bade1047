"""Two engines on one database and one Asterisk: what becomes of the engine that leads, in the middle of a talk.

Each story ends with the roles of before: one leads, the other stands by.
"""

import signal
import time
from collections.abc import Callable

from tests.fakes.house import House
from tests.fakes.wait import until

from .faultlab import FaultLab, given
from .faults import a_talk, serves
from .steps import talks_still

STANDS_S = 10.0


async def the_leader_is_killed(lab: FaultLab) -> float:
    """kill -9; until the other has answered a new caller."""
    return await _ended(lab, House.kill_now)


async def the_leader_is_stopped(lab: FaultLab) -> float:
    """SIGTERM, as an update does: it hands over."""
    return await _ended(lab, House.ask_to_stop)


async def _ended(lab: FaultLab, end: Callable[[House], None]) -> float:
    """The leader's process ends, the other follows; then it is started again, and stands by."""
    async with a_talk(lab) as (number, caller):
        begun = time.monotonic()
        end(lab.house)
        ended = await _followed(lab)
        took = await serves(lab, begun)
        assert await ended.ended() == (0 if end is House.ask_to_stop else -signal.SIGKILL)
        await ended.launch()
        await ended.stands_by()
        await talks_still(lab, number, caller)
    return took


async def the_leader_stands_still(lab: FaultLab) -> float:
    """SIGSTOP for ten seconds, in which the other follows; when it wakes it stands by, and the talk is the other's to end."""
    async with a_talk(lab) as (number, caller):
        begun = time.monotonic()
        lab.house.stand_still()
        asleep = await _followed(lab)
        took = await serves(lab, begun)
        await until(lambda: time.monotonic() - begun >= STANDS_S, f"{STANDS_S:.0f} seconds")
        asleep.go_on()
        await asleep.stands_by()
        await talks_still(lab, number, caller)
    return took


async def _followed(lab: FaultLab) -> House:
    """Wait until the other leads; the lab speaks with it from now on. Returns the one that led."""
    other, led = given(lab.other), lab.house
    await lab.move_to(other)
    lab.other = led
    return led
