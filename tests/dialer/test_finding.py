"""A lead is found by any number it ever had, and a customer's leads over all campaigns. On SQLite and PostgreSQL."""

from dataclasses import replace

import pytest

from cordboard.dialer.campaign import Campaign
from cordboard.dialer.lead import Attempt, Edited, Lead
from cordboard.dialer.numbers import Numbers
from cordboard.queue.channel import AttemptOutcome
from cordboard.storage.database import Database
from tests.fakes.dial_house import DialHouse, phone

ZONE = "Europe/Moscow"


@pytest.fixture
def house(database: Database) -> DialHouse:
    return DialHouse(database)


async def put(house: DialHouse, campaign: Campaign, *numbers: int, customer_id: str | None = None) -> Lead:
    now, lead_id = house.clock.now(), house.ids()
    house.clock.pass_s(1)  # so that the newest is known
    phones = tuple(phone(one) for one in numbers) if len(numbers) > 1 else ()
    lead = Lead(lead_id, campaign.id, f"api:{lead_id}", phone(numbers[0]), ZONE, now, now, customer_id=customer_id)
    await house.store.add_leads([replace(lead, phones=phones, zones=(ZONE,) * len(phones))])
    return lead


async def found(house: DialHouse, campaign: Campaign, *numbers: int) -> list[str]:
    return [lead.id for lead in await house.dialer.find(campaign.id, [phone(one) for one in numbers], [], 20)]


async def test_a_lead_is_found_by_any_of_its_numbers_and_only_in_its_campaign(house: DialHouse) -> None:
    one, other = await house.open(), await house.open()
    several = await put(house, one, 1, 2, 3)
    single = await put(house, one, 2)
    elsewhere = await put(house, other, 3, 4)
    assert await found(house, one, 1) == [several.id]
    assert await found(house, one, 2) == [single.id, several.id]  # the newest first
    assert await found(house, one, 3) == [several.id]
    assert await found(house, one, 4) == []
    assert await found(house, other, 3, 4) == [elsewhere.id]
    assert [lead.id for lead in await house.dialer.find(one.id, [phone(2), phone(3)], [], 1)] == [single.id]


async def test_a_number_that_was_struck_out_or_added_finds_it_too(house: DialHouse) -> None:
    campaign = await house.open()
    lead = await put(house, campaign, 1, 2)
    attempt = Attempt(house.ids(), lead.id, campaign.id, None, phone(1), house.clock.now())
    assert await house.store.begin_attempt(attempt) is not None
    after = await house.store.end_attempt(attempt.id, AttemptOutcome.INVALID, 1, "404")
    assert after is not None
    now_set = await house.store.lead(lead.id)
    assert now_set is not None
    assert now_set.phones == (phone(2),)
    assert await found(house, campaign, 1) == [lead.id]
    await house.store.tell_lead(lead.id, Edited(numbers=Numbers((phone(5), phone(6)), (ZONE, ZONE))))
    assert await found(house, campaign, 6) == [lead.id]


async def test_what_is_deleted_leaves_no_number_behind(house: DialHouse) -> None:
    campaign = await house.open()
    lead, kept = await put(house, campaign, 1, 2), await put(house, campaign, 1, 3)
    async with house.db.write() as connection:
        await connection.exec_driver_sql(f"DELETE FROM lead WHERE id = '{lead.id}'")
        rows = await connection.exec_driver_sql("SELECT DISTINCT lead_id FROM lead_number")
        assert rows.scalars().all() == [kept.id]


async def test_a_customers_leads_are_told_over_all_campaigns(house: DialHouse) -> None:
    orders, debts = await house.open(), await house.open()
    first = await put(house, orders, 1, customer_id="anna")
    second = await put(house, debts, 2, customer_id="anna")
    third = await put(house, debts, 3, 4)
    await put(house, debts, 5, customer_id="boris")
    told = await house.dialer.leads_of_customer("anna", [phone(4)], 20)
    assert [lead.id for lead in told] == [third.id, second.id, first.id]
    assert await house.dialer.leads_of_customer(None, [phone(2)], 20) == [second]
    assert await house.dialer.leads_of_customer(None, [], 20) == []
