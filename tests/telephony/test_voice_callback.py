"""A kept place is called back when its turn has come, over a fake Asterisk that speaks AMI."""

from collections.abc import AsyncIterator

import pytest

from cordboard.queue.agent import Agent, AgentState
from cordboard.queue.contact import Contact, ContactState
from cordboard.telephony.ami import LinkState
from cordboard.telephony.calls_back import call_id
from tests.fakes.asterisk_answers import conclude
from tests.fakes.asterisk_wire import FakeChannel
from tests.fakes.asterisk_words import Verdict
from tests.fakes.line import KEYS, Line
from tests.fakes.wait import until


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    """Nobody is ready, and whom we call lets it ring."""
    one = Line()
    await one.open()
    await one.desk.log_out("maria")
    one.asterisk.behaviour.originate = lambda _: None
    yield one
    await one.close()


async def kept(line: Line) -> Contact:
    """A caller keeps his place, and is gone."""
    channel = line.calls()
    key = f"{KEYS}{channel.uniqueid}"
    contact = await until(lambda: line.desk.contact_by_wire(key), "he waits")
    assert await line.desk.keep_place(key, contact.address) is not None
    line.asterisk.hang_up(channel)
    return await until(lambda: line.desk.contact_by_wire(f"callback/{contact.id}"), "the kept place")


async def dialed(line: Line, times: int = 1) -> FakeChannel:
    """Maria is ready: the leg that rings at the customer."""
    await line.desk.ready("maria")
    await line.asterisk.until(lambda: len(line.asterisk.sent("Originate")) == times)
    leg = line.asterisk.find(line.asterisk.sent("Originate")[-1].get("ChannelId"))
    assert leg is not None
    return leg


def ends(line: Line, leg: FakeChannel, verdict: Verdict) -> None:
    conclude(line.asterisk, line.asterisk.sent("Originate")[-1], leg, verdict)


def answers(line: Line, leg: FakeChannel) -> None:
    leg.variables |= {"CC_CALL": leg.uniqueid, "CC_STATE": "answered"}
    ends(line, leg, Verdict())
    line.asterisk.user_event("CCAnswered", leg, {"Cc": leg.uniqueid})


def contact_of(line: Line, contact: Contact) -> Contact:
    found = line.desk.contact(contact.id)
    assert found is not None
    return found


def maria(line: Line) -> Agent:
    found = line.desk.agent("maria")
    assert found is not None
    return found


async def test_the_customer_is_called_and_joined_with_the_agent_who_was_kept_for_him(line: Line) -> None:
    contact = await kept(line)
    leg = await dialed(line)
    (order,) = line.asterisk.sent("Originate")
    assert order.get("Channel") == "PJSIP/79000000001@trunk"
    assert order.get("ChannelId") == call_id(contact_of(line, contact))
    assert order.get("CallerID") == "74950000100"
    assert line.maria() is AgentState.RESERVED
    answers(line, leg)
    await line.asterisk.until(lambda: line.asterisk.sent("Redirect"))
    (ring,) = line.asterisk.sent("Redirect")
    assert (ring.get("Channel"), ring.get("Context"), ring.get("Exten")) == (leg.name, "cc-dial", "agent-maria")
    told = {action.get("Variable"): action.get("Value") for action in line.asterisk.sent("Setvar")}
    assert (told["CC_AUTO"], told["CC_CONTACT"]) == ("1", contact.id)
    assert contact_of(line, contact).wire_key == f"{KEYS}{leg.uniqueid}"
    line.talks(leg)
    await line.agent_is(AgentState.BUSY)
    line.leaves(leg)
    line.asterisk.user_event("CCDialEnd", leg, {"Cc": leg.uniqueid, "Status": "ANSWER"})
    line.asterisk.hang_up(leg)
    await line.agent_is(AgentState.WRAP_UP)
    assert len(line.asterisk.sent("Originate")) == 1
    assert line.desk.late_events.total() == 0


async def test_the_talk_is_told_to_the_account_of_the_day_and_a_call_that_nobody_took_is_not(line: Line) -> None:
    """By Asterisk's clock, from the answer to the end."""
    contact = await kept(line)
    leg = await dialed(line)
    leg.variables |= {"CC_CALL": leg.uniqueid, "CC_STATE": "answered"}
    ends(line, leg, Verdict())
    said = [("UserEvent", "CCAnswered"), ("Cc", leg.uniqueid), ("Timestamp", "1000.5")]
    line.asterisk.emit("UserEvent", [*line.asterisk.about(leg), *said])
    await line.asterisk.until(lambda: line.asterisk.sent("Redirect"))
    line.asterisk.emit("Hangup", [*line.asterisk.about(leg), ("Cause", "16"), ("Timestamp", "1061.25")])
    await until(lambda: line.charged, "the account")
    assert line.charged == [(contact.address, 60.75)]


