"""The live stream: presence, who is told what, and what happens to readers that are slow, doubled or gone."""

import asyncio
import json
from collections.abc import AsyncIterator, Collection
from pathlib import Path

import httpx2
import pytest

from cordboard.access.permission import Role
from cordboard.access.user import User
from cordboard.agent_web.live import CROWD, MAX_PENDING, PAGES_A_SECOND, LiveHub, Tab, figures
from cordboard.queue.desk import Desk
from cordboard.queue.ledger import DeskChange
from cordboard.storage.database import Database
from tests.fakes.desk_house import DeskHouse
from tests.fakes.wait import until
from tests.fakes.wire import MovedClock

Event = tuple[str, dict[str, object]]


def parse(chunk: bytes) -> Event:
    fields = dict(line.split(": ", 1) for line in chunk.decode().strip().splitlines())
    return fields["event"], json.loads(fields["data"])


class Reader:
    """One page that reads its stream."""

    def __init__(self, hub: LiveHub, desk: Desk, user: User, tab: str, works: bool = True) -> None:
        self._stream = hub.stream(desk, user.id, tab, works=works)

    async def event(self) -> Event:
        return parse(await anext(self._stream))

    async def until(self, event: str) -> dict[str, object]:
        while True:
            name, data = await self.event()
            if name == event:
                return data

    async def read_to_the_end(self) -> list[str]:
        """The names of what was still to come."""
        return [parse(chunk)[0] async for chunk in self._stream]

    async def close(self) -> None:
        await self._stream.aclose()  # type: ignore[attr-defined]


@pytest.fixture
async def house(sqlite_database: Database, tmp_path: Path) -> DeskHouse:
    made = DeskHouse(sqlite_database, MovedClock(), tmp_path)
    await made.open()
    return made


def is_open(house: DeskHouse, user: User) -> bool:
    agent = house.desk.agent(user.id)
    return agent is not None and agent.page_open


def hub_of(house: DeskHouse) -> LiveHub:
    return LiveHub(house.clock, heartbeat_s=0.02, board_gap_s=0.0)


@pytest.fixture
async def followed(house: DeskHouse) -> AsyncIterator[LiveHub]:
    hub = hub_of(house)
    task = asyncio.create_task(hub.follow(house.desk))
    await until(lambda: task.done() or len(asyncio.all_tasks()) > 2, "the hub follows the desk")
    yield hub
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_an_open_stream_is_the_presence_of_the_page(house: DeskHouse) -> None:
    user, hub = await house.operator(), hub_of(house)
    reader = Reader(hub, house.desk, user, "tab-1")
    assert await reader.event() == ("ping", {"leisure_s": 0.0})
    await reader.event()
    assert is_open(house, user)
    await reader.close()
    assert not is_open(house, user)
    assert hub.tab_count == 0


async def test_the_desks_of_a_queue_hear_who_is_parked_there_and_who_no_more(
    house: DeskHouse, followed: LiveHub
) -> None:
    maria, ilya = await house.at_work(), await house.operator("Илья", "ilya")
    reader = Reader(followed, house.desk, ilya, "tab-ilya")
    await reader.event()
    contact = await house.call_in()
    await house.desk.talk_began("call-1", maria.id)
    await house.desk.parking.park(maria.id, contact.id)
    await reader.until("parked")
    await house.desk.parking.fetch(maria.id, contact.id)
    await reader.until("parked")
    await reader.close()


async def test_an_idle_stream_beats(house: DeskHouse) -> None:
    user = await house.operator()
    reader = Reader(hub_of(house), house.desk, user, "tab-1")
    assert [(await reader.event())[0] for _ in range(4)] == ["ping", "desk", "ping", "ping"]
    await reader.close()


async def test_the_operator_concerned_is_told_and_others_are_not(house: DeskHouse, followed: LiveHub) -> None:
    maria, ilya = await house.operator(), await house.operator("Илья", "ilya")
    readers = [Reader(followed, house.desk, one, f"tab-{one.login}") for one in (maria, ilya)]
    for reader in readers:
        await reader.event()
        await reader.event()
    await house.desk.ready(maria.id)
    contact = await house.call_in()
    task = {"contact_id": contact.id, "kind": "voice", "phase": "reserved"}
    while (told := await readers[0].until("desk")) != {"state": "reserved", "contact_id": contact.id, "tasks": [task]}:
        assert told["contact_id"] in (None, contact.id)
    board = await readers[1].until("board")
    while board["waiting"] != 1:
        board = await readers[1].until("board")
    for reader in readers:
        await reader.close()


