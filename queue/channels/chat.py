"""Web chat as a channel of the queue. A visitor's open chat is the wire: the desk says who talks with him, the store what was said."""

import asyncio
import itertools
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ...storage.clock import Clock
from ...storage.ids import Ids
from ..agent import Agent
from ..channel import ChannelKind, Dismissal, WireDown
from ..commands import PartyCommand
from ..contact import TALKING_STATES, Contact, ContactState
from ..desk import Desk
from ..reconcile import LegState, LiveLeg
from .agent_door import AgentDoor
from .conversation import WIRE, Chat, ChatRefused, ChatRules, Message, Notice, Presence, chat_id_of
from .store import ChatStore
from .talks import CALL_OFFERED, Pages, Talks
from .views import ending_by, ending_of, is_over
from .visitor_door import VisitorDoor

log = logging.getLogger(__name__)

DEFAULT_RULES = ChatRules()
TICK_S = 1.0
CHECK_EVERY = 5  # ticks


class ChatRoom:
    """The Channel port (channel.py), and the upkeep. Visitors and agents come in by their doors.

    `queue_of` turns the code that a page asked for into a queue that there is. `resync` comes before the wire is said to be up.
    """

    def __init__(
        self,
        store: ChatStore,
        desk: Desk,
        clock: Clock,
        ids: Ids,
        pages: Pages,
        queue_of: Callable[[str], str],
        rules: ChatRules = DEFAULT_RULES,
    ) -> None:
        self._desk = desk
        self._clock = clock
        self._talks = Talks(store, desk, clock, pages, rules)
        self.visitors = VisitorDoor(self._talks, ids, queue_of)
        self.agents = AgentDoor(self._talks)
        self._down = False

    # The channel ------------------------------------------------------------------------------------------------------

    async def offer(self, contact: Contact, agent: Agent, *, auto_answer: bool) -> None:
        """The agent's page hears of it from the desk; the visitor waits on."""

    async def withdraw(self, contact: Contact, agent: Agent) -> None:
        """As with the offer."""

    async def accepted(self, contact: Contact, agent: Agent) -> None:
        await self._line(contact, Notice.JOINED, f"joined/{contact.tries}", agent.id)

    async def hang_up(self, contact: Contact) -> None:
        await self._finish(contact, Notice.AGENT_ENDED)

    async def return_to_queue(self, contact: Contact, agent: Agent) -> None:
        await self._line(contact, Notice.WAITING_AGAIN, f"waiting/{contact.tries}", agent.id)

    async def record(self, contact: Contact, *, on: bool) -> None:
        """A chat is its own record."""

    async def parties(self, command: PartyCommand) -> None:
        """A chat has no third."""

    async def dismiss(self, contact: Contact, how: Dismissal) -> None:
        ending = ending_by(how)
        if ending is None:
            if (chat := self._open_chat(contact)) is not None:
                self._talks.guests.expect(chat.id, self._clock.monotonic()).call_offered = True
            await self._line(contact, Notice.CALL_OFFERED, CALL_OFFERED)
        else:
            await self._finish(contact, ending)

    async def _line(self, contact: Contact, notice: Notice, client_id: str, agent_id: str | None = None) -> None:
        chat = self._open_chat(contact)
        if chat is not None:
            with self._noticing():
                await self._talks.line(chat.id, notice, client_id, agent_id)

    async def _finish(self, contact: Contact, ending: Notice) -> None:
        chat = self._open_chat(contact)
        if chat is not None:
            with self._noticing():
                await self._talks.finish(chat.id, ending)

    def _open_chat(self, contact: Contact) -> Chat | None:
        return self._talks.open.get(chat_id_of(contact.wire_key) or "")

    @contextmanager
    def _noticing(self) -> Iterator[None]:
        """What could not be kept is made good by the next tick; until then nothing is offered on this wire."""
        try:
            yield
        except WireDown:
            self._down = True
            raise
        except ChatRefused:  # it ended meanwhile
            return

    async def on_contact_ended(self, contact: Contact) -> None:
        """For the desk's follow-ups: whatever ended the contact, its visitor is told."""
        await self._finish(contact, ending_of(contact))

    async def left_messages(self) -> list[tuple[Chat, list[Message]]]:
        """What visitors left when nobody could answer, the newest first."""
        return await self._talks.store.left()

    # The upkeep -------------------------------------------------------------------------------------------------------

    async def resync(self) -> None:
        """Bring the room and the desk to one story, as after a restart: every open chat is a contact and goes on with whom it was."""
        await self._talks.load()
        for chat in list(self._talks.open.values()):
            contact = await self.visitors.arrive(chat)
            if is_over(contact):
                await self._talks.finish(chat.id, ending_of(contact))
        await self._desk.reconcile(ChannelKind.CHAT, self.legs(), WIRE)
        for chat in list(self._talks.open.values()):
            talking = self._desk.contact_by_wire(chat.wire_key)
            if talking is not None and talking.state in TALKING_STATES and talking.agent_id is not None:
                await self._line(talking, Notice.JOINED, f"joined/{talking.tries}", talking.agent_id)
        self._down = False

    def legs(self) -> dict[str, LiveLeg]:
        """The open chats as the reconcile knows wires: whether the visitor is there, nothing more; who talks, the desk says."""
        legs: dict[str, LiveLeg] = {}
        for chat in self._talks.open.values():
            contact = self._desk.contact_by_wire(chat.wire_key)
            state, agent_id = LegState.WAITING, None
            if contact is not None and contact.state in TALKING_STATES:
                state, agent_id = LegState.TALKING, contact.agent_id
            elif contact is not None and contact.state is ContactState.OFFERED:
                state, agent_id = LegState.RINGING, contact.agent_id
            legs[chat.wire_key] = LiveLeg(chat.wire_key, state, agent_id)
        return legs

    async def tick(self) -> None:
        """Let time work: call it every second. Raises WireDown while the database is away."""
        if self._down:
            await self.resync()
            await self._desk.wire_changed(ChannelKind.CHAT, up=True)
        self._talks.guests.tidy(self._talks.open, self._clock.monotonic())
        for chat in list(self._talks.open.values()):
            await self._look_after(chat)

    async def _look_after(self, chat: Chat) -> None:
        if self.visitors.is_leaving(chat):
            return
        # One that the desk does not know has ended there, or its start broke off before the desk heard of it.
        contact = self._desk.contact_by_wire(chat.wire_key) or await self.visitors.arrive(chat)
        if is_over(contact):
            await self._talks.finish(chat.id, ending_of(contact))
            return
        guest, presence = self._talks.guests.look(chat.id, self._clock.monotonic())
        if presence is Presence.GONE:
            await self.visitors.end(chat, Notice.VISITOR_GONE)
        elif presence is not guest.told_presence:
            guest.told_presence = presence
            self._talks.tell_agent(chat)
        elif guest.lines and contact.agent_id is None and self._talks.place(contact) != guest.told_place:
            self._talks.tell_visitor(chat)

    async def watch_forever(self) -> None:
        """The ticks, and every few of them a look whether the desk and the room still tell one story."""
        for count in itertools.count(1):
            await asyncio.sleep(TICK_S)
            try:
                await self.tick()
                if count % CHECK_EVERY == 0:
                    await self._desk.check(ChannelKind.CHAT, self.legs(), WIRE)
            except Exception:
                log.exception("the chat room could not be looked after; the next look is in a second")
