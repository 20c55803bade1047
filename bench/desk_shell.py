"""The desk's shell as it is first loaded: bytes over the wire, and how soon it can be worked with on a processor four times slower."""

import asyncio
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from playwright.async_api import Browser

from bench.table import Row, table
from cordboard.storage.clock import SystemClock
from cordboard.storage.database import Database
from tests.fakes.browser import chromium
from tests.fakes.databases import migrated
from tests.fakes.desk_moments import SIZES, at_the_desk
from tests.fakes.wait import until

TIMES, SMALL = 9, 1
SLOWER = 4
INTERACTIVE = """() => performance.getEntriesByName('interactive')[0]?.startTime ?? null"""


async def first_load(browser: Browser, language: str) -> tuple[float, float, float]:
    """KB over the wire and ms to interactive with an empty cache; ms with a warm one, as at each shift but the first."""
    with tempfile.TemporaryDirectory() as place:
        url = f"sqlite+aiosqlite:///{Path(place) / 'desk.db'}"
        await migrated(url)
        database = Database.open(url)
        size = SIZES["1366x768"]
        async with at_the_desk(database, SystemClock(), Path(place), browser, language, size, "light") as desk:
            session = await desk.page.context.new_cdp_session(desk.page)
            received: list[float] = []

            def arrived(event: dict[str, Any]) -> None:
                received.append(event["encodedDataLength"])

            session.on("Network.loadingFinished", arrived)
            await session.send("Network.enable")
            await session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
            await session.send("Network.clearBrowserCache")
            cold = await _until_interactive(desk.page)
            kilobytes = sum(received) / 1000
            warm = await _until_interactive(desk.page)
        await database.close()
        return kilobytes, cold, warm


async def _until_interactive(page: Any) -> float:
    await page.reload()
    return float(await until(lambda: page.evaluate(INTERACTIVE), "a shell that can be worked with"))


async def measure(times: int) -> dict[str, list[tuple[float, float, float]]]:
    with tempfile.TemporaryDirectory() as place:
        async with chromium(Path(place)) as browser:
            return {language: [await first_load(browser, language) for _ in range(times)] for language in ("ru", "en")}


def rows(small: bool = False) -> list[Row]:
    found = asyncio.run(measure(SMALL if small else TIMES))
    made = []
    for language, loads in found.items():
        size, cold, warm = (median(load[part] for load in loads) for part in range(3))
        note = f"median of {len(loads)}, processor slowed {SLOWER} times"
        made += [
            Row(f"the desk's shell over the wire, {language}", size, "KB", "under 300", "empty cache, page included"),
            Row(f"the desk's shell interactive, {language}, empty cache", cold, "ms", "under 1,000", note),
            Row(f"the desk's shell interactive, {language}, warm cache", warm, "ms", "under 1,000", note),
        ]
    return made


if __name__ == "__main__":
    print(table(rows("--small" in sys.argv)))
