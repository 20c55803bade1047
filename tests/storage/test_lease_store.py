"""The lease on both databases, and the fence: what an engine writes that leads no more is not written."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from cordboard.storage.database import Database, Fenced
from cordboard.storage.lease import TTL_S, Lease, is_awaited, sure_until
from cordboard.storage.lease_store import LeaseStore
from tests.fakes.databases import PostgresServer
from tests.fakes.wait import until


async def steal(store: LeaseStore, taker: str) -> Lease:
    """Take it as one who has watched it long enough."""
    found = await store.take(taker, (await store.look())[0], 2 * TTL_S)
    assert found is not None
    return found[0]


async def note(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(text("INSERT INTO team (id, name) VALUES ('t', 'Team')"))


async def noted(database: Database) -> int:
    async with database.read() as connection:
        return int((await connection.execute(text("SELECT count(*) FROM team"))).scalar_one())


@pytest.fixture
async def other(database: Database) -> AsyncIterator[Database]:
    """Another engine's way to the same database."""
    opened = Database.open(database.engine.url.render_as_string(hide_password=False))
    yield opened
    await opened.close()


async def test_one_takes_it_renews_it_and_gives_it_up(database: Database) -> None:
    store = LeaseStore(database, lambda: 100.0)
    fresh, _ = await store.look()
    taken = await store.take("a", fresh, 0.0)
    assert taken is not None
    assert (taken[0].epoch, taken[0].holder, taken[1]) == (1, "a", sure_until(100.0))
    lease, now = await store.look()
    assert 0.0 < (lease.expires - now).total_seconds() <= TTL_S
    assert await store.take("b", lease, 0.0) is None
    assert await store.renew(1) == (sure_until(100.0), False)
    await store.give_up(1)
    assert await store.renew(1) is None
    assert (await steal(store, "b")).epoch == 2


async def test_what_was_renewed_since_it_was_seen_is_not_taken(database: Database) -> None:
    store = LeaseStore(database, lambda: 0.0)
    await steal(store, "a")
    seen, _ = await store.look()
    await store.renew(1)
    assert await store.take("b", seen, 100.0) is None
    assert (await store.look())[0].epoch == 1


async def test_an_old_epoch_renews_and_gives_up_nothing(database: Database) -> None:
    store = LeaseStore(database, lambda: 0.0)
    await steal(store, "a")
    await steal(store, "b")
    assert await store.renew(1) is None
    await store.give_up(1)
    assert (await store.look())[0].holder == "b"


async def test_a_leader_hears_that_somebody_stands_by(database: Database) -> None:
    store = LeaseStore(database, lambda: 0.0)
    await steal(store, "a")
    await store.await_it()
    assert await store.renew(1) == (sure_until(0.0), True)
    assert is_awaited(*await store.look())


async def test_a_write_is_refused_after_a_take_over_and_nothing_of_it_is_kept(
    database: Database, other: Database
) -> None:
    store = LeaseStore(other, lambda: 0.0)
    database.fence((await steal(store, "a")).epoch)
    await note(database)
    await steal(store, "b")
    with pytest.raises(Fenced):
        async with database.write() as connection:
            await connection.execute(text("DELETE FROM team"))
    with pytest.raises(Fenced):
        async with database.together():
            await note(database)
    assert await noted(database) == 1
    await note_again(other)


async def note_again(database: Database) -> None:
    """A tool is not fenced."""
    async with database.write() as connection:
        await connection.execute(text("INSERT INTO team (id, name) VALUES ('u', 'Tool')"))


async def waiting_for_locks(database: Database) -> int:
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    async with database.read() as connection:
        return int((await connection.execute(text(query))).scalar_one())


@pytest.fixture
async def engines(postgres_server: PostgresServer, postgres_template: str) -> AsyncIterator[tuple[Database, Database]]:
    """Two ways to one PostgreSQL."""
    async with postgres_server.fresh(postgres_template) as url:
        both = Database.open(url), Database.open(url)
        yield both
        for one in both:
            await one.close()


async def test_a_take_over_waits_for_a_write_that_was_let_through_and_a_renewal_does_not(
    engines: tuple[Database, Database],
) -> None:
    leader, other = engines
    store = LeaseStore(other, lambda: 0.0)
    leader.fence((await steal(store, "a")).epoch)
    async with leader.write() as connection:
        assert await store.renew(1) is not None
        taking = asyncio.create_task(steal(store, "b"))
        await until(lambda: waiting_for_locks(other), "the taker waits")
        await connection.execute(text("INSERT INTO team (id, name) VALUES ('t', 'Team')"))
        assert not taking.done()
    assert (await taking).epoch == 2
    assert await noted(other) == 1


async def test_a_write_that_begins_during_a_take_over_is_refused(engines: tuple[Database, Database]) -> None:
    leader, other = engines
    store = LeaseStore(other, lambda: 0.0)
    leader.fence((await steal(store, "a")).epoch)
    async with other.write() as connection:
        await connection.execute(text("SELECT 1 FROM lease FOR UPDATE"))
        writing = asyncio.create_task(note(leader))
        await until(lambda: waiting_for_locks(other), "the writer waits")
        await connection.execute(text("UPDATE lease SET epoch = 2, holder = 'b'"))
    with pytest.raises(Fenced):
        await writing
    assert await noted(other) == 0


async def test_an_engine_stopped_inside_a_write_does_not_keep_the_next_from_leading(
    engines: tuple[Database, Database],
) -> None:
    leader, other = engines
    store = LeaseStore(other, lambda: 0.0)
    leader.fence((await steal(store, "a")).epoch)

    async def stopped() -> None:
        async with leader.write() as connection:
            await connection.execute(text("INSERT INTO team (id, name) VALUES ('t', 'Team')"))
            assert (await steal(store, "b")).epoch == 2  # PostgreSQL ends the session that stands still
            await connection.execute(text("SELECT 1"))

    with pytest.raises(SQLAlchemyError):
        await stopped()
    assert await noted(other) == 0
