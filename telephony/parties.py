"""The parties of a talk with a third: a room (ConfBridge) in which whoever talks is, and music for whoever is held.

A talk is in the bridge of its Dial until a third is called; from then on operator and customer meet in the room, until the talk ends.
The dialplan keeps the promises without us: who is on music goes to the fallback, a room without an operator ends (cc-room, cc-side).
"""

import logging
from collections.abc import Callable, Sequence

from ..queue.channel import AttemptOutcome, CallSign, NotDone
from ..queue.commands import ArrangeParties, CallThird, DropThird, PartyCommand, SendAway
from ..queue.contact import Contact
from ..queue.desk import Desk
from ..queue.third import Third
from .ami_events import LiveChannel
from .call import DialedCall
from .placed_calls import NotDialable, PlacedCalls
from .wire import Wire

log = logging.getLogger(__name__)

RING_S = 25.0
THIRD_STATE = "third"


class Parties:
    """`way` names the trunk and the number to show for a number outside. Fits the dialer's `Dialing` for the thirds' calls."""

    def __init__(self, desk: Desk, wire: Wire, placed: PlacedCalls, way: Callable[[str], tuple[str, str]]) -> None:
        self._desk = desk
        self._wire = wire
        self._placed = placed
        self._way = way
        self._rooms: set[str] = set()
        self._on_music: set[str] = set()

    async def perform(self, command: PartyCommand) -> None:
        """Raises WireDown, and NotDone when the third cannot be called."""
        match command:
            case CallThird(contact, agent):
                await self._open(contact, agent.sip_name)
                await self._dial(contact)
            case ArrangeParties(contact):
                await self._arrange(contact)
            case DropThird(contact) if contact.third is not None:
                await self._placed.cancel(contact.third.id)
            case SendAway(contact) if contact.third is not None:
                await self._send_away(contact, contact.third)

    async def _open(self, contact: Contact, sip_name: str) -> None:
        """Out of the Dial, both at once: the customer to the music, the operator into the room."""
        key = contact.wire_key
        if key in self._rooms:
            await self._place(key, held=True, variables={"CC_STATE": f"side-{sip_name}"})
            return
        customer, operator = self._wire.names.get(key), self._wire.operators.get(key)
        if customer is None or operator is None:
            raise NotDone
        for channel, name, value in (
            (customer, "CC_STATE", f"side-{sip_name}"),
            (customer, "CC_ROOM", contact.id),
            (operator, "CC_ROOM", contact.id),
            (operator, "CC_MARKED", "yes"),
        ):
            await self._wire.told(self._wire.link.setvar(channel, name, value))
        moved = await self._wire.told(
            self._wire.link.redirect_both(customer, ("cc-side", "s"), operator, ("cc-room", "s"))
        )
        if not moved.ok:
            raise NotDone
        self._rooms.add(key)
        self._on_music.add(key)

    async def _dial(self, contact: Contact) -> None:
        third = contact.third
        if third is None:
            return
        if third.agent_id is not None:
            await self._ring(third, contact)
            return
        trunk, shown = self._way(third.number)
        try:
            placed = await self._placed.place(
                third.id, third.number, self, ring_timeout_s=RING_S, trunk=trunk, caller_id=shown, charged=True
            )
        except NotDialable as refusal:
            raise NotDone from refusal
        if not placed:
            raise NotDone

    async def _ring(self, third: Third, contact: Contact) -> None:
        agent = self._desk.agent(str(third.agent_id))
        if agent is None:
            raise NotDone
        self._placed.adopt(DialedCall(third.id, RING_S), self)
        variables = {"__CC_CALL": third.id, "PJSIP_HEADER(add,X-CC-Third)": contact.id}
        reply = await self._wire.told(
            self._wire.link.originate(f"PJSIP/{agent.sip_name}", third.id, "cc-out", "s", variables, timeout_s=RING_S)
        )
        if not reply.ok:
            raise NotDone

    async def _arrange(self, contact: Contact) -> None:
        key, third = contact.wire_key, contact.third
        agent = self._desk.agent(contact.agent_id or "")
        if key not in self._rooms or agent is None:
            return
        customer_held = third is not None and third.customer_held
        state = f"{'side' if customer_held else 'talk'}-{agent.sip_name}"
        await self._place(key, held=customer_held, variables={"CC_STATE": state})
        if third is not None and third.answered:
            await self._place(self._wire.key_of(third.id), held=third.held, variables={"CC_STATE": THIRD_STATE})

    async def _place(self, key: str, *, held: bool, variables: dict[str, str]) -> None:
        """Into the room, or to the music; who is there already stays."""
        if held == (key in self._on_music):
            return
        (self._on_music.add if held else self._on_music.discard)(key)
        await self._wire.move(key, "cc-side" if held else "cc-room", "s", variables)

    async def _send_away(self, contact: Contact, third: Third) -> None:
        """Customer and third talk on by themselves; only then the operator's leg goes."""
        name = self._wire.names.get(self._wire.key_of(third.id), "")
        await self._place(self._wire.key_of(third.id), held=True, variables={"CC_STATE": THIRD_STATE})
        await self._wire.move(contact.wire_key, "cc-away", "s", {"CC_WITH": name})
        await self.operator_goes(contact.wire_key)
        self._forget(contact.wire_key, third.id)

    # What happens ----------------------------------------------------------------------------------------------------

    async def operator_goes(self, key: str) -> None:
        """The talk with this operator is over: a leg in a room does not end with the customer's, as one in a Dial does."""
        operator = self._wire.operators.get(key)
        if key in self._rooms and operator is not None:
            self._rooms.discard(key)
            self._on_music.discard(key)
            await self._wire.told(self._wire.link.hangup(operator))

    async def customer_gone(self, key: str) -> None:
        await self.operator_goes(key)
        self._forget(key)

    async def operator_gone(self, key: str) -> None:
        """His leg has ended. A customer who hears music meanwhile is not told by the room."""
        on_music = key in self._on_music
        self._forget(key)
        contact = self._desk.contact_by_wire(key)
        if contact is not None and contact.third is not None:
            await self._placed.cancel(contact.third.id)
            if on_music:
                await self._wire.move(key, "cc-announce", "hold", {"CC_SAY": "reconnecting"})
                await self._desk.leg_broke(
                    key
                )  # which may offer him again at once: his leg must be where an offer finds it

    async def resync(self, channels: Sequence[LiveChannel]) -> None:
        """After a gap: who is in a room, who hears music, and which thirds are gone."""
        by_key = {f"{one.channel.node}/{one.channel.boot_id}/{one.channel.uniqueid}": one for one in channels}
        rooms = {one.name for one in channels if one.application == "ConfBridge"}
        self._rooms = {key for key, name in self._wire.operators.items() if name in rooms}
        self._on_music = {key for key, one in by_key.items() if one.variables.get("CC_STATE", "").startswith("side-")}
        self._rooms |= self._on_music
        for contact in self._desk.thirds.all():
            if contact.third is None:
                continue
            if self._wire.key_of(contact.third.id) not in by_key:
                await self._desk.thirds.gone(contact.third.id, "noticed_late")
            else:
                call = DialedCall(contact.third.id, RING_S, rang=True, answered=contact.third.answered)
                self._placed.adopt(call, self)

    def _forget(self, *keys: str) -> None:
        for key in keys:
            self._rooms.discard(key)
            self._on_music.discard(key)

    # Dialing: what becomes of a third's call ---------------------------------------------------------------------------

    async def on_sign(self, attempt_id: str, sign: CallSign, key: str) -> None:
        """A ring is no news here."""

    async def on_answered(self, attempt_id: str, key: str) -> None:
        contact = self._desk.thirds.asked_by(attempt_id)
        if contact is None:
            await self._placed.cancel(attempt_id)
            return
        await self._wire.move(key, "cc-room", "s", {"CC_STATE": THIRD_STATE, "CC_ROOM": contact.id})
        await self._desk.thirds.answered(attempt_id)

    async def on_ended(self, attempt_id: str, outcome: AttemptOutcome, cause: int, tech_cause: str) -> None:
        self._on_music.discard(self._wire.key_of(attempt_id))
        await self._desk.thirds.gone(attempt_id, outcome.value)
