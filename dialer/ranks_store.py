"""Whom to dial next out of very many: the order of priority.py, made by the database and kept for a minute.

To rank a whole list takes a while (of a million leads about half a second), and next to nothing of it changes from one call to the next.
So the best `depth` leads are kept as they were read, each with the most that it can be worth while they are kept. Who stood behind them
then cannot stand before them now, unless he changed meanwhile; every change is told to `changed`. The leads themselves are read anew for
each answer, so no answer is older than the database.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from ..storage.clock import Clock
from ..storage.database import Database
from ..storage.one_at_a_time import OneAtATime
from .lead import DIALABLE_STATES, Lead, LeadState
from .priority import NEAR_S, Exact, Weights, score
from .rows import lead_of, values
from .tables import LIVE, OWN_FIELDS, attempt_table, lead_table

log = logging.getLogger(__name__)

DEPTH = 4_000
KEPT_S = 60
RENEWED_S = 20
"""A list longer than `DEPTH` is read anew in the background after that, so that nobody waits for it."""
READ_AT_ONCE = 200
MOST_CHANGES, MOST_EXTRA = 20_000, 1_000
LISTS = 16

_c = lead_table.c
RankKey = tuple[int, datetime, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which leads: those of the campaign that may be dialed now and are no callbacks, where `zones` are the open ones; or, `later`, those
    whose time or hours are still to come."""

    campaign_id: str
    zones: frozenset[str]
    weights: Weights
    later: bool = False


@dataclass(slots=True)
class _Front:
    """The first of a list, in order, by the most that each can be worth (`now` apart). `whole`: the list ends with them.

    `heard`: the number of the last change that was taken into account; `extra`: leads of the list that changed since it was read.
    """

    read_at: datetime
    heard: int
    places: list[RankKey]
    whole: bool
    extra: set[str] = field(default_factory=set)


