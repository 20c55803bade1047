"""A talk whose page does not come back goes on on the operator's own telephone, if he has one; else the customer is the first in line."""

import pytest

from cordboard.queue.agent import AgentState
from cordboard.queue.channel import OWN_PHONE_AFTER_S, PERSONAL_S, OfferFailure
from cordboard.queue.contact import Contact, ContactState
from tests.fakes.small_desk import House

C, A = ContactState, AgentState
OWN = "+79160000009"


async def parted(own_number: str = OWN) -> tuple[House, Contact]:
    """Maria's page is gone, her leg broke, and nobody else is at work."""
    house = await House().open("maria")
    await house.desk.register("maria", "Maria", "agent-maria", ["orders"], own_number=own_number)
    contact = await house.call()
    await house.desk.talk_began("n/b/1", "maria")
    await house.desk.page_closed("maria", "tab-maria")
    await house.desk.device_changed("maria", up=False)
    await house.desk.leg_broke("n/b/1")
    house.wire.told.clear()
    return house, contact


async def later(house: House, seconds: float) -> None:
    house.clock.pass_s(seconds)
    await house.desk.tick()


def now_of(house: House, contact: Contact) -> Contact:
    found = house.desk.contact(contact.id)
    assert found is not None
    return found


async def test_he_is_called_there_after_a_while_and_the_talk_goes_on_without_a_page() -> None:
    house, contact = await parted()
    await later(house, OWN_PHONE_AFTER_S - 1)
    assert house.wire.told == []
    await later(house, 1)
    assert house.wire.told == [("auto_offer", contact.id, "maria")]
    assert now_of(house, contact).own_phone
    await later(house, 20)
    await house.desk.talk_began("n/b/1", "maria")
    await later(house, 600)
    assert (await house.state(contact), house.agent("maria"), now_of(house, contact).own_phone) == (
        C.CONNECTED,
        A.BUSY,
        True,
    )
    await house.desk.page_opened("maria", "another tab")
    assert await house.state(contact) is C.CONNECTED, "a page that comes back later takes nothing away"
    await house.desk.talk_ended("n/b/1")
    assert (await house.state(contact), now_of(house, contact).own_phone) == (C.WRAP_UP, False)


@pytest.mark.parametrize("how", ["refused", "silent"])
async def test_where_he_is_not_there_either_the_customer_is_for_anybody(how: str) -> None:
    house, contact = await parted()
    await later(house, OWN_PHONE_AFTER_S)
    if how == "refused":
        await house.desk.offer_failed("n/b/1", OfferFailure.DECLINED)
    else:
        await later(house, 60)
    waits = now_of(house, contact)
    assert (waits.state, waits.for_agent, waits.own_phone) == (C.QUEUED, None, False)
    await later(house, 60)
    assert ("auto_offer", contact.id, "maria") not in house.wire.told[1:], "he is called there once"
    await house.sit_down("ilya")
    assert now_of(house, contact).agent_id == "ilya"


async def test_without_a_number_nobody_is_called_and_the_first_free_takes_him() -> None:
    house, contact = await parted("")
    await house.sit_down("ilya")
    await later(house, OWN_PHONE_AFTER_S)
    assert house.wire.told == []
    await later(house, PERSONAL_S)
    assert now_of(house, contact).agent_id == "ilya"


async def test_a_page_that_is_back_in_time_is_joined_as_ever() -> None:
    house, contact = await parted()
    await later(house, 2)
    await house.desk.page_opened("maria", "another tab")
    await house.desk.device_changed("maria", up=True)
    assert house.wire.told == [("auto_offer", contact.id, "maria")]
    assert not now_of(house, contact).own_phone


async def test_another_engine_leaves_a_talk_on_his_own_telephone_alone() -> None:
    house, contact = await parted()
    await later(house, OWN_PHONE_AFTER_S)
    await house.desk.talk_began("n/b/1", "maria")
    again = await House(house.journal, house.clock).open()
    await later(again, 600)
    assert await again.state(contact) is C.CONNECTED
