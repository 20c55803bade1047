"""No attempt begins against the law, whatever the code above believes: asked of the tables, on SQLite and on PostgreSQL."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import pytest

from cordboard.dialer.campaign import Campaign, Setting
from cordboard.dialer.do_not_call import EntryRefused, Kind, read_lines
from cordboard.dialer.do_not_call_store import Brought
from cordboard.dialer.holidays import Holiday, HolidayRefused
from cordboard.dialer.law import Law, Wish
from cordboard.dialer.lead import Attempt, Lead, LeadState
from cordboard.dialer.reason import Reason, Wait
from cordboard.dialer.store import DialerStore
from cordboard.queue.channel import AttemptOutcome
from cordboard.storage.database import Database
from tests.fakes.dial_house import DialHouse, phone
from tests.fakes.tolls import KopeckASecond

DAY = timedelta(hours=24)


@pytest.fixture
def house(database: Database) -> DialHouse:
    return DialHouse(database)


async def a_lead(
    house: DialHouse,
    campaign: Campaign,
    number: int = 1,
    *,
    customer_id: str | None = None,
    zone: str = "Europe/Moscow",
) -> Lead:
    now = house.clock.now()
    lead = Lead(
        house.ids(), campaign.id, f"order:{house.ids()}", phone(number), zone, now, now, customer_id=customer_id
    )
    await house.store.add_leads([lead])
    return lead


async def begin(house: DialHouse, lead: Lead) -> Attempt | None:
    """The attempt, if it was let through."""
    attempt = Attempt(house.ids(), lead.id, lead.campaign_id, None, lead.phone, house.clock.now())
    begun = await house.store.begin_attempt(attempt)
    kept = await house.store.attempt(attempt.id)
    assert (kept is not None) is (begun is not None)
    return kept


async def dial(house: DialHouse, lead: Lead, outcome: AttemptOutcome = AttemptOutcome.NO_ANSWER) -> bool:
    attempt = await begin(house, lead)
    if attempt is not None:
        await house.store.end_attempt(attempt.id, outcome, None, None)
    return attempt is not None


async def state(house: DialHouse, lead: Lead) -> tuple[LeadState, str | None]:
    found = await house.store.lead(lead.id)
    assert found is not None
    return found.state, found.held_by


# Do not call


@pytest.mark.parametrize(
    ("kind", "value"), [(Kind.NUMBER, phone(1)), (Kind.PREFIX, phone(1)[:5]), (Kind.CUSTOMER, "customer-1")]
)
async def test_who_must_not_be_called_is_not_and_is_put_aside(house: DialHouse, kind: Kind, value: str) -> None:
    campaign = await house.open()
    lead = await a_lead(house, campaign, customer_id="customer-1")
    entry, is_new = await house.store.do_not_call.add(kind, value, "oleg")
    assert is_new
    assert await begin(house, lead) is None
    assert await state(house, lead) == (LeadState.RETRY_AT, "do_not_call")
    assert await house.store.wake_due(house.clock.now() + 400 * DAY) == 0
    assert await house.store.do_not_call.remove(entry.id) == entry
    assert await house.store.wake_due(house.clock.now()) == 1
    assert await begin(house, lead) is not None


async def test_an_entry_for_one_campaign_leaves_the_others_alone(house: DialHouse) -> None:
    first, second = await house.open(), await house.open()
    await house.store.do_not_call.add(Kind.NUMBER, phone(1), "oleg", campaign_id=first.id)
    assert await begin(house, await a_lead(house, first)) is None
    assert await begin(house, await a_lead(house, second)) is not None


async def test_an_entry_with_an_end_holds_until_then(house: DialHouse) -> None:
    lead = await a_lead(house, await house.open())
    until = house.clock.now() + timedelta(days=3)
    await house.store.do_not_call.add(Kind.NUMBER, phone(1), "oleg", until=until)
    assert await begin(house, lead) is None
    house.clock.pass_s(3 * 86_400 - 1)
    assert await house.store.wake_due(house.clock.now()) == 0
    house.clock.pass_s(1)
    assert await house.store.wake_due(house.clock.now()) == 1
    assert await begin(house, lead) is not None


async def test_a_removed_entry_lets_only_its_own_leads_go_and_another_may_still_keep_them(house: DialHouse) -> None:
    campaign = await house.open()
    leads = [await a_lead(house, campaign, number) for number in (1, 2)]
    prefix, _new = await house.store.do_not_call.add(Kind.PREFIX, phone(1)[:5], "oleg")
    number, _new = await house.store.do_not_call.add(Kind.NUMBER, phone(1), "oleg")
    assert [await begin(house, lead) for lead in leads] == [None, None]
    await house.store.do_not_call.remove(number.id)
    assert await house.store.wake_due(house.clock.now()) == 1
    assert await begin(house, leads[0]) is None
    await house.store.do_not_call.remove(prefix.id)
    assert await house.store.wake_due(house.clock.now()) == 2
    assert await house.store.do_not_call.remove(prefix.id) is None


async def test_the_same_again_is_one_entry_that_holds_the_longer(house: DialHouse) -> None:
    book, now = house.store.do_not_call, house.clock.now()
    first, is_new = await book.add(Kind.NUMBER, phone(1), "oleg", until=now + DAY)
    assert is_new
    for until, wanted in ((now + 2 * DAY, now + 2 * DAY), (now + DAY, now + 2 * DAY), (None, None), (now + DAY, None)):
        same, is_new = await book.add(Kind.NUMBER, phone(1), "anna", until=until)
        assert (same.id, same.by, same.until, is_new) == (first.id, "oleg", wanted, False)
    assert (await book.page())[1] == 1


async def test_many_at_once_each_once(house: DialHouse) -> None:
    lines, errors = read_lines("\n".join([*(phone(number) for number in range(3000)), phone(1), "+7812*"]), "UTC")
    assert errors == []
    assert await house.store.do_not_call.bring(lines, "oleg", reason="bought") == Brought(3001, 1)
    assert await house.store.do_not_call.bring(lines, "oleg") == Brought(0, 3002)
    found, total = await house.store.do_not_call.page("+7812")
    assert (total, found[0].kind, found[0].reason) == (1, Kind.PREFIX, "bought")
    assert await begin(house, await a_lead(house, await house.open(), 2999)) is None


async def test_of_many_with_a_bad_one_none_is_kept(house: DialHouse) -> None:
    lines, _errors = read_lines(f"{phone(1)}\n{phone(2)}", "UTC")
    with pytest.raises(EntryRefused):
        await house.store.do_not_call.bring([*lines, replace(lines[0], until=house.clock.now())], "oleg")
    assert await house.store.do_not_call.page() == ([], 0)


async def test_the_list_is_searched_and_paged_the_newest_first(house: DialHouse) -> None:
    book = house.store.do_not_call
    for number in range(5):
        await book.add(Kind.NUMBER, phone(number), "oleg", reason=f"Просил {number}")
        house.clock.pass_s(1)
    page, total = await book.page(limit=2, offset=1)
    assert ([entry.value for entry in page], total) == ([phone(3), phone(2)], 5)
    assert [entry.value for entry in (await book.page("495 000-00-04"))[0]] == [phone(4)]
    assert [entry.value for entry in (await book.page("сил 2"))[0]] == [phone(2)]
    assert await book.page("100%") == ([], 0)


async def test_nothing_begins_after_the_list_forbade_it_however_they_meet(house: DialHouse) -> None:
    """Both at once, many times: a call that began was let through before the entry was there."""
    campaign = await house.open()
    for number in range(10):
        lead = await a_lead(house, campaign, number)
        begun, _added = await asyncio.gather(
            begin(house, lead), house.store.do_not_call.add(Kind.NUMBER, phone(number), "oleg")
        )
        again = await a_lead(house, campaign, number)
        if begun is not None:
            await house.store.end_attempt(begun.id, AttemptOutcome.BUSY, None, None)
        assert await begin(house, again) is None


# Limits

ONE_A_DAY: dict[str, Setting] = {"limits.lead_day": 1, "limits.gap_s": 0}


async def test_a_number_is_counted_over_all_campaigns_and_may_be_called_when_the_day_is_over(house: DialHouse) -> None:
    knobs: dict[str, Setting] = {"limits.number_day": 2, "limits.gap_s": 0}
    campaigns = [await house.open(knobs=knobs) for _ in range(3)]
    leads = [await a_lead(house, campaign) for campaign in campaigns]
    assert [await dial(house, lead) for lead in leads] == [True, True, False]
    assert await state(house, leads[2]) == (LeadState.RETRY_AT, "number_day")
    house.clock.pass_s(86_399)
    assert not await house.store.bans([Wish(leads[2], campaigns[2], phone(2))])
    until = house.clock.now() + timedelta(seconds=1)
    assert await house.store.bans([Wish(leads[2], campaigns[2], phone(1))]) == {
        leads[2].id: Wait(Reason.NUMBER_DAY, until)
    }
    house.clock.pass_s(1)
    await house.store.wake_due(house.clock.now())
    assert await dial(house, leads[2])


async def test_a_limit_that_is_raised_lets_leads_go_at_once(house: DialHouse) -> None:
    campaign = await house.open(knobs={"limits.lead_total": 1, "limits.gap_s": 0})
    lead = await a_lead(house, campaign)
    assert await dial(house, lead)
    house.clock.pass_s(40_000)
    await house.store.wake_due(house.clock.now())
    assert not await dial(house, lead)
    assert await state(house, lead) == (LeadState.RETRY_AT, "lead_total")
    assert await house.store.held(campaign.id) == {Reason.LEAD_TOTAL: 1}
    await house.dialer.set_knobs(campaign.id, {"limits.lead_total": 2}, "oleg")
    assert await house.store.wake_due(house.clock.now()) == 1
    assert await dial(house, lead)


async def test_two_leads_of_one_number_at_once_do_not_pass_the_limit_together(house: DialHouse) -> None:
    campaign = await house.open(knobs={"limits.number_day": 1, "limits.gap_s": 0})
    leads = [await a_lead(house, campaign) for _ in range(4)]
    assert sum(await asyncio.gather(*(dial(house, lead) for lead in leads))) == 1


# Hours and holidays


async def test_peace_is_kept_from_the_end_of_a_talk_however_long_ago_it_began(house: DialHouse) -> None:
    campaign = await house.open(knobs={"limits.gap_s": 7200, "limits.lead_day": None, "limits.number_day": None})
    talking = await begin(house, await a_lead(house, campaign))
    assert talking is not None
    await house.store.answer(talking.id)
    house.clock.pass_s(86_401)
    await house.store.end_attempt(talking.id, AttemptOutcome.PERSON, None, None)
    again = await a_lead(house, campaign)
    assert await begin(house, again) is None
    assert await state(house, again) == (LeadState.RETRY_AT, "gap")


async def test_nobody_is_called_out_of_hours_though_somebody_above_asks_for_it(house: DialHouse) -> None:
    campaign = await house.open(knobs={"hours.opens_min": 540, "hours.closes_min": 1260, "hours.sun": "closed"})
    lead = await a_lead(house, campaign)
    house.clock.pass_s(6 * 3600 - 1)
    assert await dial(house, await a_lead(house, campaign, 2))  # 20:59:58 on a Saturday
    house.clock.pass_s(10)
    assert await begin(house, lead) is None
    assert await state(house, lead) == (LeadState.FRESH, None)  # its zone is closed, it is not put aside
    house.clock.pass_s(16 * 3600)
    assert await begin(house, lead) is None  # Sunday
    house.clock.pass_s(86_400)
    assert await begin(house, lead) is not None


async def test_a_holiday_that_is_kept_acts_on_the_very_next_call(house: DialHouse) -> None:
    campaign = await house.open()
    today = house.clock.now().date()
    assert await house.store.kept_holidays.add([Holiday("ru", today, "Day of tea"), Holiday("RU", today, "Tea")]) == 1
    assert await begin(house, await a_lead(house, campaign)) is None
    assert await begin(house, await a_lead(house, campaign, 2, zone="Europe/London")) is not None
    assert await house.store.kept_holidays.since(today) == [Holiday("RU", today, "Tea")]
    assert await house.store.kept_holidays.remove("RU", today)
    assert not await house.store.kept_holidays.remove("RU", today)
    assert await begin(house, await a_lead(house, campaign, 3)) is not None


async def test_holidays_with_a_bad_one_are_not_kept(house: DialHouse) -> None:
    with pytest.raises(HolidayRefused):
        await house.store.kept_holidays.add([Holiday("RU", date(2027, 1, 1)), Holiday("Narnia", date(2027, 1, 1))])
    assert await house.store.kept_holidays.since(date(2027, 1, 1)) == []


# Where calls may go, and what they cost


def with_law(house: DialHouse, law: Law) -> DialHouse:
    house.store = DialerStore(house.db, house.clock, house.ids, law)
    return house


async def test_a_destination_that_is_not_allowed_is_put_aside_until_other_rules_come(house: DialHouse) -> None:
    campaign = await house.open()
    lead = await a_lead(house, campaign)
    with_law(house, Law(KopeckASecond(barred=phone(1))))
    assert await begin(house, lead) is None
    assert await state(house, lead) == (LeadState.RETRY_AT, "destination")
    with_law(house, Law(KopeckASecond()))
    await house.store.release(Reason.DESTINATION)
    assert await house.store.wake_due(house.clock.now()) == 1
    assert await begin(house, lead) is not None


@pytest.mark.parametrize("tolls", [KopeckASecond(seconds_a_day=600), KopeckASecond(kopecks_a_day=600)])
async def test_the_day_s_account_closes_and_opens_at_midnight_over_a_restart(
    house: DialHouse, tolls: KopeckASecond
) -> None:
    law = Law(tolls, "Europe/Moscow")
    campaign = await with_law(house, law).open()
    talking = await begin(house, await a_lead(house, campaign, 1))
    assert talking is not None
    await house.store.answer(talking.id)
    house.clock.pass_s(500)
    assert await house.store.account_closed() is None
    await house.store.end_attempt(talking.id, AttemptOutcome.PERSON, None, None)
    with_law(house, law)
    open_calls = [await begin(house, await a_lead(house, campaign, number)) for number in (2, 3, 4)]
    assert [attempt is not None for attempt in open_calls] == [True, True, False]  # each open one may take a minute
    midnight = house.clock.now().replace(hour=21, minute=0, second=0)
    assert await house.store.account_closed() == midnight
    house.clock.pass_s((midnight - house.clock.now()).total_seconds())
    for attempt in open_calls:
        if attempt:
            await house.store.end_attempt(attempt.id, AttemptOutcome.BUSY, None, None)
    assert await begin(house, await a_lead(house, campaign, 5)) is not None


async def test_a_talk_outside_that_is_no_attempt_uses_the_day_up_too(house: DialHouse) -> None:
    """A third who was asked, a customer who kept his place: somebody pays for these minutes as well."""
    campaign = await with_law(house, Law(KopeckASecond(kopecks_a_day=600), "Europe/Moscow")).open()
    await house.store.charge_talk("+74951234567", 350.4)
    assert await house.store.account_closed() is None
    await house.store.charge_talk("+74951234567", 250.0)
    assert await house.store.account_closed() is not None
    assert await begin(house, await a_lead(house, campaign, 1)) is None


async def test_of_calls_that_begin_together_each_is_judged_as_if_those_before_it_had_begun(house: DialHouse) -> None:
    campaign = await with_law(house, Law(KopeckASecond(seconds_a_day=120))).open()
    leads = [await a_lead(house, campaign, number) for number in (1, 1, 2, 3, 4)]
    begun = await asyncio.gather(*(begin(house, lead) for lead in leads))
    # Two to one number are one call; and each call may take a minute of the two that the day has.
    assert [attempt is not None for attempt in begun] == [True, False, True, False, False]
    assert len(await house.store.open_attempts()) == 2
    assert (await state(house, leads[4]))[0] is LeadState.FRESH


async def test_calls_end_together_each_by_its_own_rule_and_once(house: DialHouse) -> None:
    campaign = await house.open()
    leads = [await a_lead(house, campaign, number) for number in (1, 2)]
    begun = [await begin(house, lead) for lead in leads]
    first, second = (attempt.id for attempt in begun if attempt is not None)
    told = [
        (first, AttemptOutcome.BUSY),
        (second, AttemptOutcome.INVALID),
        (first, AttemptOutcome.PERSON),
        ("none", AttemptOutcome.BUSY),
    ]
    ended = await asyncio.gather(*(house.store.end_attempt(one, outcome, None, None) for one, outcome in told))
    assert [attempt.outcome if attempt else None for attempt in ended] == [
        AttemptOutcome.BUSY,
        AttemptOutcome.INVALID,
        None,
        None,
    ]
    outcomes = [lead.last_outcome for each in leads if (lead := await house.store.lead(each.id)) is not None]
    assert outcomes == [AttemptOutcome.BUSY, AttemptOutcome.INVALID]
