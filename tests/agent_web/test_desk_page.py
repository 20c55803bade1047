"""The desk as an operator sees it: a real Chromium on real pages; the test is the telephone line."""

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from cordboard.access.user import User
from cordboard.dialer.lead import Lead
from cordboard.shop.order import Order, OrderEdit, OrderStatus
from cordboard.storage.clock import SystemClock
from cordboard.storage.database import Database
from tests.fakes.browser import Screen
from tests.fakes.desk_house import ANNA, DeskHouse
from tests.fakes.wait import until

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="session")]
PASSWORD = "correct horse battery"
DEAD_SOCKET = "ws://127.0.0.1:9/ws"


@dataclass
class Seat:
    """One operator at one desk, and the line's other end."""

    house: DeskHouse
    user: User
    screen: Screen
    order: Order

    @property
    def page(self) -> Page:
        return self.screen.page

    async def phase(self, name: str) -> None:
        await expect(self.page.locator("[data-pane=main]")).to_have_attribute("data-phase", name, timeout=20_000)

    async def ready(self) -> None:
        await self.page.click("#start")
        await self.phase("ready")

    async def talk(self, key: str = "call-1", address: str = ANNA) -> None:
        await self.house.call_in(key, address)
        await self.phase("ringing")
        await self.house.desk.talk_began(key, self.user.id)
        await self.phase("talking")

    async def now(self) -> Order:
        found = await self.house.shop.order(self.order.id)
        assert found is not None
        return found


async def seated(house: DeskHouse, browser: Browser, base: str, shots: Path, language: str = "ru") -> Seat:
    user = await house.operator(language="en" if language == "en" else "ru")
    screen = await Screen.open(browser, base, shots, language=language)
    await screen.sign_in("maria", PASSWORD)
    await until(lambda: _live(screen.page), "the live stream of the page")
    return Seat(house, user, screen, await house.order())


async def _live(page: Page) -> bool:
    return bool(await page.evaluate("window.cordboard?.live"))


@pytest_asyncio.fixture(loop_scope="session")
async def seat(page_database: Database, tmp_path: Path, shared_browser: Browser) -> AsyncIterator[Seat]:
    house = DeskHouse(page_database, SystemClock(), tmp_path)
    await house.open()
    async with house.serving() as base:
        seat = await seated(house, shared_browser, base, tmp_path)
        yield seat
        assert seat.screen.complaints == []


async def test_the_card_and_the_past_are_there_before_the_answer(seat: Seat) -> None:
    await seat.house.shop.add_note(seat.order.customer_id, "Просит звонить после обеда", seat.user.id)
    await seat.ready()
    await seat.house.call_in()
    await seat.screen.until_shows("#answer")
    await seat.screen.until_shows(".who h1", "Анна Сергеевна Иванова")
    await seat.screen.until_shows("#order", "48213")
    await seat.screen.until_shows(".tl", "Просит звонить после обеда")
    assert await seat.page.locator("#items input").count() == 0
    assert await seat.page.evaluate(
        "document.activeElement === document.body || !!document.activeElement.closest('.bar,main')"
    )
    painted = await until(lambda: seat.page.evaluate("window.cordboard.paintMs"), "the painting was measured")
    assert len(painted) == 1


async def test_declining_takes_the_operator_off_the_line(seat: Seat) -> None:
    await seat.ready()
    await seat.house.call_in()
    await seat.page.click("#decline")
    await seat.phase("not_responding")
    await seat.page.keyboard.press("Alt+r")
    await seat.phase("ringing")


async def test_changes_of_the_order_are_saved_and_can_be_undone(seat: Seat) -> None:
    await seat.ready()
    await seat.talk()
    for _ in range(2):
        await seat.page.click("#inc-LE-27W")
    await expect(seat.page.locator("#saved .i")).to_be_visible()
    assert [item.quantity for item in (await seat.now()).items] == [1, 6, 1]
    await expect(seat.page.locator("#total")).to_have_text("13\u00a0780\u00a0₽")
    await seat.page.fill("#f-delivery_slot", "вт 24 ноября, 18–21")
    await seat.page.keyboard.press("Tab")
    await until(lambda: _slot(seat, "вт 24 ноября, 18–21"), "the slot is saved")
    await seat.page.click("#st-confirmed")
    await seat.screen.until_shows(".toast", "Заказ подтверждён")
    assert (await seat.now()).status is OrderStatus.CONFIRMED
    await seat.page.click(".toast .btn")
    await seat.screen.until_shows("#order", "Новый")
    await until(lambda: _status(seat, OrderStatus.NEW), "the status is taken back")


async def _status(seat: Seat, wanted: OrderStatus) -> bool:
    return (await seat.now()).status is wanted


async def _slot(seat: Seat, wanted: str) -> bool:
    return (await seat.now()).delivery_slot == wanted


