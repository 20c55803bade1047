"""The queue's tables on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from cordboard.queue import agent as agents
from cordboard.queue import contact as contacts
from cordboard.queue import contact_events
from cordboard.queue.agent import Agent, AgentState, Stance
from cordboard.queue.channel import Arrival, ChannelKind, Direction
from cordboard.queue.contact import ContactState
from cordboard.queue.journal import entry_of
from cordboard.queue.store import QueueStore, journal_table
from cordboard.storage.database import Database
from tests.fakes.databases import PostgresServer
from tests.fakes.postgres_relay import Lost, PostgresRelay
from tests.fakes.wire import MovedClock


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


async def test_what_is_appended_is_read_back(database: Database, clock: MovedClock) -> None:
    store = QueueStore(database)
    now = clock.now()
    arrival = Arrival(
        ChannelKind.VOICE, Direction.INBOUND, "orders", "n/2026 b/lab-1.7", "+79000000001", customer_id="c"
    )
    fresh = contacts.arrive("k", arrival, now)
    queued = contacts.advance(fresh, contact_events.Queued(now))
    agent = Agent("maria", "Мария", "agent-1", Stance.READY, now, queues=frozenset({"orders"}), page_open=True)
    chosen = agents.advance(agent, agents.ReservedForContact(now, "k", ChannelKind.VOICE, now + timedelta(seconds=25)))
    await store.append(
        [
            entry_of(now, "Appeared", fresh),
            entry_of(now, contact_events.Queued(now), queued),
            entry_of(now, agents.ReservedForContact(now, "k", ChannelKind.VOICE, now + timedelta(seconds=25)), chosen),
        ]
    )
    assert await store.contact("k") == queued
    assert await store.contact_by_wire("n/2026 b/lab-1.7") == queued
    assert await store.contact_by_uniqueid("lab-1.7", now) == queued
    assert await store.contact_by_uniqueid("1.7", now) is None
    assert await store.open_contacts() == [queued]
    assert await store.contacts_of("c") == [queued]
    (kept,) = await store.agents()
    assert (kept.state, kept.contact_id, kept.page_open) == (AgentState.RESERVED, "k", False)
    async with database.read() as connection:
        rows = (await connection.execute(select(journal_table).order_by(journal_table.c.id))).all()
    assert [(row.event, row.state) for row in rows] == [
        ("Appeared", "arrived"),
        ("Queued", "queued"),
        ("ReservedForContact", "reserved"),
    ]


async def test_ended_contacts_wait_until_they_are_followed_up(database: Database, clock: MovedClock) -> None:
    store = QueueStore(database)
    now = clock.now()
    fresh = contacts.arrive("k", Arrival(ChannelKind.VOICE, Direction.INBOUND, "orders", "w"), now)
    lost = contacts.advance(fresh, contact_events.NodeLost(now))
    await store.append([entry_of(now, "Appeared", fresh), entry_of(now, contact_events.NodeLost(now), lost)])
    assert [contact.state for contact in await store.not_followed_up()] == [ContactState.LOST]
    assert await store.open_contacts() == []
    await store.followed_up("k")
    assert await store.not_followed_up() == []
    assert [contact.id for contact in await store.closed_since(now - timedelta(minutes=1), 10)] == ["k"]
    assert await store.closed_since(now + timedelta(minutes=1), 10) == []


async def test_ended_contacts_are_read_in_pages_though_many_end_at_once(database: Database, clock: MovedClock) -> None:
    store, now = QueueStore(database), clock.now()
    for name, age_s in (("c", 2), ("a", 2), ("b", 2), ("e", 1), ("d", 3), ("old", 90)):
        at = now - timedelta(seconds=age_s)
        fresh = contacts.arrive(name, Arrival(ChannelKind.VOICE, Direction.INBOUND, "orders", f"w/{name}"), at)
        await store.append([entry_of(at, "Left", contacts.advance(fresh, contact_events.NodeLost(at)))])
    since, read, last = now - timedelta(minutes=1), list[str](), None
    while page := await store.closed_since(since, 2, last):
        read, last = [*read, *(contact.id for contact in page)], page[-1]
    assert read == ["d", "a", "b", "c", "e"]
    assert [contact.id for contact in await store.lately_closed(since, 3)] == ["b", "c", "e"]
    ended = await store.contact_by_uniqueid("old", now - timedelta(seconds=90))
    assert ended is not None
    assert ended.id == "old"
    assert await store.contact_by_uniqueid("old", now - timedelta(seconds=89)) is None


async def test_a_failed_append_leaves_nothing(database: Database, clock: MovedClock) -> None:
    store = QueueStore(database)
    now = clock.now()
    first = contacts.arrive("k", Arrival(ChannelKind.VOICE, Direction.INBOUND, "orders", "w"), now)
    twin = contacts.arrive("k2", Arrival(ChannelKind.VOICE, Direction.INBOUND, "orders", "w"), now)
    with pytest.raises(Exception, match="(?i)unique"):
        await store.append([entry_of(now, "Appeared", first), entry_of(now, "Appeared", twin)])
    assert await store.open_contacts() == []
    async with database.read() as connection:
        assert (await connection.execute(select(journal_table))).all() == []


@pytest.mark.parametrize("lost", list(Lost))
async def test_a_commit_of_unknown_outcome_is_looked_for_and_done_once(
    postgres_server: PostgresServer, postgres_template: str, clock: MovedClock, lost: Lost
) -> None:
    async with PostgresRelay.before(postgres_server.folder) as relay, postgres_server.fresh(postgres_template) as url:
        database = Database.open(relay.url(url))
        try:
            relay.loses, relay.every = lost, 2
            store, count = QueueStore(database), 5
            for number in range(count):
                fresh = contacts.arrive(
                    f"k{number}", Arrival(ChannelKind.VOICE, Direction.INBOUND, "orders", f"w{number}"), clock.now()
                )
                await store.append([entry_of(clock.now(), "Appeared", fresh)])
            assert relay.lost >= count // 2
            assert len(await store.open_contacts()) == count
            async with database.read() as connection:
                query = select(journal_table.c.noun_id, func.count()).group_by(journal_table.c.noun_id)
                assert {row[1] for row in await connection.execute(query)} == {1}
        finally:
            await database.close()


async def test_connections_that_break_again_and_again_are_said_to(
    postgres_server: PostgresServer, postgres_template: str, clock: MovedClock
) -> None:
    async with PostgresRelay.before(postgres_server.folder) as relay, postgres_server.fresh(postgres_template) as url:
        database = Database.open(relay.url(url))
        try:
            relay.loses = Lost.ORDER
            fresh = contacts.arrive("k", Arrival(ChannelKind.VOICE, Direction.INBOUND, "orders", "w"), clock.now())
            with pytest.raises(DBAPIError):
                await QueueStore(database).append([entry_of(clock.now(), "Appeared", fresh)])
            relay.loses = None
            assert await QueueStore(database).open_contacts() == []
        finally:
            await database.close()
