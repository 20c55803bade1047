"""Power, with the real desk and real tables."""

from datetime import timedelta

import pytest

from cordboard.dialer.abandonment import CapBook, Counts
from cordboard.dialer.lead import LeadState
from cordboard.dialer.steering import Reason
from cordboard.queue.agent import AgentState
from cordboard.queue.channel import AttemptOutcome, CallSign, Direction
from cordboard.queue.contact import ContactState
from cordboard.storage.database import Database
from tests.fakes.dial_house import DialHouse, phone
from tests.fakes.dial_modes import counts, orders, power


@pytest.fixture
async def any_house(database: Database) -> DialHouse:
    """On each database."""
    return DialHouse(database)


async def test_power_rings_more_customers_than_there_are_operators_and_reserves_none(house: DialHouse) -> None:
    await power(house, "maria", "ilya")
    await orders(house, 9)
    await house.tick()
    assert house.telephones.numbers == [phone(number) for number in range(4)]
    assert {house.state_of("maria"), house.state_of("ilya")} == {AgentState.READY}
    await house.tick()
    assert len(house.telephones.dialed) == 4


async def test_who_answers_meets_the_first_free_operator_without_a_click(house: DialHouse) -> None:
    campaign = await power(house, "maria", "ilya")
    await orders(house, 9)
    await house.tick()
    attempt_id = house.ringing()
    contact = await house.talk(attempt_id)
    assert (contact.direction, contact.for_agent, contact.agent_id) == (Direction.OUTBOUND, None, "maria")
    assert house.offers()[-1] == ("auto_offer", contact.id, "maria")
    house.clock.pass_s(1)
    await house.tick()
    attempt = await house.store.attempt(attempt_id)
    assert attempt is not None
    assert attempt.connected_at == attempt.answered_at
    assert list(house.dialer.cap.waits_s) == [0.0]
    assert counts(house, campaign) == Counts(401, 0, 0)
    # One operator is left: two lines for him, and three ring.
    assert len(house.telephones.dialed) == 4


async def test_who_meets_nobody_is_abandoned_and_counts(house: DialHouse) -> None:
    campaign = await power(house, "maria")
    leads = await orders(house, 5)
    await house.tick()
    first, second = (attempt_id for attempt_id, _number in house.telephones.dialed)
    await house.talk(first)
    waits = await house.dialer.on_answered(second, second)
    assert waits is not None
    assert waits.state is ContactState.QUEUED
    await house.desk.customer_left(second, "nobody_came")
    await house.hang_up(second, AttemptOutcome.ABANDONED)
    assert counts(house, campaign) == Counts(401, 1, 0)  # who talks is seen at the next turn
    await house.tick()
    assert counts(house, campaign) == Counts(402, 1, 0)
    after = await house.store.lead(leads[1].id)
    assert after is not None
    assert (after.state, after.last_outcome) == (LeadState.RETRY_AT, AttemptOutcome.ABANDONED)


async def test_an_operator_who_came_too_late_is_none(house: DialHouse) -> None:
    campaign = await power(house, "maria")
    await orders(house, 5)
    await house.tick()
    attempt_id = house.ringing()
    await house.dialer.on_answered(attempt_id, attempt_id)
    house.clock.pass_s(3)
    await house.desk.talk_began(attempt_id, "maria")
    await house.tick()
    assert counts(house, campaign).abandoned == 1
    assert list(house.dialer.cap.waits_s) == [3.0]


async def test_without_room_under_the_cap_power_is_progressive(house: DialHouse) -> None:
    campaign = await power(house, "maria", "ilya", served=0)
    await orders(house, 9)
    await house.tick()
    assert len(house.telephones.dialed) == 2
    assert {house.state_of("maria"), house.state_of("ilya")} == {AgentState.RESERVED}
    why = (await house.dialer.next_leads(campaign.id))[0].wait
    assert why is not None
    midnight = house.clock.now().replace(hour=21, minute=0, second=0, microsecond=0)
    assert (why.reason, why.until) == (Reason.CAP, midnight)


async def test_no_more_ring_than_could_all_be_abandoned(house: DialHouse) -> None:
    await power(house, "maria", "ilya", "olga", served=65)  # room for two
    await orders(house, 9)
    await house.tick()
    made = [await house.store.attempt(attempt_id) for attempt_id, _number in house.telephones.dialed]
    assert sum(attempt is not None and attempt.is_unreserved for attempt in made) == 2
    assert len(made) == 4  # two lines for one operator, and one call for each of the others


