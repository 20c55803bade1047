"""Pages take turns: when all of them ask at once, calls and presses do not wait behind them.

Everything shares one event loop and the connections to the database. After an outage of the network 2,500 pages come back in the same
second; served all together, with the calls among them, nobody was served in 20 s. So of the requests that only read, AT_ONCE are worked on
at a time; the others stand in line and cost nothing there. Live streams go first, for an operator without one counts as gone, then
whoever has a contact in hand. What changes something, and what is cheap, never waits.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from enum import IntEnum

from starlette.types import ASGIApp, Message, Receive, Scope, Send

AT_ONCE = 8
STREAMS_AT_ONCE, IDLE_AT_ONCE = 3, 1
"""Of them, how many may be streams that open, and pages of those who have nothing in hand: between two steps of a call, each of the
others gets its step too."""
LONGEST_S = 0.25
"""Who takes longer waits for the database, not for us, and does not count any more: slow reports must not keep a desk from its card."""
FREE = ("/static/", "/healthz", "/metrics")
_STREAMS = frozenset({"/live", "/api/v1/chat/stream"})
_READS = frozenset({"GET", "HEAD"})


class Rank(IntEnum):
    STREAM = 0
    AT_WORK = 1
    OTHERS = 2


class Gone(Exception):
    """Whoever stood in line has left."""


class Turns:
    """`at_once` turns, each for `longest_s` at most; the lower rank goes first, and among equals whoever came first. Of them, streams
    and idle pages have no more than their own."""

    def __init__(
        self,
        at_once: int = AT_ONCE,
        longest_s: float = LONGEST_S,
        *,
        streams_at_once: int = STREAMS_AT_ONCE,
        idle_at_once: int = IDLE_AT_ONCE,
    ) -> None:
        self._free = at_once
        self._free_of = {Rank.STREAM: streams_at_once, Rank.AT_WORK: at_once, Rank.OTHERS: idle_at_once}
        self._longest_s = longest_s
        self._lines: dict[Rank, deque[asyncio.Future[None]]] = {rank: deque() for rank in Rank}

    @property
    def waiting(self) -> int:
        """How many stand in line."""
        return sum(len(line) for line in self._lines.values())

    @asynccontextmanager
    async def turn(self, rank: Rank, left: Callable[[], Awaitable[None]]) -> AsyncIterator["Turn"]:
        """Wait for a turn. It ends with the block, or before: by `Turn.end`, or when it has taken too long.

        `left` ends when whoever waits goes away; then Gone is raised, and the place in line is the next one's.
        """
        if self._may(rank):
            self._take(rank)
        else:
            await self._stand_in_line(rank, left)
        turn = Turn(self, rank)
        over = asyncio.get_running_loop().call_later(self._longest_s, turn.end)
        try:
            yield turn
        finally:
            over.cancel()
            turn.end()

    async def _stand_in_line(self, rank: Rank, left: Callable[[], Awaitable[None]]) -> None:
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._lines[rank].append(mine)
        leaving = asyncio.ensure_future(left())
        try:
            await asyncio.wait({mine, leaving}, return_when=asyncio.FIRST_COMPLETED)
            leaving.cancel()
            await asyncio.gather(leaving, return_exceptions=True)
        except asyncio.CancelledError:
            leaving.cancel()
            self._step_out(rank, mine)
            raise
        if not mine.done():
            self._step_out(rank, mine)
            raise Gone

    def _step_out(self, rank: Rank, mine: asyncio.Future[None]) -> None:
        if mine.done():  # the turn came in the moment in which he left
            self.give_back(rank)
        else:
            self._lines[rank].remove(mine)

    def _may(self, rank: Rank) -> bool:
        return self._free > 0 and self._free_of[rank] > 0

    def _take(self, rank: Rank) -> None:
        self._free -= 1
        self._free_of[rank] -= 1

    def give_back(self, rank: Rank) -> None:
        """A turn of this rank is over: the first in line who may has it."""
        self._free += 1
        self._free_of[rank] += 1
        for waiting, line in self._lines.items():
            if line and self._may(waiting):
                self._take(waiting)
                line.popleft().set_result(None)
                return


class Turn:
    """A turn that somebody has."""

    def __init__(self, turns: Turns, rank: Rank) -> None:
        self._turns: Turns | None = turns
        self._rank = rank

    def end(self) -> None:
        """Let the next one have it; ending twice is ending once."""
        turns, self._turns = self._turns, None
        if turns is not None:
            turns.give_back(self._rank)


class PagesTakeTurns:
    """The middleware. A turn ends when the answer begins: what is to be said is known then, and a slow reader is nobody's burden."""

    def __init__(self, app: ASGIApp, turns: Turns) -> None:
        self._app = app
        self._turns = turns

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in _READS or scope["path"].startswith(FREE):
            await self._app(scope, receive, send)
            return
        ear = Ear(receive)
        with suppress(Gone):
            async with self._turns.turn(rank_of(scope["path"], scope["query_string"]), ear.until_left) as turn:

                async def send_on(message: Message) -> None:
                    turn.end()
                    await send(message)

                await self._app(scope, ear.receive, send_on)


class Ear:
    """What the browser says. Who hears that it has left, keeps for the application what came before."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._heard: deque[Message] = deque()

    async def receive(self) -> Message:
        return self._heard.popleft() if self._heard else await self._receive()

    async def until_left(self) -> None:
        while True:
            message = await self._receive()
            self._heard.append(message)
            if message["type"] == "http.disconnect":
                return


def rank_of(path: str, query: bytes) -> Rank:
    """Who goes first."""
    if path in _STREAMS:
        return Rank.STREAM
    return Rank.AT_WORK if path == "/desk/panes" and b"contact=" in query else Rank.OTHERS
