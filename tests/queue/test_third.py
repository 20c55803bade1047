"""A third in the talk: every step he can take, and that the customer is never left with the music."""

import pytest

from cordboard.queue import third as thirds
from cordboard.queue.agent import AgentState
from cordboard.queue.contact import Contact, ContactState
from cordboard.queue.desk import NotAllowedNow
from cordboard.queue.third import NoSuchThird, Third, after, row_of, third_of
from tests.fakes.small_desk import House
from tests.queue.test_states import LATER

C, A = ContactState, AgentState
NUMBER = "+74951234567"
THIRDS = {
    "none": None,
    "called": Third("t", number=NUMBER),
    "asked": Third("t", number=NUMBER, answered=True),
    "swapped": Third("t", number=NUMBER, answered=True, customer_held=False, held=True),
    "conference": Third("t", number=NUMBER, answered=True, customer_held=False),
}
EVENTS: dict[str, thirds.ThirdEvent] = {
    "called": thirds.ThirdCalled(LATER, "t", number=NUMBER),
    "answered": thirds.ThirdAnswered(LATER, "t"),
    "gone": thirds.ThirdGone(LATER, "t", "busy"),
    "another_gone": thirds.ThirdGone(LATER, "x", "busy"),
    "swapped": thirds.PartiesHeld(LATER, customer=False, third=True),
    "asked": thirds.PartiesHeld(LATER, customer=True, third=False),
    "joined": thirds.PartiesHeld(LATER, customer=False, third=False),
}
PLACED = {"gone": "none", "swapped": "swapped", "asked": "asked", "joined": "conference"}
TABLE = {
    "none": {"called": "called"},
    "called": {"answered": "asked", "gone": "none"},
    "asked": PLACED,
    "swapped": PLACED,
    "conference": PLACED,
}


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("state", THIRDS)
def test_each_third_with_each_event(state: str, event: str) -> None:
    expected = TABLE[state].get(event)
    if expected is None:
        with pytest.raises(NoSuchThird):
            after(THIRDS[state], EVENTS[event])
    else:
        assert after(THIRDS[state], EVENTS[event]) == THIRDS[expected]
    assert third_of(row_of(THIRDS[state])) == THIRDS[state]


async def talking(*ready: str) -> tuple[House, Contact]:
    house = await House().open(*(ready or ("maria",)))
    contact = await house.call()
    await house.desk.talk_began("n/b/1", "maria")
    house.wire.told.clear()
    return house, contact


def third_of_talk(house: House, contact: Contact) -> Third:
    found = house.desk.contact(contact.id)
    assert found is not None
    assert found.third is not None
    return found.third


async def asking(house: House, contact: Contact, agent: str | None = None) -> Third:
    await house.desk.thirds.call("maria", contact.id, agent=agent, number="" if agent else NUMBER)
    third = third_of_talk(house, contact)
    await house.desk.thirds.answered(third.id)
    return third_of_talk(house, contact)


async def test_a_number_is_asked_placed_and_let_go() -> None:
    house, contact = await talking()
    await asking(house, contact)
    await house.desk.thirds.hold("maria", contact.id, customer=False, third=True)
    await house.desk.thirds.hold("maria", contact.id, customer=False, third=False)
    house.desk.thirds.heard_gone.append(lambda *_told: pytest.fail("he let him go himself"))
    await house.desk.thirds.drop("maria", contact.id)
    called, *placed = house.wire.told
    assert called == ("CallThird", contact.id, NUMBER)
    assert [what for what, *_ in placed] == ["ArrangeParties", "ArrangeParties", "ArrangeParties", "DropThird"]
    assert (await house.state(contact), house.agent("maria")) == (C.CONNECTED, A.BUSY)


@pytest.mark.parametrize("reason", ["busy", "no_answer", "person"])
async def test_whatever_becomes_of_him_the_customer_is_with_the_operator_again(reason: str) -> None:
    house, contact = await talking("maria", "ilya")
    third = await asking(house, contact, agent="ilya")
    assert house.agent("ilya") is A.RESERVED
    heard: list[tuple[str | None, str]] = []
    house.desk.thirds.heard_gone.append(lambda talk, why: heard.append((talk.agent_id, why)))
    await house.desk.thirds.gone(third.id, reason)
    assert house.wire.told[-1] == ("ArrangeParties", contact.id, "")
    assert (await house.state(contact), house.agent("ilya")) == (C.CONNECTED, A.READY)
    await house.desk.thirds.gone(third.id, reason)  # told twice
    assert heard == [("maria", reason)], "the operator is told why, once"


async def test_an_operator_who_was_asked_gets_the_customer_as_his_own() -> None:
    house, contact = await talking("maria", "ilya")
    await asking(house, contact, agent="ilya")
    house.wire.told.clear()
    await house.desk.thirds.complete("maria", contact.id)
    assert house.wire.told == [
        ("DropThird", contact.id, "ilya"),
        ("return", contact.id, "maria"),
        ("auto_offer", contact.id, "ilya"),
    ]
    assert (house.agent("maria"), house.agent("ilya")) == (A.READY, A.RESERVED)


