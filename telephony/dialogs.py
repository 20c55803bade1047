"""Who is in a spoken dialog: legs are led into one, the dialog's thread asks the house, and whoever comes back waits where he stood.

While he is in a dialog his contact is held back (contact.py): it keeps its place, an operator who becomes free takes the next, and no
overflow rule cuts him off. That ends when his leg is on hold again, and at the latest by itself, so that the loss of an engine in the
middle costs nobody his turn for long.
"""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from ..queue.contact import Contact
from ..queue.desk import Desk
from ..queue.hours import is_open
from ..storage.clock import Clock
from ..storage.failpoint import failpoint
from .booking_by_phone import Booked, Booking, Outcome, Refused, Slot, Visit
from .dialog import Caller, HouseSilent
from .ivr import LONGEST_DIALOG_S, MOST_DIALOGS, AgiLine, IvrServer, Talk
from .order_by_phone import OrderTold
from .prompts import LANGUAGES
from .visits import AfterHours, after_hours, from_the_queue
from .wire import Wire

log = logging.getLogger(__name__)

T = TypeVar("T")
HOUSE_S = 5.0
HELD_BACK = timedelta(seconds=LONGEST_DIALOG_S + 120)  # what is being said at its end is said to the end
HAS_KEYS = "PJSIP/"  # the channel of a telephone; a page has no keypad


@dataclass(frozen=True, slots=True)
class Acquaintance:
    """What the house knows of a caller: his language ("" unknown), his time zone ("" unknown), and his order if there is just one."""

    language: str = ""
    time_zone: str = ""
    order: OrderTold | None = None


@dataclass(frozen=True, slots=True)
class Spoken:
    """`sounds` holds the prompts by language. `to_e164` reads a typed number ("" when it is none); `zone_of` names the time zone of a
    number, given what is known of its customer ("" nothing)."""

    sounds: Path
    acquaintance: Callable[[Contact], Awaitable[Acquaintance]]
    to_e164: Callable[[str], str]
    zone_of: Callable[[str, str], str]


class Dialogs:
    """Without `spoken`, or before `start`, nobody can be led anywhere. A booking service is attached by `attach`."""

    def __init__(self, desk: Desk, wire: Wire, clock: Clock, spoken: Spoken | None) -> None:
        self._desk, self._wire, self._clock, self._spoken = desk, wire, clock, spoken
        self._server = None if spoken is None else IvrServer(spoken.sounds, self._take_ticket)
        self._booking: Booking | None = None
        self._talks: dict[str, Talk] = {}
        self._tickets: dict[str, str] = {}
        self._led_after_hours: set[str] = set()

    def attach(self, booking: Booking) -> None:
        """From now on a time can be chosen."""
        self._booking = booking

    def start(self) -> None:
        """Without a port the house works on without dialogs."""
        if self._server is not None:
            try:
                self._server.start()
            except OSError as error:
                log.error("no spoken dialogs: %s", error.strerror)

    async def stop(self) -> None:
        """Whoever is in a dialog waits on by the dialplan."""
        if self._server is not None:
            await asyncio.to_thread(self._server.stop)

    @property
    def _is_open(self) -> bool:
        return self._server is not None and self._server.port != 0

    @property
    def offers_time(self) -> bool:
        """Whether a caller who waits may choose a time."""
        return self._is_open and self._booking is not None

    def is_in(self, key: str) -> bool:
        """Whether this leg is in a dialog, or on its way there."""
        return key in self._tickets

    # Into a dialog ------------------------------------------------------------------------------------------------------

    async def choose_time(self, contact: Contact, language: str) -> bool:
        """A caller who waits chooses a time. False when that cannot be now. Raises WireDown."""
        key = contact.wire_key
        if not (self.offers_time and self._may_lead(key)):
            return False
        known, visit, house = await self._meet(contact, waits=True)

        def talk(line: AgiLine) -> None:
            caller = Caller(line, known.language if known.language in LANGUAGES else language)
            outcome = from_the_queue(caller, house, visit, knows_language=known.language in LANGUAGES)
            if outcome is Outcome.BOOKED:
                line.goes_on("bye")

        return await self._lead(key, talk, held_until=self._clock.now() + HELD_BACK)

    async def after_hours(self, contact: Contact, language: str) -> bool:
        """A caller whom nobody answers now is told what there is for him. False when there is nothing, or he has heard it already."""
        key = contact.wire_key
        if not self._is_open or key in self._led_after_hours or not self._may_lead(key):
            return False
        known, visit, house = await self._meet(contact, waits=False)
        closed = not is_open(self._desk.setup.rules(contact.queue).hours, self._clock.now())
        offered = AfterHours(closed, self._booking is not None, known.order)
        if not offered.books and offered.order is None:
            return False

        def talk(line: AgiLine) -> None:
            caller = Caller(line, known.language if known.language in LANGUAGES else language)
            after_hours(caller, house, visit, offered, knows_language=known.language in LANGUAGES)
            line.goes_on("bye")

        if not await self._lead(key, talk):
            return False
        self._led_after_hours.add(key)
        return True

    def _may_lead(self, key: str) -> bool:
        has_keys = self._wire.names.get(key, "").startswith(HAS_KEYS)
        return has_keys and not self.is_in(key) and len(self._tickets) < MOST_DIALOGS

    async def _meet(self, contact: Contact, *, waits: bool) -> tuple[Acquaintance, Visit, "_HouseForOne"]:
        spoken = self._spoken
        assert spoken is not None
        try:
            known = await spoken.acquaintance(contact)
        except Exception:
            log.exception("a caller could not be looked up: he is asked for his language")
            known = Acquaintance()

        def zone_of(number: str) -> str:
            return spoken.zone_of(number, known.time_zone if number == contact.address else "")

        visit = Visit(contact.address, waits, spoken.to_e164, zone_of, self._clock.now)
        return known, visit, _HouseForOne(self._booking, self._desk, contact, waits, asyncio.get_running_loop())

    async def _lead(self, key: str, talk: Talk, held_until: datetime | None = None) -> bool:
        """False when an offer was quicker, or there is no such leg any more. Raises WireDown; then he waits as before."""
        ticket = secrets.token_hex(16)
        self._talks[ticket], self._tickets[key] = talk, ticket
        variables = {"CC_IVR_PORT": str(self._server.port if self._server else 0), "CC_TICKET": ticket}
        led = False
        try:
            if held_until is None or await self._desk.hold_back(key, held_until):
                led = await self._wire.move(key, "cc-ivr", "s", variables)
        finally:
            if not led:
                await self.waits_again(key)
        return led

    def _take_ticket(self, ticket: str) -> Talk | None:
        """In a dialog's thread. Each ticket is good once."""
        return self._talks.pop(ticket, None)

    # Out of it ----------------------------------------------------------------------------------------------------------

    async def waits_again(self, key: str, ticket: str | None = None) -> None:
        """The leg is on hold. `ticket` is the last dialog that it has been through, None for whatever it was: one that is just being led
        into a dialog may be reported on hold a moment later."""
        current = self._tickets.get(key)
        if current is not None and ticket not in (None, current):
            return
        self._forget(key)
        contact = self._desk.contact_by_wire(key)
        if contact is not None and contact.not_before is not None:
            await self._desk.hold_back(key, None)

    def left(self, key: str) -> None:
        self._forget(key)
        self._led_after_hours.discard(key)

    def only(self, keys: Sequence[str]) -> None:
        """After a gap: the legs that live."""
        for key in [*self._tickets.keys() - set(keys), *self._led_after_hours - set(keys)]:
            self.left(key)

    def _forget(self, key: str) -> None:
        self._talks.pop(self._tickets.pop(key, ""), None)


