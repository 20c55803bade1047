"""The lease in an engine's life, part of the works: standing by, leading, and what becomes of an engine that leads no more."""

import asyncio
import logging
import os
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from typing import NoReturn

from .agent_web.stand_by import stand_by
from .storage.data_folder import DataFolder
from .storage.database import TROUBLE, Database, DatabaseUnreachable, is_away
from .storage.leading import Leading
from .storage.lease import LOOK_S
from .storage.migrate import refuse_newer, upgrade
from .storage.open_files import allow_many
from .storage.settings import Settings
from .works_asterisk import SteeredAsterisk
from .works_web import server_of

log = logging.getLogger(__name__)

AGAIN = "--again"
TRY_LATER = 75  # EX_TEMPFAIL: a supervisor starts us again

Waits = Callable[[str], Awaitable[None]]


async def take_the_lead(
    leading: Leading,
    db: Database,
    listener: socket.socket,
    settings: Settings,
    line: SteeredAsterisk,
    *,
    say: Callable[[str], None],
    patient: bool,
) -> None:
    """Returns when this engine leads; meanwhile its pages say that it stands by. Raises DatabaseNewerThanCode.

    A database that does not answer is waited for when `patient`; else it raises DatabaseUnreachable.
    """
    async with AsyncExitStack() as meanwhile:

        async def waits(why: str) -> None:
            say(f"Stands by: {why}.")
            await meanwhile.enter_async_context(standing_by(listener, settings, line))

        if patient:
            await _answering(db, waits)
        else:
            await db.ping()
        await refuse_newer(db.engine)
        if not await leading.has_table():
            await upgrade(db.engine)  # nobody can lead there yet; later migrations are the leader's
        await leading.lead(waits)


async def _answering(db: Database, waits: Waits) -> None:
    told = False
    while True:
        try:
            return await db.ping()
        except DatabaseUnreachable as trouble:
            if not told:
                await waits(str(trouble))
            told = True
            await asyncio.sleep(LOOK_S)


@asynccontextmanager
async def standing_by(listener: socket.socket, settings: Settings, line: SteeredAsterisk) -> AsyncIterator[None]:
    """503 to everybody who asks; our own Asterisk is kept running for the engine that leads."""
    server = server_of(stand_by, settings, lifespan="off")
    serving = asyncio.create_task(server.serve(sockets=[listener.dup()]))
    keeping = asyncio.create_task(line.keep())
    try:
        yield
    finally:
        server.should_exit = True
        keeping.cancel()
        await asyncio.gather(serving, keeping, return_exceptions=True)
        await line.leave()


async def lead_or_begin_again(leading: Leading, folder: DataFolder, stop: asyncio.Event) -> None:
    """Keep the lease until it is given up. When it is lost this very process begins again, as one that stands by; or ends, if it is
    about to `stop`."""
    try:
        await leading.keep()
    except Exception:
        log.exception("the lease's keeper broke off")
    if leading.epoch:
        begin_again(folder, stop)


@contextmanager
def starting(folder: DataFolder, stop: asyncio.Event, *, again: bool) -> Iterator[None]:
    """Inside it an engine starts. When the database breaks off, one that led before begins again; a new one says so and ends.

    Raises DatabaseUnreachable.
    """
    try:
        yield
    except TROUBLE as trouble:
        if not is_away(trouble) or (isinstance(trouble, DatabaseUnreachable) and not again):
            raise
        if again:
            log.warning("the database broke off while we started (%s)", type(trouble).__name__)
            begin_again(folder, stop)
        raise DatabaseUnreachable(f"the database broke off while we started ({type(trouble).__name__})") from trouble


def begin_again(folder: DataFolder, stop: asyncio.Event) -> NoReturn:
    """Become a fresh engine in the same process. Connections, tasks and threads of this one end here, whatever they are at; calls and
    Asterisk are not asked."""
    log.error(
        "This engine leads no more: another one does, or the database did not answer in time. It begins again, standing by."
    )
    with suppress(OSError):
        folder.withdraw("endpoints.json")
    if stop.is_set():
        os._exit(0)
    allow_many()  # else a house that had no file to spare could not even load what it is made of
    arguments = [argument for argument in sys.orig_argv[1:] if argument != AGAIN]
    try:
        os.execv(sys.executable, [sys.executable, *arguments, AGAIN])
    finally:
        os._exit(TRY_LATER)
