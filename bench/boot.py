"""From the command to the endpoints file, with Asterisk in the cache; and the memory of a house where nothing happens."""

import asyncio
import sys
import time
from pathlib import Path
from statistics import median

from bench.process_figures import pss_mb
from bench.table import Row, table
from tests.fakes.asterisk_tree import asterisk_tree, data_folder
from tests.fakes.house import House

TIMES = 3
IDLE_S = 10.0


async def _start_s(house: House) -> float:
    began = time.perf_counter()
    await house.start()
    return time.perf_counter() - began


async def _boots(data: Path, *, demo: bool) -> tuple[float, float]:
    """Seconds to ready on an empty data folder, and on the same one again."""
    house = House(data, demo=demo, settings={"CORDBOARD_DEMO_CARRIER": "true"})
    try:
        first = await _start_s(house)
        await house.stop()
        return first, await _start_s(house)
    finally:
        await house.close()


async def _boot_rows(name: str, times: int, *, demo: bool) -> list[Row]:
    pairs = []
    for _ in range(times):
        with data_folder() as folder:
            pairs.append(await _boots(folder / "house", demo=demo))
    note = f"median of {times}, slowest {{:.1f}} s"
    first, again = [one for one, _ in pairs], [one for _, one in pairs]
    return [
        Row(f"`up{name}` to ready, empty folder", median(first), "s", "under 15", note.format(max(first))),
        Row(f"`up{name}` to ready, again", median(again), "s", "under 15", note.format(max(again))),
    ]


async def _idle_rows() -> list[Row]:
    """With the demo's shop and people in it, but without its make-believe carrier, which no site runs."""
    with data_folder() as folder:
        house = House(folder / "house", demo=True, settings={})
        try:
            told = await house.start()
            await asyncio.sleep(IDLE_S)
            engine, asterisk = pss_mb(told.pid), pss_mb(told.asterisk_pid)
        finally:
            await house.close()
    note = f"engine {engine:.0f}, Asterisk {asterisk:.0f}; PSS {IDLE_S:.0f} s after ready"
    return [Row("idle memory, engine and its Asterisk", engine + asterisk, "MB", "under 350", note)]


async def _all(times: int) -> list[Row]:
    await asyncio.to_thread(asterisk_tree)  # what is measured is warm: Asterisk is in the cache
    rows = await _boot_rows(" --demo", times, demo=True)
    rows += await _boot_rows("", times, demo=False)
    return rows + await _idle_rows()


def rows(small: bool = False) -> list[Row]:
    """About two minutes; `small`, one boot of each."""
    return asyncio.run(_all(1 if small else TIMES))


if __name__ == "__main__":
    print(table(rows("--small" in sys.argv)))
