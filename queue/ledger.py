"""The ledger: the book, the journal before it, and those who are told when it moves.

A change is decided at once, on the book with all that was decided before it; the journal's commits follow, each with everything that
was decided while the one before it ran (group commit). Nobody is told, and nothing is done, before the commit. One that fails takes back
itself and what was decided after it; that is then decided anew, change by change.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from ..storage.clock import Clock
from ..storage.failpoint import failpoint
from .book import Book, Draft
from .commands import Command
from .journal import PASSING, Entry, Journal

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DeskChange:
    """Whose state changed; `everything` when a reader was too slow to be told one by one."""

    agent_ids: frozenset[str] = frozenset()
    contact_ids: frozenset[str] = frozenset()
    everything: bool = False


Act = Callable[[Draft], Sequence[Command] | None]
Commands = Sequence[Command]


@dataclass(slots=True)
class Decided:
    """A change that stands in the book and not yet in the journal. `written` gets its commands, or why it is none."""

    act: Act
    draft: Draft
    commands: Commands
    written: "asyncio.Future[Commands]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def fail(self, error: BaseException) -> None:
        if not self.written.done():
            self.written.set_exception(error)
            self.written.exception()  # retrieved here: of a passing change, nobody asks


class Ledger:
    """`change` decides, commits the journal, tells the listeners; the caller then acts on the commands."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self.journal = journal
        self.book = Book()
        self._clock = clock
        self._decided: list[Decided] = []
        self._writer: asyncio.Task[None] | None = None
        self._listeners: set[asyncio.Queue[DeskChange]] = set()
        self._watchers: list[Callable[[Entry], None]] = []

    async def change(self, act: Act) -> Commands:
        """Raises IllegalTransition, or what the journal raises; then nothing has changed."""
        draft, commands = self._decide(act)
        if not draft.entries:
            return commands
        one = Decided(act, draft, commands)
        self._decided.append(one)
        if not commands and all(entry.event in PASSING for entry in draft.entries):
            self._announce(draft)
            return commands
        self.write()
        return await asyncio.shield(one.written)

    async def durable(self) -> None:
        """Until all that is decided now is written, or taken back."""
        if self._decided:
            last = self._decided[-1]
            self.write()
            await asyncio.wait({last.written})

    def write(self) -> None:
        """Begin to write what is decided, if nobody does."""
        if self._decided and (self._writer is None or self._writer.done()):
            self._writer = asyncio.create_task(self._write(), name="journal writer")

    def _decide(self, act: Act) -> tuple[Draft, Commands]:
        draft = Draft(self.book, self._clock.now())
        try:
            commands = act(draft) or ()
        except BaseException:
            draft.be_forgotten()
            raise
        draft.become_true()
        return draft, commands

    async def _write(self) -> None:
        """Commit after commit, until nothing is left. When it is ended from outside, nobody waits for it for ever."""
        try:
            await self._write_all()
        except BaseException as end:
            for one in self._decided:
                one.fail(end)
            raise

    async def _write_all(self) -> None:
        """All that is decided is one commit; what stands in the way of a common one is then committed alone."""
        alone = 0
        while self._decided:
            batch = self._decided[: 1 if alone else len(self._decided)]
            try:
                failpoint("journal_before_commit")
                await self.journal.append(_entries(batch))
                failpoint("journal_after_commit")
            except Exception as error:
                alone = self._take_back(batch, error)
                continue
            del self._decided[: len(batch)]
            alone = max(0, alone - 1)
            for one in batch:
                self._written(one)

    def _take_back(self, batch: Sequence[Decided], error: Exception) -> int:
        """Undo all that is decided, and decide it anew, but for a change that failed alone. Returns how many there are."""
        undone, self._decided = self._decided, []
        for one in reversed(undone):
            one.draft.be_undone()
        if len(batch) == 1:
            log.error("a change could not be written down: %s", type(error).__name__)
            undone.pop(0).fail(error)
        for one in undone:
            try:
                one.draft, one.commands = self._decide(one.act)
            except Exception as refusal:
                one.fail(refusal)
                continue
            if one.draft.entries:
                self._decided.append(one)
            else:
                self._written(one)
        return len(self._decided)

    def watch(self, watcher: Callable[[Entry], None]) -> None:
        """Call it with each entry, as soon as that is written down, once each."""
        self._watchers.append(watcher)

    def _written(self, one: Decided) -> None:
        for entry in one.draft.entries:
            for watcher in self._watchers:
                watcher(entry)
        self._announce(one.draft)
        if not one.written.done():
            one.written.set_result(one.commands)

    @asynccontextmanager
    async def subscribe(self, depth: int = 256) -> AsyncIterator[asyncio.Queue[DeskChange]]:
        """A queue of changes. A reader that falls `depth` behind finds one DeskChange(everything=True) instead."""
        changes: asyncio.Queue[DeskChange] = asyncio.Queue(depth)
        self._listeners.add(changes)
        try:
            yield changes
        finally:
            self._listeners.discard(changes)

    def _announce(self, draft: Draft) -> None:
        change = DeskChange(draft.changed_agents, draft.changed_contacts)
        for queue in self._listeners:
            if not queue.full():
                queue.put_nowait(change)
                continue
            while not queue.empty():
                queue.get_nowait()
            queue.put_nowait(DeskChange(everything=True))


def _entries(batch: Sequence[Decided]) -> list[Entry]:
    return [entry for one in batch for entry in one.draft.entries]
