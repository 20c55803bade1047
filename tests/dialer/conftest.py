"""A fresh database for each test, and a house on it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cordboard.storage.database import Database
from cordboard.storage.migrate import upgrade
from tests.fakes.dial_house import DialHouse


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database.open(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")
    await upgrade(database.engine, to="0004")
    yield database
    await database.close()


@pytest.fixture
def house(database: Database) -> DialHouse:
    return DialHouse(database)
