"""A list of leads from its file to its last lead, on both databases: rows a second, memory that must not grow, and how long others wait."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from random import Random

from bench.table import Row, table
from cordboard.dialer.campaign import Campaign
from cordboard.dialer.imports import Imports
from cordboard.dialer.lead_import import AT_WORK, ImportState, LeadImport
from cordboard.dialer.store import DialerStore
from cordboard.storage.clock import SystemClock
from cordboard.storage.database import Database
from cordboard.storage.ids import random_ids
from tests.fakes.databases import PostgresServer, migrated

ROWS, SMALL = 1_000_000, 20_000
LOOK_S = 0.05
PIECE = 65_536


def write_list(path: Path, rows: int) -> None:
    """As a shop exports it: Windows-1251, semicolons, spelled telephones, a second number in each fourth row, a comma in quotes."""
    chance = Random(3)
    with path.open("w", encoding="cp1251", newline="") as file:
        file.write("Телефон;Имя;Сумма заказа;Город;Второй телефон\r\n")
        for number in range(rows):
            line = f"{chance.randrange(10**7):07}"
            mobile = f"8 (9{chance.randrange(10, 30)}) {line[:3]}-{line[3:5]}-{line[5:]}"
            second = f"+7495{line}" if number % 4 == 0 else ""
            file.write(f'{mobile};Клиент {number};{chance.randrange(1000, 90000)},50;"Казань, центр";{second}\r\n')


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece


class Watch:
    """What others feel meanwhile: the longest time that the event loop did not come round, and that a small write took."""

    def __init__(self, database: Database, store: DialerStore) -> None:
        self._database, self._store = database, store
        self.loop_s = self.write_s = 0.0

    async def run(self) -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(LOOK_S)
            self.loop_s = max(self.loop_s, time.perf_counter() - began - LOOK_S)
            began = time.perf_counter()
            async with self._database.write():
                pass
            self.write_s = max(self.write_s, time.perf_counter() - began)


def _resident_mb() -> float:
    """Of this process, which stands for the engine, now."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


async def _until_over(store: DialerStore, import_id: str) -> tuple[LeadImport, float]:
    """The import at its end, and when its check was over."""
    checked_at = time.perf_counter()
    while True:
        one = await store.imports.find(import_id)
        assert one is not None
        if one.state is ImportState.CHECKING:
            checked_at = time.perf_counter()
        if one.state not in AT_WORK:
            return one, checked_at
        await asyncio.sleep(LOOK_S)


async def _measure(url: str, name: str, path: Path, rows: int) -> list[Row]:
    await migrated(url)
    database, clock = Database.open(url), SystemClock()
    store = DialerStore(database, clock, random_ids)
    campaign = Campaign(random_ids(), "Lists", "orders", clock.now())
    await store.add_campaign(campaign)
    with tempfile.TemporaryDirectory() as folder:
        imports = Imports(store.imports, Path(folder) / "imports", clock, random_ids, "Europe/Moscow", lambda: None)
        watch = Watch(database, store)
        tasks = [asyncio.create_task(imports.run()), asyncio.create_task(watch.run())]
        before_mb, began = _resident_mb(), time.perf_counter()
        one = await imports.receive(campaign.id, "bench", "list.csv", _pieces(path))
        assert one.form is not None
        await imports.start(one.id, one.form)
        over, checked_at = await _until_over(store, one.id)
        took, grown = time.perf_counter() - began, _resident_mb() - before_mb
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
    if over.state is not ImportState.LOADED or over.made + over.known != rows:
        raise AssertionError(f"the list was not loaded: {over}")
    await database.close()
    note = f"{one.size // 1_000_000} MB, {checked_at - began:.0f} s of it until every row was checked"
    return [
        Row(f"list of {rows:,} rows to its last lead, {name}", took, "s", "60 at most", note),
        Row(f"the engine's memory grew by, {name}", grown, "MB", "constant", ""),
        Row(f"the event loop was held up meanwhile, {name}", watch.loop_s * 1000, "ms", "", "longest"),
        Row(f"another's write took meanwhile, {name}", watch.write_s * 1000, "ms", "", "longest"),
    ]


async def _both(server: PostgresServer, rows: int) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list.csv"
        write_list(path, rows)
        found = await _measure(f"sqlite+aiosqlite:///{Path(folder) / 'bench.db'}", "SQLite", path, rows)
        async with server.fresh() as url:
            return found + await _measure(url, "PostgreSQL", path, rows)


def rows(small: bool = False) -> list[Row]:
    """Two minutes; `small`, with a fiftieth of the rows."""
    server = PostgresServer.start()
    try:
        return asyncio.run(_both(server, SMALL if small else ROWS))
    finally:
        server.stop()


if __name__ == "__main__":
    print(table(rows()))
