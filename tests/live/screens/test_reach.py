"""Reach: axe-core finds nothing serious on any page, dialog and state of the desk, in both languages; at 200 % nothing is cut off."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, ViewportSize

from cordboard.access.permission import Role
from cordboard.agent_web.house import House
from cordboard.queue.channels.chat import ChatRoom
from cordboard.queue.channels.store import ChatStore
from cordboard.queue.setup import Seat
from cordboard.shop.asking import Way
from cordboard.shop.asking_store import Askings
from cordboard.storage.clock import Clock
from cordboard.storage.database import Database
from cordboard.storage.ids import random_ids
from cordboard.storage.outbox_store import Outbox
from tests.fakes.axe import grave_anywhere
from tests.fakes.desk_moments import SIZES, DeskMoments, at_the_desk
from tests.fakes.quality_house import QualityHouse, SetClock
from tests.fakes.steering_house import SteeringHouse
from tests.fakes.steering_screen import screen

See = Callable[[str], Awaitable[None]]

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="session")]
LOOKS = [("ru", "light"), ("en", "dark")]
"""Each language in a theme of its own: what differs between languages has no colour."""

TWICE: ViewportSize = {"width": 683, "height": 384}
"""What is left of 1366x768 CSS pixels at a zoom of 200 %."""


async def look(page: Page, found: list[str], where: str, seen: set[str]) -> None:
    """Adds what is wrong with the page as it stands and with those of its dialogs that were not seen yet."""
    found += [f"{where}: {line}" for line in await grave_anywhere(page, seen)]
    usual = page.viewport_size
    await page.set_viewport_size(TWICE)
    wide = await page.evaluate("document.documentElement.scrollWidth")
    if wide > TWICE["width"]:
        found.append(f"{where}: {wide} px wide at 200 %")
    if usual is not None:
        await page.set_viewport_size(usual)


@pytest.mark.parametrize(("language", "theme"), LOOKS)
async def test_the_desk_in_all_its_states(
    sqlite_database: Database, tmp_path: Path, browser: Browser, clock: Clock, language: str, theme: str
) -> None:
    found: list[str] = []
    seen: set[str] = set()
    async with at_the_desk(sqlite_database, clock, tmp_path, browser, language, SIZES["1366x768"], theme) as desk:

        async def see(where: str) -> None:
            await look(desk.page, found, where, seen)

        await see("off shift")
        await desk.ready()
        await see("ready")
        await desk.ringing()
        await see("ringing")
        await desk.call()
        await see("in call")
        await desk.products()
        await see("products")
        await desk.no_products()
        await desk.third()
        await see("third")
        await _tabs(desk, see)
        await desk.lost()
        await see("lost")
        await desk.found()
        await desk.wrap_up()
        await see("wrap-up")
        assert [line for line in desk.screen.complaints if "ERR_INTERNET" not in line] == []
    assert not found, "\n".join(found)


async def _tabs(desk: DeskMoments, see: See) -> None:
    """What stands behind the tabs on the right."""
    for tab in ("cu", "or"):
        await desk.page.click(f"#t-{tab}")
        await see(f"in call, tab {tab}")


PAGES = (
    ("/board", Role.SUPERVISOR),
    ("/campaigns", Role.SUPERVISOR),
    ("/campaigns/{campaign}", Role.SUPERVISOR),
    ("/campaigns/{campaign}/import", Role.SUPERVISOR),
    ("/trunks", Role.SUPERVISOR),
    ("/do-not-call", Role.SUPERVISOR),
    ("/callbacks", Role.SUPERVISOR),
    ("/chats/left", Role.SUPERVISOR),
    ("/queues/waiting", Role.SUPERVISOR),
    ("/queues", Role.SUPERVISOR),
    ("/queues/new", Role.SUPERVISOR),
    ("/queues/q/orders", Role.SUPERVISOR),
    ("/queues/skills", Role.SUPERVISOR),
    ("/queues/pauses", Role.SUPERVISOR),
    ("/queues/capacity", Role.SUPERVISOR),
    ("/queues/lifts", Role.SUPERVISOR),
    ("/queues/operators", Role.SUPERVISOR),
    ("/queues/operators/{operator}", Role.SUPERVISOR),
    ("/queues/history", Role.SUPERVISOR),
    ("/quality", Role.QA),
    ("/quality/{recording}", Role.QA),
    ("/people", Role.ADMIN),
    ("/nowhere", Role.ADMIN),
    ("/sign-in", None),
    ("/callback", None),
    ("/chat", None),
    ("/order/{token}", None),
)
"""Every page, and who reads it; None: anybody, on a telephone's screen as well."""


async def test_every_other_page(
    house: SteeringHouse, base: str, browser: Browser, sqlite_database: Database, tmp_path: Path
) -> None:
    """In one house for both languages: what a page costs most is its first time."""
    places = await _furnished(house, sqlite_database, tmp_path)
    found: list[str] = []
    for language, theme in LOOKS:
        seen: set[str] = set()
        for role in (Role.SUPERVISOR, Role.QA, Role.ADMIN, None):
            user = await house.user(role or Role.API, "Олег Лебедев" if language == "ru" else "Oleg Swan", language)
            async with screen(house, base, browser, user, refusals=True) as page:
                if role is None:
                    await page.context.clear_cookies()
                for name, value in (("cb-theme", theme), ("cb-lang", language)):
                    await page.context.add_cookies([{"name": name, "value": value, "url": base}])
                for path, reader in PAGES:
                    if reader is role:
                        await page.goto(base + path.format(**places))
                        await look(page, found, f"{path} ({language})", seen)
    assert not found, "\n".join(found)


async def _furnished(house: SteeringHouse, database: Database, data: Path) -> dict[str, str]:
    """A house in which every page has something to show; what its addresses are made of."""
    campaign = await house.campaign(running=True)
    operator = await house.operator("Илья Котов")
    await house.setup.save_seat(Seat(operator.id, frozenset({"orders"})), None)
    order = await house.order(1, 40_000, 30, name="Анна Иванова")
    await house.order(2, 3_000, 1)
    for key in ("a", "b"):
        await house.call_in(key)
    box = Outbox(database, house.clock, random_ids)
    askings = Askings(database, house.clock, random_ids, lambda: "a-secret-of-a-link", box, house.shop)
    await askings.ask(order, Way.EMAIL, "anna@example.org", "ru", operator.id, lambda token: {"token": token})
    chat = ChatRoom(ChatStore(database), house.desk, house.clock, random_ids, house.live, lambda _code: "orders")
    known: House = house.app.state.house
    house.app.state.house = replace(known, askings=askings, chat=chat)
    kept = QualityHouse(known, SetClock(house.clock.now()), data, house.app, {"oleg": operator})
    return {
        "campaign": campaign.id,
        "operator": operator.id,
        "recording": await kept.call("talk-1", number="1"),
        "token": "a-secret-of-a-link",
    }
