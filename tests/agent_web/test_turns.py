"""Pages take turns: who waits for whom, and when a turn ends."""

import asyncio
from contextlib import suppress

import httpx2
import pytest
from starlette.types import Message, Receive, Scope, Send

from cordboard.agent_web.turns import PagesTakeTurns, Rank, Turns, rank_of
from tests.fakes.wait import until


class Rooms:
    """An application whose every answer waits until its path is let go."""

    def __init__(self) -> None:
        self.inside: list[str] = []
        self.go: dict[str, asyncio.Event] = {}
        self.end: dict[str, asyncio.Event] = {}

    def door(self, doors: dict[str, asyncio.Event], path: str) -> asyncio.Event:
        return doors.setdefault(path, asyncio.Event())

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        path = scope["path"]
        self.inside.append(path)
        await self.door(self.go, path).wait()
        start: Message = {"type": "http.response.start", "status": 200, "headers": []}
        await send(start)
        await self.door(self.end, path).wait()
        await send({"type": "http.response.body", "body": path.encode()})


class House:
    """Requests against `Rooms` behind two turns."""

    def __init__(self, longest_s: float = 60.0, idle_at_once: int = 2) -> None:
        self.rooms, self.turns = Rooms(), Turns(at_once=2, longest_s=longest_s, idle_at_once=idle_at_once)
        transport = httpx2.ASGITransport(PagesTakeTurns(self.rooms, self.turns))
        self._client = httpx2.AsyncClient(transport=transport, base_url="http://house")
        self._asked: dict[str, asyncio.Task[httpx2.Response]] = {}

    async def ask(self, path: str, method: str = "GET", *, waits: bool = False) -> None:
        """Ask, and see that the request is inside, or stands in line."""
        waiting = self.turns.waiting
        self._asked[path] = asyncio.create_task(self._client.request(method, path))
        plain = path.partition("?")[0]
        if waits:
            await until(lambda: self.turns.waiting == waiting + 1, f"{path} stands in line")
            assert plain not in self.rooms.inside
        else:
            await until(lambda: plain in self.rooms.inside, f"{path} is inside")

    async def begin(self, path: str) -> None:
        """The answer begins."""
        self.rooms.door(self.rooms.go, path).set()

    async def answer(self, path: str) -> None:
        await self.begin(path)
        self.rooms.door(self.rooms.end, path).set()
        assert (await self._asked[path]).status_code == 200

    async def leave(self, path: str) -> None:
        """The browser does not want the answer any more."""
        self._asked[path].cancel()
        with suppress(asyncio.CancelledError):
            await self._asked[path]

    async def inside(self, path: str) -> None:
        await until(lambda: path in self.rooms.inside, f"{path} is inside")


async def test_the_third_waits_until_the_first_is_answered() -> None:
    house = House()
    await house.ask("/a")
    await house.ask("/b")
    await house.ask("/c", waits=True)
    await house.answer("/a")
    await house.inside("/c")


async def test_a_turn_ends_when_the_answer_begins() -> None:
    """A reader who is slow, and a stream that lasts all day, keep nobody waiting."""
    house = House()
    await house.ask("/live")
    await house.ask("/b")
    await house.ask("/c", waits=True)
    await house.begin("/live")
    await house.inside("/c")


@pytest.mark.parametrize(("method", "path"), [("POST", "/b"), ("GET", "/static/x.css"), ("GET", "/healthz")])
async def test_presses_and_what_is_cheap_never_wait(method: str, path: str) -> None:
    house = House()
    for page in ("/1", "/2"):
        await house.ask(page)
    await house.ask("/3", waits=True)
    await house.ask(path, method)


async def test_streams_go_first_then_whoever_has_a_contact_in_hand() -> None:
    house = House()
    for page in ("/1", "/2"):
        await house.ask(page)
    for page in ("/board/parts", "/desk/panes?contact=x", "/live"):
        await house.ask(page, waits=True)
    await house.answer("/1")
    await house.inside("/live")
    assert "/desk/panes" not in house.rooms.inside
    await house.answer("/2")
    await house.inside("/desk/panes")
    assert "/board/parts" not in house.rooms.inside


async def test_who_has_nothing_in_hand_leaves_room_for_the_others() -> None:
    house = House(idle_at_once=1)
    await house.ask("/1")
    await house.ask("/2", waits=True)
    await house.ask("/desk/panes?contact=x")
    await house.ask("/live", waits=True)
    await house.answer("/1")
    await house.inside("/live")
    assert "/2" not in house.rooms.inside
    await house.begin("/desk/panes")
    await house.inside("/2")


async def test_who_leaves_the_line_is_passed_over_and_loses_nobody_a_turn() -> None:
    house = House()
    for page in ("/1", "/2"):
        await house.ask(page)
    for page in ("/3", "/4"):
        await house.ask(page, waits=True)
    await house.leave("/3")
    await house.answer("/1")
    await house.inside("/4")
    await house.answer("/2")
    await house.answer("/4")
    await house.ask("/5")
    await house.ask("/6")


