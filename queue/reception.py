"""The reception: what wires report. They repeat themselves and lose words, so a late or doubled report is counted and forgiven."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from ..storage.ids import Ids
from . import agent as agent_events
from . import contact as contact_events
from . import moves
from .book import Draft
from .channel import Arrival, ChannelKind, OfferFailure
from .contact import Contact, ContactState
from .floor import Floor
from .moves import Command
from .reconcile import LiveLeg, discrepancies

Identify = Callable[[Arrival], Awaitable[tuple[str | None, str | None]]]


class Reception:
    """`identify` finds an arrival's customer and order."""

    def __init__(self, floor: Floor, ids: Ids, identify: Identify) -> None:
        self._floor = floor
        self._ids = ids
        self._identify = identify
        self._doubted: dict[str, Contact] = {}

    async def wire_changed(self, kind: ChannelKind, *, up: bool) -> None:
        """A wire can, or cannot, be told what to do; without it nothing is offered on it."""
        (self._floor.wires_up.add if up else self._floor.wires_up.discard)(kind)
        if up:
            await self._floor.change(lambda draft: None)

    async def arrive(self, arrival: Arrival) -> Contact:
        """A contact came. The same wire key again is the same contact."""
        known = await self._known_arrival(arrival)
        if known is not None:
            return known
        if arrival.customer_id is None:
            arrival = moves.with_customer(arrival, *await self._identify(arrival))
        contact_id = self._ids()

        def act(draft: Draft) -> Sequence[Command]:
            if self._floor.contact_by_wire(arrival.wire_key) is not None:
                return ()
            return moves.begin(draft, contact_id, arrival, self._floor.rules)

        await self._floor.change(act)
        arrived = await self._known_arrival(arrival)
        if arrived is None:
            raise RuntimeError("an arrival was committed and is not there")
        return arrived

    async def _known_arrival(self, arrival: Arrival) -> Contact | None:
        return self._floor.contact_by_wire(arrival.wire_key) or await self._floor.journal.contact_by_wire(
            arrival.wire_key
        )

    async def talk_began(self, wire_key: str, agent_id: str) -> None:
        await self._floor.hear(wire_key, lambda draft, contact: moves.connect(draft, contact, agent_id))

    async def offer_failed(self, wire_key: str, reason: OfferFailure) -> None:
        """The agent's device says no, or said nothing. The wire itself has put the customer back already."""

        def act(draft: Draft, contact: Contact) -> None:
            moves.miss(draft, contact, reason)

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

    async def customer_left(self, wire_key: str, reason: str) -> None:
        def act(draft: Draft, contact: Contact) -> Sequence[Command]:
            if contact.state is ContactState.WRAP_UP:
                return ()
            return moves.end(draft, contact, contact_events.CustomerLeft(draft.now, reason), self._floor.rules)

        await self._floor.hear(wire_key, act)

    async def reconcile(self, kind: ChannelKind, legs: Mapping[str, LiveLeg], alive: str) -> None:
        """After a gap: believe the wire. `alive` begins the wire keys of its present life; contacts of an earlier one are lost."""
        await self._floor.change(
            lambda draft: moves.correct(draft, self._of_kind(kind), legs, alive, self._floor.rules)
        )

    async def check(self, kind: ChannelKind, legs: Mapping[str, LiveLeg], alive: str) -> None:
        """While all is well: look whether an event was lost. What the wire shows may be a moment older than the book, so only a
        contact that disagreed at the last check already, and has not moved since, is corrected."""
        now = self._floor.clock.now()
        ours = self._of_kind(kind)
        doubted = {contact_id for contact_id, _event in discrepancies(ours, legs, alive, now)}
        again = [contact for contact in ours if self._doubted.get(contact.id) is contact and contact.id in doubted]
        self._doubted = {contact.id: contact for contact in ours if contact.id in doubted}
        if again:
            self._floor.late_events["lost, found by a check"] += len(again)
            await self._floor.change(lambda draft: moves.correct(draft, again, legs, alive, self._floor.rules))

    def _of_kind(self, kind: ChannelKind) -> list[Contact]:
        return [contact for contact in self._floor.book.contacts.values() if contact.kind is kind]

    async def device_changed(self, agent_id: str, *, up: bool) -> None:
        """The agent's softphone is registered with Asterisk, or no longer."""

        def act(draft: Draft) -> None:
            if draft.agent(agent_id).device_up != up:
                draft.tell_agent(agent_id, agent_events.DeviceChanged(draft.now, up))

        if agent_id in self._floor.book.agents:
            await self._floor.change(act)
