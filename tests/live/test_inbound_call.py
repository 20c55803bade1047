"""A call in, whole: a telephone with a 700 Hz voice, an operator in Chromium with a 440 Hz voice, a real Asterisk between them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.fakes.ear import hear_file, length_s
from tests.fakes.house import House, running_house
from tests.fakes.sipp import SippCaller
from tests.fakes.wait import until
from tests.fakes.working_day import call_in, desk_of, newest_recording, order, page_of, post_orders, rows

pytestmark = pytest.mark.live


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with running_house(tmp_path / "house") as one:
        yield one


async def test_a_customer_calls_and_both_hear_each_other(
    house: House, browser: Browser, tmp_path: Path, shots: Path
) -> None:
    await post_orders(house, order("К-7001"))
    desk = await desk_of(house, browser, shots)
    async with call_in(house, tmp_path) as caller:
        await caller.answered()
        await desk.until_rings()
        # The card is there before the answer.
        await desk.screen.until_shows("[data-pane=main]", "Анна Иванова")
        await desk.screen.until_shows("[data-pane=main]", "К-7001")
        await desk.screen.shoot("inbound-ringing")
        await desk.answer()
        await desk.screen.until_hears(700.0)
        await caller.until_hears(440.0)
        await desk.screen.shoot("inbound-talking")
        await desk.hang_up()
        await caller.over()
        await desk.until_phase("wrap.*")
        await desk.screen.shoot("inbound-wrap-up")
        await desk.write_result("consulted")
        await desk.until_phase("ready")
    quality = await page_of(house, browser, shots, "qa", "/quality")
    recording, sound = await newest_recording(quality, tmp_path)
    await quality.shoot("quality-player")
    left, right = hear_file(sound)
    assert left.is_tone(440.0), left
    assert right.is_tone(700.0), right
    ((talk_s, state),) = await rows(house, "SELECT talk_s, state FROM recording WHERE id = ?", recording)
    assert state == "ok"
    assert abs(length_s(sound) - talk_s) <= 0.5
    heard = await rows(house, "SELECT count(*) FROM recording_listening WHERE recording_id = ?", recording)
    assert heard == [(1,)]
    assert desk.screen.complaints == []


async def test_hold_gives_music_and_mute_gives_silence(
    house: House, browser: Browser, tmp_path: Path, shots: Path
) -> None:
    desk = await desk_of(house, browser, shots)
    async with call_in(house, tmp_path) as caller:
        await caller.answered()
        await desk.until_rings()
        await desk.answer()
        await caller.until_hears(440.0)
        await desk.page.click("#mute")
        await until(lambda: not caller.hears(0.5).is_tone(440.0), "the muted operator is not heard")
        await desk.screen.until_hears(700.0)
        await desk.page.click("#mute")
        await caller.until_hears(440.0)
        await desk.page.click("#hold")
        await desk.until_phase("held")
        await until(lambda: _is_music(caller), "music at the customer's ear")
        await desk.page.click("#hold")
        await desk.until_phase("talking")
        await caller.until_hears(440.0)
        caller.hang_up()
        await desk.until_phase("wrap.*")


def _is_music(caller: SippCaller) -> bool:
    heard = caller.hears()
    return heard.loudness > 0.005 and not heard.is_tone(440.0)


async def test_a_customer_who_waits_hears_music_and_may_leave(
    house: House, browser: Browser, tmp_path: Path, shots: Path
) -> None:
    async with call_in(house, tmp_path) as caller:
        await caller.answered()
        await until(lambda: caller.hears().loudness > 0.005, "music while waiting")
        caller.hang_up()
        await caller.over()
    desk = await desk_of(house, browser, shots)
    await expect(desk.page.locator("#fig-waiting")).to_have_text("0")


async def test_a_customer_who_leaves_while_it_rings(
    house: House, browser: Browser, tmp_path: Path, shots: Path
) -> None:
    desk = await desk_of(house, browser, shots)
    async with call_in(house, tmp_path) as caller:
        await caller.answered()
        await desk.until_rings()
        caller.hang_up()
        await caller.over()
        await desk.until_phase("ready")


async def test_a_silent_operator_is_taken_off_the_line_and_another_is_found(
    tmp_path: Path, browser: Browser, shots: Path
) -> None:
    async with running_house(tmp_path / "house", ring_s="5") as house:
        silent = await desk_of(house, browser, shots)
        async with call_in(house, tmp_path) as caller:
            await caller.answered()
            await silent.until_rings()
            other = await desk_of(house, browser, shots, index=1)
            await other.until_rings(within_s=30.0)
            await other.answer()
            await caller.until_hears(440.0)
            assert await silent.phase() not in {"ready", "ringing", "talking"}
            await silent.screen.shoot("not-responding")
            await other.finish()


async def test_a_closed_page_gives_the_customer_back_to_the_queue(
    house: House, browser: Browser, tmp_path: Path, shots: Path
) -> None:
    first = await desk_of(house, browser, shots)
    async with call_in(house, tmp_path) as caller:
        await caller.answered()
        await first.until_rings()
        await first.answer()
        await caller.until_hears(440.0)
        await first.page.close()
        second = await desk_of(house, browser, shots, index=1)
        await second.until_rings(within_s=40.0)
        await second.answer()
        await caller.until_hears(440.0)
        await second.finish()


async def test_an_unknown_number_becomes_a_new_customer(
    house: House, browser: Browser, tmp_path: Path, shots: Path
) -> None:
    desk = await desk_of(house, browser, shots, language="en")
    async with call_in(house, tmp_path, caller_id="+78125550199", name="Eve <script>alert(1)</script>") as caller:
        await caller.answered()
        await desk.until_rings()
        await desk.answer()
        await desk.screen.shoot("unknown-caller")
        assert await desk.page.locator("[data-pane=main] script").count() == 0
        await desk.finish()
    assert desk.screen.complaints == []


@pytest.mark.parametrize("number", ["100&PJSIP/900@trunk", "1${SHELL(id)}", "nobody", "%0d%0aAction: Command", "900"])
async def test_numbers_that_are_not_ours_are_refused(number: str, house: House, tmp_path: Path) -> None:
    async with SippCaller(tmp_path, house.endpoints.sip, number, name="%0d%0aX-Evil: 1") as caller:
        assert await caller.refused() in {400, 403, 404, 484}
