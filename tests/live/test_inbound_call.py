"""A call in, whole: a telephone with a 700 Hz voice, an operator in Chromium with a 440 Hz voice, a real Asterisk between them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.fakes.browser import Screen
from tests.fakes.ear import hear_file, length_s
from tests.fakes.house import House, running_house
from tests.fakes.sipp import SippCaller
from tests.fakes.wait import until
from tests.fakes.working_day import Seat, Supervisor, call_in, newest_recording, order, post_orders, rows

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with running_house(tmp_path_factory.mktemp("inbound") / "house", ring_s="20") as one:
        yield one


async def test_a_customer_calls_and_both_hear_each_other(
    house: House, seat: Seat, quality: Screen, tmp_path: Path
) -> None:
    await post_orders(house, order("К-7001"))
    desk = await seat()
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
        so_far = caller.peer.heard_s(caller.far)
        await until(lambda: caller.peer.heard_s(caller.far) >= so_far + 3.0, "three seconds of talk")
        assert caller.hears(3.0).is_tone(440.0)
        await desk.hang_up()
        await caller.over()
        await desk.until_phase("wrap.*")
        await desk.screen.shoot("inbound-wrap-up")
        await desk.write_result("consulted")
        await desk.until_phase("ready")
    recording, sound = await newest_recording(quality, tmp_path)
    await quality.shoot("quality-player")
    left, right = hear_file(sound)
    assert left.is_tone(440.0), left
    assert right.is_tone(700.0), right
    ((talk_s, state),) = await rows(house, "SELECT talk_s, state FROM recording WHERE id = ?", recording)
    assert state == "ok" or (state == "partial" and caller.stalled_s > 0)
    assert abs(length_s(sound) - talk_s) <= 0.5
    heard = await rows(house, "SELECT count(*) FROM recording_listening WHERE recording_id = ?", recording)
    assert heard == [(1,)]
    assert desk.screen.complaints == []


async def test_hold_gives_music_and_mute_gives_silence(house: House, seat: Seat, tmp_path: Path) -> None:
    desk = await seat()
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
        await desk.write_result("consulted")
        await desk.until_phase("ready")


def _is_music(caller: SippCaller) -> bool:
    heard = caller.hears()
    return heard.loudness > 0.005 and not heard.is_tone(440.0)


async def test_a_customer_who_waits_hears_music_and_may_leave(house: House, seat: Seat, tmp_path: Path) -> None:
    async with call_in(house, tmp_path) as caller:
        await caller.answered()
        await until(lambda: caller.hears().loudness > 0.005, "music while waiting")
        caller.hang_up()
        await caller.over()
    desk = await seat()
    await expect(desk.page.locator("#fig-waiting")).to_have_text("0")


async def test_a_customer_who_leaves_while_it_rings(house: House, seat: Seat, tmp_path: Path) -> None:
    desk = await seat()
    async with call_in(house, tmp_path) as caller:
        await caller.answered()
        await desk.until_rings()
        caller.hang_up()
        await caller.over()
        await desk.until_phase("ready")


async def test_a_silent_operator_is_taken_off_the_line_and_another_is_found(
    house: House, seat: Seat, tmp_path: Path
) -> None:
    silent = await seat()
    async with call_in(house, tmp_path) as caller:
        await caller.answered()
        await silent.until_rings()
        other = await seat(1)
        await other.until_rings(within_s=60.0)
        await other.answer()
        await caller.until_hears(440.0)
        assert await silent.phase() not in {"ready", "ringing", "talking"}
        await silent.screen.shoot("not-responding")
        await other.finish()


async def test_a_closed_page_gives_the_customer_back_to_the_queue(house: House, seat: Seat, tmp_path: Path) -> None:
    first = await seat()
    async with call_in(house, tmp_path) as caller:
        await caller.answered()
        await first.until_rings()
        await first.answer()
        await caller.until_hears(440.0)
        await first.page.close()
        second = await seat(1)
        await second.until_rings(within_s=40.0)
        await second.answer()
        await caller.until_hears(440.0)
        await second.finish()


async def test_an_unknown_number_becomes_a_new_customer(house: House, seat: Seat, tmp_path: Path) -> None:
    desk = await seat(language="en")
    async with call_in(house, tmp_path, caller_id="+78125550199", name="Eve <script>alert(1)</script>") as caller:
        await caller.answered()
        await desk.until_rings()
        await desk.answer()
        await desk.screen.shoot("unknown-caller")
        assert await desk.page.locator("[data-pane=main] script").count() == 0
        await desk.finish()
    assert desk.screen.complaints == []


GREETING = {
    "title": {"ru": "Поздороваться", "en": "Say hello"},
    "steps": [
        {"code": "hello", "kind": "say", "words": {"ru": "Здравствуйте!", "en": "Hello!"}, "to": "bye"},
        {"code": "bye", "kind": "end", "words": {"ru": "До свидания!", "en": "Goodbye!"}},
    ],
}
BAD_NETWORK = """() => {
    const true_stats = RTCPeerConnection.prototype.getStats;
    RTCPeerConnection.prototype.getStats = async function () {
        const all = await true_stats.call(this);
        const lossy = one => one.type === "inbound-rtp" ? { ...one, packetsLost: one.packetsReceived } : one;
        return new Map([...all].map(([id, one]) => [id, lossy(one)]));
    };
}"""
"""As if every second packet to this page were lost."""


async def greeting(house: House, browser: Browser, shots: Path, *, active: bool) -> None:
    chief = await Supervisor.at_work(house, await Screen.open(browser, house.endpoints.web, shots))
    address = f"{house.endpoints.web}/api/v1/scripts/greeting"
    answer = await chief.screen.page.request.put(address, data=GREETING | {"active": active})
    assert answer.ok, await answer.text()
    await chief.screen.page.context.close()


async def scores(house: House) -> float:
    """How many talks' sound has been told of."""
    async with house.api() as api:
        text = (await api.get("/metrics")).text
    return sum(
        float(line.split()[1]) for line in text.splitlines() if line.startswith("cordboard_page_sound_mos_count")
    )


