"""One queue for voice and text, whole: a telephone on a real Asterisk, visitors of the chat, an operator in Chromium, in one order."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.fakes.api_visitor import ApiVisitor, visiting
from tests.fakes.house import House, running_house
from tests.fakes.operator import OperatorDesk
from tests.fakes.wait import until
from tests.fakes.working_day import Seat, call_in, order, post_orders, rows

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]
RING_S = 10


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with running_house(tmp_path_factory.mktemp("one-queue") / "house", ring_s=str(RING_S)) as one:
        yield one


@pytest_asyncio.fixture(loop_scope="module")
async def visitors(house: House) -> AsyncIterator[AsyncExitStack]:
    """Visitors that leave when the test ends."""
    async with AsyncExitStack() as stack:
        yield stack


async def visitor(house: House, visitors: AsyncExitStack, name: str) -> ApiVisitor:
    one = await visitors.enter_async_context(visiting(house, name))
    await one.write(f"Здравствуйте, это {name}")
    return one


async def in_hand(desk: OperatorDesk) -> list[tuple[str, str]]:
    """(kind, phase) of all that the operator holds, as his page is told."""
    answer = await desk.page.request.get(f"{desk.screen.base}/api/v1/desk/state")
    return [(task["kind"], task["phase"]) for task in (await answer.json())["tasks"]]


async def until_holds(desk: OperatorDesk, *held: tuple[str, str]) -> None:
    async def look() -> bool:
        return sorted(await in_hand(desk)) == sorted(held)

    try:
        await until(look, f"in hand: {held}", within_s=30.0, every_s=0.2)
    except AssertionError as error:
        raise AssertionError(f"{error}; it is {await in_hand(desk)}") from None


async def until_offered(desk: OperatorDesk, count: int) -> None:
    """Wait until the page shows so many offers: a key pressed before that would take the one that is taken already."""
    await expect(desk.page.locator("[data-open][data-phase=ringing]")).to_have_count(count, timeout=20_000)


async def shown_in_talk(desk: OperatorDesk, before: str) -> str:
    """The contact that was just taken, when the page shows it: what is typed earlier goes to the one `before`."""

    async def look() -> str:
        contact = await desk.contact()
        return contact if await desk.phase() == "talking" and contact != before else ""

    return await until(look, "the contact just taken is on the screen")


async def close_all(desk: OperatorDesk) -> None:
    """Whatever is in hand ends with a result, so that the next story begins with empty hands."""
    api = f"{desk.screen.base}/api/v1/desk"
    await desk.page.request.post(f"{api}/state", data={"state": "logged_out"})
    told = await (await desk.page.request.get(f"{api}/state")).json()
    for task in told["tasks"]:
        contact = f"{api}/contacts/{task['contact_id']}"
        await desk.page.request.post(f"{contact}/{'decline' if task['phase'] == 'reserved' else 'hangup'}")
        await desk.page.request.post(f"{contact}/disposition", data={"code": "consulted"})


async def test_two_chats_and_a_call_come_in_the_one_order_by_capacity(
    house: House, seat: Seat, visitors: AsyncExitStack, tmp_path: Path
) -> None:
    """A call is promised 20 s and a chat 40: the call that came between two chats goes first, and nothing interrupts it."""
    await post_orders(house, order("К-9101"))
    first = await visitor(house, visitors, "Денис")
    async with call_in(house, tmp_path) as caller:
        await caller.answered()
        await until(lambda: caller.hears().loudness > 0.005, "music while waiting")
        second = await visitor(house, visitors, "Ольга")
        desk = await seat()
        visitors.push_async_callback(close_all, desk)
        await desk.until_rings()
        await until_holds(desk, ("voice", "reserved"))
        await desk.answer()
        await desk.screen.until_hears(700.0)
        await until_holds(desk, ("voice", "busy"))
        assert ((await first.state())["position"], (await second.state())["position"]) == (1, 2)
        await desk.hang_up()
        await caller.over()
        await desk.until_phase("wrap.*")
        await until_holds(desk, ("voice", "wrap_up"))  # the result is a part of the call
        await desk.write_result("consulted")
    await until_holds(desk, ("chat", "reserved"), ("chat", "reserved"))
    in_talk = ""
    for left, one in enumerate((first, second)):
        await until_offered(desk, 2 - left)
        await desk.page.keyboard.press("Alt+a")
        await one.until_phase("talking")
        in_talk = await shown_in_talk(desk, in_talk)
    await until_offered(desk, 0)
    field = desk.page.locator("[data-pane=main] .composer textarea")
    await expect(field).to_be_focused(timeout=20_000)
    await desk.page.keyboard.type("Смотрю ваш заказ")
    await expect(field).to_have_value("Смотрю ваш заказ")

    async with call_in(house, tmp_path) as caller:  # now with both chats in hand
        await caller.answered()
        await desk.screen.until_shows("[data-pane=list] #answer")
        await desk.screen.shoot("one-queue-call-over-chats")
        assert await desk.phase() == "talking"
        await expect(field).to_be_focused()
        await desk.page.keyboard.press("Alt+a")
        await desk.until_phone("in-call")
        await desk.screen.until_shows("[data-pane=main]", "К-9101")
        await caller.until_hears(440.0)
        await until_holds(desk, ("chat", "busy"), ("chat", "busy"), ("voice", "busy"))
        await desk.screen.shoot("one-queue-three-in-hand")
        await desk.page.keyboard.press("Alt+ArrowUp")
        await expect(field).to_be_focused(timeout=20_000)
        await expect(field).to_have_value("Смотрю ваш заказ")
        await desk.page.keyboard.press("Enter")
        await until(lambda: _hears(second, "Смотрю ваш заказ"), "the draft outlived the call's coming, and is sent")
        assert caller.hears().is_tone(440.0)
        await desk.page.click("[data-open][data-kind=voice]")
        await expect(desk.page.locator("[data-pane=main]")).to_have_attribute("data-kind", "voice")
        await desk.hang_up()
        await desk.until_phase("wrap.*")
        await desk.write_result("consulted")
        await desk.until_phase("talking")  # the chat is back
    # The order as the journal keeps it: who was offered when, each only once.
    offered = await rows(
        house, "SELECT kind, name, tries FROM contact WHERE state != 'queued' ORDER BY offered_at, arrived_at"
    )
    assert [(kind, name) for kind, name, _ in offered][:3] == [("voice", ""), ("chat", "Денис"), ("chat", "Ольга")]
    assert {tries for *_, tries in offered} == {1}
    assert desk.screen.complaints == []


async def _hears(one: ApiVisitor, text: str) -> bool:
    return text in await one.hears()


async def test_a_backlog_of_chats_keeps_nobody_from_calls(
    house: House, seat: Seat, visitors: AsyncExitStack, tmp_path: Path
) -> None:
    desk = await seat()
    visitors.push_async_callback(close_all, desk)
    crowd = [await visitor(house, visitors, f"Гость {number}") for number in range(1, 5)]
    for taken, one in enumerate(crowd[:3]):
        await until_offered(desk, 3 - taken)
        await desk.page.keyboard.press("Alt+a")
        await one.until_phase("talking")
    await until_holds(desk, *[("chat", "busy")] * 3)
    assert (await crowd[3].state())["phase"] == "waiting"  # three are all that he may have
    async with call_in(house, tmp_path) as caller:
        await caller.answered()
        await desk.screen.until_shows("#answer")
        await desk.page.keyboard.press("Alt+a")
        await desk.until_phone("in-call")
        await caller.until_hears(440.0)
        assert (await crowd[3].state())["phase"] == "waiting"
        await desk.screen.until_shows("[data-pane=main] #mute")
        await desk.hang_up()
        await desk.until_phase("wrap.*")
        await desk.write_result("consulted")
    await expect(desk.page.locator("[data-pane=main]")).to_have_attribute("data-kind", "chat")
    await desk.page.click("#end")
    await desk.until_phase("wrap.*")
    await desk.write_result("consulted")
    await desk.screen.until_shows("[data-accept]")
    await desk.page.keyboard.press("Alt+a")
    await crowd[3].until_phase("talking")
    assert desk.screen.complaints == []


async def test_a_ring_that_nobody_answers_gives_the_call_back_with_its_age(
    house: House, seat: Seat, visitors: AsyncExitStack, tmp_path: Path
) -> None:
    silent = await seat()
    visitors.push_async_callback(close_all, silent)
    chat = await visitor(house, visitors, "Вера")
    await silent.until_phase("ringing")
    await silent.page.keyboard.press("Alt+a")
    await chat.until_phase("talking")
    async with call_in(house, tmp_path) as caller:
        await caller.answered()
        await silent.screen.until_shows("#answer")
        call = await silent.page.get_attribute("[data-open][data-kind=voice]", "data-open")
        assert call is not None
        ((arrived_at,),) = await rows(house, "SELECT arrived_at FROM contact WHERE id = ?", call)
        await silent.screen.until_shows("#missed-note", within_s=40.0)
        assert await silent.phase() == "talking"  # his chat goes on
        await silent.screen.shoot("one-queue-missed")
        other = await seat(1)
        await other.until_rings(within_s=40.0)
        assert await other.contact() == call
        await other.answer()
        await caller.until_hears(440.0)
        ((again, tries, state),) = await rows(house, "SELECT arrived_at, tries, state FROM contact WHERE id = ?", call)
        assert (again, tries, state) == (arrived_at, 2, "connected")
        waited = await rows(
            house, "SELECT strftime('%s', connected_at) - strftime('%s', arrived_at) FROM contact WHERE id = ?", call
        )
        assert waited[0][0] >= RING_S
        await other.finish()
    await silent.page.click("#end")
    await silent.until_phase("wrap.*")
    await silent.write_result("consulted")
    await silent.until_phase("not_responding")
    await silent.screen.until_shows(".missed", "не ответили")
    await silent.screen.shoot("one-queue-missed-log")
    assert silent.screen.complaints == []
