"""The chat room and the desk as one: a visitor's chat waits, is talked, moved, ended, and outlives every loss."""

import pytest

from cordboard.queue.channel import ChannelKind, Dismissal, WireDown
from cordboard.queue.channels.conversation import ChatRefused, ChatRules, Notice, Presence, Refusal
from cordboard.queue.channels.views import Phase
from cordboard.queue.contact import ContactState
from cordboard.storage.database import Database
from tests.fakes.chat_room import TOKEN, ChatSalon
from tests.fakes.wire import MemoryJournal

OTHER = "o" * 43


@pytest.fixture
async def salon(sqlite_database: Database) -> ChatSalon:
    salon = ChatSalon(sqlite_database)
    await salon.open()
    return salon


async def test_a_chat_waits_is_answered_and_closed(salon: ChatSalon) -> None:
    chat = await salon.write("Здравствуйте, где мой заказ?")
    assert salon.room.visitors.view(chat).phase is Phase.WAITING
    assert salon.contact(chat).state is ContactState.QUEUED
    assert (salon.contact(chat).name, salon.contact(chat).queue) == ("Анна", "orders")
    await salon.operator()
    await salon.accept(chat)
    await salon.answer(chat, "Добрый день! Сейчас посмотрю.")
    view = salon.room.visitors.view(chat)
    assert (view.phase, view.agent, view.last_seq) == (Phase.TALKING, "Мария", 3)
    contact = salon.contact(chat)
    await salon.hang_up(chat)
    assert salon.contact(chat).state is ContactState.WRAP_UP
    assert salon.room.visitors.view(await salon.chat()).phase is Phase.ENDED
    await salon.desk.dispose("maria", contact.id, "consulted", "Заказ в пути")
    await salon.desk.settle()
    assert await salon.told(chat) == [
        "visitor: Здравствуйте, где мой заказ?",
        "[joined Мария]",
        "agent: Добрый день! Сейчас посмотрю.",
        "[agent_ended]",
    ]
    closed = await salon.desk.find_contact(contact.id)
    assert closed is not None
    assert (closed.state, closed.disposition) == (ContactState.CLOSED, "consulted")
    assert len(await salon.room.agents.messages(closed, 0)) == 4


async def test_what_is_sent_again_is_neither_doubled_nor_lost(salon: ChatSalon) -> None:
    chat = await salon.write("раз", "message-1")
    assert (await salon.write("раз", "message-1")).id == chat.id
    await salon.room.visitors.say(chat, "message-2", "два")
    await salon.room.visitors.say(chat, "message-2", "два")
    await salon.operator()
    await salon.accept(chat)
    first = await salon.answer(chat, "три", "answer-1")
    assert await salon.answer(chat, "три", "answer-1") == first
    assert await salon.told(chat) == ["visitor: раз", "visitor: два", "[joined Мария]", "agent: три"]
    assert len(salon.desk.contacts()) == 1


async def test_an_answer_whose_receipt_was_lost_is_known_even_after_the_talk(salon: ChatSalon) -> None:
    chat = await salon.write()
    await salon.operator()
    await salon.accept(chat)
    said, contact = await salon.answer(chat, "до свидания", "answer-1"), salon.contact(chat)
    await salon.room.visitors.end(chat)
    assert await salon.room.agents.say(contact, "maria", "answer-1", "до свидания") == said
    with pytest.raises(ChatRefused) as refusal:
        await salon.room.agents.say(contact, "maria", "answer-2", "ещё")
    assert refusal.value.reason is Refusal.OVER


async def test_only_the_agent_whose_contact_it_is_may_write(salon: ChatSalon) -> None:
    chat = await salon.write()
    await salon.operator()
    with pytest.raises(ChatRefused):  # offered, not accepted
        await salon.answer(chat, "рано")
    await salon.accept(chat)
    await salon.operator("ilya", "Илья Орлов")
    with pytest.raises(ChatRefused):
        await salon.answer(chat, "чужой", agent_id="ilya")
    assert await salon.told(chat) == ["visitor: Где мой заказ?", "[joined Мария]"]


