"""The database: engine, transactions, and the one-writer rule that lets SQLite behave like its big brother."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any

import aiosqlite
from sqlalchemy import URL, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DataError, DBAPIError, DisconnectionError, IntegrityError, ProgrammingError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from .puts import Puts, Rows

log = logging.getLogger(__name__)

LOCKED_TRIES, LOCKED_S = 400, 0.05
BROKEN_TRIES, BROKEN_S = 10, 0.1
"""A database that is away for longer than that costs us the lease soon, and whoever leads next reads what is there."""
SHUTDOWNS = frozenset({"57P01", "57P02", "57P03"})
"""What PostgreSQL says when it ends a connection, or does not take one yet."""
WRITERS, READERS = 6, 10
"""Connections to PostgreSQL that are kept; as many more are opened when these are in use."""
PATIENCE_S = 10.0
LEASE = "engine"
"""The row of the table `lease` (lease_store.py) that says which engine leads."""
NO_EPOCH = 0
"""No engine ever leads with it."""
_STILL_LEADS = "SELECT 1 FROM lease WHERE name = :name AND epoch = :epoch"
_LEADS_ON = f"{_STILL_LEADS} FOR KEY SHARE"
"""On PostgreSQL: nobody takes the lease before this transaction has ended."""
LOG_PAGES = 1_000
"""Whoever's commit lets SQLite's log grow so long carries it over to the file, and waits for the disk."""
POURED_PAGES = 250_000
"""The same while much is poured: the log is carried over beside those who write (`carry_over`), and only if that fails by one of them."""
IDLE_MS = 5000
"""PostgreSQL ends a session that stands still for so long inside a transaction: a stopped engine must not keep its locks from the next."""


class DatabaseUnreachable(Exception):
    """The database does not answer, or was closed; the text is one clear line without its password."""


class Fenced(Exception):
    """Another engine leads since: what this one wanted to write was not written."""


TROUBLE = (DatabaseUnreachable, DBAPIError, PoolTimeout)
"""What a block may raise for the database's sake; see `is_away`."""


def is_away(trouble: Exception) -> bool:
    """Whether the database cannot do its work now (it is gone, locked, or its disk is full), rather than was asked a wrong thing."""
    return isinstance(trouble, TROUBLE) and not isinstance(trouble, IntegrityError | DataError | ProgrammingError)


