"""The desk as a story: what callers, agents, pages and wires do, and where everybody ends."""

import asyncio
from datetime import timedelta
from itertools import count

import pytest

from cordboard.queue.agent import AgentState
from cordboard.queue.channel import Arrival, ChannelKind, Direction, OfferFailure
from cordboard.queue.contact import Contact, ContactState
from cordboard.queue.deadlines import DeskRules
from cordboard.queue.desk import HEAL_S, Desk, NotAllowedNow, UnknownAgent
from cordboard.queue.hands import FOLLOWED_AT_ONCE
from cordboard.queue.reconcile import LegState, LiveLeg
from tests.fakes.wait import until
from tests.fakes.wire import MemoryJournal, MovedClock, RememberingWire

RULES = DeskRules(ring_s=20, reservation_slack_s=5, wrap_up_s=60, page_grace_s=3, log_out_s=30)


class House:
    """A desk with its fakes; agents are `maria` and `ilya`."""

    def __init__(self, journal: MemoryJournal | None = None, clock: MovedClock | None = None) -> None:
        self.clock = clock or MovedClock()
        self.journal = journal or MemoryJournal()
        self.wire = RememberingWire()
        numbers = count(len(self.journal.entries))
        self.desk = Desk(
            self.journal, {ChannelKind.VOICE: self.wire}, self.clock, lambda: f"contact-{next(numbers)}", RULES
        )
        self.followed: list[Contact] = []

        async def follow(contact: Contact) -> None:
            self.followed.append(contact)

        self.desk.follow_ups.append(follow)

    async def open(self, *ready: str) -> "House":
        await self.desk.load()
        for name in ("maria", "ilya"):
            await self.desk.register(name, name.title(), f"agent-{name}", ["orders"])
        await self.desk.wire_changed(ChannelKind.VOICE, up=True)
        for name in ready:
            await self.sit_down(name)
        return self

    async def sit_down(self, name: str) -> None:
        await self.desk.page_opened(name, f"tab-{name}")
        await self.desk.device_changed(name, up=True)
        await self.desk.ready(name)
        self.clock.pass_s(1)  # so that who sat down first has been idle longest

    async def call(self, key: str = "n/b/1") -> Contact:
        return await self.desk.arrive(
            Arrival(ChannelKind.VOICE, Direction.INBOUND, "orders", key, address="+79000000001")
        )

    def agent(self, name: str) -> AgentState:
        agent = self.desk.agent(name)
        assert agent is not None
        return agent.state

    async def state(self, contact: Contact) -> ContactState:
        found = await self.desk.find_contact(contact.id)
        assert found is not None
        return found.state


async def test_a_call_is_offered_answered_wrapped_up_and_closed() -> None:
    house = await House().open("maria")
    contact = await house.call()
    assert house.wire.told == [("offer", contact.id, "maria")]
    assert (house.agent("maria"), await house.state(contact)) == (AgentState.RESERVED, ContactState.OFFERED)
    house.clock.pass_s(4)
    await house.desk.talk_began("n/b/1", "maria")
    house.clock.pass_s(90)
    await house.desk.talk_ended("n/b/1")
    await house.desk.customer_left("n/b/1", "cause_16")
    assert (house.agent("maria"), await house.state(contact)) == (AgentState.WRAP_UP, ContactState.WRAP_UP)
    await house.desk.dispose("maria", contact.id, "confirmed", "said yes")
    await house.desk.settle()
    closed = await house.desk.find_contact(contact.id)
    assert closed is not None
    assert (closed.state, closed.disposition, closed.talk_s) == (ContactState.CLOSED, "confirmed", 90.0)
    assert house.agent("maria") is AgentState.READY
    assert [c.id for c in house.followed] == [contact.id]
    assert house.desk.contacts() == ()


async def test_the_same_wire_key_is_the_same_contact_even_after_it_ended() -> None:
    house = await House().open()
    first = await house.call()
    await house.desk.customer_left("n/b/1", "cause_16")
    assert (await house.call()).id == first.id


