"""Into a spoken dialog and out of it: desk, adapter, journal and FastAGI server are the real ones, Asterisk is a fake on both wires."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cordboard.queue.agent import AgentState
from cordboard.queue.channel import Dismissal
from cordboard.queue.contact import Contact, ContactState
from cordboard.queue.setup import OpeningHours, OverflowAction, OverflowRule, OverflowWhen, QueueRules, QueueSetup
from cordboard.telephony.booking_by_phone import Booked, Refused, Slot
from cordboard.telephony.dialogs import Acquaintance, Spoken
from cordboard.telephony.order_by_phone import OrderState, OrderTold
from tests.fakes.agi_peer import AgiPeer
from tests.fakes.asterisk_wire import FakeChannel
from tests.fakes.booking_book import BookingBook
from tests.fakes.line import KEYS, Line
from tests.fakes.wait import until

NUMBER = "+79000000001"
CLOSED = OpeningHours("Europe/Moscow")
RUSSIAN = Acquaintance("ru")
ORDER = OrderTold("1041", OrderState.SHIPPED)


def spoken(known: Acquaintance = RUSSIAN) -> Spoken:
    async def acquaintance(_contact: Contact) -> Acquaintance:
        return known

    return Spoken(
        Path("/sounds"), acquaintance, lambda typed: f"+{typed}", lambda _number, known: known or "Europe/Moscow"
    )


@pytest.fixture
def book() -> BookingBook:
    return BookingBook([])


@pytest.fixture
async def line(book: BookingBook) -> AsyncIterator[Line]:
    """Nobody is ready; whoever waits may keep his place, or choose a time."""
    one = await opened(book)
    yield one
    await one.voice.dialogs.stop()
    await one.close()


async def opened(book: BookingBook | None, known: Acquaintance = RUSSIAN, before: Line | None = None) -> Line:
    one = Line(before, spoken(known))
    if book is not None:
        one.voice.dialogs.attach(book)
    one.voice.dialogs.start()
    await one.open(ready=False)
    await one.desk.log_out("maria")
    await rules(one, keep_place=True)
    return one


async def rules(line: Line, **changes: object) -> None:
    orders = replace(QueueRules("orders", "Заказы", "Orders"), **changes)  # type: ignore[arg-type]
    await line.desk.apply(QueueSetup(queues={"orders": orders}))


def variable(line: Line, channel: FakeChannel, name: str) -> str:
    """Its last value on the leg."""
    found = [
        one
        for one in line.asterisk.sent("Setvar")
        if one.get("Channel") == channel.name and one.get("Variable") == name
    ]
    return found[-1].get("Value") if found else ""


def contexts(line: Line, channel: FakeChannel) -> list[str]:
    """Where the leg was sent, in order."""
    return [one.get("Context") for one in line.asterisk.sent("Redirect") if one.get("Channel") == channel.name]


async def waiting(line: Line, channel: FakeChannel) -> Contact:
    return await until(lambda: line.desk.contact_by_wire(f"{KEYS}{channel.uniqueid}"), "he waits")


def presses(line: Line, channel: FakeChannel, digit: str) -> None:
    line.asterisk.emit("DTMFEnd", [*line.asterisk.about(channel), ("Digit", digit)])


async def led(line: Line, channel: FakeChannel) -> AgiPeer:
    """The leg was sent into a dialog, and the dialplan has connected."""
    await line.asterisk.until(lambda: contexts(line, channel)[-1:] == ["cc-ivr"])
    channel.variables["CC_STATE"] = "ivr"
    port, ticket = int(variable(line, channel, "CC_IVR_PORT")), variable(line, channel, "CC_TICKET")
    return await asyncio.to_thread(AgiPeer, port, ticket)


async def over(line: Line, channel: FakeChannel) -> None:
    """The dialplan has him on hold again, or off the line when the dialog said so."""
    channel.variables["CC_STATE"] = "hold"
    line.waits(channel, dialog=variable(line, channel, "CC_TICKET"))


async def played(play: Callable[[], object]) -> object:
    """What Asterisk's end does, beside the engine's loop."""
    return await asyncio.wait_for(asyncio.to_thread(play), 60)


def books_soon(asterisk: AgiPeer) -> None:
    """Number, as soon as possible, confirmed."""
    for _ in range(3):
        asterisk.presses("1")
    assert asterisk.plays() == "/sounds/ru/booked"


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
    line = await opened(None)
    try:
        await rules(line, keep_place=True, announce_every_s=30.0)
        channel = line.calls()
        await waiting(line, channel)
        presses(line, channel, "2")
        await waiting(line, line.calls("lab-1.2"))
        line.clock.pass_s(30.0)
        await line.voice.waiting_room.look()
        await line.asterisk.until(lambda: contexts(line, channel) == ["cc-announce"])
        assert variable(line, channel, "CC_SAY") == "you-are-next&callback-offer"
    finally:
        await line.voice.dialogs.stop()
        await line.close()


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


# After hours ------------------------------------------------------------------------------------------------------------


AT_NIGHT = OverflowRule(OverflowWhen.CLOSED, OverflowAction.BOOK)


async def test_after_hours_he_books_and_is_let_go(line: Line, book: BookingBook) -> None:
    await rules(line, hours=CLOSED, overflow=(AT_NIGHT,))
    channel = line.calls()
    with await led(line, channel) as asterisk:

        def talk() -> None:
            assert asterisk.plays() == "/sounds/ru/closed"
            assert asterisk.presses("2") == "/sounds/ru/book-offer&/sounds/ru/press-2"
            books_soon(asterisk)
            assert asterisk.command() == 'SET VARIABLE "CC_NEXT" "bye"'

        await played(talk)
    assert [one.number for one in book.bookings.values()] == [NUMBER]
    assert line.desk.contacts() == ()


async def test_after_hours_the_order_is_told_to_whom_we_know_not_to_speak_any_language() -> None:
    line = await opened(None, Acquaintance(order=ORDER))
    try:
        await rules(line, hours=CLOSED, overflow=(AT_NIGHT,))
        channel = line.calls()
        with await led(line, channel) as asterisk:

            def talk() -> None:
                assert asterisk.presses("2") == "/sounds/ru/in-russian&/sounds/en/in-english"
                assert asterisk.plays() == "/sounds/en/closed"
                assert asterisk.presses("1") == "/sounds/en/order-offer&/sounds/en/press-1"
                digits = "&".join(f"/sounds/en/n-{digit}" for digit in "1041")
                assert asterisk.plays() == f"/sounds/en/order-number&{digits}&/sounds/en/order-shipped"

            await played(talk)
    finally:
        await line.voice.dialogs.stop()
        await line.close()


@pytest.mark.parametrize("why", ["nothing to offer", "a page has no keys", "the dialog broke off"])
async def test_after_hours_without_a_dialog_it_is_said_that_we_are_closed(why: str) -> None:
    line = await opened(None, Acquaintance(order=None if why == "nothing to offer" else ORDER))
    try:
        await rules(line, hours=CLOSED, overflow=(AT_NIGHT,))
        channel = FakeChannel(
            "lab-1.1",
            "UnicastRTP/127.0.0.1-1" if why == "a page has no keys" else "PJSIP/trunk-1",
            variables={"CC_CALL": "lab-1.1", "CC_STATE": "hold"},
        )
        line.asterisk.add_channel(channel)
        line.waits(channel)
        if why == "the dialog broke off":
            (await led(line, channel)).close()
            await over(line, channel)
        await line.asterisk.until(lambda: contexts(line, channel)[-1:] == ["cc-announce"])
        assert variable(line, channel, "CC_SAY") == "nobody-free&call-later&goodbye"
    finally:
        await line.voice.dialogs.stop()
        await line.close()


# Engines end ------------------------------------------------------------------------------------------------------------


async def test_the_next_engine_takes_a_caller_out_of_a_dead_dialog_and_his_place_is_free_again(
    line: Line, book: BookingBook
) -> None:
    channel = line.calls()
    contact = await waiting(line, channel)
    presses(line, channel, "2")
    with await led(line, channel):
        await line.ami.stop()
        await line.voice.dialogs.stop()
        after = await opened(book, before=line)
        try:
            await line.asterisk.until(lambda: contexts(line, channel)[-1] == "cc-hold")
            await over(line, channel)
            await until(
                lambda: (one := after.desk.contact(contact.id)) is not None and one.not_before is None, "he waits"
            )
        finally:
            await after.voice.dialogs.stop()
            await after.ami.stop()


async def test_a_gap_in_the_link_does_not_end_a_dialog(line: Line) -> None:
    channel = line.calls()
    contact = await waiting(line, channel)
    presses(line, channel, "2")
    with await led(line, channel) as asterisk:
        await played(lambda: asterisk.command())
        logins = line.asterisk.logins
        line.asterisk.reset()
        await line.asterisk.until(lambda: line.asterisk.logins > logins)
        other = line.calls("lab-1.2")
        await waiting(line, other)
        assert contexts(line, channel) == ["cc-ivr"]
        assert line.voice.dialogs.is_in(contact.wire_key)
        held = line.desk.contact(contact.id)
        assert held is not None
        assert held.not_before is not None
