"""Voice over a fake Asterisk that speaks AMI: desk, adapter and journal are the real ones."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from cordboard.queue.agent import AgentState
from cordboard.queue.channel import AttemptOutcome
from cordboard.queue.contact import Contact, ContactState
from cordboard.telephony.placed_calls import NotDialable
from tests.fakes.asterisk_wire import FakeChannel
from tests.fakes.asterisk_words import Verdict
from tests.fakes.line import KEYS, Line
from tests.fakes.wait import until


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    one = Line()
    await one.open()
    yield one
    await one.close()


async def test_a_caller_is_offered_by_redirect_with_his_contact_in_the_leg(line: Line) -> None:
    channel = line.calls()
    await line.asterisk.until(lambda: line.asterisk.sent("Redirect"))
    (redirect,) = line.asterisk.sent("Redirect")
    assert (redirect.get("Channel"), redirect.get("Context"), redirect.get("Exten")) == (
        channel.name,
        "cc-dial",
        "agent-maria",
    )
    told = {action.get("Variable"): action.get("Value") for action in line.asterisk.sent("Setvar")}
    assert (told["CC_CONTACT"], told["CC_AUTO"], told["CC_RING"]) == ("contact-0", "0", "20")
    contact = line.desk.contact("contact-0")
    assert contact is not None
    assert (contact.address, contact.wire_key) == ("+79000000001", f"{KEYS}lab-1.1")


async def test_a_caller_who_is_still_on_his_way_is_offered_as_soon_as_he_has_arrived(line: Line) -> None:
    line.asterisk.behaviour.still_moving = 2
    channel = line.calls()
    await line.asterisk.until(lambda: len(line.asterisk.sent("Redirect")) == 3)
    await until(
        lambda: (channel.context, channel.exten) == ("cc-dial", "agent-maria"), "the move that was refused twice"
    )


async def test_of_two_moves_the_later_one_stands(line: Line) -> None:
    channel = line.calls()
    await line.asterisk.until(lambda: channel.context == "cc-dial")
    line.asterisk.behaviour.still_moving = 3
    earlier = asyncio.create_task(line.voice._wire.move(f"{KEYS}lab-1.1", "cc-room", "s"))
    await line.asterisk.until(lambda: len(line.asterisk.sent("Redirect")) == 2)
    assert await line.voice._wire.move(f"{KEYS}lab-1.1", "cc-hold", "s")
    assert not await earlier
    assert channel.context == "cc-hold"


async def test_a_telephone_is_looked_at_when_asked_whatever_its_news_do(line: Line) -> None:
    def is_up() -> bool:
        maria = line.desk.agent("maria")
        assert maria is not None
        return maria.device_up

    assert is_up()
    line.asterisk.globals["PJSIP_DIAL_CONTACTS(agent-maria)"] = ""
    await line.voice.look_at_phone("maria")
    assert not is_up()
    line.asterisk.globals["PJSIP_DIAL_CONTACTS(agent-maria)"] = "PJSIP/agent-maria/sip:y"
    await line.voice.look_at_phone("maria")
    assert is_up()
    await line.ami.stop()
    await line.voice.look_at_phone("maria")  # nobody can tell
    assert is_up()


async def test_a_talk_is_recorded_by_asterisks_clock_and_wrapped_up(line: Line) -> None:
    channel = line.calls()
    await line.agent_is(AgentState.RESERVED)
    line.talks(channel)
    await line.agent_is(AgentState.BUSY)
    line.asterisk.emit("Hold", line.asterisk.about(FakeChannel("leg-1", "x", variables={"CC_CALL": channel.uniqueid})))
    await until(lambda: line.states() == [ContactState.HELD], "held")
    line.clock.pass_s(61)
    line.leaves(channel)
    line.asterisk.user_event("CCDialEnd", channel, {"Cc": channel.uniqueid, "Status": "ANSWER"})
    line.asterisk.hang_up(channel)
    await line.agent_is(AgentState.WRAP_UP)
    (recorded,) = line.recorded
    assert (recorded.path, recorded.talk_s) == ("/rec/lab-1.1-1.raw", 60.25)
    assert line.desk.late_events.total() == 0


async def test_a_talk_that_broke_is_recorded_as_the_talk_of_whom_it_was(line: Line) -> None:
    channel = line.calls()
    await line.agent_is(AgentState.RESERVED)
    line.talks(channel)
    await line.agent_is(AgentState.BUSY)
    await line.desk.page_opened("maria", "reloaded")
    line.leaves(channel)
    await until(lambda: line.recorded, "recorded")
    assert line.recorded[0].contact.agent_id == "maria"


@pytest.mark.parametrize(
    ("status", "agent"),
    [
        ("NOANSWER", AgentState.NOT_RESPONDING),
        ("BUSY", AgentState.NOT_RESPONDING),
        ("CHANUNAVAIL", AgentState.NOT_RESPONDING),
        ("CANCEL", AgentState.READY),
    ],
)
async def test_an_offer_that_ends_without_a_talk(line: Line, status: str, agent: AgentState) -> None:
    channel = line.calls()
    await line.agent_is(AgentState.RESERVED)
    line.asterisk.user_event("CCDialEnd", channel, {"Cc": channel.uniqueid, "Status": status})
    if status == "CANCEL":
        line.asterisk.hang_up(channel)
    await line.agent_is(agent)


async def test_a_dialed_person_is_announced_and_his_end_told(line: Line) -> None:
    await line.voice.originate("attempt-1", "+79001234567", ring_timeout_s=30, caller_id="100", variables={"x": "1"})
    (originate,) = line.asterisk.sent("Originate")
    assert originate.get("Channel") == "PJSIP/79001234567@trunk"
    assert originate.get("ChannelId") == "attempt-1"
    leg = line.asterisk.find("attempt-1")
    assert leg is not None
    leg.variables["CC_CALL"] = "attempt-1"
    line.asterisk.user_event("CCAnswered", leg, {"Cc": "attempt-1"})
    await until(lambda: line.dialing.answered, "answered")
    assert line.dialing.answered == [("attempt-1", f"{KEYS}attempt-1")]
    assert await line.voice.known("attempt-1") is True
    line.asterisk.hang_up(leg)
    await until(lambda: line.dialing.ended, "ended")
    assert line.dialing.ended == [("attempt-1", AttemptOutcome.PERSON)]
    assert await line.voice.known("attempt-1") is False


async def test_a_busy_number_and_a_trunk_that_is_not_there(line: Line) -> None:
    line.asterisk.behaviour.originate = lambda _: Verdict(answered=False, cause=17, tech_cause="486", reason=0)
    await line.voice.originate("attempt-1", "+79001234567", ring_timeout_s=30, caller_id="", variables={})
    await until(lambda: line.dialing.ended, "busy")
    assert line.dialing.ended == [("attempt-1", AttemptOutcome.BUSY)]


@pytest.mark.parametrize("number", ["", "abc", "100&PJSIP/900@trunk", "1${SHELL(id)}", "+7900\r\nAction: x", "112"])
async def test_what_is_no_number_is_not_dialed(line: Line, number: str) -> None:
    with pytest.raises(NotDialable):
        await line.voice.originate("attempt-1", number, ring_timeout_s=30, caller_id="", variables={})
    assert line.asterisk.sent("Originate") == []


async def test_where_the_site_does_not_call_no_call_goes_whoever_asks_for_it(line: Line) -> None:
    line.barred.add("+79001234567")
    with pytest.raises(NotDialable):
        await line.voice.originate("attempt-1", "+79001234567", ring_timeout_s=30, caller_id="", variables={})
    assert line.asterisk.sent("Originate") == []


async def test_after_a_gap_the_wire_is_believed(line: Line) -> None:
    waiting, talking = line.calls("lab-1.1"), line.calls("lab-1.2")
    await line.agent_is(AgentState.RESERVED)
    line.talks(talking)
    await line.agent_is(AgentState.BUSY)
    # The link breaks; meanwhile the first caller leaves, and a third is waiting whom nobody has announced.
    line.asterisk.channels.pop(waiting.uniqueid)
    unknown = FakeChannel("lab-1.3", "PJSIP/trunk-3", variables={"CC_CALL": "lab-1.3", "CC_STATE": "hold"})
    line.asterisk.channels[unknown.uniqueid] = unknown
    line.asterisk.reset()
    await line.asterisk.until(lambda: line.asterisk.logins == 2)
    await line.asterisk.until(lambda: any(r.get("Channel") == unknown.name for r in line.asterisk.sent("Redirect")))
    line.waits(unknown)
    await until(lambda: line.desk.contact_by_wire(f"{KEYS}lab-1.3") is not None, "the third is known")
    assert line.desk.contact_by_wire(f"{KEYS}lab-1.1") is None
    assert line.maria() is AgentState.BUSY


async def test_a_new_boot_loses_the_talk_and_frees_the_agent(line: Line) -> None:
    lost: list[ContactState] = []

    async def follow(contact: Contact) -> None:
        lost.append(contact.state)

    line.desk.follow_ups.append(follow)
    line.talks(line.calls())
    await line.agent_is(AgentState.BUSY)
    await line.asterisk.restart("2026-11-21 11:11:11")
    await line.agent_is(AgentState.READY)
    await until(lambda: lost == [ContactState.LOST], "followed up as lost")


async def test_a_name_is_text(line: Line) -> None:
    line.calls(name="%D0%90%D0%BD%D0%BD%D0%B0%0D%0AAction%3A%20x%00" + "a" * 200)
    await until(lambda: line.desk.contacts(), "arrived")
    (contact,) = line.desk.contacts()
    assert contact.name.startswith("АннаAction: xaaa")
    assert len(contact.name) == 80


async def test_the_heartbeat_is_set_at_once_and_goes_on(line: Line) -> None:
    beating = asyncio.create_task(line.voice.beat_forever())
    await line.asterisk.until(lambda: line.asterisk.globals.get("ENGINE_HB", "").isdigit())
    # Asterisk's clock, which is this machine's here; the desk's stands elsewhere. A machine's clock may be set while we look.
    assert abs(int(line.asterisk.globals["ENGINE_HB"]) - time.time()) < 60
    beating.cancel()
    await asyncio.wait([beating])


async def test_a_caller_whose_arrival_was_lost_is_asked_again_when_the_second_look_does_not_know_him(
    line: Line,
) -> None:
    channel = FakeChannel("lab-1.1", "PJSIP/trunk-1", variables={"CC_CALL": "lab-1.1", "CC_STATE": "hold"})
    line.asterisk.add_channel(channel)
    await line.voice.check(await line.ami.show_channels())
    assert line.asterisk.sent("Redirect") == []  # his announcement may be on its way
    await line.voice.check(await line.ami.show_channels())
    (redirect,) = line.asterisk.sent("Redirect")
    assert (redirect.get("Channel"), redirect.get("Context")) == (channel.name, "cc-hold")
    line.waits(channel)
    await line.agent_is(AgentState.RESERVED)
    await line.voice.check(await line.ami.show_channels())
    assert [one.get("Context") for one in line.asterisk.sent("Redirect")] == ["cc-hold", "cc-dial"]


@pytest.mark.parametrize("by_s", [3600.0, -3600.0])
async def test_a_talk_in_which_the_clock_was_set_has_its_true_length(line: Line, by_s: float) -> None:
    channel = line.calls()
    await line.agent_is(AgentState.RESERVED)
    line.talks(channel)
    await line.agent_is(AgentState.BUSY)
    line.clock.pass_s(60)
    line.leaves(channel, at=str(1060.75 + by_s))
    await until(lambda: line.recorded, "recorded")
    assert line.recorded[0].talk_s == 60.0


async def test_who_came_and_left_while_nothing_could_be_written_is_in_the_book_with_his_age(line: Line) -> None:
    line.journal.broken = True
    waits, leaves = line.calls("lab-1.1"), line.calls("lab-1.2", number="79000000002")
    await until(lambda: line.ami.stats.handler_errors == 2, "two arrivals that could not be written")
    came_at = line.clock.now()
    line.clock.pass_s(10)
    heard = line.ami.stats.events
    line.asterisk.hang_up(leaves)
    await until(lambda: line.ami.stats.events > heard, "his end")
    with pytest.raises(OSError, match="disk full"):
        await line.voice.check(await line.ami.show_channels())
    line.clock.pass_s(10)
    line.journal.broken = False
    await line.voice.check(await line.ami.show_channels())
    known = await line.journal.contact_by_wire(f"{KEYS}{leaves.uniqueid}")
    assert known is not None
    assert (known.state, known.arrived_at) == (ContactState.ABANDONED, came_at)
    assert (known.closed_at or came_at) - came_at == timedelta(seconds=10)
    still = line.desk.contact_by_wire(f"{KEYS}{waits.uniqueid}")
    assert still is not None
    assert (still.state, still.arrived_at) == (ContactState.OFFERED, came_at)
    assert [one.get("Context") for one in line.asterisk.sent("Redirect")] == ["cc-dial"]
