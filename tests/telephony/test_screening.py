"""Calls that are screened, with the real voice, a real socket and a fake Asterisk: who is brought on, hung up on, left a message."""

from collections.abc import AsyncIterator
from itertools import count

import pytest

from cordboard.dialer.machine_knobs import MACHINE_POINTS
from cordboard.queue.channel import AttemptOutcome, CallSign
from cordboard.telephony.answer_model import Model, shipped
from cordboard.telephony.answer_verdict import OFF, POINTS, Heard, Verdict
from cordboard.telephony.placed_calls import NotDialable
from cordboard.telephony.screening import LEAVES, MODEL, POINT, Hearing
from tests.fakes.answer_sounds import hiss, sit, speech, tone
from tests.fakes.asterisk_wire import FakeChannel
from tests.fakes.line import Line
from tests.fakes.tapped_leg import TappedLeg
from tests.fakes.wait import until

CALL = "0f0e0d0c-1111-4222-8333-444455556666"
BEEP = hiss(0.5) + speech(1.5) + hiss(0.3) + tone(1000, 0.5) + hiss(1)


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    one = Line()
    await one.open()
    await one.voice.screening.start()
    yield one
    await one.voice.screening.stop()
    await one.close()


async def picked_up(line: Line, **variables: str) -> FakeChannel:
    """A call of ours that was answered and is in cc-screen."""
    wanted = {POINT: "balanced"} | variables
    await line.voice.originate(CALL, "+79001234567", ring_timeout_s=30, caller_id="", variables=wanted)
    leg = line.asterisk.find(CALL)
    assert leg is not None
    leg.variables |= {"CC_CALL": CALL, "CC_STATE": "screening"}
    line.asterisk.user_event("CCScreening", leg, {"Cc": CALL})
    await until(lambda: (CALL, CallSign.PICKED_UP) in line.dialing.signs, "the dialer hears of it")
    return leg


async def hears(line: Line, sound: bytes) -> None:
    """All at once; by the tap's clock each piece comes 20 ms after the one before."""
    pieces = count()
    line.voice.screening._tap._now = lambda: next(pieces) * 0.02
    async with TappedLeg(line.voice.screening._tap.port, CALL) as leg:
        await leg.says(sound)
        await leg.let_go()


async def test_a_machine_is_hung_up_on_and_its_outcome_is_a_machine(line: Line) -> None:
    verdicts: list[Verdict] = []

    async def judged(_attempt: str, verdict: Verdict) -> None:
        verdicts.append(verdict)

    line.voice.screening.on_judged.append(judged)
    await picked_up(line)
    await hears(line, BEEP)
    await until(lambda: line.dialing.ended == [(CALL, AttemptOutcome.MACHINE)], "it is hung up on")
    assert verdicts[-1].heard is Heard.MACHINE


async def test_who_was_heard_out_is_told_once_with_his_sound_by_the_campaign_s_own_model(line: Line) -> None:
    told: list[Hearing] = []
    asked: list[str] = []

    def model_of(name: str) -> Model:
        asked.append(name)
        return shipped()

    def broken(_hearing: Hearing) -> None:
        raise ValueError("no books")

    line.voice.screening.on_heard_out += [broken, told.append]
    line.voice.screening.model_of = model_of
    await picked_up(line, **{MODEL: "campaign-1"})
    await hears(line, hiss(6))
    await until(lambda: told, "it is told")
    ((attempt_id, point, verdict, sound),) = [(each.attempt_id, each.point, each.verdict, each.sound) for each in told]
    assert (attempt_id, point, verdict.heard, asked) == (CALL, "balanced", Heard.SILENCE, ["campaign-1"])
    assert sound == hiss(6)[: len(sound)]
    assert verdict.at_s <= len(sound) / 16_000 <= 6


async def test_a_message_is_left_after_the_beep(line: Line) -> None:
    leg = await picked_up(line, **{LEAVES: "abc"})
    await hears(line, BEEP)
    await until(lambda: leg.context == "cc-leave", "the leg is moved to where the message is told")
    line.asterisk.hang_up(leg)
    await until(lambda: line.dialing.ended == [(CALL, AttemptOutcome.MACHINE)], "and is a machine's")


async def test_a_dead_number_is_a_tone(line: Line) -> None:
    await picked_up(line, **{LEAVES: "abc"})
    await hears(line, hiss(0.3) + sit() + hiss(0.5))
    await until(lambda: line.dialing.ended == [(CALL, AttemptOutcome.TONE)], "no message for a dead number")


async def test_who_is_in_doubt_goes_on_to_an_operator(line: Line) -> None:
    leg = await picked_up(line)
    await hears(line, hiss(6))
    assert line.dialing.ended == []
    line.asterisk.user_event("CCAnswered", leg, {"Cc": CALL})
    await until(lambda: [each[0] for each in line.dialing.answered] == [CALL], "he is an operator's")
    line.asterisk.hang_up(leg)
    await until(lambda: line.dialing.ended == [(CALL, AttemptOutcome.PERSON)], "a person's call")


async def test_who_is_heard_is_not_given_up(line: Line) -> None:
    leg = await picked_up(line)
    await line.voice.cancel(CALL)
    assert line.asterisk.sent("Hangup") == []
    line.asterisk.user_event("CCAnswered", leg, {"Cc": CALL})
    await until(lambda: line.dialing.answered, "he is an operator's")
    await line.voice.cancel(CALL)
    assert len(line.asterisk.sent("Hangup")) == 1


async def test_who_leaves_while_he_is_heard_has_met_nobody(line: Line) -> None:
    leg = await picked_up(line)
    line.asterisk.hang_up(leg)
    await until(lambda: line.dialing.ended == [(CALL, AttemptOutcome.ABANDONED)], "counted")


def test_a_campaign_can_choose_each_operating_point_and_no_other() -> None:
    assert set(MACHINE_POINTS) == {OFF, *POINTS}


@pytest.mark.parametrize("point", ["", "off", "nonsense"])
async def test_without_a_point_nobody_is_screened(line: Line, point: str) -> None:
    variables = {POINT: point, LEAVES: "abc", "CC_SORRY": "s"}
    assert line.voice.screening.equipped(CALL, variables) == {"CC_SORRY": "s"}
    assert not line.voice.screening.is_screened(CALL)


async def test_a_call_that_could_not_be_placed_is_forgotten(line: Line) -> None:
    line.barred.add("+79001234567")
    with pytest.raises(NotDialable):
        await line.voice.originate(CALL, "+79001234567", ring_timeout_s=30, caller_id="", variables={POINT: "balanced"})
    assert not line.voice.screening.is_screened(CALL)


async def test_where_the_tap_is_closed_or_asterisk_is_deaf_all_go_to_operators_and_it_is_said_once(
    line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    leg = await picked_up(line)
    for _ in range(3):
        line.asterisk.user_event("CCUnscreened", leg, {"Cc": CALL})
    await until(lambda: not line.voice.screening.is_screened(CALL), "given up")
    line.asterisk.user_event("CCAnswered", leg, {"Cc": CALL})
    await until(lambda: line.dialing.answered, "he is an operator's")
    assert caplog.text.count("no module app_audiosocket") == 1
    await line.voice.screening.stop()
    assert line.voice.screening.equipped("another", {POINT: "balanced"}) == {}
