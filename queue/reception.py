"""The reception: what wires report. They repeat themselves and lose words, so a late or doubled report is counted and forgiven."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ..storage.ids import Ids
from . import agent as agent_events
from . import contact_events, gap_moves, moves, past, placing
from .agent import Stance
from .book import Draft
from .channel import Arrival, ChannelKind, OfferFailure
from .commands import Command
from .contact import Contact, ContactState
from .floor import Floor
from .reconcile import LiveLeg, discrepancies
from .setup import Lift


@dataclass(frozen=True, slots=True)
class Known:
    """What the shop knows of an arrival: the customer, the order it is about, and what moves it forward."""

    customer_id: str | None = None
    order_id: str | None = None
    lifts: frozenset[Lift] = frozenset()


Identify = Callable[[Arrival], Awaitable[Known]]


class Reception:
    """`identify` finds an arrival's customer and order."""

    def __init__(self, floor: Floor, ids: Ids, identify: Identify) -> None:
        self._floor = floor
        self._ids = ids
        self._identify = identify
        self._doubted: dict[ChannelKind, dict[str, Contact]] = {}

    async def wire_changed(self, kind: ChannelKind, *, up: bool) -> None:
        """A wire can, or cannot, be told what to do; without it nothing is offered on it."""
        (self._floor.wires_up.add if up else self._floor.wires_up.discard)(kind)
        await self._floor.change(
            lambda draft: draft.lineup.look_at_all()
        )  # hands kept for a wire that is down are free

    async def arrive(self, arrival: Arrival) -> Contact:
        """A contact came. The same wire key again is the same contact."""
        known = await self._known_arrival(arrival)
        if known is not None:
            return known
        arrival = await self._identified(arrival)
        contact_id, own_agent = self._ids(), await self._last_agent(arrival)

        def act(draft: Draft) -> Sequence[Command]:
            if self._floor.contact_by_wire(arrival.wire_key) is not None:
                return ()
            return moves.begin(draft, contact_id, self._sticky(draft, arrival, own_agent), self._floor.rules)

        await self._floor.change(act)
        arrived = await self._known_arrival(arrival)
        if arrived is None:
            raise RuntimeError("an arrival was committed and is not there")
        return arrived

    async def _identified(self, arrival: Arrival) -> Arrival:
        if arrival.customer_id is not None:
            return arrival
        known_as = await self._identify(arrival)
        lifts = sorted(lift.value for lift in known_as.lifts)
        return moves.with_customer(arrival, known_as.customer_id, known_as.order_id, lifts)

    async def remember(self, arrival: Arrival, happened: past.Past) -> None:
        """A call that was on its own while nobody led. Told again, and of a contact that has ended, it changes nothing."""
        if await self._known_arrival(arrival) is None:
            arrival = await self._identified(arrival)
        elif self._floor.contact_by_wire(arrival.wire_key) is None:
            return
        contact_id = self._ids()

        def act(draft: Draft) -> Sequence[Command]:
            known = self._floor.contact_by_wire(arrival.wire_key)
            contact = known or past.begin(draft, contact_id, arrival, happened)
            return past.catch_up(draft, contact, happened, self._floor.rules)

        await self._floor.change(act)

    async def _last_agent(self, arrival: Arrival) -> str | None:
        """Who talked with this customer lately, where the queue lets him wait for that agent."""
        rules = self._floor.setup.rules(arrival.queue)
        if rules.sticky_s <= 0 or arrival.customer_id is None or arrival.for_agent is not None:
            return None
        if arrival.attempt_id is not None:  # we called: he is to have whoever is free, at once
            return None
        since = self._floor.clock.now() - timedelta(days=rules.sticky_days)
        return await self._floor.journal.last_agent_of(arrival.customer_id, since)

    def _sticky(self, draft: Draft, arrival: Arrival, own_agent: str | None) -> Arrival:
        """Wait for one's own agent only while he is at work."""
        agent = draft.known_agent(own_agent)
        if agent is None or agent.stance is not Stance.READY or not agent.reachable:
            return arrival
        return replace(arrival, for_agent=agent.id, personal_s=self._floor.setup.rules(arrival.queue).sticky_s)

    async def _known_arrival(self, arrival: Arrival) -> Contact | None:
        """Who is told that it came is told a truth, and what has just ended is in the journal only."""
        await self._floor.ledger.durable()
        known = self._floor.contact_by_wire(arrival.wire_key)
        return known or await self._floor.journal.contact_by_wire(arrival.wire_key)

    async def talk_began(self, wire_key: str, agent_id: str) -> None:
        await self._floor.hear(wire_key, lambda draft, contact: moves.connect(draft, contact, agent_id))

    async def offer_failed(self, wire_key: str, reason: OfferFailure, agent_id: str | None = None) -> None:
        """The agent's device says no, or said nothing. The wire itself has put the customer back already.

        Where `agent_id` names him, news of an offer that was declined at the desk meanwhile does not end the next one's.
        """

        def act(draft: Draft, contact: Contact) -> Sequence[Command]:
            if agent_id is not None and contact.agent_id not in (None, agent_id):
                return ()
            if contact.is_kept_place and reason is OfferFailure.UNREACHABLE_CUSTOMER:
                return moves.unreached(draft, contact, self._floor.rules)
            moves.miss(draft, contact, reason)
            return ()

        await self._floor.hear(wire_key, act)

    async def hold_changed(self, wire_key: str, *, held: bool) -> None:
        def act(draft: Draft, contact: Contact) -> None:
            draft.tell_contact(contact.id, contact_events.HoldChanged(draft.now, held))

        await self._floor.hear(wire_key, act)

    async def talk_ended(self, wire_key: str) -> None:
        """Agent and customer have parted."""
        await self._floor.hear(
            wire_key,
            lambda draft, contact: moves.end(draft, contact, contact_events.TalkEnded(draft.now), self._floor.rules),
        )

    async def leg_broke(self, wire_key: str) -> None:
        """The agent's leg is gone and nobody hung it up; the wire itself has put the customer on hold already."""

        def act(draft: Draft, contact: Contact) -> Sequence[Command]:
            moves.break_leg(draft, contact)
            return moves.rejoin(draft, draft.contact(contact.id), self._floor.rules)

        await self._floor.hear(wire_key, act)

    async def reached(self, wire_key: str, new_wire_key: str) -> None:
        """The customer of a kept place answered: from now on he is on that leg."""

        def act(draft: Draft, contact: Contact) -> None:
            draft.tell_contact(contact.id, contact_events.Reached(draft.now, new_wire_key))

        await self._floor.hear(wire_key, act)

    async def keep_place(self, wire_key: str, number: str) -> Contact | None:
        """A waiting caller wants to be called back at `number` (E.164) when his turn comes. None when he waits no more."""
        new_id = self._ids()

        def act(draft: Draft, contact: Contact) -> Sequence[Command]:
            return placing.keep_place(draft, contact, new_id, number)

        await self._floor.hear(wire_key, act)
        return self._floor.book.contacts.get(new_id)

    async def hold_back(self, wire_key: str, until: datetime | None) -> bool:
        """A waiting caller is busy with something else until then, or (None) is there again. False when he does not wait."""

        def act(draft: Draft, contact: Contact) -> None:
            if contact.parked_by is None:  # who is parked waits for nobody anyway
                draft.tell_contact(contact.id, contact_events.HeldBack(draft.now, until))

        await self._floor.hear(wire_key, act)
        contact = self._floor.contact_by_wire(wire_key)
        return contact is not None and contact.state is ContactState.QUEUED and contact.not_before == until

    async def call_booked(self, wire_key: str) -> None:
        """A waiting caller has booked a call: he need not wait."""

        def act(draft: Draft, contact: Contact) -> Sequence[Command]:
            return placing.call_booked(draft, contact)

        await self._floor.hear(wire_key, act)

    async def customer_left(self, wire_key: str, reason: str) -> None:
        def act(draft: Draft, contact: Contact) -> Sequence[Command]:
            if contact.state is ContactState.WRAP_UP:
                return ()
            return moves.end(draft, contact, contact_events.CustomerLeft(draft.now, reason), self._floor.rules)

        await self._floor.hear(wire_key, act)

    async def reconcile(self, kind: ChannelKind, legs: Mapping[str, LiveLeg], alive: str) -> None:
        """After a gap: believe the wire. `alive` begins the wire keys of its present life; contacts of an earlier one are lost."""
        await self._floor.change(
            lambda draft: gap_moves.correct(draft, self._of_kind(kind), legs, alive, self._floor.rules)
        )

    async def check(self, kind: ChannelKind, legs: Mapping[str, LiveLeg], alive: str) -> None:
        """While all is well: look whether an event was lost. What the wire shows may be a moment older than the book, so only a
        contact that disagreed at the last check already, and has not moved since, is corrected."""
        now = self._floor.clock.now()
        ours = self._of_kind(kind)
        doubted = {contact_id for contact_id, _event in discrepancies(ours, legs, alive, now)}
        before = self._doubted.get(kind, {})
        again = [contact for contact in ours if before.get(contact.id) is contact and contact.id in doubted]
        self._doubted[kind] = {contact.id: contact for contact in ours if contact.id in doubted}
        if again:
            self._floor.late_events["lost, found by a check"] += len(again)
            await self._floor.change(lambda draft: gap_moves.correct(draft, again, legs, alive, self._floor.rules))

    def _of_kind(self, kind: ChannelKind) -> list[Contact]:
        return [contact for contact in self._floor.book.contacts.values() if contact.kind is kind]

    async def device_changed(self, agent_id: str, *, up: bool) -> None:
        """The agent's softphone is registered with Asterisk, or no longer."""

        def act(draft: Draft) -> Sequence[Command]:
            if draft.agent(agent_id).device_up == up:
                return ()
            draft.tell_agent(agent_id, agent_events.DeviceChanged(draft.now, up))
            return moves.rejoin_all(draft, agent_id, self._floor.rules) if up else ()

        if agent_id in self._floor.book.agents:
            await self._floor.change(act)
