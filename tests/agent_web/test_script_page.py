"""The dialog script on the desk, in a real Chromium and by keyboard: a required step is refused, then done; a call is promised in words."""

import os
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from cordboard.demo.scripts import SCRIPTS
from cordboard.shop.order import OrderStatus
from cordboard.storage.clock import SystemClock
from cordboard.storage.database import Database
from tests.agent_web.test_desk_page import Seat, seated
from tests.fakes.desk_house import DeskHouse

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def seat(page_database: Database, tmp_path: Path, shared_browser: Browser) -> AsyncIterator[Seat]:
    house = DeskHouse(page_database, SystemClock(), tmp_path)
    await house.open()
    await house.scripts.add_missing(SCRIPTS)
    await house.dialer.add_campaign("Заказы", "orders", {})
    async with house.serving() as base:
        one = await seated(house, shared_browser, base, tmp_path)
        yield one
        assert [line for line in one.screen.complaints if "409" not in line and "422" not in line] == []


async def at_step(seat: Seat, code: str) -> None:
    await expect(seat.page.locator("[data-part=script]")).to_have_attribute("data-step", code)


async def press(seat: Seat, key: str, then: str) -> None:
    """The key goes where the focus is: to the step's own control, which the page gave it."""
    await seat.page.keyboard.press(key)
    await at_step(seat, then)


async def shoot(seat: Seat, name: str) -> None:
    await seat.page.screenshot(path=Path(os.environ.get("CORDBOARD_SHOTS") or seat.screen.shots) / f"{name}.png")


async def test_a_script_to_its_end_and_a_call_promised_in_words(seat: Seat) -> None:
    page = seat.page
    await seat.ready()
    await seat.talk()
    await at_step(seat, "hello")
    await seat.screen.until_shows("#say", "Анна Сергеевна Иванова, здравствуйте! Меня зовут Мария Соколова")
    await shoot(seat, "script-hello-ru")
    await press(seat, "Alt+s", "ready")
    await expect(page.locator("#sc-go")).to_be_focused()

    # Not to be closed around: the talk ends, the result is refused.
    await seat.house.desk.talk_ended("call-1")
    await seat.phase("wrap_up")
    await page.check("#wrap [name=code][value=consulted]")
    await page.keyboard.press("Alt+w")
    await seat.screen.until_shows(".toast", "Сначала пройдите обязательные шаги сценария")
    await seat.phase("wrap_up")

    # The rest by keyboard, the customer's time in his own words.
    await page.keyboard.press("Alt+s")
    await page.keyboard.press("Tab")
    await press(seat, "Enter", "later")
    await expect(page.locator("#sc-text")).to_be_focused()
    await page.keyboard.type("как-нибудь потом")
    await page.keyboard.press("Enter")
    await seat.screen.until_shows("#sc-times", "Слово «потом» непонятно")
    await page.fill("#sc-text", "завтра после шести")
    await page.keyboard.press("Enter")
    await seat.screen.until_shows("#sc-times", "с 18:00 до 21:00 у клиента")
    await expect(page.locator("#sc-times button").first).to_be_focused()
    await shoot(seat, "script-times-ru")
    await press(seat, "Enter", "later_bye")
    await seat.screen.until_shows("#say", "18:00")

    # The result knows what was agreed.
    await expect(page.locator("[name=code][value=consulted]")).to_be_checked()
    await page.check("#wrap [name=code][value=postponed]")
    await seat.screen.until_shows("#agreed", "18:00")
    await seat.screen.until_shows("#whenx", "18:00")
    await shoot(seat, "script-wrap-ru")
    contact = seat.house.desk.contacts()[0]
    await page.keyboard.press("Alt+w")
    await seat.phase("ready")
    closed = await seat.house.desk.find_contact(contact.id)
    assert closed is not None
    zone = ZoneInfo("Asia/Yekaterinburg")
    tomorrow = (datetime.now(zone) + timedelta(days=1)).date()
    assert closed.callback_at == datetime(tomorrow.year, tomorrow.month, tomorrow.day, 18, 0, tzinfo=zone)

    # In English, to its end: the order is confirmed by the script.
    order = await seat.now()
    await page.click("[data-lang=en]")
    await seat.talk("call-2")
    if order.status is OrderStatus.POSTPONED:
        await seat.screen.until_shows("#sc-h", "Postpone an order")
    await press(seat, "Alt+s", "what")
    await seat.screen.until_shows("#say", "Delivery is set for")
    await shoot(seat, "script-what-en")
    await page.keyboard.press("Alt+s")
    await expect(page.locator("#sc-go")).to_be_focused()
    await press(seat, "Enter", "keep")
    await press(seat, "Enter", "bye")
    await seat.screen.until_shows("#sc-end", "The script is done")
    assert (await seat.now()).status is OrderStatus.CONFIRMED
    await seat.house.desk.talk_ended("call-2")
    await seat.phase("wrap_up")
    await expect(page.locator("[name=code][value=changed]")).to_be_checked()
    await shoot(seat, "script-done-en")
    await page.keyboard.press("Alt+w")
    await seat.phase("ready")
