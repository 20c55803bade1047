"""The desk: the shell around the queue's pure rules, and the one owner of agents' states.

Whatever happens goes the same way: a move on a draft of the book (moves.py), the journal's commit (ledger.py), then the wires
(hands.py), all on the floor (floor.py). Wires report to the reception (reception.py); people and the dialer ask here.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import datetime, timedelta

from ..storage.clock import Clock
from ..storage.ids import Ids
from . import agent as agent_events
from . import contact as contact_events
from . import moves
from .agent import Agent, AgentState
from .book import Draft
from .channel import Arrival, Channel, ChannelKind, OfferFailure
from .contact import TALKING_STATES, Contact, ContactState
from .deadlines import DeskRules
from .disposition import disposition
from .floor import Floor, NotAllowedNow, UnknownAgent
from .journal import Journal
from .ledger import DeskChange
from .moves import Command
from .presence import Presence
from .reception import Identify, Reception

DEFAULT_RULES = DeskRules()


async def nobody(_arrival: Arrival) -> tuple[str | None, str | None]:
    """Knows no customers."""
    return None, None


class Desk:
    """Contacts meet agents here. `identify` finds an arrival's customer and order; `follow_ups` hear of every contact that ended."""

    def __init__(
        self,
        journal: Journal,
        channels: Mapping[ChannelKind, Channel],
        clock: Clock,
        ids: Ids,
        rules: DeskRules = DEFAULT_RULES,
        identify: Identify = nobody,
    ) -> None:
        self._floor = Floor(journal, channels, clock, rules)
        self._journal = journal
        self._book = self._floor.book
        self._clock = clock
        self._presence = Presence()
        self.follow_ups = self._floor.follow_ups
        self.late_events = self._floor.late_events

        # One face for those outside: what wires report goes straight to the reception.
        reception = Reception(self._floor, ids, identify)
        self.wire_changed = reception.wire_changed
        self.arrive = reception.arrive
        self.talk_began = reception.talk_began
        self.offer_failed = reception.offer_failed
        self.hold_changed = reception.hold_changed
        self.talk_ended = reception.talk_ended
        self.customer_left = reception.customer_left
        self.reconcile = reception.reconcile
        self.check = reception.check
        self.device_changed = reception.device_changed
        self.contact_by_wire = self._floor.contact_by_wire

    # Reading ------------------------------------------------------------------------------------------------------

    def agents(self) -> tuple[Agent, ...]:
        return tuple(self._book.agents.values())

    def agent(self, agent_id: str) -> Agent | None:
        return self._book.agents.get(agent_id)

    def agent_by_sip_name(self, sip_name: str) -> Agent | None:
        return self._book.agent_by_sip_name(sip_name)

    def contacts(self) -> tuple[Contact, ...]:
        """The open contacts."""
        return tuple(self._book.contacts.values())

    def contact(self, contact_id: str) -> Contact | None:
        """An open contact."""
        return self._book.contacts.get(contact_id)

    async def find_contact(self, contact_id: str) -> Contact | None:
        """A contact, open or ended."""
        return self.contact(contact_id) or await self._journal.contact(contact_id)

    async def contacts_of(self, customer_id: str, limit: int = 50) -> list[Contact]:
        return await self._journal.contacts_of(customer_id, limit)

    async def closed_since(self, since: datetime) -> list[Contact]:
        return await self._journal.closed_since(since)

    def subscribe(self, depth: int = 256) -> AbstractAsyncContextManager[asyncio.Queue[DeskChange]]:
        return self._floor.ledger.subscribe(depth)

    # Start and time -----------------------------------------------------------------------------------------------

    async def load(self) -> None:
        """Take up what the journal remembers; pages and softphones must show themselves again."""
        for known in await self._journal.agents():
            self._book.put(known)
            self._presence.expect(known.id, self._clock.monotonic())
        for contact in await self._journal.open_contacts():
            self._book.put(contact)

    async def resume_follow_ups(self) -> None:
        """Follow up what ended just before the last stop."""
        for ended in await self._journal.not_followed_up():
            await self._floor.hands.follow_up(ended)

    async def register(
        self, agent_id: str, name: str, sip_name: str, queues: Iterable[str], *, needs_page: bool = True
    ) -> None:
        """Make the agent known, or bring his name, device and queues up to date; his state stays."""

        def act(draft: Draft) -> None:
            known = self._book.agents.get(agent_id)
            fresh = known or Agent(agent_id, name, sip_name, AgentState.LOGGED_OUT, draft.now)
            wanted = replace(fresh, name=name, sip_name=sip_name, queues=frozenset(queues), needs_page=needs_page)
            if wanted != known:
                draft.begin(wanted)

        await self._floor.change(act)

    async def tick(self) -> None:
        """Let time work: call it twice a second."""
        gone = self._presence.gone_s(self._clock.monotonic())
        await self._floor.change(lambda draft: moves.pass_time(draft, gone, self._floor.rules))

    # What people do -----------------------------------------------------------------------------------------------

    async def page_opened(self, agent_id: str, tab: str) -> None:
        """The agent's page is live. Another tab than the one that talked means that the old page, and its leg, is gone."""
        self._known_agent(agent_id)
        reloaded = self._presence.opened(agent_id, tab)

        def act(draft: Draft) -> Sequence[Command]:
            agent = draft.tell_agent(agent_id, agent_events.PageChanged(draft.now, True))
            contact = self.contact(agent.contact_id or "")
            if not reloaded or contact is None or contact.state not in TALKING_STATES:
                return ()
            return moves.break_leg(draft, contact)

        await self._floor.change(act)

    async def page_closed(self, agent_id: str, tab: str) -> None:
        def act(draft: Draft) -> None:
            draft.tell_agent(agent_id, agent_events.PageChanged(draft.now, False))

        if self._presence.closed(agent_id, tab, self._clock.monotonic()):
            await self._floor.change(act)

    async def ready(self, agent_id: str) -> None:
        await self._ask(agent_id, agent_events.BecameReady, AgentState.READY)

    async def pause(self, agent_id: str, code: str) -> None:
        await self._ask(agent_id, lambda now: agent_events.Paused(now, code), AgentState.PAUSED, code)

    async def log_out(self, agent_id: str) -> None:
        await self._ask(agent_id, agent_events.LoggedOut, AgentState.LOGGED_OUT)

    async def _ask(
        self,
        agent_id: str,
        event: Callable[[datetime], agent_events.AgentEvent],
        state: AgentState,
        code: str | None = None,
    ) -> None:
        """Free hands change at once; during a contact the wish is kept for afterwards."""
        self._known_agent(agent_id)

        def act(draft: Draft) -> None:
            busy = draft.agent(agent_id).state in (AgentState.RESERVED, AgentState.BUSY, AgentState.WRAP_UP)
            wish = agent_events.NextChosen(draft.now, state, code) if busy else event(draft.now)
            draft.tell_agent(agent_id, wish)

        await self._floor.ask(act)

    async def decline(self, agent_id: str, contact_id: str) -> None:
        await self._floor.ask(
            lambda draft: moves.miss(draft, self._own_contact(agent_id, contact_id), OfferFailure.DECLINED)
        )

    async def hang_up(self, agent_id: str, contact_id: str) -> None:
        """The wire's own report of the end moves the states; a talk that is over already stays over."""
        contact = self._own_contact(agent_id, contact_id)
        if contact.state is ContactState.OFFERED:
            raise NotAllowedNow("an offer is declined, not hung up")
        if contact.state in TALKING_STATES:
            await self._floor.channels[contact.kind].hang_up(contact)

    async def choose_customer(self, contact_id: str, customer_id: str | None, order_id: str | None) -> None:
        def act(draft: Draft) -> None:
            if not draft.knows(contact_id):
                raise NotAllowedNow("this contact has ended")
            draft.tell_contact(contact_id, contact_events.CustomerKnown(draft.now, customer_id, order_id))

        await self._floor.ask(act)

    async def dispose(
        self, agent_id: str, contact_id: str, code: str, note: str = "", callback_at: datetime | None = None
    ) -> None:
        """Close the talk with a result. `callback_at` is wanted by results that promise another call, and only by them."""
        chosen = disposition(code)
        if chosen is None:
            raise NotAllowedNow("there is no such result")
        if chosen.wants_callback and (callback_at is None or callback_at <= self._clock.now()):
            raise NotAllowedNow("this result wants the time of the next call, in the future")
        promised = callback_at if chosen.wants_callback else None

        def act(draft: Draft) -> Sequence[Command]:
            contact = self._own_contact(agent_id, contact_id)
            return moves.dispose(draft, contact, contact_events.Disposed(draft.now, code, note, promised))

        await self._floor.ask(act)

    async def extend_wrap_up(self, agent_id: str, seconds: float) -> None:
        self._known_agent(agent_id)

        def act(draft: Draft) -> None:
            until = (draft.agent(agent_id).wrap_up_until or draft.now) + timedelta(seconds=seconds)
            draft.tell_agent(agent_id, agent_events.WrapUpExtended(draft.now, until))

        await self._floor.ask(act)

    # The dialer's -------------------------------------------------------------------------------------------------

    async def reserve(self, agent_id: str, attempt_id: str, until: datetime) -> bool:
        """Keep the agent for a call that is being dialed. False when he is not free any more."""
        self._known_agent(agent_id)

        def act(draft: Draft) -> None:
            agent = draft.agent(agent_id)
            if agent.state is AgentState.READY and agent.reachable:
                draft.tell_agent(agent_id, agent_events.ReservedForAttempt(draft.now, attempt_id, until))

        await self._floor.change(act)
        return self._known_agent(agent_id).attempt_id == attempt_id

    async def release(self, agent_id: str, attempt_id: str) -> None:
        """The dialed call came to nothing; whoever is reserved for something else by now is left alone."""

        def act(draft: Draft) -> None:
            agent = draft.agent(agent_id)
            if agent.state is AgentState.RESERVED and agent.attempt_id == attempt_id and agent.contact_id is None:
                draft.tell_agent(agent_id, agent_events.Released(draft.now))

        if agent_id in self._book.agents:
            await self._floor.change(act)

    async def settle(self) -> None:
        """Wait for the follow-ups that run in the background."""
        await self._floor.hands.settle()

    def _known_agent(self, agent_id: str) -> Agent:
        agent = self._book.agents.get(agent_id)
        if agent is None:
            raise UnknownAgent(agent_id)
        return agent

    def _own_contact(self, agent_id: str, contact_id: str) -> Contact:
        self._known_agent(agent_id)
        contact = self.contact(contact_id)
        if contact is None or contact.agent_id != agent_id:
            raise NotAllowedNow("this contact is not with you any more")
        return contact


__all__ = ["DEFAULT_RULES", "Desk", "DeskChange", "NotAllowedNow", "UnknownAgent", "nobody"]