async def test_a_whole_contact_without_a_mouse(
    house: House, browser: Browser, supervisor: Supervisor, seat: Seat, shots: Path, tmp_path: Path
) -> None:
    """Ring, answer, card, script, palette, result, ready; and a network that turns bad is told to her and to her supervisor."""
    await post_orders(house, order("К-7005"))
    await greeting(house, browser, shots, active=True)
    desk, board = await seat(), supervisor.screen.page
    keyboard, page, before = desk.page.keyboard, desk.page, await scores(house)
    await page.evaluate("addEventListener('pointerdown', () => { window.pointed = true; }, true)")
    async with call_in(house, tmp_path) as caller:
        await caller.answered()
        await desk.until_rings()
        await keyboard.press("Alt+KeyA")
        await desk.until_phone("in-call")
        await desk.until_phase("talking")
        await keyboard.press("Alt+KeyI")
        await expect(page.locator("#f-delivery_address")).to_be_focused()
        await keyboard.type("Ленина, 5")
        await keyboard.press("Tab")
        await expect(page.locator("#saved .i")).to_be_visible()
        await keyboard.press("Alt+KeyS")
        await expect(page.locator("#sc-end")).to_be_visible()
        await keyboard.press("Control+KeyK")
        await keyboard.type("pfvtnr")  # «заметк», the layout forgotten
        await keyboard.press("Enter")
        await expect(page.locator("#note")).to_be_focused()
        await keyboard.type("Говорит быстро")
        await keyboard.press("Enter")
        await desk.screen.until_shows(".tl", "Говорит быстро")
        await page.evaluate(BAD_NETWORK)
        await desk.screen.until_shows("#weak", "Пакеты теряются")
        await desk.screen.shoot("network-is-bad")
        await board.goto(f"{house.endpoints.web}/board")
        await expect(board.locator("[data-part=agents]")).to_contain_text("плохой звук, его сеть")
        await board.screenshot(path=shots / "network-is-bad-board.png")
        await keyboard.press("Alt+KeyE")
        await desk.until_phase("wrap.*")
        await caller.over()
        await keyboard.press("Alt+KeyL")
        await keyboard.press("ArrowDown")
        await keyboard.press("Alt+KeyW")
        await desk.until_phase("ready")

    async def told() -> bool:
        return await scores(house) >= before + 2

    await until(told, "the sound of the talk, once while it was bad and once at its end")
    assert await rows(house, "SELECT 1 FROM orders WHERE number = 'К-7005' AND delivery_address = 'Ленина, 5'")
    assert not await page.evaluate("window.pointed")
    assert desk.screen.complaints == []
    await greeting(house, browser, shots, active=False)
