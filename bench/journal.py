"""How many changes a second the desk writes down: one after the other (a commit for each), and many at once (group commit)."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from time import perf_counter

from bench.table import Row
from cordboard.queue.deadlines import DeskRules
from cordboard.queue.desk import Desk
from cordboard.queue.store import QueueStore
from cordboard.storage.clock import SystemClock
from cordboard.storage.database import Database
from cordboard.storage.ids import random_ids
from cordboard.storage.migrate import upgrade
from tests.fakes.databases import PostgresServer, import_all_stores

AT_ONCE = 64


def rows(small: bool) -> list[Row]:
    return asyncio.run(_rows(60 if small else 600, 1 if small else 3))


async def _rows(changes: int, rounds: int) -> list[Row]:
    import_all_stores()
    server = PostgresServer.start(durable=True)
    try:
        found: list[Row] = []
        with tempfile.TemporaryDirectory(prefix="cb-bench-") as folder:
            found += await _measured(
                "SQLite", f"sqlite+aiosqlite:///{Path(folder) / 'journal.sqlite3'}", changes, rounds
            )
        async with server.fresh() as url:
            found += await _measured("PostgreSQL", url, changes, rounds)
        return found
    finally:
        server.stop()


async def _measured(name: str, url: str, changes: int, rounds: int) -> list[Row]:
    async with _desk(url) as desk:
        one, many = [], []
        for _ in range(rounds):  # in turns, so that a slow minute of the machine meets both
            one.append(await _rate(desk, changes // 4, 1))
            many.append(await _rate(desk, changes, AT_ONCE))
    alone, together = median(one), median(many)
    note = f"median of {rounds}; a change is an operator's pause: a journal row and his own; synced to the disk"
    return [
        Row(f"desk changes written, one after the other, {name}", alone, "a second", note=note),
        Row(f"the same, {AT_ONCE} at once, {name}", together, "a second", note=note),
        Row(f"the same, times one after the other, {name}", together / alone, "x", note="group commit"),
    ]


@asynccontextmanager
async def _desk(url: str) -> AsyncIterator[Desk]:
    """Operators who are ready, one for each change that is under way."""
    database = Database.open(url)
    await upgrade(database.engine)
    desk = Desk(QueueStore(database), {}, SystemClock(), random_ids, DeskRules())
    try:
        for index in range(AT_ONCE):
            await desk.register(f"agent-{index}", f"Agent {index}", f"agent-{index}", ["orders"])
        yield desk
    finally:
        await desk.settle()
        await database.close()


async def _rate(desk: Desk, changes: int, at_once: int) -> float:
    """Changes a second with so many under way at any moment, each of another operator."""
    left = iter(range(changes))

    async def one_operators(name: str) -> None:
        for number in left:
            await desk.pause(name, f"pause-{number}")

    began = perf_counter()
    await asyncio.gather(*(one_operators(f"agent-{index}") for index in range(at_once)))
    return changes / (perf_counter() - began)
