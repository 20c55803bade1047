"""The dead peer's watch, in virtual time."""

import asyncio
from dataclasses import dataclass, field

from cordboard.telephony.ami_delivery import AmiStats, AmiTuning
from cordboard.telephony.ami_watchdog import watch
from tests.fakes.virtual_time import VirtualLoop, run_virtually


@dataclass(slots=True)
class Line:
    """A session whose peer answers pings until `deaf_from`."""

    deaf_from: float
    heard_at: float = 0.0
    pings: list[float] = field(default_factory=list)
    aborted_at: float | None = None

    def ping(self) -> None:
        now = asyncio.get_running_loop().time()
        self.pings.append(now)
        if now < self.deaf_from:
            self.heard_at = now

    def abort(self, reason: str) -> None:
        self.aborted_at = asyncio.get_running_loop().time()


def test_silence_is_noticed_within_six_seconds() -> None:
    stats = AmiStats()
    line = Line(deaf_from=100.5)
    run_virtually(watch(line, AmiTuning(), stats))
    assert line.aborted_at is not None
    assert line.aborted_at - line.deaf_from <= 6.0
    assert stats.dead_peers == 1
    assert line.pings[:3] == [2.0, 4.0, 6.0]


def test_a_quiet_but_living_peer_is_left_alone() -> None:
    async def an_hour() -> Line:
        line = Line(deaf_from=float("inf"))
        task = asyncio.create_task(watch(line, AmiTuning(), AmiStats()))
        await asyncio.sleep(3_600)
        task.cancel()
        return line

    assert run_virtually(an_hour()).aborted_at is None


def test_standing_still_ourselves_is_not_blamed_on_the_peer() -> None:
    async def stopped_for_a_minute() -> Line:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        line = Line(deaf_from=float("inf"))
        task = asyncio.create_task(watch(line, AmiTuning(), AmiStats()))
        await asyncio.sleep(11)
        loop.stand_still(60)
        await asyncio.sleep(11)
        assert line.aborted_at is None
        line.deaf_from = loop.time()
        await task
        return line

    line = run_virtually(stopped_for_a_minute())
    assert line.aborted_at is not None
    assert line.aborted_at - line.deaf_from <= 6.0
