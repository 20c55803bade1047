"""A database that breaks off while a new engine starts is one plain line; what was asked wrongly stays the fault that it is."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError, ProgrammingError

from cordboard.storage.data_folder import DataFolder
from cordboard.storage.database import DatabaseUnreachable
from cordboard.works_lease import starting


def broke_off(kind: type[DBAPIError]) -> DBAPIError:
    return kind("SELECT secret", None, OSError("connection was closed in the middle of operation"))


@pytest.mark.parametrize(
    ("raised", "told", "words"),
    [
        (broke_off(DBAPIError), DatabaseUnreachable, r"the database broke off while we started \(DBAPIError\)$"),
        (DatabaseUnreachable("it does not answer"), DatabaseUnreachable, "^it does not answer$"),
        (broke_off(ProgrammingError), ProgrammingError, "secret"),
        (RuntimeError("ours"), RuntimeError, "ours"),
    ],
)
def test_a_new_engine_says_so_and_ends(raised: Exception, told: type[Exception], words: str, tmp_path: Path) -> None:
    with pytest.raises(told, match=words), starting(DataFolder(tmp_path), asyncio.Event(), again=False):
        raise raised
