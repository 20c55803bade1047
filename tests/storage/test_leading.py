"""An engine and the lease: who waits, who leads, who stops; on PostgreSQL by time, on SQLite by a lock of the operating system."""

import asyncio
import shutil
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import text

from cordboard.storage.data_folder import DataFolder, FolderUnusable
from cordboard.storage.database import Database
from cordboard.storage.leading import LOOP_DEAD_S, Leading
from cordboard.storage.lease import TTL_S
from cordboard.storage.lease_store import LeaseStore
from tests.fakes.databases import ROOT, PostgresServer
from tests.fakes.wait import until


@dataclass
class Engines:
    """Engines on one database; `now` is what their steady clocks show."""

    url: str
    stack: AsyncExitStack
    now: float = 1000.0
    waits: list[str] = field(default_factory=list)

    def engine(self, holder: str) -> Leading:
        database = Database.open(self.url)
        self.stack.push_async_callback(database.close)
        return Leading(database, holder, lambda: self.now)

    async def on_wait(self, why: str) -> None:
        self.waits.append(why)

    async def led(self, holder: str) -> Leading:
        one = self.engine(holder)
        await one.lead(self.on_wait)
        return one

    def begin(self, work: "asyncio.Task[None]") -> "asyncio.Task[None]":
        async def end() -> None:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)

        self.stack.push_async_callback(end)
        return work


@pytest.fixture
async def engines(postgres_server: PostgresServer, postgres_template: str) -> AsyncIterator[Engines]:
    async with postgres_server.fresh(postgres_template) as url, AsyncExitStack() as stack:
        yield Engines(url, stack)


@pytest.fixture
async def on_a_file(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Engines]:
    shutil.copy(sqlite_template, tmp_path / "one.db")
    async with AsyncExitStack() as stack:
        yield Engines(f"sqlite+aiosqlite:///{tmp_path / 'one.db'}", stack)


async def test_the_first_leads_at_once_and_only_for_a_while(engines: Engines) -> None:
    one = engines.engine("a")
    assert not one.holds()
    await one.lead(engines.on_wait)
    assert (one.epoch, one.holds(), engines.waits) == (1, True, [])
    engines.now += TTL_S - 1.0
    assert not one.holds()


async def test_the_second_waits_and_leads_when_the_first_gives_up(engines: Engines) -> None:
    first = await engines.led("a")
    keeping = engines.begin(asyncio.create_task(first.keep()))
    second = engines.engine("b")
    leading = engines.begin(asyncio.create_task(second.lead(engines.on_wait)))
    await until(lambda: first.awaited, "the leader knows of the one that stands by")
    assert engines.waits == ["a leads"]
    assert not leading.done()
    await first.give_up()
    assert not first.holds()
    await leading
    assert (second.epoch, second.holds()) == (2, True)
    assert await first.handed_over()
    await keeping
    assert first.epoch == 0


async def test_a_leader_that_stands_still_is_followed_and_loses_the_lease(engines: Engines) -> None:
    first = await engines.led("a")
    second = engines.engine("b")
    leading = engines.begin(asyncio.create_task(second.lead(engines.on_wait)))
    await until(lambda: engines.waits, "the second waits")
    engines.now += 2 * TTL_S
    await leading
    assert second.epoch == 2
    assert not first.holds()
    engines.now -= 2 * TTL_S - 1.0  # even one whose clock stood still with it is told by the database
    assert first.holds()
    await first.keep()
    assert not first.holds()


async def test_the_next_life_of_the_same_folder_need_not_wait(engines: Engines) -> None:
    await engines.led("a")
    again = await engines.led("a")
    assert (again.epoch, engines.waits) == (2, [])


async def test_a_database_that_is_away_costs_the_lease_only_when_its_time_is_over(engines: Engines) -> None:
    database = Database.open(engines.url)
    one = Leading(database, "a", lambda: engines.now, lambda: Database.open("postgresql+asyncpg:///none?host=/nowhere"))
    await one.lead(engines.on_wait)
    await database.close()
    keeping = engines.begin(asyncio.create_task(one.keep()))
    engines.now += 1.0
    await asyncio.sleep(0)
    assert one.holds()
    assert not keeping.done()
    engines.now += TTL_S
    await keeping
    assert not one.holds()
    await one.give_up()  # nobody can be told, and that is no reason to fail


