"""What is written down, and what the world saw: all that the invariants may look at."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cordboard.dialer.tables import attempt_table, import_table, lead_table
from cordboard.quality.store import recordings
from cordboard.queue.channels.store import chat_table, message_table
from cordboard.queue.store import agent_table, contact_table, journal_table
from cordboard.shop.tables import order_table
from cordboard.storage.database import Database

Row = dict[str, Any]


async def _rows(connection: AsyncConnection, table: Table) -> list[Row]:
    found = await connection.execute(select(table).order_by(*table.primary_key.columns))
    return [dict(row._mapping) for row in found]


@dataclass
class Books:
    """The tables as they are at one moment, the journal in its order."""

    contacts: list[Row] = field(default_factory=list)
    journal: list[Row] = field(default_factory=list)
    agents: list[Row] = field(default_factory=list)
    attempts: list[Row] = field(default_factory=list)
    leads: list[Row] = field(default_factory=list)
    recordings: list[Row] = field(default_factory=list)
    chats: list[Row] = field(default_factory=list)
    messages: list[Row] = field(default_factory=list)
    orders: list[Row] = field(default_factory=list)
    imports: list[Row] = field(default_factory=list)

    @classmethod
    async def read_contacts(cls, db: Database) -> "Books":
        """Of all tables this one, for whoever asks often."""
        async with db.read() as connection:
            return cls(contacts=await _rows(connection, contact_table))

    @classmethod
    async def read(cls, db: Database) -> "Books":
        async with db.read() as connection:

            async def all_of(table: Table) -> list[Row]:
                return await _rows(connection, table)

            return cls(
                contacts=await all_of(contact_table),
                journal=await all_of(journal_table),
                agents=await all_of(agent_table),
                attempts=await all_of(attempt_table),
                leads=await all_of(lead_table),
                recordings=await all_of(recordings),
                chats=await all_of(chat_table),
                messages=await all_of(message_table),
                orders=await all_of(order_table),
                imports=await all_of(import_table),
            )


@dataclass
class Seen:
    """What stood outside the house and can be believed: SIPp's traces, HTTP answers that came back, Asterisk, the disk.

    `callers`: the number of each caller whose INVITE was answered 200. `invites`: the number of each call at the carrier, one entry a
    call. `orders`: external ids answered 2xx. `said`: (who, client id) of messages answered 2xx. `dropped`: talks that ended though
    neither side hung up. `channels`: those that Asterisk still shows. `raw`: raw recordings that are still there. `kept`: the
    kept files. `nobody_spoke`: numbers of people called who were answered by none of us.
    """

    callers: Sequence[str] = ()
    invites: Sequence[str] = ()
    orders: Sequence[str] = ()
    said: Sequence[tuple[str, str]] = ()
    dropped: Sequence[str] = ()
    channels: Sequence[str] = ()
    raw: Sequence[str] = ()
    kept: Sequence[str] = ()
