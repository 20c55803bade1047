"""The sound of calls by AudioSocket: a real socket, legs made by the test."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from cordboard.telephony.audio_tap import AudioTap, TapListener
from tests.fakes.tapped_leg import TappedLeg
from tests.fakes.wait import until

LEG = "0f0e0d0c-1111-4222-8333-444455556666"
OVER = b"\x00\x00\x00"


@dataclass
class Ear:
    """Hears `enough` bytes, then lets the leg go."""

    enough: int = 10_000
    sound: bytes = b""
    rates: set[int] = field(default_factory=set)
    still: int = 0
    breaks: bool = False

    async def hears(self, sound: bytes, rate: int, at_s: float) -> bool:
        if self.breaks:
            raise RuntimeError("this ear is broken")
        assert at_s >= 0
        self.sound += sound
        self.rates.add(rate)
        self.still += not sound
        return len(self.sound) < self.enough


@pytest.fixture
def ears() -> dict[str, Ear]:
    return {LEG: Ear()}


@pytest.fixture
async def tap(ears: dict[str, Ear]) -> AsyncIterator[AudioTap]:
    def listener(name: str) -> TapListener | None:
        return ears.get(name)

    one = AudioTap(listener)
    await one.start()
    yield one
    await one.stop()


async def test_a_leg_is_heard_by_its_name_and_let_go_when_enough_is_heard(tap: AudioTap, ears: dict[str, Ear]) -> None:
    async with TappedLeg(tap.port, LEG) as leg:
        await leg.says(bytes(range(200)) * 51)
        assert await leg.let_go() == OVER
    assert ears[LEG].sound[:400] == bytes(range(200)) * 2
    assert ears[LEG].rates == {8000}


async def test_another_rate_is_named(tap: AudioTap, ears: dict[str, Ear]) -> None:
    async with TappedLeg(tap.port, LEG) as leg:
        await leg.says(bytes(10_000), kind=0x12)
        assert await leg.let_go() == OVER
    assert ears[LEG].rates == {16_000}


async def test_digits_and_what_is_unknown_are_passed_over(tap: AudioTap, ears: dict[str, Ear]) -> None:
    async with TappedLeg(tap.port, LEG) as leg:
        await leg.sends(b"\x03\x00\x015\x77\x00\x02ab")
        await leg.says(bytes(10_000))
        assert await leg.let_go() == OVER
    assert ears[LEG].sound == bytes(10_000)[: len(ears[LEG].sound)]


async def test_while_nothing_comes_time_goes_on(tap: AudioTap, ears: dict[str, Ear]) -> None:
    async with TappedLeg(tap.port, LEG):
        await until(lambda: ears[LEG].still >= 1, "the listener is told that time goes on")


@pytest.mark.parametrize("name", ["11111111-2222-4333-8444-555566667777"])
async def test_a_stranger_goes_on_at_once(tap: AudioTap, name: str) -> None:
    async with TappedLeg(tap.port, name) as leg:
        assert await leg.let_go() == OVER


@pytest.mark.parametrize("raw", [b"\x01\x00\x04abcd", b"\x10\x01\x40" + bytes(320), b"\x00\x00\x00"])
async def test_who_does_not_say_his_name_goes_on(tap: AudioTap, raw: bytes) -> None:
    leg = TappedLeg(tap.port, LEG)
    leg._put = lambda kind, body: None  # type: ignore[method-assign]  # it says something else in its name's place
    async with leg:
        await leg.sends(raw)
        assert await leg.let_go() == OVER


async def test_a_listener_that_breaks_lets_its_leg_go_and_hurts_no_other(
    tap: AudioTap, ears: dict[str, Ear], caplog: pytest.LogCaptureFixture
) -> None:
    broken = "22222222-2222-4333-8444-555566667777"
    ears[broken] = Ear(breaks=True)
    async with TappedLeg(tap.port, broken) as leg, TappedLeg(tap.port, LEG) as other:
        await leg.says(bytes(320))
        assert await leg.let_go() == b""
        await other.says(bytes(10_000))
        assert await other.let_go() == OVER
    assert "could not be heard" in caplog.text


async def test_a_leg_that_leaves_and_a_stop_in_the_middle(tap: AudioTap, ears: dict[str, Ear]) -> None:
    async with TappedLeg(tap.port, LEG) as leg:
        await leg.says(bytes(640))
        await until(lambda: len(ears[LEG].sound) == 640, "heard")
    async with TappedLeg(tap.port, LEG) as leg:
        await leg.says(bytes(640))
        await until(lambda: len(ears[LEG].sound) == 1280, "heard")
        await tap.stop()
        assert await leg.let_go() == b""
    assert tap.port == 0