class Database:
    """Transactions on SQLite or PostgreSQL.

    On SQLite writers take turns inside this process (`write`), so nobody meets "database is locked"; readers never wait (WAL).
    A `write` block commits when it ends and rolls back when it raises. After `close` every block raises DatabaseUnreachable.
    """

    def __init__(self, engine: AsyncEngine, readers: AsyncEngine) -> None:
        """`readers` may be the same engine; PostgreSQL has connections of its own to read by, so that no page waits for a writer."""
        self._engine, self._readers = engine, readers
        self.is_sqlite = engine.dialect.name == "sqlite"
        self._turn = asyncio.Lock()
        self._at_work = 0
        self._idle = asyncio.Event()
        self._closed = False
        self._pourers = 0
        self._epoch: int | None = None
        self._whole: ContextVar[AsyncConnection | None] = ContextVar("whole", default=None)
        self._afterwards: ContextVar[list[Callable[[], None]] | None] = ContextVar("afterwards", default=None)

    @classmethod
    def open(cls, url: str, *, lasting: bool = True) -> "Database":
        """Open `url` (sqlite+aiosqlite:///… or postgresql+asyncpg://…). Not `lasting`: on PostgreSQL a commit does not wait for the disk,
        for what may be lost when the server dies. Raises sqlalchemy.exc.ArgumentError on a malformed URL."""
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            engine = create_async_engine(parsed, connect_args={"timeout": 10})
            event.listen(engine.sync_engine, "connect", _tune_sqlite)
            return cls(engine, engine)
        session = {"idle_in_transaction_session_timeout": str(IDLE_MS)}
        writers = _postgres(parsed, WRITERS, session | ({} if lasting else {"synchronous_commit": "off"}))
        readers = _postgres(parsed, READERS, {"default_transaction_read_only": "on"}, isolation_level="AUTOCOMMIT")
        return cls(writers, readers)

    @property
    def engine(self) -> AsyncEngine:
        return self._engine

    def fence(self, epoch: int) -> None:
        """From now on each write makes sure first, inside its transaction, that this epoch still leads; else it raises Fenced.

        On PostgreSQL the row stays locked until the commit, so that nobody takes the lease over a write that was let through.
        """
        self._epoch = epoch

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection to read by: each query sees what is committed when it begins. What it would write is refused, or rolled back."""
        whole = self._whole.get()
        if whole is not None:
            yield whole
            return
        async with self._work(), self._readers.connect() as connection:
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

    async def write_once(
        self, puts: Puts, rows: Mapping[str, Rows], is_done: Callable[[AsyncConnection], Awaitable[bool]]
    ) -> None:
        """Put the rows as one transaction, once, although connections break: when nobody knows whether it was committed, `is_done` is
        asked first, after every transaction that was on its way has ended. Raises as `write`, and when connections go on breaking.
        """
        part_of_another = self._whole.get() is not None
        tries = 1 if part_of_another else BROKEN_TRIES
        for number in range(1, tries + 1):
            try:
                if number == 1 and not part_of_another and not self.is_sqlite:
                    return await self._write_in_one_trip(puts, rows)
                async with self.write() as connection:
                    if number > 1:
                        await self._outlast_others(connection)
                    if number == 1 or not await is_done(connection):
                        await puts.apart(connection, rows)
                return
            except DBAPIError as error:
                if number == tries or not _broke(error):
                    raise
                log.warning("the database broke a connection off; what was to be written is looked for, and written")
            await asyncio.sleep(BROKEN_S)

    async def _write_in_one_trip(self, puts: Puts, rows: Mapping[str, Rows]) -> None:
        async with self.single() as connection:
            if self._epoch is None:
                await puts.in_one_trip(connection, rows, None)
            elif not await puts.in_one_trip(connection, rows, _LEADS_ON, name=LEASE, epoch=self._epoch):
                raise Fenced(f"epoch {self._epoch} leads no more")

    @asynccontextmanager
    async def single(self) -> AsyncIterator[AsyncConnection]:
        """For a single statement that needs no fence: on PostgreSQL a transaction of its own, in one round trip instead of four."""
        if self.is_sqlite:
            async with self.write() as connection:
                yield connection
            return
        async with self._work(), self._engine.connect() as connection:
            yield await connection.execution_options(isolation_level="AUTOCOMMIT")

    async def _outlast_others(self, connection: AsyncConnection) -> None:
        """Each of our transactions holds the lease's row (`fence`): so it waits for the one whose answer was lost."""
        if not self.is_sqlite:
            await connection.execute(text("SELECT 1 FROM lease WHERE name = :name FOR UPDATE"), {"name": LEASE})

    @asynccontextmanager
    async def together(self) -> AsyncIterator[None]:
        """All that is read and written by this task inside the block is one transaction, whichever store does it."""
        async with self._transaction() as connection:
            token = self._whole.set(connection)
            try:
                yield
            finally:
                self._whole.reset(token)

    def afterwards(self, work: Callable[[], None]) -> None:
        """Call `work` once the transaction that this task is in has ended, committed or not; outside of one, now."""
        pending = self._afterwards.get()
        if pending is None:
            work()
        else:
            pending.append(work)

    @asynccontextmanager
    async def pouring(self) -> AsyncIterator[None]:
        """Inside, very much is written, and `carry_over` is called now and then, so that no writer pays for it with his own commit."""
        self._pourers += 1
        try:
            yield
        finally:
            self._pourers -= 1

    async def carry_over(self) -> None:
        """Bring what SQLite wrote into its log home to its file: most of it while others write, then, in their turn, the little that they
        wrote meanwhile, so that the log begins anew instead of growing."""
        if not self.is_sqlite:
            return
        home = text("PRAGMA wal_checkpoint(PASSIVE)")
        async with self._work(), self._engine.connect() as connection:
            _, length, carried = (await connection.execute(home)).one()
            if carried < length:
                async with self._turn:
                    await connection.execute(home)

    async def _length_log(self, connection: AsyncConnection) -> None:
        wanted = POURED_PAGES if self._pourers else LOG_PAGES
        kept = (await connection.get_raw_connection()).info
        if kept.get("log_pages", LOG_PAGES) != wanted:
            await connection.execute(text(f"PRAGMA wal_autocheckpoint = {wanted}"))
            kept["log_pages"] = wanted

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncConnection]:
        pending: list[Callable[[], None]] = []
        token = self._afterwards.set(pending)
        try:
            async with self._bare_transaction() as connection:
                yield connection
        finally:
            self._afterwards.reset(token)
            for work in pending:
                work()

    @asynccontextmanager
    async def _bare_transaction(self) -> AsyncIterator[AsyncConnection]:
        if not self.is_sqlite:
            async with self._work(), self._engine.begin() as connection:
                await self._stand_fenced(connection)
                yield connection
            return
        async with self._work(), self._turn, self._engine.connect() as connection:
            await self._length_log(connection)
            await connection.execute(text("BEGIN IMMEDIATE"))
            try:
                await self._stand_fenced(connection)
                yield connection
            except BaseException:
                await connection.rollback()
                raise
            await connection.commit()

    async def _stand_fenced(self, connection: AsyncConnection) -> None:
        if self._epoch is None:
            return
        query = text(_STILL_LEADS if self.is_sqlite else _LEADS_ON)
        if (await connection.execute(query, {"name": LEASE, "epoch": self._epoch})).first() is None:
            raise Fenced(f"epoch {self._epoch} leads no more")

    async def ping(self) -> None:
        """Raises DatabaseUnreachable when the database does not answer."""
        try:
            async with self.read() as connection:
                await connection.execute(text("SELECT 1"))
        except (OSError, TimeoutError, SQLAlchemyError) as error:
            shown = self._engine.url.render_as_string(hide_password=True)
            raise DatabaseUnreachable(f"the database {shown} does not answer ({type(error).__name__})") from error

    async def close(self, patience_s: float = 5.0) -> None:
        """Let whoever is at it, or waits for his turn, finish; then close all connections.

        One that came back to a pool already emptied would be nobody's: the garbage collector finds it some time, or never.
        So whoever is still at it after `patience_s` seconds closes the door behind him.
        """
        try:
            async with asyncio.timeout(patience_s):
                while self._at_work:
                    self._idle.clear()
                    await self._idle.wait()
        except TimeoutError:
            log.warning("the database is closed while %d connections are still in use", self._at_work)
        self._closed = True
        if not self._at_work:
            await self._dispose()

    async def _dispose(self) -> None:
        await self._engine.dispose()
        await self._readers.dispose()

    @asynccontextmanager
    async def _work(self) -> AsyncIterator[None]:
        """Counted from the wish for a connection until it is back."""
        if self._closed:
            raise DatabaseUnreachable("the database is closed")
        self._at_work += 1
        try:
            yield
        finally:
            self._at_work -= 1
            if not self._at_work:
                self._idle.set()
                if self._closed:
                    await self._dispose()