async def test_ring_no_answer_gives_the_call_to_the_next_with_its_age() -> None:
    house = await House().open("maria", "ilya")
    contact = await house.call()
    house.clock.pass_s(20)
    await house.desk.offer_failed("n/b/1", OfferFailure.NO_ANSWER)
    assert house.agent("maria") is AgentState.NOT_RESPONDING
    assert house.wire.told[-1] == ("offer", contact.id, "ilya")
    again = house.desk.contact(contact.id)
    assert again is not None
    assert again.arrived_at == contact.arrived_at


async def test_an_offer_whose_end_nobody_tells_runs_out() -> None:
    house = await House().open("maria")
    contact = await house.call()
    house.clock.pass_s(RULES.ring_s + RULES.reservation_slack_s)
    await house.desk.tick()
    assert house.wire.told[-1] == ("withdraw", contact.id, "maria")
    assert (house.agent("maria"), await house.state(contact)) == (AgentState.NOT_RESPONDING, ContactState.QUEUED)


async def test_declined_is_withdrawn_and_not_offered_to_the_same_agent() -> None:
    house = await House().open("maria")
    contact = await house.call()
    await house.desk.decline("maria", contact.id)
    assert house.wire.told[-1] == ("withdraw", contact.id, "maria")
    await house.desk.tick()
    assert len(house.wire.told) == 2


async def test_a_caller_who_leaves_frees_the_agent_he_rang_at() -> None:
    house = await House().open("maria")
    contact = await house.call()
    await house.desk.customer_left("n/b/1", "cause_16")
    assert (house.agent("maria"), await house.state(contact)) == (AgentState.READY, ContactState.ABANDONED)


async def test_nobody_is_offered_two_contacts() -> None:
    house = await House().open("maria")
    await house.call("n/b/1")
    await house.call("n/b/2")
    assert [told[0] for told in house.wire.told] == ["offer"]


async def test_a_page_closed_while_ringing_gives_the_call_back() -> None:
    house = await House().open("maria")
    contact = await house.call()
    await house.desk.page_closed("maria", "tab-maria")
    house.clock.pass_s(RULES.page_grace_s)
    await house.desk.tick()
    assert house.wire.told[-1] == ("withdraw", contact.id, "maria")
    assert await house.state(contact) is ContactState.QUEUED


async def test_a_page_closed_in_mid_talk_returns_the_customer_and_the_same_agent_takes_him_back() -> None:
    house = await House().open("maria", "ilya")
    contact = await house.call()
    await house.desk.talk_began("n/b/1", "maria")
    house.clock.pass_s(30)
    await house.desk.device_changed("maria", up=False)
    await house.desk.page_closed("maria", "tab-maria")
    house.clock.pass_s(RULES.page_grace_s)
    await house.desk.tick()
    assert house.wire.told[-1] == ("return", contact.id, "maria")
    house.clock.pass_s(2)
    await house.desk.page_opened("maria", "tab-new")
    await house.desk.device_changed("maria", up=True)
    assert house.wire.told[-1] == ("auto_offer", contact.id, "maria")


async def test_the_customer_whose_agent_does_not_come_back_goes_to_another() -> None:
    house = await House().open("maria", "ilya")
    contact = await house.call()
    await house.desk.talk_began("n/b/1", "maria")
    await house.desk.page_closed("maria", "tab-maria")
    house.clock.pass_s(RULES.page_grace_s)
    await house.desk.tick()
    house.clock.pass_s(20)
    await house.desk.tick()
    assert house.wire.told[-1] == ("offer", contact.id, "ilya")


async def test_a_reloaded_page_means_a_broken_leg_at_once() -> None:
    house = await House().open("maria")
    contact = await house.call()
    await house.desk.talk_began("n/b/1", "maria")
    await house.desk.page_opened("maria", "tab-reloaded")
    assert ("return", contact.id, "maria") in house.wire.told
    await house.desk.page_closed("maria", "tab-maria")
    assert house.desk.agent("maria") is not None
    assert house.desk.agent("maria").page_open  # type: ignore[union-attr]