class LeadRanks:
    """Call `changed` after each commit that adds leads or changes them, `forget` after one that adds more than one can name. Leads that
    are gone, or only get another `due_at`, need no word: each answer reads its leads anew.
    """

    def __init__(self, db: Database, clock: Clock, depth: int = DEPTH) -> None:
        self._db = db
        self._clock = clock
        self._depth = depth
        self._fronts: dict[Asked, _Front] = {}
        self._reading = OneAtATime(self._read_front)
        self._renewals: set[asyncio.Task[_Front]] = set()
        self._count = 0
        self._changes: deque[tuple[int, str]] = deque(maxlen=MOST_CHANGES)
        self._forgotten: dict[str, int] = {}

    def changed(self, lead_ids: Iterable[str]) -> None:
        for lead_id in lead_ids:
            self._count += 1
            self._changes.append((self._count, lead_id))

    def forget(self, campaign_id: str) -> None:
        """What was read of the campaign before, or is being read now, proves nothing any more."""
        self._count += 1
        self._forgotten[campaign_id] = self._count

    async def first(self, asked: Asked, limit: int) -> list[Lead]:
        """The first `limit` by points, as they stand now. Leads whose number is in a call are left out of those that may be dialed."""
        if limit <= 0 or not (asked.zones or asked.later):
            return []
        busy = set() if asked.later else await self._numbers_in_call()
        kept = await self._front(asked)
        found = await self._first_of(kept, asked, limit, busy)
        if found is None and (kept.whole or limit <= self._depth):
            found = await self._first_of(await self._reading.ask(asked), asked, limit, busy)
        if found is not None:
            return found
        mine = sa.select(lead_table).where(_which(asked), _c.phone.not_in(_IN_CALL) if busy else sa.true())
        return await self._leads(mine.order_by(*self._by_points(asked.weights)).limit(limit))

    async def rank(self, asked: Asked, lead: Lead) -> int:
        """How many of those asked for stand before the lead."""
        units, placed_at, by_id = self._ordering(asked.weights)
        own = score(lead, asked.weights, self._clock.now()).units - self._age_now(asked.weights)
        before_id = by_id < lead.id
        before = sa.or_(
            units > _whole(own),
            sa.and_(
                units == _whole(own),
                sa.or_(placed_at < lead.placed_at, sa.and_(placed_at == lead.placed_at, before_id)),
            ),
        )
        async with self._db.read() as connection:
            query = sa.select(sa.func.count()).select_from(lead_table).where(_which(asked), before)
            return int(await connection.scalar(query) or 0)

    async def _first_of(self, front: _Front, asked: Asked, limit: int, busy: Collection[str]) -> list[Lead] | None:
        """None when what is kept does not prove the answer."""
        news, heard = self._changes_since(front.heard), self._count
        stale = front.heard < self._forgotten.get(asked.campaign_id, 0)
        if stale or news is None or len(front.extra | news) > MOST_EXTRA:
            return None
        front.heard, front.extra = heard, front.extra | news
        now, ahead, extra = self._clock.now(), self._age_now(asked.weights), set(front.extra)
        found = {lead.id: lead for lead in await self._read(asked, extra)}
        lost = extra - found.keys()
        ranked: list[tuple[RankKey, Lead]] = []
        step = max(READ_AT_ONCE, limit + 32)
        gone: set[str] = set()
        places = front.places
        for start in range(0, max(1, len(places)), step):
            chunk = places[start : start + step]
            live = {lead.id: lead for lead in await self._read(asked, [place[2] for place in chunk])}
            gone |= {place[2] for place in chunk} - live.keys()
            found |= live
            free = (lead for lead in found.values() if lead.phone not in busy)
            ranked = sorted(((_key(lead, asked.weights, now), lead) for lead in free), key=lambda pair: pair[0])[:limit]
            if len(ranked) == limit and chunk:
                bound, placed_at, lead_id = chunk[-1]
                if ranked[-1][0] <= (bound - ahead, placed_at, lead_id):
                    break
        else:
            if not front.whole:
                return None
        # Whoever comes back will be among the changes, or is already.
        later = self._changes_since(heard)
        if later is not None:
            front.extra -= lost - later
        if gone:
            front.places = [place for place in front.places if place[2] not in gone]
        return [lead for _key_of, lead in ranked]

    def _changes_since(self, seen: int) -> set[str] | None:
        """The leads that changed after that; None when they were too many to remember."""
        if len(self._changes) == MOST_CHANGES and self._changes[0][0] > seen + 1:
            return None
        changed: set[str] = set()
        for number, lead_id in reversed(self._changes):
            if number <= seen:
                break
            changed.add(lead_id)
        return changed

    async def _front(self, asked: Asked) -> _Front:
        front, now = self._fronts.get(asked), self._clock.now()
        if front is None or not timedelta() <= now - front.read_at <= timedelta(seconds=KEPT_S):
            return await self._reading.ask(asked)
        if not front.whole and not self._renewals and now - front.read_at > timedelta(seconds=RENEWED_S):
            renewal = asyncio.create_task(self._reading.ask(asked))
            self._renewals.add(renewal)
            renewal.add_done_callback(self._renewed)
        return front

    def _renewed(self, renewal: asyncio.Task[_Front]) -> None:
        self._renewals.discard(renewal)
        if not renewal.cancelled() and (error := renewal.exception()) is not None:
            log.warning("the order of the leads was not read ahead: %s", type(error).__name__)

    async def _read_front(self, asked: Asked) -> _Front:
        now, seen = self._clock.now(), self._count
        bound = sa.type_coerce(self._most(asked.weights, now), sa.BigInteger).label("bound")
        query = sa.select(bound, _c.placed_at, _c.id).where(_which(asked))
        query = query.order_by(bound.desc(), _c.placed_at.asc(), self._by_id()).limit(self._depth)
        async with self._db.read() as connection:
            places = [(-most, placed_at, lead_id) for most, placed_at, lead_id in await connection.execute(query)]
        front = _Front(now, seen, places, whole=len(places) < self._depth)
        self._fronts.pop(asked, None)
        while len(self._fronts) >= LISTS:
            del self._fronts[next(iter(self._fronts))]
        self._fronts[asked] = front
        return front

    async def _read(self, asked: Asked, ids: Collection[str]) -> list[Lead]:
        """Those of them that belong to the list. By their ids alone: with more conditions SQLite reads the list instead."""
        if not ids:
            return []
        found = await self._leads(sa.select(lead_table).where(_c.id.in_(ids)))
        return [lead for lead in found if _belongs(lead, asked)]

    async def _numbers_in_call(self) -> set[str]:
        async with self._db.read() as connection:
            return set(await connection.scalars(_IN_CALL))

    async def _leads(self, query: sa.Select[Any]) -> list[Lead]:
        async with self._db.read() as connection:
            return [lead_of(row._asdict()) for row in await connection.execute(query)]

    def _age_now(self, weights: Weights) -> int:
        """What `now` adds to each lead's units; the database leaves it out."""
        return weights.exact().per_second * int(self._clock.now().timestamp())

    def _by_points(self, weights: Weights) -> tuple[sa.ColumnElement[Any], ...]:
        units, placed_at, by_id = self._ordering(weights)
        return units.desc(), placed_at.asc(), by_id.asc()

    def _ordering(self, weights: Weights) -> tuple[sa.ColumnElement[int], sa.ColumnElement[datetime], Any]:
        """priority.score for all leads at once, in whole units."""
        now_s = int(self._clock.now().timestamp())
        exact = weights.exact()
        running = _whole(exact.near_expiry) * _near(_c.reserved_s, now_s)
        kept = sa.case((_c.reserved_s <= now_s, _whole(exact.expired)), else_=running)
        units = _fixed(exact) + _promised(exact, now_s) + kept
        return units, _c.placed_at, self._by_id()

    def _most(self, weights: Weights, now: datetime) -> sa.ColumnElement[int]:
        """At least the units that a lead has at any moment of the next `KEPT_S`."""
        exact, now_s = weights.exact(), int(now.timestamp())
        then_s = now_s + KEPT_S + 1
        promised = _promised(exact, then_s if exact.near_promise > 0 else now_s)
        running = _whole(exact.near_expiry) * _near(_c.reserved_s, then_s if exact.near_expiry > 0 else now_s)
        over, at_the_end = _whole(exact.expired), _whole(max(exact.near_expiry * NEAR_S, exact.expired, 0))
        kept = sa.case((_c.reserved_s <= now_s, over), (_c.reserved_s <= then_s, at_the_end), else_=running)
        return _fixed(exact) + promised + kept

    def _by_id(self) -> Any:
        """By the bytes of the id, as Python sorts, whatever the language of the database."""
        return _c.id if self._db.is_sqlite else sa.collate(_c.id, "C")


