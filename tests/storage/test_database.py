"""A database that is closed while somebody is still at it: what was begun is finished, and every connection comes back."""

import asyncio
import gc
import warnings
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from cordboard.storage.database import Database, DatabaseUnreachable

Work = Callable[[Database], Awaitable[None]]


async def read(database: Database) -> None:
    async with database.read() as connection:
        await connection.execute(text("SELECT 1"))


async def write(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(text("CREATE TABLE IF NOT EXISTS note (text VARCHAR)"))
        await connection.execute(text("INSERT INTO note VALUES ('kept')"))


async def read_inside_a_write(database: Database) -> None:
    async with database.write():
        await read(database)


async def both(database: Database) -> None:
    async with database.together():
        await write(database)
        await read(database)


@pytest.mark.parametrize("work", [read, write, read_inside_a_write, both])
def test_a_database_closed_at_any_moment_of_somebody_s_work_loses_no_connection(work: Work, tmp_path: Path) -> None:
    """The loop ends right after the close, as the program does, and as each test does."""

    async def close_after(steps: int) -> bool:
        database = Database.open(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")
        task = asyncio.ensure_future(work(database))
        for _ in range(steps):
            await asyncio.sleep(0)
        await database.close()
        return task.done()

    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        done = [asyncio.run(close_after(steps)) for steps in range(1, 40)]
        gc.collect()
    assert [str(warning.message) for warning in seen] == []
    assert all(done)


async def test_a_writer_that_waits_for_its_turn_is_heard_before_the_close(empty_database: Database) -> None:
    writers = [asyncio.ensure_future(write(empty_database)) for _ in range(3)]
    await asyncio.sleep(0)
    await empty_database.close()
    assert [writer.done() for writer in writers] == [True] * 3


async def test_a_closed_database_says_so(empty_database: Database) -> None:
    await empty_database.close()
    for work in (read, write, both):
        with pytest.raises(DatabaseUnreachable, match="closed"):
            await work(empty_database)


async def test_whoever_never_ends_does_not_hold_the_close_for_ever(
    empty_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async with empty_database.read():
        await empty_database.close(patience_s=0.01)
    assert "still in use" in caplog.text


@pytest.mark.parametrize("work", [read, write, both])
async def test_whoever_is_cancelled_gives_its_connection_back(empty_database: Database, work: Work) -> None:
    for steps in range(1, 30):
        task = asyncio.ensure_future(work(empty_database))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await write(empty_database)


async def test_what_is_poured_is_carried_over_by_nobody_s_commit(tmp_path: Path) -> None:
    """SQLite's log grows meanwhile, is carried over when that is asked for, and begins anew; afterwards all is as it was."""
    database = Database.open(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")
    log, long = tmp_path / "test.db-wal", "x" * 100_000

    async def pour(rows: int) -> int:
        for _ in range(rows):
            async with database.write() as connection:
                await connection.execute(text("INSERT INTO note VALUES (:long)"), {"long": long})
        return log.stat().st_size

    await write(database)
    usual = await pour(120)
    async with database.pouring():
        assert await pour(240) > 2 * usual
        before = log.stat().st_size
        await database.carry_over()
        assert await pour(1) == before
    await pour(1)
    await database.carry_over()
    assert await pour(120) == before
    await database.close()
