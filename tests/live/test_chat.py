"""Web chat in a real Chromium: a visitor's page and an operator's pane on lines that break. Each message is there once, in order."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from cordboard.access.user import User
from cordboard.queue.contact import Contact, ContactState
from cordboard.queue.setup import QueueRules, QueueSetup
from cordboard.storage.clock import SystemClock
from cordboard.storage.database import Database
from tests.fakes.browser import Screen
from tests.fakes.chat_pane import lay_bare_pane
from tests.fakes.desk_house import DeskHouse
from tests.fakes.wait import until

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="session")]
PASSWORD = "correct horse battery"
EVIL = "<script>document.title='hurt'</script><img src=x onerror=\"document.title='hurt'\">"
OFFLINE = re.compile("ERR_INTERNET_DISCONNECTED|409|net::ERR_FAILED|ERR_ABORTED")
CYRILLIC = re.compile("[А-Яа-яЁё]+")
LATIN = re.compile("[A-Za-z]{4,}")


@dataclass
class Hall:
    """A house with a chat, and a browser to look at it."""

    house: DeskHouse
    user: User
    base: str
    browser: Browser
    shots: Path

    async def visitor(self, language: str = "ru", width: int = 360) -> "Visitor":
        screen = await Screen.open(self.browser, self.base, self.shots, language=language)
        await screen.page.set_viewport_size({"width": width, "height": 640})
        await screen.go("/chat")
        return Visitor(screen)

    async def agent(self, contact: Contact) -> Page:
        """The operator at his pane, who has taken the chat."""
        screen = await Screen.open(self.browser, self.base, self.shots)
        await screen.sign_in("maria", PASSWORD)
        await screen.go(f"/bare/{contact.id}")
        page_open = self.house.desk.agent
        await until(lambda: (agent := page_open(self.user.id)) and agent.page_open, "the operator's page is live")
        await self.house.desk.ready(self.user.id)
        await until(lambda: self.contact().state is ContactState.OFFERED, "the chat is offered")
        await self.house.desk.accept(self.user.id, contact.id)
        await expect(screen.page.locator(".composer textarea")).to_be_enabled()
        return screen.page

    def contact(self) -> Contact:
        (found,) = [one for one in self.house.desk.contacts() if one.state is not ContactState.WRAP_UP]
        return found

    async def kept(self, contact: Contact) -> list[str]:
        """What the server keeps, without the house's own lines."""
        messages = await self.house.chat.agents.messages(contact, 0)
        return [message.text for message in messages if message.notice is None]


@dataclass
class Visitor:
    screen: Screen

    @property
    def page(self) -> Page:
        return self.screen.page

    async def begin(self, text: str, name: str = "Анна") -> None:
        await self.page.fill("#name", name)
        await self.page.fill("#first", text)
        await self.page.click("#intro [type=submit]")
        await self.sent()

    async def write(self, text: str) -> None:
        await self.page.fill("#text", text)
        await self.page.press("#text", "Enter")

    async def sent(self) -> None:
        """Nothing is on its way any more."""
        await until(lambda: self.page.evaluate("window.cordboardChat?.unsent === 0"), "everything is kept")

    async def shown(self) -> list[str]:
        return await texts(self.page)

    def well(self) -> bool:
        return all(OFFLINE.search(line) for line in self.screen.complaints)


async def texts(page: Page) -> list[str]:
    return [text.strip() for text in await page.locator(".msg .text").all_inner_texts()]


async def until_shows(page: Page, wanted: list[str]) -> None:
    async def same() -> bool:
        return await texts(page) == wanted

    try:
        await until(same, f"the messages {wanted}")
    except AssertionError as error:
        raise AssertionError(f"{error}; shown: {await texts(page)}") from None


@pytest_asyncio.fixture(loop_scope="session")
async def hall(page_database: Database, tmp_path: Path, shared_browser: Browser) -> AsyncIterator[Hall]:
    house = DeskHouse(page_database, SystemClock(), tmp_path)
    await house.open()
    await house.desk.apply(QueueSetup({"orders": QueueRules("orders", "Заказы", "Orders")}))
    lay_bare_pane(house)
    user = await house.operator()
    async with house.serving() as base:
        yield Hall(house, user, base, shared_browser, tmp_path)


