"""Leads, attempts and campaigns in their tables, on SQLite and on PostgreSQL."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from cordboard.dialer.campaign import CampaignRefused, settings, with_settings
from cordboard.dialer.lead import Attempt, Disposed, Lead, LeadState
from cordboard.dialer.priority import Weights, order_key
from cordboard.dialer.store import DialerStore
from cordboard.queue.channel import AttemptOutcome
from cordboard.queue.contact import IllegalTransition
from cordboard.storage.database import Database
from tests.fakes.dial_house import DialHouse, phone

MOSCOW = ["Europe/Moscow"]


@pytest.fixture
def house(database: Database) -> DialHouse:
    return DialHouse(database)


async def leads_in(house: DialHouse, *, count: int, seed: int = 1) -> list[Lead]:
    """Leads of few different sums, ages and numbers of attempts, so that many have equal points."""
    campaign = await house.open()
    chance, now = Random(seed), house.clock.now()
    leads = [
        Lead(
            id=house.ids(),
            campaign_id=campaign.id,
            source=f"order:{number}",
            phone=phone(number),
            zone=chance.choice(["Europe/Moscow", "Asia/Omsk"]),
            placed_at=now - timedelta(hours=chance.randrange(5), microseconds=chance.randrange(3)),
            created_at=now,
            order_total=chance.randrange(4) * 100_000,
            attempts=chance.randrange(3),
        )
        for number in range(count)
    ]
    chance.shuffle(leads)
    assert await house.store.add_leads(leads) == count
    return leads


@pytest.mark.parametrize(
    "weights", [Weights(), Weights(0, 0, 0), Weights(-3.125, 0.001, 7), Weights(1000, -1000, 1000), Weights(0, 1, 0)]
)
async def test_the_database_sorts_to_the_last_digit_as_the_rule_does(house: DialHouse, weights: Weights) -> None:
    leads = await leads_in(house, count=300)
    now = house.clock.now()
    wanted = sorted((lead for lead in leads if lead.zone in MOSCOW), key=lambda lead: order_key(lead, weights, now))
    assert await house.store.best(leads[0].campaign_id, MOSCOW, weights, 300) == wanted
    assert await house.store.best(leads[0].campaign_id, MOSCOW, weights, 7) == wanted[:7]


@pytest.mark.parametrize(
    "weights",
    [Weights(), Weights(1, 0, 0), Weights(-1, 3, -2), Weights(0, -1, 0), Weights(2, 2, 9), Weights(0.001, -9, -9)],
)
async def test_the_short_way_to_the_best_of_many_finds_the_same(house: DialHouse, weights: Weights) -> None:
    campaign, chance, now = await house.open(), Random(7), house.clock.now()
    leads = [
        Lead(
            id=house.ids(),
            campaign_id=campaign.id,
            source=f"order:{number}",
            phone=phone(number),
            zone=chance.choice(["Europe/Moscow", "Asia/Omsk"]),
            placed_at=now - timedelta(minutes=chance.randrange(5000)),
            created_at=now,
            order_total=chance.randrange(300) * 100_000,
            attempts=chance.randrange(3),
        )
        for number in range(4000)
    ]
    await house.store.add_leads(leads)
    for zones in (MOSCOW, [*MOSCOW, "Asia/Omsk"]):
        wanted = sorted((each for each in leads if each.zone in zones), key=lambda each: order_key(each, weights, now))
        assert await house.store.best(campaign.id, zones, weights, 5) == wanted[:5]


async def test_a_lead_comes_back_from_the_table_as_it_went(house: DialHouse) -> None:
    lead = (await leads_in(house, count=1))[0]
    await house.store.tell_lead(lead.id, Disposed("postponed", "c", False, house.clock.now(), "maria"))
    after = await house.store.lead(lead.id)
    wanted = replace(lead, state=LeadState.RETRY_AT, due_at=house.clock.now(), is_callback=True, attempts=0)
    assert after == replace(wanted, agent_id="maria", disposition="postponed", settled_by="c")


async def test_one_lead_a_campaign_and_source_however_often_it_is_told(house: DialHouse) -> None:
    lead = (await leads_in(house, count=1))[0]
    assert await house.store.add_leads([replace(lead, id=house.ids())] * 3) == 0
    assert await house.store.lead(lead.id) == lead


async def test_zones_are_those_of_leads_that_may_be_dialed(house: DialHouse) -> None:
    leads = await leads_in(house, count=20)
    assert await house.store.zones(leads[0].campaign_id) == ["Asia/Omsk", "Europe/Moscow"]
    for lead in leads:
        if lead.zone == "Asia/Omsk":
            await house.store.tell_lead(lead.id, Disposed("confirmed", "c", closes=True))
    assert await house.store.zones(leads[0].campaign_id) == MOSCOW


def an_attempt(house: DialHouse, lead: Lead) -> Attempt:
    return Attempt(house.ids(), lead.id, lead.campaign_id, "maria", lead.phone, house.clock.now())


async def test_an_attempt_is_begun_once_and_ended_once(house: DialHouse) -> None:
    lead = (await leads_in(house, count=1))[0]
    attempt = an_attempt(house, lead)
    assert await house.store.begin_attempt(attempt) == replace(lead, state=LeadState.DIALING)
    assert await house.store.open_attempts() == [attempt]
    ended = await house.store.end_attempt(attempt.id, AttemptOutcome.BUSY, 17, "486")
    assert ended == replace(
        attempt, ended_at=house.clock.now(), outcome=AttemptOutcome.BUSY, cause=17, tech_cause="486"
    )
    assert await house.store.end_attempt(attempt.id, AttemptOutcome.PERSON, 16, None) is None
    assert await house.all_attempts() == [ended]
    after = await house.store.lead(lead.id)
    assert after is not None
    assert (after.state, after.attempts, after.last_outcome) == (LeadState.RETRY_AT, lead.attempts + 1, "busy")


async def test_the_calls_without_an_end_are_those_of_the_table_whoever_asks_and_in_between(house: DialHouse) -> None:
    first, second = (an_attempt(house, lead) for lead in await leads_in(house, count=2))
    assert await house.store.open_attempts() == []
    await house.store.begin_attempt(first)
    house.clock.pass_s(1)
    begun = await asyncio.gather(
        house.store.begin_attempt(replace(second, intent_at=house.clock.now())), house.store.open_attempts()
    )
    assert begun[0] is not None
    assert [each.id for each in await house.store.open_attempts()] == [first.id, second.id]
    await house.store.answer(first.id)
    await house.store.connect(first.id, house.clock.now())
    (talking, _ringing) = await house.store.open_attempts()
    assert (talking.answered_at, talking.connected_at) == (house.clock.now(), house.clock.now())
    await house.store.end_attempt(first.id, AttemptOutcome.PERSON, 16, None)
    assert [each.id for each in await house.store.open_attempts()] == [second.id]


async def test_what_an_earlier_engine_left_open_is_there_when_it_is_read_anew(house: DialHouse) -> None:
    attempt = an_attempt(house, (await leads_in(house, count=1))[0])
    assert await house.store.open_attempts() == []
    await DialerStore(house.db, house.clock, house.ids).begin_attempt(attempt)
    house.store.read_anew()
    assert await house.store.open_attempts() == [attempt]


async def test_a_lead_that_is_being_dialed_is_not_dialed_again_and_nothing_is_written(house: DialHouse) -> None:
    lead = (await leads_in(house, count=1))[0]
    first = an_attempt(house, lead)
    await house.store.begin_attempt(first)
    assert await house.store.begin_attempt(an_attempt(house, lead)) is None
    await house.store.end_attempt(first.id, AttemptOutcome.BUSY, None, None)
    with pytest.raises(IllegalTransition):
        await house.store.begin_attempt(an_attempt(house, lead))
    assert len(await house.all_attempts()) == 1


async def test_two_leads_of_one_number_are_never_in_a_call_together(house: DialHouse) -> None:
    leads = await leads_in(house, count=2)
    twin = replace(leads[1], id=house.ids(), source="order:twin", phone=leads[0].phone)
    await house.store.add_leads([twin])
    await house.store.begin_attempt(an_attempt(house, leads[0]))
    assert await house.store.begin_attempt(an_attempt(house, twin)) is None
    unchanged = await house.store.lead(twin.id)
    assert unchanged is not None
    assert unchanged.state is LeadState.FRESH
    best = await house.store.best(twin.campaign_id, [*MOSCOW, "Asia/Omsk"], Weights(), 10)
    assert [lead.id for lead in best] == [leads[1].id]


async def test_an_abandoned_answer_stays_abandoned_when_the_wire_says_that_a_person_answered(house: DialHouse) -> None:
    lead = (await leads_in(house, count=1))[0]
    attempt = an_attempt(house, lead)
    await house.store.begin_attempt(attempt)
    await house.store.answer(attempt.id)
    assert await house.store.answer(attempt.id) is None
    await house.store.abandon(attempt.id)
    ended = await house.store.end_attempt(attempt.id, AttemptOutcome.PERSON, 16, None)
    assert ended is not None
    assert ended.outcome is AttemptOutcome.ABANDONED


async def test_those_whose_time_has_come_come_due(house: DialHouse) -> None:
    leads = await leads_in(house, count=3)
    now = house.clock.now()
    for minutes, lead in enumerate(leads):
        at = now + timedelta(minutes=minutes)
        await house.store.tell_lead(lead.id, Disposed("postponed", "c", False, at, None))
    assert await house.store.wake_due(now + timedelta(minutes=1)) == 2
    assert await house.store.wake_due(now + timedelta(minutes=1)) == 0
    due = await house.store.due_callbacks(leads[0].campaign_id, [*MOSCOW, "Asia/Omsk"], 10)
    assert [lead.id for lead in due] == [lead.id for lead in leads[:2]]


async def test_a_campaign_comes_back_as_it_went_and_each_knob_is_written_down(house: DialHouse) -> None:
    campaign = await house.open()
    assert await house.store.campaigns() == [campaign]
    changed = await house.store.change_campaign(
        campaign.id,
        lambda old: with_settings(old, {"weights.age": 2.5, "rules.busy.delay_s": 60, "ring_timeout_s": 30}),
        "oleg",
    )
    assert changed is not None
    assert settings(changed)["weights.age"] == 2.5
    assert await house.store.campaigns() == [changed]
    turned = {
        (change.field, change.old, change.new, change.actor_id) for change in await house.store.changes(campaign.id)
    }
    assert turned == {("weights.age", -1.0, 2.5, "oleg"), ("rules.busy.delay_s", 300, 60, "oleg")}


async def test_a_refused_change_changes_nothing(house: DialHouse) -> None:
    campaign = await house.open()
    with pytest.raises(CampaignRefused):
        await house.store.change_campaign(campaign.id, lambda old: replace(old, ring_timeout_s=3), "oleg")
    assert await house.store.campaigns() == [campaign]
    assert await house.store.changes(campaign.id) == []


async def test_the_points_of_the_longest_segment_are_kept_and_their_change_too(house: DialHouse) -> None:
    campaign = await house.open()
    name = f"weights.segment.{'s' * 50}"
    await house.dialer.set_knobs(campaign.id, {name: 3}, "oleg")
    (change, *_older) = await house.dialer.changes(campaign.id)
    assert (change.field, change.old, change.new) == (name, None, 3.0)
    assert (await house.dialer.campaign(campaign.id)).weights.segments == (("s" * 50, 3.0),)
