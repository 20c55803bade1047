"""A talk whose operator's leg broke: the same two are joined again, whatever comes back first, and nobody else is hurt by it."""

from datetime import timedelta

import pytest

from cordboard.queue import contact as contacts
from cordboard.queue import contact_events
from cordboard.queue.agent import AgentState
from cordboard.queue.channel import PERSONAL_S, REJOIN_AGAIN_S, OfferFailure
from cordboard.queue.contact import Contact, ContactState
from cordboard.queue.desk import NotAllowedNow
from tests.fakes.small_desk import House
from tests.queue.test_states import LATER, contact_in

C, A = ContactState, AgentState


async def talking(*ready: str) -> tuple[House, Contact]:
    house = await House().open(*(ready or ("maria",)))
    contact = await house.call()
    await house.desk.talk_began("n/b/1", "maria")
    house.wire.told.clear()
    return house, contact


async def test_a_telephone_that_goes_dead_is_called_again_at_once_before_whoever_waits_longer() -> None:
    house, contact = await talking()
    other = await house.call("n/b/2")
    await house.desk.leg_broke("n/b/1")
    assert house.wire.told == [("auto_offer", contact.id, "maria")]  # the wire itself has put him on hold
    assert await house.state(other) is C.QUEUED


async def test_a_reload_waits_for_the_telephone_and_the_hands_are_kept_for_it() -> None:
    house, contact = await talking()
    other = await house.call("n/b/2")
    await house.desk.device_changed("maria", up=False)
    await house.desk.page_opened("maria", "reloaded")
    assert house.wire.told == [("return", contact.id, "maria")]
    await house.desk.device_changed("maria", up=True)
    assert house.wire.told[1:] == [("auto_offer", contact.id, "maria")]
    await house.desk.talk_began("n/b/1", "maria")
    assert (await house.state(contact), await house.state(other)) == (C.CONNECTED, C.QUEUED)


async def test_a_page_that_takes_over_from_another_is_not_joined_by_the_telephone_of_the_old_one() -> None:
    house, contact = await talking()
    await house.desk.page_opened("maria", "another tab")
    assert house.wire.told == [("return", contact.id, "maria")]
    assert house.agent("maria") is A.RESERVED
    await house.desk.device_changed("maria", up=False)
    await house.desk.device_changed("maria", up=True)
    assert house.wire.told[1:] == [("auto_offer", contact.id, "maria")]


async def test_where_both_telephones_look_like_one_the_new_page_is_joined_a_moment_later() -> None:
    house, contact = await talking()
    await house.desk.page_opened("maria", "another tab")
    house.clock.pass_s(REJOIN_AGAIN_S)
    await house.desk.tick()
    assert house.wire.told[1:] == [("auto_offer", contact.id, "maria")]


async def test_a_telephone_that_is_not_there_yet_is_tried_again_and_its_agent_is_not_blamed() -> None:
    house, contact = await talking()
    other = await house.call("n/b/2")
    await house.desk.leg_broke("n/b/1")
    for tried in range(1, 4):
        await house.desk.offer_failed("n/b/1", OfferFailure.UNREACHABLE)
        assert (house.agent("maria"), await house.state(other)) == (A.RESERVED, C.QUEUED)
        assert len(house.wire.told) == tried
        house.clock.pass_s(REJOIN_AGAIN_S)
        await house.desk.tick()
        assert house.wire.told[tried:] == [("auto_offer", contact.id, "maria")]


async def test_after_the_limit_another_takes_him_with_his_age_and_the_hands_are_free() -> None:
    house, contact = await talking("maria", "ilya")
    await house.desk.device_changed("maria", up=False)
    await house.desk.page_opened("maria", "reloaded")
    house.clock.pass_s(PERSONAL_S - 1)
    await house.desk.tick()
    assert house.agent("maria") is A.RESERVED
    house.clock.pass_s(1)
    await house.desk.tick()
    assert (house.agent("maria"), house.agent("ilya")) == (A.READY, A.RESERVED)
    found = await house.desk.find_contact(contact.id)
    assert found is not None
    assert (found.agent_id, found.arrived_at) == ("ilya", contact.arrived_at)


async def test_a_customer_who_leaves_meanwhile_frees_the_hands() -> None:
    house, contact = await talking()
    await house.desk.device_changed("maria", up=False)
    await house.desk.leg_broke("n/b/1")
    assert house.agent("maria") is A.RESERVED
    await house.desk.customer_left("n/b/1", "cause_16")
    assert (house.agent("maria"), await house.state(contact)) == (A.READY, C.ABANDONED)


async def test_who_chose_a_pause_in_mid_talk_is_joined_again_all_the_same() -> None:
    house, contact = await talking()
    await house.desk.pause("maria", "lunch")
    await house.desk.leg_broke("n/b/1")
    assert house.wire.told == [("auto_offer", contact.id, "maria")]
    await house.desk.talk_began("n/b/1", "maria")
    await house.desk.talk_ended("n/b/1")
    await house.desk.dispose("maria", contact.id, "consulted")
    assert house.agent("maria") is A.PAUSED


async def test_a_page_that_hears_nothing_asks_and_only_for_a_talk_of_its_own() -> None:
    house, contact = await talking("maria", "ilya")
    with pytest.raises(NotAllowedNow):
        await house.desk.rejoin("ilya", contact.id)
    await house.desk.rejoin("maria", contact.id)
    assert house.wire.told == [("return", contact.id, "maria"), ("auto_offer", contact.id, "maria")]
    with pytest.raises(NotAllowedNow):
        await house.desk.rejoin("maria", contact.id)


async def test_talk_time_is_that_of_both_pieces_and_not_of_the_gap() -> None:
    house, contact = await talking()
    house.clock.pass_s(30)
    await house.desk.leg_broke("n/b/1")
    house.clock.pass_s(7)
    await house.desk.talk_began("n/b/1", "maria")
    house.clock.pass_s(20)
    await house.desk.talk_ended("n/b/1")
    found = await house.desk.find_contact(contact.id)
    assert found is not None
    assert found.talk_s == 50.0


async def test_who_was_passed_on_in_vain_goes_back_to_the_one_who_passed_him_on() -> None:
    house, contact = await talking("maria", "ilya")
    await house.desk.transfer("maria", contact.id, agent="ilya")
    assert house.wire.told == [("return", contact.id, "maria"), ("offer", contact.id, "ilya")], (
        "he sees first who comes"
    )
    await house.desk.offer_failed("n/b/1", OfferFailure.NO_ANSWER)
    assert house.wire.told[2:] == [("auto_offer", contact.id, "maria")]


def test_a_broken_talk_that_nobody_took_in_time_waits_for_whoever_is_free() -> None:
    broken = contacts.advance(contact_in(C.CONNECTED), contact_events.AgentLegBroke(LATER))
    assert broken.rejoins
    offered = contacts.advance(broken, contact_events.Offered(LATER, "maria"))
    late = LATER + timedelta(seconds=PERSONAL_S)
    tried = contacts.advance(offered, contact_events.OfferFailed(late, OfferFailure.NO_ANSWER))
    assert (tried.for_agent, tried.not_before) == (None, None)
    again = contacts.advance(offered, contact_events.OfferFailed(LATER, OfferFailure.NO_ANSWER))
    assert (again.for_agent, again.not_before) == ("maria", LATER + timedelta(seconds=REJOIN_AGAIN_S))
    other = contacts.advance(tried, contact_events.Offered(late, "ilya"))
    assert not other.rejoins
