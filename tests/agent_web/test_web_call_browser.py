"""The page from which a visitor calls, in Chromium, with the real gateway's process; Asterisk is the test's, so that a stage stands still.

Nothing of one language shows through the other, and nothing is wider than 390 px.
"""

import asyncio
import os
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import uvicorn
from playwright.async_api import expect

from cordboard.access.user import Language
from cordboard.queue.setup import QueueRules, QueueSetup
from cordboard.telephony.web_call_gate import Limits
from cordboard.telephony.web_call_process import MediaProcess
from tests.agent_web.conftest import Web
from tests.fakes.asterisk_wire import FakeChannel
from tests.fakes.axe import grave_anywhere
from tests.fakes.browser import Screen, chromium
from tests.fakes.site_line import SiteLine
from tests.fakes.visitor import Visitor
from tests.fakes.wait import until

FOREIGN = {"ru": re.compile("[A-Za-z]{3,}"), "en": re.compile("[А-Яа-яЁё]+")}
NAMES = {"Cordboard"}
WAITS = {"ru": "Ваше место в очереди: 2. Ждать около 3 мин.", "en": "You are number 2 in line. The wait: about 3 min."}

REFUSED = {
    "ru": "Позвонить не получилось. Слишком много звонков из вашей сети, попробуйте через минуту.",
    "en": "The call could not begin. Too many calls from your network; try again in a minute.",
}


@dataclass(frozen=True)
class Second:
    position: int = 2
    expected_s: float | None = 170.0


@asynccontextmanager
async def served(web: Web, line: SiteLine) -> AsyncIterator[str]:
    """The pages on a free port, and the news of the calls beside them."""
    web.house = replace(web.house, web_calls=line.web)
    app = web.open(shop_name="Cordboard", sound_processing=False).app
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", timeout_graceful_shutdown=2))
        telling = asyncio.create_task(line.web.run())
        serving = asyncio.create_task(server.serve([listener]))
        await until(lambda: server.started, "the web server")
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            await line.web.stop()
            server.should_exit = True
            await serving
            telling.cancel()
            await asyncio.wait([telling])


@pytest.fixture
async def line() -> AsyncIterator[SiteLine]:
    one = SiteLine(Limits(live_per_address=1), sound=MediaProcess())
    await one.open()
    await one.desk.apply(QueueSetup(queues={"orders": QueueRules("orders", "Заказы", "Orders", keep_place=True)}))
    one.place = lambda _contact_id: Second()
    yield one
    await one.close()


async def in_one_language(visitor: Visitor, language: Language) -> None:
    text = await visitor.page.inner_text("main")
    assert set(FOREIGN[language].findall(text)) - NAMES == set(), text


async def waiting_leg(line: SiteLine) -> FakeChannel:
    """What Asterisk makes of the page that has just connected."""
    await line.asterisk.until(lambda: line.asterisk.channels, timeout_s=20.0)
    (channel,) = line.asterisk.channels.values()
    channel.variables |= {"CC_CALL": channel.uniqueid, "CC_STATE": "hold", "UNICASTRTP_LOCAL_PORT": "9"}
    line.hold(channel)
    return channel


@pytest.mark.live
@pytest.mark.parametrize("language", ["ru", "en"])
async def test_every_stage_in_both_languages(web: Web, line: SiteLine, tmp_path: Path, language: Language) -> None:
    shots = Path(os.environ.get("CORDBOARD_SHOTS") or tmp_path / "shots")
    line.asterisk.behaviour.variables_shown = ""
    async with served(web, line) as base, chromium(tmp_path) as browser:
        screen = await Screen.open(browser, base, shots, language=language)
        await screen.page.set_viewport_size({"width": 390, "height": 780})
        visitor = Visitor(screen)
        await visitor.come()
        await in_one_language(visitor, language)
        assert await grave_anywhere(screen.page, set()) == []
        await visitor.call(phone="12")
        await screen.until_shows("#phone-err")
        await screen.shoot(f"call-{language}-phone")
        await visitor.call(phone="8 916 123-45-67", name="Eve")
        channel = await waiting_leg(line)
        await screen.until_shows("#detail", WAITS[language])
        await in_one_language(visitor, language)
        await screen.shoot(f"call-{language}-waiting")
        # A second call from the same address finds no room, and says so.
        other = Visitor(await Screen.open(browser, base, shots, language=language))
        await other.come()
        await other.call()
        await other.screen.until_shows("#trouble", REFUSED[language])
        await in_one_language(other, language)
        await other.screen.shoot(f"call-{language}-refused")
        # "Call me back" instead of waiting.
        await screen.page.click("#keep")
        await visitor.until_stage("told")
        await in_one_language(visitor, language)
        line.asterisk.hang_up(channel)
        await visitor.until_over("callback")
        await in_one_language(visitor, language)
        await screen.shoot(f"call-{language}-callback")
        wide = await screen.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390
        assert screen.complaints == [line for line in screen.complaints if "422" in line]  # the number that was none
        await other.page.context.close()
        await screen.page.context.close()


@pytest.mark.live
async def test_a_page_that_was_open_for_long_still_calls(web: Web, line: SiteLine, tmp_path: Path) -> None:
    """Its own ticket is too old by the engine's clock: it asks for a fresh one and says nothing of it."""
    async with served(web, line) as base, chromium(tmp_path) as browser:
        screen = await Screen.open(browser, base, tmp_path)
        visitor = Visitor(screen)
        await visitor.come()
        line.clock.pass_s(3600.0)
        await visitor.call()
        await waiting_leg(line)
        await visitor.until_stage("waiting")
        await visitor.page.click("#end")
        await visitor.until_over("left")
        await expect(visitor.page.locator("#again")).to_be_visible()
        await screen.page.context.close()
