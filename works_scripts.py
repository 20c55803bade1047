"""Dialog scripts, part of the works: what is so in a talk, and what a script may do in the house."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from .dialer.booking_slots import Slot
from .dialer.callback_wish import Offers, free_slots
from .dialer.lead import Lead
from .dialer.spoken_time import NotUnderstood, understand
from .knowledge.actions import ActionRefused
from .knowledge.runs import Runs
from .knowledge.script import BookCallback, ChangeStatus, Command, OpenClaim, SendTemplate, SetField
from .knowledge.script_choice import Situation
from .knowledge.store import ScriptStore
from .queue.contact import Contact
from .queue.floor import NotAllowedNow
from .shop.customer import Customer
from .shop.order import Order, OrderChanged, OrderClosed, OrderEdit, OrderRefused, OrderStatus
from .shop.phone import zone_of
from .storage.clock import Clock
from .storage.database import Database

MOST_TRIES = 3

AgreeCall = Callable[[str, datetime | None], Awaitable[None]]
"""A contact was promised a call then (queue/desk.py `agree_call` fits)."""
LeadOf = Callable[[str], Awaitable[Lead | None]]


class Shop(Protocol):
    """The shop, as a script needs it (shop/store.py fits)."""

    async def order(self, order_id: str) -> Order | None: ...

    async def customer(self, customer_id: str) -> Customer | None: ...

    async def edit_order(
        self, order_id: str, edit: OrderEdit, actor_id: str | None, expected_version: int
    ) -> Order: ...

    async def add_note(self, customer_id: str, text: str, author_id: str | None) -> None: ...


class Diary(Protocol):
    """What calls can be promised (dialer/bookings.py fits)."""

    async def bears(self, queue: str, starts_at: datetime) -> bool: ...

    @property
    def offers(self) -> Offers: ...


class Claims(Protocol):
    """Where claims are opened."""

    async def open(self, contact: Contact, kind: str, text: str, actor_id: str) -> str: ...


class ClaimsAsNotes:
    """Until there is a room for casework: a claim is a note in the customer's history, so that it is not lost."""

    def __init__(self, shop: Shop, word: str) -> None:
        self._shop, self._word = shop, word

    async def open(self, contact: Contact, _kind: str, text: str, actor_id: str) -> str:
        if contact.customer_id is None:
            raise ActionRefused("choose the customer first")
        await self._shop.add_note(contact.customer_id, f"{self._word}: {text}", actor_id)
        return ""


class TalkActions:
    """What a script does, done (knowledge/actions.py). Templates are to come: none is known, so no script may name one."""

    def __init__(
        self, shop: Shop, diary: Diary, agree_call: AgreeCall, claims: Claims, clock: Clock, home_zone: str
    ) -> None:
        self._shop, self._diary, self._agree_call = shop, diary, agree_call
        self._claims, self._clock, self._home_zone = claims, clock, home_zone

    async def carry_out(self, command: Command, contact: Contact, actor_id: str) -> str:
        match command:
            case SetField(field, value):
                return await self._edit(contact, OrderEdit(**{field: value}), actor_id)  # type: ignore[arg-type]
            case ChangeStatus(status, reason):
                wanted = OrderStatus(status)
                return await self._edit(
                    contact,
                    OrderEdit(status=wanted, cancel_reason=reason if wanted is OrderStatus.CANCELLED else None),
                    actor_id,
                )
            case BookCallback(when):
                return await self._agree(contact, when)
            case OpenClaim(kind, text):
                return await self._claims.open(contact, kind, text, actor_id)
            case SendTemplate():
                raise ActionRefused("there are no templates here yet")

    async def _edit(self, contact: Contact, edit: OrderEdit, actor_id: str) -> str:
        for _ in range(MOST_TRIES):
            order = await self._shop.order(contact.order_id) if contact.order_id else None
            if order is None:
                raise ActionRefused("choose the order first")
            try:
                await self._shop.edit_order(order.id, edit, actor_id, order.version)
                return ""
            except OrderChanged:
                continue  # somebody else's change of another field; ours goes on top of it
            except OrderClosed:
                raise ActionRefused("the order can no longer be changed") from None
            except OrderRefused:
                raise ActionRefused("the order's state does not allow this") from None
        raise ActionRefused("somebody else changed the order meanwhile")

    async def _agree(self, contact: Contact, when: str) -> str:
        """The half hour that is promised (ISO), held from now on. The end of the talk makes a lead of it (dialer/intake.py)."""
        zone = await self._zone(contact)
        try:
            exact = datetime.fromisoformat(when)
        except ValueError:
            return await self._first_free(contact, when, zone)
        if exact.tzinfo is None:
            raise ActionRefused("this time was not understood")
        slots = await self._diary.offers(zone, exact.astimezone(ZoneInfo(zone)).date(), contact.queue)
        return await self._hold(contact, [slot for slot in slots if slot.free and slot.window.starts_at == exact])

    async def _hold(self, contact: Contact, slots: Iterable[Slot]) -> str:
        """The first of these that can still be promised is held for this talk: it is taken first and looked at then, so that of two who
        want the last place at once neither gets it beyond what it bears."""
        for slot in slots:
            at = slot.window.starts_at
            try:
                await self._agree_call(contact.id, at)
                if await self._diary.bears(contact.queue, at):
                    return at.isoformat()
                await self._agree_call(contact.id, contact.callback_at)
            except NotAllowedNow:
                raise ActionRefused("the talk is over") from None
        raise ActionRefused("no call can be promised at that time; choose another")

    async def _first_free(self, contact: Contact, when: str, zone: str) -> str:
        try:
            span = understand(when, self._clock.now(), zone)
        except NotUnderstood:
            raise ActionRefused("this time was not understood") from None
        return await self._hold(contact, await free_slots(self._diary.offers, contact.queue, span))

    async def _zone(self, contact: Contact) -> str:
        customer = await self._shop.customer(contact.customer_id) if contact.customer_id else None
        if customer is not None and customer.time_zone:
            return customer.time_zone
        return zone_of(contact.address, self._home_zone) if contact.address.startswith("+") else self._home_zone


def scripts_of(
    db: Database,
    clock: Clock,
    shop: Shop,
    diary: Diary,
    agree_call: AgreeCall,
    lead_of: LeadOf,
    *,
    home_zone: str,
    language: str = "ru",
    claims: Claims | None = None,
) -> Runs:
    """The house's scripts. `lead_of` gives a lead by its id; `language`: of what is written into a customer's history."""

    async def situation(contact: Contact) -> Situation:
        order = await shop.order(contact.order_id) if contact.order_id else None
        lead = await lead_of(contact.lead_id) if contact.lead_id else None
        status = "" if order is None else order.status.value
        return Situation(contact.queue, "" if lead is None else lead.campaign_id, status)

    notes = ClaimsAsNotes(shop, "Жалоба" if language == "ru" else "Claim")
    return Runs(
        ScriptStore(db, clock), TalkActions(shop, diary, agree_call, claims or notes, clock, home_zone), situation
    )
