"""Stories of places in a queue: how long it takes, where overflow sends them, kept, held back and given up."""

from dataclasses import replace
from datetime import timedelta

from cordboard.queue.agent import AgentState
from cordboard.queue.channel import OfferFailure
from cordboard.queue.contact import ContactState
from cordboard.queue.reconcile import LegState, LiveLeg
from cordboard.queue.routing import Obstacle
from cordboard.queue.setup import (
    OverflowAction,
    OverflowRule,
    OverflowWhen,
)
from cordboard.queue.skill import Relaxing
from tests.fakes.two_queues import CLAIMS, ORDERS, VOICE, House


async def test_who_waits_too_long_moves_to_another_queue_with_his_age() -> None:
    moves = OverflowRule(OverflowWhen.WAIT, OverflowAction.OTHER_QUEUE, 60, "orders")
    house = await House().open(ORDERS, replace(CLAIMS, overflow=(moves,), relaxing=Relaxing()), ready=("ilya",))
    call = await house.arrive(VOICE, "n/b/1", "claims")
    await house.pass_s(59)
    assert house.now(call).queue == "claims"
    await house.pass_s(1)
    moved = house.now(call)
    assert (moved.queue, moved.agent_id, moved.arrived_at) == ("orders", "ilya", call.arrived_at)


async def test_a_full_queue_says_so_to_who_comes() -> None:
    house = await House().open(replace(ORDERS, max_waiting=1))
    first = await house.arrive(VOICE, "n/b/1")
    second = await house.arrive(VOICE, "n/b/2")
    assert house.now(first).state is ContactState.QUEUED
    gone = await house.ended(second)
    assert (gone.state, gone.lost_reason) == (ContactState.OVERFLOWED, "full")
    assert house.calls.told == [("dismiss_full", second.id, "")]


async def test_a_call_back_is_offered_once_and_the_caller_waits_on() -> None:
    offers = OverflowRule(OverflowWhen.WAIT, OverflowAction.CALLBACK, 10)
    house = await House().open(replace(ORDERS, overflow=(offers,)))
    call = await house.arrive(VOICE, "n/b/1")
    for _ in range(3):
        await house.pass_s(10)
    assert house.calls.told == [("dismiss_callback", call.id, "")]
    assert house.now(call).state is ContactState.QUEUED


async def test_a_kept_place_is_called_before_those_who_came_later() -> None:
    house = await House().open()
    early = await house.arrive(VOICE, "n/b/1", address="+79000000001")
    await house.pass_s(5)
    late = await house.arrive(VOICE, "n/b/2")
    kept = await house.desk.keep_place("n/b/1", "+79000000001")
    assert kept is not None
    assert (kept.arrived_at, kept.wire_key) == (early.arrived_at, f"callback/{early.id}")
    assert (await house.ended(early)).state is ContactState.OVERFLOWED
    legs = {"n/b/2": LiveLeg("n/b/2", LegState.WAITING)}
    await house.desk.reconcile(VOICE, legs, "n/b/")  # nobody is on the kept one's line, and that is right
    assert house.desk.contact(kept.id) is not None
    await house.sit_down("ilya")
    assert house.calls.told[-1][1:] == (kept.id, "ilya")
    assert house.now(late).state is ContactState.QUEUED
    await house.desk.reached(kept.wire_key, "n/b/9")
    await house.desk.talk_began("n/b/9", "ilya")
    assert house.now(kept).state is ContactState.CONNECTED


async def test_a_kept_place_whose_customer_does_not_answer_is_tried_again_and_not_for_ever() -> None:
    house = await House().open()
    await house.arrive(VOICE, "n/b/1", address="+79000000001")
    kept = await house.desk.keep_place("n/b/1", "+79000000001")
    assert kept is not None
    await house.sit_down("ilya")
    for tries in (1, 2, 3):
        assert (house.now(kept).state, house.now(kept).tries) == (ContactState.OFFERED, tries)
        await house.desk.offer_failed(kept.wire_key, OfferFailure.UNREACHABLE_CUSTOMER)
        assert house.state("ilya") is AgentState.READY
        if tries < 3:
            why = house.desk.why_contact(kept.id)
            assert why is not None
            assert why.obstacles[Obstacle.LATER] == 1
            await house.pass_s(300)
    gone = await house.ended(kept)
    assert (gone.state, gone.lost_reason) == (ContactState.ABANDONED, "callback_unreached")


async def test_the_place_and_the_expected_wait() -> None:
    house = await House().open(ready=("ilya",))
    busy = await house.arrive(VOICE, "n/b/0")
    await house.desk.talk_began("n/b/0", "ilya")
    calls = [await house.arrive(VOICE, f"n/b/{number}") for number in (1, 2)]
    places = [house.desk.place(call.id) for call in calls]
    assert [(place.position, place.waiting, place.expected_s) for place in places if place] == [
        (1, 2, 240.0),
        (2, 2, 480.0),
    ]
    assert house.desk.place(busy.id) is None


async def test_who_is_held_back_keeps_his_place_and_no_rule_moves_him() -> None:
    gives_up = OverflowRule(OverflowWhen.WAIT, OverflowAction.MESSAGE, 30)
    house = await House().open(replace(ORDERS, overflow=(gives_up,)), ready=("ilya",))
    await house.desk.log_out("ilya")
    busy = await house.arrive(VOICE, "n/b/1")
    later = await house.arrive(VOICE, "n/b/2")
    until = house.clock.now() + timedelta(seconds=300)
    assert await house.desk.hold_back("n/b/1", until)
    place = house.desk.place(busy.id)
    assert place is not None
    assert place.position == 1
    why = house.desk.why_contact(busy.id)
    assert why is not None
    assert why.not_before == until
    await house.desk.ready("ilya")
    assert house.now(later).agent_id == "ilya"
    await house.pass_s(60)
    assert house.now(busy).state is ContactState.QUEUED
    assert house.calls.told[-1][1] == later.id  # nothing was said to the one who is busy
    assert await house.desk.hold_back("n/b/1", None)
    await house.pass_s(1)
    assert (await house.ended(busy)).lost_reason == "message"


async def test_a_place_that_is_held_back_is_free_by_itself_in_the_end() -> None:
    house = await House().open(ORDERS)
    busy = await house.arrive(VOICE, "n/b/1")
    await house.desk.hold_back("n/b/1", house.clock.now() + timedelta(seconds=300))
    await house.sit_down("ilya")
    await house.pass_s(298)
    assert house.now(busy).state is ContactState.QUEUED
    await house.pass_s(2)
    assert house.now(busy).agent_id == "ilya"


async def test_who_is_offered_is_not_held_back() -> None:
    house = await House().open(ORDERS, ready=("ilya",))
    call = await house.arrive(VOICE, "n/b/1")
    assert not await house.desk.hold_back("n/b/1", house.clock.now() + timedelta(seconds=300))
    assert house.now(call).agent_id == "ilya"
    assert not await house.desk.hold_back("n/b/9", None)


async def test_who_has_booked_a_call_waits_no_more() -> None:
    house = await House().open(ORDERS)
    call = await house.arrive(VOICE, "n/b/1")
    await house.desk.hold_back("n/b/1", house.clock.now() + timedelta(seconds=300))
    await house.desk.call_booked("n/b/1")
    gone = await house.ended(call)
    assert (gone.state, gone.lost_reason) == (ContactState.OVERFLOWED, "booked")
