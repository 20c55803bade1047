"""Operators at their desks, as their pages behave: a session, one live stream, the panes fetched on each news, a result for each talk.

All of them share one Tally, in which everything is written down that was seen and when (monotonic clock, s).
"""

import asyncio
import json
import ssl
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx2

from ..agent_web.security import cookie_name
from .premises import Seat

AT_ONCE = 16  # pages that open, or people who go ready, at a time
AWAY_S = 1.0  # an operator who missed a call goes back on the line
TRIES = 5
BIG_TABLE, ROW_S, BOARD_GAP_S = 250, 0.004, 1.0  # as the board's page (static/js/parts.js)
RESULT = "consulted"
KEPT_S = 3.0  # an idle connection, less long than the server keeps it: a request must not meet the closing door
REGAINED_S = 5.0  # as the desk (static/js/desk.js)
SILENT_S = 12.0  # as the page (static/js/live.js): after this silence the line is dead
PATIENT = httpx2.Timeout(30.0, read=120.0)  # a browser waits for a stream to begin
_NO_TLS = ssl.create_default_context()


@dataclass
class Tally:
    """`offers`: which contact was shown to whom, and when. `changes`: when a change of somebody's state was known to him. `boards`: when
    the supervisor had news. `open`: contacts in somebody's hands."""

    offers: list[tuple[str, str, float]] = field(default_factory=list)
    reads: list[float] = field(default_factory=list)
    writes: list[float] = field(default_factory=list)
    changes: list[float] = field(default_factory=list)
    boards: list[float] = field(default_factory=list)
    doubled: set[str] = field(default_factory=set)
    open: set[str] = field(default_factory=set)
    faults: Counter[str] = field(default_factory=Counter)
    news: int = 0
    streams: int = 0

    def forget_times(self) -> None:
        """What was measured so far was the beginning, and is not the load."""
        for times in (self.reads, self.writes, self.changes, self.boards):
            times.clear()
        self.faults.clear()


