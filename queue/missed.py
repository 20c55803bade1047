"""The offers that were not taken lately, kept at hand: each idle desk shows its operator's."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from datetime import datetime

from .journal import MISSED_OFFER, Entry, MissedOfferEntry

LIMIT = 50

Read = Callable[[datetime], Awaitable[list[MissedOfferEntry]]]
_Lists = defaultdict[str, deque[MissedOfferEntry]]


class MissedOffers:
    """`read` gives everybody's from an instant on, the oldest first, and is asked once for each such instant; `hear` is to be told of all
    that is written down meanwhile and from then on."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._reading = asyncio.Lock()
        self._since: datetime | None = None
        self._lists = _no_lists()
        self._heard: list[MissedOfferEntry] = []

    async def of(self, agent_id: str, since: datetime) -> list[MissedOfferEntry]:
        """The last LIMIT offers that this agent did not take from `since` on, newest first."""
        if since != self._since:
            async with self._reading:
                if since != self._since:
                    await self._read_all(since)
        return list(reversed(self._lists.get(agent_id, ())))

    async def _read_all(self, since: datetime) -> None:
        self._heard.clear()
        lists = _no_lists()
        for offer in await self._read(since):
            lists[offer.agent_id].append(offer)
        for offer in self._heard:  # while we read: it may stand in the answer, or not
            if offer not in lists[offer.agent_id]:
                lists[offer.agent_id].append(offer)
        self._since, self._lists = since, lists

    def hear(self, entry: Entry) -> None:
        if entry.event != MISSED_OFFER:
            return
        contact_id, reason = str(entry.details.get("contact_id", "")), str(entry.details.get("reason", ""))
        offer = MissedOfferEntry(entry.at, entry.after.id, contact_id, reason)
        self._lists[offer.agent_id].append(offer)
        if self._reading.locked():
            self._heard.append(offer)


def _no_lists() -> _Lists:
    return defaultdict(lambda: deque(maxlen=LIMIT))