async def test_news_of_any_contact_in_hand_reaches_its_holder(house: DeskHouse, followed: LiveHub) -> None:
    """Not of the foremost alone: what changes about a chat behind a call is told as well."""
    maria = await house.operator()
    reader = Reader(followed, house.desk, maria, "tab-1")
    await reader.event()
    await reader.event()
    await house.desk.ready(maria.id)
    chat = await house.chat_in()
    await house.desk.accept(maria.id, chat.id)
    call = await house.call_in()
    while len(tasks := (await reader.until("desk"))["tasks"]) != 2:  # type: ignore[arg-type]
        pass
    assert tasks == [
        {"contact_id": chat.id, "kind": "chat", "phase": "busy"},
        {"contact_id": call.id, "kind": "voice", "phase": "reserved"},
    ]
    followed.tell_change(house.desk, DeskChange(contact_ids=frozenset({chat.id})))
    assert (await reader.until("desk"))["contact_id"] == call.id
    await reader.close()


async def test_an_order_is_news_to_who_has_its_customer_in_hand_and_to_nobody_else(
    house: DeskHouse, followed: LiveHub
) -> None:
    maria, ilya = await house.operator(), await house.operator("Илья", "ilya")
    readers = [Reader(followed, house.desk, one, f"tab-{one.login}") for one in (maria, ilya)]
    for reader in readers:
        await reader.event()
        await reader.event()
    order, other = await house.order(), await house.order("48214", "+79000004128", "Пётр")
    await house.desk.ready(maria.id)
    contact = await house.call_in()
    assert contact.customer_id == order.customer_id
    for news in (order, other):
        followed.tell_order(news.id, news.customer_id)
    for user in (maria, ilya):
        followed.tell_user(user.id, "chat", {})
    heard = [told async for told in until_chat(readers[0])]
    assert [data for name, data in heard if name == "order"] == [{"order_id": order.id}]
    assert "order" not in [name async for name, _ in until_chat(readers[1])]
    for reader in readers:
        await reader.close()


async def until_chat(reader: Reader) -> AsyncIterator[Event]:
    """What is told up to the news of a chat."""
    while (told := await reader.event())[0] != "chat":
        yield told


async def test_a_reconnect_of_the_same_tab_keeps_the_page_open(house: DeskHouse) -> None:
    user, hub = await house.operator(), hub_of(house)
    old, new = Reader(hub, house.desk, user, "tab-1"), Reader(hub, house.desk, user, "tab-1")
    for reader in (old, new):
        await reader.event()
    await new.event()
    assert "desk" not in await old.read_to_the_end()
    assert is_open(house, user)
    await new.close()
    assert not is_open(house, user)


async def test_the_older_of_two_tabs_is_told_and_ends(house: DeskHouse) -> None:
    user, hub = await house.operator(), hub_of(house)
    old, new = Reader(hub, house.desk, user, "tab-1"), Reader(hub, house.desk, user, "tab-2")
    await old.event()
    await old.event()
    await new.event()
    await new.event()
    assert await old.until("elsewhere") == {}
    assert "desk" not in await old.read_to_the_end()
    assert is_open(house, user)
    await new.close()


async def test_a_supervisor_s_stream_is_nobody_s_presence(house: DeskHouse, followed: LiveHub) -> None:
    oleg = await house.access.create_user("oleg", "Олег", Role.SUPERVISOR, None)
    reader = Reader(followed, house.desk, oleg, "tab-1", works=False)
    await reader.event()
    maria = await house.operator()
    await house.desk.page_opened(maria.id, "x")
    assert "waiting" in await reader.until("board")
    await reader.close()
    assert house.desk.agent(oleg.id) is None


async def test_events_of_one_kind_fold_into_the_latest() -> None:
    tab = Tab("u", "t", works=True)
    tab.tell("desk", {"state": "ready"})
    tab.tell("order", {"order_id": "1"}, "order:1")
    tab.tell("order", {"order_id": "2"}, "order:2")
    tab.tell("desk", {"state": "busy"})
    told = [await tab.next(1) for _ in range(3)]
    assert told == [("order", {"order_id": "1"}), ("order", {"order_id": "2"}), ("desk", {"state": "busy"})]
    assert await tab.next(0.001) == ("ping", {})


async def test_a_slow_tab_is_told_to_fetch_everything() -> None:
    tab = Tab("u", "t", works=True)
    for number in range(MAX_PENDING + 1):
        tab.tell("order", {"order_id": number}, f"order:{number}")
    assert await tab.next(1) == ("resync", {})
    assert await tab.next(0.001) == ("ping", {})


async def test_a_reader_that_missed_changes_of_the_desk_hears_of_all(house: DeskHouse) -> None:
    user, hub = await house.operator(), hub_of(house)
    reader = Reader(hub, house.desk, user, "tab-1")
    await reader.event()
    await reader.event()
    hub.tell_change(house.desk, DeskChange(everything=True))
    assert (await reader.until("desk"))["state"] == "logged_out"
    await reader.close()