def _broke(error: DBAPIError) -> bool:
    """Whether the connection is gone, and with it the answer."""
    return error.connection_invalidated or getattr(error.orig, "sqlstate", None) in SHUTDOWNS


def _postgres(url: URL, connections: int, session: dict[str, str], **more: Any) -> AsyncEngine:
    """Whoever finds all connections in use waits PATIENCE_S for one: late is better than refused."""
    engine = create_async_engine(
        url,
        pool_size=connections,
        max_overflow=connections,
        pool_timeout=PATIENCE_S,
        connect_args={"server_settings": session},
        **more,
    )
    event.listen(engine.sync_engine, "checkout", _still_open)
    return engine


def _still_open(connection: DBAPIConnection, _entry: ConnectionPoolEntry, _proxy: PoolProxiedConnection) -> None:
    """The driver hears when the server ends a connection, so none is asked with a ping, which costs as much as most queries."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError("the server ended this connection")


def _tune_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    """WAL, full durability, foreign keys; the driver's own implicit BEGIN is switched off, ours is explicit."""
    connection.isolation_level = None
    connection.run_async(_tuned)


async def _tuned(connection: aiosqlite.Connection) -> None:
    """SQLite does not wait for whoever closes the file's last connection, but says at once that the file is locked: so we wait."""
    for pragma in ("busy_timeout=10000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        for patience in range(LOCKED_TRIES, -1, -1):
            try:
                await connection.execute(f"PRAGMA {pragma}")
                break
            except aiosqlite.OperationalError:
                if not patience:
                    raise
                await asyncio.sleep(LOCKED_S)
