"""The machine's time of day is set an hour forward, and an hour back, under the engine and its Asterisk (libfaketime)."""

import time
from collections.abc import Awaitable, Callable

from tests.fakes.wait import until

from .faultlab import FaultLab, given
from .faults import a_talk
from .steps import finish, in_talk, talks_still

HOUR_S = 3600


async def the_clock_jumps_forward(lab: FaultLab) -> float:
    return await _jumps(lab, HOUR_S)


async def the_clock_jumps_back(lab: FaultLab) -> float:
    return await _jumps(lab, -HOUR_S)


async def _jumps(lab: FaultLab, by_s: int) -> float:
    """In a talk, while another customer waits. The talk goes on, he is served in his turn; nothing is dialed for the time's sake."""
    clock, clerk, other = given(lab.clock), lab.clerks[0], lab.new_number()
    try:
        async with a_talk(lab) as (number, caller), lab.caller(other) as waiting:
            await lab.contact_of(other, "queued")
            clock.set(by_s)
            begun = time.monotonic()
            await until(_says_so(lab, by_s), "a house that says how far the clock jumped", every_s=0.1)
            took = time.monotonic() - begun
            await talks_still(lab, number, caller)
            await finish(lab, clerk, number, caller)
            await in_talk(lab, other, waiting)
            await finish(lab, clerk, other, waiting)
        await lab.rest()
    finally:
        clock.set(0)
    await until(_is_well(lab), "the clock forgiven", every_s=0.1)
    return took


def _says_so(lab: FaultLab, by_s: int) -> Callable[[], Awaitable[bool]]:
    async def said() -> bool:
        told = str((await lab.house.health())["parts"])
        return f"jumped by {by_s:+d} s" in told or f"jumped by {by_s - 1:+d} s" in told

    return said


def _is_well(lab: FaultLab) -> Callable[[], Awaitable[bool]]:
    async def well() -> bool:
        return "jumped" not in str((await lab.house.health())["parts"])

    return well
