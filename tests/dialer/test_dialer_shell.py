"""The dialer at work, with the real desk and real tables: who is dialed, when, for whom, and what comes of it."""

import asyncio
from datetime import timedelta

import pytest

from cordboard.dialer.dialer import REST_S
from cordboard.dialer.lead import LeadState
from cordboard.dialer.priority import Weights
from cordboard.queue.agent import AgentState
from cordboard.queue.channel import AttemptOutcome, ChannelKind, Direction
from cordboard.shop.order import OrderStatus
from tests.fakes.dial_house import DialHouse, an_order, phone


async def test_an_order_is_dialed_talked_about_and_done(house: DialHouse) -> None:
    await house.open("maria")
    order = await house.order(1, 5_000)
    await house.tick()
    assert house.telephones.numbers == [phone(1)]
    assert house.telephones.ring_timeouts == [30]
    assert house.state_of("maria") is AgentState.RESERVED
    contact = await house.talk(house.ringing())
    assert (contact.direction, contact.for_agent, contact.order_id) == (Direction.OUTBOUND, "maria", order.id)
    assert (contact.address, contact.attempt_id, contact.queue) == (phone(1), house.ringing(), "orders")
    await house.finish(house.ringing(), "confirmed")
    lead = await house.lead_of(order)
    assert (lead.state, lead.disposition, lead.last_outcome) == (LeadState.DONE, "confirmed", "person")
    assert house.state_of("maria") is AgentState.READY
    await house.tick(pass_s=86_400)
    assert len(house.telephones.dialed) == 1


async def test_ten_orders_in_the_order_of_their_worth_and_after_new_weights_in_the_new_one(house: DialHouse) -> None:
    campaign = await house.open("maria")
    for number, (total, age) in enumerate(
        [(3, 1), (9, 8), (5, 0), (1, 6), (8, 2), (2, 9), (7, 4), (4, 3), (6, 7), (10, 5)]
    ):
        await house.order(number, total * 1000, hours_ago=age)
    for _ in range(4):
        await house.tick()
        await house.serve()
    await house.dialer.set_weights(campaign.id, Weights(order_sum=0, age=1, attempts=0), "oleg")
    for _ in range(6):
        await house.tick()
        await house.serve()
    by_worth, by_age = [4, 9, 2, 6], [5, 1, 8, 3, 7, 0]  # 9 and 2 are worth the same, 9 was placed first
    assert house.telephones.numbers == [phone(number) for number in (*by_worth, *by_age)]


async def test_one_call_for_each_idle_operator_and_no_more(house: DialHouse) -> None:
    await house.open("maria", "ilya")
    for number in range(5):
        await house.order(number, 1_000)
    for _ in range(3):
        await house.tick()
    assert len(house.telephones.dialed) == 2
    await house.hang_up(house.ringing(), AttemptOutcome.BUSY)
    await house.tick()
    assert len(house.telephones.dialed) == 3


async def test_a_waiting_caller_goes_first(house: DialHouse) -> None:
    await house.open("maria")
    await house.desk.pause("maria", "lunch")
    await house.caller("in-1")
    await house.order(1, 1_000)
    await house.desk.wire_changed(ChannelKind.VOICE, up=False)
    await house.desk.ready("maria")  # the desk cannot offer to her just now, but the caller is hers
    await house.tick()
    assert house.telephones.dialed == []


@pytest.mark.parametrize(
    ("outcome", "delay_s"),
    [
        (AttemptOutcome.BUSY, 300),
        (AttemptOutcome.NO_ANSWER, 3600),
        (AttemptOutcome.REJECTED, 7200),
        (AttemptOutcome.CONGESTION, 60),
        (AttemptOutcome.TRUNK_TROUBLE, 60),
        (AttemptOutcome.UNKNOWN, 900),
    ],
)
async def test_each_outcome_waits_as_its_rule_says(house: DialHouse, outcome: AttemptOutcome, delay_s: int) -> None:
    await house.open("maria")
    await house.order(1, 1_000)
    await house.tick()
    await house.hang_up(house.ringing(), outcome)
    assert house.state_of("maria") is AgentState.READY
    await house.tick(pass_s=delay_s - 1)
    assert len(house.telephones.dialed) == 1
    await house.tick(pass_s=1)
    assert len(house.telephones.dialed) == 2


async def test_an_invalid_number_is_never_dialed_again(house: DialHouse) -> None:
    await house.open("maria")
    order = await house.order(1, 1_000)
    await house.tick()
    await house.hang_up(house.ringing(), AttemptOutcome.INVALID)
    await house.tick(pass_s=10**6)
    assert len(house.telephones.dialed) == 1
    assert (await house.lead_of(order)).state is LeadState.DONE


async def test_a_promised_call_is_dialed_at_its_minute_before_all_others_and_once(house: DialHouse) -> None:
    await house.open("maria")
    order = await house.order(1, 100)
    await house.tick()
    await house.talk(house.ringing())
    at = house.clock.now() + timedelta(hours=27)
    await house.finish(house.ringing(), "postponed", callback_at=at)
    await house.desk.pause("maria", "night")
    house.clock.pass_s(27 * 3600 - 60)
    await house.order(2, 900_000)
    await house.order(3, 800_000)
    await house.desk.ready("maria")
    await house.tick()
    await house.hang_up(house.ringing(), AttemptOutcome.NO_ANSWER)
    assert house.clock.now() < at
    await house.desk.pause("maria", "tea")
    await house.tick(pass_s=60)
    await house.desk.ready("maria")
    await house.tick()
    assert house.telephones.numbers == [phone(1), phone(2), phone(1)]
    await house.serve()
    await house.tick(pass_s=2)
    assert house.telephones.numbers.count(phone(1)) == 2
    assert (await house.lead_of(order)).state is LeadState.DONE


