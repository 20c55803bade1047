"""A predictive campaign on the real desk and real tables: what its pacer hears, and that the campaign's bound stands above it."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from cordboard.dialer.campaign import Campaign, Setting
from cordboard.dialer.floor_watch import AtWork, FloorWatch
from cordboard.dialer.forecast import USUAL_ANSWER
from cordboard.dialer.pace_keeper import PaceKeeper
from cordboard.dialer.pacing import Decision, Predictive
from cordboard.dialer.pacing_memory import numbers
from cordboard.dialer.pacing_predictive import Basis
from cordboard.dialer.withdrawals import FREE
from cordboard.queue.agent import AgentState
from cordboard.queue.channel import AttemptOutcome
from cordboard.queue.contact import ContactState
from tests.fakes.dial_house import DialHouse
from tests.fakes.dial_modes import counts, orders

MOSCOW = ZoneInfo("Europe/Moscow")
PREDICTIVE: dict[str, Setting] = {"mode": "predictive"}


async def predictive(house: DialHouse, *agents: str, served: int = 400) -> Campaign:
    campaign = await house.open(*agents, knobs=PREDICTIVE)
    if served:
        await house.answered_by(served, campaign)
    return campaign


def pacer_of(house: DialHouse, campaign: Campaign) -> Predictive:
    pacer = house.dialer.pacer(campaign.id)
    assert isinstance(pacer, Predictive)
    return pacer


def dialed(pacer: Predictive) -> float:
    """How many calls its share of early failures counts, the 20 of its prior among them."""
    counted = numbers(pacer.beliefs.delay.memory(), "dialed", 2)
    assert counted is not None
    return float(counted[1])


async def nobody_answers(house: DialHouse, seconds: float = 25.0) -> None:
    """All that rings rings out, and is seen to ring before."""
    house.clock.pass_s(1)
    await house.tick()
    house.clock.pass_s(seconds - 1)
    for attempt in await house.dialer.in_flight():
        if attempt.answered_at is None:
            await house.hang_up(attempt.id, AttemptOutcome.NO_ANSWER)


async def test_who_has_seen_nothing_places_one_call_for_an_operator_and_reserves_none(house: DialHouse) -> None:
    campaign = await predictive(house, "maria", "ilya")
    await orders(house, 9)
    await house.tick()
    assert len(house.telephones.dialed) == 2
    assert {house.state_of("maria"), house.state_of("ilya")} == {AgentState.READY}
    assert pacer_of(house, campaign).basis is Basis.LEARNING


async def test_it_learns_from_what_happens_and_places_more(house: DialHouse) -> None:
    campaign = await predictive(house, "maria", "ilya")
    await orders(house, 90)
    for _ in range(12):
        await house.tick()
        await nobody_answers(house)
    await house.tick()
    pacer = pacer_of(house, campaign)
    assert pacer.beliefs.resolved >= 24
    assert pacer.beliefs.answer().mean < 0.3
    assert pacer.basis in (Basis.FORECAST, Basis.BOUND)


async def test_answers_talks_and_wrap_ups_are_heard(house: DialHouse) -> None:
    campaign = await predictive(house, "maria")
    await orders(house, 9)
    await house.tick()
    contact = await house.talk(house.ringing())
    house.clock.pass_s(1)
    await house.tick()
    assert pacer_of(house, campaign).beliefs.persons == 1
    assert pacer_of(house, campaign).budget.answered == 401  # with those whom the campaign's own counts know
    house.clock.pass_s(99)
    await house.desk.talk_ended(contact.wire_key)
    await house.tick()
    assert pacer_of(house, campaign).beliefs.talk.many == 11.0
    assert pacer_of(house, campaign).beliefs.talk.sum_s == 10 * 150 + 99.0


async def test_who_meets_nobody_is_heard_of_too(house: DialHouse) -> None:
    campaign = await predictive(house, "maria", "ilya")
    await orders(house, 9)
    await house.tick()
    first, second = (attempt_id for attempt_id, _number in house.telephones.dialed)
    await house.talk(first)
    await house.desk.pause("ilya", "lunch")
    waits = await house.dialer.on_answered(second, second)
    assert waits is not None
    assert waits.state is ContactState.QUEUED
    await house.tick()
    await house.desk.customer_left(second, "nobody_came")
    await house.hang_up(second, AttemptOutcome.ABANDONED)
    await house.tick()
    assert pacer_of(house, campaign).budget.abandoned == 1
    assert counts(house, campaign).abandoned == 1


async def test_without_room_under_the_cap_operators_are_reserved(house: DialHouse) -> None:
    await predictive(house, "maria", "ilya", served=0)
    await orders(house, 9)
    await house.tick()
    assert len(house.telephones.dialed) == 2
    assert {house.state_of("maria"), house.state_of("ilya")} == {AgentState.RESERVED}


async def test_reserved_calls_teach_while_the_bound_has_no_room(house: DialHouse) -> None:
    """Each was dialed once and ended once, and none of them was in flight for nobody."""
    campaign = await predictive(house, "maria", "ilya", served=0)
    await orders(house, 90)
    shares = []
    for _ in range(12):
        await house.tick()
        shares.append(len(await house.dialer.in_flight()))
        await nobody_answers(house)
    await house.tick()
    pacer, watch = pacer_of(house, campaign), house.dialer.pace_watch(campaign.id)
    assert shares == [2] * 12
    assert not any(attempt.is_unreserved for attempt in await house.all_attempts())
    assert pacer.beliefs.resolved == 24
    assert pacer.beliefs.answer().mean < 0.3
    assert dialed(pacer) == 20.0 + 26  # two more are in flight
    assert pacer.basis in (Basis.FORECAST, Basis.BOUND)
    assert watch is not None
    assert watch.moment is not None
    assert (watch.moment.needs, watch.moment.in_flight) == (0, 0)
    assert watch.last_minute(house.clock.monotonic()) == (0, 0)


async def test_reserved_answers_talks_and_wrap_ups_are_heard_and_prove_no_risk_right(house: DialHouse) -> None:
    campaign = await predictive(house, "maria", served=0)
    await orders(house, 9)
    await house.tick()
    price = pacer_of(house, campaign).budget.price
    house.clock.pass_s(9)
    await house.tick()
    contact = await house.talk(house.ringing())
    house.clock.pass_s(1)
    await house.tick()
    await house.tick(1)
    beliefs = pacer_of(house, campaign).beliefs
    assert (beliefs.resolved, beliefs.persons, dialed(pacer_of(house, campaign))) == (1, 1, 21.0)
    house.clock.pass_s(98)
    await house.desk.talk_ended(contact.wire_key)
    await house.hang_up(contact.wire_key, AttemptOutcome.PERSON)
    await house.tick()
    house.clock.pass_s(7)
    await house.desk.dispose("maria", contact.id, "confirmed")
    await house.tick()
    assert (beliefs.resolved, beliefs.persons) == (1, 1)
    assert beliefs.talk.seen == 1
    assert beliefs.wrap_up.seen == 1
    assert beliefs.rate.mean == pytest.approx(7 / (6 / USUAL_ANSWER + 1), abs=0.01)
    assert pacer_of(house, campaign).budget.answered == 1
    assert pacer_of(house, campaign).budget.price == price


async def test_a_reserved_call_that_is_taken_back_teaches_nothing(house: DialHouse) -> None:
    campaign = await predictive(house, "maria", served=0)
    await orders(house, 9)
    await house.tick()
    await house.tick(1)
    assert dialed(pacer_of(house, campaign)) == 21.0
    await house.desk.pause("maria", "lunch")
    await house.tick(1)
    assert len(house.telephones.cancelled) == 1
    await house.hang_up(house.ringing(), AttemptOutcome.CANCELLED)
    await house.tick(1)
    assert pacer_of(house, campaign).beliefs.resolved == 0
    assert dialed(pacer_of(house, campaign)) == 20.0


async def test_who_was_promised_a_call_tells_nothing_of_the_others(house: DialHouse) -> None:
    campaign = await predictive(house, "maria", served=0)
    await orders(house, 1)
    await house.tick()
    first = house.ringing()
    await house.talk(first)
    await house.finish(first, "postponed", callback_at=house.clock.now() + timedelta(minutes=5))
    await house.tick(1)
    assert pacer_of(house, campaign).beliefs.resolved == 1
    await house.tick(300)
    await house.tick(1)
    assert house.ringing() != first
    await house.talk(house.ringing())
    await house.tick(1)
    assert pacer_of(house, campaign).beliefs.resolved == 1
    assert dialed(pacer_of(house, campaign)) == 21.0


async def test_another_limit_holds_at_once_and_nothing_is_forgotten(house: DialHouse) -> None:
    campaign = await predictive(house, "maria")
    await orders(house, 9)
    await house.tick()
    await nobody_answers(house)
    await house.tick()
    assert pacer_of(house, campaign).beliefs.resolved == 1
    await house.dialer.set_knobs(campaign.id, {"cap.limit": 0.02}, "chief")
    house.clock.pass_s(1)
    await house.tick()
    assert pacer_of(house, campaign).info.abandonment_limit == 0.02
    assert pacer_of(house, campaign).beliefs.resolved == 1


async def test_a_paused_campaign_is_listened_to_and_not_dialed(house: DialHouse) -> None:
    campaign = await predictive(house, "maria")
    await orders(house, 9)
    await house.tick()
    await house.dialer.pause(campaign.id, "chief")
    house.clock.pass_s(25)
    await house.hang_up(house.ringing(), AttemptOutcome.BUSY)
    await house.tick()
    assert pacer_of(house, campaign).beliefs.resolved == 1
    assert len(house.telephones.dialed) == 1


async def test_what_was_learned_and_spent_outlives_the_engine(house: DialHouse) -> None:
    campaign = await predictive(house, "maria", "ilya")
    await orders(house, 90)
    for _ in range(12):
        await house.tick()
        await nobody_answers(house)
    house.clock.pass_s(60)
    await house.tick()
    before = pacer_of(house, campaign)
    kept = await house.store.pacing.learned(campaign.id)
    assert kept is not None
    await house.restart()
    await house.tick()
    after = pacer_of(house, campaign)
    assert after is not before
    assert after.budget.price == pytest.approx(before.budget.price)
    assert 20 <= after.beliefs.resolved <= before.beliefs.resolved
    assert after.beliefs.delay.mean() == before.beliefs.delay.mean()
    assert after.beliefs.answer().mean == pytest.approx(before.beliefs.answer().mean, abs=0.05)
    assert after.budget.answered == before.budget.answered == 400


async def test_the_end_of_the_calling_hours_is_told_and_told_again(house: DialHouse) -> None:
    campaign = await predictive(house, "maria")
    await orders(house, 9)
    await house.tick()
    await house.tick(61)
    end_s = pacer_of(house, campaign).info.window_end_s
    assert end_s is not None
    left_s = end_s - house.clock.monotonic()
    assert 0 < left_s <= 24 * 3600
    closes_at = (house.clock.now() + timedelta(seconds=left_s)).astimezone(MOSCOW)
    assert (closes_at.hour, closes_at.minute) == (campaign.hours.closes_min // 60 % 24, campaign.hours.closes_min % 60)
    await house.dialer.set_knobs(campaign.id, {"hours.closes_min": campaign.hours.closes_min - 30}, "chief")
    await house.tick(61)
    earlier_s = pacer_of(house, campaign).info.window_end_s
    assert earlier_s == pytest.approx(end_s - 1_800, abs=1)
    assert pacer_of(house, campaign).budget.to_come(house.clock.monotonic(), 1, 175.0) > 1


async def test_who_will_go_after_this_talk_is_not_waited_for(house: DialHouse) -> None:
    campaign = await predictive(house, "maria", "ilya")
    await orders(house, 9)
    await house.tick()
    await house.talk(house.telephones.dialed[0][0])
    talking = next(name for name in ("maria", "ilya") if house.state_of(name) is AgentState.BUSY)
    floor = FloorWatch()
    staff = [agent for agent in house.desk.agents() if agent.id in ("maria", "ilya")]
    floor.hear(0.0, staff, lambda _agent: 40.0)
    ready = {agent.id for agent in staff if agent.is_idle}
    assert floor.at_work(10.0, staff, ready) == AtWork((50.0,), (), 0)
    assert floor.at_work(10.0, staff) == AtWork(
        (50.0, 0.0), (), 0, 1
    )  # somebody waits for the other, so he is not told as idle
    await house.desk.pause(talking, "lunch")
    staff = [agent for agent in house.desk.agents() if agent.id in ("maria", "ilya")]
    assert floor.hear(11.0, staff, lambda _agent: 0.0) == []
    assert floor.at_work(11.0, staff, ready) == AtWork((), (), 1)
    assert campaign.queue == "orders"


async def test_who_is_about_to_talk_has_not_left_the_floor(house: DialHouse) -> None:
    """Between the answer and the talk an operator is reserved: a look at that moment is no look at an empty chair."""
    campaign = await predictive(house, "maria", "ilya")
    await orders(house, 9)
    await house.tick()
    before = pacer_of(house, campaign).beliefs.leaving
    first, second = (attempt_id for attempt_id, _number in house.telephones.dialed)
    for attempt_id in (first, second):
        await house.dialer.on_answered(attempt_id, attempt_id)
        assert AgentState.RESERVED in {house.state_of("maria"), house.state_of("ilya")}
        await house.tick(1)
    watch = house.dialer.pace_watch(campaign.id)
    assert watch is not None
    assert watch.moment is not None
    assert (watch.moment.operators, watch.moment.idle) == (2, 0)
    assert pacer_of(house, campaign).beliefs.leaving == before
    await house.desk.pause("maria", "lunch")
    await house.desk.pause("ilya", "lunch")
    await house.tick(1)
    assert pacer_of(house, campaign).beliefs.leaving > before


async def test_while_all_talk_a_call_is_withdrawn_by_the_pacer_s_word_alone(house: DialHouse) -> None:
    """In power it goes at once; a pacer has placed it for who will be free. Where nobody is at work any more, it goes all the same."""
    campaign = await predictive(house, "maria", "ilya")
    await orders(house, 9)
    await house.tick()
    await house.desk.pause("ilya", "lunch")
    first, second = (attempt_id for attempt_id, _number in house.telephones.dialed)
    await house.talk(first)
    await house.tick(1)
    assert house.state_of("maria") is AgentState.BUSY
    assert pacer_of(house, campaign).basis is Basis.LEARNING
    assert house.telephones.cancelled == []
    await house.desk.pause("maria", "lunch")  # when this talk is over
    await house.tick(1)
    assert set(house.telephones.cancelled) == {second}


@pytest.mark.parametrize(("share", "given_up"), [(0.0, 0), (0.6, FREE)])
async def test_a_trunk_has_no_more_calls_taken_back_than_it_allows(
    house: DialHouse, share: float, given_up: int
) -> None:
    """What the pacer wants withdrawn is asked of each call's trunk; calls that have rung for long are no short calls."""
    names = [f"agent{number}" for number in range(FREE + 10)]
    campaign = await predictive(house, *names)
    await house.dialer.trunks.set_knobs("trunk", {"withdrawn": share}, "chief")
    await orders(house, FREE + 10)
    await house.tick()
    assert pacer_of(house, campaign).most_withdrawn == share
    flying = {attempt.id: attempt for attempt in await house.store.open_attempts()}
    assert len(flying) == FREE + 10
    keeper = PaceKeeper(house.store, house.desk, house.clock, house.dialer._attempts, house.dialer.cap)
    await keeper.withdraw(Decision(0, tuple(flying)), flying)
    assert len(house.telephones.cancelled) == given_up