async def test_products_are_added_and_removed(seat: Seat) -> None:
    await seat.ready()
    await seat.talk()
    await seat.page.keyboard.press("Alt+o")
    await seat.page.keyboard.type("диммер")
    await seat.screen.until_shows("#hit-0", "Диммер настенный")
    await seat.page.keyboard.press("Enter")
    await seat.screen.until_shows("#qty-DM-01")
    await seat.page.click("#rm-AB-40L")
    await expect(seat.page.locator("#qty-AB-40L")).to_have_count(0)
    assert [item.article for item in (await seat.now()).items] == ["TR-118", "LE-27W", "DM-01"]


async def test_cancelling_wants_a_reason(seat: Seat) -> None:
    await seat.ready()
    await seat.talk()
    await seat.page.click("#st-cancelled")
    await seat.page.click("#cancel-form [type=submit]")
    await expect(seat.page.locator("#why-err")).to_be_visible()
    await seat.page.fill("#why", "нашла дешевле")
    await seat.page.click("#cancel-form [type=submit]")
    await seat.screen.until_shows("#order", "Отменён")
    assert (await seat.now()).cancel_reason == "нашла дешевле"


async def test_what_is_being_typed_stays_and_theirs_waits_beside(seat: Seat) -> None:
    """Somebody else changes the order while this operator types: the field in hand is left alone, the others follow."""
    await seat.ready()
    await seat.talk()
    ilya = await seat.house.access.user(seat.user.id)
    await seat.page.focus("#f-delivery_address")
    edit = OrderEdit(delivery_address="ул. Ленина, 5", courier_comment="звонить заранее")
    await seat.house.shop.edit_order(seat.order.id, edit, ilya.id if ilya else None, seat.order.version)
    await seat.screen.until_shows(".theirs", "ул. Ленина, 5")
    await expect(seat.page.locator("#f-courier_comment")).to_have_value("звонить заранее")
    await expect(seat.page.locator("#f-delivery_address")).to_have_value("ул. Малышева, 51, кв. 18")
    assert await seat.page.evaluate("document.activeElement.id") == "f-delivery_address"
    await seat.page.click(".theirs .btn")
    await expect(seat.page.locator("#f-delivery_address")).to_have_value("ул. Ленина, 5")


async def test_a_note_half_typed_outlives_every_refresh(seat: Seat) -> None:
    await seat.ready()
    await seat.talk()
    await seat.page.keyboard.press("Alt+n")
    await seat.page.keyboard.type("Домофон")
    await seat.house.desk.hold_changed("call-1", held=True)
    await seat.phase("held")
    await expect(seat.page.locator("#note")).to_have_value("Домофон")
    await expect(seat.page.locator("#note")).to_be_focused()
    await seat.page.keyboard.type(" не работает")
    await seat.page.keyboard.press("Enter")
    await seat.screen.until_shows(".tl .yellow", "Домофон не работает")
    await expect(seat.page.locator("#note")).to_have_value("")


async def test_a_result_is_required_and_a_callback_is_in_the_customer_s_time(seat: Seat) -> None:
    await seat.ready()
    await seat.talk()
    await seat.house.desk.talk_ended("call-1")
    await seat.phase("wrap_up")
    contact = seat.house.desk.contacts()[0]
    await seat.page.keyboard.press("Alt+w")
    await expect(seat.page.locator("#res-err")).to_be_visible()
    await expect(seat.page.locator("#at")).to_be_hidden()
    await seat.page.check("#wrap [name=code][value=postponed]")
    await seat.page.fill("#at", "25:99")
    await seat.page.click("#done")
    await seat.screen.until_shows("#whenx", "Напишите время")
    await seat.page.fill("#at", "15:00")
    await seat.page.fill("#wn", "решает муж")
    await seat.page.click("#done")
    await seat.phase("ready")
    closed = await seat.house.desk.find_contact(contact.id)
    assert closed is not None
    zone = ZoneInfo("Asia/Yekaterinburg")
    tomorrow = (datetime.now(zone) + timedelta(days=1)).date()
    assert closed.callback_at == datetime(tomorrow.year, tomorrow.month, tomorrow.day, 15, 0, tzinfo=zone)
    assert (closed.disposition, closed.note) == ("postponed", "решает муж")


async def test_the_result_that_was_done_in_the_talk_is_offered(seat: Seat) -> None:
    await seat.ready()
    await seat.talk()
    await seat.page.click("#st-confirmed")
    await seat.screen.until_shows("#order", "Подтверждён")
    await seat.house.desk.talk_ended("call-1")
    await seat.phase("wrap_up")
    await expect(seat.page.locator("[name=code][value=confirmed]")).to_be_checked()
    await seat.page.click("#extend")
    await until(lambda: _minute_left(seat), "half a minute more")
    await seat.page.click("#nx-pause")
    await expect(seat.page.locator("#nx-pause")).to_have_attribute("aria-pressed", "true")
    await seat.page.click("#done")
    await seat.phase("paused")


async def _minute_left(seat: Seat) -> bool:
    return (await seat.page.inner_text("#wrap-left")).startswith("1:")


