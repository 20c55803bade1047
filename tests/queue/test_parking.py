"""A customer is parked, fetched by whoever may, and comes back to the one who parked him; he is never forgotten."""

import pytest

from cordboard.queue.agent import AgentState
from cordboard.queue.contact import Contact, ContactState
from cordboard.queue.desk import NotAllowedNow
from cordboard.queue.metrics import waits
from tests.fakes.small_desk import RULES, House

C, A = ContactState, AgentState
NUMBER = "+74951234567"


async def parked(*ready: str) -> tuple[House, Contact]:
    house = await House().open(*(ready or ("maria",)))
    contact = await house.call()
    await house.desk.talk_began("n/b/1", "maria")
    house.wire.told.clear()
    await house.desk.parking.park("maria", contact.id)
    return house, now_of(house, contact)


def now_of(house: House, contact: Contact) -> Contact:
    found = house.desk.contact(contact.id)
    assert found is not None
    return found


async def test_he_hears_music_and_waits_for_nobody() -> None:
    house, contact = await parked("maria", "ilya")
    assert house.wire.told == [("return", contact.id, "maria")]
    assert (contact.state, contact.parked_by, house.agent("maria")) == (C.QUEUED, "maria", A.READY)
    assert house.agent("ilya") is A.READY
    assert not waits(contact)
    assert house.desk.waiting() == ()
    house.clock.pass_s(RULES.park_s - 1)
    await house.desk.tick()
    assert len(house.wire.told) == 1
    assert [one.id for one in house.desk.parking.of("ilya")] == [contact.id]


@pytest.mark.parametrize("who", ["maria", "ilya"])
async def test_he_is_fetched_without_another_click(who: str) -> None:
    house, contact = await parked("maria", "ilya")
    await house.desk.parking.fetch(who, contact.id)
    assert house.wire.told[-1] == ("auto_offer", contact.id, who)
    await house.desk.talk_began("n/b/1", who)
    again = now_of(house, contact)
    assert (again.state, again.agent_id, again.parked_by, again.not_before) == (C.CONNECTED, who, None, None)
    assert house.desk.parking.of("maria") == []
    with pytest.raises(NotAllowedNow):
        await house.desk.parking.fetch("maria", contact.id)


async def test_nobody_fetches_him_and_he_is_with_the_one_who_parked_him() -> None:
    house, contact = await parked("maria", "ilya")
    house.clock.pass_s(RULES.park_s)
    await house.desk.tick()
    assert house.wire.told[-1] == ("auto_offer", contact.id, "maria")


async def test_who_parked_him_is_busy_and_then_anybody_may_have_him() -> None:
    house, contact = await parked("maria", "ilya")
    await house.call("n/b/2")
    await house.call("n/b/3")
    for key in ("n/b/2", "n/b/3"):
        other = house.desk.contact_by_wire(key)
        assert other is not None
        await house.desk.talk_began(key, str(other.agent_id))
    house.clock.pass_s(RULES.park_s)
    await house.desk.tick()
    assert waits(now_of(house, contact))
    await house.desk.customer_left("n/b/2", "gone")
    ilya = next(name for name in ("maria", "ilya") if house.agent(name) is A.WRAP_UP)
    with pytest.raises(NotAllowedNow):
        await house.desk.parking.fetch(ilya, contact.id)
    house.clock.pass_s(RULES.wrap_up_s)
    await house.desk.tick()
    assert house.wire.told[-1] == ("offer", contact.id, ilya)


async def test_a_fetch_that_is_not_answered_brings_him_back_to_who_parked_him() -> None:
    house, contact = await parked("maria", "ilya")
    await house.desk.parking.fetch("ilya", contact.id)
    house.clock.pass_s(RULES.ring_s + RULES.reservation_slack_s)
    await house.desk.tick()
    assert house.wire.told[-1] == ("auto_offer", contact.id, "maria")


async def test_a_reload_leaves_him_parked_and_a_restart_too() -> None:
    house, contact = await parked("maria")
    await house.desk.page_opened("maria", "another tab")
    assert len(house.wire.told) == 1
    again = await House(house.journal, house.clock).open("maria")
    assert [one.id for one in again.desk.parking.of("maria")] == [contact.id]
    assert again.wire.told == []
    house.clock.pass_s(RULES.park_s)
    await again.desk.tick()
    assert again.wire.told == [("auto_offer", contact.id, "maria")]


async def test_no_dialog_takes_him_out_of_it_and_he_may_hang_up() -> None:
    house, contact = await parked("maria")
    assert not await house.desk.hold_back("n/b/1", None)
    await house.desk.customer_left("n/b/1", "cause_16")
    assert await house.state(contact) is C.ABANDONED
    assert house.desk.parking.of("maria") == []


async def test_only_a_talk_of_two_that_is_ones_own_is_parked() -> None:
    house = await House().open("maria", "ilya")
    contact = await house.call()
    for who in ("maria", "ilya"):
        with pytest.raises(NotAllowedNow):
            await house.desk.parking.park(who, contact.id)
    await house.desk.talk_began("n/b/1", "maria")
    await house.desk.thirds.call("maria", contact.id, number=NUMBER)
    with pytest.raises(NotAllowedNow):
        await house.desk.parking.park("maria", contact.id)


async def test_who_is_paused_takes_back_his_own_but_no_colleagues() -> None:
    house, contact = await parked("maria", "ilya")
    for name in ("maria", "ilya"):
        await house.desk.pause(name, "tea")
    with pytest.raises(NotAllowedNow):
        await house.desk.parking.fetch("ilya", contact.id)
    await house.desk.parking.fetch("maria", contact.id)
    assert house.wire.told[-1] == ("auto_offer", contact.id, "maria")


async def test_a_leg_that_breaks_after_he_was_parked_is_late_news() -> None:
    house, contact = await parked("maria")
    await house.desk.leg_broke("n/b/1")
    assert await house.state(contact) is C.QUEUED
    assert sum(house.desk.late_events.values()) == 1
