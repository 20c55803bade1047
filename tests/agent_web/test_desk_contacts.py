"""Several contacts on one desk, in a real Chromium: two chats and a call; nothing that is typed is lost, nothing takes the focus."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Route, TimeoutError, expect

from cordboard.agent_web.desk_pages import MOST_COLLEAGUES
from cordboard.queue.contact import Contact, ContactState
from cordboard.queue.setup import PauseCode, QueueRules, QueueSetup
from cordboard.storage.clock import SystemClock
from cordboard.storage.database import Database
from tests.agent_web.test_desk_page import Seat, seated
from tests.fakes.desk_house import DeskHouse
from tests.fakes.wait import until

PRESS_MS = 800  # the page's own limit is a second (core.js)
pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="session")]
QUEUES = {code: QueueRules(code, name, code.title()) for code, name in (("orders", "Заказы"), ("claims", "Жалобы"))}


@pytest_asyncio.fixture(loop_scope="session")
async def seat(page_database: Database, tmp_path: Path, shared_browser: Browser) -> AsyncIterator[Seat]:
    house = DeskHouse(page_database, SystemClock(), tmp_path)
    await house.open()
    await house.desk.apply(QueueSetup(QUEUES, pause_codes={"tea": PauseCode("tea", "Чай", "Tea", 1)}))
    async with house.serving() as base:
        seat = await seated(house, shared_browser, base, tmp_path)
        yield seat
        assert seat.screen.complaints == []


async def chat(seat: Seat, name: str, letter: str, text: str = "Здравствуйте") -> Contact:
    """A visitor writes, and the operator takes him by the key."""
    contact = await seat.house.chat_in(text, letter * 43, name)
    await seat.screen.until_shows(f"#ct-{contact.id}")
    return contact


async def in_front(seat: Seat, contact: Contact) -> None:
    await expect(seat.page.locator("[data-pane=main]")).to_have_attribute("data-contact", contact.id)


async def may_write(seat: Seat, contact: Contact) -> None:
    await expect(seat.page.locator(f"#chat-{contact.id}")).to_be_focused()


async def taken_chat(seat: Seat) -> Contact:
    """The operator is on the line, and Denis's chat is his."""
    await seat.ready()
    denis = await chat(seat, "Денис", "d")
    await seat.page.keyboard.press("Alt+a")
    await may_write(seat, denis)
    return denis


async def test_drafts_outlive_offers_switches_and_a_call(seat: Seat) -> None:
    page = seat.page
    await seat.ready()
    denis = await chat(seat, "Денис", "d")
    await seat.screen.until_shows(".chat-log", "Здравствуйте")
    await page.keyboard.press("Alt+a")
    await may_write(seat, denis)
    await page.keyboard.type("Добрый день, ")

    olga = await chat(seat, "Ольга", "o")
    await may_write(seat, denis)  # the offer took nothing
    await page.keyboard.type("смотрю")
    await page.click(f"#accept-{olga.id}")
    await in_front(seat, olga)
    await may_write(seat, olga)
    await page.keyboard.type("Есть ли ")

    call = await seat.house.call_in()
    await seat.screen.until_shows("#answer")
    await in_front(seat, olga)
    await page.keyboard.type("в белом")
    await seat.house.desk.talk_began("call-1", seat.user.id)
    await in_front(seat, call)
    await page.keyboard.press("Alt+n")
    await page.keyboard.type("домофон")

    await page.keyboard.press("Alt+ArrowUp")
    await in_front(seat, olga)
    await may_write(seat, olga)
    await expect(page.locator(f"#chat-{olga.id}")).to_have_value("Есть ли в белом")
    await page.keyboard.press("Alt+ArrowUp")
    await in_front(seat, denis)
    await may_write(seat, denis)
    await expect(page.locator(f"#chat-{denis.id}")).to_have_value("Добрый день, смотрю")
    await page.keyboard.press("Enter")
    await seat.screen.until_shows(".chat-log .mine", "Добрый день, смотрю")
    await page.keyboard.press("Alt+ArrowUp")  # round to the last
    await in_front(seat, call)
    await expect(page.locator("#note")).to_have_value("домофон")