async def test_the_board_keeps_what_several_rooms_say_of_it(house: DeskHouse, followed: LiveHub) -> None:
    user = await house.operator()
    reader = Reader(followed, house.desk, user, "tab-1")
    await reader.event()
    await reader.event()
    followed.change_board({"campaign": "running"})
    followed.change_board()
    board = await reader.until("board")
    while not {"campaign", "waiting"} <= set(board):
        board = await reader.until("board")
    assert (board["campaign"], board["waiting"]) == ("running", 0)
    await reader.close()


async def test_closing_ends_every_stream_and_lets_no_new_one_live(house: DeskHouse) -> None:
    user, hub = await house.operator(), hub_of(house)
    reader = Reader(hub, house.desk, user, "tab-1")
    await reader.event()
    hub.close()
    assert await reader.read_to_the_end() == []
    assert await Reader(hub, house.desk, user, "tab-2").read_to_the_end() == ["ping"]
    assert hub.tab_count == 0


async def test_figures_count_those_who_wait(house: DeskHouse) -> None:
    assert figures(house.desk.waiting(), house.clock.now()) == {"waiting": 0, "longest_s": 0}
    await house.call_in()
    house.clock.pass_s(42)  # type: ignore[attr-defined]
    await house.call_in("call-2")
    assert figures(house.desk.waiting(), house.clock.now()) == {"waiting": 2, "longest_s": 42}


async def test_a_page_that_goes_away_is_noticed_at_once(house: DeskHouse) -> None:
    """Over a real socket: the reader's connection breaks, and the page counts as closed."""
    user = await house.operator()
    async with house.serving() as base, httpx2.AsyncClient(base_url=base) as browser:
        browser.cookies.set("cordboard", await house.token(user))
        async with browser.stream("GET", "/live?tab=one") as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            await until(lambda: is_open(house, user), "the page is open")
        await until(lambda: not is_open(house, user), "the page is closed")


async def test_strangers_get_no_news(house: DeskHouse) -> None:
    async with await house.client() as stranger:
        assert (await stranger.get("/live?tab=x")).status_code == 401
    user = await house.operator()
    async with await house.client(user) as browser:
        assert (await browser.get("/live?tab=%0a")).status_code == 422


async def test_a_desk_is_not_told_the_same_figures_twice_and_a_supervisor_always() -> None:
    desk, board = Tab("u", "t", works=True), Tab("u", "t", works=False)
    for tab in (desk, board):
        tab.tell_board({"waiting": 1})
        assert await tab.next(1.0) == ("board", {"waiting": 1})
        tab.tell_board({"waiting": 1})
    assert await board.next(1.0) == ("board", {"waiting": 1})
    assert await desk.next(0.01) == ("ping", {})
    desk.tell_board({"waiting": 2})
    assert await desk.next(1.0) == ("board", {"waiting": 2})


async def test_a_page_whose_session_ended_gets_no_more_news(house: DeskHouse) -> None:
    asked: list[set[str]] = []

    async def living(tokens: Collection[str]) -> Collection[str]:
        asked.append(set(tokens))
        return {"lives"}

    hub, user, other = LiveHub(house.clock, living=living), await house.operator(), await house.operator(login="ilya")
    staying = hub.stream(house.desk, user.id, "t1", works=False, token="lives")
    ending = hub.stream(house.desk, other.id, "t2", works=False, token="ended")
    for stream in (staying, ending):
        await anext(stream)
    await hub.look_after_sessions()
    assert asked == [{"lives", "ended"}]
    assert [chunk async for chunk in ending] == []
    assert hub.tab_count == 1
    await staying.aclose()  # type: ignore[attr-defined]


async def test_a_stream_begins_with_what_the_operator_has_in_hand(house: DeskHouse) -> None:
    """So a page that lost its line knows whether anything happened meanwhile, and asks for nothing else."""
    maria, hub = await house.operator(), hub_of(house)
    reader = Reader(hub, house.desk, maria, "tab-1")
    await reader.until("desk")
    await house.desk.ready(maria.id)
    call = await house.call_in()
    await reader.close()
    again = Reader(hub, house.desk, maria, "tab-1")
    assert (await again.event())[0] == "ping"
    name, hands = await again.event()
    assert (name, hands["contact_id"], hands["state"]) == ("desk", call.id, "reserved")
    await again.close()


async def test_the_pages_of_a_big_house_are_told_to_take_their_time(house: DeskHouse) -> None:
    user, hub = await house.operator(), hub_of(house)
    readers = [Reader(hub, house.desk, user, f"tab-{number}", works=False) for number in range(CROWD + 1)]
    told = [await reader.event() for reader in readers]
    assert told[0] == ("ping", {"leisure_s": 0.0})
    assert told[-1] == ("ping", {"leisure_s": round((CROWD + 1) / PAGES_A_SECOND, 1)})
    for reader in readers:
        await reader.close()
