"""The desk: the shell around the queue's pure rules, and the one owner of agents' states.

Whatever happens goes the same way: a move on a draft of the book (moves.py), routing, the journal's commit (ledger.py), then the wires
(hands.py), all on the floor (floor.py). Wires report to the reception (reception.py), the dialer reserves (reservations.py); people ask
here.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from ..storage.clock import Clock
from ..storage.failpoint import failpoint
from ..storage.ids import Ids
from . import agent as agent_events
from . import contact as contact_events
from . import moves, placing
from .agent import NO_SKILLS, Agent, AgentState, Stance, TaskPhase
from .book import Draft
from .capacity import Capacity
from .channel import Arrival, Channel, ChannelKind, OfferFailure
from .commands import Command, HangUp
from .contact import TALKING_STATES, Contact, ContactState
from .deadlines import DeskRules
from .disposition import disposition
from .floor import Floor, NotAllowedNow, Step, UnknownAgent
from .journal import Journal
from .ledger import DeskChange
from .mask import is_open
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
        # and who only looks is shown the readings.
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
        self.subscribe = self._floor.ledger.subscribe
        self.watch_ends = readings.watch_ends
        self.thirds = Thirds(self._floor, ids)
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
    ) -> None:
        """Make the agent known, or bring his name, device, queues and skills up to date; his state stays."""

        def act(draft: Draft) -> None:
            known = draft.known_agent(agent_id)
            fresh = known or Agent(agent_id, name, sip_name, Stance.LOGGED_OUT, draft.now)
            serves = replace(fresh, queues=frozenset(queues), skills=dict(skills), capacity=capacity)
            wanted = replace(serves, name=name, sip_name=sip_name, needs_page=needs_page)
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
                self._floor.late_events["task without a contact"] += moves.heal(draft)
            return moves.pass_time(draft, gone, self._floor.rules)

        await self._floor.change(act)
        self._floor.ledger.write()

    def _is_in(self, agent_id: str) -> bool:
        """Whether the loss of his page can still mean anything."""
        agent = self._book.agents.get(agent_id)
        return agent is not None and (agent.stance is not Stance.LOGGED_OUT or bool(agent.tasks))

    # What people do -----------------------------------------------------------------------------------------------

    async def page_opened(self, agent_id: str, tab: str) -> None:
        """The agent's page is live. Another tab than the one that talked means that the old page, and its leg, is gone."""
        self._known_agent(agent_id)
        reloaded = self._presence.opened(agent_id, tab)

        def act(draft: Draft) -> Sequence[Command]:
            agent = draft.tell_agent(agent_id, agent_events.PageChanged(draft.now, True))
            calls = (draft.open_contact(t.contact_id) for t in agent.tasks if t.kind is ChannelKind.VOICE)
            talking = [call for call in calls if call is not None and call.state in TALKING_STATES]
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
        self._known_agent(agent_id)

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

    async def accept(self, agent_id: str, contact_id: str) -> None:
        """Take an offered text contact; a call is answered in the softphone. Again is no harm."""

        def act(draft: Draft) -> Sequence[Command]:
            contact = self._own_contact(agent_id, contact_id)
            if contact.kind is ChannelKind.VOICE:
                raise NotAllowedNow("a call is answered in the softphone")
            return () if contact.state in TALKING_STATES else moves.accept(draft, contact)

        await self._floor.ask(act)

    async def decline(self, agent_id: str, contact_id: str) -> None:
        await self._floor.ask(
            lambda draft: moves.miss(draft, self._own_contact(agent_id, contact_id), OfferFailure.DECLINED)
        )

    async def hang_up(self, agent_id: str, contact_id: str) -> None:
        """End the talk. A call's own wire reports its end, which moves the states; a talk that is over already stays over."""
        contact = self._own_contact(agent_id, contact_id)
        if contact.state is ContactState.OFFERED:
            raise NotAllowedNow("an offer is declined, not hung up")
        if contact.state not in TALKING_STATES:
            return
        if contact.kind is ChannelKind.VOICE:
            failpoint("before_agent_hangs_up")
            await self._floor.channels[contact.kind].hang_up(contact)
            failpoint("after_agent_hangs_up")
            return

        def act(draft: Draft) -> Sequence[Command]:
            mine = self._own_contact(agent_id, contact_id)
            ended = contact_events.TalkEnded(draft.now)
            return [HangUp(mine), *moves.end(draft, mine, ended, self._floor.rules)]

        await self._floor.ask(act)

    async def rejoin(self, agent_id: str, contact_id: str) -> None:
        """The agent's page hears nothing any more: let go of its leg and join the two again, as after a reload."""

        def act(draft: Draft) -> Sequence[Command]:
            contact = self._own_contact(agent_id, contact_id)
            if contact.kind is not ChannelKind.VOICE or contact.state not in TALKING_STATES:
                raise NotAllowedNow("there is no talk that could go on")
            back = moves.break_leg(draft, contact)
            return [*back, *moves.rejoin(draft, draft.contact(contact_id), self._floor.rules)]

        await self._floor.ask(act)

    async def pause_recording(self, agent_id: str, contact_id: str) -> datetime:
        """Mask what is said from now on. Returns when it will be recorded again by itself; raises NotAllowedNow when it is not masked."""
        await self._floor.ask(
            lambda draft: moves.pause_recording(draft, self._own_contact(agent_id, contact_id)),
        )
        contact = self._own_contact(agent_id, contact_id)
        if not is_open(contact.masks):
            raise NotAllowedNow("the recording could not be paused")
        return contact.masks[-1].end

    async def resume_recording(self, agent_id: str, contact_id: str) -> None:
        """Let it be recorded again. Again is no harm."""

        def act(draft: Draft) -> Sequence[Command]:
            contact = self._own_contact(agent_id, contact_id)
            return moves.resume_recording(draft, contact) if is_open(contact.masks) else ()

        await self._floor.ask(act)

    async def transfer(
        self, agent_id: str, contact_id: str, *, queue: str | None = None, agent: str | None = None
    ) -> None:
        """Pass the customer on into a queue, or to one agent who is at work (in the queue the contact is in, or one of his own)."""

        def act(draft: Draft) -> Sequence[Command]:
            contact = self._own_contact(agent_id, contact_id)
            goes_to = self._target_queue(draft, contact, queue, agent)
            return moves.transfer(draft, contact, goes_to, agent)

        await self._floor.ask(act)

    def _target_queue(self, draft: Draft, contact: Contact, queue: str | None, to_agent: str | None) -> str:
        """Raises NotAllowedNow for a queue that is not there, and for an agent who is not at work."""
        if to_agent is None:
            if queue not in self.setup.queues:
                raise NotAllowedNow("there is no such queue")
            return str(queue)
        agent = draft.known_agent(to_agent)
        if agent is None or agent.id == contact.agent_id or agent.stance is not Stance.READY or not agent.reachable:
            raise NotAllowedNow("this operator is not at work")
        if not agent.queues or agent.capacity.limit(contact.kind) == 0:
            raise NotAllowedNow("this operator takes no such contacts")
        return contact.queue if contact.queue in agent.queues else min(agent.queues)

    async def choose_customer(self, contact_id: str, customer_id: str | None, order_id: str | None) -> None:
        def act(draft: Draft) -> None:
            if draft.open_contact(contact_id) is None:
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

    async def extend_wrap_up(self, agent_id: str, contact_id: str, seconds: float) -> None:
        self._known_agent(agent_id)

        def act(draft: Draft) -> None:
            task = draft.agent(agent_id).task(contact_id)
            if task is None or task.phase is not TaskPhase.WRAP_UP:
                raise NotAllowedNow("there is no wrap-up to extend")
            until = (task.until or draft.now) + timedelta(seconds=seconds)
            draft.tell_agent(agent_id, agent_events.WrapUpExtended(draft.now, contact_id, until))

        await self._floor.ask(act)

    async def settle(self) -> None:
        """Wait for what runs in the background: the journal's writing, and follow-ups."""
        await self._floor.ledger.durable()
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
