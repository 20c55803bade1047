"""The chat room and the desk as one: a visitor's chat waits, is talked, moved and ended. What it outlives: test_chat_trouble.py."""

import pytest

from cordboard.queue.channel import ChannelKind, Dismissal
from cordboard.queue.channels.conversation import ChatRefused, Notice, Presence, Refusal
from cordboard.queue.channels.views import Phase
from cordboard.queue.contact import ContactState
from cordboard.storage.database import Database
from tests.fakes.chat_room import ChatSalon


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


async def test_a_visitor_waits_for_an_answer_from_his_first_word_without_one_also_over_a_restart(
    salon: ChatSalon,
) -> None:
    chat = await salon.write("раз", "message-1")
    await salon.operator()
    contact = await salon.accept(chat)
    first = salon.clock.now()
    assert (salon.pages.last_for("maria")["waits"], salon.room.agents.asked_at(contact)) == (True, first)
    salon.clock.pass_s(20)
    await salon.room.visitors.say(chat, "message-2", "вы тут?")
    assert salon.room.agents.asked_at(contact) == first
    await salon.restart()
    assert salon.room.agents.asked_at(contact) == first
    await salon.answer(chat, "Здравствуйте!")
    assert (salon.pages.last_for("maria")["waits"], salon.room.agents.asked_at(contact)) == (False, None)
    await salon.restart()
    assert salon.room.agents.asked_at(contact) is None


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
