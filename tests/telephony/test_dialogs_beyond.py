"""Spoken dialogs after hours, and those that an engine or its link leaves behind; the same fakes as in test_dialogs.py."""

from collections.abc import AsyncIterator

import pytest

from cordboard.queue.setup import OverflowAction, OverflowRule, OverflowWhen
from cordboard.telephony.dialogs import Acquaintance
from tests.fakes.asterisk_wire import FakeChannel
from tests.fakes.booking_book import BookingBook
from tests.fakes.dialog_line import (
    CLOSED,
    NUMBER,
    ORDER,
    books_soon,
    contexts,
    dialog_line,
    led,
    opened,
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


# After hours ------------------------------------------------------------------------------------------------------------


AT_NIGHT = OverflowRule(OverflowWhen.CLOSED, OverflowAction.BOOK)


async def test_after_hours_he_books_and_is_let_go(line: Line, book: BookingBook) -> None:
    await rules(line, hours=CLOSED, overflow=(AT_NIGHT,))
    channel = line.calls()
    with await led(line, channel) as asterisk:

        def talk() -> None:
            assert asterisk.presses("2") == "/sounds/ru/closed&/sounds/ru/book-offer&/sounds/ru/press-2"
            books_soon(asterisk)
            assert asterisk.command() == 'SET VARIABLE "CC_NEXT" "bye"'

        await played(talk)
    assert [one.number for one in book.bookings.values()] == [NUMBER]
    assert line.desk.contacts() == ()


async def test_after_hours_the_order_is_told_to_whom_we_know_not_to_speak_any_language() -> None:
    async with dialog_line(None, Acquaintance(order=ORDER)) as line:
        await rules(line, hours=CLOSED, overflow=(AT_NIGHT,))
        channel = line.calls()
        with await led(line, channel) as asterisk:

            def talk() -> None:
                assert asterisk.presses("2") == "/sounds/ru/in-russian&/sounds/en/in-english"
                assert asterisk.presses("1") == "/sounds/en/closed&/sounds/en/order-offer&/sounds/en/press-1"
                digits = "&".join(f"/sounds/en/n-{digit}" for digit in "1041")
                assert asterisk.plays() == f"/sounds/en/order-number&{digits}&/sounds/en/order-shipped"

            await played(talk)


@pytest.mark.parametrize("why", ["nothing to offer", "a page has no keys", "the dialog broke off"])
async def test_after_hours_without_a_dialog_it_is_said_that_we_are_closed(why: str) -> None:
    async with dialog_line(None, Acquaintance(order=None if why == "nothing to offer" else ORDER)) as line:
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
