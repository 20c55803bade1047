"""The queue's tables: the journal, contacts and agents. The room's only SQLAlchemy."""

from collections.abc import Collection, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, Row, String, Table, Text, false, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ..storage.base import Json, UtcDateTime, id_column, metadata
from ..storage.database import Database
from ..storage.puts import Put, Puts
from .agent import Agent, AgentState, BecameReady, LoggedOut, Paused, Stance, Task, TaskPhase
from .channel import ChannelKind, Direction
from .contact import ENDED_STATES, OPEN_STATES, Contact, ContactState
from .journal import MISSED_OFFER, PASSING, Entry, MissedOfferEntry, PresenceEntry
from .mask import masks_of, told
from .metrics import AgentMoment
from .pauses import PauseMoment
from .skill import needs_of
from .third import row_of, third_of

journal_table = Table(
    "journal",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("at", UtcDateTime, nullable=False),
    Column("noun", String(16), nullable=False),
    Column("noun_id", String(36), nullable=False),
    Column("event", String(40), nullable=False),
    Column("state", String(20), nullable=False),
    Column("details", Json, nullable=False),
    Index("ix_journal_noun_at", "noun_id", "at"),
    Index("ix_journal_at", "at"),
    Index("ix_journal_noun_event", "noun_id", "event"),
)

contact_table = Table(
    "contact",
    metadata,
    id_column(),
    Column("kind", String(16), nullable=False),
    Column("direction", String(16), nullable=False),
    Column("queue", String(40), nullable=False),
    Column("state", String(16), nullable=False),
    Column("wire_key", String(120), nullable=False, unique=True),
    Column("address", String(64), nullable=False),
    Column("name", String(120), nullable=False),
    Column("arrived_at", UtcDateTime, nullable=False),
    Column("customer_id", String(36)),
    Column("order_id", String(36)),
    Column("lead_id", String(36)),
    Column("attempt_id", String(36)),
    Column("agent_id", String(36)),
    Column("for_agent", String(36)),
    Column("offered_at", UtcDateTime),
    Column("connected_at", UtcDateTime),
    Column("talk_ended_at", UtcDateTime),
    Column("closed_at", UtcDateTime),
    Column("tries", Integer, nullable=False),
    Column("talk_s", Float, nullable=False),
    Column("disposition", String(40)),
    Column("note", Text, nullable=False),
    Column("lost_reason", String(40)),
    Column("callback_at", UtcDateTime),
    Column("due_at", UtcDateTime),
    Column("lifts", Json, nullable=False),
    Column("needs", Json, nullable=False),
    Column("personal_until", UtcDateTime),
    Column("not_before", UtcDateTime),
    Column("overflowed", Json, nullable=False),
    Column("talked_with", String(36)),
    Column("masks", Json, nullable=False),
    Column("third", Json),
    Column("parked_by", String(36)),
    Column("own_phone", Boolean, nullable=False, server_default=false()),
    Column("followed_up", Boolean, nullable=False),
    Index("ix_contact_state", "state"),
    Index("ix_contact_customer_id", "customer_id", "arrived_at"),
    Index("ix_contact_closed_at", "closed_at"),
    Index("ix_contact_last_agent", "customer_id", "connected_at"),
)

