"""How soon all is well again: kill -9 of the engine in mid-talk, kill -9 of Asterisk under a ready operator, a real browser watches;
and what callers who wait have of it meanwhile (fallback.py)."""

import asyncio
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median
from time import monotonic

from bench import fallback
from bench.table import Row, table
from tests.fakes.asterisk_tree import data_folder
from tests.fakes.browser import Screen, chromium
from tests.fakes.house import House, running_house
from tests.fakes.operator import OperatorDesk
from tests.fakes.wait import until
from tests.fakes.working_day import call_in

ROUNDS, SMALL = 3, 1


async def engine_back(house: House, desk: OperatorDesk, folder: Path) -> float:
    """From the start of the next engine to the talk on a page that hears news again, in s; the talk itself never stopped."""
    async with call_in(house, folder) as caller:
        await desk.until_rings()
        await desk.answer()
        await caller.until_hears(440.0)
        await house.kill_engine()

        async def live(wanted: bool) -> bool:
            return bool(await desk.page.evaluate("window.cordboard.live")) is wanted

        await until(lambda: live(False), "the page notices")
        began = monotonic()
        await house.start()
        await until(lambda: live(True), "news again", every_s=0.02)
        await desk.until_phase("talking")
        took = monotonic() - began
        if not caller.hears().is_tone(440.0):
            raise RuntimeError("the talk did not outlive the engine")
        await desk.finish()
    await desk.until_phase("ready")
    return took


async def asterisk_back(house: House, desk: OperatorDesk) -> float:
    """From the death of Asterisk to an operator who can be offered a call again, in s."""
    began = monotonic()
    house.kill_asterisk()

    async def registered(wanted: bool) -> bool:
        return (await desk.phone() == "registered") is wanted

    await until(lambda: registered(False), "the page notices", every_s=0.02)
    await until(lambda: registered(True), "a registered telephone", every_s=0.02)
    await desk.until_phase("ready")
    return monotonic() - began


async def measure(rounds: int) -> tuple[list[float], list[float]]:
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(data_folder())
        browser = await stack.enter_async_context(chromium(folder, mic_hz=440.0))
        house = await stack.enter_async_context(running_house(folder / "house"))
        desk = OperatorDesk(await Screen.open(browser, house.endpoints.web, folder))
        await desk.sit_down(house.login("operator"))
        await desk.go_ready()
        engine = [await engine_back(house, desk, folder) for _ in range(rounds)]
        asterisk = [await asterisk_back(house, desk) for _ in range(rounds)]
        return engine, asterisk


def rows(small: bool = False) -> list[Row]:
    rounds = SMALL if small else ROUNDS
    engine, asterisk = asyncio.run(measure(rounds))
    answered, back = asyncio.run(fallback.measure(rounds))
    note = f"median of {rounds}"
    return [
        Row(
            "kill -9 of the engine: next engine's start to the talk on the page", median(engine), "s", "5 at most", note
        ),
        Row("kill -9 of Asterisk: to an operator who is ready again", median(asterisk), "s", "15 at most", note),
        Row(
            "kill -9 of the engine: to a waiting caller's talk with a free operator",
            median(answered),
            "s",
            "7 at most",
            note,
        ),
        Row(
            "kill -9 of the engine: next engine's start to a caller who is its own again",
            median(back),
            "s",
            "5 at most",
            note,
        ),
    ]


if __name__ == "__main__":
    print(table(rows(small="--small" in sys.argv)))
