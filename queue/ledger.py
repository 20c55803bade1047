"""The ledger: the book, the journal before it, and those who are told when it moves. One change at a time."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from ..storage.clock import Clock
from ..storage.failpoint import failpoint
from .book import Book, Draft
from .commands import Command
from .journal import Journal


@dataclass(frozen=True, slots=True)
class DeskChange:
    """Whose state changed; `everything` when a reader was too slow to be told one by one."""

    agent_ids: frozenset[str] = frozenset()
    contact_ids: frozenset[str] = frozenset()
    everything: bool = False


Act = Callable[[Draft], Sequence[Command] | None]


class Ledger:
    """`change` decides on a draft, commits the journal, moves the book, tells the listeners; the caller then acts on the commands."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self.journal = journal
        self.book = Book()
        self._clock = clock
        self._turn = asyncio.Lock()
        self._listeners: set[asyncio.Queue[DeskChange]] = set()

    async def change(self, act: Act) -> Sequence[Command]:
        """Raises IllegalTransition, or what the journal raises; then nothing has changed."""
        async with self._turn:
            draft = Draft(self.book, self._clock.now())
            try:
                commands = act(draft) or ()
                failpoint("journal_before_commit")
                await self.journal.append(draft.entries)
                failpoint("journal_after_commit")
            except BaseException:
                draft.be_forgotten()
                raise
            draft.become_true()
        if draft.entries:
            self._announce(DeskChange(draft.changed_agents, draft.changed_contacts))
        return commands

    @asynccontextmanager
    async def subscribe(self, depth: int = 256) -> AsyncIterator[asyncio.Queue[DeskChange]]:
        """A queue of changes. A reader that falls `depth` behind finds one DeskChange(everything=True) instead."""
        changes: asyncio.Queue[DeskChange] = asyncio.Queue(depth)
        self._listeners.add(changes)
        try:
            yield changes
        finally:
            self._listeners.discard(changes)

    def _announce(self, change: DeskChange) -> None:
        for queue in self._listeners:
            if not queue.full():
                queue.put_nowait(change)
                continue
            while not queue.empty():
                queue.get_nowait()
            queue.put_nowait(DeskChange(everything=True))
