"""What an operator does with a call, with a tone in each microphone and an FFT at each ear."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
import soundfile
from playwright.async_api import expect

from tests.fakes.browser import Screen
from tests.fakes.ear import Heard, hear
from tests.fakes.house import House, running_house
from tests.fakes.sipp import SippCaller, SippCarrier
from tests.fakes.sipp_scenarios import Behaviour
from tests.fakes.wait import until
from tests.fakes.working_day import Seat, call_in, newest_recording, order, post_orders, rows

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]


OUTSIDE, THIRD_HZ = "+79165590001", 1000.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def carrier(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SippCarrier]:
    """Whoever is called outside answers, with 1000 Hz."""
    folder = tmp_path_factory.mktemp("carrier")
    async with SippCarrier(folder, [], otherwise=Behaviour(ring_ms=50), tone_hz=THIRD_HZ) as one:
        yield one


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory, carrier: SippCarrier) -> AsyncIterator[House]:
    place = tmp_path_factory.mktemp("control") / "house"
    async with running_house(place, trunk=carrier.uri, ring_s="10") as one:
        yield one


def is_music(caller: SippCaller) -> bool:
    heard = caller.hears()
    return heard.loudness > 0.005 and not heard.is_tone(440.0)


def piece(sound: Path, at_s: float, length_s: float) -> tuple[Heard, ...]:
    """What is heard in a part of a recording, operator then customer."""
    samples, rate = soundfile.read(str(sound), dtype="int16", always_2d=True)
    part = samples[round(at_s * rate) : round((at_s + length_s) * rate)]
    return tuple(hear(np.ascontiguousarray(part[:, side]), int(rate)) for side in (0, 1))


async def test_what_is_said_while_the_recording_is_paused_is_not_in_it(
    house: House, seat: Seat, quality: Screen, tmp_path: Path
) -> None:
    await post_orders(house, order("К-7400"))
    desk = await seat()
    async with call_in(house, tmp_path) as caller:
        await caller.answered()
        await desk.until_rings()
        await desk.answer()
        await caller.until_hears(440.0)
        contact = await desk.contact()

        async def talk_for(seconds: float) -> None:
            so_far = caller.peer.heard_s(caller.far)
            await until(lambda: caller.peer.heard_s(caller.far) >= so_far + seconds, f"{seconds} s of talk")

        await talk_for(3.0)
        await desk.page.keyboard.press("Alt+KeyP")
        await expect(desk.page.locator("#mask")).to_have_attribute("aria-pressed", "true")
        await desk.screen.until_shows("#rec", "не записываем")
        await desk.screen.shoot("recording-paused")
        await talk_for(4.0)
        assert caller.hears().is_tone(440.0), "they talk on"
        await desk.screen.until_hears(700.0)
        await desk.page.click("#mask")
        await expect(desk.page.locator("#mask")).to_have_attribute("aria-pressed", "false")
        await talk_for(3.0)

        # On hold: music for the customer, silence for the operator.
        await desk.page.click("#hold")
        await desk.until_phase("held")
        await until(lambda: is_music(caller), "music at the customer's ear")

        async def silent() -> bool:
            return (await desk.screen.hears()).loudness < 0.005

        await until(silent, "silence at the operator's ear")
        await desk.page.click("#hold")
        await desk.until_phase("talking")
        await caller.until_hears(440.0)
        await desk.screen.until_hears(700.0)
        await desk.finish()
    _, sound = await newest_recording(quality, tmp_path)
    await quality.until_shows("main", "запись была приостановлена")
    await quality.shoot("masked-player")
    ((measures, state),) = await rows(house, "SELECT measures, state FROM recording WHERE contact_id = ?", contact)
    assert state == "ok", "the time line stays"
    (mask,) = [mark for mark in json.loads(measures)["marks"] if mark["kind"] == "masked"]
    at, length = float(mask["at_s"]), float(mask["length_s"])
    assert length > 3.5
    before, during, after = (
        piece(sound, at - 2.0, 1.5),
        piece(sound, at + 0.5, length - 1.0),
        piece(sound, at + length + 0.5, 1.5),
    )
    assert [before[0].is_tone(440.0), before[1].is_tone(700.0)] == [True, True], before
    assert max(side.loudness for side in during) < 0.001, during
    assert [after[0].is_tone(440.0), after[1].is_tone(700.0)] == [True, True], after
    assert desk.screen.complaints == []


def is_mix(heard: Heard, *tones: float) -> bool:
    """Two voices at once: the strongest is one of them, and it is not alone."""
    return heard.loudness >= 0.02 and heard.purity < 0.9 and any(abs(heard.hz - hz) <= 15.0 for hz in tones)


async def test_a_third_is_asked_swapped_joined_and_let_go(
    house: House, seat: Seat, carrier: SippCarrier, tmp_path: Path
) -> None:
    desk = await seat()
    async with call_in(house, tmp_path) as caller:
        await caller.answered()
        await desk.until_rings()
        await desk.answer()
        await caller.until_hears(440.0)
        contact = await desk.contact()

        await desk.page.keyboard.press("Alt+KeyC")
        await desk.page.fill("#consult-number", OUTSIDE)
        await desk.page.click("#consult-form [value=consult]")
        third = await carrier.until_in_talk(OUTSIDE)
        await desk.screen.until_shows("#third-swap")
        await desk.screen.until_hears(THIRD_HZ)
        await until(lambda: carrier.hears(third).is_tone(440.0), "the third hears the operator alone")
        await until(lambda: is_music(caller), "the customer hears music, and nothing of the consultation")
        await desk.screen.shoot("consulting")

        await desk.page.click("#third-swap")
        await caller.until_hears(440.0)
        await desk.screen.until_hears(700.0)
        await until(lambda: not carrier.hears(third).is_tone(440.0), "the third hears the operator no more")

        await desk.page.click("#third-join")
        await until(lambda: is_mix(caller.hears(), 440.0, THIRD_HZ), "the customer hears both")
        await until(lambda: is_mix(carrier.hears(third), 440.0, 700.0), "the third hears both")

        async def both() -> bool:
            return is_mix(await desk.screen.hears(), 700.0, THIRD_HZ)

        await until(both, "the operator hears both")
        await desk.screen.shoot("conference")

        await desk.page.click("#third-drop")
        await desk.screen.until_hears(700.0)
        await caller.until_hears(440.0)
        await until(lambda: not carrier.in_talk(), "the third is gone")
        assert await desk.contact() == contact
        await desk.finish()
        await caller.over()
