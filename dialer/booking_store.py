"""Bookings and what a supervisor set a slot to, in their tables. A booking and its lead change in one transaction, whoever begins."""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from ..storage.clock import Clock
from ..storage.database import Database
from .booking import (
    AHEAD_STATES,
    OPEN_STATES,
    Booking,
    BookingEvent,
    Dialed,
    Ended,
    WindowPassed,
    advance,
)
from .lead import WAITING_STATES, AttemptStarted, Disposed, Lead, LeadEvent, LeadState, PromiseWithdrawn
from .rows import booking_of, booking_row, lead_of, values
from .tables import booking_table, campaign_table, lead_table, slot_table

if TYPE_CHECKING:
    from .store import DialerStore

_b = booking_table.c
_l = lead_table.c
_OPEN = sorted(state.value for state in OPEN_STATES)
_AHEAD = sorted(state.value for state in AHEAD_STATES)
_OWED = values({*WAITING_STATES, LeadState.DIALING})


@dataclass(frozen=True, slots=True)
class Owed:
    """A call that was promised and is still to be made, with its booking if it was booked; an operator's promise has none."""

    lead: Lead
    booking: Booking | None


class BookingStore:
    """`store` holds the leads. Everything that decides by what is booked already does so inside `turn`."""

    def __init__(self, db: Database, store: "DialerStore", clock: Clock) -> None:
        self._db = db
        self._store = store
        self._clock = clock

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """One transaction, and no other asker has his turn meanwhile: of two who want the last place the second finds it taken.

        The lock lets attempts be written, which take a key share of their campaign's row; else the two could wait for each other.
        """
        async with self._db.together(), self._db.write() as connection:
            await connection.execute(
                sa.select(campaign_table.c.id).order_by(campaign_table.c.id).with_for_update(key_share=True)
            )
            yield

    async def add(self, booking: Booking) -> None:
        async with self._db.write() as connection:
            await connection.execute(booking_table.insert().values(booking_row(booking)))

    async def tell(self, booking_id: str, event: BookingEvent) -> Booking | None:
        """The booking after the event; None if there is no such booking. Raises IllegalTransition."""
        async with self._db.write() as connection:
            found = await _bookings(connection, sa.select(booking_table).where(_b.id == booking_id).with_for_update())
            return await _tell(connection, found[0], event, self._clock.now()) if found else None

    async def booking(self, booking_id: str) -> Booking | None:
        return await self._one(_b.id == booking_id)

    async def by_token(self, token_hash: str) -> Booking | None:
        return await self._one(_b.token_hash == token_hash)

    async def of_number(self, phone: str) -> Booking | None:
        """The open booking that has a call, if the number has one."""
        return await self._one(_b.phone == phone, _b.state.in_(_OPEN), _b.lead_id.is_not(None))

    async def spares(self, phone: str) -> list[Booking]:
        """Those that wait behind it, the oldest first."""
        mine = sa.select(booking_table).where(_b.phone == phone, _b.state.in_(_AHEAD), _b.lead_id.is_(None))
        async with self._db.read() as connection:
            return await _bookings(connection, mine.order_by(_b.created_at, _b.id))

    async def count(
        self, since: datetime, *, phone: str | None = None, asker: str | None = None, with_call: bool = False
    ) -> int:
        """How many were booked at or after `since`: of this number, by this asker; `with_call`: without the spares."""
        mine = sa.select(sa.func.count()).select_from(booking_table).where(_b.created_at >= since)
        mine = mine if phone is None else mine.where(_b.phone == phone)
        mine = mine if asker is None else mine.where(_b.asker == asker)
        mine = mine.where(_b.lead_id.is_not(None)) if with_call else mine
        async with self._db.read() as connection:
            return await connection.scalar(mine) or 0

    async def waiting_lead(self, campaign_id: str, phone: str) -> Lead | None:
        """A lead of the campaign that would be dialed for this number anyway, the one with the dearest order."""
        mine = sa.select(lead_table).where(
            _l.phone == phone, _l.campaign_id == campaign_id, _l.state.in_(values(WAITING_STATES))
        )
        async with self._db.read() as connection:
            row = (await connection.execute(mine.order_by(_l.order_total.desc(), _l.id).limit(1))).first()
            return lead_of(row._asdict()) if row else None

    async def taken(
        self, campaign_ids: Collection[str], queue: str, since: datetime, until: datetime
    ) -> list[datetime]:
        """When each promised call of these campaigns falls due, from `since` on and before `until`; spares hold their place too."""
        leads = sa.select(_l.due_at).where(
            _l.state.in_(_OWED),
            _l.due_at >= since,
            _l.due_at < until,
            _l.is_callback.is_(True),
            _l.campaign_id.in_(campaign_ids),
        )
        spares = sa.select(_b.starts_at).where(
            _b.state.in_(_AHEAD), _b.starts_at >= since, _b.starts_at < until, _b.queue == queue, _b.lead_id.is_(None)
        )
        async with self._db.read() as connection:
            return [*await connection.scalars(leads), *await connection.scalars(spares)]

    async def owed(
        self, campaign_ids: Collection[str], until: datetime, limit: int, *, in_talk: bool = False
    ) -> list[Owed]:
        """The promised calls of these campaigns that fall due before `until`, the earliest first; `in_talk`: those being kept now too."""
        states = [*_OWED, LeadState.CONNECTED.value] if in_talk else _OWED
        mine = sa.select(lead_table).where(
            _l.state.in_(states), _l.due_at < until, _l.is_callback.is_(True), _l.campaign_id.in_(campaign_ids)
        )
        async with self._db.read() as connection:
            rows = await connection.execute(mine.order_by(_l.due_at, _l.id).limit(limit))
            leads = [lead_of(row._asdict()) for row in rows]
            booked = sa.select(booking_table).where(_b.lead_id.in_([lead.id for lead in leads]), _b.state.in_(_OPEN))
            by_lead = {booking.lead_id: booking for booking in await _bookings(connection, booked)}
        return [Owed(lead, by_lead.get(lead.id)) for lead in leads]

    async def others(self, queue: str, since: datetime, until: datetime, limit: int) -> list[Booking]:
        """Bookings of that time which nobody owes a call any more, or not yet: done, cancelled, spares; the earliest first."""
        mine = sa.select(booking_table).where(
            _b.queue == queue,
            _b.starts_at >= since,
            _b.starts_at < until,
            sa.or_(_b.state.not_in(_OPEN), _b.lead_id.is_(None)),
        )
        async with self._db.read() as connection:
            return await _bookings(connection, mine.order_by(_b.starts_at, _b.created_at).limit(limit))

    async def of_lead(self, lead_id: str) -> Booking | None:
        """The open booking that this lead is dialed for."""
        return await self._one(_b.lead_id == lead_id, _b.state.in_(_OPEN))

    async def miss(self, now: datetime, limit: int = 500) -> list[Booking]:
        """Write down the windows that ended without a call, at most `limit` at once."""
        late = sa.select(booking_table).where(_b.state.in_(_AHEAD), _b.ends_at <= now)
        async with self._db.read() as connection:
            if (await connection.execute(late.limit(1))).first() is None:
                return []
        async with self._db.write() as connection:
            found = await _bookings(connection, late.order_by(_b.ends_at).limit(limit).with_for_update())
            return [await _tell(connection, booking, WindowPassed(), now) for booking in found]

    async def places(self, queue: str, since: datetime, until: datetime) -> Mapping[datetime, int]:
        """What was set by hand, by the slot's beginning."""
        columns = slot_table.c
        mine = sa.select(columns.starts_at, columns.places).where(
            columns.queue == queue, columns.starts_at >= since, columns.starts_at < until
        )
        async with self._db.read() as connection:
            return {row.starts_at: row.places for row in await connection.execute(mine)}

    async def set_places(self, queue: str, starts_at: datetime, places: int | None) -> None:
        """`None`: what is reckoned counts again."""
        columns = slot_table.c
        async with self._db.write() as connection:
            await connection.execute(slot_table.delete().where(columns.queue == queue, columns.starts_at == starts_at))
            if places is not None:
                insert = sqlite.insert(slot_table) if self._db.is_sqlite else postgresql.insert(slot_table)
                put = insert.values(queue=queue, starts_at=starts_at, places=places)
                again = {"places": put.excluded.places}
                await connection.execute(put.on_conflict_do_update(index_elements=["queue", "starts_at"], set_=again))

    async def _one(self, *which: sa.ColumnElement[bool]) -> Booking | None:
        async with self._db.read() as connection:
            found = await _bookings(connection, sa.select(booking_table).where(*which).limit(1))
            return found[0] if found else None


