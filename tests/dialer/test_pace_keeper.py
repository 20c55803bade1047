"""A predictive campaign on the real desk and real tables: what its pacer hears, and that the campaign's bound stands above it."""

from cordboard.dialer.campaign import Campaign, Setting
from cordboard.dialer.pacing import Predictive
from cordboard.dialer.pacing_predictive import Basis
from cordboard.queue.agent import AgentState
from cordboard.queue.channel import AttemptOutcome
from cordboard.queue.contact import ContactState
from tests.fakes.dial_house import DialHouse
from tests.fakes.dial_modes import counts, orders

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
    assert pacer_of(house, campaign).budget.answered == 1
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


async def test_another_limit_begins_anew(house: DialHouse) -> None:
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
    assert pacer_of(house, campaign).beliefs.resolved == 0


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
