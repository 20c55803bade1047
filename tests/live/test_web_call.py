"""A call from the site, whole: a visitor in one Chromium (700 Hz in his microphone), an operator in another (440 Hz), a real Asterisk."""

import os
import re
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.fakes.browser import Screen, chromium
from tests.fakes.ear import hear_file, length_s
from tests.fakes.house import House, running_house
from tests.fakes.offers import OFFER
from tests.fakes.visitor import Visitor
from tests.fakes.wait import until
from tests.fakes.working_day import CUSTOMER, Seat, newest_recording, order, post_orders, rows

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

NOTICED_S = 10.0  # silence of 6 s, and what the signalling takes on a machine that has other things to do
Visit = Callable[..., Awaitable[Visitor]]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with running_house(tmp_path_factory.mktemp("site") / "house", ring_s="15") as one:
        yield one


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def far_browser(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Browser]:
    async with chromium(tmp_path_factory.mktemp("visitor"), mic_hz=700.0) as one:
        yield one


@pytest_asyncio.fixture(loop_scope="module")
async def visit(house: House, far_browser: Browser, shots: Path) -> AsyncIterator[Visit]:
    """`await visit()` opens the page; after the test the visitor goes."""
    async with AsyncExitStack() as stack:

        async def come(language: str = "ru", query: str = "") -> Visitor:
            screen = await Screen.open(far_browser, house.endpoints.web, shots, language=language)
            stack.push_async_callback(screen.page.context.close)
            visitor = Visitor(screen)
            await visitor.come(query)
            return visitor

        yield come


async def test_a_visitor_calls_and_both_hear_each_other(
    house: House, seat: Seat, visit: Visit, quality: Screen, tmp_path: Path
) -> None:
    await post_orders(house, order("К-7101"))
    visitor = await visit()
    await visitor.screen.shoot("site-idle")
    await visitor.call(name="Анна", phone=CUSTOMER)
    await visitor.until_stage("waiting")
    await visitor.screen.until_shows("#detail", "Ваше место в очереди: 1.")
    await visitor.screen.shoot("site-waiting")
    desk = await seat()
    await desk.until_rings()
    await desk.screen.until_shows("[data-pane=main]", "К-7101")  # known by the number that he typed
    await desk.answer()
    await visitor.until_stage("talking")
    await desk.screen.until_hears(700.0)
    await visitor.screen.until_hears(440.0)
    await visitor.screen.shoot("site-talking")
    clock = visitor.page.locator("#clock")
    await expect(clock).to_have_text(re.compile(r"0:(0[4-9]|[1-5]\d)"), timeout=20_000)
    await desk.hang_up()
    await visitor.until_over("over")
    await visitor.screen.shoot("site-over")
    await desk.until_phase("wrap.*")
    await desk.write_result("consulted")
    await desk.until_phase("ready")
    recording, sound = await newest_recording(quality, tmp_path)
    left, right = hear_file(sound)
    assert left.is_tone(440.0), left
    assert right.is_tone(700.0), right
    ((talk_s, state),) = await rows(house, "SELECT talk_s, state FROM recording WHERE id = ?", recording)
    # Two browsers on a busy machine speak in lumps, of which Asterisk's recorder throws some away; then the recording must say so.
    assert state == ("ok" if abs(length_s(sound) - talk_s) <= 0.5 else "partial")
    assert length_s(sound) <= talk_s + 0.5
    assert desk.screen.complaints == visitor.screen.complaints == []


async def test_mute_is_silence_and_the_visitor_may_end_the_call(house: House, seat: Seat, visit: Visit) -> None:
    desk, visitor = await seat(language="en"), await visit("en")
    await visitor.call(name='Eve "<script>alert(1)</script>"')
    await desk.until_rings()
    await desk.screen.until_shows("[data-pane=main]", 'Eve "<script>')
    await desk.answer()
    await desk.screen.until_hears(700.0)

    async def silent() -> bool:
        return (await desk.screen.hears()).loudness < 0.01

    await visitor.page.click("#mute")
    await until(silent, "the muted visitor is not heard")
    await visitor.screen.shoot("site-muted-en")
    await visitor.page.click("#mute")
    await desk.screen.until_hears(700.0)
    await visitor.page.click("#end")
    await visitor.until_over("left")
    await visitor.screen.shoot("site-left-en")
    await desk.until_phase("wrap.*")
    await desk.write_result("consulted")
    await desk.until_phase("ready")
    await visitor.again()
    await desk.until_rings()
    await desk.answer()
    await visitor.screen.until_hears(440.0)
    await desk.finish()
    await visitor.until_over("over")


