"""The tables and the migrations tell one story, on both databases, forth and back; a database from the future is left alone."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from alembic import command
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, Table, inspect, text
from sqlalchemy.exc import DBAPIError

from cordboard.storage import migrate
from cordboard.storage.base import metadata
from cordboard.storage.database import Database
from tests.fakes.databases import import_all_stores


async def tables(database: Database) -> set[str]:
    async with database.read() as connection:
        return set(await connection.run_sync(lambda sync: inspect(sync).get_table_names()))


LEAD_NUMBER = frozenset({"lead_number_came", "lead_number_changed", "lead_number_gone"})
TRIGGERS = {
    "sqlite": {"audit_update", "audit_delete", *LEAD_NUMBER},
    "postgresql": {"audit_guard", *LEAD_NUMBER},
}


def _triggers(sync: Connection) -> dict[str, str]:
    query = "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal"
    if sync.dialect.name == "sqlite":
        query = "SELECT name, tbl_name || ': ' || sql FROM sqlite_master WHERE type = 'trigger'"
    return dict(sync.execute(text(query)).all())


async def triggers(database: Database) -> dict[str, str]:
    """What the database does by itself: each trigger's name, and how it is written."""
    async with database.read() as connection:
        return await connection.run_sync(_triggers)


async def test_an_empty_database_becomes_what_the_stores_want(empty_database: Database) -> None:
    rooms = import_all_stores()
    assert {"access", "shop"} <= set(rooms)
    await migrate.upgrade(empty_database.engine, metadata)
    assert await tables(empty_database) == {*metadata.tables, "alembic_version"}
    assert await migrate.revision_of(empty_database.engine) == migrate.newest_revision()
    await migrate.differences(empty_database.engine, metadata)


async def test_down_to_nothing_and_up_again(empty_database: Database) -> None:
    import_all_stores()
    await migrate.upgrade(empty_database.engine, metadata)
    fresh = await triggers(empty_database)

    def down(sync: Connection) -> None:
        command.downgrade(migrate._config(sync, metadata), "base")

    async with empty_database.engine.begin() as connection:
        await connection.run_sync(down)
    assert await tables(empty_database) == {"alembic_version"}
    assert await triggers(empty_database) == {}
    await migrate.upgrade(empty_database.engine, metadata)
    await migrate.differences(empty_database.engine, metadata)
    assert await triggers(empty_database) == fresh


async def test_no_migration_loses_a_trigger_of_an_earlier_one(empty_database: Database) -> None:
    """`differences` does not see them. Whoever rebuilds a table on SQLite makes its triggers anew (storage/migrations/README.md)."""
    before: dict[str, str] = {}
    steps = ScriptDirectory.from_config(migrate._config()).walk_revisions()
    for revision in reversed([script.revision for script in steps]):
        await migrate.upgrade(empty_database.engine, metadata, to=revision)
        now = await triggers(empty_database)
        assert before.items() <= now.items(), f"migration {revision} lost or changed {before.items() - now.items()}"
        before = now
    assert before.keys() == TRIGGERS[empty_database.engine.dialect.name]


async def test_a_rebuilt_table_has_lost_its_triggers_and_the_guard_above_sees_it(sqlite_database: Database) -> None:
    """The guard itself."""

    def rebuild(sync: Connection) -> None:
        with Operations(MigrationContext.configure(sync)).batch_alter_table("lead", recreate="always"):
            pass

    before = await triggers(sqlite_database)
    async with sqlite_database.engine.begin() as connection:
        await connection.run_sync(rebuild)
    assert before.keys() - (await triggers(sqlite_database)).keys() == LEAD_NUMBER


async def test_upgrading_twice_is_upgrading_once(empty_database: Database) -> None:
    await migrate.upgrade(empty_database.engine, metadata)
    before = await tables(empty_database)
    await migrate.upgrade(empty_database.engine, metadata)
    assert await tables(empty_database) == before


async def test_a_database_newer_than_the_code_is_refused_and_untouched(empty_database: Database) -> None:
    async with empty_database.write() as connection:
        await connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        await connection.execute(text("INSERT INTO alembic_version VALUES ('9999')"))
        await connection.execute(text("CREATE TABLE from_the_future (x INTEGER)"))
    with pytest.raises(migrate.DatabaseNewerThanCode):
        await migrate.upgrade(empty_database.engine, metadata)
    assert await tables(empty_database) == {"alembic_version", "from_the_future"}
    assert await migrate.revision_of(empty_database.engine) == "9999"


async def test_a_table_the_migrations_forgot_is_noticed(empty_database: Database) -> None:
    """The guard itself: take a table away, and `differences` must see it."""
    from alembic.util.exc import AutogenerateDiffsDetected

    import_all_stores()
    await migrate.upgrade(empty_database.engine, metadata)
    async with empty_database.write() as connection:
        await connection.execute(text("DROP TABLE customer_note"))
    with pytest.raises(AutogenerateDiffsDetected):
        await migrate.differences(empty_database.engine, metadata)


@pytest.mark.parametrize("statement", ["UPDATE audit SET action = 'x'", "DELETE FROM audit"])
async def test_the_audit_trail_cannot_be_rewritten(database: Database, statement: str) -> None:
    row = "INSERT INTO audit VALUES ('a', '2026-11-20 00:00:00+00', NULL, 'did', 'it', '{}')"
    async with database.write() as connection:
        await connection.execute(text(row))
    with pytest.raises(DBAPIError, match="append-only"):
        async with database.write() as connection:
            await connection.execute(text(statement))
    async with database.read() as connection:
        assert (await connection.execute(text("SELECT action FROM audit"))).scalars().all() == ["did"]


async def test_forecasts_that_were_applied_keep_their_figures_under_the_new_names(empty_database: Database) -> None:
    old = {"as_is": None, "changed": {"runs": 10, "utilisation": {"p10": 0.7, "p50": 0.8, "p90": 0.9}}}
    new = {"as_is": None, "changed": {"runs": 10, "utilisation": {"low": 0.7, "middle": 0.8, "high": 0.9}}}
    await migrate.upgrade(empty_database.engine, metadata, to="0030")

    def fill(sync: Connection) -> None:
        tables = MetaData()
        tables.reflect(sync, only=["campaign", "what_if"])
        _insert(sync, tables.tables["campaign"], {"id": "c"})
        _insert(sync, tables.tables["what_if"], {"id": "w", "campaign_id": "c", "forecast": old})

    async with empty_database.engine.begin() as connection:
        await connection.run_sync(fill)

    async def told() -> Any:
        async with empty_database.read() as connection:
            found = (await connection.execute(text("SELECT forecast FROM what_if"))).scalar_one()
        return json.loads(found) if isinstance(found, str) else found

    await migrate.upgrade(empty_database.engine, metadata)
    assert await told() == new
    async with empty_database.engine.begin() as connection:
        await connection.run_sync(lambda sync: command.downgrade(migrate._config(sync, metadata), "0030"))
    assert await told() == old


def _insert(sync: Connection, into: Table, values: dict[str, Any]) -> None:
    """A row with these values, and something of the right kind in whatever else must be told."""
    usual = {
        str: "x",
        int: 1,
        float: 1.0,
        bool: True,
        dict: {},
        object: {},
        datetime: datetime(2026, 12, 1, tzinfo=UTC),
    }
    row = {
        each.name: usual[each.type.python_type] for each in into.c if not each.nullable and each.server_default is None
    }
    sync.execute(into.insert().values(row | values))
