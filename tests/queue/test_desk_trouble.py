"""The desk when something is lost: a wire, a report, an engine, a commit, a follow-up."""

import asyncio

import pytest

from cordboard.queue.agent import AgentState
from cordboard.queue.channel import ChannelKind, OfferFailure
from cordboard.queue.contact import Contact, ContactState
from cordboard.queue.desk import HEAL_S
from cordboard.queue.hands import FOLLOWED_AT_ONCE
from cordboard.queue.reconcile import LegState, LiveLeg
from tests.fakes.small_desk import RULES, House
from tests.fakes.wait import until


async def test_without_its_wire_nothing_is_offered_and_nobody_is_blamed() -> None:
    house = await House().open("maria")
    house.wire.down = True
    contact = await house.call()
    assert (house.agent("maria"), await house.state(contact)) == (AgentState.READY, ContactState.QUEUED)
    house.wire.down = False
    await house.desk.tick()
    assert house.wire.told == []
    await house.desk.wire_changed(ChannelKind.VOICE, up=True)
    assert house.wire.told == [("offer", contact.id, "maria")]


async def test_after_our_restart_a_talk_is_found_again_and_a_missed_end_is_noticed() -> None:
    before = await House().open("maria", "ilya")
    talking, gone = await before.call("n/b/1"), await before.call("n/b/2")
    await before.desk.talk_began("n/b/1", "maria")
    await before.desk.talk_began("n/b/2", "ilya")
    after = House(before.journal, before.clock)
    await after.desk.load()
    await after.desk.reconcile(ChannelKind.VOICE, {"n/b/1": LiveLeg("n/b/1", LegState.TALKING, "maria")}, alive="n/b/")
    assert (after.agent("maria"), await after.state(talking)) == (AgentState.BUSY, ContactState.CONNECTED)
    assert (after.agent("ilya"), await after.state(gone)) == (AgentState.WRAP_UP, ContactState.WRAP_UP)


async def test_a_lost_hangup_is_found_by_the_second_check_and_a_passing_doubt_is_not() -> None:
    house = await House().open("maria")
    contact = await house.call()
    await house.desk.check(ChannelKind.VOICE, {}, alive="n/b/")
    await house.desk.talk_began("n/b/1", "maria")  # it moved since: the first look was only older than the book
    await house.desk.check(ChannelKind.VOICE, {}, alive="n/b/")
    assert await house.state(contact) is ContactState.CONNECTED
    await house.desk.check(ChannelKind.VOICE, {}, alive="n/b/")
    assert (house.agent("maria"), await house.state(contact)) == (AgentState.WRAP_UP, ContactState.WRAP_UP)
    assert house.desk.late_events["lost, found by a check"] == 1


async def test_the_check_of_another_wire_in_between_takes_no_doubt_away() -> None:
    house = await House().open("maria")
    contact = await house.call()
    for _ in range(2):
        await house.desk.check(ChannelKind.VOICE, {}, alive="n/b/")
        await house.desk.check(ChannelKind.CHAT, {}, alive="")
    assert await house.state(contact) is ContactState.ABANDONED


async def test_what_could_not_follow_from_an_end_follows_soon_without_a_restart() -> None:
    house = await House().open("maria")
    troubles = ["the disk is full", "it still is"]

    async def refuse(_contact: Contact) -> None:
        if troubles:
            raise OSError(troubles.pop())

    house.desk.follow_ups.append(refuse)
    contact = await house.call()
    await house.desk.customer_left("n/b/1", "cause_16")
    await house.desk.settle()
    for _ in range(2):
        assert [one.id for one in await house.journal.not_followed_up()] == [contact.id]
        house.clock.pass_s(HEAL_S)
        await house.desk.tick()
        await house.desk.settle()
    assert await house.journal.not_followed_up() == []
    assert await house.state(contact) is ContactState.ABANDONED


