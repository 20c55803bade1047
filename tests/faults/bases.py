"""The databases that a lab can stand on: a file of SQLite, or a database of a real PostgreSQL with real syncs."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sqlalchemy import make_url, text

from cordboard.storage.database import Database
from tests.fakes.databases import PostgresServer

ENGINE = "engine"
"""The engine's own login at PostgreSQL, so that its connections are told from the lab's."""
_CUT = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = :who AND datname = current_database()"
_COUNT = "SELECT count(*) FROM pg_stat_activity WHERE usename = :who AND datname = current_database()"


class Setup(StrEnum):
    """What a site can be built of; each has times of its own."""

    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"
    TWO_ENGINES = "two engines"


ONE_ENGINE = (Setup.SQLITE, Setup.POSTGRESQL)


@dataclass(frozen=True)
class Base:
    """One database: the engine's address of it, and the lab's, which only looks."""

    setup: Setup
    url: str
    url_to_look_by: str

    @classmethod
    def sqlite(cls, path: Path) -> "Base":
        url = f"sqlite+aiosqlite:///{path}"
        return cls(Setup.SQLITE, url, url)

    @property
    def socket(self) -> Path:
        """The folder of PostgreSQL's."""
        return Path(str(make_url(self.url).query["host"]))


NewBase = Callable[[Path], AbstractAsyncContextManager[Base]]
"""A base for a lab; SQLite's lies at this path."""


@asynccontextmanager
async def bases(setup: Setup) -> AsyncIterator[NewBase]:
    """Where labs get theirs; the server, if there is one, ends with the block."""
    if setup is Setup.SQLITE:
        yield _file
        return
    server = PostgresServer.start(durable=True)
    try:
        await server.command(f"CREATE ROLE {ENGINE} SUPERUSER LOGIN")

        @asynccontextmanager
        async def fresh(_path: Path) -> AsyncIterator[Base]:
            async with server.fresh() as url:
                name = url.partition("@/")[2].partition("?")[0]
                yield Base(Setup.POSTGRESQL, server.url(name, ENGINE), url)

        yield fresh
    finally:
        server.stop()


@asynccontextmanager
async def _file(path: Path) -> AsyncIterator[Base]:
    yield Base.sqlite(path)


async def cut_off(db: Database) -> int:
    """End every connection that the engine has to this PostgreSQL database. How many there were."""
    async with db.write() as connection:
        return int((await connection.execute(text(_CUT), {"who": ENGINE})).scalar_one())


async def connections(db: Database) -> int:
    """How many the engine has."""
    async with db.read() as connection:
        return int((await connection.execute(text(_COUNT), {"who": ENGINE})).scalar_one())