async def test_a_talk_over_reloads_and_lost_lines(hall: Hall) -> None:
    visitor = await hall.visitor()
    await visitor.begin("Где мой заказ?")
    await expect(visitor.page.locator("#standing")).to_contain_text("очеред")
    contact = hall.contact()
    pane = await hall.agent(contact)
    await expect(visitor.page.locator(".line")).to_have_text("С вами Мария")
    await pane.fill(".composer textarea", "Уже едет")
    await pane.keyboard.press("Enter")
    await until_shows(visitor.page, ["Где мой заказ?", "Уже едет"])

    await visitor.page.context.set_offline(True)
    for text in ("раз", "два", "три"):
        await visitor.write(text)
    await expect(visitor.page.locator("#lost")).to_be_visible()
    await expect(visitor.page.locator(".msg.pending")).to_have_count(3)
    await pane.fill(".composer textarea", "вы ещё здесь?")
    await pane.keyboard.press("Enter")
    await visitor.page.context.set_offline(False)
    await visitor.sent()
    await expect(visitor.page.locator("#lost")).to_be_hidden()
    talk = await hall.kept(contact)
    assert sorted(talk) == sorted(["Где мой заказ?", "Уже едет", "вы ещё здесь?", "раз", "два", "три"])
    assert [text for text in talk if text in ("раз", "два", "три")] == ["раз", "два", "три"]
    await until_shows(visitor.page, talk)
    await until_shows(pane, talk)

    await visitor.page.reload()
    await until_shows(visitor.page, talk)
    await pane.context.set_offline(True)
    await pane.fill(".composer textarea", "ответ без сети")
    await pane.keyboard.press("Enter")
    await expect(pane.locator(".msg.pending")).to_have_count(1)
    await visitor.write("а я с сетью")
    await visitor.sent()
    await pane.context.set_offline(False)
    await expect(pane.locator(".msg.pending")).to_have_count(0, timeout=20_000)
    talk = [*talk, "а я с сетью", "ответ без сети"]
    await until_shows(visitor.page, talk)
    await until_shows(pane, talk)
    assert await hall.kept(contact) == talk
    assert visitor.well(), visitor.screen.complaints


async def test_what_was_not_sent_before_a_reload_goes_after_it(hall: Hall) -> None:
    visitor = await hall.visitor()
    await visitor.begin("раз")
    contact = hall.contact()
    await visitor.page.route("**/api/v1/chat/messages", lambda route: route.abort())
    await visitor.write("два")
    await visitor.write("три")
    await expect(visitor.page.locator(".msg.pending")).to_have_count(2)
    await visitor.page.fill("#text", "не дописа")
    await visitor.page.unroute("**/api/v1/chat/messages")
    await visitor.page.reload()
    await visitor.sent()
    await until_shows(visitor.page, ["раз", "два", "три"])
    await expect(visitor.page.locator("#text")).to_have_value("не дописа")
    assert await hall.kept(contact) == ["раз", "два", "три"]


async def test_an_answer_that_never_came_doubles_nothing(hall: Hall) -> None:
    """The server has kept each message; its answers are lost on the way back."""
    visitor = await hall.visitor()
    lost: list[str] = []

    async def lose_the_first_answers(route: object) -> None:
        from playwright.async_api import Route

        assert isinstance(route, Route)
        if route.request.method == "POST" and len(lost) < 3:
            lost.append(route.request.url)
            await route.fetch()
            await route.abort()
        else:
            await route.continue_()

    await visitor.page.route(re.compile("/api/v1/chat/(start|messages)"), lose_the_first_answers)
    await visitor.begin("раз")
    await visitor.write("два")
    await visitor.sent()
    assert len(lost) == 3
    await until_shows(visitor.page, ["раз", "два"])
    assert await hall.kept(hall.contact()) == ["раз", "два"]


async def test_a_number_may_be_left_instead_of_waiting(hall: Hall) -> None:
    rules = QueueRules("orders", "Заказы", "Orders", keep_place=True)
    await hall.house.desk.apply(QueueSetup({"orders": rules}))
    visitor = await hall.visitor()
    await visitor.begin("Перезвоните, пожалуйста")
    await visitor.page.click("#callme summary")
    await visitor.page.fill("#phone", "12")
    await visitor.page.press("#phone", "Enter")
    await expect(visitor.page.locator("#phone-err")).to_be_visible()
    await visitor.page.fill("#phone", "8 900 000-41-27")
    await visitor.page.press("#phone", "Enter")
    await expect(visitor.page.locator(".line")).to_have_text("Мы вам перезвоним. Чат завершён.")
    assert hall.contact().address == "+79000004127"


async def test_two_windows_of_one_visitor_show_one_chat(hall: Hall) -> None:
    visitor = await hall.visitor()
    await visitor.begin("раз")
    second = await visitor.page.context.new_page()
    await second.goto(f"{hall.base}/chat")
    await until_shows(second, ["раз"])
    await second.fill("#text", "из второго окна")
    await second.press("#text", "Enter")
    await until_shows(visitor.page, ["раз", "из второго окна"])
    assert await hall.kept(hall.contact()) == ["раз", "из второго окна"]


