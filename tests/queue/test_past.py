"""Calls that were on their own while nobody led: what they become when they are told of, and that nobody is told twice."""

from datetime import datetime, timedelta

import pytest

from cordboard.queue.agent import AgentState
from cordboard.queue.channel import Arrival, ChannelKind, Direction
from cordboard.queue.contact import Contact, ContactState
from cordboard.queue.past import Past
from cordboard.queue.reconcile import LegState, LiveLeg
from tests.fakes.small_desk import House

KEY = "n/b/1"


@pytest.fixture
async def house() -> House:
    """Maria and Ilya are ready; the wire is down, as it is while the engine catches up."""
    one = await House().open("maria", "ilya")
    await one.desk.wire_changed(ChannelKind.VOICE, up=False)
    one.clock.pass_s(100)
    return one


def ago(house: House, seconds: float) -> datetime:
    return house.clock.now() - timedelta(seconds=seconds)


async def remember(house: House, past: Past) -> Contact:
    await house.desk.remember(Arrival(ChannelKind.VOICE, Direction.INBOUND, "orders", KEY, address="+7900"), past)
    found = await house.journal.contact_by_wire(KEY)
    assert found is not None
    return found


async def test_a_talk_that_came_and_went_is_a_contact_with_its_length(house: House) -> None:
    past = Past(ago(house, 60), ago(house, 10), "maria", ago(house, 40))
    contact = await remember(house, past)
    assert (contact.state, contact.agent_id, contact.talk_s) == (ContactState.CLOSED, "maria", 30.0)
    assert contact.arrived_at == past.arrived_at
    assert house.agent("maria") is AgentState.READY
    assert await remember(house, past) == contact
    await house.desk.settle()
    assert [one.id for one in house.followed] == [contact.id]


async def test_who_gave_up_is_abandoned(house: House) -> None:
    contact = await remember(house, Past(ago(house, 60), ago(house, 10)))
    assert (contact.state, contact.closed_at) == (ContactState.ABANDONED, ago(house, 10))


async def test_who_waits_has_his_age(house: House) -> None:
    contact = await remember(house, Past(ago(house, 60)))
    assert (contact.state, contact.arrived_at) == (ContactState.QUEUED, ago(house, 60))


async def test_a_contact_that_waited_when_we_died_was_served(house: House) -> None:
    before = await house.call(KEY)
    contact = await remember(house, Past(before.arrived_at, ago(house, -5), "ilya", ago(house, 0)))
    assert (contact.id, contact.state, contact.agent_id, contact.talk_s) == (before.id, "closed", "ilya", 5.0)


async def test_a_talk_of_before_that_ended_has_its_true_length_and_its_wrap_up(house: House) -> None:
    before = await house.call(KEY)
    await house.desk.talk_began(KEY, "maria")
    house.clock.pass_s(60)
    contact = await remember(house, Past(before.arrived_at, ago(house, 20), "maria", ago(house, 60)))
    assert (contact.state, contact.talk_s) == (ContactState.WRAP_UP, 40.0)
    assert house.agent("maria") is AgentState.WRAP_UP


async def test_whose_agent_talks_again_has_no_wrap_up_in_the_way(house: House) -> None:
    before = await house.call(KEY)
    await house.desk.talk_began(KEY, "maria")
    house.clock.pass_s(60)
    contact = await remember(house, Past(before.arrived_at, ago(house, 20), "maria", ago(house, 60), next_talk=True))
    assert (contact.state, contact.talk_s) == (ContactState.CLOSED, 40.0)
    assert house.agent("maria") is AgentState.READY


async def test_a_talk_that_passed_to_another_is_both_talks(house: House) -> None:
    before = await house.call(KEY)
    await house.desk.talk_began(KEY, "maria")
    house.clock.pass_s(60)
    contact = await remember(house, Past(before.arrived_at, ago(house, 10), "ilya", ago(house, 30)))
    assert (contact.state, contact.agent_id) == (ContactState.CLOSED, "ilya")
    assert house.agent("maria") is AgentState.READY


async def test_a_talk_that_nobody_saw_begin_began_when_the_wire_says(house: House) -> None:
    await house.call(KEY)
    legs = {KEY: LiveLeg(KEY, LegState.TALKING, "maria", ago(house, 30))}
    await house.desk.reconcile(ChannelKind.VOICE, legs, "n/b/")
    contact = await house.journal.contact_by_wire(KEY)
    assert contact is not None
    assert (contact.state, contact.connected_at) == (ContactState.CONNECTED, ago(house, 30))


@pytest.mark.parametrize("ready", [True, False])
async def test_what_rings_is_an_offer_already(house: House, ready: bool) -> None:
    """Nobody else is asked, and she is asked for nobody else; who is not free for it is not held by it."""
    await house.call(KEY)
    if not ready:
        await house.desk.pause("maria", "lunch")
    await house.desk.reconcile(ChannelKind.VOICE, {KEY: LiveLeg(KEY, LegState.RINGING, "maria")}, "n/b/")
    contact = await house.journal.contact_by_wire(KEY)
    assert contact is not None
    assert house.wire.told == []
    if ready:
        assert (contact.state, contact.agent_id) == (ContactState.OFFERED, "maria")
        assert house.agent("maria") is AgentState.RESERVED
    else:
        assert contact.state is ContactState.QUEUED
