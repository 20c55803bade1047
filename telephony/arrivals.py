"""Callers who come: each becomes a contact. One whom the desk could not write down is remembered, with his age, until it can."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from ..queue.channel import Arrival, ChannelKind, Direction
from ..queue.contact import Contact
from ..queue.desk import Desk
from ..queue.past import Past
from ..storage.clock import Clock
from .ami_events import LiveChannel
from .legs import shown_name
from .wire import Wire


@dataclass(frozen=True, slots=True)
class Unwritten:
    """Who came, when, and when he left."""

    arrival: Arrival
    came_at: datetime
    left_at: datetime | None = None


class Arrivals:
    """`came` and `left` hear of callers; `look_again`, called every few seconds, brings in whom the desk does not know yet."""

    def __init__(
        self, desk: Desk, wire: Wire, clock: Clock, queue_of: Callable[[str], str], to_e164: Callable[[str], str]
    ) -> None:
        """`queue_of` names the queue behind a dialed number; `to_e164` normalises a caller's number, "" when it is none."""
        self._desk = desk
        self._wire = wire
        self._clock = clock
        self._queue_of = queue_of
        self._to_e164 = to_e164
        self._unwritten: dict[str, Unwritten] = {}
        self._strangers: set[str] = set()

    def arrival_of(self, key: str, dialed: str, number: str, name: str) -> Arrival:
        return Arrival(
            kind=ChannelKind.VOICE,
            direction=Direction.INBOUND,
            queue=self._queue_of(dialed),
            wire_key=key,
            address=self._to_e164(number),
            name=shown_name(name),
        )

    async def came(self, arrival: Arrival) -> Contact:
        """Raises what the journal raises; then he is not forgotten."""
        try:
            contact = await self._desk.arrive(arrival)
        except Exception:
            self._unwritten.setdefault(arrival.wire_key, Unwritten(arrival, self._clock.now()))
            raise
        self._unwritten.pop(arrival.wire_key, None)
        return contact

    def left(self, key: str) -> None:
        if key in self._unwritten:
            self._unwritten[key] = replace(self._unwritten[key], left_at=self._clock.now())

    async def look_again(self, customers: Mapping[str, LiveChannel]) -> None:
        """`customers` are the legs that live now. Raises what the journal raises."""
        for key, one in list(self._unwritten.items()):
            left_at = one.left_at or (None if key in customers else self._clock.now())
            await self._desk.remember(one.arrival, Past(one.came_at, left_at))
            self._unwritten.pop(key, None)
        await self._ask_strangers(customers)

    async def _ask_strangers(self, customers: Mapping[str, LiveChannel]) -> None:
        """Whoever waits, and is not known at the second look either, is asked to announce himself once more."""
        waiting = {key for key, channel in customers.items() if channel.variables.get("CC_STATE") == "hold"}
        strangers = {key for key in waiting if self._desk.contact_by_wire(key) is None}
        again, self._strangers = strangers & self._strangers, strangers
        for key in again:
            self._wire.names.setdefault(key, customers[key].name)
            await self._wire.move(key, "cc-hold", "s")
