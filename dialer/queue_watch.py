"""How the inbound side of each queue fares: the service level of the last half hour, the wait of those who wait."""

from collections import defaultdict, deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from ..queue.channel import Direction
from ..queue.contact import Contact, ContactState
from ..queue.metrics import NO_SERVICE, Service, service_of
from ..storage.clock import Clock
from .blending import ANSWER_WITHIN_S, LOOKS_BACK_S, QueueNow

MOST = 2_000


class Expected(Protocol):
    """How long (s) a contact will probably wait; None when nobody can tell."""

    @property
    def expected_s(self) -> float | None: ...


class Queues(Protocol):
    """The desk, as far as its queues are looked at."""

    def contacts(self) -> tuple[Contact, ...]: ...

    def place(self, contact_id: str) -> Expected | None: ...

    def watch_ends(self, listener: Callable[[Contact], None]) -> None: ...

    async def closed_since(self, since: datetime, limit: int, after: Contact | None = None) -> list[Contact]: ...


class QueueWatch:
    """Hears of every contact that ends; what ended before this engine is read once."""

    def __init__(self, desk: Queues, clock: Clock) -> None:
        self._desk = desk
        self._clock = clock
        self._ended: dict[str, deque[tuple[datetime, Service]]] = defaultdict(deque)
        self._loaded = False
        desk.watch_ends(self._heard)

    async def load(self) -> None:
        if not self._loaded:
            since = self._clock.now() - timedelta(seconds=LOOKS_BACK_S)
            past = await self._desk.closed_since(since, MOST)
            self._ended.clear()  # what was heard meanwhile is in the journal, too
            for contact in past:
                self._heard(contact)
            self._loaded = True

    def now(self, queue: str) -> QueueNow:
        """As the queue is at this moment."""
        at = self._clock.now()
        ended = self._ended[queue]
        while ended and (at - ended[0][0]).total_seconds() > LOOKS_BACK_S:
            ended.popleft()
        inbound = [one for one in self._desk.contacts() if one.queue == queue and one.direction is Direction.INBOUND]
        total = sum((service for _at, service in ended), NO_SERVICE)
        total = sum((service_of(one, ANSWER_WITHIN_S, at) for one in inbound), total)
        waits = [self._desk.place(one.id) for one in inbound if one.state is ContactState.QUEUED]
        expected = [place.expected_s for place in waits if place is not None and place.expected_s is not None]
        return QueueNow(total.level.value, max(expected, default=None))

    def _heard(self, contact: Contact) -> None:
        if contact.direction is Direction.INBOUND and contact.closed_at is not None:
            service = service_of(contact, ANSWER_WITHIN_S, contact.closed_at)
            self._ended[contact.queue].append((contact.closed_at, service))
