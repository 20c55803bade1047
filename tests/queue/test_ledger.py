"""The ledger: one commit for all that was decided meanwhile, nobody told before it, and a failed one taken back whole."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest

from cordboard.queue.agent import Agent, AgentState, BecameReady, PageChanged, Stance
from cordboard.queue.book import Draft
from cordboard.queue.channel import Arrival, ChannelKind, Direction
from cordboard.queue.commands import Command, FollowUp
from cordboard.queue.contact import ContactState, IllegalTransition, arrive
from cordboard.queue.contact_events import Offered, Queued
from cordboard.queue.deadlines import DeskRules
from cordboard.queue.desk import Desk
from cordboard.queue.journal import Entry
from cordboard.queue.ledger import Ledger
from tests.fakes.wire import MemoryJournal, MovedClock


def nothing(_entry: Entry) -> bool:
    return False


class GatedJournal(MemoryJournal):
    """Commits while `gate` is open, one list of entries each in `commits`; refuses a batch with an entry that `refuses`."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.gate.set()
        self.refuses: Callable[[Entry], bool] = nothing
        self.commits: list[list[str]] = []
        self.tried = asyncio.Event()

    async def append(self, entries: Sequence[Entry]) -> None:
        self.tried.set()
        await self.gate.wait()
        if any(self.refuses(entry) for entry in entries):
            raise OSError("this cannot be written")
        await super().append(entries)
        self.commits.append([entry.after.id for entry in entries])


class Room:
    def __init__(self) -> None:
        self.journal = GatedJournal()
        self.ledger = Ledger(self.journal, MovedClock())
        self.book = self.ledger.book

    def comes(self, name: str) -> "asyncio.Task[Sequence[Command]]":
        """A contact arrives; its command is to follow it up."""

        def act(draft: Draft) -> Sequence[Command]:
            arrival = Arrival(ChannelKind.VOICE, Direction.INBOUND, "orders", f"n/b/{name}")
            draft.begin(arrive(name, arrival, draft.now))
            return [FollowUp(draft.tell_contact(name, Queued(draft.now)))]

        return asyncio.ensure_future(self.ledger.change(act))

    def offered(self, name: str) -> "asyncio.Task[Sequence[Command]]":
        def act(draft: Draft) -> None:
            draft.tell_contact(name, Offered(draft.now, "maria"))

        return asyncio.ensure_future(self.ledger.change(act))

    async def meanwhile(self, decide: Callable[[], "list[asyncio.Task[Sequence[Command]]]"]) -> None:
        """While the first commit is under way, these are decided."""
        self.journal.gate.clear()
        first = self.comes("first")
        await self.journal.tried.wait()
        tasks = decide()
        await asyncio.sleep(0)
        self.journal.gate.set()
        await asyncio.gather(first, *tasks, return_exceptions=True)

    def waiting(self) -> list[str]:
        return sorted(contact.id for contact in self.book.contacts.values() if contact.state is ContactState.QUEUED)


async def test_what_is_decided_while_a_commit_runs_is_one_commit() -> None:
    room = Room()
    await room.meanwhile(lambda: [room.comes(name) for name in ("a", "b", "c")])
    assert room.journal.commits == [["first"] * 2, ["a", "a", "b", "b", "c", "c"]]


async def test_a_change_builds_on_one_that_is_not_written_yet() -> None:
    room = Room()
    await room.meanwhile(lambda: [room.offered("first")])
    contact = await room.journal.contact("first")
    assert contact is not None
    assert (contact.state, contact.agent_id) == (ContactState.OFFERED, "maria")


async def test_nobody_is_told_and_nothing_is_done_before_the_commit() -> None:
    room = Room()
    async with room.ledger.subscribe() as changes:
        room.journal.gate.clear()
        task = room.comes("a")
        await room.journal.tried.wait()
        assert room.waiting() == ["a"]  # decided, so that the next decision sees it
        assert not task.done()
        assert changes.empty()
        room.journal.gate.set()
        [command] = await task
        assert isinstance(command, FollowUp)
        assert (await changes.get()).contact_ids == {"a"}


async def test_one_that_cannot_be_written_fails_alone_and_the_others_are_decided_anew() -> None:
    room = Room()
    room.journal.refuses = lambda entry: entry.after.id == "bad"
    tasks: dict[str, asyncio.Task[Sequence[Command]]] = {}

    def decide() -> "list[asyncio.Task[Sequence[Command]]]":
        tasks.update({name: room.comes(name) for name in ("a", "bad", "b")})
        tasks["offer"] = room.offered("bad")
        return list(tasks.values())

    await room.meanwhile(decide)
    assert isinstance(tasks["bad"].exception(), OSError)
    assert isinstance(tasks["offer"].exception(), KeyError)  # there is no such contact: it was never written
    assert [tasks[name].exception() for name in ("a", "b")] == [None, None]
    assert room.journal.commits == [["first"] * 2, ["a"] * 2, ["b"] * 2]
    assert room.waiting() == ["a", "b", "first"]
    assert room.book.lineup.waiting_in("orders") == 3
    assert "n/b/bad" not in room.book.by_wire