class Onlooker:
    """Sees the lease with the eyes of another process, while the event loop here has no turn."""

    LOOK = """
import asyncio, asyncpg, sys, time

async def changed(url, before, within_s):
    connection = await asyncpg.connect(url)
    until = time.monotonic() + within_s
    while True:
        now = (await connection.fetchval("SELECT expires FROM lease")).timestamp()
        if now != before or time.monotonic() > until:
            return now
        await asyncio.sleep(0.02)

print(asyncio.run(changed(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]))))
"""

    def __init__(self, url: str) -> None:
        self._url = url.replace("+asyncpg", "")
        self._expires = 0.0

    def sees_it_renewed(self, within_s: float) -> bool:
        """Whether it was, since the last look."""
        command = [sys.executable, "-c", self.LOOK, self._url, repr(self._expires), repr(within_s)]
        before = self._expires
        self._expires = float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        return self._expires != before


async def test_an_event_loop_that_is_busy_keeps_the_lease_and_one_that_stands_still_is_followed(
    engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cordboard.storage.leading.RENEW_S", 0.05)
    first = await engines.led("a")
    others = set(threading.enumerate())
    keeping = engines.begin(asyncio.create_task(first.keep()))
    await asyncio.sleep(0)
    (renewing,) = [one for one in threading.enumerate() if one.name == "lease" and one not in others]
    onlooker, since = Onlooker(engines.url), engines.now
    assert onlooker.sees_it_renewed(0.0)
    while engines.now - since < LOOP_DEAD_S:  # from here on the loop has no turn
        assert onlooker.sees_it_renewed(20.0)
        engines.now += 1.0
    renewing.join(20.0)
    assert not renewing.is_alive(), "nothing is renewed any more"
    assert first.holds(), "for what is left of its time"
    engines.now += TTL_S
    assert not first.holds()
    await keeping
    assert not first.holds()


async def test_nobody_takes_over_from_one_who_was_not_awaited(engines: Engines) -> None:
    one = await engines.led("a")
    await one.give_up()
    assert not await one.handed_over()


async def test_on_sqlite_the_file_is_one_engines_and_nothing_is_renewed(on_a_file: Engines) -> None:
    first = await on_a_file.led("a")
    keeping = on_a_file.begin(asyncio.create_task(first.keep()))
    second = on_a_file.engine("b")
    leading = on_a_file.begin(asyncio.create_task(second.lead(on_a_file.on_wait)))
    await until(lambda: on_a_file.waits, "the second waits")
    before, _ = await store_of(on_a_file).look()
    on_a_file.now += 1_000_000.0
    assert first.holds()
    assert not keeping.done()
    assert (await store_of(on_a_file).look())[0] == before
    await first.give_up()
    await leading
    assert (second.epoch, second.holds(), first.holds()) == (2, True, False)


def store_of(engines: Engines) -> LeaseStore:
    database = Database.open(engines.url)
    engines.stack.push_async_callback(database.close)
    return LeaseStore(database, lambda: engines.now)


def test_a_folder_has_one_name_over_all_its_lives_and_another_folder_another(tmp_path: Path) -> None:
    with pytest.raises(FolderUnusable):
        DataFolder(tmp_path / "a").identity()

    def named(path: Path) -> str:
        look = "import sys, pathlib; from cordboard.storage.data_folder import DataFolder as F\n"
        look += "f = F(pathlib.Path(sys.argv[1])); f.hold(); print(f.identity())"
        command = [sys.executable, "-c", look, str(path)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()

    name = named(tmp_path / "a")
    assert named(tmp_path / "a") == name
    shutil.rmtree(tmp_path / "a")
    assert named(tmp_path / "a") != name
    assert len(name) <= 300


async def test_a_renewal_does_not_wait_for_the_disk_and_every_other_write_does(postgres_server: PostgresServer) -> None:
    async with postgres_server.fresh() as url, AsyncExitStack() as stack:
        said = []
        for lasting in (True, False):
            database = Database.open(url, lasting=lasting)
            stack.push_async_callback(database.close)
            async with database.single() as connection:
                said.append(
                    await connection.scalar(text("SELECT source FROM pg_settings WHERE name = 'synchronous_commit'"))
                )
        assert said == ["command line", "client"]  # of this server nobody waits, of a site's all but the renewals do
