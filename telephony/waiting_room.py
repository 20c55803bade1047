"""The waiting room: what customers on hold are told, and the two keys that they may press.

Asterisk plays the music and goes on without us (asterisk_conf/extensions.conf, cc-hold); here it is only interrupted. Nothing runs
while nobody waits.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ..queue.channel import Dismissal, WireDown
from ..queue.contact import Contact, ContactState
from ..queue.desk import Desk
from ..storage.clock import Clock
from .announcing import CHOOSE_TIME_KEY, KEEP_PLACE_KEY, announcement, dismissal_words
from .dialogs import Dialogs
from .placed_calls import dialable
from .wire import Wire

LOOK_S = 1.0
FIRST_S = 10.0
_WAITING = (ContactState.ARRIVED, ContactState.QUEUED)


class Place(Protocol):
    """Where a contact stands: `position` 1 is next; `expected_s` None when nobody can tell."""

    @property
    def position(self) -> int: ...

    @property
    def expected_s(self) -> float | None: ...


@dataclass(slots=True)
class _Guest:
    """One leg on hold: the music plays since `since` (monotonic s), unless he is just being told something."""

    since: float
    told: bool = False
    listens: bool = False
    may_keep: bool = False
    pressed: str = ""


class WaitingRoom:
    """Legs come in by `entered` (again after each interruption) and go by `left`. `language_of` names a queue's language.

    Whoever is in one of the `dialogs` is not here: he is told nothing, and his keys are the dialog's.
    """

    def __init__(
        self, desk: Desk, wire: Wire, clock: Clock, language_of: Callable[[str], str], dialogs: Dialogs
    ) -> None:
        self._desk = desk
        self._wire = wire
        self._clock = clock
        self._language_of = language_of
        self._dialogs = dialogs
        self._guests: dict[str, _Guest] = {}
        self._over: dict[str, Contact] = {}
        self._somebody = asyncio.Event()

    @property
    def somebody(self) -> bool:
        """Whether the room is awake: a leg is on hold, or was a moment ago."""
        return self._somebody.is_set()

    # Who is there -----------------------------------------------------------------------------------------------------

    async def entered(self, key: str, dialog: str | None = None) -> None:
        """The music begins for this leg, or begins again. `dialog` is the ticket of the last one it has been through (dialogs.py)."""
        await self._dialogs.waits_again(key, dialog)
        now = self._clock.monotonic()
        guest = self._guests.setdefault(key, _Guest(now))
        guest.since, guest.listens = now, False
        self._over.pop(key, None)
        self._somebody.set()
        if guest.pressed:
            await self.pressed(key, guest.pressed)

    def talks(self, key: str) -> None:
        """An agent has him: what he pressed before is forgotten."""
        self._guests.pop(key, None)

    def left(self, key: str) -> None:
        self._guests.pop(key, None)
        self._over.pop(key, None)
        self._dialogs.left(key)

    # What they are told -------------------------------------------------------------------------------------------------

    async def announce(self, contact: Contact, place: Place, *, offer_callback: bool) -> None:
        """Tell his place and the expected wait, then the music again; not to one who is being offered. Raises WireDown."""
        language = self._language_of(contact.queue)
        words = announcement(
            place.position,
            place.expected_s,
            language,
            offers_callback=offer_callback,
            offers_time=self._dialogs.offers_time,
        )
        await self._say(contact, "hold", *words, still=lambda: self._waits(contact.wire_key) is not None)

    async def parted(self, contact: Contact) -> None:
        """His operator's line broke in mid-talk: he is told so, and hears the music until they are joined again. Raises WireDown."""
        await self._say(contact, "hold", "reconnecting")

    async def dismiss(self, contact: Contact, how: Dismissal) -> None:
        """The overflow rule's word. Safe to repeat. Raises WireDown."""
        key = contact.wire_key
        if key not in self._wire.names:
            return  # nobody is on the line
        words = dismissal_words(how, offers_time=self._dialogs.offers_time)
        if how is Dismissal.CALLBACK:
            guest = self._guests.get(key)
            if guest is not None and not guest.may_keep and dialable(contact.address):
                guest.may_keep = True
                await self._say(contact, "hold", *words, still=lambda: self._waits(key) is not None)
        elif key not in self._over:
            self._over[key] = contact
            try:
                if how is Dismissal.BOOK and await self._dialogs.after_hours(contact, self._language_of(contact.queue)):
                    return
                await self._say(contact, "voicemail" if how is Dismissal.VOICEMAIL else "bye", *words)
            except WireDown:
                del self._over[key]
                raise

    async def let_go(self, contact: Contact) -> None:
        """A leg is on hold though its contact has been dismissed already: we fell silent between the two."""
        reason = contact.lost_reason or ""
        is_told = contact.wire_key in self._over or self._dialogs.is_in(contact.wire_key)
        if contact.is_open or is_told or reason not in set(Dismissal):
            return
        if reason == Dismissal.CALLBACK:
            await self._farewell(contact)
        else:
            await self.dismiss(contact, Dismissal(reason))

    def message_of(self, key: str) -> Contact | None:
        """Whose message was recorded on this leg."""
        return self._over.get(key)

    async def _say(self, contact: Contact, then: str, *words: str, still: Callable[[], bool] = lambda: True) -> None:
        guest = self._guests.get(contact.wire_key)
        variables = {"CC_SAY": "&".join(words), "CC_LANG": self._language_of(contact.queue)}
        if await self._wire.move(contact.wire_key, "cc-announce", then, variables, still=still) and guest is not None:
            guest.told = guest.listens = True

    # The keys -------------------------------------------------------------------------------------------------------------

    async def pressed(self, key: str, digit: str = KEEP_PLACE_KEY) -> None:
        """He wants to be called back, in his turn or at a time of his choice. One who is being offered is asked again if that comes to
        nothing."""
        guest = self._guests.get(key)
        contact = self._desk.contact_by_wire(key)
        if guest is None or contact is None or not self._may_keep(guest, contact) or self._dialogs.is_in(key):
            return
        if contact.parked_by is not None:
            return
        if digit == CHOOSE_TIME_KEY and not self._dialogs.offers_time:
            return
        guest.pressed = digit if contact.state is ContactState.OFFERED else ""
        if contact.state not in _WAITING:
            return
        if digit == CHOOSE_TIME_KEY:
            await self._choose_time(guest, contact)
            return
        if not dialable(contact.address):
            await self._say(contact, "hold", "callback-impossible", still=lambda: self._waits(key) is not None)
            return
        if await self._desk.keep_place(key, contact.address) is None:
            guest.pressed = digit  # an offer was quicker
        else:
            await self._farewell(contact)

    async def _choose_time(self, guest: _Guest, contact: Contact) -> None:
        key = contact.wire_key
        if await self._dialogs.choose_time(contact, self._language_of(contact.queue)):
            guest.told = True
        elif self._waits(key) is None:
            guest.pressed = CHOOSE_TIME_KEY  # an offer was quicker
        else:
            await self._say(contact, "hold", "dialogs-busy", still=lambda: self._waits(key) is not None)

    async def _farewell(self, contact: Contact) -> None:
        """His place is kept, which is in the journal: now he may hear it."""
        self._over[contact.wire_key] = contact
        await self._say(contact, "bye", "callback-kept")

    def _may_keep(self, guest: _Guest, contact: Contact) -> bool:
        return guest.may_keep or self._desk.setup.rules(contact.queue).keep_place

    # The clock ------------------------------------------------------------------------------------------------------------

    async def announce_forever(self) -> None:
        """Tell each his place 10 s after he came, then as often as his queue wants. Sleeps while nobody waits."""
        while True:
            await self._somebody.wait()
            await asyncio.sleep(LOOK_S)
            await self.look()

    async def look(self) -> None:
        """Tell those whose time has come."""
        for key, guest in list(self._guests.items()):
            contact = self._waits(key)
            if contact is None or guest.listens:
                continue
            rules = self._desk.setup.rules(contact.queue)
            due = guest.since + (rules.announce_every_s if guest.told else FIRST_S)
            if rules.announce_every_s <= 0 or self._clock.monotonic() < due:
                continue
            place = self._desk.place(contact.id)
            if place is None:
                continue
            try:
                await self.announce(contact, place, offer_callback=rules.keep_place and dialable(contact.address))
            except WireDown:
                return  # the resync counts anew who is there
        if not self._guests:
            self._somebody.clear()

    def _waits(self, key: str) -> Contact | None:
        contact = self._desk.contact_by_wire(key)
        if (
            contact is None
            or contact.state not in _WAITING
            or contact.parked_by is not None
            or self._dialogs.is_in(key)
        ):
            return None
        return contact
