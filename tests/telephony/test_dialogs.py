"""Into a spoken dialog and out of it: desk, adapter, journal and FastAGI server are the real ones, Asterisk is a fake on both wires."""

from collections.abc import AsyncIterator

import pytest

from cordboard.queue.agent import AgentState
from cordboard.queue.channel import Dismissal
from cordboard.queue.contact import ContactState
from cordboard.queue.setup import OverflowAction, OverflowRule, OverflowWhen
from cordboard.telephony.booking_by_phone import Booked, Refused, Slot
from tests.fakes.booking_book import BookingBook
from tests.fakes.dialog_line import (
    NUMBER,
    books_soon,
    contexts,
    dialog_line,
    led,
    over,
    played,
    presses,
    rules,
    variable,
    waiting,
)
from tests.fakes.line import Line
from tests.fakes.wait import until


@pytest.fixture
def book() -> BookingBook:
    return BookingBook([])


@pytest.fixture
async def line(book: BookingBook) -> AsyncIterator[Line]:
    async with dialog_line(book) as one:
        yield one


async def test_a_waiting_caller_books_a_call_and_waits_no_more(line: Line, book: BookingBook) -> None:
    channel = line.calls()
    contact = await waiting(line, channel)
    presses(line, channel, "2")
    with await led(line, channel) as asterisk:

        def talk() -> None:
            books_soon(asterisk)
            assert asterisk.command() == 'SET VARIABLE "CC_NEXT" "bye"'
            asterisk.say("200 result=1\n")
            assert asterisk.command() == ""

        await played(talk)
    assert [(one.number, one.slot) for one in book.bookings.values()] == [(NUMBER, None)]
    assert line.desk.contacts() == ()
    ended = await line.desk.find_contact(contact.id)
    assert ended is not None
    assert (ended.state, ended.lost_reason) == (ContactState.OVERFLOWED, "booked")
    line.asterisk.hang_up(channel)
    await until(lambda: not line.voice.lives(contact.wire_key), "he is gone")
    assert line.desk.late_events.total() == 0


async def test_while_he_chooses_he_keeps_his_place_and_is_offered_to_nobody(line: Line) -> None:
    channel, later = line.calls("lab-1.1"), line.calls("lab-1.2")
    contact, second = await waiting(line, channel), await waiting(line, later)
    presses(line, channel, "2")
    with await led(line, channel) as asterisk:
        await played(lambda: asterisk.command())
        place = line.desk.place(contact.id)
        assert place is not None
        assert place.position == 1
        await line.desk.ready("maria")
        await line.agent_is(AgentState.RESERVED)
        assert line.desk.contacts_with("maria")[0].id == second.id  # who stands behind him is served meanwhile
        line.clock.pass_s(120.0)
        await line.voice.waiting_room.look()
        await line.desk.tick()
        assert contexts(line, channel) == ["cc-ivr"]
    await over(line, channel)
    await until(lambda: (one := line.desk.contact(contact.id)) is not None and one.not_before is None, "he is back")
    back = line.desk.place(contact.id)
    assert back is not None
    assert back.position == 1
    line.asterisk.hang_up(later)
    await line.desk.ready("maria")
    await until(lambda: contexts(line, channel)[-1] == "cc-dial", "he is offered")


async def test_he_who_went_back_without_a_booking_is_offered_at_once(line: Line, book: BookingBook) -> None:
    channel = line.calls()
    contact = await waiting(line, channel)
    presses(line, channel, "2")
    with await led(line, channel) as asterisk:
        await line.desk.ready("maria")

        def talk() -> None:
            asterisk.presses("1")
            asterisk.presses("0")
            assert asterisk.plays() == "/sounds/ru/stay-for-operator"
            assert asterisk.command() == ""

        await played(talk)
        assert line.states() == [ContactState.QUEUED]
    await over(line, channel)
    await line.agent_is(AgentState.RESERVED)
    await until(lambda: contexts(line, channel)[-1] == "cc-dial", "he is offered")
    assert line.desk.contacts_with("maria")[0].id == contact.id
    assert book.bookings == {}


async def test_no_overflow_rule_cuts_a_dialog_off(line: Line) -> None:
    await rules(line, keep_place=True, overflow=(OverflowRule(OverflowWhen.WAIT, OverflowAction.MESSAGE, 30.0),))
    channel = line.calls()
    contact = await waiting(line, channel)
    presses(line, channel, "2")
    with await led(line, channel) as asterisk:
        await played(lambda: asterisk.command())
        line.clock.pass_s(60.0)
        await line.desk.tick()
        assert line.desk.contact(contact.id) is not None
    await over(line, channel)
    await until(lambda: (one := line.desk.contact(contact.id)) is not None and one.not_before is None, "he is back")
    await line.desk.tick()
    assert line.desk.contact(contact.id) is None


