"""The chat room in trouble: restarts, crashes, a database that is away, and floods; no chat is lost, and none is doubled."""

import pytest

from cordboard.queue.channel import WireDown
from cordboard.queue.channels.conversation import ChatRefused, ChatRules, Notice, Refusal
from cordboard.queue.contact import ContactState
from cordboard.storage.database import Database
from tests.fakes.chat_room import TOKEN, ChatSalon
from tests.fakes.wire import MemoryJournal

OTHER = "o" * 43


async def test_chats_go_on_over_a_restart(salon: ChatSalon) -> None:
    await salon.operator()
    chat = await salon.write("раз", "message-1")
    await salon.accept(chat)
    waiting = await salon.write("а я жду", "message-1", token=OTHER)
    ages = salon.contact(waiting).arrived_at
    salon.clock.pass_s(50)
    await salon.restart()
    assert salon.contact(chat).state is ContactState.CONNECTED
    assert salon.contact(waiting).arrived_at == ages
    await salon.answer(chat, "мы снова здесь")
    await salon.room.visitors.say(chat, "message-1", "раз")
    assert await salon.told(chat) == ["visitor: раз", "[joined Мария]", "agent: мы снова здесь"]
    salon.clock.pass_s(119)
    await salon.room.tick()  # everybody has his whole grace again
    assert (await salon.chat()).is_open


async def test_whatever_a_crash_leaves_half_done_is_made_whole_at_the_next_start(salon: ChatSalon) -> None:
    await salon.operator()
    chat = await salon.write("раз", "message-1")
    await salon.accept(chat)
    said_goodbye = await salon.write("два", "message-1", token=OTHER)
    await salon.store.end(said_goodbye.id, Notice.VISITOR_ENDED, salon.clock.now())  # the desk was not told
    await salon.desk.customer_left(chat.wire_key, "visitor_gone")  # the chat was not ended
    await salon.restart()
    assert salon.desk.contact_by_wire(said_goodbye.wire_key) is None
    assert not (await salon.chat()).is_open


async def test_a_chat_that_the_desk_never_heard_of_is_brought_before_it(salon: ChatSalon) -> None:
    broken = MemoryJournal()
    salon.journal = broken
    await salon.restart()
    broken.broken = True
    with pytest.raises(OSError, match="disk full"):
        await salon.write("раз", "message-1")
    broken.broken = False
    await salon.restart()
    chat = await salon.chat()
    assert salon.contact(chat).state is ContactState.QUEUED
    assert (await salon.write("раз", "message-1")).id == chat.id
    assert await salon.told(chat) == ["visitor: раз"]


async def test_a_start_that_broke_off_is_finished_by_the_next_try_or_by_time(salon: ChatSalon) -> None:
    broken = MemoryJournal()
    salon.journal = broken
    await salon.restart()
    broken.broken = True
    with pytest.raises(OSError, match="disk full"):
        await salon.write("раз", "message-1")
    broken.broken = False
    salon.clock.pass_s(11)
    await salon.room.tick()
    assert salon.contact(await salon.chat()).state is ContactState.QUEUED


async def test_the_room_follows_whatever_ended_the_contact(salon: ChatSalon) -> None:
    await salon.operator()
    chat = await salon.write()
    await salon.accept(chat)
    await salon.desk.talk_ended(chat.wire_key)  # not by the room's own doors
    await salon.room.tick()
    assert (await salon.chat()).ending is Notice.AGENT_ENDED


async def test_while_the_database_is_away_nothing_is_offered_and_then_all_is_made_good(
    salon: ChatSalon, sqlite_database: Database
) -> None:
    await salon.operator()
    chat = await salon.write()
    contact = salon.contact(chat)
    async with sqlite_database.write() as connection:
        await connection.exec_driver_sql("ALTER TABLE chat_message RENAME TO elsewhere")
    with pytest.raises(WireDown):
        await salon.room.hang_up(contact)
    with pytest.raises(WireDown):
        await salon.room.visitors.say(chat, "message-2", "слышно?")
    async with sqlite_database.write() as connection:
        await connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO chat_message")
    await salon.room.tick()
    await salon.accept(chat)
    assert await salon.told(chat) == ["visitor: Где мой заказ?", "[joined Мария]"]


async def test_one_address_cannot_flood_the_room_and_others_do_not_feel_it(salon: ChatSalon) -> None:
    begun, refused = 0, []
    for number in range(1000):  # in one minute
        salon.clock.pass_s(0.06)
        try:
            await salon.write("спам", "message-1", token=f"{number:043}", address="203.0.113.9")
            begun += 1
        except ChatRefused as refusal:
            refused.append(refusal.reason)
        if number % 250 == 0:
            await salon.write("у меня вопрос", "message-1", token=f"o{number:042}", address=f"198.51.100.{number % 7}")
    assert begun == 6
    assert set(refused) == {Refusal.TOO_MANY_NEW}
    assert len(salon.desk.contacts()) == 6 + 4


async def test_an_address_has_so_many_open_chats_at_most(sqlite_database: Database) -> None:
    salon = ChatSalon(sqlite_database, ChatRules(open_at_once=2))
    await salon.open()
    for number in range(2):
        await salon.write("привет", "message-1", token=f"{number:043}")
    with pytest.raises(ChatRefused) as refusal:
        await salon.write("привет", "message-1", token=OTHER)
    assert refusal.value.reason is Refusal.TOO_MANY_OPEN
    await salon.restart()
    with pytest.raises(ChatRefused):
        await salon.write("привет", "message-1", token=OTHER)
    await salon.room.visitors.end(await salon.chat(f"{0:043}"))
    await salon.write("привет", "message-1", token=OTHER)


async def test_a_refused_text_leaves_nothing_behind(salon: ChatSalon) -> None:
    for text in ("x" * 100_000, "", "\x00"):
        with pytest.raises(ChatRefused):
            await salon.write(text)
    assert await salon.room.visitors.chat_of(TOKEN) is None
    assert salon.desk.contacts() == ()