async def test_the_counts_and_the_calls_in_flight_outlive_a_restart(any_house: DialHouse) -> None:
    house = any_house
    campaign = await power(house, "maria", "ilya", served=97)  # room for three
    await orders(house, 12)
    await house.tick()
    rings = [attempt_id for attempt_id, _number in house.telephones.dialed]
    assert len(rings) == 3  # two lines an operator would be four
    await house.dialer.on_answered(rings[0], rings[0])
    await house.desk.customer_left(rings[0], "hung_up")
    await house.hang_up(rings[0], AttemptOutcome.PERSON)
    await house.talk(rings[1])
    await house.restart()
    assert counts(house, campaign) == Counts(98, 1, 0)
    assert (
        house.dialer.cap.room(campaign, [campaign]) == 0
    )  # one was abandoned, one rings, one has not been seen to talk
    await house.tick()
    assert counts(house, campaign) == Counts(99, 1, 0)
    assert len(house.telephones.dialed) == 4
    book = CapBook("Europe/Moscow")
    await house.store.fill_cap(book, house.clock.now())
    assert book.in_flight([campaign.id]) == len(house.telephones.dialed) - 2


async def test_an_old_engine_s_calls_are_not_withdrawn_before_they_rang_enough_for_us(house: DialHouse) -> None:
    await power(house, "maria")
    await orders(house, 5)
    await house.tick()
    await house.restart()
    await house.desk.pause("maria", "tea")
    await house.tick(pass_s=13)  # she sat down a second after we came
    assert house.telephones.cancelled == []
    await house.tick(pass_s=1)
    assert len(house.telephones.cancelled) == 2


async def test_when_no_operator_is_left_calls_are_withdrawn_before_the_first_ring_or_after_15_s(
    house: DialHouse,
) -> None:
    await power(house, "maria")
    leads = await orders(house, 5)
    await house.tick()
    rings, silent = (attempt_id for attempt_id, _number in house.telephones.dialed)
    await house.dialer.on_sign(rings, CallSign.RANG)
    await house.desk.pause("maria", "tea")
    await house.tick(pass_s=5)
    assert house.telephones.cancelled == [silent]
    await house.hang_up(silent, AttemptOutcome.CANCELLED)
    await house.tick(pass_s=9)
    assert house.telephones.cancelled == [silent]
    await house.tick(pass_s=1)
    assert house.telephones.cancelled == [silent, rings]
    await house.hang_up(rings, AttemptOutcome.CANCELLED)
    after = [await house.store.lead(lead.id) for lead in leads[:2]]
    # His telephone rang for a quarter of a minute: to him that is a call nobody was there for, and not to be repeated in a minute.
    assert [lead and lead.last_outcome for lead in after] == [AttemptOutcome.NO_ANSWER, AttemptOutcome.CANCELLED]


async def test_a_promised_callback_keeps_an_operator_even_in_power(house: DialHouse) -> None:
    await power(house, "maria", "ilya")
    await orders(house, 1)
    await house.tick()
    first = house.ringing()
    await house.talk(first)
    await house.finish(first, "postponed", callback_at=house.clock.now() + timedelta(minutes=5))
    await house.tick(pass_s=301)
    attempt = await house.store.attempt(house.ringing())
    assert attempt is not None
    assert attempt.id != first
    assert attempt.agent_id == "maria"


async def test_who_pressed_nine_in_the_apology_is_called_by_no_campaign(house: DialHouse) -> None:
    await power(house, "maria")
    leads = await orders(house, 2)
    await house.tick()
    attempt_id, number = house.telephones.dialed[0]
    await house.dialer.on_answered(attempt_id, attempt_id)
    await house.desk.customer_left(attempt_id, "nobody_came")
    await house.desk.settle()
    await house.dialer.on_sign(attempt_id, CallSign.OPTED_OUT)
    await house.hang_up(attempt_id, AttemptOutcome.ABANDONED)
    after = await house.store.lead(leads[0].id)
    assert after is not None
    assert (after.phone, after.state) == (number, LeadState.DO_NOT_CALL)
    assert house.opted_out == [number]


async def test_the_apology_names_the_shop_and_without_a_voice_the_call_goes_out_all_the_same(house: DialHouse) -> None:
    await power(house, "maria", knobs={"power.sorry_ru": "Звонил {shop_name}."})
    await orders(house, 2)
    await house.tick()
    assert house.spoken.texts == ["Звонил Shop."]  # one text, said to both
    assert house.telephones.variables[house.ringing()]["CC_SORRY"] == "ru-1"
    for attempt_id, _number in list(house.telephones.dialed):
        await house.hang_up(attempt_id, AttemptOutcome.BUSY)
    house.spoken.dumb = True
    await house.tick(pass_s=300)
    assert len(house.telephones.dialed) == 4
    assert "CC_SORRY" not in house.telephones.variables[house.ringing()]


async def test_an_end_that_we_did_not_hear_written_is_counted_by_the_sweep(house: DialHouse) -> None:
    campaign = await power(house, "maria")
    await orders(house, 5)
    await house.tick()
    lost, other = (attempt_id for attempt_id, _number in house.telephones.dialed)
    for attempt_id in (lost, other):
        await house.dialer.on_answered(attempt_id, attempt_id)
    await house.store.end_attempt(lost, AttemptOutcome.ABANDONED, 16, None)  # written, and the answer to us lost
    before = counts(house, campaign)
    house.telephones.live.discard(lost)
    await house.tick(pass_s=5)
    assert counts(house, campaign).abandoned == before.abandoned + 1
