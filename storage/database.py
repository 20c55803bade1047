"""The database: engine, transactions, and the one-writer rule that lets SQLite behave like its big brother."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar

from sqlalchemy import event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry


class DatabaseUnreachable(Exception):
    """The database does not answer; the text is one clear line without its password."""


class Database:
    """Transactions on SQLite or PostgreSQL.

    On SQLite writers take turns inside this process (`write`), so nobody meets "database is locked"; readers never wait (WAL).
    A `write` block commits when it ends and rolls back when it raises.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"
        self._turn = asyncio.Lock()
        self._whole: ContextVar[AsyncConnection | None] = ContextVar("whole", default=None)

    @classmethod
    def open(cls, url: str) -> "Database":
        """Open `url` (sqlite+aiosqlite:///… or postgresql+asyncpg://…). Raises sqlalchemy.exc.ArgumentError on a malformed URL."""
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            engine = create_async_engine(parsed, connect_args={"timeout": 10})
            event.listen(engine.sync_engine, "connect", _tune_sqlite)
        else:
            engine = create_async_engine(parsed, pool_size=10, max_overflow=10, pool_timeout=2, pool_pre_ping=True)
        return cls(engine)

    @property
    def engine(self) -> AsyncEngine:
        return self._engine

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection to read by; what it would write is rolled back."""
        whole = self._whole.get()
        if whole is not None:
            yield whole
            return
        async with self._engine.connect() as connection:
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction: all of it, or nothing. Inside `together` it is a part of the one that is open."""
        whole = self._whole.get()
        if whole is not None:
            yield whole
            return
        async with self._transaction() as connection:
            yield connection

    @asynccontextmanager
    async def together(self) -> AsyncIterator[None]:
        """All that is read and written by this task inside the block is one transaction, whichever store does it."""
        async with self._transaction() as connection:
            token = self._whole.set(connection)
            try:
                yield
            finally:
                self._whole.reset(token)

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncConnection]:
        if not self.is_sqlite:
            async with self._engine.begin() as connection:
                yield connection
            return
        async with self._turn, self._engine.connect() as connection:
            await connection.execute(text("BEGIN IMMEDIATE"))
            try:
                yield connection
            except BaseException:
                await connection.rollback()
                raise
            await connection.commit()

    async def ping(self) -> None:
        """Raises DatabaseUnreachable when the database does not answer."""
        try:
            async with self.read() as connection:
                await connection.execute(text("SELECT 1"))
        except (OSError, TimeoutError, SQLAlchemyError) as error:
            shown = self._engine.url.render_as_string(hide_password=True)
            raise DatabaseUnreachable(f"the database {shown} does not answer ({type(error).__name__})") from error

    async def close(self) -> None:
        """Let the writer whose turn it is finish, then give all connections back."""
        async with self._turn:
            await self._engine.dispose()


def _tune_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    """WAL, full durability, foreign keys; the driver's own implicit BEGIN is switched off, ours is explicit."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
