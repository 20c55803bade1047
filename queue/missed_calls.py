"""Who called and met nobody, until somebody of us has talked with him: kept at hand, for each idle desk shows its queues'."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime

from .channel import ChannelKind, Direction, Dismissal
from .contact import Contact, ContactState
from .contact_events import Connected
from .journal import Entry

LIMIT = 500
"""Numbers that are remembered; of more the longest ago is forgotten."""
TALKED = Connected.__name__
_LEFT_ALONE = frozenset({Dismissal.MESSAGE.value, Dismissal.CLOSED.value, Dismissal.FULL.value})
"""What a caller was told who is to be called back by nobody yet."""

Read = Callable[[datetime], AsyncIterator[Contact]]


@dataclass(frozen=True, slots=True)
class MissedCall:
    """A customer who called `times` times since we talked with him: his last call, and when it ended (UTC)."""

    contact_id: str
    at: datetime
    queue: str
    number: str
    name: str = ""
    customer_id: str | None = None
    times: int = 1


def missed_call(contact: Contact) -> MissedCall | None:
    """The ended contact as a missed call; None when it is none, or its number is hidden."""
    called_us = contact.kind is ChannelKind.VOICE and contact.direction is Direction.INBOUND
    lost = contact.state is ContactState.LOST and contact.connected_at is None  # a talk that died is called back anyway
    left = lost or contact.state is ContactState.ABANDONED
    left_alone = contact.state is ContactState.OVERFLOWED and contact.lost_reason in _LEFT_ALONE
    if not called_us or not (left or left_alone) or contact.closed_at is None or not contact.address:
        return None
    return MissedCall(contact.id, contact.closed_at, contact.queue, contact.address, contact.name, contact.customer_id)


class MissedCalls:
    """`read` gives the contacts that ended from an instant on, the oldest first; `hear` is to be told of all that is written down."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._reading = asyncio.Lock()
        self._since: datetime | None = None
        self._calls: dict[str, MissedCall] = {}
        self._heard: list[Contact] = []

    async def of(self, queues: Collection[str], since: datetime, limit: int) -> list[MissedCall]:
        """The last `limit` of these queues from `since` on, the newest first."""
        if since != self._since:
            async with self._reading:
                if since != self._since:
                    await self._read_all(since)
        mine = [call for call in self._calls.values() if call.queue in queues]
        return mine[: -limit - 1 : -1]

    async def _read_all(self, since: datetime) -> None:
        self._heard.clear()
        self._calls = {}
        async for contact in self._read(since):
            self._take(contact)
        for contact in self._heard:  # while we read; what stood in the answer too changes nothing
            self._take(contact)
        self._since = since

    def hear(self, entry: Entry) -> None:
        contact = entry.after
        if not isinstance(contact, Contact) or contact.kind is not ChannelKind.VOICE:
            return
        if entry.event != TALKED and contact.is_open:
            return
        if self._reading.locked():
            self._heard.append(contact)
        elif self._since is not None:
            self._take(contact)

    def _take(self, contact: Contact) -> None:
        missed, known = missed_call(contact), self._calls.get(contact.address)
        if missed is None:
            talked = contact.connected_at is not None
            if talked and known is not None and known.at <= (contact.closed_at or contact.connected_at or known.at):
                del self._calls[contact.address]
            return
        if known is not None and known.contact_id == missed.contact_id:
            return
        self._calls.pop(missed.number, None)  # the newest stands last
        self._calls[missed.number] = replace(missed, times=known.times + 1) if known else missed
        if len(self._calls) > LIMIT:
            del self._calls[next(iter(self._calls))]
