"""The chats' tables on both databases: every message once, in order, without a gap."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from cordboard.queue.channel import WireDown
from cordboard.queue.channels.conversation import Author, Chat, ChatRefused, Message, Notice, Refusal
from cordboard.queue.channels.store import ChatStore
from cordboard.storage.database import Database

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def chat(chat_id: str = "c", token: str = "token", minute: int = 0) -> Chat:
    began = NOW + timedelta(minutes=minute)
    return Chat(chat_id, token, "origin", "orders", "Анна <b>", "ru", began)


def said(client_id: str, text: str = "Здравствуйте 👋\nвторая строка", author: Author = Author.VISITOR) -> Message:
    return Message(0, author, text, NOW, client_id, agent_id="maria" if author is Author.AGENT else None)


async def test_what_is_kept_is_read_back(database: Database) -> None:
    store = ChatStore(database)
    assert await store.begin(chat()) == chat()
    after, first = await store.add("c", said("v1"))
    assert (after.last_seq, first.seq) == (1, 1)
    _, second = await store.add("c", said("a1", "Добрый день", Author.AGENT))
    _, line = await store.add("c", Message(0, Author.SYSTEM, "Мария", NOW, "joined/1", "maria", Notice.JOINED))
    assert await store.messages("c") == [first, second, line]
    assert await store.messages("c", after=1, limit=1) == [second]
    assert await store.known("c", Author.AGENT, "a1") == second
    assert await store.known("c", Author.VISITOR, "a1") is None
    kept = await store.chat("c")
    assert kept == await store.latest("token") == (await store.open_chats())[0]
    assert kept is not None
    assert kept.last_seq == 3
    assert await store.chat("other") is None


async def test_a_message_sent_again_is_the_same_message(database: Database) -> None:
    store = ChatStore(database)
    await store.begin(chat())
    _, first = await store.add("c", said("v1", "раз"))
    await store.add("c", said("v2", "два"))
    after, again = await store.add("c", said("v1", "раз, но другими словами"))
    assert again == first
    assert after.last_seq == 2
    _, agents = await store.add("c", said("v1", "свой", Author.AGENT))
    assert agents.seq == 3


async def test_many_at_once_are_numbered_without_a_gap(database: Database) -> None:
    store = ChatStore(database)
    await store.begin(chat())
    async with asyncio.TaskGroup() as group:
        for number in range(12):
            for _ in range(3):
                group.create_task(store.add("c", said(f"v{number}", str(number))))
    kept = await store.messages("c")
    assert [message.seq for message in kept] == list(range(1, 13))
    assert {message.text for message in kept} == {str(number) for number in range(12)}


async def test_a_visitor_has_one_open_chat(database: Database) -> None:
    store = ChatStore(database)
    async with asyncio.TaskGroup() as group:
        begun = [group.create_task(store.begin(chat(f"c{number}"))) for number in range(4)]
    assert len({task.result().id for task in begun}) == 1
    first = begun[0].result()
    await store.end(first.id, Notice.VISITOR_ENDED, NOW)
    second = await store.begin(chat("next", minute=5))
    assert second.id == "next"
    latest = await store.latest("token")
    assert latest is not None
    assert latest.id == "next"
    await store.end("next", Notice.AGENT_ENDED, NOW)
    latest = await store.latest("token")
    assert latest is not None
    assert (latest.id, latest.ending) == ("next", Notice.AGENT_ENDED)
    assert await store.open_chats() == []


async def test_an_ended_chat_stays_as_it_ended(database: Database) -> None:
    store = ChatStore(database)
    await store.begin(chat())
    await store.add("c", said("v1"))
    ended = await store.end("c", Notice.AGENT_ENDED, NOW)
    assert await store.end("c", Notice.VISITOR_GONE, NOW) == ended
    with pytest.raises(ChatRefused) as refusal:
        await store.add("c", said("v2"))
    assert refusal.value.reason is Refusal.OVER
    _, known = await store.add("c", said("v1"))  # its answer was lost: it was kept before the end
    assert known.seq == 1
    assert [message.notice for message in await store.messages("c")] == [None, Notice.AGENT_ENDED]


async def test_a_message_may_be_left_after_the_line_that_asks_for_it(database: Database) -> None:
    store = ChatStore(database)
    await store.begin(chat())
    await store.add("c", said("ended", "так его назвала страница"))
    await store.end("c", Notice.MESSAGE, NOW)
    for number in range(20):
        await store.add("c", said(f"left-{number}"))
    with pytest.raises(ChatRefused):
        await store.add("c", said("left-20"))
    with pytest.raises(ChatRefused):
        await store.add("c", said("a", author=Author.AGENT))
    assert len(await store.messages("c")) == 22


async def test_what_was_left_is_listed_newest_first(database: Database) -> None:
    store = ChatStore(database)
    for number in range(3):
        await store.begin(chat(f"c{number}", f"token-{number}"))
        await store.add(f"c{number}", said("v1", f"вопрос {number}"))
    await store.end("c0", Notice.MESSAGE, NOW)
    await store.end("c1", Notice.CLOSED, NOW)
    await store.end("c2", Notice.MESSAGE, NOW + timedelta(minutes=1))
    await store.add("c0", said("v2", "мой телефон"))
    shown = [(one.id, [message.text for message in words]) for one, words in await store.left()]
    assert shown == [("c2", ["вопрос 2"]), ("c0", ["вопрос 0", "мой телефон"])]
    assert [one.id for one, _ in await store.left(limit=1)] == ["c2"]


async def test_reading_goes_forward_only_and_not_beyond_the_end(database: Database) -> None:
    store = ChatStore(database)
    await store.begin(chat())
    for number in range(3):
        await store.add("c", said(f"v{number}"))
    assert await store.unread("c", 0) == 3
    assert (await store.read("c", Author.AGENT, 2)).agent_read == 2
    assert (await store.read("c", Author.AGENT, 1)).agent_read == 2
    assert (await store.read("c", Author.VISITOR, 99)).visitor_read == 3
    assert await store.unread("c", 2) == 1
    with pytest.raises(ChatRefused):
        await store.read("nobody", Author.AGENT, 1)


async def test_the_draft_is_remembered_while_the_chat_is_open(database: Database) -> None:
    store = ChatStore(database)
    await store.begin(chat())
    await store.keep_draft("c", "maria", "Сейчас посмо")
    found = await store.chat("c")
    assert found is not None
    assert (found.draft, found.draft_by) == ("Сейчас посмо", "maria")
    assert (await store.end("c", Notice.AGENT_ENDED, NOW)).draft == ""


async def test_without_its_database_the_wire_is_down(sqlite_database: Database) -> None:
    store = ChatStore(sqlite_database)
    await store.begin(chat())
    async with sqlite_database.write() as connection:
        await connection.exec_driver_sql("ALTER TABLE chat_message RENAME TO elsewhere")
    with pytest.raises(WireDown):
        await store.add("c", said("v1"))
    async with sqlite_database.write() as connection:
        await connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO chat_message")
    _, kept = await store.add("c", said("v1"))
    assert kept.seq == 1
