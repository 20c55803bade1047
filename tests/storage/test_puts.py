"""Rows put together: all of them or none, in their order, and none by an engine that leads no more. On both databases."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from cordboard.queue.store import agent_table, journal_table
from cordboard.storage.database import Database, Fenced
from cordboard.storage.puts import Put, Puts, Rows
from tests.fakes.databases import PostgresServer
from tests.fakes.wait import until

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
LINES = ("at", "noun", "noun_id", "event", "state", "details")


def line(number: int, event: str = "Wrote") -> dict[str, object]:
    details = {"text": '«Ёлка» \U0001f384 \\ "', "deep": [None, {"a": 1.5}]}
    return {"at": NOW, "noun": "agent", "noun_id": f"a{number}", "event": event, "state": "ready", "details": details}


def agent(name: str, served: int) -> dict[str, object]:
    whole = {"id": "maria", "name": name, "sip_name": "s", "stance": "ready", "since": NOW, "pause_code": None}
    return whole | {"tasks": [], "needs_page": True, "queues": ["orders"], "served": served}


def puts(database: Database) -> Puts:
    names = [column.name for column in agent_table.c]
    kinds = (Put(journal_table, LINES), Put(agent_table, names, [name for name in names if name not in ("id", "name")]))
    return Puts(kinds, on_sqlite=database.is_sqlite)


async def never(_: AsyncConnection) -> bool:
    return False


async def write(database: Database, rows: dict[str, Rows]) -> None:
    await database.write_once(puts(database), rows, never)


async def written(database: Database) -> list[str]:
    async with database.read() as connection:
        query = select(journal_table.c.noun_id).order_by(journal_table.c.id)
        return list(await connection.scalars(query))


async def test_lines_keep_their_order_and_their_words(database: Database) -> None:
    lines = [line(number) for number in range(200)]
    await write(database, {"journal": lines})
    assert await written(database) == [one["noun_id"] for one in lines]
    async with database.read() as connection:
        row = (await connection.execute(select(journal_table).limit(1))).one()
    assert {name: getattr(row, name) for name in LINES} == lines[0]


async def test_a_row_that_is_there_takes_over_what_may_change(database: Database) -> None:
    await write(database, {"agent": [agent("Мария", 1)], "journal": []})
    await write(database, {"agent": [agent("другая", 2)]})
    async with database.read() as connection:
        row = (await connection.execute(select(agent_table))).one()
    assert (row.name, row.served, row.queues) == ("Мария", 2, ["orders"])


async def test_one_row_too_long_and_nothing_is_written(database: Database) -> None:
    if database.is_sqlite:  # it does not know how long a text may be; a missing one it knows
        broken: dict[str, object] = line(2) | {"state": None}
    else:
        broken = line(2, "W" * 41)
    with pytest.raises(DBAPIError):
        await write(database, {"agent": [agent("Мария", 1)], "journal": [line(1), broken]})
    assert await written(database) == []
    async with database.read() as connection:
        assert (await connection.execute(select(agent_table))).all() == []


async def test_a_naive_instant_is_refused(database: Database) -> None:
    with pytest.raises(Exception, match="naive"):
        await write(database, {"journal": [line(1) | {"at": NOW.replace(tzinfo=None)}]})


async def test_inside_another_transaction_they_are_a_part_of_it(database: Database) -> None:
    async def whole() -> None:
        async with database.together():
            await write(database, {"journal": [line(1)]})
            raise RuntimeError("the rest went wrong")

    with pytest.raises(RuntimeError):
        await whole()
    assert await written(database) == []


async def test_who_leads_no_more_writes_nothing(database: Database) -> None:
    database.fence(7)
    async with database.read() as connection:
        assert await connection.scalar(text("SELECT epoch FROM lease")) != 7
    with pytest.raises(Fenced):
        await write(database, {"journal": [line(1)]})
    assert await written(database) == []


@pytest.fixture
async def engines(postgres_server: PostgresServer, postgres_template: str) -> AsyncIterator[tuple[Database, Database]]:
    async with postgres_server.fresh(postgres_template) as url:
        both = Database.open(url), Database.open(url)
        yield both
        for one in both:
            await one.close()


async def waits_for_a_lock(database: Database) -> bool:
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    async with database.read() as connection:
        return bool(await connection.scalar(text(query)))


async def test_rows_put_during_a_take_over_wait_for_it_and_are_refused(engines: tuple[Database, Database]) -> None:
    leader, other = engines
    async with other.write() as connection:
        epoch = await connection.scalar(text("SELECT epoch FROM lease"))
    leader.fence(epoch)
    async with other.write() as connection:
        await connection.execute(text("SELECT 1 FROM lease FOR UPDATE"))
        writing = asyncio.create_task(write(leader, {"journal": [line(1)]}))
        await until(lambda: waits_for_a_lock(other), "the writer waits")
        await connection.execute(text("UPDATE lease SET epoch = epoch + 1"))
    with pytest.raises(Fenced):
        await writing
    assert await written(other) == []