agent_table = Table(
    "agent",
    metadata,
    id_column(),
    Column("name", String(120), nullable=False),
    Column("sip_name", String(40), nullable=False),
    Column("stance", String(20), nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("pause_code", String(40)),
    Column("tasks", Json, nullable=False),
    Column("needs_page", Boolean, nullable=False),
    Column("queues", Json, nullable=False),
    Column("served", Integer, nullable=False),
)


_CAME = BecameReady.__name__
_COMINGS_AND_GOINGS = (_CAME, Paused.__name__, LoggedOut.__name__)


class QueueStore:
    """The journal port (journal.py) on a database."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._puts = Puts((_put(journal_table), _put(contact_table), _put(agent_table)), on_sqlite=db.is_sqlite)

    async def append(self, entries: Sequence[Entry]) -> None:
        if not entries:
            return
        lines = [_journal_row(entry) for entry in entries]
        last = {entry.after.id: entry.after for entry in entries if entry.event not in PASSING}.values()
        rows = {
            journal_table.name: lines,
            contact_table.name: [_contact_row(noun) for noun in last if isinstance(noun, Contact)],
            agent_table.name: [_agent_row(noun) for noun in last if isinstance(noun, Agent)],
        }

        async def is_written(connection: AsyncConnection) -> bool:
            """All of it is there, or nothing is; an event is told by its noun and its instant."""
            told = [journal_table.c[name] == lines[-1][name] for name in ("noun_id", "event", "at", "state")]
            return (await connection.execute(select(journal_table.c.id).where(*told).limit(1))).first() is not None

        await self._db.write_once(self._puts, rows, is_written)

    async def open_contacts(self) -> list[Contact]:
        query = select(contact_table).where(contact_table.c.state.in_([state.value for state in OPEN_STATES]))
        async with self._db.read() as connection:
            return [_contact(row) for row in await connection.execute(query)]

    async def agents(self) -> list[Agent]:
        async with self._db.read() as connection:
            return [_agent(row) for row in await connection.execute(select(agent_table))]

    async def contact(self, contact_id: str) -> Contact | None:
        query = select(contact_table).where(contact_table.c.id == contact_id)
        async with self._db.read() as connection:
            row = (await connection.execute(query)).first()
        return _contact(row) if row else None

    async def contact_by_wire(self, wire_key: str) -> Contact | None:
        query = select(contact_table).where(contact_table.c.wire_key == wire_key)
        async with self._db.read() as connection:
            row = (await connection.execute(query)).first()
        return _contact(row) if row else None

    async def contact_by_uniqueid(self, uniqueid: str, since: datetime) -> Contact | None:
        """The contact that was open at `since` or later, and whose wire key ends with this Asterisk unique id."""
        query = select(contact_table).where(
            or_(contact_table.c.closed_at >= since, contact_table.c.state.in_([state.value for state in OPEN_STATES])),
            contact_table.c.wire_key.endswith(f"/{uniqueid}", autoescape=True),
        )
        async with self._db.read() as connection:
            row = (await connection.execute(query)).first()
        return _contact(row) if row else None

    async def contacts_of(self, customer_id: str, limit: int = 50, before: datetime | None = None) -> list[Contact]:
        query = (
            select(contact_table)
            .where(contact_table.c.customer_id == customer_id)
            .order_by(contact_table.c.arrived_at.desc())
            .limit(limit)
        )
        if before is not None:
            query = query.where(contact_table.c.arrived_at < before)
        async with self._db.read() as connection:
            return [_contact(row) for row in await connection.execute(query)]

    async def closed_since(self, since: datetime, limit: int, after: Contact | None = None) -> list[Contact]:
        """One page of the day's ground: read whole, a busy day would hold up everything else for seconds."""
        at, key = contact_table.c.closed_at, contact_table.c.id
        query = select(contact_table).where(at >= since).order_by(at, key).limit(limit)
        if after is not None:
            query = query.where(at >= after.closed_at, or_(at > after.closed_at, key > after.id))
        async with self._db.read() as connection:
            return [_contact(row) for row in await connection.execute(query)]

    async def lately_closed(self, since: datetime, limit: int) -> list[Contact]:
        at = contact_table.c.closed_at
        query = select(contact_table).where(at >= since).order_by(at.desc(), contact_table.c.id.desc()).limit(limit)
        async with self._db.read() as connection:
            return [_contact(row) for row in await connection.execute(query)][::-1]

    async def not_followed_up(self) -> list[Contact]:
        query = select(contact_table).where(
            contact_table.c.followed_up.is_(False), contact_table.c.state.in_([state.value for state in ENDED_STATES])
        )
        async with self._db.read() as connection:
            return [_contact(row) for row in await connection.execute(query)]

    async def last_agent_of(self, customer_id: str, since: datetime) -> str | None:
        query = (
            select(contact_table.c.agent_id)
            .where(
                contact_table.c.customer_id == customer_id,
                contact_table.c.agent_id.is_not(None),
                contact_table.c.connected_at >= since,
            )
            .order_by(contact_table.c.connected_at.desc())
            .limit(1)
        )
        async with self._db.read() as connection:
            found: str | None = (await connection.execute(query)).scalar()
        return found

    async def missed_offers(self, since: datetime) -> list[MissedOfferEntry]:
        columns = journal_table.c
        query = (
            select(columns.at, columns.noun_id, columns.details)
            .join(
                agent_table, agent_table.c.id == columns.noun_id
            )  # by each agent's index, not through the day's journal
            .where(columns.event == MISSED_OFFER, columns.at >= since)
            .order_by(columns.id)
        )
        async with self._db.read() as connection:
            rows = (await connection.execute(query)).all()
        return [
            MissedOfferEntry(row.at, row.noun_id, row.details.get("contact_id", ""), row.details.get("reason", ""))
            for row in rows
        ]

    async def presence(self, agent_ids: Collection[str], since: datetime) -> list[PresenceEntry]:
        """When these agents came to work and went, or paused, from `since` on, the earliest first."""
        columns = journal_table.c
        query = (
            select(columns.at, columns.noun_id, columns.event)
            .where(columns.noun_id.in_(agent_ids), columns.event.in_(_COMINGS_AND_GOINGS), columns.at >= since)
            .order_by(columns.at, columns.id)
        )
        async with self._db.read() as connection:
            return [PresenceEntry(at, who, event == _CAME) for at, who, event in await connection.execute(query)]

    async def pauses(self, agent_ids: Collection[str], since: datetime) -> list[PauseMoment]:
        columns = journal_table.c
        told = or_(columns.event.in_(_COMINGS_AND_GOINGS), columns.state == AgentState.PAUSED.value)
        query = select(columns.at, columns.noun_id, columns.event, columns.state, columns.details).where(
            columns.noun_id.in_(agent_ids), columns.at >= since, told
        )
        async with self._db.read() as connection:
            rows = await connection.execute(query.order_by(columns.at, columns.id))
            return [_pause_moment(*row) for row in rows]

    async def moments(self, agent_id: str, since: datetime) -> list[AgentMoment]:
        columns = journal_table.c
        query = select(columns.at, columns.state).where(columns.noun_id == agent_id, columns.at >= since)
        async with self._db.read() as connection:
            rows = await connection.execute(query.order_by(columns.at, columns.id))
            return [AgentMoment(row.at, agent_id, AgentState(row.state)) for row in rows]

    async def followed_up(self, contact_id: str) -> None:
        change = contact_table.update().where(contact_table.c.id == contact_id).values(followed_up=True)
        async with self._db.write() as connection:
            await connection.execute(change)


def _put(table: Table) -> Put:
    """A line of the journal is new, a noun's row is as it is now; what follow-ups mark in a contact stays."""
    if table is journal_table:
        return Put(table, [column.name for column in table.c if column.name != "id"])
    names = [column.name for column in table.c]
    return Put(table, names, [name for name in names if name not in ("id", "followed_up")])


def _pause_moment(at: datetime, agent_id: str, event: str, state: str, details: dict[str, Any]) -> PauseMoment:
    code = details.get("code") if event == Paused.__name__ else None
    return PauseMoment(at, agent_id, AgentState(state), code)


def _journal_row(entry: Entry) -> dict[str, Any]:
    noun = "contact" if isinstance(entry.after, Contact) else "agent"
    return {
        "at": entry.at,
        "noun": noun,
        "noun_id": entry.after.id,
        "event": entry.event,
        "state": entry.after.state.value,
        "details": entry.details,
    }


def _row_of(noun: Contact | Agent | Task) -> dict[str, Any]:
    return {field.name: getattr(noun, field.name) for field in fields(noun)}


def _contact_row(contact: Contact) -> dict[str, Any]:
    lists = {
        "lifts": list(contact.lifts),
        "overflowed": list(contact.overflowed),
        "masks": told(contact.masks),
        "third": row_of(contact.third),
    }
    return _row_of(contact) | lists | {"needs": [str(need) for need in contact.needs], "followed_up": False}


def _agent_row(agent: Agent) -> dict[str, Any]:
    """Live connections are not something to remember; skills, capacity and own number are the setup's."""
    row = _row_of(agent) | {"queues": sorted(agent.queues), "tasks": [_task_row(task) for task in agent.tasks]}
    for name in ("page_open", "device_up", "skills", "capacity", "own_number"):
        del row[name]
    return row


def _task_row(task: Task) -> dict[str, Any]:
    until = None if task.until is None else task.until.isoformat()
    return _row_of(task) | {"since": task.since.isoformat(), "until": until}


def _contact(row: Row[Any]) -> Contact:
    values = dict(row._mapping)
    del values["followed_up"]
    return Contact(
        **values
        | {
            "kind": ChannelKind(values["kind"]),
            "direction": Direction(values["direction"]),
            "state": ContactState(values["state"]),
            "lifts": tuple(values["lifts"]),
            "needs": needs_of(values["needs"]),
            "overflowed": tuple(values["overflowed"]),
            "masks": masks_of(values["masks"]),
            "third": third_of(values["third"]),
        }
    )


def _agent(row: Row[Any]) -> Agent:
    values = dict(row._mapping)
    return Agent(
        **values
        | {
            "stance": Stance(values["stance"]),
            "tasks": tuple(_task(task) for task in values["tasks"]),
            "queues": frozenset(values["queues"]),
        }
    )


def _task(row: dict[str, Any]) -> Task:
    until = None if row["until"] is None else datetime.fromisoformat(row["until"])
    since = datetime.fromisoformat(row["since"])
    kinds = {"kind": ChannelKind(row["kind"]), "phase": TaskPhase(row["phase"])}
    return Task(**row | kinds | {"since": since, "until": until})