async def test_a_full_disk_takes_everything_back_and_later_it_goes_on() -> None:
    room = Room()
    await room.comes("kept")
    room.journal.refuses = lambda _entry: True
    results = await asyncio.gather(room.comes("a"), room.offered("kept"), return_exceptions=True)
    assert [type(result) for result in results] == [OSError, OSError]
    assert room.waiting() == ["kept"]
    assert room.book.lineup.waiting_in("orders") == 1
    room.journal.refuses = nothing
    await room.offered("kept")
    await room.comes("a")
    assert room.waiting() == ["a"]


async def test_an_agent_who_could_not_be_written_never_was() -> None:
    room = Room()
    room.journal.refuses = lambda _entry: True
    maria = Agent("maria", "Maria", "agent-maria", Stance.READY, datetime.now(UTC), queues=frozenset({"orders"}))
    with pytest.raises(OSError, match="cannot be written"):
        await room.ledger.change(lambda draft: draft.begin(maria))
    assert (room.book.agents, room.book.agent_by_sip_name("agent-maria")) == ({}, None)
    assert room.book.lineup.agents_at_work("orders") == set()
    assert room.book.lineup.next_match(datetime.now(UTC), {ChannelKind.VOICE}) is None


async def test_a_refused_change_leaves_nothing_and_waits_for_nothing() -> None:
    room = Room()
    await room.comes("a")
    room.journal.gate.clear()
    with pytest.raises(IllegalTransition):
        await room.ledger.change(_offered_twice)
    assert room.waiting() == ["a"]


def _offered_twice(draft: Draft) -> None:
    draft.tell_contact("a", Offered(draft.now, "maria"))
    draft.tell_contact("a", Offered(draft.now, "maria"))


async def test_news_of_live_connections_waits_for_no_commit_and_goes_along_with_the_next() -> None:
    room = Room()
    await room.ledger.change(
        lambda draft: draft.begin(Agent("maria", "Maria", "agent-maria", Stance.LOGGED_OUT, draft.now))
    )

    def opens(draft: Draft) -> None:
        draft.tell_agent("maria", PageChanged(draft.now, True))

    def goes_ready(draft: Draft) -> None:
        draft.tell_agent("maria", BecameReady(draft.now))

    async with room.ledger.subscribe() as changes:
        await room.ledger.change(opens)
        assert changes.get_nowait().agent_ids == {"maria"}
    assert len(room.journal.commits) == 1
    await room.ledger.change(goes_ready)
    assert [entry.event for entry in room.journal.entries] == ["Appeared", "PageChanged", "BecameReady"]
    assert room.book.agents["maria"].state is AgentState.READY
    await room.ledger.change(opens)
    await room.ledger.durable()
    assert room.journal.entries[-1].event == "PageChanged"


async def test_whoever_gives_up_waiting_does_not_stop_the_commit() -> None:
    room = Room()
    room.journal.gate.clear()
    task = room.comes("a")
    await room.journal.tried.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    room.journal.gate.set()
    await room.ledger.durable()
    assert room.journal.commits == [["a", "a"]]


async def test_nobody_waits_for_ever_for_a_writer_that_was_ended() -> None:
    room = Room()
    room.journal.gate.clear()
    task = room.comes("a")
    await room.journal.tried.wait()
    for other in asyncio.all_tasks() - {asyncio.current_task(), task}:
        other.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_what_has_ended_and_is_not_written_yet_is_waited_for() -> None:
    journal = GatedJournal()
    desk = Desk(journal, {}, MovedClock(), lambda: "contact", DeskRules())
    call = Arrival(ChannelKind.VOICE, Direction.INBOUND, "orders", "n/b/1")
    await desk.arrive(call)
    journal.gate.clear()
    leaves = asyncio.ensure_future(desk.customer_left("n/b/1", "cause_16"))
    await asyncio.sleep(0)
    assert desk.contact("contact") is None  # decided
    finds, again = asyncio.ensure_future(desk.find_contact("contact")), asyncio.ensure_future(desk.arrive(call))
    journal.gate.set()
    await leaves
    assert [one and one.state for one in (await finds, await again)] == [ContactState.ABANDONED] * 2
    await desk.settle()
