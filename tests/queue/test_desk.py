"""The desk as a story: what callers, agents, pages and wires do, and where everybody ends."""

from datetime import timedelta

import pytest

from cordboard.queue.agent import AgentState
from cordboard.queue.channel import Arrival, ChannelKind, Direction, OfferFailure
from cordboard.queue.contact import ContactState
from cordboard.queue.desk import NotAllowedNow, UnknownAgent
from tests.fakes.small_desk import RULES, House


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


async def test_the_telephone_of_one_who_declined_at_the_desk_does_not_end_the_next_ones_offer() -> None:
    house = await House().open("maria", "ilya")
    contact = await house.call()
    await house.desk.decline("maria", contact.id)
    await house.desk.offer_failed("n/b/1", OfferFailure.DECLINED, "maria")
    assert (house.agent("maria"), house.agent("ilya")) == (AgentState.NOT_RESPONDING, AgentState.RESERVED)


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
