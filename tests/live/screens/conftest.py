"""What the supervisor's screens share: a window of the session's Chromium in its event loop, and for each test a house of its own.

A house is a copied file and an application, and takes no time; a browser takes seconds. Tests are marked `asyncio(loop_scope="session")`.
"""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from cordboard.storage.clock import Clock, SystemClock
from cordboard.storage.database import Database
from tests.fakes.steering_house import SteeringHouse
from tests.fakes.steering_screen import served


@pytest.fixture
def browser(shared_browser: Browser) -> Browser:
    return shared_browser


@pytest.fixture
def sqlite_database(page_database: Database) -> Database:
    """As everywhere, in the loop of the browser."""
    return page_database


@pytest.fixture
def clock() -> Clock:
    return SystemClock()


@pytest_asyncio.fixture(loop_scope="session")
async def house(sqlite_database: Database, clock: Clock, tmp_path: Path) -> SteeringHouse:
    house = SteeringHouse(sqlite_database, clock, tmp_path)
    await house.open()
    return house


@pytest_asyncio.fixture(loop_scope="session")
async def base(house: SteeringHouse) -> AsyncIterator[str]:
    async with served(house) as address:
        yield address


@pytest.fixture
def shots(tmp_path: Path) -> Path:
    """Where screenshots go: CORDBOARD_SHOTS when somebody wants to look at them."""
    return Path(os.environ.get("CORDBOARD_SHOTS") or tmp_path)
