"""News for open pages: one stream of server-sent events a tab.

Events say that something changed, not what: the page fetches its fragments again. So events of one kind fold into the latest one,
and a tab that does not read fast enough is told to fetch everything (`resync`) instead of getting a backlog.

For an operator the open stream of the desk is the presence of the page: while it is open the desk may offer contacts.
"""

import asyncio
import json
import logging
from collections import OrderedDict, defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Collection, Iterable
from datetime import datetime
from typing import Annotated, Any

import anyio
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event

from ..access.permission import Permission
from ..access.user import User
from ..queue.agent import Agent
from ..queue.contact import Contact
from ..queue.desk import Desk
from ..queue.ledger import DeskChange
from ..storage.clock import Clock
from .house import HouseDep
from .security import cookie_name, require

log = logging.getLogger(__name__)

HEARTBEAT_S = 5.0
BOARD_GAP_S = 0.5
RETRY_MS = 500
MAX_PENDING = 64
DESKS_A_SECOND, DESKS_AT_ONCE = 1000, 20  # so many may be told how long the queue is; supervisors are told in any case
SESSION_LOOK_S = 30.0
CROWD, PAGES_A_SECOND = 100, 150
MAX_GUEST_TABS = 4


def figures(waiting: Iterable[Contact], now: datetime) -> dict[str, Any]:
    """What the bar shows of the queue: how many wait, and for how long the first of them does (s; 0 when nobody waits)."""
    arrived = [contact.arrived_at for contact in waiting]
    longest = max(((now - at).total_seconds() for at in arrived), default=0.0)
    return {"waiting": len(arrived), "longest_s": int(longest)}


Living = Callable[[Collection[str]], Awaitable[Collection[str]]]
"""Which of these sessions (by their tokens) still live; asking keeps them awake."""


async def all_live(tokens: Collection[str]) -> Collection[str]:
    """For a house without sessions."""
    return tokens