async def test_a_hangup_in_the_middle_books_nothing_and_frees_the_place(line: Line, book: BookingBook) -> None:
    channel = line.calls()
    contact = await waiting(line, channel)
    presses(line, channel, "2")
    with await led(line, channel) as asterisk:
        await played(lambda: [asterisk.presses("1"), asterisk.presses("1"), asterisk.command()])
        line.asterisk.hang_up(channel)
        asterisk.say("HANGUP\n")
    await until(lambda: line.desk.contact(contact.id) is None, "he has left")
    ended = await line.desk.find_contact(contact.id)
    assert ended is not None
    assert ended.state is ContactState.ABANDONED
    assert book.bookings == {}
    assert not line.voice.dialogs.is_in(contact.wire_key)


async def test_keys_within_a_dialog_are_the_dialogs(line: Line) -> None:
    channel = line.calls()
    await waiting(line, channel)
    presses(line, channel, "2")
    with await led(line, channel) as asterisk:
        await played(lambda: asterisk.command())
        presses(line, channel, "1")
        presses(line, channel, "2")
        await waiting(line, line.calls("lab-1.2"))  # what was sent before it has been heard
        assert contexts(line, channel) == ["cc-ivr"]
        assert line.states() == [ContactState.QUEUED] * 2


async def test_a_late_word_that_he_is_on_hold_does_not_end_the_dialog(line: Line) -> None:
    channel = line.calls()
    contact = await waiting(line, channel)
    presses(line, channel, "2")
    with await led(line, channel) as asterisk:
        line.waits(channel)  # the end of an announcement, reported when he was on his way already
        await waiting(line, line.calls("lab-1.2"))
        await played(lambda: asterisk.command())
        held = line.desk.contact(contact.id)
        assert held is not None
        assert held.not_before is not None


async def test_a_key_pressed_while_an_agent_rings_counts_when_he_does_not_answer(line: Line) -> None:
    channel = line.calls()
    await waiting(line, channel)
    await line.desk.ready("maria")
    await line.agent_is(AgentState.RESERVED)
    presses(line, channel, "2")
    line.asterisk.user_event("CCDialEnd", channel, {"Cc": channel.uniqueid, "Status": "NOANSWER"})
    line.waits(channel)
    (await led(line, channel)).close()


async def test_without_a_booking_service_the_key_means_nothing_and_is_not_offered() -> None:
    async with dialog_line(None) as line:
        await rules(line, keep_place=True, announce_every_s=30.0)
        channel = line.calls()
        await waiting(line, channel)
        presses(line, channel, "2")
        await waiting(line, line.calls("lab-1.2"))
        line.clock.pass_s(30.0)
        await line.voice.waiting_room.look()
        await line.asterisk.until(lambda: contexts(line, channel) == ["cc-announce"])
        assert variable(line, channel, "CC_SAY") == "you-are-next&callback-offer"


async def test_a_time_is_offered_beside_the_place_by_announcement_and_by_rule(line: Line) -> None:
    await rules(line, keep_place=True, announce_every_s=30.0)
    channel = line.calls()
    contact = await waiting(line, channel)
    line.clock.pass_s(30.0)
    await line.voice.waiting_room.look()
    await line.asterisk.until(lambda: contexts(line, channel) == ["cc-announce"])
    assert variable(line, channel, "CC_SAY") == "you-are-next&callback-or-time"
    await line.voice.dismiss(contact, Dismissal.CALLBACK)
    await line.asterisk.until(lambda: len(contexts(line, channel)) == 2)
    assert variable(line, channel, "CC_SAY") == "nobody-free&callback-or-time"


async def test_the_service_fails_and_he_goes_back(
    line: Line, book: BookingBook, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(number: str) -> Booked | None:
        raise OSError("the database is away")

    book.booked_by = broken  # type: ignore[method-assign]
    channel = line.calls()
    await waiting(line, channel)
    presses(line, channel, "2")
    with await led(line, channel) as asterisk:
        said = await played(lambda: [asterisk.plays(), asterisk.plays(), asterisk.command()])
    assert said == ["/sounds/ru/cannot-book", "/sounds/ru/stay-for-operator", ""]
    assert "question failed" in caplog.text


async def test_an_answer_that_was_lost_is_looked_up(line: Line, book: BookingBook) -> None:
    keep = book.book

    async def book_and_break(
        number: str, queue: str, slot: Slot | None, language: str, contact: str
    ) -> Booked | Refused:
        await keep(number, queue, slot, language, contact)
        raise OSError("the database went away after its commit")

    book.book = book_and_break  # type: ignore[method-assign]
    channel = line.calls()
    await waiting(line, channel)
    presses(line, channel, "2")
    with await led(line, channel) as asterisk:
        await played(lambda: books_soon(asterisk))
    assert line.desk.contacts() == ()
