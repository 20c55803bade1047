"""Stories of the one queue: chats and calls in one pair of hands, customers passed on, known and moved forward, and why."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cordboard.queue.agent import AgentState
from cordboard.queue.capacity import Capacity
from cordboard.queue.channel import OfferFailure
from cordboard.queue.contact import ContactState
from cordboard.queue.desk import NotAllowedNow
from cordboard.queue.reception import Known
from cordboard.queue.routing import Obstacle
from cordboard.queue.setup import (
    Lift,
)
from cordboard.queue.skill import Need
from tests.fakes.two_queues import CHAT, CLAIMS, ORDERS, VOICE, House, setup_of


async def test_two_chats_and_a_call_in_one_pair_of_hands() -> None:
    house = await House().open(ready=("maria",))
    first, second = await house.arrive(CHAT, "chat/1"), await house.arrive(CHAT, "chat/2")
    for chat in (first, second):
        await house.desk.accept("maria", chat.id)
    call = await house.arrive(VOICE, "n/b/1")
    assert house.calls.told == [("offer", call.id, "maria")]
    await house.desk.talk_began("n/b/1", "maria")
    third = await house.arrive(CHAT, "chat/3")
    assert house.now(third).state is ContactState.QUEUED
    assert [one.id for one in house.desk.contacts_with("maria")][0] == call.id
    await house.desk.talk_ended("n/b/1")
    await house.desk.dispose("maria", call.id, "consulted")
    assert house.now(third).agent_id == "maria"
    assert house.state("maria") is AgentState.RESERVED


async def test_a_chat_is_accepted_at_the_desk_and_a_call_is_not() -> None:
    house = await House().open(ready=("maria",))
    chat = await house.arrive(CHAT, "chat/1")
    await house.desk.accept("maria", chat.id)
    await house.desk.accept("maria", chat.id)
    assert [what for what, *_ in house.chats.told] == ["offer", "accepted"]
    call = await house.arrive(VOICE, "n/b/1")
    with pytest.raises(NotAllowedNow):
        await house.desk.accept("maria", call.id)


async def test_a_chat_is_ended_by_the_agent_and_closed_with_a_result() -> None:
    house = await House().open(ready=("maria",))
    chat = await house.arrive(CHAT, "chat/1")
    await house.desk.accept("maria", chat.id)
    await house.desk.hang_up("maria", chat.id)
    assert house.chats.told[-1] == ("hang_up", chat.id, "")
    assert house.now(chat).state is ContactState.WRAP_UP
    await house.desk.dispose("maria", chat.id, "consulted")
    assert (await house.ended(chat)).state is ContactState.CLOSED
    assert house.state("maria") is AgentState.READY


async def test_a_chat_outlives_a_short_loss_of_the_page_that_would_part_a_call() -> None:
    house = await House().open(ready=("maria",))
    chat = await house.arrive(CHAT, "chat/1")
    await house.desk.accept("maria", chat.id)
    await house.desk.page_closed("maria", "tab-maria")
    await house.pass_s(30)
    assert house.now(chat).state is ContactState.CONNECTED
    await house.pass_s(31)
    assert (house.now(chat).state, house.now(chat).for_agent) == (ContactState.QUEUED, "maria")


async def test_a_customer_is_passed_on_to_a_queue_and_keeps_his_age() -> None:
    house = await House().open(ready=("ilya",))
    chat = await house.arrive(CHAT, "chat/1")
    await house.desk.accept("ilya", chat.id)
    await house.pass_s(40)
    await house.desk.transfer("ilya", chat.id, queue="claims")
    waits = house.now(chat)
    assert (waits.state, waits.queue, waits.arrived_at) == (ContactState.QUEUED, "claims", chat.arrived_at)
    assert waits.needs == CLAIMS.needs
    assert house.chats.told[-1] == ("return", chat.id, "ilya")
    assert house.state("ilya") is AgentState.READY


async def test_a_customer_is_passed_on_to_an_agent_who_alone_may_take_him_for_a_while() -> None:
    house = await House().open(ready=("ilya", "maria"))
    chat = await house.arrive(CHAT, "chat/1")
    await house.desk.accept("ilya", chat.id)
    busy = await house.arrive(VOICE, "n/b/1")
    await house.desk.talk_began("n/b/1", str(house.now(busy).agent_id))
    await house.desk.transfer("ilya", chat.id, agent="maria")
    waits = house.now(chat)
    assert (waits.state, waits.for_agent) == (ContactState.QUEUED, "maria")
    await house.pass_s(31)
    assert (house.now(chat).state, house.now(chat).agent_id) == (ContactState.OFFERED, "ilya")


@pytest.mark.parametrize(("queue", "agent"), [("nowhere", None), (None, None), (None, "ilya"), (None, "nobody")])
async def test_nobody_is_passed_on_to_where_nobody_is(queue: str | None, agent: str | None) -> None:
    house = await House().open(ready=("maria",))
    chat = await house.arrive(CHAT, "chat/1")
    await house.desk.accept("maria", chat.id)
    with pytest.raises(NotAllowedNow):
        await house.desk.transfer("maria", chat.id, queue=queue, agent=agent)
    assert house.now(chat).state is ContactState.CONNECTED


async def test_a_need_that_nobody_meets_relaxes_and_is_explained() -> None:
    house = await House().open(ready=("maria",))
    call = await house.arrive(VOICE, "n/b/1", "claims")
    why = house.desk.why_contact(call.id)
    assert why is not None
    assert [(each.agent_id, each.obstacle, each.lacks) for each in why.agents] == [
        ("maria", Obstacle.SKILL, (Need("lamps", 3),))
    ]
    assert why.relaxes_at == call.arrived_at + timedelta(seconds=30)
    assert (why.elsewhere, why.place is not None and why.place.position) == (1, 1)
    seen = house.desk.why_agent("maria")
    assert [(each.contact_id, each.obstacle) for each in seen.contacts] == [(call.id, Obstacle.SKILL)]
    await house.pass_s(30)
    assert house.now(call).agent_id == "maria"


async def test_a_dear_order_goes_first_and_says_so() -> None:
    known = {"+7900": Known("c", "o", frozenset({Lift.DEAR_ORDER}))}
    house = await House(known).open()
    plain = await house.arrive(VOICE, "n/b/1")
    await house.pass_s(20)
    dear = await house.arrive(VOICE, "n/b/2", address="+7900")
    assert house.now(dear).lifts == ("dear_order",)
    why = house.desk.why_contact(plain.id)
    assert why is not None
    assert why.ahead == (dear.id,)
    await house.sit_down("ilya")
    assert house.now(dear).agent_id == "ilya"


async def test_a_returning_customer_waits_a_little_for_the_agent_he_knows() -> None:
    sticky = replace(ORDERS, sticky_s=15)
    house = await House({"+7900": Known("customer")}).open(sticky, ready=("ilya", "maria"))
    first = await house.arrive(CHAT, "chat/1", address="+7900")
    await house.desk.accept("ilya", first.id)
    await house.desk.hang_up("ilya", first.id)
    await house.desk.dispose("ilya", first.id, "consulted")
    taken = await house.arrive(VOICE, "n/b/1")
    await house.desk.talk_began("n/b/1", str(house.now(taken).agent_id))
    other = await house.arrive(VOICE, "n/b/2")
    await house.desk.talk_began("n/b/2", str(house.now(other).agent_id))
    await house.desk.talk_ended("n/b/1" if house.now(taken).agent_id == "maria" else "n/b/2")
    again = await house.arrive(VOICE, "n/b/3", address="+7900")
    assert (house.now(again).state, house.now(again).for_agent) == (ContactState.QUEUED, "ilya")
    maria = taken if house.now(taken).agent_id == "maria" else other
    await house.desk.dispose("maria", maria.id, "consulted")
    assert house.now(again).state is ContactState.QUEUED
    await house.pass_s(15)
    assert house.now(again).agent_id == "maria"


async def test_another_setup_acts_at_once_on_those_who_wait() -> None:
    house = await House().open(ready=("maria",))
    call = await house.arrive(VOICE, "n/b/1", "claims")
    assert house.now(call).state is ContactState.QUEUED
    await house.desk.apply(setup_of(ORDERS, replace(CLAIMS, needs=(Need("lamps", 2),))))
    assert house.now(call).agent_id == "maria"


async def test_a_setup_that_cannot_be_written_down_is_not_in_force() -> None:
    house = await House().open(ready=("maria",))
    call = await house.arrive(VOICE, "n/b/1", "claims")
    house.journal.broken = True
    with pytest.raises(OSError, match="disk full"):
        await house.desk.apply(setup_of(ORDERS, replace(CLAIMS, needs=())))
    house.journal.broken = False
    assert house.desk.setup.rules("claims").needs == CLAIMS.needs
    await house.pass_s(1)
    assert house.now(call).state is ContactState.QUEUED


async def test_an_arrival_that_cannot_be_written_down_leaves_no_ghost_in_the_line() -> None:
    house = await House().open()
    house.journal.broken = True
    with pytest.raises(OSError, match="disk full"):
        await house.arrive(VOICE, "n/b/1")
    house.journal.broken = False
    call = await house.arrive(VOICE, "n/b/2")
    place = house.desk.place(call.id)
    assert place is not None
    assert (place.position, place.waiting) == (1, 1)
    await house.sit_down("ilya")
    assert house.now(call).agent_id == "ilya"


async def test_missed_offers_are_remembered_with_their_reason() -> None:
    house = await House().open(ready=("maria",))
    since = house.clock.now()
    call = await house.arrive(VOICE, "n/b/1")
    await house.desk.offer_failed("n/b/1", OfferFailure.NO_ANSWER)
    await house.desk.ready("maria")
    await house.desk.decline("maria", call.id)
    missed = await house.desk.missed_offers("maria", since)
    assert [(each.contact_id, each.reason) for each in missed] == [(call.id, "declined"), (call.id, "no_answer")]
    assert await house.desk.missed_offers("maria", house.clock.now() + timedelta(seconds=1)) == []


async def test_a_task_whose_contact_is_gone_does_not_stick() -> None:
    house = await House().open(ready=("maria",))
    call = await house.arrive(VOICE, "n/b/1")
    await house.desk.talk_began("n/b/1", "maria")
    house.desk._book.contacts.pop(call.id)
    await house.pass_s(6)
    assert house.state("maria") is AgentState.READY
    assert house.desk.late_events["task without a contact"] == 1


async def test_an_exclusive_operator_is_kept_for_a_call_and_it_is_explained() -> None:
    house = await House().open(ready=("maria",))
    only = Capacity({VOICE: 1, CHAT: 2}, {VOICE: frozenset(), CHAT: frozenset()})
    await house.desk.register("maria", "Maria", "agent-maria", ["orders"], capacity=only)
    chat = await house.arrive(CHAT, "chat/1")
    await house.desk.accept("maria", chat.id)
    call = await house.arrive(VOICE, "n/b/1")
    later = await house.arrive(CHAT, "chat/2")
    seen = house.desk.why_agent("maria")
    assert seen.kept_for == call.id
    assert [(each.contact_id, each.obstacle) for each in seen.contacts] == [
        (call.id, Obstacle.IN_THE_WAY),
        (later.id, Obstacle.KEPT),
    ]
    await house.desk.hang_up("maria", chat.id)
    await house.desk.dispose("maria", chat.id, "consulted")
    assert house.now(call).agent_id == "maria"


async def test_hands_kept_for_a_call_are_free_when_no_call_can_come() -> None:
    house = await House().open(ready=("maria",))
    only = Capacity({VOICE: 1, CHAT: 2}, {VOICE: frozenset(), CHAT: frozenset()})
    await house.desk.register("maria", "Maria", "agent-maria", ["orders"], capacity=only)
    chat = await house.arrive(CHAT, "chat/1")
    await house.desk.accept("maria", chat.id)
    await house.arrive(VOICE, "n/b/1")
    later = await house.arrive(CHAT, "chat/2")
    assert house.now(later).state is ContactState.QUEUED
    await house.desk.wire_changed(VOICE, up=False)
    assert house.now(later).agent_id == "maria"