async def test_a_pane_painted_whole_leaves_the_caret_where_it_was(seat: Seat) -> None:
    """Parts that came or went make the pane anew, and the server's field in it is not open for writing."""
    page, denis = seat.page, await taken_chat(seat)
    await page.keyboard.type("Добрый")
    await page.keyboard.press("ArrowLeft")
    await page.locator("[data-pane=main] [data-part], [data-pane=context] [data-part]").evaluate_all(
        "parts => parts.forEach(part => part.removeAttribute('data-part'))"
    )
    await chat(seat, "Ольга", "o")
    await expect(page.locator("[data-pane=main] [data-part], [data-pane=context] [data-part]")).not_to_have_count(0)
    await page.keyboard.type("!")
    await may_write(seat, denis)
    await expect(page.locator(f"#chat-{denis.id}")).to_have_value("Добры!й")


async def test_when_the_call_is_over_the_chat_is_back(seat: Seat) -> None:
    await seat.ready()
    denis = await chat(seat, "Денис", "d")
    await seat.page.keyboard.press("Alt+a")
    await may_write(seat, denis)
    call = await seat.house.call_in()
    await seat.screen.until_shows("#answer")
    await seat.house.desk.talk_began("call-1", seat.user.id)
    await in_front(seat, call)
    await seat.house.desk.talk_ended("call-1")
    await seat.phase("wrap_up")
    await seat.page.fill("#wn", "перезвонит сам")
    await seat.page.click(f"#ct-{denis.id}")
    await in_front(seat, denis)
    await seat.page.click(f"#ct-{call.id}")
    await expect(seat.page.locator("#wn")).to_have_value("перезвонит сам")
    await seat.page.check("#wrap [name=code][value=consulted]")
    await seat.page.click("#done")
    await in_front(seat, denis)
    closed = await seat.house.desk.find_contact(call.id)
    assert closed is not None
    assert (closed.disposition, closed.note) == ("consulted", "перезвонит сам")


async def test_a_message_in_a_chat_that_is_not_in_view_is_counted(seat: Seat) -> None:
    await seat.ready()
    denis = await chat(seat, "Денис", "d")
    await seat.page.keyboard.press("Alt+a")
    await may_write(seat, denis)
    olga = await chat(seat, "Ольга", "o")
    await seat.page.keyboard.press("Alt+a")
    await in_front(seat, olga)
    found = await seat.house.chat.visitors.chat_of("d" * 43)
    assert found is not None
    await seat.house.chat.visitors.say(found, "second-message", "Вы тут?")
    await expect(seat.page.locator(f"[data-unread='{denis.id}']")).to_have_text("1")
    await until(lambda: _titled(seat, "(1) "), "the badge in the title")
    await in_front(seat, olga)
    await seat.page.click(f"#ct-{denis.id}")
    await seat.screen.until_shows(".chat-log", "Вы тут?")
    await expect(seat.page.locator(f"[data-unread='{denis.id}']")).to_be_hidden()


async def _titled(seat: Seat, begins: str) -> bool:
    return (await seat.page.title()).startswith(begins)


async def test_a_chat_is_passed_on_by_the_dialog(seat: Seat) -> None:
    await seat.ready()
    denis = await chat(seat, "Денис", "d")
    await seat.page.keyboard.press("Alt+a")
    await may_write(seat, denis)
    await seat.page.keyboard.press("Alt+t")
    await seat.page.click("#transfer-form [type=submit]")
    await expect(seat.page.locator("#goes-err")).to_be_visible()
    await seat.page.check("#transfer-form [data-queue=claims]")
    await seat.page.click("#transfer-form [type=submit]")
    await seat.screen.until_shows(".toast", "Чат передан")
    await seat.phase("ready")
    moved = seat.house.desk.contact(denis.id)
    assert moved is not None
    assert (moved.state, moved.queue) == (ContactState.QUEUED, "claims")


async def test_a_colleague_who_came_a_moment_ago_can_be_passed_to(seat: Seat) -> None:
    ilya = await seat.house.operator("Илья Ветров", "ilya")
    denis = await taken_chat(seat)
    await seat.house.seat(ilya, "tab-ilya")
    await seat.page.keyboard.press("Alt+t")
    await seat.page.check(f"#transfer-form [data-agent='{ilya.id}']")
    await seat.page.click("#transfer-form [type=submit]")
    await seat.phase("ready")
    moved = seat.house.desk.contact(denis.id)
    assert moved is not None
    assert (moved.state, moved.agent_id) == (ContactState.OFFERED, ilya.id)