async def test_a_turn_that_comes_to_one_who_is_being_cancelled_is_not_lost() -> None:
    """Also while the watch over his leaving is still being ended."""
    turns, ending, ended = Turns(at_once=1), asyncio.Event(), asyncio.Event()

    async def ends_slowly() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ending.set()
            await ended.wait()

    async def waits() -> None:
        async with turns.turn(Rank.OTHERS, ends_slowly):
            raise AssertionError("he was cancelled before his turn")

    async with turns.turn(Rank.OTHERS, ends_slowly):
        waiting = asyncio.create_task(waits())
        await until(lambda: turns.waiting == 1, "he stands in line")
    await ending.wait()
    waiting.cancel()
    ended.set()
    with suppress(asyncio.CancelledError):
        await waiting
    async with asyncio.timeout(10), turns.turn(Rank.OTHERS, ends_slowly):
        pass


async def test_a_request_that_is_given_up_inside_gives_its_turn_back() -> None:
    house = House()
    for page in ("/1", "/2"):
        await house.ask(page)
    await house.ask("/3", waits=True)
    await house.leave("/1")
    await house.inside("/3")


async def test_who_takes_too_long_does_not_count_any_more() -> None:
    house = House(longest_s=0.01)
    for page in ("/slow", "/slower"):
        await house.ask(page)
    await house.ask("/c")
    await house.answer("/slow")
    await house.answer("/slower")
    await house.answer("/c")
    await house.ask("/d")


@pytest.mark.parametrize(
    ("path", "query", "rank"),
    [
        ("/live", b"tab=1", Rank.STREAM),
        ("/api/v1/chat/stream", b"", Rank.STREAM),
        ("/desk/panes", b"lang=ru&contact=1", Rank.AT_WORK),
        ("/desk/panes", b"lang=ru", Rank.OTHERS),
        ("/board/parts", b"contact=1", Rank.OTHERS),
    ],
)
def test_ranks(path: str, query: bytes, rank: Rank) -> None:
    assert rank_of(path, query) is rank


class Wire:
    """A request as the server hears it: nothing more comes until the browser leaves."""

    def __init__(self, path: str) -> None:
        self.scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": []}
        self.leaves = asyncio.Event()
        self._began = False
        self.sent: list[Message] = []

    async def receive(self) -> Message:
        if not self._began:
            self._began = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.leaves.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.sent.append(message)


async def test_a_browser_that_leaves_the_line_costs_no_work() -> None:
    rooms, turns = Rooms(), Turns(at_once=1)
    app = PagesTakeTurns(rooms, turns)
    first, second, third = Wire("/1"), Wire("/2"), Wire("/3")
    tasks = [asyncio.create_task(app(wire.scope, wire.receive, wire.send)) for wire in (first, second, third)]
    await until(lambda: turns.waiting == 2, "two stand in line")
    second.leaves.set()
    await tasks[1]
    assert turns.waiting == 1
    for path in ("/1", "/3"):
        rooms.door(rooms.go, path).set()
        rooms.door(rooms.end, path).set()
    await asyncio.gather(*tasks)
    assert rooms.inside == ["/1", "/3"]
    assert (second.sent, len(third.sent)) == ([], 2)


async def test_what_was_heard_in_line_reaches_the_application() -> None:
    """Its own watch for the browser's leaving begins with the request's beginning, as ever."""
    heard: list[str] = []

    async def listens(_scope: Scope, receive: Receive, send: Send) -> None:
        heard.append((await receive())["type"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        heard.append((await receive())["type"])

    turns = Turns(at_once=1)
    app = PagesTakeTurns(listens, turns)
    wires = Wire("/1"), Wire("/2")
    tasks = [asyncio.create_task(app(wire.scope, wire.receive, wire.send)) for wire in wires]
    await until(lambda: len(heard) == 2, "both have begun")
    for wire in wires:
        wire.leaves.set()
    await asyncio.gather(*tasks)
    assert heard == ["http.request", "http.request", "http.disconnect", "http.disconnect"]


async def test_streams_that_open_leave_turns_to_the_others() -> None:
    turns, may_end = Turns(at_once=3, longest_s=60.0, streams_at_once=1), asyncio.Event()
    held: list[Rank] = []

    async def stays() -> None:
        await asyncio.Event().wait()

    async def take(rank: Rank) -> None:
        async with turns.turn(rank, stays):
            held.append(rank)
            await may_end.wait()

    wanted = [Rank.STREAM, Rank.STREAM, Rank.AT_WORK, Rank.AT_WORK]
    asking = [asyncio.create_task(take(rank)) for rank in wanted]
    await until(lambda: turns.waiting == 1, "one stands in line")
    assert held == [Rank.STREAM, Rank.AT_WORK, Rank.AT_WORK]
    may_end.set()
    await asyncio.gather(*asking)
    assert sorted(held) == sorted(wanted)
