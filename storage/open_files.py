"""Open files: as many as the machine lets us have, and one line a second when there are none left."""

import asyncio
import logging
import resource
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

log = logging.getLogger(__name__)

ENOUGH = 65_536
"""2,500 pages with two lines each need a tenth of it; programs that we start may look at each number that is allowed."""
NONE_LEFT = "socket.accept() out of system resource"
"""How asyncio's own event loop says it, for each connection that it may take at once."""
SAID_EVERY_S = 1.0


def allow_many() -> None:
    """A shell allows 1,024 by default, though the machine has more: one operator's page is a file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH if hard == resource.RLIM_INFINITY else min(ENOUGH, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


class FewFiles:
    """The event loop's handler of what nobody else handles. Without a file to spare each of two thousand connections that may be taken at
    once was a stack in the log: the loop had no time for the lease."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._said_at = -SAID_EVERY_S

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if context.get("message") != NONE_LEFT:
            loop.default_exception_handler(context)
            return
        if self._clock() - self._said_at >= SAID_EVERY_S:
            self._said_at = self._clock()
            log.error("no connection can be taken: no more files may be opened (ulimit -n)")