async def test_many_ends_at_once_are_followed_up_a_few_at_a_time() -> None:
    house = await House().open()
    inside, most, go = 0, 0, asyncio.Event()

    async def slow(_contact: Contact) -> None:
        nonlocal inside, most
        inside, most = inside + 1, max(most, inside + 1)
        await go.wait()
        inside -= 1

    house.desk.follow_ups.append(slow)
    callers = [await house.call(f"n/b/{number}") for number in range(3 * FOLLOWED_AT_ONCE)]
    for number in range(len(callers)):
        await house.desk.customer_left(f"n/b/{number}", "cause_16")
    await until(lambda: inside == FOLLOWED_AT_ONCE, "as many as may are followed up")
    go.set()
    await house.desk.settle()
    assert most == FOLLOWED_AT_ONCE
    assert await house.journal.not_followed_up() == []


async def test_a_new_life_of_asterisk_loses_talks_and_frees_agents_at_once() -> None:
    house = await House().open("maria")
    contact = await house.call("n/b1/1")
    await house.desk.talk_began("n/b1/1", "maria")
    await house.desk.reconcile(ChannelKind.VOICE, {}, alive="n/b2/")
    await house.desk.settle()
    assert (house.agent("maria"), await house.state(contact)) == (AgentState.READY, ContactState.LOST)
    assert [c.lost_reason for c in house.followed] == ["node_lost"]


async def test_an_old_ring_that_is_answered_sends_the_newer_call_back_to_the_queue() -> None:
    house = await House().open("maria")
    older = await house.call("n/b/1")
    house.wire.down = True  # nobody can stop the ringing
    house.clock.pass_s(RULES.ring_s + RULES.reservation_slack_s)
    await house.desk.tick()
    house.wire.down = False
    newer = await house.call("n/b/2")
    await house.desk.customer_left("n/b/1", "cause_16")
    assert older.id not in [contact.id for contact in house.desk.contacts()]
    third = await house.call("n/b/3")
    await house.desk.wire_changed(ChannelKind.VOICE, up=True)
    await house.desk.ready("maria")
    assert house.wire.told[-1] == ("offer", newer.id, "maria")
    await house.desk.talk_began("n/b/3", "maria")
    assert house.wire.told[-1] == ("withdraw", newer.id, "maria")
    assert [await house.state(one) for one in (newer, third)] == [ContactState.QUEUED, ContactState.CONNECTED]
    assert house.agent("maria") is AgentState.BUSY


async def test_a_talk_that_only_a_late_report_told_of_is_no_talk_while_the_wire_rings_elsewhere() -> None:
    house = await House().open("maria", "ilya")
    contact = await house.call()
    await house.desk.talk_began("n/b/1", "ilya")  # from before: it rings at maria now
    ringing = {"n/b/1": LiveLeg("n/b/1", LegState.RINGING, "maria")}
    await house.desk.check(ChannelKind.VOICE, ringing, "n/b/")
    assert await house.state(contact) is ContactState.CONNECTED
    await house.desk.check(ChannelKind.VOICE, ringing, "n/b/")
    assert ("return", contact.id, "ilya") in house.wire.told
    assert house.wire.told[-1] == ("auto_offer", contact.id, "ilya")
    assert house.agent("maria") is AgentState.READY


async def test_late_and_doubled_reports_are_counted_and_change_nothing() -> None:
    house = await House().open("maria")
    contact = await house.call()
    await house.desk.talk_began("n/b/1", "maria")
    await house.desk.talk_ended("n/b/1")
    before = house.desk.contact(contact.id), house.desk.agent("maria")
    await house.desk.talk_ended("n/b/1")
    await house.desk.talk_began("n/b/1", "maria")
    await house.desk.offer_failed("n/b/1", OfferFailure.NO_ANSWER)
    await house.desk.talk_ended("n/b/9")
    assert (house.desk.contact(contact.id), house.desk.agent("maria")) == before
    assert house.desk.late_events.total() == 4


async def test_a_commit_that_fails_changes_nothing_and_tells_no_wire() -> None:
    house = await House().open("maria")
    house.journal.broken = True
    with pytest.raises(OSError, match="disk full"):
        await house.call()
    assert house.desk.contacts() == ()
    assert house.wire.told == []
    assert house.agent("maria") is AgentState.READY
