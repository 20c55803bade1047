"""The talks of the chat room: the open chats as they are now, what is kept of them, and who is told. Its doors are visitor_door.py and
agent_door.py.

A message is committed before anybody is shown it. The desk is never asked while a chat's turn is held: it may be telling us of another.
"""

import asyncio
from datetime import datetime
from typing import Any, Protocol

from ...storage.clock import Clock
from ...storage.failpoint import failpoint
from ..contact import TALKING_STATES, Contact
from ..desk import Desk
from .conversation import WIRE, Author, Chat, ChatRules, Message, Notice, chat_id_of
from .guests import Guests
from .store import ChatStore
from .views import AgentView, Phase, VisitorView, first_name, phase_of

CALL_OFFERED = "call_offered"


class Pages(Protocol):
    """Whoever carries news to open pages. News of one key take the place of older ones."""

    def tell_user(self, user_id: str, event: str, data: dict[str, Any], key: str) -> None: ...

    def tell_guest(self, guest: str, event: str, data: dict[str, Any]) -> None: ...


class Talks:
    """`open` holds every open chat by its id."""

    def __init__(self, store: ChatStore, desk: Desk, clock: Clock, pages: Pages, rules: ChatRules) -> None:
        self.store = store
        self.desk = desk
        self.clock = clock
        self.guests = Guests(rules)
        self.open: dict[str, Chat] = {}
        self._pages = pages
        self._unread: dict[str, int] = {}
        self._asked: dict[str, datetime] = {}
        self._turns: dict[str, asyncio.Lock] = {}

    # What is kept -----------------------------------------------------------------------------------------------------

    async def begin(self, chat: Chat) -> Chat:
        """Keep a new chat; a visitor who has an open one is given that."""
        kept = await self.store.begin(chat)
        if kept.is_open:
            self.open.setdefault(kept.id, kept)
            self.guests.expect(kept.id, self.clock.monotonic())
        return kept

    async def load(self) -> None:
        """Take up every open chat, as after a restart."""
        chats = {chat.id: chat for chat in await self.store.open_chats()}
        for gone in set(self.open) - set(chats):
            self._forget(gone)
        for chat in chats.values():
            self.open[chat.id] = chat
            self._unread[chat.id] = await self.store.unread(chat.id, chat.agent_read)
            self._asked.pop(chat.id, None)
            if (asked_at := await self.store.asked_at(chat.id)) is not None:
                self._asked[chat.id] = asked_at
            offered = await self.store.known(chat.id, Author.SYSTEM, CALL_OFFERED)
            self.guests.expect(chat.id, self.clock.monotonic()).call_offered = offered is not None

    async def keep(self, chat_id: str, message: Message) -> Message:
        """Commit, then tell. Raises ChatRefused, WireDown; then nothing was kept."""
        async with self._turn(chat_id):
            before = self.open.get(chat_id)
            failpoint("message_before_commit")
            chat, kept = await self.store.add(chat_id, message)
            failpoint("message_committed")
            self._remember(chat)
            if kept.author is Author.VISITOR and before is not None and kept.seq > before.last_seq:
                self._unread[chat_id] = self._unread.get(chat_id, 0) + 1
                self._asked.setdefault(chat_id, kept.at)
            elif kept.author is Author.AGENT:
                self._asked.pop(chat_id, None)
        self.tell(chat)
        return kept

    async def line(self, chat_id: str, notice: Notice, client_id: str, agent_id: str | None = None) -> None:
        """A line of the house itself, with the first name of the agent it is about."""
        agent = self.desk.agent(agent_id or "")
        name = first_name(agent.name) if agent is not None else ""
        await self.keep(
            chat_id, Message(0, Author.SYSTEM, name, self.clock.now(), client_id, agent_id=agent_id, notice=notice)
        )

    async def finish(self, chat_id: str, ending: Notice) -> None:
        """End the chat and tell both sides; one that has ended stays as it ended."""
        async with self._turn(chat_id):
            chat = await self.store.end(chat_id, ending, self.clock.now())
            self._remember(chat)
        self.tell(chat)

    async def read(self, chat_id: str, side: Author, seq: int) -> None:
        async with self._turn(chat_id):
            chat = await self.store.read(chat_id, side, seq)
            self._remember(chat)
            if side is Author.AGENT and chat.is_open:
                self._unread[chat_id] = await self.store.unread(chat_id, chat.agent_read)
        self.tell(chat)

    async def keep_draft(self, chat_id: str, agent_id: str, text: str) -> None:
        async with self._turn(chat_id):
            self._remember(await self.store.keep_draft(chat_id, agent_id, text))

    async def chat_behind(self, contact: Contact) -> Chat | None:
        """The chat of a contact, open or ended; None for a contact of another wire."""
        chat_id = chat_id_of(contact.wire_key)
        if chat_id is None:
            return None
        return self.open.get(chat_id) or await self.store.chat(chat_id)

    def unread_of(self, contact: Contact) -> int:
        return self._unread.get(chat_id_of(contact.wire_key) or "", 0)

    def asked_at(self, contact: Contact) -> datetime | None:
        """Since when its visitor waits for a word of ours; None while he does not."""
        return self._asked.get(chat_id_of(contact.wire_key) or "")

    def _turn(self, chat_id: str) -> asyncio.Lock:
        return self._turns.setdefault(chat_id, asyncio.Lock())

    def _remember(self, chat: Chat) -> None:
        if chat.is_open:
            self.open[chat.id] = chat
        else:
            self._forget(chat.id)

    def _forget(self, chat_id: str) -> None:
        self.open.pop(chat_id, None)
        self._unread.pop(chat_id, None)
        self._asked.pop(chat_id, None)
        self._turns.pop(chat_id, None)

    # Who is told ------------------------------------------------------------------------------------------------------

    def tell(self, chat: Chat) -> None:
        """Both sides hear how the chat stands now."""
        self.tell_visitor(chat)
        self.tell_agent(chat)

    def tell_visitor(self, chat: Chat) -> None:
        view = self.visitor_view(chat)
        if chat.is_open:
            self.guests.expect(chat.id, self.clock.monotonic()).told_place = view.position, view.expected_s
        self._pages.tell_guest(chat.id, "state", view.news())

    def tell_agent(self, chat: Chat) -> None:
        contact = self.desk.contact_by_wire(WIRE + chat.id)
        if contact is not None and contact.agent_id is not None:
            news = self.agent_view(chat, contact).news()
            self._pages.tell_user(contact.agent_id, "chat", news, f"chat:{contact.id}")

    def visitor_view(self, chat: Chat) -> VisitorView:
        contact = self.desk.contact_by_wire(chat.wire_key)
        phase = phase_of(chat, contact)
        agent = self.desk.agent(contact.agent_id or "") if contact is not None and phase is Phase.TALKING else None
        position, expected_s = self.place(contact) if phase is Phase.WAITING else (None, None)
        return VisitorView(
            phase=phase,
            chat=chat.id,
            last_seq=chat.last_seq,
            agent=first_name(agent.name) if agent is not None else "",
            agent_read=chat.agent_read,
            agent_typing=agent is not None and self.guests.agent_types(chat.id, self.clock.monotonic()),
            position=position,
            expected_s=expected_s,
            may_call=position is not None and self.may_call(chat),
            ending=chat.ending,
        )

    def agent_view(self, chat: Chat, contact: Contact) -> AgentView:
        now = self.clock.monotonic()
        return AgentView(
            contact_id=contact.id,
            last_seq=chat.last_seq,
            unread=self._unread.get(chat.id, 0),
            visitor_read=chat.visitor_read,
            visitor_typing=chat.is_open and self.guests.visitor_types(chat.id, now),
            presence=self.guests.presence(chat.id, now) if chat.is_open else None,
            live=chat.is_open and contact.state in TALKING_STATES,
            waits=chat.id in self._asked,
            ending=chat.ending,
        )

    def may_call(self, chat: Chat) -> bool:
        """Whether a visitor who waits may keep his place and be called: the queue always offers it, or the overflow rule has."""
        return (
            self.desk.setup.rules(chat.queue).keep_place
            or self.guests.expect(chat.id, self.clock.monotonic()).call_offered
        )

    def place(self, contact: Contact | None) -> tuple[int | None, int | None]:
        """The place in the queue, and the wait to be expected in steps of 10 s: figures that tremble help nobody."""
        place = self.desk.place(contact.id) if contact is not None else None
        if place is None:
            return None, None
        return place.position, None if place.expected_s is None else max(10, 10 * round(place.expected_s / 10))