@pytest.mark.parametrize(
    "verdict",
    [
        Verdict(answered=False, cause=17, tech_cause="486", reason=0),
        Verdict(answered=False, cause=19, tech_cause="480", reason=3),
        Verdict(answered=False, cause=34, tech_cause="503", reason=0),
    ],
    ids=["busy", "no answer", "trunk"],
)
async def test_who_cannot_be_reached_is_not_the_agents_fault_and_is_tried_later(line: Line, verdict: Verdict) -> None:
    contact = await kept(line)
    leg = await dialed(line)
    ends(line, leg, verdict)
    await line.agent_is(AgentState.READY)
    again = contact_of(line, contact)
    assert again.state is ContactState.QUEUED
    assert line.charged == []
    assert again.not_before is not None
    line.clock.pass_s((again.not_before - line.clock.now()).total_seconds() + 1)
    await line.desk.tick()
    second = await dialed(line, times=2)
    assert second.uniqueid != leg.uniqueid


async def test_an_offer_taken_back_ends_the_ringing(line: Line) -> None:
    contact = await kept(line)
    leg = await dialed(line)
    await line.voice.withdraw(contact_of(line, contact), maria(line))
    await line.asterisk.until(lambda: line.asterisk.find(leg.uniqueid) is None)


async def test_the_same_offer_told_twice_dials_once(line: Line) -> None:
    contact = await kept(line)
    await dialed(line)
    await line.voice.offer(contact_of(line, contact), maria(line), auto_answer=False)
    assert len(line.asterisk.sent("Originate")) == 1


async def test_a_link_that_breaks_while_it_rings_changes_nothing(line: Line) -> None:
    contact = await kept(line)
    leg = await dialed(line)
    line.asterisk.reset()
    await line.asterisk.until(lambda: line.asterisk.logins == 2)
    answers(line, leg)
    await until(lambda: contact_of(line, contact).wire_key == f"{KEYS}{leg.uniqueid}", "reached")
    assert len(line.asterisk.sent("Originate")) == 1


async def test_a_call_that_ended_while_nobody_listened_has_failed(line: Line) -> None:
    contact = await kept(line)
    leg = await dialed(line)
    line.asterisk.channels.pop(leg.uniqueid)
    line.asterisk.reset()
    await until(lambda: contact_of(line, contact).state is ContactState.QUEUED, "back in line")
    assert contact_of(line, contact).not_before is not None


async def test_a_customer_who_leaves_before_the_agent_answers(line: Line) -> None:
    contact = await kept(line)
    leg = await dialed(line)
    answers(line, leg)
    await until(lambda: contact_of(line, contact).wire_key == f"{KEYS}{leg.uniqueid}", "reached")
    line.asterisk.hang_up(leg)
    await until(lambda: line.desk.contact(contact.id) is None, "gone")
    await line.agent_is(AgentState.READY)


async def test_who_answers_when_nobody_is_kept_for_him_any_more_is_left_to_the_dialplan(line: Line) -> None:
    contact = await kept(line)
    leg = await dialed(line)
    await line.desk.decline("maria", contact.id)
    answers(line, leg)
    line.asterisk.hang_up(leg)
    await until(lambda: not line.voice.lives(f"{KEYS}{leg.uniqueid}"), "hung up")
    assert contact_of(line, contact).wire_key.startswith("callback/")


@pytest.mark.parametrize("how", ["rings on", "was answered", "ended"])
async def test_after_the_engines_death_a_call_that_lives_is_taken_up_and_no_other_is_placed(
    line: Line, how: str
) -> None:
    contact = await kept(line)
    leg = await dialed(line)
    await line.ami.stop()
    if how == "was answered":
        leg.variables |= {"CC_CALL": leg.uniqueid, "CC_STATE": "answered"}
    if how == "ended":
        line.asterisk.channels.pop(leg.uniqueid)
    second = Line(before=line)
    try:
        await second.open(ready=False)
        if how == "rings on":
            answers(second, leg)
        if how == "ended":
            await until(lambda: contact_of(second, contact).state is ContactState.QUEUED, "back in line")
        else:
            await until(lambda: contact_of(second, contact).wire_key == f"{KEYS}{leg.uniqueid}", "reached")
            await line.asterisk.until(lambda: line.asterisk.sent("Redirect")[-1].get("Context") == "cc-dial")
            second.talks(leg)
            await until(lambda: contact_of(second, contact).state is ContactState.CONNECTED, "they talk")
        assert len(line.asterisk.sent("Originate")) == 1
    finally:
        await second.ami.stop()


async def test_a_call_of_an_offer_that_was_taken_back_while_the_link_was_down_is_hung_up(line: Line) -> None:
    contact = await kept(line)
    leg = await dialed(line)
    line.asterisk.behaviour.silent = True
    line.asterisk.reset()
    await until(lambda: line.ami.state is not LinkState.UP, "the link is down")
    await line.desk.decline("maria", contact.id)
    line.asterisk.behaviour.silent = False
    await line.asterisk.until(lambda: line.asterisk.find(leg.uniqueid) is None, timeout_s=15)
    assert contact_of(line, contact).state is ContactState.QUEUED
