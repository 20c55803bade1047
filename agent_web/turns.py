"""Pages take turns: when all of them ask at once, calls and presses do not wait behind them.

Everything shares one event loop and the connections to the database. After an outage of the network 2,500 pages come back in the same
second; served all together, with the calls among them, nobody was served in 20 s. So of the requests that only read, AT_ONCE are worked on
at a time; the others stand in line and cost nothing there. Live streams go first, for an operator without one counts as gone, then
whoever has a contact in hand. What changes something, and what is cheap, never waits.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import IntEnum

from starlette.types import ASGIApp, Message, Receive, Scope, Send

AT_ONCE = 8
LONGEST_S = 0.25
"""Who takes longer waits for the database, not for us, and does not count any more: slow reports must not keep a desk from its card."""
FREE = ("/static/", "/healthz", "/metrics")
_STREAMS = frozenset({"/live", "/api/v1/chat/stream"})
_READS = frozenset({"GET", "HEAD"})


class Rank(IntEnum):
    STREAM = 0
    AT_WORK = 1
    OTHERS = 2


class Turns:
    """`at_once` turns, each for `longest_s` at most; the lower rank goes first, and among equals whoever came first."""

    def __init__(self, at_once: int = AT_ONCE, longest_s: float = LONGEST_S) -> None:
        self._free = at_once
        self._longest_s = longest_s
        self._lines: dict[Rank, deque[asyncio.Future[None]]] = {rank: deque() for rank in Rank}

    @property
    def waiting(self) -> int:
        """How many stand in line."""
        return sum(len(line) for line in self._lines.values())

    @asynccontextmanager
    async def turn(self, rank: Rank) -> AsyncIterator["Turn"]:
        """Wait for a turn. It ends with the block, or before: by `Turn.end`, or when it has taken too long."""
        await self._take(self._lines[rank])
        turn = Turn(self)
        over = asyncio.get_running_loop().call_later(self._longest_s, turn.end)
        try:
            yield turn
        finally:
            over.cancel()
            turn.end()

    async def _take(self, line: deque[asyncio.Future[None]]) -> None:
        if self._free:
            self._free -= 1
            return
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        line.append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():  # the turn came in the moment in which we left
                self.give_back()
            raise

    def give_back(self) -> None:
        for rank in Rank:
            line = self._lines[rank]
            while line:
                mine = line.popleft()
                if not mine.done():
                    mine.set_result(None)
                    return
        self._free += 1


class Turn:
    """A turn that somebody has."""

    def __init__(self, turns: Turns) -> None:
        self._turns: Turns | None = turns

    def end(self) -> None:
        """Let the next one have it; ending twice is ending once."""
        turns, self._turns = self._turns, None
        if turns is not None:
            turns.give_back()


class PagesTakeTurns:
    """The middleware. A turn ends when the answer begins: what is to be said is known then, and a slow reader is nobody's burden."""

    def __init__(self, app: ASGIApp, turns: Turns) -> None:
        self._app = app
        self._turns = turns

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in _READS or scope["path"].startswith(FREE):
            await self._app(scope, receive, send)
            return
        async with self._turns.turn(rank_of(scope["path"], scope["query_string"])) as turn:

            async def send_on(message: Message) -> None:
                turn.end()
                await send(message)

            await self._app(scope, receive, send_on)


def rank_of(path: str, query: bytes) -> Rank:
    """Who goes first."""
    if path in _STREAMS:
        return Rank.STREAM
    return Rank.AT_WORK if path == "/desk/panes" and b"contact=" in query else Rank.OTHERS
