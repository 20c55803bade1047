"""The call that outlives the page: reload, a tab that crashes, a network that goes, two tabs, a telephone that falls silent."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Error, Page, expect

from tests.fakes.browser import Screen
from tests.fakes.house import House, running_house
from tests.fakes.operator import OperatorDesk
from tests.fakes.sipp import SippCaller
from tests.fakes.wait import until
from tests.fakes.working_day import Seat, call_in, order, post_orders, rows

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]
UNCONNECTED = """
  window.offers = 0;
  let own = RTCPeerConnection.prototype;  // the ear may have put a class of its own before it
  while (!Object.hasOwn(own, "connectionState")) own = Object.getPrototypeOf(own);
  const {get} = Object.getOwnPropertyDescriptor(own, "connectionState"), offer = own.createOffer;
  Object.defineProperty(own, "connectionState", { get() { return window.offers ? get.call(this) : "connecting"; } });
  own.createOffer = function (...given) { window.offers += 1; return offer.apply(this, given); };
"""
"""Its connections say that they are not there yet until the page has made an offer of its own."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with running_house(tmp_path_factory.mktemp("rejoin") / "house", ring_s="10") as one:
        yield one


async def begin(desk: OperatorDesk, caller: SippCaller) -> str:
    """They talk; the contact."""
    await caller.answered()
    await desk.until_rings()
    await desk.answer()
    await caller.until_hears(440.0)
    return await desk.contact()


async def joined_again(desk: OperatorDesk, caller: SippCaller, contact: str) -> None:
    """Without a click, both ways, with the same card."""
    await desk.until_talks()
    await caller.until_hears(440.0)
    await desk.screen.until_hears(700.0)
    assert await desk.contact() == contact
    await desk.screen.until_shows("[data-pane=main]", "К-7300")


def beside(desk: OperatorDesk, page: Page) -> OperatorDesk:
    """The same operator in another tab of his browser."""
    return OperatorDesk(Screen(page, desk.screen.base, desk.screen.complaints, desk.screen.shots))


async def test_a_talk_goes_on_after_each_loss_under_one_contact(house: House, seat: Seat, tmp_path: Path) -> None:
    await post_orders(house, order("К-7300"))
    desk = await seat()
    async with call_in(house, tmp_path) as caller:
        contact = await begin(desk, caller)

        await desk.page.reload()
        await joined_again(desk, caller, contact)

        crashed = desk.page
        with pytest.raises(Error):
            await crashed.goto("chrome://crash")
        await until(lambda: _is_music(caller), "the customer hears music or is told, while nobody is there")
        desk = beside(desk, await crashed.context.new_page())
        await desk.screen.go("/desk")
        await joined_again(desk, caller, contact)
        await crashed.close()

        other = beside(desk, await desk.page.context.new_page())
        await other.screen.go("/desk")
        await joined_again(other, caller, contact)
        await desk.screen.until_shows("#lost", "другой вкладке")
        assert await desk.phone() == "off"
        await desk.screen.shoot("elsewhere")
        await desk.page.click("#lost button")
        await joined_again(desk, caller, contact)
        await other.screen.until_shows("#lost", "другой вкладке")
        await other.page.close()

        await desk.page.context.set_offline(True)
        so_far = caller.peer.heard_s(
            caller.far
        )  # the sound itself is not cut by this switch, the page's other lines are
        await until(lambda: caller.peer.heard_s(caller.far) >= so_far + 5.0, "five seconds", within_s=30.0)
        await desk.screen.shoot("offline")
        await desk.page.context.set_offline(False)
        await joined_again(desk, caller, contact)

        await desk.hang_up()
        await caller.over()
        await desk.until_phase("wrap.*")
        await desk.write_result("consulted")
        await desk.until_phase("ready")

    async def kept() -> list[tuple[int, float]] | None:
        found = await rows(house, "SELECT take, talk_s FROM recording WHERE contact_id = ? ORDER BY take", contact)
        return [(int(take), float(talk_s)) for take, talk_s in found] if len(found) >= 5 else None

    pieces = await until(kept, "a recording of each piece, under one contact", within_s=40.0, every_s=0.5)
    ((talk_s, state, agents),) = await rows(
        house,
        "SELECT talk_s, state, (SELECT count(DISTINCT agent_id) FROM recording WHERE contact_id = contact.id) FROM contact WHERE id = ?",
        contact,
    )
    assert (state, agents) == ("closed", 1)
    assert abs(talk_s - sum(length for _, length in pieces)) <= 0.5 * len(pieces)


async def test_a_telephone_that_falls_silent_gives_its_customer_up_and_gets_him_again(
    house: House, seat: Seat, tmp_path: Path
) -> None:
    """The page lives and its leg does not: the dialplan keeps the customer, and the page is called anew."""
    desk = await seat()
    async with call_in(house, tmp_path) as caller:
        contact = await begin(desk, caller)
        await desk.page.request.post(f"{desk.screen.base}/api/v1/desk/contacts/{contact}/rejoin")
        await joined_again(desk, caller, contact)
        await desk.finish()
        refused = await desk.page.request.post(f"{desk.screen.base}/api/v1/desk/contacts/{contact}/rejoin")
        assert (refused.status, refused.headers["content-type"]) == (409, "application/problem+json")


async def test_sound_that_does_not_come_is_asked_for_by_an_offer_of_the_page_and_the_talk_goes_on(
    house: House, seat: Seat, tmp_path: Path
) -> None:
    """Asterisk drops all sound of a leg whose address it never settled; the page sees no connection, and offers once more."""
    desk = await seat()
    await desk.page.add_init_script(UNCONNECTED)
    await desk.page.reload()
    await desk.until_phone("registered")
    async with call_in(house, tmp_path) as caller:
        contact = await begin(desk, caller)

        async def offered() -> bool:
            return bool(await desk.page.evaluate("window.offers === 1"))

        await until(offered, "an offer of the page")
        so_far = caller.peer.heard_s(caller.far)
        await until(lambda: caller.peer.heard_s(caller.far) >= so_far + 2.0, "two seconds of the talk after it")
        await caller.until_hears(440.0)
        await desk.screen.until_hears(700.0)
        assert await desk.contact() == contact
        assert (await desk.phase(), await desk.page.evaluate("window.offers")) == ("talking", 1)
        await desk.finish()
    taken = await rows(house, "SELECT count(*) FROM journal WHERE noun_id = ? AND event = 'AgentLegBroke'", contact)
    assert taken == [(0,)]


async def test_the_customer_of_one_who_does_not_come_back_is_with_another_soon(
    house: House, seat: Seat, tmp_path: Path
) -> None:
    first, second = await seat(), await seat(1)
    async with call_in(house, tmp_path) as caller:
        await caller.answered()
        both = (first, second)

        async def ringing() -> list[str] | None:
            phases = [await one.phase() for one in both]
            return phases if "ringing" in phases else None

        at = (await until(ringing, "one of two operators rings")).index("ringing")
        mine, other = both[at], both[1 - at]
        await mine.answer()
        await caller.until_hears(440.0)
        contact = await mine.contact()
        await mine.page.close()
        await expect(other.page.locator("[data-pane=main]")).to_have_attribute("data-contact", contact, timeout=60_000)
        if await other.phase() == "ringing":
            await other.answer()
        await caller.until_hears(440.0)
        await other.finish()


def _is_music(caller: SippCaller) -> bool:
    heard = caller.hears()
    return heard.loudness > 0.005 and not heard.is_tone(440.0)
