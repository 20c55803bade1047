"""The card before the call and the list by hand, as an operator sees and presses them in a real Chromium."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from cordboard.access.user import User
from cordboard.storage.clock import SystemClock
from cordboard.storage.database import Database
from tests.fakes.browser import Screen
from tests.fakes.desk_house import ANNA, DeskHouse
from tests.fakes.wait import until

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="session")]
PASSWORD = "correct horse battery"
ROUND_THE_CLOCK: dict[str, str | int | bool] = {
    "hours.opens_min": 0,
    "hours.closes_min": 1440,
    "state": "running",
    "takes_orders": True,
}


@pytest_asyncio.fixture(loop_scope="session")
async def house(page_database: Database, tmp_path: Path) -> AsyncIterator[DeskHouse]:
    made = DeskHouse(page_database, SystemClock(), tmp_path)
    await made.open()
    yield made
    await made.dialer.settle()


async def sit(house: DeskHouse, browser: Browser, base: str, language: str, shots: Path) -> tuple[User, Screen]:
    user = await house.operator(language="en" if language == "en" else "ru")
    screen = await Screen.open(browser, base, shots, language=language)
    await screen.sign_in("maria", PASSWORD)
    await until(lambda: _live(screen.page), "the live stream of the page")
    await screen.page.click("#start")
    await expect(screen.page.locator("[data-pane=main]")).to_have_attribute("data-phase", "ready", timeout=20_000)
    return user, screen


async def _live(page: Page) -> bool:
    return bool(await page.evaluate("window.cordboard?.live"))


def shots(tmp_path: Path) -> Path:
    return Path(os.environ.get("CORDBOARD_SHOTS") or tmp_path)


@pytest.mark.parametrize("language", ["ru", "en"])
async def test_a_card_is_skipped_and_the_next_one_dialed(
    house: DeskHouse, shared_browser: Browser, tmp_path: Path, language: str
) -> None:
    async with house.serving() as base:
        await house.dialer.add_campaign("Orders", "orders", {**ROUND_THE_CLOCK, "mode": "preview"})
        _user, screen = await sit(house, shared_browser, base, language, shots(tmp_path))
        for number, phone in (("48213", ANNA), ("48214", "+79000004128")):
            order = await house.order(number, phone)
            await house.dialer.on_order(order, phone)
        await house.dialer.tick()
        await screen.until_shows("#card-dial")
        await screen.until_shows(".preview", "Анна Сергеевна Иванова")
        await screen.shoot(f"preview-{language}")
        first = await screen.page.locator(".preview").inner_text()
        await screen.page.click("#card-skip")
        await expect(screen.page.locator("[data-pane=main]")).to_have_attribute("data-phase", "ready", timeout=20_000)
        await house.dialer.tick()
        await screen.until_shows("#card-dial")
        assert await screen.page.locator(".preview").inner_text() != first
        await screen.page.click("#card-dial")
        await until(lambda: house.telephones.dialed, "the call")
        await expect(screen.page.locator("#card-dial")).to_have_count(0)
        assert len(house.telephones.dialed) == 1
        assert screen.complaints == []


@pytest.mark.parametrize("language", ["ru", "en"])
async def test_the_list_is_dialed_from_the_desk(
    house: DeskHouse, shared_browser: Browser, tmp_path: Path, language: str
) -> None:
    async with house.serving() as base:
        await house.dialer.add_campaign("Orders", "orders", {**ROUND_THE_CLOCK, "mode": "manual"})
        await house.dialer.tick()
        order = await house.order()
        await house.dialer.on_order(order, ANNA)
        _user, screen = await sit(house, shared_browser, base, language, shots(tmp_path))
        await screen.until_shows("[data-part=todial]", "48213")
        await screen.shoot(f"by-hand-{language}")
        await screen.page.click("[data-dial]")
        await until(lambda: house.telephones.dialed, "the call")
        assert [number for _attempt, number in house.telephones.dialed] == [ANNA]
        await expect(screen.page.locator("[data-pane=main]")).to_have_attribute("data-phase", "dialing", timeout=20_000)
        assert screen.complaints == []
