"""A house around a real desk, shop, dialer and tables, and Maria at work in it."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from cordboard.access.user import User
from cordboard.storage.database import Database
from tests.fakes.desk_house import DeskHouse
from tests.fakes.wire import MovedClock


@pytest.fixture
async def house(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[DeskHouse]:
    made = DeskHouse(sqlite_database, MovedClock(), tmp_path)
    await made.open()
    yield made
    await made.dialer.settle()
    await made.desk.settle()


@pytest.fixture
async def maria(house: DeskHouse) -> User:
    return await house.at_work()


@pytest.fixture
async def browser(house: DeskHouse, maria: User) -> AsyncIterator[httpx2.AsyncClient]:
    """Her page's requests."""
    async with house.page(maria) as page:
        yield page
