"""What the live stories share. Everything here is real, and every process ends with its module.

A story's module names its own `house` (module scope), and marks its tests with `asyncio(loop_scope="module")`: one house, one browser
and one event loop serve all its tests, each of which leaves the operators signed out.
"""

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.fakes.browser import Screen, chromium
from tests.fakes.house import House
from tests.fakes.operator import OperatorDesk
from tests.fakes.working_day import Seat, Supervisor


@pytest.fixture(scope="module")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots go: CORDBOARD_SHOTS when somebody wants to look at them, else a folder of the test run."""
    return Path(os.environ.get("CORDBOARD_SHOTS") or tmp_path_factory.mktemp("shots"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Browser]:
    """Chromium with 440 Hz in its microphone."""
    async with chromium(tmp_path_factory.mktemp("chromium"), mic_hz=440.0) as one:
        yield one


@pytest_asyncio.fixture(loop_scope="module")
async def seat(house: House, browser: Browser, shots: Path) -> AsyncIterator[Seat]:
    """`await seat()` puts the demo's first operator to work, `await seat(1)` the second; after the test they go home."""
    async with AsyncExitStack() as stack:

        async def sit(index: int = 0, language: str = "ru") -> OperatorDesk:
            desk = OperatorDesk(await Screen.open(browser, house.endpoints.web, shots, language=language))
            stack.push_async_callback(desk.go_home)
            await desk.sit_down(house.login("operator", index))
            await desk.go_ready()
            return desk

        yield sit


@pytest_asyncio.fixture(loop_scope="module")
async def quality(house: House, browser: Browser, shots: Path) -> AsyncIterator[Screen]:
    """Quality control, at the list of recordings."""
    screen = await Screen.open(browser, house.endpoints.web, shots)
    who = house.login("qa")
    await screen.sign_in(who.login, who.password)
    yield screen
    await screen.page.context.close()


@pytest_asyncio.fixture(loop_scope="module")
async def supervisor(house: House, browser: Browser, shots: Path) -> AsyncIterator[Supervisor]:
    """Who steers the campaign; after the test it is paused."""
    one = await Supervisor.at_work(house, await Screen.open(browser, house.endpoints.web, shots))
    yield one
    await one.tell("pause")
    await one.screen.page.context.close()
