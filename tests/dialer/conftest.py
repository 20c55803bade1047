"""A house on a fresh database for each test."""

import pytest

from cordboard.storage.database import Database
from tests.fakes.dial_house import DialHouse


@pytest.fixture
def house(sqlite_database: Database) -> DialHouse:
    return DialHouse(sqlite_database)
