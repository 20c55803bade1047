"""The desk: the shell around the queue's pure rules, and the one owner of agents' states.

Whatever happens goes the same way: a move on a draft of the book (moves.py), routing, the journal's commit (ledger.py), then the wires
(hands.py), all on the floor (floor.py). Wires report to the reception (reception.py), the dialer reserves (reservations.py); people ask
here, and of their own contacts in own_contacts.py.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from ..storage.clock import Clock
from ..storage.ids import Ids
from . import agent as agent_events
from . import contact_events, moves, placing, time_moves
from .agent import NO_SKILLS, Agent, AgentState, Stance
from .agreements import Agreements
from .book import Draft
from .capacity import Capacity
from .channel import Arrival, Channel, ChannelKind
from .commands import Command
from .contact import TALKING_STATES
from .deadlines import DeskRules
from .floor import Floor, NotAllowedNow, Step, UnknownAgent
from .journal import Journal
from .ledger import DeskChange
from .own_contacts import OwnContacts
from .parking import Parking
from .presence import Presence
from .readings import Readings
from .reception import Identify, Known, Reception
from .reservations import Reservations
from .setup import QueueSetup
from .skill import Skills
from .thirds import Thirds

DEFAULT_RULES = DeskRules()
DEFAULT_CAPACITY = Capacity()
HEAL_S = 5.0
PACE_LEARNS_FROM, PACE_CONTACTS = timedelta(hours=2), 2_000


async def nobody(_arrival: Arrival) -> Known:
    """Knows no customers."""
    return Known()


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
        self._healed_at = clock.monotonic()
        self.follow_ups = self._floor.follow_ups
        self.late_events = self._floor.late_events

        # One face for those outside: what wires report goes straight to the reception, what the dialer wants to the reservations,
        # what agents do with their own contacts to those, and who only looks is shown the readings.
        reception = Reception(self._floor, ids, identify)
        self.wire_changed = reception.wire_changed
        self.arrive = reception.arrive
        self.remember = reception.remember
        self.talk_began = reception.talk_began
        self.offer_failed = reception.offer_failed
        self.hold_changed = reception.hold_changed
        self.talk_ended = reception.talk_ended
        self.leg_broke = reception.leg_broke
        self.customer_left = reception.customer_left
        self.keep_place = reception.keep_place
        self.hold_back = reception.hold_back
        self.call_booked = reception.call_booked
        self.reached = reception.reached
        self.reconcile = reception.reconcile
        self.check = reception.check
        self.device_changed = reception.device_changed
        readings = Readings(self._floor)
        self.agents = readings.agents
        self.agent = readings.agent
        self.agent_by_sip_name = readings.agent_by_sip_name
        self.contacts = readings.contacts
        self.waiting = readings.waiting
        self.contact = readings.contact
        self.contacts_with = readings.contacts_with
        self.place = readings.place
        self.handle_s = readings.handle_s
        self.why_contact = readings.why_contact
        self.why_agent = readings.why_agent
        self.find_contact = readings.find_contact
        self.contacts_of = readings.contacts_of
        self.closed_since = readings.closed_since
        self.missed_offers = readings.missed_offers
        self.missed_calls = readings.missed_calls
        self.moments = readings.moments
        self.pauses = readings.pauses
        self.subscribe = self._floor.ledger.subscribe
        self.watch_ends = readings.watch_ends
        own = OwnContacts(self._floor)
        self.accept = own.accept
        self.decline = own.decline
        self.hang_up = own.hang_up
        self.rejoin = own.rejoin
        self.pause_recording = own.pause_recording
        self.resume_recording = own.resume_recording
        self.tell_answerer = own.tell_answerer
        self.transfer = own.transfer
        self.dispose = own.dispose
        self.extend_wrap_up = own.extend_wrap_up
        self.thirds = Thirds(self._floor, ids)
        self.parking = Parking(self._floor)
        self.agree_call = Agreements(self._floor).agree_call
        reservations = Reservations(self._floor)
        self.reserve = reservations.reserve
        self.release = reservations.release
        self.contact_by_wire = self._floor.contact_by_wire

    @property
    def setup(self) -> QueueSetup:
        return self._floor.setup

    def measure_by(self, measured: Callable[[Step, float], None]) -> None:
        """Tell how long (s) the steps of each change take."""
        self._floor.measured = measured

    # Start and time -----------------------------------------------------------------------------------------------

    async def load(self) -> None:
        """Take up what the journal remembers; pages and softphones must show themselves again."""
        now = self._clock.now()
        for ended in await self._journal.lately_closed(now - PACE_LEARNS_FROM, PACE_CONTACTS):
            self._book.put(ended)
        for known in await self._journal.agents():
            self._book.put(known)
            self._book.line_up(known, now)
            self._presence.expect(known.id, self._clock.monotonic())
        for contact in await self._journal.open_contacts():
            self._book.put(contact)
            self._book.line_up(contact, now)

    async def resume_follow_ups(self) -> None:
        """Follow up what ended just before the last stop."""
        for ended in await self._journal.not_followed_up():
            await self._floor.hands.follow_up(ended)

    async def apply(self, setup: QueueSetup) -> None:
        """Let another setup act from now on: those who wait are placed anew, those who talk talk on."""
        await self._floor.change(lambda draft: placing.apply_setup(draft, setup))

    async def register(
        self,
        agent_id: str,
        name: str,
        sip_name: str,
        queues: Iterable[str],
        *,
        needs_page: bool = True,
        skills: Skills = NO_SKILLS,
        capacity: Capacity = DEFAULT_CAPACITY,
        own_number: str = "",
    ) -> None:
        """Make the agent known, or bring his name, device, queues, skills and own number up to date; his state stays."""

        def act(draft: Draft) -> None:
            known = draft.known_agent(agent_id)
            fresh = known or Agent(agent_id, name, sip_name, Stance.LOGGED_OUT, draft.now)
            serves = replace(fresh, queues=frozenset(queues), skills=dict(skills), capacity=capacity)
            wanted = replace(serves, name=name, sip_name=sip_name, needs_page=needs_page, own_number=own_number)
            if wanted != known:
                draft.begin(wanted)

        await self._floor.change(act)

    async def tick(self) -> None:
        """Let time work: call it twice a second."""
        now = self._clock.monotonic()
        gone = {agent_id: gone_s for agent_id, gone_s in self._presence.gone_s(now).items() if self._is_in(agent_id)}
        heals = now - self._healed_at >= HEAL_S
        self._healed_at = now if heals else self._healed_at
        if heals:
            self._floor.hands.try_again()

        def act(draft: Draft) -> Sequence[Command]:
            if heals:
                self._floor.late_events["task without a contact"] += time_moves.heal(draft)
            return time_moves.pass_time(draft, gone, self._floor.rules)

        await self._floor.change(act)
        self._floor.ledger.write()

    def _is_in(self, agent_id: str) -> bool:
        """Whether the loss of his page can still mean anything."""
        agent = self._book.agents.get(agent_id)
        return agent is not None and (agent.stance is not Stance.LOGGED_OUT or bool(agent.tasks))

    # What people do -----------------------------------------------------------------------------------------------

    async def page_opened(self, agent_id: str, tab: str) -> None:
        """The agent's page is live. Another tab than the one that talked means that the old page, and its leg, is gone."""
        self._floor.known_agent(agent_id)
        reloaded = self._presence.opened(agent_id, tab)

        def act(draft: Draft) -> Sequence[Command]:
            agent = draft.tell_agent(agent_id, agent_events.PageChanged(draft.now, True))
            calls = (draft.open_contact(t.contact_id) for t in agent.tasks if t.kind is ChannelKind.VOICE)
            there = (call for call in calls if call is not None and not call.own_phone)
            talking = [call for call in there if call.state in TALKING_STATES]
            if reloaded and talking:
                return [command for call in talking for command in moves.take_over(draft, call)]
            return moves.rejoin_all(draft, agent_id, self._floor.rules)

        await self._floor.change(act)

    async def page_closed(self, agent_id: str, tab: str) -> None:
        def act(draft: Draft) -> None:
            draft.tell_agent(agent_id, agent_events.PageChanged(draft.now, False))

        if self._presence.closed(agent_id, tab, self._clock.monotonic()):
            await self._floor.change(act)

    async def ready(self, agent_id: str) -> None:
        await self.force(agent_id, AgentState.READY)

    async def pause(self, agent_id: str, code: str) -> None:
        await self.force(agent_id, AgentState.PAUSED, code)

    async def log_out(self, agent_id: str) -> None:
        await self.force(agent_id, AgentState.LOGGED_OUT)

    async def force(self, agent_id: str, state: AgentState, code: str | None = None) -> None:
        """Set what the agent wants to be, by himself or by his supervisor: ready, paused (with a code) or logged out.

        What he has in hand he finishes. Raises UnknownAgent, NotAllowedNow.
        """
        self._floor.known_agent(agent_id)

        def act(draft: Draft) -> None:
            match state:
                case AgentState.READY:
                    draft.tell_agent(agent_id, agent_events.BecameReady(draft.now))
                case AgentState.PAUSED if code:
                    draft.tell_agent(agent_id, agent_events.Paused(draft.now, code))
                case AgentState.LOGGED_OUT:
                    draft.tell_agent(agent_id, agent_events.LoggedOut(draft.now))
                case _:
                    raise NotAllowedNow("nobody can be made that")

        await self._floor.ask(act)

    async def choose_customer(self, contact_id: str, customer_id: str | None, order_id: str | None) -> None:
        def act(draft: Draft) -> None:
            if draft.open_contact(contact_id) is None:
                raise NotAllowedNow("this contact has ended")
            draft.tell_contact(contact_id, contact_events.CustomerKnown(draft.now, customer_id, order_id))

        await self._floor.ask(act)

    async def settle(self) -> None:
        """Wait for what runs in the background: the journal's writing, and follow-ups."""
        await self._floor.ledger.durable()
        await self._floor.hands.settle()


__all__ = ["DEFAULT_RULES", "Desk", "DeskChange", "NotAllowedNow", "UnknownAgent", "nobody"]