async def test_an_unknown_number_becomes_a_customer(seat: Seat) -> None:
    await seat.ready()
    await seat.talk(address="+79995550011")
    await seat.page.fill("#nc-name", "")
    await seat.page.click("#newcomer [type=submit]")
    await expect(seat.page.locator("#nc-err")).to_be_visible()
    await seat.page.fill("#nc-name", "Пётр Новиков")
    await seat.page.click("#newcomer [type=submit]")
    await seat.screen.until_shows(".who h1", "Пётр Новиков")
    assert [one.name for one in await seat.house.shop.customers_by_phone("+79995550011")] == ["Пётр Новиков"]


async def test_two_customers_on_one_number_give_a_choice(seat: Seat) -> None:
    pavel = await seat.house.shop.add_customer("Павел Иванов", [ANNA], city="Пермь")
    await seat.ready()
    await seat.house.call_in()
    await seat.screen.until_shows("[data-customer]")
    await seat.page.click(f"#cu-{pavel.id}")
    await seat.screen.until_shows(".who h1", "Павел Иванов")
    assert seat.house.desk.contacts()[0].customer_id == pavel.id


async def test_what_else_the_customer_is_called_about_is_there_before_the_answer(seat: Seat) -> None:
    house, now = seat.house, seat.house.clock.now()
    debts = await house.dialer.add_campaign("Долги", "orders", {})
    lead = Lead("debt", debts.id, "api:1", "+74990000077", "Europe/Moscow", now, now, order_total=150_000)
    await house.dialer_store.add_leads([replace(lead, phones=(lead.phone, ANNA), zones=(lead.zone,) * 2)])
    shots = Path(os.environ.get("CORDBOARD_SHOTS") or seat.screen.shots)
    await seat.ready()
    await house.call_in()
    await seat.screen.until_shows("[data-other=debt]", "Долги")
    await seat.page.screenshot(path=shots / "manners-desk-ru.png")
    await seat.page.evaluate(
        "window.there = []; document.addEventListener('cb:painted', () => there.push(Boolean(document.getElementById('oth'))))"
    )
    await house.desk.talk_began("call-1", seat.user.id)
    await seat.phase("talking")
    await seat.page.click("[data-lang=en]")
    await seat.screen.until_shows("#oth", "He is called about something else too")
    assert set(await seat.page.evaluate("there")) == {True}  # a part within a part stays when both change
    await seat.page.screenshot(path=shots / "manners-desk-en.png")


async def test_the_language_changes_without_a_reload(seat: Seat) -> None:
    await seat.ready()
    await seat.talk()
    await seat.page.evaluate("window.stillHere = true")
    await seat.page.click("[data-lang=en]")
    await seat.screen.until_shows("#end", "End call")
    assert await seat.page.evaluate("window.stillHere")
    user = await seat.house.access.user(seat.user.id)
    assert user is not None
    assert user.language == "en"


async def test_the_older_tab_is_told_that_another_works(seat: Seat) -> None:
    await seat.ready()
    second = await seat.page.context.new_page()
    await second.goto(seat.screen.base + "/desk")
    await seat.screen.until_shows("#lost", "в другой вкладке")
    await seat.page.click("#lost .btn")
    await expect(seat.page.locator("#lost")).to_be_hidden()
    await expect(second.locator("#lost")).to_be_visible()
    await second.close()


async def test_a_lost_link_says_so_and_mends_itself(seat: Seat) -> None:
    await seat.ready()
    await seat.talk()
    await seat.page.context.set_offline(True)
    seat.house.live.drop(seat.user.id)
    await seat.screen.until_shows("#lost", "Звонок цел")  # he has a desk phone
    await seat.page.fill("#note", "ещё здесь")
    await seat.page.context.set_offline(False)
    await expect(seat.page.locator("#lost")).to_be_hidden(timeout=20_000)
    await expect(seat.page.locator("#note")).to_have_value("ещё здесь")
    await seat.phase("talking")
    seat.screen.complaints.clear()  # the browser itself complains of the requests that failed


async def test_without_a_microphone_nobody_goes_ready(
    page_database: Database, tmp_path: Path, shared_browser: Browser
) -> None:
    house = DeskHouse(page_database, SystemClock(), tmp_path, websocket_url=DEAD_SOCKET)
    await house.open()
    async with house.serving() as base:
        user = await house.operator()
        screen = await Screen.open(shared_browser, base, tmp_path)
        await screen.page.add_init_script("Object.defineProperty(navigator, 'mediaDevices', {value: undefined})")
        await screen.sign_in("maria", PASSWORD)
        await until(lambda: _live(screen.page), "the live stream of the page")
        await screen.page.click("#start")
        await screen.until_shows(".toast", "только по https")
        await screen.until_shows("#mic-note", "только по https")
        agent = house.desk.agent(user.id)
        assert agent is not None
        assert agent.state == "logged_out"
        assert await screen.page.get_attribute("body", "data-phone") == "failed"