async def test_wrap_up_that_runs_out_closes_the_contact_without_a_result() -> None:
    house = await House().open("maria")
    contact = await house.call()
    await house.desk.talk_began("n/b/1", "maria")
    await house.desk.talk_ended("n/b/1")
    await house.desk.extend_wrap_up("maria", contact.id, 30)
    house.clock.pass_s(89)
    await house.desk.tick()
    assert house.agent("maria") is AgentState.WRAP_UP
    house.clock.pass_s(1)
    await house.desk.tick()
    closed = await house.desk.find_contact(contact.id)
    assert closed is not None
    assert (closed.state, closed.disposition) == (ContactState.CLOSED, "no_disposition")
    assert house.agent("maria") is AgentState.READY


async def test_the_next_status_is_chosen_during_the_talk() -> None:
    house = await House().open("maria")
    contact = await house.call()
    await house.desk.talk_began("n/b/1", "maria")
    await house.desk.pause("maria", "lunch")
    await house.desk.talk_ended("n/b/1")
    await house.desk.dispose("maria", contact.id, "consulted")
    agent = house.desk.agent("maria")
    assert agent is not None
    assert (agent.state, agent.pause_code) == (AgentState.PAUSED, "lunch")


async def test_a_dialed_customer_meets_the_agent_reserved_for_him() -> None:
    house = await House().open("maria", "ilya")
    until = house.clock.now() + timedelta(seconds=40)
    assert await house.desk.reserve("maria", "attempt-1", until)
    assert not await house.desk.reserve("maria", "attempt-2", until)
    contact = await house.desk.arrive(
        Arrival(
            ChannelKind.VOICE,
            Direction.OUTBOUND,
            "orders",
            "n/b/attempt-1",
            attempt_id="attempt-1",
            for_agent="maria",
        )
    )
    assert house.wire.told == [("auto_offer", contact.id, "maria")]


async def test_a_reservation_is_released_and_otherwise_runs_out() -> None:
    house = await House().open("maria")
    until = house.clock.now() + timedelta(seconds=40)
    await house.desk.reserve("maria", "attempt-1", until)
    await house.desk.release("maria", "attempt-1")
    assert house.agent("maria") is AgentState.READY
    await house.desk.reserve("maria", "attempt-2", until)
    house.clock.pass_s(41)
    await house.desk.tick()
    assert house.agent("maria") is AgentState.READY


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


async def test_the_impossible_is_refused_in_words() -> None:
    house = await House().open("maria", "ilya")
    contact = await house.call()
    with pytest.raises(UnknownAgent):
        await house.desk.ready("nobody")
    with pytest.raises(NotAllowedNow):
        await house.desk.decline("ilya", contact.id)
    with pytest.raises(NotAllowedNow):
        await house.desk.dispose("maria", contact.id, "confirmed")
    with pytest.raises(NotAllowedNow):
        await house.desk.dispose("maria", contact.id, "no such")
    with pytest.raises(NotAllowedNow):
        await house.desk.hang_up("maria", contact.id)


async def test_postponed_wants_a_time_in_the_future() -> None:
    house = await House().open("maria")
    contact = await house.call()
    await house.desk.talk_began("n/b/1", "maria")
    await house.desk.talk_ended("n/b/1")
    for wrong in (None, house.clock.now() - timedelta(minutes=1)):
        with pytest.raises(NotAllowedNow):
            await house.desk.dispose("maria", contact.id, "postponed", "", wrong)
    at = house.clock.now() + timedelta(days=1)
    await house.desk.dispose("maria", contact.id, "postponed", "", at)
    await house.desk.settle()
    assert house.followed[0].callback_at == at


async def test_a_slow_listener_is_told_everything_changed() -> None:
    house = await House().open("maria")
    async with house.desk.subscribe(depth=2) as changes:
        for number in range(5):
            await house.call(f"n/b/{number}")
        seen = [changes.get_nowait() for _ in range(changes.qsize())]
    assert seen[0].everything