class Page(ABC):
    """A signed-in person's browser: requests, and a live stream that comes back by itself."""

    def __init__(self, web: str, seat: Seat, tally: Tally, random: Random) -> None:
        self.seat, self.tally, self.random = seat, tally, random
        self._client = httpx2.AsyncClient(
            base_url=web,
            cookies={cookie_name(secure=False): seat.token},
            headers={"user-agent": "cordboard simulate"},
            timeout=60.0,
            limits=httpx2.Limits(keepalive_expiry=KEPT_S),
            verify=_NO_TLS,
            trust_env=False,
        )
        self._task: asyncio.Task[None] | None = None
        self._wanted = asyncio.Event()
        self._fetching: asyncio.Task[None] | None = None
        self._painting = False
        self.connected = asyncio.Event()
        self._leisure_s = 0.0
        self._later: asyncio.Task[None] | None = None
        self._tab = f"sim-{seat.user.id}"
        self._answer: httpx2.Response | None = None

    async def open(self) -> None:
        """Until the stream speaks."""
        self._task = asyncio.create_task(self._live())
        self._fetching = asyncio.create_task(self._fetch_forever())
        await self.connected.wait()

    async def close(self) -> None:
        tasks = [task for task in (self._task, self._fetching, self._later) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._client.aclose()

    async def drop(self) -> None:
        """The network takes the stream away; the page notices, and connects anew."""
        self.connected.clear()
        if self._answer is not None:
            await self._answer.aclose()

    async def _live(self) -> None:
        while True:
            try:
                async with self._client.stream("GET", "/live", params={"tab": self._tab}, timeout=PATIENT) as answer:
                    answer.raise_for_status()
                    self._answer = answer
                    await self._listen(answer)
            except (httpx2.HTTPError, httpx2.StreamError, OSError) as fault:
                self.tally.faults[type(fault).__name__] += 1
            self._answer = None
            self.connected.clear()
            await asyncio.sleep(0.5 + 0.5 * self.random.random())

    async def _listen(self, answer: httpx2.Response) -> None:
        self.tally.streams += 1
        try:
            events = events_of(answer)
            while True:
                async with asyncio.timeout(SILENT_S):
                    told = await anext(events, None)
                if told is None:
                    return
                event, data = told
                if not self.connected.is_set():
                    self.connected.set()
                    self.arrived()
                if event == "ping":
                    self._leisure_s = json.loads(data).get("leisure_s", 0.0)
                else:
                    self.tally.news += 1
                    self.heard(event, data)
        finally:
            self.tally.streams -= 1

    def arrived(self) -> None:
        """The stream speaks, for the first time or again."""
        self.refresh()

    @abstractmethod
    def heard(self, event: str, data: str) -> None:
        """A piece of news that is no heartbeat."""

    # What a page asks for ----------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Fetch what is shown; news that come while that goes on lead to one more fetch."""
        self._wanted.set()

    @property
    def is_painted(self) -> bool:
        """Whether it shows all that it was told of."""
        later = self._later is not None and not self._later.done()
        return not (self._painting or self._wanted.is_set() or later)

    def at_leisure(self) -> None:
        """As `refresh`, but not now: the crowd of pages that lost their line with us comes back first (static/js/live.js)."""
        if self._later is not None:
            self._later.cancel()
        self._later = asyncio.create_task(self._refresh_after(self._leisure_s * self.random.random()))

    async def _refresh_after(self, wait_s: float) -> None:
        await asyncio.sleep(wait_s)
        self.refresh()

    async def _fetch_forever(self) -> None:
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            self._painting = True
            await self.fetch()
            self._painting = False

    @abstractmethod
    async def fetch(self) -> None:
        """Ask for all that this page shows."""

    async def get(self, path: str) -> httpx2.Response | None:
        return await self._ask("GET", path, self.tally.reads)

    async def post(self, path: str, body: dict[str, Any]) -> httpx2.Response | None:
        return await self._ask("POST", path, self.tally.writes, body)

    async def _ask(
        self, method: str, path: str, times: list[float], body: dict[str, Any] | None = None
    ) -> httpx2.Response | None:
        """The answer, None when there is none or it is a refusal; the time that it took goes to `times`."""
        began = time.monotonic()
        try:
            answer = await self._client.request(method, path, json=body)
        except (httpx2.HTTPError, OSError) as fault:
            self.tally.faults[f"{method} {type(fault).__name__}"] += 1
            return None
        times.append(time.monotonic() - began)
        if answer.is_error:
            self.tally.faults[f"{method} {answer.status_code}"] += 1
            return None
        return answer


class Operator(Page):
    """Takes each call (his phone is the node's), and writes a result after it."""

    def __init__(self, web: str, seat: Seat, tally: Tally, random: Random, wrap_up_s: float) -> None:
        super().__init__(web, seat, tally, random)
        self._wrap_up_s = wrap_up_s
        self._seen: dict[str, str] = {}
        self._hands, self._up_at = "", 0.0
        self._doing: set[asyncio.Task[None]] = set()

    async def go_ready(self) -> None:
        """Pressed again when it came to nothing."""
        for _ in range(TRIES):
            if await self._state("ready"):
                return
            await asyncio.sleep(1.0)

    async def go_home(self) -> None:
        await self._state("logged_out")

    async def _state(self, state: str) -> bool:
        if await self.post("/api/v1/desk/state", {"state": state}) is None:
            return False
        self.tally.changes.append(time.monotonic())
        return True

    def arrived(self) -> None:
        self._up_at = time.monotonic()
        self.at_leisure()

    def heard(self, event: str, data: str) -> None:
        if event == "desk":
            before, self._hands = self._hands, data
            self._take_in(json.loads(data))
            if data == before and time.monotonic() - self._up_at < REGAINED_S:
                self.at_leisure()
                return
        if event in ("desk", "resync"):
            self.refresh()

    def _take_in(self, hands: dict[str, Any]) -> None:
        tasks = {task["contact_id"]: task["phase"] for task in hands["tasks"] if task["contact_id"]}
        if sum(task["phase"] != "wrap_up" for task in hands["tasks"]) > 1:
            self.tally.doubled.add(self.seat.user.login)
        for contact_id, phase in tasks.items():
            if self._seen.get(contact_id) == phase:
                continue
            if phase == "reserved":
                self.tally.offers.append((contact_id, self.seat.user.sip_name, time.monotonic()))
            if phase == "wrap_up":
                self._do(self._write_result(contact_id))
        self.tally.open -= self._seen.keys() - tasks.keys()
        self.tally.open |= tasks.keys()
        self._seen = tasks
        if hands["state"] == "not_responding":
            self._do(self._come_back())

    def _do(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._doing.add(task)
        task.add_done_callback(self._doing.discard)

    async def _write_result(self, contact_id: str) -> None:
        await asyncio.sleep(self._wrap_up_s * (0.5 + self.random.random()))
        for _ in range(TRIES):
            if await self.post(f"/api/v1/desk/contacts/{contact_id}/disposition", {"code": RESULT}) is not None:
                self.tally.changes.append(time.monotonic())
                return
            await asyncio.sleep(1.0)
            if contact_id not in self._seen:
                return

    async def _come_back(self) -> None:
        await asyncio.sleep(AWAY_S)
        await self.go_ready()

    async def fetch(self) -> None:
        """The panes, as the page does on each news of its desk."""
        front = next(iter(self._seen), "")
        await self.get(f"/desk/panes?contact={front}" if front else "/desk/panes")

    async def close(self) -> None:
        for task in list(self._doing):
            task.cancel()
        await super().close()


class Supervisor(Page):
    """Watches the board: news make the page fetch the board's parts, once a second at most, the table of a big house more seldom."""

    def __init__(self, web: str, seat: Seat, tally: Tally, random: Random, agents: int) -> None:
        super().__init__(web, seat, tally, random)
        self._whole_s = agents * ROW_S if agents > BIG_TABLE else 0.0
        self._whole_at = 0.0

    def heard(self, event: str, data: str) -> None:
        if event in ("board", "resync"):
            self.tally.boards.append(time.monotonic())
            self.refresh()

    async def fetch(self) -> None:
        now = time.monotonic()
        whole = now - self._whole_at >= self._whole_s
        self._whole_at = now if whole else self._whole_at
        await self.get("/board/parts" if whole else "/board/parts?without=agents")
        await asyncio.sleep(max(0.0, now + BOARD_GAP_S - time.monotonic()))


async def events_of(answer: httpx2.Response) -> AsyncIterator[tuple[str, str]]:
    """The server-sent events of a stream: name and data."""
    event, data = "message", ""
    async for line in answer.aiter_lines():
        if not line:
            if data:
                yield event, data
            event, data = "message", ""
            continue
        name, _, value = line.partition(":")
        if name == "event":
            event = value.strip()
        elif name == "data":
            data += value.removeprefix(" ")


async def all_of(pages: Sequence[Page], what: str, at_once: int = AT_ONCE) -> None:
    """`await page.what()` for everybody, a few at a time."""
    turns = asyncio.Semaphore(at_once)

    async def one(page: Page) -> None:
        async with turns:
            with suppress(TimeoutError):
                async with asyncio.timeout(60.0):
                    await getattr(page, what)()

    await asyncio.gather(*(one(page) for page in pages))
