"""A chat room that is open, with its desk."""

import pytest

from cordboard.storage.database import Database
from tests.fakes.chat_room import ChatSalon


@pytest.fixture
async def salon(sqlite_database: Database) -> ChatSalon:
    salon = ChatSalon(sqlite_database)
    await salon.open()
    return salon
