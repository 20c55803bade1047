"""What the streams of chats tell: to a visitor how his chat stands, to an operator how his chats do."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

from cordboard.agent_web.live import MAX_GUEST_TABS, LiveHub
from cordboard.queue.contact import ContactState
from cordboard.storage.database import Database
from tests.fakes.chat_browser import START, browser, talking
from tests.fakes.desk_house import DeskHouse
from tests.fakes.wire import MovedClock


@pytest.fixture
async def house(sqlite_database: Database, tmp_path: Path) -> DeskHouse:
    house = DeskHouse(sqlite_database, MovedClock(), tmp_path)
    await house.open()
    return house


def told(chunk: bytes) -> tuple[str, dict[str, Any]]:
    fields = dict(line.split(": ", 1) for line in chunk.decode().strip().splitlines())
    return fields["event"], json.loads(fields["data"])


async def test_a_visitors_stream_tells_how_his_chat_stands_and_nothing_else(house: DeskHouse) -> None:
    user = await house.operator()
    async with browser(house) as visitor:
        contact_id = await talking(house, visitor, user)
        chat = await house.chat.visitors.chat_of(visitor.cookies["cb-chat"])
    assert chat is not None
    visitors = house.chat.visitors
    stream = house.live.guest_stream(chat.id, "state", lambda: visitors.view(chat).news())
    assert told(await anext(stream))[0] == "ping"
    event, state = told(await anext(stream))
    assert (event, state["phase"], state["last_seq"]) == ("state", "talking", 2)
    house.live.tell_order("somebody's", "somebody")
    house.live.change_board({"waiting": 7})
    contact = house.desk.contact(contact_id)
    assert contact is not None
    await house.chat.agents.say(contact, user.id, "answer-01", "Здравствуйте")
    event, state = told(await anext(stream))
    assert (event, state["last_seq"]) == ("state", 3)
    house.live.close()
    with pytest.raises(StopAsyncIteration):
        await anext(stream)


async def test_a_visitor_has_so_many_streams_at_most(house: DeskHouse) -> None:
    hub = LiveHub(house.clock)
    streams = [hub.guest_stream("chat", "state", dict) for _ in range(MAX_GUEST_TABS + 1)]
    for stream in streams:
        await anext(stream)
    with pytest.raises(StopAsyncIteration):
        await anext(streams[0])
    hub.tell_guest("chat", "state", {"n": 1})
    for stream in streams[1:]:
        assert told(await anext(stream)) == ("state", {"n": 1})
        await stream.aclose()
    hub.tell_guest("chat", "state", {"n": 2})


async def test_the_operators_page_hears_of_its_own_chats(house: DeskHouse) -> None:
    user, other = await house.operator(), await house.operator("Илья Орлов", "ilya")
    mine = house.live.stream(house.desk, user.id, "tab-1", works=False)
    theirs = house.live.stream(house.desk, other.id, "tab-2", works=False)
    await anext(mine)
    await anext(theirs)
    async with browser(house) as visitor:
        contact_id = await talking(house, visitor, user)
        await visitor.post("/api/v1/chat/messages", json={"client_id": "message-2", "text": "ау"})
    event, news = told(await anext(mine))
    assert (event, news["contact_id"], news["last_seq"], news["unread"]) == ("chat", contact_id, 3, 2)
    house.live.close()
    assert [chunk async for chunk in theirs] == []
    await asyncio.sleep(0)


async def test_an_open_stream_is_the_visitors_presence(house: DeskHouse) -> None:
    user = await house.operator()
    async with house.serving() as base, httpx2.AsyncClient(base_url=base) as visitor:
        await visitor.get("/api/v1/chat")
        await visitor.post("/api/v1/chat/start", json=START)
        await house.seat(user)
        async with visitor.stream("GET", "/api/v1/chat/stream") as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            lines = answer.aiter_lines()
            while not (await anext(lines)).startswith("event: state"):
                pass
            assert isinstance(house.clock, MovedClock)
            house.clock.pass_s(1000)
            await house.chat.tick()
            (contact,) = [one for one in house.desk.contacts() if one.name == "Анна"]
            assert contact.state is not ContactState.ABANDONED
        await visitor.post("/api/v1/chat/end")
        assert (await visitor.get("/api/v1/chat/stream")).status_code == 409
