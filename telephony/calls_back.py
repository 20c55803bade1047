"""Calls back to customers who kept their place in the queue instead of waiting on the line.

Such a contact waits under the wire key `callback/<contact id>` and is offered like any other. The offer dials the customer: the
committed offer is the order to dial, and its channel's id follows from it, so that it is never dialed twice. Who answers is
rung through to the agent who is reserved for him.
"""

import uuid
from collections.abc import Awaitable, Callable, Mapping

from ..queue.agent import Agent
from ..queue.channel import AttemptOutcome, CallSign, OfferFailure
from ..queue.contact import Contact, ContactState
from ..queue.desk import Desk
from .ami_events import LiveChannel
from .call import DialedCall
from .legs import key_of
from .placed_calls import NotDialable, PlacedCalls
from .wire import Wire

RING_S = 30.0
_SPACE = uuid.UUID("5f0a0c5e-5a2e-4d2f-9a0e-6d3b3c0f4b1d")

Ring = Callable[[Contact, Agent], Awaitable[None]]


def call_id(contact: Contact, tries: int | None = None) -> str:
    """The channel's id of one offer of this contact, by default of its latest."""
    return str(uuid.uuid5(_SPACE, f"{contact.id}/{contact.tries if tries is None else tries}"))


Way = Callable[[str], tuple[str, str]]
"""The trunk for a call to this number, and the number of ours to show."""


class CallsBack:
    """`ring` lets the agent's device ring for a leg that is there. Fits Dialing."""

    def __init__(self, desk: Desk, wire: Wire, placed: PlacedCalls, ring: Ring, way: Way) -> None:
        self._desk = desk
        self._wire = wire
        self._placed = placed
        self._ring = ring
        self._way = way
        self._out: dict[str, str] = {}

    async def offer(self, contact: Contact) -> None:
        """Dial the customer. Raises WireDown when it is not known whether that was done."""
        attempt_id = call_id(contact)
        if attempt_id in self._placed:
            return
        self._out[attempt_id] = contact.wire_key
        trunk, shown = self._way(contact.address)
        try:
            taken = await self._placed.place(
                attempt_id,
                contact.address,
                self,
                ring_timeout_s=RING_S,
                trunk=trunk,
                caller_id=shown,
                charged=True,
            )
        except NotDialable:
            taken = False
        if not taken:
            await self._unreached(attempt_id)

    async def withdraw(self, contact: Contact) -> None:
        """Stop calling him."""
        await self._placed.cancel(call_id(contact))

    async def on_answered(self, attempt_id: str, wire_key: str) -> None:
        """From now on the contact is this leg. Nobody reserved for him any more: the dialplan apologises."""
        kept = self._out.pop(attempt_id, "")
        if self._offered(attempt_id, kept) is None:
            return
        await self._desk.reached(kept, wire_key)
        contact = self._desk.contact_by_wire(wire_key)
        agent = self._desk.agent(contact.agent_id or "") if contact else None
        if contact is not None and agent is not None and contact.state is ContactState.OFFERED:
            await self._ring(contact, agent)

    async def on_sign(self, attempt_id: str, sign: CallSign, wire_key: str) -> None:
        """Nothing follows: an agent is reserved for him."""

    async def on_ended(self, attempt_id: str, outcome: AttemptOutcome, cause: int, tech_cause: str) -> None:
        if outcome is not AttemptOutcome.CANCELLED:
            await self._unreached(attempt_id)
        self._out.pop(attempt_id, None)

    async def _unreached(self, attempt_id: str) -> None:
        kept = self._out.pop(attempt_id, "")
        if self._offered(attempt_id, kept) is not None:
            await self._desk.offer_failed(kept, OfferFailure.UNREACHABLE_CUSTOMER)

    def _offered(self, attempt_id: str, wire_key: str) -> Contact | None:
        """The contact, while this very call is its offer."""
        contact = self._desk.contact_by_wire(wire_key)
        if contact is None or contact.state is not ContactState.OFFERED or call_id(contact) != attempt_id:
            return None
        return contact

    async def resync(self, channels: Mapping[str, LiveChannel]) -> None:
        """After a gap: an offer whose call lives (by unique id) is taken up, one without a call has failed, and a call of an
        offer that was taken back meanwhile ends."""
        for contact in [contact for contact in self._desk.contacts() if contact.is_kept_place]:
            latest = call_id(contact)
            for tries in range(1, contact.tries + 1):
                attempt_id = call_id(contact, tries)
                wanted = attempt_id == latest and contact.state is ContactState.OFFERED
                if attempt_id in channels and not wanted:
                    await self._wire.told(self._wire.link.hangup(channels[attempt_id].name))
            if contact.state is ContactState.OFFERED:
                await self._take_up(latest, contact, channels.get(latest))

    async def _take_up(self, attempt_id: str, contact: Contact, channel: LiveChannel | None) -> None:
        self._out[attempt_id] = contact.wire_key
        if channel is None:
            await self._unreached(attempt_id)
            return
        if attempt_id not in self._placed:
            self._placed.adopt(DialedCall(attempt_id, RING_S, rang=True), self)
        if channel.variables.get("CC_STATE") == "answered":
            await self._placed.answered(attempt_id, key_of(channel.channel))
