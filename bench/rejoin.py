"""How soon they hear each other again after the operator's page was loaded anew in mid-talk: a real Asterisk, SIPp, Chromium."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median

from bench.table import Row, table
from tests.fakes.asterisk_tree import data_folder
from tests.fakes.browser import Screen, chromium
from tests.fakes.ear import TELEPHONE_RATE, Heard, hear
from tests.fakes.house import running_house
from tests.fakes.operator import OperatorDesk
from tests.fakes.sipp import SippCaller
from tests.fakes.working_day import call_in

RELOADS, SMALL = 50, 2
LOOK_S, LONGEST_S = 0.05, 30.0
PIECE = TELEPHONE_RATE // 5
"""So much of a tone is a tone, in samples."""


async def heard_at(listen: Callable[[], Awaitable[Heard] | Heard], hz: float) -> float:
    """When this tone is there (monotonic clock). Raises TimeoutError."""
    async with asyncio.timeout(LONGEST_S):
        while True:
            heard = listen()
            if (heard if isinstance(heard, Heard) else await heard).is_tone(hz):
                return time.monotonic()
            await asyncio.sleep(LOOK_S)


async def one_reload(desk: OperatorDesk, caller: SippCaller) -> tuple[float, float]:
    """From the moment at which the page is back (its document is there), and from the press on reload, to sound both ways; s."""
    pressed = time.monotonic()
    await desk.page.reload(wait_until="commit")
    back = time.monotonic()

    def at_caller() -> Heard:  # of what has come since: before it he heard the same tone
        sound, _ = caller.peer.sound_since(caller.far, back)
        return hear(sound[-PIECE:], TELEPHONE_RATE)

    ends = await asyncio.gather(heard_at(at_caller, 440.0), heard_at(desk.screen.hears, 700.0))
    return max(ends) - back, max(ends) - pressed


async def measure(reloads: int) -> list[tuple[float, float]]:
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(data_folder())
        house = await stack.enter_async_context(running_house(folder / "house"))
        browser = await stack.enter_async_context(chromium(folder))
        desk = OperatorDesk(await Screen.open(browser, house.endpoints.web, Path(folder)))
        await desk.sit_down(house.login("operator"))
        await desk.go_ready()
        caller = await stack.enter_async_context(call_in(house, folder))
        await caller.answered()
        await desk.until_rings()
        await desk.answer()
        await caller.until_hears(440.0)
        return [await one_reload(desk, caller) for _ in range(reloads)]


def rows(small: bool = False) -> list[Row]:
    """About two minutes; `small`, half a minute."""
    found = asyncio.run(measure(SMALL if small else RELOADS))
    back, pressed = [one for one, _ in found], [one for _, one in found]
    note = f"the slowest of {len(found)}; half within {median(back):.2f}"
    return [
        Row("reload in mid-talk: the page is back, to sound both ways", max(back), "s", "3 at most", note),
        Row(
            "reload in mid-talk: from the press, to sound both ways",
            max(pressed),
            "s",
            "",
            f"half within {median(pressed):.2f}",
        ),
    ]


if __name__ == "__main__":
    print(table(rows("--small" in sys.argv)))
