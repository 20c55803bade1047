"""After the talk, in a real Chromium and by keyboard: the tree of results is searched, drafts outlive the page, a supervisor's word takes
no focus, the operator's own day is counted."""

import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from cordboard.access.permission import Role
from cordboard.demo.scripts import SCRIPTS
from cordboard.queue.setup import QueueRules, Reason
from cordboard.storage.clock import SystemClock
from cordboard.storage.database import Database
from tests.agent_web.test_desk_page import PASSWORD, Seat, seated
from tests.fakes.browser import Screen, chromium
from tests.fakes.desk_house import DeskHouse
from tests.fakes.wait import until

pytestmark = pytest.mark.live
REASONS = (
    Reason("too_dear", "Дорого", "Too dear", "cancelled"),
    Reason("too_late", "Долго ждать", "Takes too long", "cancelled"),
)


@pytest.fixture
async def seat(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Seat]:
    house = DeskHouse(sqlite_database, SystemClock(), tmp_path)
    await house.open()
    orders = QueueRules("orders", "Заказы", "Orders", disposition_required=True)
    reasons = {one.code: one for one in REASONS}
    await house.scripts.add_missing(SCRIPTS)
    await house.desk.apply(replace(house.desk.setup, queues={"orders": orders}, reasons=reasons))
    async with chromium(tmp_path) as browser, house.serving() as base:
        one = await seated(house, browser, base, tmp_path)
        yield one
        assert [line for line in one.screen.complaints if "409" not in line] == []


async def shoot(page: Page, name: str) -> None:
    if shots := os.environ.get("CORDBOARD_SHOTS"):
        await page.screenshot(path=Path(shots) / f"{name}.png")


async def board_of(seat: Seat) -> Page:
    """Oleg's board, in the same browser."""
    await seat.house.access.create_user("oleg", "Олег Лебедев", Role.SUPERVISOR, PASSWORD)
    assert seat.page.context.browser is not None
    screen = await Screen.open(seat.page.context.browser, seat.screen.base, seat.screen.shots)
    await screen.sign_in("oleg", PASSWORD)
    await screen.go("/board")
    return screen.page


async def draft(seat: Seat, contact_id: str, field: str) -> str:
    return (await seat.house.drafts.of(contact_id)).get(field, "")


async def test_a_talk_is_ended_by_keyboard_and_nothing_typed_is_lost(seat: Seat) -> None:
    page = seat.page
    await seat.ready()
    await seat.talk()
    contact = seat.house.desk.contacts()[0]

    # A word from the supervisor, while a note is being typed.
    await page.click("#note")
    await page.keyboard.type("любит торшеры")
    board = await board_of(seat)
    await board.click("#say-queue")
    await board.keyboard.type("Казань: только самовывоз")
    await shoot(board, "after-say-ru")
    await board.click("#say-form button[type=submit]")
    await seat.screen.until_shows("[data-message]", "Казань: только самовывоз")
    await expect(page.locator("#note")).to_be_focused()
    await expect(page.locator("#note")).to_have_value("любит торшеры")
    await shoot(page, "after-told-ru")
    await page.click("[data-seen]")
    await expect(page.locator("[data-message]")).to_have_count(0)
    await expect(board.locator("[data-part=messages]")).to_contain_text("прочли 1 из 1")

    # The steps that the script demands are let go by the supervisor who is asked.
    await page.click("#sc-ask-waiver")
    await seat.screen.until_shows("#sc-waiver", "ждём ответа")
    await expect(board.locator("[data-part=waivers]")).to_contain_text("Мария Соколова")
    await shoot(board, "after-board-ru")
    await board.click("[data-waive]")
    await expect(board.locator("[data-waive]")).to_have_count(0)
    await seat.screen.until_shows("[data-part=script]", "старший разрешил закончить без сценария")

    # The page is loaded again: the note is still being typed.
    await until(lambda: draft(seat, contact.id, "note"), "the note kept by the server")
    await seat.house.desk.talk_ended("call-1")
    await seat.phase("wrap_up")
    await page.fill("#wn", "передумала из-за цены")
    await until(lambda: draft(seat, contact.id, "comment"), "the comment kept by the server")
    await page.reload()
    await seat.phase("wrap_up")
    await expect(page.locator("#wn")).to_have_value("передумала из-за цены")
    await expect(page.locator("#note")).to_have_value("любит торшеры")

    # No result, no end; then the tree is searched.
    await page.keyboard.press("Alt+w")
    await seat.screen.until_shows("#res-err", "Выберите, чем закончился разговор")
    await shoot(page, "after-tree-ru")
    await page.click("[data-lang=en]")
    await seat.screen.until_shows("#results", "Too dear")
    await shoot(page, "after-tree-en")
    await page.click("[data-lang=ru]")
    await seat.screen.until_shows("#results", "Дорого")
    await page.focus("#results input")
    await page.keyboard.press("l")
    await expect(page.locator("#res-find")).to_have_value("l")
    await page.fill("#res-find", "доро")
    await expect(page.locator("#results label:visible")).to_have_count(1)
    await shoot(page, "after-search-ru")
    await page.keyboard.press("Enter")
    await expect(page.locator("[name=code][value='cancelled.too_dear']")).to_be_checked()
    await page.keyboard.press("Alt+w")
    await seat.phase("ready")
    closed = await seat.house.desk.find_contact(contact.id)
    assert closed is not None
    assert (closed.disposition, closed.note) == ("cancelled.too_dear", "передумала из-за цены")
    await seat.house.desk.settle()
    assert "любит торшеры" in [one.body for one in await seat.house.shop.timeline(seat.order.customer_id)]

    # His own day.
    await page.click("#own-day")
    await seat.screen.until_shows("#d-figures", "Заказ отменён: Дорого")
    await shoot(page, "after-day-ru")