async def test_the_visitor_says_goodbye_and_the_desk_knows_at_once(salon: ChatSalon) -> None:
    waiting = await salon.write()
    await salon.room.visitors.end(waiting)
    assert salon.desk.contacts() == ()
    await salon.operator()
    chat = await salon.write("ещё вопрос", "message-9")
    assert chat.id != waiting.id
    await salon.accept(chat)
    await salon.room.visitors.end(chat)
    await salon.room.visitors.end(chat)
    assert salon.contact(chat).state is ContactState.WRAP_UP
    assert (await salon.told(chat))[-1] == "[visitor_ended]"
    with pytest.raises(ChatRefused):
        await salon.room.visitors.say(chat, "message-10", "забыл спросить")


async def test_a_visitor_without_a_live_page_is_away_then_gone(salon: ChatSalon) -> None:
    chat = await salon.write()
    await salon.operator()
    contact = await salon.accept(chat)
    salon.room.visitors.page_opened(chat)
    salon.clock.pass_s(3600)
    await salon.room.tick()
    assert salon.pages.last_for("maria")["presence"] is Presence.PRESENT
    salon.room.visitors.page_closed(chat)
    salon.clock.pass_s(6)
    await salon.room.tick()
    assert salon.pages.last_for("maria")["presence"] is Presence.AWAY
    salon.room.visitors.page_opened(chat)
    await salon.room.tick()
    assert salon.pages.last_for("maria")["presence"] is Presence.PRESENT
    salon.room.visitors.page_closed(chat)
    salon.clock.pass_s(119)
    await salon.room.tick()
    assert salon.contact(chat).state is ContactState.CONNECTED
    salon.clock.pass_s(1)
    await salon.room.tick()
    gone = await salon.desk.find_contact(contact.id)
    assert gone is not None
    assert gone.state is ContactState.WRAP_UP
    assert (await salon.told(chat))[-1] == "[visitor_gone]"


async def test_one_who_waited_and_went_has_abandoned(salon: ChatSalon) -> None:
    chat = await salon.write()
    contact = salon.contact(chat)
    salon.clock.pass_s(121)
    await salon.room.tick()
    await salon.desk.settle()
    gone = await salon.desk.find_contact(contact.id)
    assert gone is not None
    assert (gone.state, gone.lost_reason) == (ContactState.ABANDONED, "visitor_gone")
    assert (await salon.chat()).ending is Notice.VISITOR_GONE


async def test_who_only_asks_from_time_to_time_is_there_too(salon: ChatSalon) -> None:
    chat = await salon.write()
    for _ in range(5):
        salon.clock.pass_s(100)
        salon.room.visitors.heard(chat)
        await salon.room.tick()
    assert (await salon.chat()).is_open


async def test_a_moved_chat_tells_its_visitor_and_shows_the_new_agent_everything(salon: ChatSalon) -> None:
    chat = await salon.write("где заказ?")
    await salon.operator()
    await salon.accept(chat)
    await salon.answer(chat, "передам коллеге")
    await salon.room.agents.keep_draft(salon.contact(chat), "maria", "недописанное")
    await salon.operator("ilya", "Илья Орлов")
    await salon.desk.transfer("maria", salon.contact(chat).id, agent="ilya")
    assert (await salon.told(chat))[-1] == "[waiting_again Мария]"
    assert salon.room.visitors.view(await salon.chat()).phase is Phase.WAITING
    contact = await salon.accept(chat, "ilya")
    await salon.answer(chat, "здравствуйте, это Илья", "answer-2", "ilya")
    assert [message.text for message in await salon.room.agents.messages(contact, 0)] == [
        "где заказ?", "Мария", "передам коллеге", "Мария", "Илья", "здравствуйте, это Илья",
    ]  # fmt: skip
    assert await salon.room.agents.draft(contact, "maria") == "недописанное"
    assert await salon.room.agents.draft(contact, "ilya") == ""
    with pytest.raises(ChatRefused):
        await salon.answer(chat, "я ещё здесь", "answer-3", "maria")


async def test_what_the_wire_is_told_twice_is_said_once(salon: ChatSalon) -> None:
    chat = await salon.write()
    await salon.operator()
    contact = await salon.accept(chat)
    agent = salon.desk.agent("maria")
    assert agent is not None
    await salon.room.accepted(contact, agent)
    await salon.room.hang_up(contact)
    await salon.room.hang_up(contact)
    await salon.room.accepted(contact, agent)
    await salon.room.dismiss(contact, Dismissal.FULL)
    assert await salon.told(chat) == ["visitor: Где мой заказ?", "[joined Мария]", "[agent_ended]"]


