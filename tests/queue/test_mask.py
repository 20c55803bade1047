"""The pause of a recording: it ends in its talk, by itself if nobody ends it, and nobody believes in one that the wire did not make."""

from datetime import timedelta

import pytest

from cordboard.queue.contact import Contact
from cordboard.queue.desk import NotAllowedNow
from cordboard.queue.mask import MASK_S, Mask, closed, is_open, masks_of, opened, parts, told
from tests.fakes.small_desk import House
from tests.queue.test_states import AT, LATER


async def talking() -> tuple[House, Contact]:
    house = await House().open("maria")
    contact = await house.call()
    await house.desk.talk_began("n/b/1", "maria")
    house.wire.told.clear()
    return house, contact


def masks(house: House, contact: Contact) -> list[tuple[float, bool]]:
    """How long each is (s), and whether it is open."""
    found = house.desk.contact(contact.id)
    assert found is not None
    return [((mask.end - mask.begin).total_seconds(), mask.open) for mask in found.masks]


async def test_it_is_paused_and_goes_on_when_it_is_told_to() -> None:
    house, contact = await talking()
    until = await house.desk.pause_recording("maria", contact.id)
    assert (until - house.clock.now()).total_seconds() == MASK_S
    house.clock.pass_s(10)
    await house.desk.tick()
    await house.desk.resume_recording("maria", contact.id)
    await house.desk.resume_recording("maria", contact.id)
    assert house.wire.told == [("mask", contact.id, ""), ("record", contact.id, "")]
    assert masks(house, contact) == [(10.0, False)]


async def test_it_goes_on_by_itself_after_the_limit_also_when_another_engine_has_to_see_to_it() -> None:
    house, contact = await talking()
    await house.desk.pause_recording("maria", contact.id)
    after = House(house.journal, house.clock)
    await after.desk.load()
    await after.desk.page_opened("maria", "tab-maria")
    house.clock.pass_s(MASK_S)
    await after.desk.tick()
    assert after.wire.told == [("record", contact.id, "")]
    assert masks(after, contact) == [(MASK_S, False)]


async def test_a_second_press_makes_it_longer() -> None:
    house, contact = await talking()
    await house.desk.pause_recording("maria", contact.id)
    house.clock.pass_s(30)
    await house.desk.pause_recording("maria", contact.id)
    house.clock.pass_s(MASK_S - 1)
    await house.desk.tick()
    assert masks(house, contact) == [(30 + MASK_S, True)]


@pytest.mark.parametrize("trouble", ["deaf", "down"])
async def test_one_that_the_wire_did_not_make_is_refused_and_not_believed(trouble: str) -> None:
    house, contact = await talking()
    setattr(house.wire, trouble, True)
    with pytest.raises(NotAllowedNow):
        await house.desk.pause_recording("maria", contact.id)
    assert masks(house, contact) == [(0.0, False)]


async def test_it_ends_with_its_piece_of_talk() -> None:
    house, contact = await talking()
    await house.desk.pause_recording("maria", contact.id)
    house.clock.pass_s(5)
    await house.desk.leg_broke("n/b/1")
    assert masks(house, contact) == [(5.0, False)]
    with pytest.raises(NotAllowedNow):
        await house.desk.pause_recording("maria", contact.id)


async def test_only_in_a_talk_of_ones_own() -> None:
    house, contact = await talking()
    with pytest.raises(NotAllowedNow):
        await house.desk.pause_recording("ilya", contact.id)
    await house.desk.talk_ended("n/b/1")
    with pytest.raises(NotAllowedNow):
        await house.desk.pause_recording("maria", contact.id)


def test_the_parts_are_those_inside_the_recording() -> None:
    first = closed(opened((), LATER, LATER + timedelta(seconds=60)), LATER + timedelta(seconds=8))
    both = opened(first, LATER + timedelta(seconds=20), LATER + timedelta(seconds=80))
    assert is_open(both)
    assert parts(both, AT, 60.0) == ((30.0, 8.0), (50.0, 10.0))
    assert parts(both, LATER + timedelta(seconds=4), 10.0) == ((0.0, 4.0),)
    assert parts(both, LATER + timedelta(seconds=90), 10.0) == ()
    assert masks_of(told(both)) == both


def test_a_clock_that_goes_back_makes_none_shorter_than_nothing() -> None:
    assert closed((Mask(LATER, LATER),), AT) == (Mask(LATER, LATER, False),)