async def follow_lead(connection: AsyncConnection, before: Lead, event: LeadEvent, after: Lead, now: datetime) -> None:
    """A lead changed: the booking that it is dialed for follows, in the same transaction. With it end the spares of its number."""
    told = _told(before, event, after)
    if told is None:
        return
    mine = sa.select(booking_table).where(_b.lead_id == after.id, _b.state.in_(_OPEN)).with_for_update()
    for booking in await _bookings(connection, mine):
        await _tell(connection, booking, told, now)
        if isinstance(told, Ended):
            behind = sa.select(booking_table).where(
                _b.phone == booking.phone, _b.lead_id.is_(None), _b.state.in_(_OPEN)
            )
            for spare in await _bookings(connection, behind.with_for_update()):
                await _tell(connection, spare, told, now)


def _told(before: Lead, event: LeadEvent, after: Lead) -> BookingEvent | None:
    if isinstance(event, AttemptStarted) and before.is_callback:
        return Dialed()
    promised_anew = isinstance(event, Disposed) and event.callback_at is not None
    over = after.state in (LeadState.DONE, LeadState.DO_NOT_CALL)
    return Ended() if promised_anew or (over and not isinstance(event, PromiseWithdrawn)) else None


async def names_booked(connection: AsyncConnection, lead_ids: Collection[str]) -> dict[str, str]:
    """By the lead's id the name that was given when the call to it was booked last."""
    if not lead_ids:
        return {}
    rows = await connection.execute(
        sa.select(_b.lead_id, _b.name).where(_b.lead_id.in_(lead_ids)).order_by(_b.created_at)
    )
    return {row.lead_id: row.name for row in rows}


async def _bookings(connection: AsyncConnection, query: sa.Select[Any]) -> list[Booking]:
    return [booking_of(row._asdict()) for row in await connection.execute(query)]


async def _tell(connection: AsyncConnection, booking: Booking, event: BookingEvent, now: datetime) -> Booking:
    after = advance(booking, event, now)
    await connection.execute(booking_table.update().where(_b.id == booking.id).values(booking_row(after)))
    return after
