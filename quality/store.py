"""Recordings in a table, and who listened to them."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    UniqueConstraint,
    and_,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from ..access.store import AccessStore
from ..storage.base import Json, UtcDateTime, id_column, metadata
from ..storage.clock import Clock
from ..storage.database import Database
from ..storage.ids import Ids
from .recording import Finished, Recording, RecordingFilter

LISTENED, DOWNLOADED = "recording.listened", "recording.downloaded"
ONE_LISTENING = timedelta(hours=1)
"""A player that fetches sound again after this long is a new listening, even from the same open page."""

recordings = Table(
    "recording",
    metadata,
    id_column(),
    Column("contact_id", String(64), nullable=False),  # of an orphan: whatever its file was called
    Column("take", Integer, nullable=False),
    Column("agent_id", String(36)),
    Column("order_id", String(36)),
    Column("customer_id", String(36)),
    Column("direction", String(16), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("state", String(16), nullable=False),
    Column("talk_s", Float),
    Column("seconds", Float, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("path", String(300)),
    Column("peaks", LargeBinary, nullable=False),
    Column("measures", Json, nullable=False),
    Column("kept_at", UtcDateTime, nullable=False),
    UniqueConstraint("contact_id", "take"),
    Index("ix_recording_started_at", "started_at", "id"),
    Index("ix_recording_agent_id", "agent_id", "started_at"),
    Index("ix_recording_order_id", "order_id"),
    Index("ix_recording_customer_id", "customer_id"),
)
listenings = Table(  # one row a page view; what was heard, by whom and when stands in the audit trail
    "recording_listening",
    metadata,
    Column("recording_id", ForeignKey("recording.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", String(36), primary_key=True),
    Column("view", String(64), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)

_LINKS = ("agent_id", "order_id", "customer_id")
_SHOWN = [column for column in recordings.c if column.name not in ("peaks", "kept_at")]


class RecordingStore:
    """The books of recordings. `data` is the folder that every kept file stands under. Every method is one transaction."""

    def __init__(self, db: Database, clock: Clock, ids: Ids, access: AccessStore, data: Path) -> None:
        self._db = db
        self._clock = clock
        self._ids = ids
        self._access = access
        self._data = data.resolve()

    async def add(self, recording: Finished, /) -> str:
        """Enter a recording and return its id. The same contact and take again is the same recording, told anew.

        A link that is no longer known is kept, and "nothing kept" never takes the place of a kept file.
        Raises ValueError for a file outside the data folder.
        """
        values = {
            "direction": recording.direction,
            "started_at": recording.started_at,
            "state": recording.state,
            "talk_s": recording.talk_s,
            "seconds": recording.seconds,
            "bytes": recording.size_bytes,
            "sha256": recording.sha256,
            "path": self._under_data(recording.file),
            "peaks": recording.peaks,
            "measures": dict(recording.measures),
            "kept_at": self._clock.now(),
        }
        links = {name: getattr(recording, name) for name in _LINKS}
        key = {"contact_id": recording.contact_id, "take": recording.take}
        insert = (sqlite.insert if self._db.is_sqlite else postgresql.insert)(recordings)
        insert = insert.values(id=self._ids(), **key, **links, **values)
        kept_links = {name: func.coalesce(insert.excluded[name], recordings.c[name]) for name in _LINKS}
        entering = insert.on_conflict_do_update(
            index_elements=list(key),
            set_={name: insert.excluded[name] for name in values} | kept_links,
            where=or_(insert.excluded.path.is_not(None), recordings.c.path.is_(None)),
        )
        async with self._db.write() as connection:
            await connection.execute(entering)
            found = await connection.execute(select(recordings.c.id).filter_by(**key))
            return str(found.scalar_one())

    async def link(self, contact_id: str, *, order_id: str | None, customer_id: str | None) -> None:
        """Say anew what the contact was about (its customer was chosen, its order found, after the talk)."""
        async with self._db.write() as connection:
            await connection.execute(
                update(recordings)
                .where(recordings.c.contact_id == contact_id)
                .values(order_id=order_id, customer_id=customer_id)
            )

    async def list(
        self, limit: int = 50, before: str | None = None, wanted: RecordingFilter | None = None
    ) -> tuple[Recording, ...]:
        """Newest first. `before` is the id of the last recording already seen; an unknown one gives nothing."""
        query = select(*_SHOWN).order_by(recordings.c.started_at.desc(), recordings.c.id.desc()).limit(limit)
        for condition in _conditions(wanted or RecordingFilter()):
            query = query.where(condition)
        async with self._db.read() as connection:
            if before is not None:
                last = (
                    await connection.execute(select(recordings.c.started_at).where(recordings.c.id == before))
                ).first()
                if last is None:
                    return ()
                same = and_(recordings.c.started_at == last.started_at, recordings.c.id < before)
                query = query.where(or_(recordings.c.started_at < last.started_at, same))
            return tuple(_recording(row) for row in await connection.execute(query))

    async def recording(self, recording_id: str) -> Recording | None:
        async with self._db.read() as connection:
            row = (await connection.execute(select(*_SHOWN).where(recordings.c.id == recording_id))).first()
        return None if row is None else _recording(row)

    async def peaks(self, recording_id: str) -> bytes | None:
        """Two rows of equal length, operator then customer, one byte a column; None for an unknown recording."""
        async with self._db.read() as connection:
            found = await connection.execute(select(recordings.c.peaks).where(recordings.c.id == recording_id))
            row = found.first()
        return None if row is None else bytes(row.peaks)

    def file_of(self, recording: Recording) -> Path | None:
        """Where the sound is; None where none is kept or the file is gone."""
        if recording.path is None:
            return None
        file = (self._data / recording.path).resolve()
        return file if file.is_relative_to(self._data) and file.is_file() else None

    def new_view(self) -> str:
        """A name for one opening of a player's page."""
        return self._ids()

    async def listened(self, recording_id: str, user_id: str, view: str = "", action: str = LISTENED) -> bool:
        """Write in the audit trail that somebody listens (or downloads); True when a line was written.

        A player asks for many pieces of one file: pieces of one `view` (a page that was opened) within an hour are one listening.
        Without a view every call is a listening of its own.
        """
        if view and await self._heard_lately(recording_id, user_id, view):
            return False
        await self._access.audit(user_id, action, recording_id, {})
        if view:
            await self._remember(recording_id, user_id, view)
        return True

    async def _heard_lately(self, recording_id: str, user_id: str, view: str) -> bool:
        key = {"recording_id": recording_id, "user_id": user_id, "view": view}
        async with self._db.read() as connection:
            at = (await connection.execute(select(listenings.c.at).filter_by(**key))).scalar()
        return at is not None and self._clock.now() - at < ONE_LISTENING

    async def _remember(self, recording_id: str, user_id: str, view: str) -> None:
        insert = (sqlite.insert if self._db.is_sqlite else postgresql.insert)(listenings)
        insert = insert.values(recording_id=recording_id, user_id=user_id, view=view, at=self._clock.now())
        async with self._db.write() as connection:
            await connection.execute(
                insert.on_conflict_do_update(
                    index_elements=["recording_id", "user_id", "view"], set_={"at": insert.excluded.at}
                )
            )

    def _under_data(self, file: Path | None) -> str | None:
        if file is None:
            return None
        return file.resolve().relative_to(self._data).as_posix()


def _conditions(wanted: RecordingFilter) -> list[Any]:
    column = recordings.c
    conditions = [
        column[name] == getattr(wanted, name)
        for name in ("contact_id", "agent_id", "order_id", "customer_id", "state")
        if getattr(wanted, name) is not None
    ]
    if wanted.since is not None:
        conditions.append(column.started_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(column.started_at < wanted.until)
    if wanted.min_seconds is not None:
        conditions.append(column.seconds >= wanted.min_seconds)
    return conditions


def _recording(row: Row[Any]) -> Recording:
    return Recording(
        id=row.id,
        contact_id=row.contact_id,
        take=row.take,
        agent_id=row.agent_id,
        order_id=row.order_id,
        customer_id=row.customer_id,
        direction=row.direction,
        started_at=row.started_at,
        state=row.state,
        talk_s=row.talk_s,
        seconds=row.seconds,
        size_bytes=row.bytes,
        sha256=row.sha256,
        path=row.path,
        measures=row.measures,
    )
