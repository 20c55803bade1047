"""The order card in a real browser, by keyboard, in both languages: two people at one order, products, prices, the customer's data, the
link that the customer confirms by on a page of a phone's size, the shop's system that is away."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from cordboard.access.user import User
from cordboard.agent_web.house import House
from cordboard.shop.asking import Way
from cordboard.shop.asking_store import Askings
from cordboard.shop.catalogue import ProductPosted, StoreStock
from cordboard.shop.delivering import Delivering
from cordboard.shop.letters import Letters
from cordboard.shop.message import CUSTOMER, ORDER
from cordboard.shop.order import Order, OrderEdit
from cordboard.shop.remote import RemoteShop
from cordboard.storage.clock import SystemClock
from cordboard.storage.database import Database
from cordboard.storage.ids import random_ids
from cordboard.storage.outbox import Message
from cordboard.storage.outbox_store import Outbox
from tests.fakes.browser import Screen
from tests.fakes.desk_house import DeskHouse
from tests.fakes.mail_server import MailServer
from tests.fakes.shop_system import ShopSystem, answer
from tests.fakes.wait import until

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="session")]
PASSWORD = "correct horse battery"
WORDS = {
    "ru": (
        "занята",
        "Торшер-тренога",
        "Где есть",
        "Оставить моё",
        "Карточка клиента сохранена",
        "подтвердил по ссылке",
    ),
    "en": ("is busy", "tripod", "Where it is", "Keep mine", "card is saved", "confirmed by the link"),
}
GOODS = (
    ProductPosted(
        "TR-205",
        "Торшер-тренога «Дюна»",
        11_900_00,
        "Duna tripod floor lamp",
        4,
        "Тренога из дуба.",
        "An oak tripod.",
        goes_with=("LE-27W",),
        stores=(StoreStock("Склад", 4, date(2027, 1, 15), 20),),
    ),
)


@dataclass
class World:
    house: DeskHouse
    user: User
    screen: Screen
    order: Order
    base: str
    mail: MailServer
    theirs: ShopSystem
    post: Delivering

    @property
    def page(self) -> Page:
        return self.screen.page

    async def now(self) -> Order:
        found = await self.house.shop.order(self.order.id)
        assert found is not None
        return found

    async def comes_to(self, what: str, check: "object") -> None:
        async def holds() -> bool:
            assert callable(check)
            return bool(check(await self.now()))

        await until(holds, what)


@pytest_asyncio.fixture(params=["ru", "en"], loop_scope="session")
async def world(
    request: pytest.FixtureRequest, page_database: Database, tmp_path: Path, shared_browser: Browser
) -> AsyncIterator[World]:
    language = request.param
    house = DeskHouse(page_database, SystemClock(), tmp_path)
    shots = Path(os.environ.get("CORDBOARD_SHOTS") or tmp_path)
    async with MailServer().open() as mail, ShopSystem().open() as theirs:
        box, remote = Outbox(page_database, house.clock, random_ids), RemoteShop(theirs.url)
        letters = Letters(mail.url, "shop@example.com")
        post = Delivering(box, {ORDER: remote.send, CUSTOMER: remote.send, Way.EMAIL: letters.send})
        house.shop.outbox = box
        askings = Askings(page_database, house.clock, random_ids, lambda: "a-secret-of-a-link", box, house.shop)
        known: House = house.app.state.house
        site = replace(known.site, most_off_percent=10)
        house.app.state.house = replace(known, site=site, post=post, askings=askings, remote_shop=remote)

        async def tried(message: Message) -> None:
            order_id = await askings.order_of(message.subject) or message.subject
            order = await house.shop.order(order_id)
            if order is not None:
                house.live.tell_order(order.id, order.customer_id)

        post.on_tried.append(tried)
        await house.open()
        await house.shop.catalogue.put(GOODS)
        posting = asyncio.create_task(post.run())
        async with house.serving() as base:
            user = await house.operator(language=language)
            screen = await Screen.open(shared_browser, base, shots, language=language)
            await screen.sign_in("maria", PASSWORD)
            await until(lambda: screen.page.evaluate("window.cordboard?.live"), "the live stream of the page")
            world = World(house, user, screen, await house.order(), base, mail, theirs, post)
            await _talk(world)
            yield world
        posting.cancel()
        await asyncio.gather(posting, return_exceptions=True)
        await remote.close()


async def _talk(world: World) -> None:
    main = world.page.locator("[data-pane=main]")
    await world.page.click("#start")
    await expect(main).to_have_attribute("data-phase", "ready")
    await world.house.call_in("call-1")
    await expect(main).to_have_attribute("data-phase", "ringing")
    await expect(world.page.locator("#order")).to_be_visible()  # before the answer
    await world.house.desk.talk_began("call-1", world.user.id)
    await expect(main).to_have_attribute("data-phase", "talking")


async def test_an_order_is_worked_in_by_keyboard(world: World, request: pytest.FixtureRequest) -> None:
    page, language = world.page, request.node.callspec.params["world"]
    away, tripod, where, keep, saved, confirmed = WORDS[language]
    await _products(world, tripod, where, language)
    await _prices(world)
    await _two_people(world, keep, language)
    await _away(world, away, language)
    await _person(world, saved)
    await _link(world, confirmed, language)
    assert [line for line in world.screen.complaints if "409" not in line and "422" not in line] == []
    assert await page.evaluate("document.querySelectorAll('script:not([src])').length") == 0


async def _products(world: World, tripod: str, where: str, language: str) -> None:
    """A mistake in a letter; what is known of it; Enter puts it into the order."""
    page = world.page
    await page.keyboard.press("Alt+KeyO")
    await expect(page.locator("#add")).to_be_focused()
    await page.keyboard.type("торшир дюна")
    await expect(page.locator("#add-list [data-add]").first).to_contain_text(tripod)
    await page.keyboard.press("ArrowDown")
    await expect(page.locator("#product")).to_contain_text(where)
    await world.screen.shoot(f"card-product-{language}")
    await page.keyboard.press("Enter")
    await world.comes_to("the tripod in the order", lambda order: any(i.article == "TR-205" for i in order.items))


async def _prices(world: World) -> None:
    """Ten percent may go, more may not."""
    page = world.page
    await page.fill("#price-TR-205", "10710")
    await world.comes_to("ten percent off", lambda order: any(i.price == 10_710_00 for i in order.items))
    await page.fill("#price-TR-205", "100")
    await expect(page.locator(".toast").last).to_contain_text(re.compile("10 %"))
    assert any(item.price == 10_710_00 for item in (await world.now()).items)
    await page.fill("#price-TR-205", "10710")


async def _two_people(world: World, keep: str, language: str) -> None:
    """Another changes the slot while ours is typed: both are shown, ours is kept when she says so; and a line of his is not lost."""
    page = world.page
    slot = page.locator("#f-delivery_slot")
    await slot.focus()
    await page.keyboard.press("End")
    await page.keyboard.type(" или позже")
    await world.comes_to("the slot saved", lambda order: order.delivery_slot.endswith("или позже"))
    await page.keyboard.type("!")
    await world.house.shop.edit_order(
        world.order.id, OrderEdit(delivery_slot="вт 24 ноября, 9–12"), None, (await world.now()).version
    )
    note = page.locator(".theirs, .clash")
    await expect(note.first).to_contain_text("вт 24 ноября")
    await world.screen.shoot(f"card-two-people-{language}")
    await page.get_by_role("button", name=keep).first.click()
    await world.comes_to("hers kept", lambda order: order.delivery_slot.endswith("или позже!"))


async def _away(world: World, away: str, language: str) -> None:
    """The shop's system is busy: the card says so, and says when it knows."""
    page = world.page
    good, world.theirs.says = world.theirs.says, answer("503 Busy", b"{}")
    await page.select_option("#f-payment", "paid")
    await world.comes_to("the payment saved", lambda order: order.payment == "paid")
    world.post.wake()
    await expect(page.locator("#clashes")).to_contain_text(away)
    await world.screen.shoot(f"card-shop-away-{language}")
    world.theirs.says = good
    await page.click("#post-now")
    await expect(page.locator("#post-now")).to_have_count(0)
    await until(
        lambda: world.theirs.asked[-1][2].get("payment") == "paid", "the shop's own system knows that it is paid"
    )