async def test_scripts_are_text_on_both_sides(hall: Hall) -> None:
    visitor = await hall.visitor()
    await visitor.begin(EVIL, name=EVIL)
    pane = await hall.agent(hall.contact())
    await until_shows(pane, [EVIL])
    await pane.fill(".composer textarea", EVIL)
    await pane.keyboard.press("Enter")
    await until_shows(visitor.page, [EVIL, EVIL])
    for page in (visitor.page, pane):
        assert await page.locator(".chat-log img, .chat-log script").count() == 0
        assert "hurt" not in await page.title()
    assert visitor.screen.complaints == []


async def test_a_text_that_is_too_long_stays_in_the_field(hall: Hall) -> None:
    visitor = await hall.visitor()
    await visitor.begin("раз")
    await visitor.page.fill("#text", "я" * 100_000)
    await expect(visitor.page.locator("#bad")).to_contain_text("100000")
    await visitor.page.press("#text", "Enter")
    assert len(await visitor.page.input_value("#text")) == 100_000
    await visitor.page.fill("#text", "коротко")
    await expect(visitor.page.locator("#bad")).to_be_hidden()
    await visitor.page.press("#text", "Enter")
    await until_shows(visitor.page, ["раз", "коротко"])


async def test_ticks_and_typing(hall: Hall) -> None:
    visitor = await hall.visitor()
    await visitor.begin("раз")
    await expect(visitor.page.locator(".tick")).to_have_attribute("data-seen", "false")
    pane = await hall.agent(hall.contact())
    await expect(visitor.page.locator(".tick")).to_have_attribute("data-seen", "true")
    await pane.locator(".composer textarea").press_sequentially("печ")
    await expect(visitor.page.locator("#dots")).to_be_visible()
    await visitor.page.locator("#text").press_sequentially("тоже")
    await expect(pane.locator(".dots")).to_be_visible()


async def test_the_operators_field_outlives_painting_and_reloading(hall: Hall) -> None:
    visitor = await hall.visitor()
    await visitor.begin("раз")
    contact = hall.contact()
    pane = await hall.agent(contact)
    await pane.locator(".composer textarea").press_sequentially("Сейчас посмо")
    await pane.evaluate("document.dispatchEvent(new Event('cb:again'))")
    await expect(pane.locator(".composer textarea")).to_be_focused()
    await pane.keyboard.type("трю")
    await expect(pane.locator(".composer textarea")).to_have_value("Сейчас посмотрю")
    assert await texts(pane) == ["раз"]

    async def drafted() -> bool:
        return await hall.house.chat.agents.draft(contact, hall.user.id) == "Сейчас посмотрю"

    await until(drafted, "the draft is on the server")
    await pane.keyboard.press("Shift+Enter")
    await pane.keyboard.type("и скажу")
    await pane.keyboard.press("Enter")
    await until_shows(visitor.page, ["раз", "Сейчас посмотрю\nи скажу"])


async def test_the_end_and_a_new_beginning(hall: Hall) -> None:
    visitor = await hall.visitor()
    await visitor.begin("раз")
    first = hall.contact()
    pane = await hall.agent(first)
    await hall.house.desk.hang_up(hall.user.id, first.id)
    await expect(visitor.page.locator("#over")).to_be_visible()
    await expect(visitor.page.locator(".line").last).to_contain_text("Оператор завершил чат")
    await expect(pane.locator(".composer textarea")).to_be_disabled()
    await visitor.page.click("#anew")
    await visitor.begin("ещё вопрос")
    second = hall.contact()
    assert second.id != first.id
    await visitor.page.click("#end")
    await visitor.page.click("#end-yes")
    await expect(visitor.page.locator("#over")).to_be_visible()
    await until(lambda: hall.house.desk.contact(second.id) is None, "the desk knows that he went")
    assert await hall.kept(first) == ["раз"]
    assert visitor.screen.complaints == []


@pytest.mark.parametrize("language", ["ru", "en"])
async def test_nothing_of_the_other_language_shows_and_nothing_overflows(hall: Hall, language: str) -> None:
    visitor = await hall.visitor(language)

    async def look(name: str) -> None:
        text = (await visitor.page.locator("body").inner_text()).replace("Лампа и дом", "").replace("Мария", "")
        found = CYRILLIC.findall(text) if language == "en" else LATIN.findall(text)
        assert found == [], name
        wide = await visitor.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, name
        await visitor.screen.shoot(f"chat-{language}-{name}")

    await expect(visitor.page.locator("#intro")).to_be_visible()
    await look("intro")
    await visitor.begin("7 7 7 " * 300, name="7")
    await look("waiting")
    contact = hall.contact()
    await hall.agent(contact)
    await expect(visitor.page.locator(".line")).to_be_visible()
    await look("talking")
    await hall.house.desk.transfer(hall.user.id, contact.id, queue="orders")
    await expect(visitor.page.locator(".line")).to_have_count(2)
    await look("moved")
    await visitor.page.click("#end")
    await visitor.page.click("#end-yes")
    await expect(visitor.page.locator("#over")).to_be_visible()
    await look("over")
