"""One customer, several campaigns: his leads are dialed one after another, and say so. On SQLite and PostgreSQL."""

import asyncio
from dataclasses import replace

import pytest

from cordboard.dialer.campaign import Campaign
from cordboard.dialer.lead import Attempt, Lead, LeadState
from cordboard.dialer.one_customer import is_in_other_call, keys_of, turns
from cordboard.dialer.reason import Reason
from cordboard.queue.channel import AttemptOutcome
from cordboard.storage.database import Database
from tests.fakes.dial_house import DialHouse, phone
from tests.fakes.hours import NOON

ZONE = "Europe/Moscow"
ANNA = Lead("a", "c", "order:1", phone(1), ZONE, NOON, NOON, customer_id="anna")


@pytest.fixture
def house(database: Database) -> DialHouse:
    return DialHouse(database)


async def put(house: DialHouse, campaign: Campaign, number: int, customer_id: str | None, *others: int) -> Lead:
    phones = tuple(phone(one) for one in (number, *others)) if others else ()
    now, lead_id = house.clock.now(), house.ids()
    lead = Lead(lead_id, campaign.id, f"api:{lead_id}", phone(number), ZONE, now, now, customer_id=customer_id)
    await house.store.add_leads([replace(lead, phones=phones, zones=(ZONE,) * len(phones))])
    return lead


async def dial(house: DialHouse, lead: Lead) -> str | None:
    """The attempt's id, if it began."""
    attempt = Attempt(house.ids(), lead.id, lead.campaign_id, None, lead.phone, house.clock.now())
    return attempt.id if await house.store.begin_attempt(attempt) is not None else None


async def now(house: DialHouse, lead: Lead) -> Lead:
    found = await house.store.lead(lead.id)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("lead", "busy"),
    [
        (ANNA, False),
        (replace(ANNA, id="b"), True),
        (replace(ANNA, id="b", customer_id=None), True),
        (replace(ANNA, id="b", phone=phone(2)), True),
        (replace(ANNA, id="b", phone=phone(2), customer_id=None), False),
        (replace(ANNA, id="b", phone=phone(2), customer_id=None, phones=(phone(2), phone(1))), True),
        (replace(ANNA, id="b", phone=phone(2), customer_id="boris"), False),
    ],
)
def test_who_is_the_same_customer(lead: Lead, busy: bool) -> None:
    calls = dict.fromkeys(keys_of("anna", [phone(1)]), frozenset({"a"}))
    assert is_in_other_call(lead, lead.phone, calls) is busy


def test_everybody_takes_turns_in_one_order() -> None:
    keys = [*keys_of("anna", [phone(1), phone(2)])]
    assert turns(keys) == turns(reversed(keys)) == sorted(turns(keys))
    assert all(-(2**63) <= turn < 2**63 for turn in turns(keys))


async def test_while_one_of_his_leads_is_dialed_the_others_wait_and_say_why(house: DialHouse) -> None:
    orders, debts = await house.open(), await house.open()
    first = await put(house, orders, 1, "anna")
    second = await put(house, debts, 2, "anna")
    third = await put(house, debts, 3, None, 1)
    other = await put(house, debts, 4, "boris")
    attempt_id = await dial(house, first)
    assert attempt_id is not None
    assert await dial(house, second) is None
    assert await dial(house, third) is None
    assert await dial(house, other) is not None
    for lead in (second, third):
        held = await now(house, lead)
        assert (held.state, held.held_by, held.attempts) == (LeadState.RETRY_AT, Reason.SAME_CUSTOMER.value, 0)
        why = await house.dialer.why(lead.campaign_id, lead.id)
        assert why.waits[0].reason is Reason.SAME_CUSTOMER
    await house.store.end_attempt(attempt_id, AttemptOutcome.BUSY, None, None)
    house.clock.pass_s(301)  # busy: again in five minutes
    await house.store.wake_due(house.clock.now())
    assert await dial(house, second) is not None
    assert await dial(house, first) is None


async def test_of_many_campaigns_that_reach_for_him_at_once_one_has_him(house: DialHouse) -> None:
    leads = [await put(house, await house.open(), number, "anna", 9) for number in range(1, 6)]
    begun = await asyncio.gather(*(dial(house, lead) for lead in leads))
    assert sum(attempt_id is not None for attempt_id in begun) == 1
