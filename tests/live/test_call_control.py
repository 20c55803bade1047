"""What an operator does with a call, with a tone in each microphone and an FFT at each ear."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
import soundfile
from playwright.async_api import Browser, expect

from tests.fakes.browser import Screen
from tests.fakes.ear import Heard, hear
from tests.fakes.house import House, running_house
from tests.fakes.operator import OperatorDesk
from tests.fakes.sipp import SippCarrier
from tests.fakes.sipp_scenarios import Behaviour
from tests.fakes.wait import until
from tests.fakes.working_day import Seat, call_in, hears_mix, is_mix, is_music, newest_recording, rows, who_rings

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]


OUTSIDE, ANOTHER, THIRD, OWN = "+79165590001", "+79165590002", "+79165590003", "+79165590004"
THIRD_HZ = 1000.0
QUIET = 0.003
"""Of full scale: below it is nothing but what the codec makes of silence."""
REFUSED = "Failed to load resource: the server responded with a status of 409 (Conflict)"


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


def piece(sound: Path, at_s: float, length_s: float) -> tuple[Heard, ...]:
    """What is heard in a part of a recording, operator then customer."""
    samples, rate = soundfile.read(str(sound), dtype="int16", always_2d=True)
    part = samples[round(at_s * rate) : round((at_s + length_s) * rate)]
    return tuple(hear(np.ascontiguousarray(part[:, side]), int(rate)) for side in (0, 1))


def silence(sound: Path, near_s: float) -> tuple[float, float]:
    """Where neither side holds anything, of all such places of a second and more the one nearest to this: its begin and length (s)."""
    samples, rate = soundfile.read(str(sound), always_2d=True)
    step = round(rate / 20)
    loud = np.abs(samples[: len(samples) // step * step]).max(axis=1).reshape(-1, step).max(axis=1) > QUIET
    edges = np.flatnonzero(np.diff(np.concatenate(([True], loud, [True])).astype(int)))
    found = [(float(a) / 20, float(b - a) / 20) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a >= 20]
    assert found, "no second of silence on both sides"
    return min(found, key=lambda one: abs(one[0] - near_s))


async def paused_in_mid_talk(house: House, desk: OperatorDesk, folder: Path) -> tuple[str, float]:
    """A talk of which a part is not recorded, with mute, keys and hold after it: its contact, and how long its sound stood still (s)."""
    async with call_in(house, folder) as caller:
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

        # Muted: silence for the customer, and the keys of the pad all the same.
        await desk.page.keyboard.press("Alt+KeyM")
        await until(lambda: caller.hears().loudness < 0.005, "silence at the customer's ear")
        await desk.page.click("#keys")
        for key in "1#":
            await desk.page.click(f"#d-keypad [data-tone='{key}']")
        await until(lambda: caller.peer.lines[caller.far].keys == "1#", "the keys at the customer's")
        await desk.page.click("#d-keypad [data-close]")
        await desk.page.keyboard.press("Alt+KeyM")
        await caller.until_hears(440.0)

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
    return contact, caller.stalled_s


async def test_what_is_said_while_the_recording_is_paused_is_not_in_it(
    house: House, seat: Seat, quality: Screen, tmp_path: Path
) -> None:
    desk = await seat()
    for _ in range(3):
        contact, stalled_s = await paused_in_mid_talk(house, desk, tmp_path)
        if stalled_s < 1.0:  # else Asterisk has not recorded all of it, and nothing stands in its place
            break
    _, sound = await newest_recording(quality, tmp_path)
    await quality.until_shows("main", "запись была приостановлена")
    await quality.shoot("masked-player")
    query = "SELECT measures, seconds, talk_s FROM recording WHERE contact_id = ?"
    ((measures, seconds, talk_s),) = await rows(house, query, contact)
    assert seconds == pytest.approx(talk_s, abs=1.5 + stalled_s), "the time line stays"
    (mask,) = [mark for mark in json.loads(measures)["marks"] if mark["kind"] == "masked"]
    assert float(mask["length_s"]) > 3.5
    at, length = silence(sound, float(mask["at_s"]))
    assert at == pytest.approx(float(mask["at_s"]), abs=0.5 + stalled_s), (
        "what Asterisk lost before it, it lies earlier"
    )
    assert length > float(mask["length_s"]) - 0.5 - stalled_s
    before, after = piece(sound, at - 2.0, 1.5), piece(sound, at + length + 0.5, 1.5)
    assert [before[0].is_tone(440.0), before[1].is_tone(700.0)] == [True, True], before
    assert [after[0].is_tone(440.0), after[1].is_tone(700.0)] == [True, True], after
    assert desk.screen.complaints == []


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

        await desk.call_third(OUTSIDE)
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
    assert desk.screen.complaints == []


async def test_a_colleague_is_asked_joins_gets_the_customer_parks_him_and_he_is_fetched(
    house: House, seat: Seat, tmp_path: Path
) -> None:
    desk, colleague = await seat(), await seat(1)
    async with call_in(house, tmp_path) as caller:
        await caller.answered()
        first, second = await who_rings(desk, colleague)
        await first.page.click("#decline")
        await second.until_rings()
        await second.answer()
        await caller.until_hears(440.0)
        await first.go_ready()

        await second.page.keyboard.press("Alt+KeyC")
        await second.page.check("#consult-colleagues [name=goes]")
        await second.page.click("#consult-form [value=consult]")
        await first.screen.until_shows("[data-part=idle] #answer")
        await until(lambda: is_music(caller), "music at the customer's ear while the colleague is called")
        await first.page.click("#answer")
        await first.screen.until_hears(440.0)
        await second.screen.until_hears(440.0)
        assert is_music(caller), "the customer hears nothing of it"

        await second.page.click("#third-join")
        await caller.until_hears(440.0)
        await until(lambda: hears_mix(first, 440.0, 700.0), "operator and customer at the colleague's ear")
        await until(lambda: hears_mix(second, 440.0, 700.0), "colleague and customer at the operator's ear")

        await second.page.click("#third-complete")
        await first.until_talks()
        await first.screen.until_hears(700.0)
        await caller.until_hears(440.0)
        await second.until_phase("ready")

        await first.page.keyboard.press("Alt+KeyK")
        await first.until_phase("ready")
        await until(lambda: is_music(caller), "music at the parked customer's ear")
        await second.screen.until_shows("#parked")
        await second.screen.shoot("parked")
        await second.page.click("#parked [data-fetch]")
        await second.until_talks()
        await second.screen.until_hears(700.0)
        await caller.until_hears(440.0)
        await second.finish()
        await caller.over()
    assert (first.screen.complaints, second.screen.complaints) == ([], [])


async def test_own_numbers_a_missed_call_and_a_customer_given_to_a_number_outside(
    house: House, seat: Seat, carrier: SippCarrier, tmp_path: Path
) -> None:
    async with call_in(house, tmp_path, OUTSIDE) as missed:
        await missed.answered()
        await until(lambda: is_music(missed), "he waits")
        missed.hang_up()
        await missed.over()
    desk = await seat()
    await desk.screen.until_shows("[data-part=missedcalls]")
    await desk.screen.shoot("missed-calls")
    await desk.page.click("[data-part=missedcalls] [data-number]")
    await carrier.until_in_talk(OUTSIDE)
    await desk.until_talks()
    await desk.screen.until_hears(THIRD_HZ)
    await desk.finish()
    await expect(desk.page.locator("[data-part=missedcalls] li")).to_have_count(0)

    # The last number again, at once: it was called a moment ago, and the page says so.
    await desk.page.keyboard.press("Alt+KeyD")
    await desk.page.click("#redial")
    await expect(desk.page.locator("#dial-err")).to_be_visible()
    await desk.screen.shoot("dial-refused")
    await desk.page.fill("#dial-number", "8 (916) 559-00-02")
    await desk.page.click("#dial-form [type=submit]")
    other = await carrier.until_in_talk(ANOTHER)
    await desk.until_talks()
    await desk.screen.until_hears(THIRD_HZ)
    await until(lambda: carrier.hears(other).is_tone(440.0), "the operator at the ear of who was dialed")
    await desk.finish()

    async with call_in(house, tmp_path) as caller:
        await caller.answered()
        await desk.until_rings()
        await desk.answer()
        await desk.call_third(THIRD)
        third = await carrier.until_in_talk(THIRD)
        await desk.screen.until_hears(THIRD_HZ)
        await desk.page.click("#third-complete")
        await desk.until_phase("wrap.*")
        await caller.until_hears(THIRD_HZ)
        await until(lambda: carrier.hears(third).is_tone(700.0), "the customer at the third's ear")
        await desk.write_result("consulted")
        caller.hang_up()
        await caller.over()
    assert desk.screen.complaints == [REFUSED], "only the call that was to be refused"


async def test_a_page_that_does_not_come_back_is_followed_to_the_operators_own_telephone(
    house: House, seat: Seat, browser: Browser, shots: Path, carrier: SippCarrier, tmp_path: Path
) -> None:
    await give_own_number(house, await Screen.open(browser, house.endpoints.web, shots))
    desk = await seat()
    async with call_in(house, tmp_path) as caller:
        await caller.answered()
        await desk.until_rings()
        await desk.answer()
        await caller.until_hears(440.0)
        await desk.page.close()
        await until(lambda: not caller.hears().is_tone(440.0), "the customer hears that his operator is gone")
        own = await carrier.until_in_talk(OWN, within_s=40.0)
        ear = own.sound_at
        assert ear is not None
        await until(lambda: carrier.peer.heard_s(ear) >= 1.5, "he is asked whether it is he")
        assert is_music(caller), "music, and nothing of his telephone, before he says so"
        carrier.peer.press(ear, "1")
        await caller.until_hears(THIRD_HZ)
        await until(lambda: carrier.hears(own).is_tone(700.0), "the customer at the operator's own telephone")
        caller.hang_up()
        await caller.over()
        await until(lambda: not carrier.in_talk(), "the operator's telephone is free")


async def give_own_number(house: House, screen: Screen) -> None:
    """The administrator writes down the first operator's own telephone."""
    admin, operator = house.login("admin"), house.login("operator")
    await screen.sign_in(admin.login, admin.password)
    users = await (await screen.page.request.get(f"{screen.base}/api/v1/users")).json()
    user = next(one for one in users if one["login"] == operator.login)
    answer = await screen.page.request.patch(f"{screen.base}/api/v1/users/{user['id']}", data={"own_number": OWN})
    assert answer.ok, await answer.text()
    await screen.page.context.close()