async def _person(world: World, saved: str) -> None:
    page = world.page
    await page.click("#t-cu")
    await page.fill("#p-email", "no address")
    await page.click("#p-save")
    await expect(page.locator("#p-email-err")).to_be_visible()
    await page.fill("#p-email", "anna@example.com")
    await page.fill("#p-name", "Анна 👩 <b>Иванова</b>")
    await page.keyboard.press("Enter")
    await expect(page.locator(".toast").last).to_contain_text(saved)
    customer = await world.house.shop.customer(world.order.customer_id)
    assert customer is not None
    assert (customer.name, customer.email) == ("Анна 👩 <b>Иванова</b>", "anna@example.com")
    await expect(page.locator("h1").first).to_contain_text("<b>Иванова</b>")


async def _link(world: World, confirmed: str, language: str) -> None:
    """She presses the button; the customer opens the letter's link on his telephone and confirms; the card shows it by itself."""
    page = world.page
    await page.click("#ask-email")
    await until(lambda: bool(world.mail.letters), "the letter")
    found = re.search(r"/order/[\w-]+", world.mail.letters[0].get_content())
    assert found is not None
    browser: Browser | None = page.context.browser
    assert browser is not None
    phone = await browser.new_page(viewport={"width": 360, "height": 740}, locale="ru-RU")
    await phone.goto(f"{world.base}{found.group()}?lang={language}")
    await expect(phone.locator("#confirm")).to_be_visible()
    assert await phone.evaluate("document.documentElement.scrollWidth <= 360")
    await phone.screenshot(path=world.screen.shots / f"card-link-{language}.png", full_page=True)
    await phone.fill("#o-comment", "Звонить два раза")
    await phone.click("#confirm")
    await expect(phone.locator("#thanks")).to_contain_text("заказ подтверждён" if language == "ru" else "is confirmed")
    await phone.screenshot(path=world.screen.shots / f"card-link-done-{language}.png", full_page=True)
    await expect(page.locator("#asking")).to_contain_text(confirmed)
    await world.screen.shoot(f"card-confirmed-{language}")
    order = await world.now()
    assert (order.status.value, order.courier_comment) == ("confirmed", "Звонить два раза")
    await phone.close()