async def test_in_a_big_house_a_colleague_is_found_by_name(seat: Seat) -> None:
    denis = await taken_chat(seat)
    for number in range(MOST_COLLEAGUES + 1):
        await seat.house.seat(await seat.house.operator(f"Анна {number:02}", f"anna{number}"), f"tab-{number}")
    zoya = await seat.house.operator("Зоя Яковлева", "zoya")
    await seat.house.seat(zoya, "tab-zoya")
    await seat.page.keyboard.press("Alt+t")
    shown = seat.page.locator("#transfer-form [data-agent]")
    await expect(shown).to_have_count(MOST_COLLEAGUES)
    await expect(seat.page.locator("#colleagues")).to_contain_text("и ещё 2")
    await seat.page.fill("#goes-name", "никто")
    await expect(seat.page.locator("#colleagues")).to_contain_text("Никого с таким именем")
    await seat.page.fill("#goes-name", "яковл")
    await expect(shown).to_have_count(1)
    await seat.screen.shoot("desk-transfer-found")
    await seat.page.check(f"#transfer-form [data-agent='{zoya.id}']")
    await seat.page.click("#transfer-form [type=submit]")
    await seat.phase("ready")
    moved = seat.house.desk.contact(denis.id)
    assert moved is not None
    assert (moved.state, moved.agent_id) == (ContactState.OFFERED, zoya.id)


async def test_a_missed_call_with_a_chat_in_hand_says_so(seat: Seat) -> None:
    await seat.ready()
    denis = await chat(seat, "Денис", "d")
    await seat.page.keyboard.press("Alt+a")
    await may_write(seat, denis)
    await seat.house.call_in()
    await seat.screen.until_shows("#answer")
    await seat.page.click("[data-pane=list] [data-decline]")
    await seat.screen.until_shows("#missed-note")
    await in_front(seat, denis)
    await seat.page.keyboard.press("Alt+r")
    await seat.screen.until_shows("#answer")
    await expect(seat.page.locator("#missed-note")).to_have_count(0)


async def test_a_reload_brings_back_the_contact_that_was_in_front(seat: Seat) -> None:
    await seat.ready()
    denis = await chat(seat, "Денис", "d")
    await seat.page.keyboard.press("Alt+a")
    await may_write(seat, denis)
    olga = await chat(seat, "Ольга", "o")
    await seat.page.keyboard.press("Alt+a")
    await may_write(seat, olga)
    await seat.page.keyboard.press("Alt+ArrowUp")
    await may_write(seat, denis)
    await seat.page.reload()
    await in_front(seat, denis)
    await expect(seat.page.locator("[data-open]")).to_have_count(2)


async def test_a_pause_over_its_limit_warns(seat: Seat) -> None:
    await seat.ready()
    await seat.page.click("#status")
    await seat.page.click("#go-tea")
    await seat.phase("paused")
    await seat.screen.until_shows("[data-over]", "Перерыв затянулся")
    await expect(seat.page.locator("#status .timer.over")).to_be_visible()


async def test_a_key_does_not_meet_the_contact_that_is_being_left(seat: Seat) -> None:
    page, arrives = seat.page, asyncio.Event()
    await seat.ready()
    taken = []
    for name, letter in (("Денис", "d"), ("Ольга", "o")):
        contact = await chat(seat, name, letter)
        await page.keyboard.press("Alt+a")
        await in_front(seat, contact)
        await may_write(seat, contact)
        taken.append(contact)
    left, chosen = taken[1], taken[0]

    async def slowly(route: Route) -> None:
        await arrives.wait()
        await route.continue_()

    await page.route("**/desk/panes*", slowly)
    await page.click(f"#ct-{chosen.id}")
    await page.keyboard.press("Alt+e")
    arrives.set()
    await in_front(seat, chosen)
    await may_write(seat, chosen)
    states = [found.state for one in (left, chosen) if (found := seat.house.desk.contact(one.id)) is not None]
    assert states == [ContactState.CONNECTED, ContactState.CONNECTED]


async def test_a_painting_does_not_take_the_button_from_under_the_press(seat: Seat) -> None:
    await seat.ready()
    denis = await chat(seat, "Денис", "d")
    page, accept = seat.page, seat.page.locator("[data-pane=main] [data-accept]")
    for language in ("en", "ru", "en", "ru"):
        try:
            await accept.hover(timeout=5_000)
        except TimeoutError:  # it is his already: the press before was long for us and not for the page
            break
        began = await page.evaluate("performance.now()")
        await page.mouse.down()
        async with page.expect_response("**/desk/panes*") as asked:
            await page.evaluate(
                "to => { document.documentElement.lang = to; document.dispatchEvent(new Event('cb:lang')); }", language
            )
        await (await asked.value).finished()
        await page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done, 50)))")
        await page.mouse.up()
        if await page.evaluate("performance.now()") - began < PRESS_MS:
            break  # else it was no press any more: a busy machine
    await may_write(seat, denis)
