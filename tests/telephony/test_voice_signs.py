"""What the calls that we place show before their end: rings, keys, wishes; by AMI, and after a gap by what the dialplan wrote down."""

from collections.abc import AsyncIterator

import pytest

from cordboard.queue.channel import Arrival, CallSign, ChannelKind, Direction
from cordboard.queue.contact import ContactState
from cordboard.telephony.key_notes import sign_of
from tests.fakes.asterisk_wire import FakeChannel
from tests.fakes.line import KEYS, Line
from tests.fakes.wait import until


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    one = Line()
    await one.open()
    yield one
    await one.close()


async def placed(line: Line, state: str = "notice") -> FakeChannel:
    """A call of ours, answered, where the dialplan is."""
    await line.voice.originate("attempt-1", "+79001234567", ring_timeout_s=30, caller_id="", variables={})
    leg = line.asterisk.find("attempt-1")
    assert leg is not None
    leg.variables |= {"CC_CALL": "attempt-1", "CC_STATE": state}
    return leg


async def test_a_key_is_told_and_then_struck_out(line: Line) -> None:
    leg = await placed(line)
    line.asterisk.user_event("CCSign", leg, {"Cc": "attempt-1", "Sign": "told"})
    line.asterisk.database["/cc-key/attempt-1"] = "confirmed"
    line.asterisk.user_event("CCSign", leg, {"Cc": "attempt-1", "Sign": "confirmed"})
    line.asterisk.user_event("CCSign", leg, {"Cc": "attempt-1", "Sign": "nonsense"})
    await until(lambda: not line.asterisk.database, "the note is struck out")
    told = [sign for _call, sign in line.dialing.signs if sign is not CallSign.RANG]
    assert told == [CallSign.TOLD, CallSign.CONFIRMED]


async def test_a_key_that_was_pressed_while_nobody_listened_is_told_after_the_gap(line: Line) -> None:
    await placed(line)
    line.asterisk.database["/cc-key/attempt-1"] = "declined"
    line.asterisk.database["/cc-key/attempt-0"] = "nonsense"
    line.asterisk.reset()
    await line.asterisk.until(lambda: line.asterisk.logins == 2)
    await until(lambda: not line.asterisk.database, "the notes are struck out")
    await until(lambda: ("attempt-1", CallSign.DECLINED) in line.dialing.signs, "told")
    await until(lambda: ("attempt-1", CallSign.TOLD) in line.dialing.signs, "he hears the message still")


async def test_who_waits_after_a_message_wants_an_operator_and_is_no_caller(line: Line) -> None:
    leg = await placed(line, "hold")
    line.waits(leg)
    await until(lambda: ("attempt-1", CallSign.OPERATOR) in line.dialing.signs, "told")


async def test_the_first_ring_is_told_once_and_after_a_gap_believed_to_have_been(line: Line) -> None:
    leg = await placed(line, "answered")
    line.asterisk.emit("Newstate", line.asterisk.about(leg) + [("ChannelState", "5"), ("ChannelStateDesc", "Ringing")])
    line.asterisk.reset()
    await line.asterisk.until(lambda: line.asterisk.logins == 2)
    await until(lambda: line.dialing.answered, "the gap is over")
    assert [sign for _call, sign in line.dialing.signs].count(CallSign.RANG) == 1


async def test_whom_the_dialplan_apologises_to_is_offered_to_nobody_any_more(line: Line) -> None:
    leg = await placed(line, "answered")
    await line.desk.pause("maria", "tea")
    line.voice._wire.names[f"{KEYS}attempt-1"] = leg.name
    arrival = Arrival(
        ChannelKind.VOICE, Direction.OUTBOUND, "orders", f"{KEYS}attempt-1", "+79001234567", attempt_id="attempt-1"
    )
    contact = await line.desk.arrive(arrival)
    line.asterisk.user_event("CCAbandon", leg, {"Cc": "attempt-1"})
    await until(lambda: line.desk.contacts() == (), "nobody waits")
    ended = await line.desk.find_contact(contact.id)
    assert ended is not None
    assert (ended.state, ended.lost_reason) == (ContactState.ABANDONED, "nobody_came")


def test_words_that_the_dialplan_does_not_have_are_no_signs() -> None:
    assert sign_of("opted_out") is CallSign.OPTED_OUT
    assert sign_of("") is None


async def test_a_call_that_rings_can_be_given_another_apology(line: Line) -> None:
    leg = await placed(line)
    await until(lambda: CallSign.RANG in [sign for _call, sign in line.dialing.signs], "it rings")
    await line.voice.equip("attempt-1", {"CC_SORRY": "abc", "CC_LANG": "ru"})
    assert (leg.variables["CC_SORRY"], leg.variables["CC_LANG"]) == ("abc", "ru")
    before = len(line.asterisk.sent("Setvar"))
    await line.voice.equip("no-such-attempt", {"CC_SORRY": "abc"})
    assert len(line.asterisk.sent("Setvar")) == before