class _HouseForOne:
    """House (booking_by_phone.py) for one caller: the dialog's thread asks, the engine's loop answers within HOUSE_S."""

    def __init__(
        self,
        booking: Booking | None,
        desk: Desk,
        contact: Contact,
        waits: bool,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._booking, self._desk, self._contact, self._waits, self._loop = booking, desk, contact, waits, loop

    def offers(self, number: str) -> Sequence[Slot]:
        return self._ask(self._service.offers(number, self._contact.queue))

    def soon(self) -> float | None:
        return self._ask(self._service.soon(self._contact.queue))

    def booked_by(self, number: str) -> Booked | None:
        return self._ask(self._service.booked_by(number))

    def book(self, number: str, slot: Slot | None, language: str) -> Booked | Refused:
        """An answer that did not come is looked up: to him it must not be booked and not booked at once."""
        order = self._service.book(number, self._contact.queue, slot, language, self._contact.id)
        return self._made(order, number, slot)

    def move(self, booking_id: str, slot: Slot | None) -> Booked | Refused:
        return self._made(self._service.move(booking_id, slot), self._contact.address, slot)

    def cancel(self, booking_id: str) -> bool:
        return self._ask(self._service.cancel(booking_id))

    @property
    def _service(self) -> Booking:
        if self._booking is None:
            raise HouseSilent
        return self._booking

    def _made(self, order: Coroutine[Any, Any, Booked | Refused], number: str, slot: Slot | None) -> Booked | Refused:
        failpoint("booking_confirmed")
        try:
            made = self._ask(order)
        except HouseSilent:
            there = self._ask(self._service.booked_by(number))
            # "As soon as possible" may have become a slot; of another's number there may have been a booking before.
            is_ours = there is not None and (there.slot == slot or (slot is None and number == self._contact.address))
            if there is None or not is_ours:
                raise
            made = there
        if isinstance(made, Booked):
            failpoint("booking_made")
            if self._waits:
                with suppress(HouseSilent):  # he is on his way out in any case
                    self._ask(self._desk.call_booked(self._contact.wire_key))
        return made

    def _ask(self, asked: Coroutine[Any, Any, T]) -> T:
        try:
            answer = asyncio.run_coroutine_threadsafe(asked, self._loop)
        except RuntimeError as ended:  # the loop is closed
            asked.close()
            raise HouseSilent from ended
        try:
            return answer.result(HOUSE_S)
        except TimeoutError as late:
            answer.cancel()
            raise HouseSilent from late
        except Exception as trouble:
            log.exception("a spoken dialog's question failed")
            raise HouseSilent from trouble