class Tab:
    """One open page, and the news it has not been given yet."""

    def __init__(self, user_id: str, tab_id: str, works: bool, token: str | None = None) -> None:
        self.user_id = user_id
        self.tab_id = tab_id
        self.works = works
        self.token = token
        self.last = False
        self._board: dict[str, Any] | None = None
        self._pending: OrderedDict[str, tuple[str, Any]] = OrderedDict()
        self._news = asyncio.Event()

    def tell(self, event: str, data: Any, key: str = "") -> None:
        """Add an event; one with the same key takes the place of the older."""
        key = key or event
        self._pending.pop(key, None)
        if len(self._pending) >= MAX_PENDING:
            self._pending.clear()
            key, event, data = "resync", "resync", {}
        self._pending[key] = (event, data)
        self._news.set()

    def tell_board(self, board: dict[str, Any]) -> None:
        """The figures of the queue. To a supervisor they say that something changed; a desk only shows them, so not the same twice."""
        if not self.works or board != self._board:
            self._board = board
            self.tell("board", board)

    def tell_hands(self, agent: Agent | None) -> None:
        """What the operator has in hand."""
        if agent is not None and not self.last:
            self.tell("desk", _hands_of(agent))

    def end(self, event: str | None = None) -> None:
        """Close the stream, after a last word if there is one."""
        self._pending.clear()
        if event:
            self._pending[event] = (event, {})
        self.last = True
        self._news.set()

    async def next(self, timeout_s: float) -> tuple[str, Any] | None:
        """The next event; a ping when there is none in time, None when the stream is to close."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._news.wait()
        except TimeoutError:
            return "ping", {}
        if not self._pending:
            return None
        _, told = self._pending.popitem(last=False)
        if not self._pending and not self.last:
            self._news.clear()
        return told


class LiveHub:
    """All open tabs, and apart from them the pages of visitors, who hear nothing but what is meant for them. `follow(desk)` is to run as
    long as the house does."""

    def __init__(
        self,
        clock: Clock,
        heartbeat_s: float = HEARTBEAT_S,
        board_gap_s: float = BOARD_GAP_S,
        living: Living = all_live,
    ) -> None:
        self._clock = clock
        self._living = living
        self._heartbeat_s = heartbeat_s
        self._board_gap_s = board_gap_s
        self._tabs: dict[str, set[Tab]] = defaultdict(set)
        self._tab_count = 0
        self._guests: dict[str, list[Tab]] = {}
        self._board: dict[str, Any] = {}
        self._board_changed = asyncio.Event()
        self._desks_behind = asyncio.Event()
        self._followed: Desk | None = None
        self._parked: dict[str, str] = {}
        self._closing = False

    @property
    def tab_count(self) -> int:
        return self._tab_count

    def change_board(self, figures: dict[str, Any] | None = None) -> None:
        """`board` to every tab in its turn, with these figures."""
        self._board |= figures or {}
        self._board_changed.set()

    def tell_order(self, order_id: str, customer_id: str) -> None:
        """`order` to the operators who have its customer in hand: nobody else shows it. Orders stay apart. '' for no order: the customer's
        own card has changed."""
        if self._followed is None:
            return
        for contact in self._followed.contacts():
            if contact.agent_id is not None and (contact.customer_id == customer_id or contact.order_id == order_id):
                told = {"order_id": order_id} if order_id else {"customer_id": customer_id}
                self.tell_user(contact.agent_id, "order", told, f"order:{order_id or customer_id}")

    def tell_user(self, user_id: str, event: str, data: dict[str, Any], key: str = "") -> None:
        """Tell one user's tabs; news of one key fold into the latest."""
        for tab in self._tabs.get(user_id, ()):
            tab.tell(event, data, key)

    def tell_third_gone(self, contact: Contact, reason: str) -> None:
        """`third` to the operator in whose talk he was, or was to be: he is with his customer again, and why."""
        if contact.agent_id is not None and contact.third is not None:
            told = {"contact_id": contact.id, "answered": contact.third.answered, "reason": reason}
            self.tell_user(contact.agent_id, "third", told)

    def tell_guest(self, guest: str, event: str, data: dict[str, Any]) -> None:
        """Tell one visitor's pages."""
        for tab in self._guests.get(guest, ()):
            tab.tell(event, data)

    async def follow(self, desk: Desk) -> None:
        """Read the desk's changes and pass them on, for ever."""
        self._followed = desk
        async with desk.subscribe() as changes, asyncio.TaskGroup() as group:
            group.create_task(self._paint_boards())
            group.create_task(self._tell_desks())
            group.create_task(self._look_after_sessions())
            while True:
                self.tell_change(desk, await changes.get())

    def tell_change(self, desk: Desk, change: DeskChange) -> None:
        """`desk` to the operators it concerns (his state and all that is in his hands), `board` to everybody."""
        self._tell_parked(desk, change.contact_ids)
        touched = (desk.contact(contact_id) for contact_id in change.contact_ids)
        holders = {contact.agent_id for contact in touched if contact is not None and contact.agent_id is not None}
        told = list(self._tabs) if change.everything else holders | change.agent_ids
        for user_id in told:
            agent = desk.agent(user_id)
            for tab in self._tabs.get(user_id, ()):
                if tab.works:
                    tab.tell_hands(agent)
        self._followed = desk
        self._board_changed.set()

    def _tell_parked(self, desk: Desk, contact_ids: frozenset[str]) -> None:
        """`parked` to the desks of a queue in which somebody was parked, or is no more."""
        queues = set()
        for contact_id in contact_ids:
            contact = desk.contact(contact_id)
            if contact is not None and contact.parked_by is not None:
                queues |= set() if contact_id in self._parked else {contact.queue}
                self._parked[contact_id] = contact.queue
            elif contact_id in self._parked:
                queues.add(self._parked.pop(contact_id))
        for user_id in list(self._tabs) if queues else ():
            agent = desk.agent(user_id)
            if agent is not None and queues & agent.queues:
                self.tell_user(user_id, "parked", {})

    async def _paint_boards(self) -> None:
        """Supervisors hear of a change within the gap."""
        while True:
            await self._board_changed.wait()
            self._board_changed.clear()
            if self._followed is not None:
                self._board |= figures(self._followed.waiting(), self._clock.now())
            for tab in self._all():
                if not tab.works:
                    tab.tell_board(dict(self._board))
            self._desks_behind.set()
            await asyncio.sleep(self._board_gap_s)

    async def _tell_desks(self) -> None:
        """Desks hear one slice after another, each what is true then: all at once would be the better part of a second in which nobody
        else has his turn. In a house of many a round takes longer, and the last is behind for a while."""
        while True:
            await self._desks_behind.wait()
            self._desks_behind.clear()
            desks = [tab for tab in self._all() if tab.works]
            for begin in range(0, len(desks), DESKS_AT_ONCE):
                for tab in desks[begin : begin + DESKS_AT_ONCE]:
                    tab.tell_board(dict(self._board))
                await asyncio.sleep(DESKS_AT_ONCE / DESKS_A_SECOND)
            await asyncio.sleep(max(0.0, self._board_gap_s - len(desks) / DESKS_A_SECOND))

    async def _look_after_sessions(self) -> None:
        while True:
            await asyncio.sleep(SESSION_LOOK_S)
            try:
                await self.look_after_sessions()
            except Exception:  # a database that is short of breath must not cost the pages their news
                log.exception("the sessions of live pages could not be looked after; the next look is soon")

    async def look_after_sessions(self) -> None:
        """An open page is not idle; one whose session ended gets no more news."""
        tabs = [tab for tab in self._all() if tab.token is not None]
        living = await self._living({tab.token for tab in tabs if tab.token is not None})
        for tab in tabs:
            if tab.token not in living:
                tab.end()

    async def stream(
        self, desk: Desk, user_id: str, tab_id: str, *, works: bool, token: str | None = None
    ) -> AsyncIterator[bytes]:
        """The events of one tab as text/event-stream. `works`: the tab is an operator's desk, so its stream is his presence."""
        tab = self._open(user_id, tab_id, works, token)
        try:
            event, data = self._ping()
            yield format_sse_event(event=event, data_str=json.dumps(data), retry=RETRY_MS)
            if works:
                await desk.page_opened(user_id, tab_id)
                tab.tell_hands(desk.agent(user_id))
            while (told := await tab.next(self._heartbeat_s)) is not None:
                event, data = told if told[0] != "ping" else self._ping()
                yield format_sse_event(event=event, data_str=json.dumps(data, ensure_ascii=False))
        finally:
            self._tabs[user_id].discard(tab)
            self._tab_count -= 1
            again = any(other.tab_id == tab_id and other.works for other in self._tabs[user_id])
            if not self._tabs[user_id]:
                del self._tabs[user_id]
            if (
                works and not again and not self._closing
            ):  # at the end of the engine all pages go, and no restart remembers them
                with anyio.CancelScope(shield=True):  # the reader has gone, and with it the task we run in
                    await desk.page_closed(user_id, tab_id)

    async def guest_stream(
        self, guest: str, event: str, now: Callable[[], dict[str, Any]]
    ) -> AsyncGenerator[bytes, None]:
        """The events of one page of a visitor; the first is how things are `now`. Of more than MAX_GUEST_TABS pages the oldest ends."""
        tab = Tab(guest, "", False)
        tabs = self._guests.setdefault(guest, [])
        tabs.append(tab)
        tab.tell(event, now())
        for old in tabs[:-MAX_GUEST_TABS]:
            old.end()
        if self._closing:
            tab.end()
        try:
            yield format_sse_event(event="ping", data_str="{}", retry=RETRY_MS)
            while (told := await tab.next(self._heartbeat_s)) is not None:
                yield format_sse_event(event=told[0], data_str=json.dumps(told[1], ensure_ascii=False))
        finally:
            tabs.remove(tab)
            if not tabs and self._guests.get(guest) is tabs:
                del self._guests[guest]

    def drop(self, user_id: str) -> None:
        """End this user's streams; their pages come back by themselves, and look around."""
        for tab in list(self._tabs.get(user_id, ())):
            tab.end()

    def close(self) -> None:
        """Let every stream end, so that the server can."""
        self._closing = True
        for tab in (*self._all(), *(tab for tabs in self._guests.values() for tab in tabs)):
            tab.end()

    def _ping(self) -> tuple[str, dict[str, float]]:
        """A sign of life, with how long (s) the page may take over what is not urgent when it has been away: all of a big house would
        come back at once."""
        return "ping", {"leisure_s": round(self.tab_count / PAGES_A_SECOND, 1) if self.tab_count > CROWD else 0.0}

    def _open(self, user_id: str, tab_id: str, works: bool, token: str | None) -> Tab:
        """The newer desk works; the older is told so and ends. The same tab again is a reconnect: its old stream ends unheard."""
        tab = Tab(user_id, tab_id, works, token)
        for other in self._tabs[user_id]:
            if other.tab_id == tab_id:
                other.end()
            elif works and other.works:
                other.end("elsewhere")
        self._tabs[user_id].add(tab)
        self._tab_count += 1
        if self._closing:
            tab.end()
        return tab

    def _all(self) -> list[Tab]:
        return [tab for tabs in self._tabs.values() for tab in tabs]


def _hands_of(agent: Agent) -> dict[str, Any]:
    tasks = [{"contact_id": t.contact_id, "kind": t.kind.value, "phase": t.phase.value} for t in agent.tasks]
    return {"state": agent.state.value, "contact_id": agent.contact_id, "tasks": tasks}


router = APIRouter(include_in_schema=False)


@router.get("/live")
async def live(
    request: Request,
    house: HouseDep,
    user: Annotated[User, Depends(require())],
    tab: Annotated[str, Query(min_length=1, max_length=64, pattern=r"^[\w-]+$")],
) -> StreamingResponse:
    """The news of this tab (an id made at each load of the page): events desk, order, chat, parked, board, resync, elsewhere, ping."""
    works = user.can(Permission.DESK_WORK) and house.desk.agent(user.id) is not None
    token = request.cookies.get(cookie_name(house.site.secure))
    events = house.live.stream(house.desk, user.id, tab, works=works, token=token)
    return StreamingResponse(events, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})