@pytest.mark.parametrize(
    ("how", "phase", "line"),
    [
        (Dismissal.MESSAGE, Phase.LEAVE_MESSAGE, "[message]"),
        (Dismissal.VOICEMAIL, Phase.LEAVE_MESSAGE, "[message]"),
        (Dismissal.CLOSED, Phase.ENDED, "[closed]"),
        (Dismissal.FULL, Phase.ENDED, "[full]"),
        (Dismissal.CALLBACK, Phase.WAITING, "[call_offered]"),
    ],
)
async def test_a_dismissed_visitor_is_told_how(salon: ChatSalon, how: Dismissal, phase: Phase, line: str) -> None:
    chat = await salon.write()
    await salon.room.dismiss(salon.contact(chat), how)
    assert salon.room.visitors.view(await salon.chat()).phase is phase
    assert (await salon.told(chat))[-1] == line


async def test_the_message_that_was_asked_for_is_kept(salon: ChatSalon) -> None:
    chat = await salon.write("никого?")
    await salon.room.dismiss(salon.contact(chat), Dismissal.MESSAGE)
    said = await salon.room.visitors.say(await salon.chat(), "left-message-1", "Позвоните мне: +7 900 000-41-27")
    assert said.seq == 3
    salon.clock.pass_s(3601)
    with pytest.raises(ChatRefused):
        await salon.room.visitors.say(await salon.chat(), "left-message-2", "и ещё")


async def test_a_visitor_may_leave_his_number_and_keeps_his_place(salon: ChatSalon) -> None:
    chat = await salon.write()
    with pytest.raises(ChatRefused):  # nobody offered it
        await salon.room.visitors.call_me(chat, "+79000004127")
    arrived, first = salon.contact(chat).arrived_at, salon.contact(chat).id
    await salon.room.dismiss(salon.contact(chat), Dismissal.CALLBACK)
    assert salon.room.visitors.view(chat).may_call
    await salon.restart()
    salon.clock.pass_s(30)
    assert salon.room.visitors.view(chat).may_call
    await salon.room.visitors.call_me(chat, "+79000004127")
    (kept,) = salon.desk.contacts()
    assert (kept.kind, kept.address, kept.arrived_at) == (ChannelKind.VOICE, "+79000004127", arrived)
    assert kept.is_kept_place
    await salon.desk.settle()
    gone = await salon.desk.find_contact(first)
    assert gone is not None
    assert (gone.state, gone.lost_reason) == (ContactState.OVERFLOWED, "callback")
    assert (await salon.told(chat))[-2:] == ["[call_offered]", "[callback]"]
    await salon.restart()
    await salon.room.tick()
    assert len(salon.desk.contacts()) == 1


async def test_both_sides_see_what_was_read_and_who_types(salon: ChatSalon) -> None:
    chat = await salon.write("раз", "message-1")
    await salon.operator()
    contact = await salon.accept(chat)
    await salon.room.visitors.say(chat, "message-2", "два")
    assert salon.pages.last_for("maria")["unread"] == 2
    await salon.room.agents.read(contact, 3)
    assert salon.pages.last_for("maria")["unread"] == 0
    assert salon.room.visitors.view(await salon.chat()).agent_read == 3
    salon.room.visitors.types(chat)
    assert salon.pages.last_for("maria")["visitor_typing"] is True
    await salon.room.visitors.say(chat, "message-3", "три")
    assert salon.pages.last_for("maria")["visitor_typing"] is False
    await salon.room.agents.types(contact)
    assert salon.pages.guests[-1][1]["agent_typing"] is True
    await salon.answer(chat, "вот ответ")
    assert salon.pages.guests[-1][1]["agent_typing"] is False
    await salon.room.visitors.read(await salon.chat(), 5)
    assert salon.pages.last_for("maria")["visitor_read"] == 5


async def test_what_changes_nothing_writes_nothing(salon: ChatSalon, sqlite_database: Database) -> None:
    chat = await salon.write()
    await salon.operator()
    contact = await salon.accept(chat)
    await salon.room.visitors.read(await salon.chat(), 2**31 - 1)
    await salon.room.agents.read(contact, 2**31 - 1)
    async with sqlite_database.write() as connection:
        await connection.exec_driver_sql("ALTER TABLE chat RENAME TO elsewhere")
    for _ in range(3):
        await salon.room.visitors.read(salon.room.visitors.open_chat(chat), 2**31 - 1)
        await salon.room.agents.read(contact, 2**31 - 1)


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
