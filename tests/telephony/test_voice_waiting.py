"""What waiting callers are told, and their key, over a fake Asterisk that speaks AMI: desk, adapter and journal are the real ones."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from cordboard.queue.agent import AgentState
from cordboard.queue.channel import Dismissal
from cordboard.queue.contact import Contact, ContactState
from cordboard.queue.setup import QueueRules, QueueSetup
from tests.fakes.asterisk_wire import FakeChannel
from tests.fakes.asterisk_words import Received
from tests.fakes.line import KEYS, Line
from tests.fakes.wait import until

EVERY_S = 30.0


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    """Nobody is ready; a waiting caller is told his place every 30 s, and may keep it."""
    one = Line()
    await one.open()
    await one.desk.log_out("maria")
    await rules(one, announce_every_s=EVERY_S, keep_place=True)
    yield one
    await one.close()


async def rules(line: Line, *, announce_every_s: float = 0.0, keep_place: bool = False) -> None:
    orders = QueueRules("orders", "Заказы", "Orders", announce_every_s=announce_every_s, keep_place=keep_place)
    await line.desk.apply(QueueSetup(queues={"orders": orders}))


def said(line: Line, channel: FakeChannel) -> list[tuple[str, str]]:
    """What the leg was told, and what was to follow: the last value of CC_SAY before each Redirect to cc-announce."""
    told: list[tuple[str, str]] = []
    words = ""
    for action in line.asterisk.received:
        if action.get("Channel") != channel.name:
            continue
        if action.name == "Setvar" and action.get("Variable") == "CC_SAY":
            words = action.get("Value")
        if action.name == "Redirect" and action.get("Context") == "cc-announce":
            told.append((words, action.get("Exten")))
    return told


async def until_said(line: Line, channel: FakeChannel, *expected: tuple[str, str]) -> None:
    await line.asterisk.until(lambda: said(line, channel) == list(expected))


async def waiting(line: Line, uniqueid: str) -> Contact:
    key = f"{KEYS}{uniqueid}"
    return await until(lambda: line.desk.contact_by_wire(key), f"{uniqueid} waits")


async def look(line: Line) -> None:
    """The room looks round, as it does every second."""
    await line.voice.waiting_room.look()


def redirects(line: Line) -> Sequence[Received]:
    return line.asterisk.sent("Redirect")


async def test_the_place_is_told_after_ten_seconds_and_then_as_often_as_the_queue_wants(line: Line) -> None:
    first, second = line.calls("lab-1.1"), line.calls("lab-1.2")
    await waiting(line, "lab-1.2")
    line.clock.pass_s(9.9)
    await look(line)
    assert redirects(line) == []
    line.clock.pass_s(0.1)
    await look(line)
    await until_said(line, first, ("you-are-next&callback-offer", "hold"))
    await until_said(line, second, ("position&n-2&please-wait&callback-offer", "hold"))
    told = {action.get("Value") for action in line.asterisk.sent("Setvar") if action.get("Variable") == "CC_LANG"}
    assert told == {"ru"}
    line.clock.pass_s(500.0)
    await look(line)
    assert len(redirects(line)) == 2  # they listen still: the dialplan has not said that the music plays again
    line.waits(first)
    await waiting(line, line.calls("lab-1.3").uniqueid)  # what was sent before it has been heard
    line.clock.pass_s(EVERY_S - 1)
    await look(line)
    assert len(said(line, first)) == 1
    line.clock.pass_s(1.0)
    await look(line)
    assert said(line, first) == [("you-are-next&callback-offer", "hold")] * 2


async def test_the_loop_tells_him_and_sleeps_when_he_is_gone(line: Line) -> None:
    telling = asyncio.create_task(line.voice.announce_forever())
    channel = line.calls()
    await waiting(line, channel.uniqueid)
    line.clock.pass_s(10.0)
    await until_said(line, channel, ("you-are-next&callback-offer", "hold"))
    line.asterisk.hang_up(channel)
    await until(lambda: not line.voice.waiting_room.somebody, "asleep")
    telling.cancel()
    await asyncio.wait([telling])


async def test_a_queue_that_announces_nothing_and_one_that_begins_to(line: Line) -> None:
    await rules(line)
    channel = line.calls()
    await waiting(line, channel.uniqueid)
    line.clock.pass_s(1000.0)
    await look(line)
    assert redirects(line) == []
    await rules(line, announce_every_s=60.0)
    await look(line)
    await until_said(line, channel, ("you-are-next", "hold"))


async def test_who_is_offered_or_talks_is_told_nothing(line: Line) -> None:
    channel = line.calls()
    await waiting(line, channel.uniqueid)
    await line.desk.ready("maria")
    await line.agent_is(AgentState.RESERVED)
    line.clock.pass_s(15.0)
    await look(line)
    line.talks(channel)
    await line.agent_is(AgentState.BUSY)
    line.clock.pass_s(100.0)
    await look(line)
    assert said(line, channel) == []


async def test_an_offer_comes_after_an_announcement_that_it_cuts(line: Line) -> None:
    channel = line.calls()
    await waiting(line, channel.uniqueid)
    line.clock.pass_s(10.0)
    await look(line)
    await until_said(line, channel, ("you-are-next&callback-offer", "hold"))
    await line.desk.ready("maria")
    await line.agent_is(AgentState.RESERVED)
    await line.asterisk.until(lambda: redirects(line)[-1].get("Context") == "cc-dial")
    line.talks(channel)
    await line.agent_is(AgentState.BUSY)
    assert line.desk.late_events.total() == 0


@pytest.mark.parametrize("listens", [False, True])
async def test_the_key_keeps_the_place_and_says_goodbye(line: Line, listens: bool) -> None:
    channel = line.calls()
    contact = await waiting(line, channel.uniqueid)
    if listens:
        line.clock.pass_s(10.0)
        await look(line)
        await line.asterisk.until(lambda: len(said(line, channel)) == 1)
    line.asterisk.emit("DTMFEnd", [*line.asterisk.about(channel), ("Digit", "1")])
    await line.asterisk.until(lambda: ("callback-kept", "bye") in said(line, channel))
    kept = await until(lambda: line.desk.contact_by_wire(f"callback/{contact.id}"), "the kept place")
    assert (kept.state, kept.address, kept.queue) == (ContactState.QUEUED, contact.address, contact.queue)
    assert kept.arrived_at == contact.arrived_at
    ended = await line.desk.find_contact(contact.id)
    assert ended is not None
    assert (ended.state, ended.lost_reason) == (ContactState.OVERFLOWED, "callback")
    line.asterisk.hang_up(channel)
    await until(lambda: not line.voice.lives(f"{KEYS}{channel.uniqueid}"), "the leg is gone")
    assert [one.id for one in line.desk.contacts()] == [kept.id]
    assert line.desk.late_events.total() == 0


async def test_a_key_that_means_nothing(line: Line) -> None:
    channel = line.calls()
    await waiting(line, channel.uniqueid)
    agents_leg = FakeChannel("leg-1", "PJSIP/agent-maria-1", variables={"CC_CALL": channel.uniqueid})
    line.asterisk.emit("DTMFEnd", [*line.asterisk.about(channel), ("Digit", "5")])
    line.asterisk.emit("DTMFEnd", [*line.asterisk.about(agents_leg), ("Digit", "1")])
    await rules(line, keep_place=False)
    line.asterisk.emit("DTMFEnd", [*line.asterisk.about(channel), ("Digit", "1")])
    other = line.calls("lab-1.2")
    await waiting(line, other.uniqueid)  # what was sent before it has been heard
    assert redirects(line) == []
    assert line.states() == [ContactState.QUEUED] * 2


async def test_who_hides_his_number_is_told_and_waits_on(line: Line) -> None:
    channel = line.calls(number="")
    contact = await waiting(line, channel.uniqueid)
    line.clock.pass_s(10.0)
    await look(line)
    await until_said(line, channel, ("you-are-next", "hold"))
    line.asterisk.emit("DTMFEnd", [*line.asterisk.about(channel), ("Digit", "1")])
    await until_said(line, channel, ("you-are-next", "hold"), ("callback-impossible", "hold"))
    assert line.desk.contact(contact.id) is not None


async def test_a_key_pressed_while_an_agent_rings_counts_when_he_does_not_answer(line: Line) -> None:
    channel = line.calls()
    contact = await waiting(line, channel.uniqueid)
    await line.desk.ready("maria")
    await line.agent_is(AgentState.RESERVED)
    line.asterisk.emit("DTMFEnd", [*line.asterisk.about(channel), ("Digit", "1")])
    line.asterisk.user_event("CCDialEnd", channel, {"Cc": channel.uniqueid, "Status": "NOANSWER"})
    line.waits(channel)
    await line.asterisk.until(lambda: said(line, channel) == [("callback-kept", "bye")])
    assert line.desk.contact_by_wire(f"callback/{contact.id}") is not None


async def test_a_key_pressed_before_a_talk_is_forgotten(line: Line) -> None:
    channel = line.calls()
    await waiting(line, channel.uniqueid)
    await line.desk.ready("maria")
    await line.agent_is(AgentState.RESERVED)
    line.asterisk.emit("DTMFEnd", [*line.asterisk.about(channel), ("Digit", "1")])
    line.talks(channel)
    await line.agent_is(AgentState.BUSY)
    await line.desk.page_opened("maria", "reloaded")
    line.leaves(channel)
    line.waits(channel)
    await until(lambda: line.recorded, "the talk is over")
    await until(
        lambda: said(line, channel) == [("reconnecting", "hold")],
        "he is told that he is joined again, and nothing of a callback",
    )


@pytest.mark.parametrize(
    ("how", "words", "then"),
    [
        (Dismissal.MESSAGE, "nobody-free&call-later&goodbye", "bye"),
        (Dismissal.CLOSED, "closed&call-later&goodbye", "bye"),
        (Dismissal.FULL, "queue-full&call-later&goodbye", "bye"),
        (Dismissal.VOICEMAIL, "nobody-free&leave-message&beep", "voicemail"),
        (Dismissal.CALLBACK, "nobody-free&callback-offer", "hold"),
    ],
)
async def test_the_overflow_rules_word_is_said_once(line: Line, how: Dismissal, words: str, then: str) -> None:
    channel = line.calls()
    contact = await waiting(line, channel.uniqueid)
    for _again in range(2):
        await line.voice.dismiss(contact, how)
    assert said(line, channel) == [(words, then)]


async def test_an_offered_callback_may_be_taken_though_the_queue_has_none(line: Line) -> None:
    await rules(line)
    channel = line.calls()
    contact = await waiting(line, channel.uniqueid)
    await line.voice.dismiss(contact, Dismissal.CALLBACK)
    line.waits(channel)
    line.asterisk.emit("DTMFEnd", [*line.asterisk.about(channel), ("Digit", "1")])
    await line.asterisk.until(lambda: said(line, channel)[-1] == ("callback-kept", "bye"))
    assert line.desk.contact_by_wire(f"callback/{contact.id}") is not None


async def test_a_message_is_reported_with_its_contact(line: Line) -> None:
    channel = line.calls()
    contact = await waiting(line, channel.uniqueid)
    await line.voice.dismiss(contact, Dismissal.VOICEMAIL)
    channel.variables["CC_STATE"] = "voicemail"
    fields = {"Cc": channel.uniqueid, "Rec": "/rec/lab-1.1-1.wav", "Answered": "12.25", "Timestamp": "1100.5"}
    line.asterisk.user_event("CCMessage", channel, fields)
    await until(lambda: line.recorded, "reported")
    (recorded,) = line.recorded
    assert (recorded.contact.id, recorded.path, recorded.talk_s) == (contact.id, "/rec/lab-1.1-1.wav", 12.25)


async def test_a_leg_on_hold_whose_contact_was_dismissed_hears_it_after_our_silence(line: Line) -> None:
    channel = line.calls()
    contact = await waiting(line, channel.uniqueid)
    await line.desk.keep_place(contact.wire_key, contact.address)
    line.asterisk.reset()  # as if we had died before we could say it
    await line.asterisk.until(lambda: any(one.get("Context") == "cc-hold" for one in redirects(line)))
    line.waits(channel)
    await until_said(line, channel, ("callback-kept", "bye"))
    assert [one.wire_key for one in line.desk.contacts()] == [f"callback/{contact.id}"]
