"""Who was reached by one campaign is left in peace by the others, and is told when that ends. On SQLite and PostgreSQL."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.dialer.attempt_limits import LONGEST_PEACE_H
from cordboard.dialer.campaign import Campaign
from cordboard.dialer.lead import Attempt, Lead
from cordboard.dialer.one_customer import keys_of
from cordboard.dialer.reached import Talk, is_reached, peace
from cordboard.dialer.reason import Reason, Wait
from cordboard.queue.channel import AttemptOutcome
from cordboard.storage.database import Database
from tests.fakes.dial_house import DialHouse, phone
from tests.fakes.hours import NOON

ZONE = "Europe/Moscow"
ANNA = Lead("a", "c", "order:1", phone(1), ZONE, NOON, NOON, customer_id="anna")
TALK = Attempt("1", "a", "b", "x", phone(1), NOON, answered_at=NOON, connected_at=NOON, outcome=AttemptOutcome.PERSON)
HOUR = timedelta(hours=1)


@pytest.fixture
def house(database: Database) -> DialHouse:
    return DialHouse(database)


@pytest.mark.parametrize(
    ("attempt", "was"),
    [
        (TALK, True),
        (replace(TALK, outcome=None), True),  # they talk now
        (replace(TALK, connected_at=None), False),  # answered, and met nobody
        (replace(TALK, outcome=AttemptOutcome.ABANDONED), False),
        (replace(TALK, outcome=AttemptOutcome.MACHINE), False),
        (replace(TALK, mode="agentless", connected_at=None), True),
        (replace(TALK, mode="agentless", connected_at=None, outcome=AttemptOutcome.BUSY), False),
        (replace(TALK, mode="agentless", connected_at=None, answered_at=None), False),
    ],
)
def test_who_was_reached(attempt: Attempt, was: bool) -> None:
    assert is_reached(attempt) is was


@given(
    hours=st.integers(0, LONGEST_PEACE_H),
    ago_s=st.lists(st.tuples(st.sampled_from(["b", "c", "d"]), st.integers(0, 8 * 86_400)), max_size=6),
)
def test_peace_ends_when_the_last_talk_of_another_campaign_is_old_enough(
    hours: int, ago_s: list[tuple[str, int]]
) -> None:
    talks = {"customer:anna": [Talk(campaign, NOON - timedelta(seconds=s)) for campaign, s in ago_s]}
    wait = peace(ANNA, ANNA.phone, hours, talks, NOON)
    others = [s for campaign, s in ago_s if campaign != "c"]
    assert (wait is not None) is any(s < 3600 * hours for s in others)
    if wait is not None and wait.until is not None:
        assert wait == Wait(Reason.REACHED, NOON + hours * HOUR - timedelta(seconds=min(others)))
        assert peace(ANNA, ANNA.phone, hours, talks, wait.until) is None


def test_a_call_that_was_asked_for_is_made_once() -> None:
    talks = dict.fromkeys(keys_of("anna", [phone(1)]), [Talk("b", NOON)])
    promised = replace(ANNA, is_callback=True)
    assert peace(promised, ANNA.phone, 4, talks, NOON) is None
    assert peace(replace(promised, attempts=1), ANNA.phone, 4, talks, NOON) is not None


async def put(house: DialHouse, campaign: Campaign, number: int, customer_id: str | None, *others: int) -> Lead:
    now, lead_id = house.clock.now(), house.ids()
    phones = tuple(phone(one) for one in (number, *others)) if others else ()
    lead = Lead(lead_id, campaign.id, f"api:{lead_id}", phone(number), ZONE, now, now, customer_id=customer_id)
    await house.store.add_leads([replace(lead, phones=phones, zones=(ZONE,) * len(phones))])
    return lead


async def dial(house: DialHouse, lead: Lead) -> str | None:
    """The attempt's id, if it began."""
    attempt = Attempt(house.ids(), lead.id, lead.campaign_id, None, lead.phone, house.clock.now())
    return attempt.id if await house.store.begin_attempt(attempt) is not None else None


async def talk(house: DialHouse, lead: Lead, *, seconds: int = 120) -> None:
    attempt_id = await dial(house, lead)
    assert attempt_id is not None
    assert await house.store.answer(attempt_id) is not None
    await house.store.connect(attempt_id, house.clock.now())
    house.clock.pass_s(seconds)
    await house.store.end_attempt(attempt_id, AttemptOutcome.PERSON, 16, None)


async def test_an_hour_after_one_campaign_the_other_waits_and_says_until_when(house: DialHouse) -> None:
    orders, debts = await house.open(), await house.open()
    first = await put(house, orders, 1, "anna", 3)
    by_customer = await put(house, debts, 2, "anna")
    by_number = await put(house, debts, 3, None)
    other = await put(house, debts, 4, "boris")
    await talk(house, first)
    ended = house.clock.now()
    house.clock.pass_s(3600)
    for lead in (by_customer, by_number):
        told = await house.dialer.why(debts.id, lead.id)
        assert Wait(Reason.REACHED, ended + 4 * HOUR) in told.waits
        assert await dial(house, lead) is None
        told = await house.dialer.why(debts.id, lead.id)  # put aside, and the reason with its end still stands
        assert told.waits[0] == Wait(Reason.REACHED, ended + 4 * HOUR)
    assert await dial(house, other) is not None
    house.clock.pass_s(3 * 3600)
    await house.store.wake_due(house.clock.now())
    assert await dial(house, by_customer) is not None


async def test_who_met_nobody_was_not_reached(house: DialHouse) -> None:
    orders, debts = await house.open(), await house.open()
    first, second = await put(house, orders, 1, "anna"), await put(house, debts, 2, "anna")
    attempt_id = await dial(house, first)
    assert attempt_id is not None
    await house.store.answer(attempt_id)
    await house.store.end_attempt(attempt_id, AttemptOutcome.PERSON, 16, None)
    assert await dial(house, second) is not None


async def test_the_campaign_that_calls_says_how_long_and_a_change_acts_at_once(house: DialHouse) -> None:
    orders, debts = await house.open(), await house.open()
    first, second = await put(house, orders, 1, "anna"), await put(house, debts, 2, "anna")
    await talk(house, first)
    house.clock.pass_s(3600)
    assert await dial(house, second) is None
    await house.dialer.set_knobs(orders.id, {"limits.reached_h": 0}, "oleg")
    assert Reason.REACHED in [wait.reason for wait in (await house.dialer.why(debts.id, second.id)).waits]
    await house.dialer.set_knobs(debts.id, {"limits.reached_h": 1}, "oleg")
    await house.store.wake_due(house.clock.now())
    assert await dial(house, second) is not None


async def test_what_no_rule_asks_for_any_more_is_forgotten(house: DialHouse) -> None:
    orders, debts = await house.open(), await house.open()
    first, second = await put(house, orders, 1, "anna"), await put(house, debts, 2, "boris")
    await talk(house, first)
    house.clock.pass_s(LONGEST_PEACE_H * 3600)
    await talk(house, second)
    async with house.db.read() as connection:
        rows = (await connection.exec_driver_sql("SELECT DISTINCT campaign_id FROM reached")).scalars().all()
    assert rows == [debts.id]