_IN_CALL = sa.select(attempt_table.c.number).where(attempt_table.c.ended_at.is_(None))


def _key(lead: Lead, weights: Weights, now: datetime) -> RankKey:
    return -score(lead, weights, now).units, lead.placed_at, lead.id


def _belongs(lead: Lead, asked: Asked) -> bool:
    """What `_which` says, for a lead that was read."""
    if lead.campaign_id != asked.campaign_id:
        return False
    if asked.later:
        return lead.state is LeadState.RETRY_AT or (lead.state in DIALABLE_STATES and lead.zone not in asked.zones)
    return lead.state in DIALABLE_STATES and not lead.is_callback and lead.zone in asked.zones


def _which(asked: Asked) -> sa.ColumnElement[bool]:
    dialable = _c.state.in_(values(DIALABLE_STATES))
    if asked.later:
        asleep = sa.and_(dialable, _c.zone.not_in(sorted(asked.zones)))
        return sa.and_(_c.campaign_id == asked.campaign_id, LIVE, sa.or_(_c.state == LeadState.RETRY_AT.value, asleep))
    open_now = _c.zone.in_(sorted(asked.zones))
    return sa.and_(_c.campaign_id == asked.campaign_id, LIVE, dialable, _c.is_callback.is_(False), open_now)


def _whole(units: int) -> sa.ColumnElement[int]:
    return sa.literal(units, sa.BigInteger)


def _near(at_s: sa.ColumnElement[int | None], now_s: int) -> sa.ColumnElement[int]:
    """priority.near_s; 0 for no moment at all."""
    some = sa.case((at_s <= now_s, NEAR_S), (at_s < now_s + NEAR_S, now_s + NEAR_S - at_s), else_=0)
    return sa.type_coerce(some, sa.BigInteger)


def _promised(exact: Exact, now_s: int) -> sa.ColumnElement[int]:
    return _whole(exact.near_promise) * _near(_c.promised_s, now_s)


def _fixed(exact: Exact) -> sa.ColumnElement[int]:
    """What does not change with time. A weight of nothing costs nothing."""
    parts: list[tuple[int, sa.ColumnElement[int]]] = [
        (exact.per_kopeck, _c.order_total),
        (-exact.per_second, _c.placed_s),
        (exact.per_attempt, _c.attempts),
        *((units, _c[name]) for units, name in zip(exact.own, OWN_FIELDS, strict=True)),
    ]
    units: sa.ColumnElement[int] = _whole(0)
    for weight, column in parts:
        units = units + _whole(weight) * column if weight else units
    if exact.segments:
        units = units + sa.case(
            {name: _whole(points) for name, points in exact.segments.items()}, value=_c.segment, else_=0
        )
    return units