async def test_a_number_that_was_asked_takes_the_customer_away_and_the_operator_wraps_up() -> None:
    house, contact = await talking()
    with pytest.raises(NotAllowedNow):
        await house.desk.thirds.complete("maria", contact.id)
    await asking(house, contact)
    await house.desk.thirds.complete("maria", contact.id)
    assert house.wire.told[-1] == ("SendAway", contact.id, NUMBER)
    assert (await house.state(contact), house.agent("maria")) == (C.WRAP_UP, A.WRAP_UP)


async def test_a_blind_transfer_outside_ends_with_the_answer_and_otherwise_comes_back() -> None:
    house, contact = await talking()
    await house.desk.thirds.call("maria", contact.id, number=NUMBER, blind=True)
    await house.desk.thirds.gone(third_of_talk(house, contact).id, "busy")
    assert await house.state(contact) is C.CONNECTED
    await house.desk.thirds.call("maria", contact.id, number=NUMBER, blind=True)
    await house.desk.thirds.answered(third_of_talk(house, contact).id)
    assert await house.state(contact) is C.WRAP_UP


@pytest.mark.parametrize("state", ["absent", "busy", "paused", "self", "nobody"])
async def test_who_is_not_free_is_not_called_and_nothing_happens(state: str) -> None:
    house, contact = await talking("maria") if state == "absent" else await talking("maria", "ilya")
    if state == "busy":
        await house.call("n/b/2")
        await house.desk.talk_began("n/b/2", "ilya")
        house.wire.told.clear()
    if state == "paused":
        await house.desk.pause("ilya", "lunch")
    with pytest.raises(NotAllowedNow):
        await house.desk.thirds.call("maria", contact.id, agent={"self": "maria", "nobody": "x"}.get(state, "ilya"))
    assert house.wire.told == []
    assert await house.state(contact) is C.CONNECTED


async def test_one_whom_the_wire_cannot_call_is_refused_and_the_customer_taken_back() -> None:
    house, contact = await talking()
    house.wire.deaf = True
    with pytest.raises(NotAllowedNow):
        await house.desk.thirds.call("maria", contact.id, number=NUMBER)
    assert house.wire.told == [("ArrangeParties", contact.id, "")]


async def test_only_in_a_talk_of_ones_own_and_one_at_a_time() -> None:
    house, contact = await talking("maria", "ilya")
    with pytest.raises(NotAllowedNow):
        await house.desk.thirds.call("ilya", contact.id, number=NUMBER)
    await asking(house, contact)
    with pytest.raises(NotAllowedNow):
        await house.desk.thirds.call("maria", contact.id, agent="ilya")
    await house.desk.thirds.drop("maria", contact.id)
    await house.desk.hold_changed("n/b/1", held=True)
    with pytest.raises(NotAllowedNow):
        await house.desk.thirds.call("maria", contact.id, number=NUMBER)


async def test_a_customer_who_leaves_frees_the_one_who_was_asked_when_his_leg_ends() -> None:
    house, contact = await talking("maria", "ilya")
    third = await asking(house, contact, agent="ilya")
    await house.desk.customer_left("n/b/1", "cause_16")
    assert house.agent("ilya") is A.RESERVED
    await house.desk.thirds.gone(third.id, "person")
    assert house.agent("ilya") is A.READY


async def test_whoever_is_free_in_a_queue_is_asked_and_gets_the_customer_there() -> None:
    house, contact = await talking("maria", "ilya")
    await house.desk.register("ilya", "Ilya", "agent-ilya", ["claims", "orders"])
    await house.desk.thirds.call("maria", contact.id, queue="claims")
    third = third_of_talk(house, contact)
    assert (third.agent_id, third.queue) == ("ilya", "claims")
    await house.desk.thirds.answered(third.id)
    await house.desk.thirds.complete("maria", contact.id)
    again = house.desk.contact(contact.id)
    assert again is not None
    assert (again.queue, again.agent_id) == ("claims", "ilya")


@pytest.mark.parametrize("why", ["nobody_serves_it", "himself_alone", "busy"])
async def test_a_queue_where_nobody_is_free_is_a_refusal_and_nothing_happens(why: str) -> None:
    house, contact = await talking("maria", "ilya")
    if why == "himself_alone":
        await house.desk.register("maria", "Maria", "agent-maria", ["claims", "orders"])
    if why == "busy":
        await house.desk.register("ilya", "Ilya", "agent-ilya", ["claims", "orders"])
        await house.call("n/b/2")
        house.wire.told.clear()
    with pytest.raises(NotAllowedNow):
        await house.desk.thirds.call("maria", contact.id, queue="claims")
    assert house.wire.told == []
    assert await house.state(contact) is C.CONNECTED