async def test_calling_hours_hold_a_lead_until_its_own_morning(house: DialHouse) -> None:
    campaign = await house.open("maria", knobs={"hours.opens_min": 540, "hours.closes_min": 1260})
    order = an_order(1, 900_000, house.clock.now())
    await house.dialer.on_order(order, phone(1), "Asia/Vladivostok")  # 22:00 there
    await house.order(2, 1_000)
    await house.tick()
    assert house.telephones.numbers == [phone(2)]
    held = await house.dialer.held_back(campaign.id)
    assert [(group.reason, group.zone, group.count) for group in held] == [("hours", "Asia/Vladivostok", 1)]
    await house.hang_up(house.ringing(), AttemptOutcome.INVALID)
    assert held[0].until is not None
    await house.tick(pass_s=(held[0].until - house.clock.now()).total_seconds() - 1)
    assert len(house.telephones.dialed) == 1
    await house.tick(pass_s=1)
    assert house.telephones.numbers == [phone(2), phone(1)]


async def test_a_paused_campaign_dials_nothing_new(house: DialHouse) -> None:
    campaign = await house.open("maria")
    await house.order(1, 1_000)
    await house.dialer.pause(campaign.id, "oleg")
    await house.tick()
    assert house.telephones.dialed == []
    await house.dialer.start(campaign.id, "oleg")
    await house.tick()
    assert len(house.telephones.dialed) == 1


async def test_doubled_and_late_reports_change_nothing(house: DialHouse) -> None:
    await house.open("maria")
    order = await house.order(1, 1_000)
    await house.tick()
    attempt_id = house.ringing()
    await house.hang_up(attempt_id, AttemptOutcome.BUSY)
    before = await house.lead_of(order)
    await house.dialer.on_ended(attempt_id, AttemptOutcome.NO_ANSWER)
    await house.dialer.on_ended("nobody", AttemptOutcome.NO_ANSWER)
    assert await house.dialer.on_answered("nobody") is None
    assert await house.lead_of(order) == before
    assert house.dialer.strays == {"end_again": 1, "end_unknown": 1, "answer_unknown": 1}


async def test_an_answer_told_twice_is_one_contact(house: DialHouse) -> None:
    await house.open("maria")
    await house.order(1, 1_000)
    await house.tick()
    await house.talk(house.ringing())
    assert await house.dialer.on_answered(house.ringing()) is None
    assert len(house.desk.contacts()) == 1


async def test_an_answer_to_a_call_that_we_gave_up_is_ended(house: DialHouse) -> None:
    await house.open("maria")
    await house.order(1, 1_000)
    await house.tick()
    attempt_id = house.ringing()
    await house.dialer.on_ended(attempt_id, AttemptOutcome.UNKNOWN)
    assert await house.dialer.on_answered(attempt_id) is None
    assert house.telephones.cancelled == [attempt_id]


async def test_a_customer_gone_before_the_operator_spoke_is_abandoned_and_called_again_soon(house: DialHouse) -> None:
    campaign = await house.open("maria")
    order = await house.order(1, 1_000)
    await house.tick()
    await house.dialer.on_answered(house.ringing())
    await house.desk.customer_left(house.ringing(), "hung_up")
    await house.desk.settle()
    await house.hang_up(house.ringing(), AttemptOutcome.PERSON)
    lead = await house.lead_of(order)
    assert (lead.state, lead.last_outcome) == (LeadState.RETRY_AT, AttemptOutcome.ABANDONED)
    assert lead.due_at == house.clock.now() + timedelta(seconds=60)
    assert house.state_of("maria") is AgentState.READY
    counters = await house.dialer.counters(campaign.id)
    standing = house.dialer.cap.standing(campaign, [campaign])
    assert standing is not None
    assert (counters.answered, standing.today_rate, standing.over) == (1, 1.0, True)


async def test_an_order_cancelled_in_the_shop_is_not_dialed(house: DialHouse) -> None:
    await house.open()
    order = await house.order(1, 1_000)
    await house.dialer.on_order(an_order(1, 1_000, order.placed_at, OrderStatus.CANCELLED), phone(1))
    assert (await house.lead_of(order)).state is LeadState.DONE


async def test_a_busy_floor_asks_it_again_soon_and_not_each_time(house: DialHouse) -> None:
    loop, turns = asyncio.get_running_loop(), asyncio.Queue[float]()
    tick = house.dialer.tick

    async def counted() -> None:
        turns.put_nowait(loop.time())
        await tick()

    house.dialer.tick = counted  # type: ignore[method-assign]
    running = asyncio.create_task(house.dialer.run())
    last = await turns.get()
    for _ in range(3):
        house.dialer.wake()
        house.dialer.wake()
        this = await turns.get()
        assert this - last > 0.9 * REST_S
        last = this
    running.cancel()
    await asyncio.wait([running])
