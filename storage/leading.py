"""This engine and the lease: it waits for it, takes it, renews it, gives it up, and knows at any moment whether it may still act.

It is renewed beside the engine's event loop, in a thread of its own. A loop that has very much to do (2,500 pages that lose their lines
in one second, a machine that others use) is late for everything, and that must not cost a working engine its lease: it would begin anew,
with as many pages to paint again. A loop that does nothing at all for LOOP_DEAD_S is no working engine, and is followed.
"""

import asyncio
import fcntl
import logging
import os
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from sqlalchemy.exc import SQLAlchemyError

from .database import NO_EPOCH, Database, DatabaseUnreachable
from .lease import LOOK_S, RENEW_S, TTL_S, Lease, is_awaited, may_take
from .lease_store import LeaseStore

log = logging.getLogger(__name__)

TROUBLE = (DatabaseUnreachable, OSError, SQLAlchemyError)  # TimeoutError is an OSError
HAND_OVER_S = 5.0
RETRY_S = 0.2
LOOP_LOOK_S, LOOP_DEAD_S = 0.5, 10.0
NEVER, FOR_EVER = float("-inf"), float("inf")


def steady() -> float:
    """Seconds since the machine's start, those that it slept through included."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Leading:
    """Fits as a fence by its shape: `epoch`, and `holds()`, which costs one reading of a clock.

    On SQLite a lock on a file beside the database makes sure of one engine, and goes with its process: nothing is renewed there.
    `db` is the lease's own, so that it never waits for a connection behind the engine's work; the renewing thread has one more
    (`open_again`), for a connection belongs to its event loop. `holder` names this engine.
    """

    def __init__(
        self,
        db: Database,
        holder: str,
        clock: Callable[[], float] = steady,
        open_again: Callable[[], Database] | None = None,
    ) -> None:
        self._db = db
        self._holder = holder
        self._clock = clock
        url = db.engine.url.render_as_string(hide_password=False)
        # A renewal that is lost with the server has ended a second sooner, no more: a slow disk is no reason to lose the lease.
        self._open_again = open_again or (lambda: Database.open(url, lasting=False))
        self._turn = threading.Lock()
        self._loop_seen_at = NEVER
        self._store = LeaseStore(db, clock)
        self._sure_until = NEVER
        self._seen: Lease | None = None
        self._seen_since = 0.0
        self._file: int | None = None
        self._told = ""
        self._led = NO_EPOCH
        self.epoch = NO_EPOCH
        self.awaited = False
        """Whether another engine stands by."""

    def holds(self) -> bool:
        """Whether nobody else can lead yet."""
        return self._clock() < self._sure_until

    async def has_table(self) -> bool:
        return await self._store.exists()

    async def lead(self, on_wait: Callable[[str], Awaitable[None]]) -> None:
        """Returns when this engine leads. `on_wait` hears once what it waits for; that may be a database that is away."""
        waits = False
        while not await self._tried():
            if not waits:
                await on_wait(
                    "the database does not answer" if self._seen is None else f"{self._seen.holder or 'another'} leads"
                )
            waits = True
            await asyncio.sleep(LOOK_S)

    async def _tried(self) -> bool:
        try:
            async with asyncio.timeout(2 * TTL_S):
                return await self._look()
        except TROUBLE as trouble:
            self._tell(f"the lease cannot be read ({type(trouble).__name__}); waiting for the database")
            return False

    async def _look(self) -> bool:
        """One look at the lease, and a try where it may be taken."""
        lease, now = await self._store.look()
        if not lease.same_term_as(self._seen):
            self._seen, self._seen_since = lease, self._clock()
        alone = self._db.is_sqlite and self._alone()
        if self._db.is_sqlite and not alone:
            return False
        unchanged_s = self._clock() - self._seen_since
        if may_take(lease, self._holder, now, unchanged_s, alone=alone):  # only then are writers made to wait for us
            return await self._take(lease, unchanged_s, alone=alone)
        await self._store.await_it()
        return False

    async def _take(self, lease: Lease, unchanged_s: float, *, alone: bool) -> bool:
        found = await self._store.take(self._holder, lease, unchanged_s, alone=alone)
        if found is None:
            return False
        mine, until = found
        self.epoch, self._sure_until = mine.epoch, FOR_EVER if alone else until
        return True

    def _alone(self) -> bool:
        """Whether the database's file is ours alone among engines; once it is, it stays so until the process ends."""
        path = self._db.engine.url.database
        if self._file is not None or not path or path == ":memory:":
            return True
        handle = os.open(f"{path}.engine", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            return False
        self._file = handle
        return True

    async def keep(self) -> None:
        """Renews; returns when the lease is lost or was given up (`epoch` is 0 then), and then `holds` is False for good."""
        loop, over, stop = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

        def renew() -> None:
            try:
                asyncio.run(self._renew(stop))
            finally:
                with suppress(RuntimeError):  # the engine has ended meanwhile
                    loop.call_soon_threadsafe(over.set)

        try:
            if self._sure_until == FOR_EVER:
                await asyncio.Event().wait()
            self._loop_seen_at = self._clock()
            threading.Thread(target=renew, name="lease", daemon=True).start()
            while not over.is_set():
                self._loop_seen_at = self._clock()
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOP_LOOK_S):
                        await over.wait()
        finally:
            stop.set()
            with self._turn:
                self._sure_until = NEVER

    async def _renew(self, stop: threading.Event) -> None:
        """The thread's work, in an event loop of its own; returns as `keep` does, or when the engine's loop stands still."""
        db = self._open_again()
        store = LeaseStore(db, self._clock)
        try:
            while self.holds():
                pause_s = RETRY_S if self._told else RENEW_S  # a renewal that failed is tried again soon
                if stop.wait(min(pause_s, max(0.0, self._sure_until - self._clock()))) or not self.holds():
                    return
                if self._clock() - self._loop_seen_at >= LOOP_DEAD_S:
                    self._tell("the event loop stands still: the lease is not renewed any more")
                    return
                if not await self._renewed(store, stop):
                    return
        finally:
            await db.close()

    async def _renewed(self, store: LeaseStore, stop: threading.Event) -> bool:
        """False when the lease is another's. A database that does not answer is asked again while there is time."""
        epoch = self.epoch
        try:
            async with asyncio.timeout(max(0.0, self._sure_until - self._clock())):
                kept = await store.renew(epoch)
        except TROUBLE as trouble:
            self._tell(f"the lease could not be renewed ({type(trouble).__name__})")
            return True
        with self._turn:
            if kept is None or stop.is_set() or self.epoch == NO_EPOCH:
                return False
            self._told = ""
            self._sure_until, self.awaited = kept
        return True

    async def look_round(self) -> bool:
        """Whether another engine stands by at this moment."""
        with suppress(*TROUBLE):
            async with asyncio.timeout(RENEW_S):
                self.awaited = is_awaited(*await self._store.look())
        return self.awaited

    async def give_up(self) -> None:
        """From now on `holds` is False; whoever stands by may lead at once. Nothing happens when it was lost, or given up before."""
        with self._turn:
            epoch, self.epoch, self._sure_until = self.epoch, NO_EPOCH, NEVER
        if epoch == NO_EPOCH:
            return
        self._led = epoch
        try:
            async with asyncio.timeout(TTL_S):
                await self._store.give_up(epoch)
        except TROUBLE as trouble:
            log.warning("the lease could not be given up (%s): it runs out by itself", type(trouble).__name__)
        if self._file is not None:
            os.close(self._file)
            self._file = None

    async def handed_over(self) -> bool:
        """After it was given up: whether the engine that stood by leads now. One that does not within HAND_OVER_S is not there any more."""
        if not self.awaited:
            return False
        with suppress(*TROUBLE):
            async with asyncio.timeout(HAND_OVER_S):
                while True:
                    lease, _now = await self._store.look()
                    if lease.epoch > self._led:
                        return True
                    await asyncio.sleep(LOOK_S / 5)
        return False

    def _tell(self, line: str) -> None:
        if line != self._told:
            log.warning("%s", line)
        self._told = line
