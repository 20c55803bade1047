"""The desk at the moments that people look at: off shift, ready, ringing, in a call, wrap-up, the line lost. A real house and a real page;
the telephone line is ours. For the story of reach and for the pictures in docs/screens."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Page, ViewportSize, expect

from cordboard.access.user import User
from cordboard.demo.scripts import SCRIPTS
from cordboard.storage.clock import Clock
from cordboard.storage.database import Database
from tests.fakes.browser import Screen
from tests.fakes.desk_house import DeskHouse
from tests.fakes.wait import until

CALL = "call-1"
SIZES: dict[str, ViewportSize] = {
    "1366x768": {"width": 1366, "height": 768},
    "1920x1080": {"width": 1920, "height": 1080},
}


class DeskMoments:
    """One operator's page, taken from moment to moment in the order of a working minute."""

    def __init__(self, house: DeskHouse, user: User, screen: Screen) -> None:
        self.house = house
        self.user = user
        self.screen = screen

    @property
    def page(self) -> Page:
        return self.screen.page

    async def phase(self, name: str) -> None:
        await expect(self.page.locator("[data-pane=main]")).to_have_attribute("data-phase", re.compile(f"^{name}$"))

    async def ready(self) -> None:
        await self.page.click("#start")
        await self.phase("ready")

    async def ringing(self) -> None:
        await self.house.call_in(CALL)
        await self.phase("ringing")
        await expect(self.page.locator("#order")).to_be_visible()

    async def call(self) -> None:
        """In the talk, the script two steps on."""
        await self.house.desk.talk_began(CALL, self.user.id)
        await self.phase("talking")
        await expect(self.page.locator("[data-part=script]")).to_have_attribute("data-step", "hello")
        await self.page.keyboard.press("Alt+KeyS")
        await expect(self.page.locator("[data-part=script]")).to_have_attribute("data-step", "ready")

    async def products(self) -> None:
        """Products are looked for, and one is described."""
        await self.page.keyboard.press("Alt+KeyO")
        await self.page.keyboard.type("торшер" if self.user.language == "ru" else "lamp")
        await expect(self.page.locator("#add-list [data-add]").first).to_be_visible()
        await self.page.keyboard.press("ArrowDown")
        await expect(self.page.locator("#product")).to_be_visible()

    async def no_products(self) -> None:
        await self.page.keyboard.press("Escape")
        await self.page.fill("#add", "")
        await expect(self.page.locator("#add-list")).to_be_hidden()

    async def third(self) -> None:
        """A number outside is in the talk."""
        contact = self.house.desk.contact_by_wire(CALL)
        assert contact is not None
        await self.house.desk.thirds.call(self.user.id, contact.id, number="+74951234567")
        (talk,) = self.house.desk.thirds.all()
        assert talk.third is not None
        await self.house.desk.thirds.answered(talk.third.id)
        await expect(self.page.locator("#third-drop")).to_be_visible()

    async def wrap_up(self) -> None:
        await self.house.desk.talk_ended(CALL)
        await self.phase("wrap_up")

    async def lost(self) -> None:
        """The page hears nothing of the server any more, in mid-talk."""
        await self.page.context.set_offline(True)  # refuses what is new; what is open, the server ends
        self.house.live.drop(self.user.id)
        await expect(self.page.locator("#lost")).to_be_visible()

    async def found(self) -> None:
        await self.page.context.set_offline(False)
        await expect(self.page.locator("#lost")).to_be_hidden()


@asynccontextmanager
async def at_the_desk(
    database: Database, clock: Clock, data: Path, browser: Browser, language: str, size: ViewportSize, theme: str
) -> AsyncIterator[DeskMoments]:
    """Maria's desk before her shift: a customer with a past and an open order, scripts of the demo."""
    house = DeskHouse(database, clock, data)
    await house.open()
    await house.scripts.add_missing(SCRIPTS)
    user = await house.operator(
        "Мария Соколова" if language == "ru" else "Mary Falcon", language="en" if language == "en" else "ru"
    )
    await _past(house, user)
    async with house.serving() as base:
        screen = await Screen.open(browser, base, data, language=language)
        await screen.page.set_viewport_size(size)
        await screen.page.context.add_cookies([{"name": "cb-theme", "value": theme, "url": base}])
        await screen.page.context.add_cookies([{"name": "cordboard", "value": await house.token(user), "url": base}])
        await screen.go("/desk")

        async def live() -> bool:
            return bool(await screen.page.evaluate("window.cordboard?.live"))

        await until(live, "the live stream of the page")
        yield DeskMoments(house, user, screen)
        await screen.page.context.close()


async def _past(house: DeskHouse, user: User) -> None:
    order = await house.order()
    await house.order("47980", name="Анна Сергеевна Иванова")
    await house.shop.add_note(order.customer_id, "Просит звонить после обеда", user.id)
