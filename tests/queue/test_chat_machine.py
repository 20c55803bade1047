"""Two pages on bad lines, and an engine that restarts: whatever is lost, repeated, late or loaded again, each message is there once."""

import asyncio
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from cordboard.queue.channels.conversation import Author, Chat, ChatRefused, ChatRules, Message
from cordboard.storage.database import Database
from tests.fakes.chat_room import ChatSalon

ON_PAGES = (
    "write",
    "write",
    "send",
    "send",
    "answer_lost",
    "answer_lost",
    "late_copy",
    "fetch",
    "late_answer",
    "reload",
)
STEPS = st.lists(
    st.tuples(st.sampled_from(ON_PAGES), st.sampled_from(["visitor", "agent"]), st.integers(0, 7))
    | st.tuples(st.sampled_from(["restart", "transfer", "accept", "tick"]), st.just(""), st.just(0)),
    min_size=15,
    max_size=50,
)


@dataclass
class Page:
    """A page as the scripts make it: what is on its way outlives a reload, what is shown does not."""

    author: Author
    written: list[str] = field(default_factory=list)
    outbox: list[tuple[str, str]] = field(default_factory=list)
    sent: list[tuple[str, str]] = field(default_factory=list)
    shown: dict[int, Message] = field(default_factory=dict)
    late: list[list[Message]] = field(default_factory=list)

    def write(self) -> None:
        text = f"{self.author.value} {len(self.written)}"
        self.written.append(text)
        self.outbox.append((f"{self.author.value}-{len(self.written):04}", text))

    def add(self, messages: list[Message]) -> None:
        for message in messages:
            assert self.shown.setdefault(message.seq, message) == message
            if message.author is self.author:
                self.outbox = [item for item in self.outbox if item[0] != message.client_id]

    @property
    def through(self) -> int:
        upto = 0
        while upto + 1 in self.shown:
            upto += 1
        return upto


class Story:
    def __init__(self, salon: ChatSalon, chat: Chat) -> None:
        self.salon = salon
        self.chat = chat
        self.pages = {"visitor": Page(Author.VISITOR), "agent": Page(Author.AGENT)}

    async def say(self, page: Page, item: tuple[str, str]) -> Message | None:
        """None when the agent may not write just now."""
        if page.author is Author.VISITOR:
            return await self.salon.room.visitors.say(self.chat, *item)
        try:
            return await self.salon.answer(self.chat, item[1], item[0])
        except ChatRefused:
            return None

    async def fetch(self, page: Page) -> list[Message]:
        return await self.salon.store.messages(self.chat.id, page.through, 3)

    async def step(self, what: str, side: str, number: int) -> None:
        if side:
            await self._on_page(what, self.pages[side], number)
        elif what == "restart":
            await self.salon.restart()
        elif what == "tick":
            await self.salon.room.tick()
        elif what == "accept" and self.salon.contact(self.chat).state.value == "offered":
            await self.salon.accept(self.chat)
        elif what == "transfer" and self.salon.contact(self.chat).state.value == "connected":
            await self.salon.desk.transfer("maria", self.salon.contact(self.chat).id, queue="orders")

    async def _on_page(self, what: str, page: Page, number: int) -> None:
        match what:
            case "write":
                page.write()
            case "send" | "answer_lost" if page.outbox:
                item = page.outbox[0]
                page.sent.append(item)
                kept = await self.say(page, item)
                if what == "send" and kept is not None:
                    page.add([kept])
            case "late_copy" if page.sent:
                await self.say(page, page.sent[number % len(page.sent)])
            case "fetch":
                page.add(await self.fetch(page))
            case "late_answer":
                page.late.append(await self.fetch(page))
                if number % 2:
                    page.add(page.late.pop(number % len(page.late)))
            case "reload":
                page.shown.clear()

    async def end_well(self) -> None:
        """The lines are good again: everything goes through."""
        if self.salon.contact(self.chat).state.value == "queued":
            await self.salon.desk.ready("maria")
        if self.salon.contact(self.chat).state.value == "offered":
            await self.salon.accept(self.chat)
        for page in self.pages.values():
            for _ in list(page.outbox):
                await self._on_page("send", page, 0)
            assert page.outbox == []
        last = (await self.salon.store.messages(self.chat.id))[-1].seq
        for page in self.pages.values():
            for answer in page.late:
                page.add(answer)
            while page.through < last:
                page.add(await self.fetch(page))

    async def check(self) -> None:
        kept = await self.salon.store.messages(self.chat.id)
        assert [message.seq for message in kept] == list(range(1, len(kept) + 1))
        for page in self.pages.values():
            mine = [message.text for message in kept if message.author is page.author]
            first = ["Где мой заказ?"] if page.author is Author.VISITOR else []
            assert mine == first + page.written
            assert list(page.shown.values()) == kept or sorted(page.shown) == [message.seq for message in kept]
        event(f"{len(kept) // 10 * 10}+ messages")


async def tell(database: Database, steps: list[tuple[str, str, int]]) -> None:
    salon = ChatSalon(database, ChatRules(says=100_000))
    await salon.open()
    await salon.operator()
    story = Story(salon, await salon.write())
    for step in steps:
        await story.step(*step)
    await story.end_well()
    await story.check()


@pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps=STEPS)
def test_each_message_is_there_once_and_in_order(sqlite_template: Path, steps: list[tuple[str, str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "one.db"
        shutil.copy(sqlite_template, path)

        async def run() -> None:
            database = Database.open(f"sqlite+aiosqlite:///{path}")
            try:
                await tell(database, steps)
            finally:
                await database.close()

        asyncio.run(run())
