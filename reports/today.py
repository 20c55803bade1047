"""The site's day so far, kept as sums: a look at the board costs what is open now, not what the day has been."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ..queue.contact import Contact
from ..queue.desk import Desk
from ..queue.metrics import NO_SERVICE, Service, service_of
from .own_day import NO_DAY, OwnDay, with_contact

PAGE = 500  # contacts read at a time: some 20 ms of the event loop


@dataclass(frozen=True, slots=True)
class DayFigures:
    """What the contacts that ended today add up to: service by queue, and how many each agent (by id) has served."""

    service: Mapping[str, Service]
    served: Mapping[str, int]


class Today:
    """Reads the day in once, when it is first asked for; from then on it is told of each contact that ends.

    `answer_within_s` (s): the threshold of the service level.
    """

    def __init__(self, desk: Desk, answer_within_s: float) -> None:
        self._desk = desk
        self._answer_within_s = answer_within_s
        self._begin: datetime | None = None
        self._read: set[str] | None = None  # ids, while the day is read in: what ends meanwhile may be met twice
        self._reading = asyncio.Lock()
        self._service: dict[str, Service] = {}
        self._own: dict[str, OwnDay] = {}
        desk.watch_ends(self._count)

    async def since(self, begin: datetime) -> DayFigures:
        """The figures of the day that began at `begin`."""
        async with self._reading:
            if begin != self._begin:
                await self._read_in(begin)
            served = {agent_id: day.contacts for agent_id, day in self._own.items()}
            return DayFigures(dict(self._service), served)

    async def own(self, agent_id: str, begin: datetime) -> OwnDay:
        """What this agent has done of the day that began at `begin`."""
        await self.since(begin)
        return self._own.get(agent_id, NO_DAY)

    async def _read_in(self, begin: datetime) -> None:
        self._begin, self._read = begin, set()
        self._service, self._own = {}, {}
        last: Contact | None = None
        try:
            while page := await self._desk.closed_since(begin, PAGE, last):
                for contact in page:
                    self._count(contact)
                last = page[-1]
        except BaseException:
            self._begin = None  # half a day is no day: the next who asks begins anew
            raise
        finally:
            self._read = None

    def _count(self, ended: Contact) -> None:
        if self._begin is None or ended.closed_at is None or ended.closed_at < self._begin:
            return
        if self._read is not None:
            if ended.id in self._read:
                return
            self._read.add(ended.id)
        before = self._service.get(ended.queue, NO_SERVICE)
        self._service[ended.queue] = before + service_of(ended, self._answer_within_s, ended.closed_at)
        if ended.agent_id:
            self._own[ended.agent_id] = with_contact(self._own.get(ended.agent_id, NO_DAY), ended)