async def test_rubbish_beside_a_talk_is_refused_and_not_heard(house: House, seat: Seat, visit: Visit) -> None:
    """Forged tickets, offers that no parser likes, knocking without end; the talk goes on."""
    desk, visitor = await seat(), await visit()
    await visitor.call()
    await desk.until_rings()
    await desk.answer()
    await desk.screen.until_hears(700.0)
    web = f"{house.endpoints.web}/api/v1/web-call"
    offers = [
        "rubbish",
        "x" * 60_000,
        OFFER.replace("rtpmap:0 PCMU", "rtpmap:x PCMU"),
        OFFER.replace("UDP/TLS/RTP/SAVPF 111 0 8", ""),
    ]
    request, elsewhere = visitor.page.request, {"X-Forwarded-For": "203.0.113.9"}  # as a proxy on this host says it
    told = []
    for number in range(16):
        token = (await (await request.post(f"{web}/token", data={})).json())["token"] if number % 4 else "forged.ticket"
        answer = await request.post(
            f"{web}/offer", data={"sdp": offers[number // 4], "token": token}, headers=elsewhere
        )
        told.append(answer.status)
    assert set(told) == {403, 422}, told
    knocking = []
    for _ in range(14):
        token = (await (await request.post(f"{web}/token", data={})).json())["token"]
        knocking.append(
            (await request.post(f"{web}/offer", data={"sdp": OFFER, "token": token}, headers=elsewhere)).status
        )
    assert knocking[-1] == 429, knocking
    await desk.screen.until_hears(700.0)
    await visitor.screen.until_hears(440.0)
    await desk.finish()
    await visitor.until_over("over")


async def test_a_killed_tab_frees_the_operator_in_time(house: House, seat: Seat, visit: Visit) -> None:
    desk, visitor = await seat(), await visit()
    await visitor.call()
    await desk.until_rings()
    await desk.answer()
    await desk.screen.until_hears(700.0)
    await visitor.die()
    await desk.until_phase("wrap.*", within_s=NOTICED_S)
    await desk.write_result("consulted")
    await desk.until_phase("ready")


async def test_a_closed_page_leaves_the_line_at_once(house: House, seat: Seat, visit: Visit) -> None:
    visitor = await visit()
    await visitor.call()
    await visitor.until_stage("waiting")
    await visitor.page.goto("about:blank")
    await until(lambda: _ended(house), "the contact is over", within_s=NOTICED_S)
    desk = await seat()
    await expect(desk.page.locator("#fig-waiting")).to_have_text("0")


async def _ended(house: House) -> bool:
    return await rows(house, "SELECT id FROM contact WHERE closed_at IS NULL AND state != 'wrap_up'") == []


async def test_a_refused_microphone_is_said_and_can_be_mended(house: House, visit: Visit) -> None:
    visitor = await visit()
    await visitor.page.evaluate(
        """() => {
            const devices = navigator.mediaDevices;
            devices.kept = devices.getUserMedia.bind(devices);
            devices.getUserMedia = () => Promise.reject(new DOMException("no", "NotAllowedError"));
        }"""
    )
    await visitor.page.click("#call")
    await visitor.screen.until_shows("#trouble", "Вы запретили микрофон")
    await visitor.screen.shoot("site-no-microphone")
    await visitor.page.evaluate("() => { navigator.mediaDevices.getUserMedia = navigator.mediaDevices.kept; }")
    await visitor.call()
    await visitor.until_stage("waiting")
    await visitor.page.click("#end")
    await visitor.until_over("left")


async def test_the_sounds_process_dies_and_is_there_again(house: House, seat: Seat, visit: Visit) -> None:
    desk, visitor = await seat(), await visit()
    await visitor.call()
    await desk.until_rings()
    await desk.answer()
    await desk.screen.until_hears(700.0)
    os.kill(_sound_process(house), signal.SIGKILL)
    await desk.until_phase("wrap.*", within_s=NOTICED_S)
    await desk.write_result("consulted")
    await visitor.until_over("lost", within_s=40.0)
    await visitor.again()
    await desk.until_rings()
    await desk.answer()
    await visitor.screen.until_hears(440.0)
    await desk.finish()


def _sound_process(house: House) -> int:
    """The child of the engine that carries the calls from the site."""
    (pid,) = (
        int(path.name)
        for path in Path("/proc").glob("[0-9]*")
        if b"web_call_media" in _read(path / "cmdline")
        and f"PPid:\t{house.endpoints.pid}\n".encode() in _read(path / "status")
    )
    return pid


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


async def test_an_engine_that_dies_takes_the_call_along_and_comes_back_clean(
    house: House, seat: Seat, visit: Visit
) -> None:
    """The leg in Asterisk outlives the engine without sound; the engine ends it when it is back."""
    visitor = await visit()
    await visitor.call()
    await visitor.until_stage("waiting")
    await house.kill_engine()
    await visitor.until_over("lost", within_s=40.0)
    await house.start()
    await until(lambda: _ended(house), "the silent leg is ended")
    desk = await seat()
    await expect(desk.page.locator("#fig-waiting")).to_have_text("0")
    await visitor.again()
    await desk.until_rings()
    await desk.answer()
    await visitor.screen.until_hears(440.0)
    await desk.finish()


async def test_an_engine_that_stops_tells_the_page(house: House, visit: Visit) -> None:
    visitor = await visit()
    await visitor.call()
    await visitor.until_stage("waiting")
    assert await house.stop() == 0
    await visitor.until_over("stopping")
    await visitor.screen.shoot("site-stopping")
