"""Why a lead is not being dialed, and when that ends."""

from datetime import UTC, datetime, timedelta

import pytest

from cordboard.dialer.calling_hours import CallingHours
from cordboard.dialer.campaign import Campaign, CampaignState
from cordboard.dialer.do_not_call import Kind
from cordboard.dialer.holidays import Holiday, Holidays
from cordboard.dialer.lead import CallsForbidden, Lead, LeadState
from cordboard.dialer.steering import Reason, UnknownCampaign, Wait
from cordboard.dialer.trunk import Blocked, Hold
from cordboard.dialer.why import own_waits
from cordboard.queue.channel import AttemptOutcome
from tests.fakes.dial_house import DialHouse, an_order, phone

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
CAMPAIGN = Campaign("c", "Orders", "orders", NOON, hours=CallingHours(9 * 60, 21 * 60))


def a_lead(state: LeadState = LeadState.FRESH, zone: str = "UTC", **more: object) -> Lead:
    return Lead("lead", "c", "order:1", phone(1), zone, NOON, NOON, state=state, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("lead", "waits"),
    [
        (a_lead(), ()),
        (a_lead(zone="Asia/Vladivostok"), (Wait(Reason.HOURS, NOON + timedelta(hours=11)),)),
        (
            a_lead(LeadState.RETRY_AT, due_at=NOON + timedelta(hours=1)),
            (Wait(Reason.RETRY_AT, NOON + timedelta(hours=1)),),
        ),
        (
            a_lead(LeadState.RETRY_AT, due_at=NOON + timedelta(hours=10)),
            (Wait(Reason.HOURS, NOON + timedelta(hours=21)),),
        ),
        (a_lead(LeadState.DIALING), (Wait(Reason.DIALING),)),
        (a_lead(LeadState.CONNECTED), (Wait(Reason.CONNECTED),)),
        (a_lead(LeadState.DONE), (Wait(Reason.DONE),)),
        (a_lead(LeadState.DO_NOT_CALL), (Wait(Reason.DO_NOT_CALL),)),
        (
            a_lead(LeadState.DUE, is_callback=True, due_at=NOON, agent_id="maria"),
            (Wait(Reason.OWN_AGENT, NOON + timedelta(minutes=1)),),
        ),
        (a_lead(LeadState.DUE, is_callback=True, due_at=NOON, agent_id="gone"), ()),
        (a_lead(LeadState.RETRY_AT, held_by="do_not_call"), (Wait(Reason.DO_NOT_CALL),)),
        (
            a_lead(LeadState.RETRY_AT, held_by="gap", due_at=NOON + timedelta(seconds=60)),
            (Wait(Reason.GAP, NOON + timedelta(seconds=60)),),
        ),
        # Released, so that it is tried again in the next turn.
        (a_lead(LeadState.RETRY_AT, held_by="do_not_call", due_at=NOON), (Wait(Reason.RETRY_AT, NOON),)),
    ],
)
def test_a_lead_is_kept_by_its_own_reasons(lead: Lead, waits: tuple[Wait, ...]) -> None:
    assert own_waits(lead, CAMPAIGN, NOON, here={"maria"}) == waits


def test_every_reason_that_must_end_is_named() -> None:
    asleep = a_lead(zone="Asia/Vladivostok")
    assert [wait.reason for wait in own_waits(asleep, CAMPAIGN, NOON, in_call=True)] == [
        Reason.HOURS,
        Reason.SAME_NUMBER,
    ]


@pytest.mark.parametrize(
    ("lead", "against", "waits"),
    [
        (a_lead(), Wait(Reason.DO_NOT_CALL), (Wait(Reason.DO_NOT_CALL),)),
        (a_lead(), Wait(Reason.TOLL_CAP, NOON + timedelta(hours=12)), ()),  # keeps all campaigns
        (
            a_lead(LeadState.RETRY_AT, due_at=NOON + timedelta(hours=1)),
            Wait(Reason.NUMBER_DAY, NOON + timedelta(hours=2)),
            (Wait(Reason.NUMBER_DAY, NOON + timedelta(hours=2)),),
        ),
        (
            a_lead(LeadState.RETRY_AT, due_at=NOON + timedelta(hours=1)),
            Wait(Reason.GAP, NOON + timedelta(minutes=1)),
            (Wait(Reason.RETRY_AT, NOON + timedelta(hours=1)),),
        ),
    ],
)
def test_the_law_keeps_a_lead_for_as_long_as_it_says(lead: Lead, against: Wait, waits: tuple[Wait, ...]) -> None:
    assert own_waits(lead, CAMPAIGN, NOON, against=against) == waits


def test_a_holiday_is_no_time_to_call() -> None:
    today = Holidays([Holiday("*", NOON.date(), "a feast")])
    hours = CallingHours(9 * 60, 21 * 60, holidays="closed")
    campaign = Campaign("c", "Orders", "orders", NOON, hours=hours)
    assert own_waits(a_lead(), campaign, NOON, today) == (Wait(Reason.HOURS, NOON + timedelta(hours=21)),)
    retry = a_lead(LeadState.RETRY_AT, due_at=NOON + timedelta(hours=1))
    assert own_waits(retry, campaign, NOON, today) == (Wait(Reason.HOURS, NOON + timedelta(hours=21)),)


async def reasons(house: DialHouse, campaign: Campaign, lead_id: str) -> list[Reason]:
    return [wait.reason for wait in (await house.dialer.why(campaign.id, lead_id)).waits]


async def lead_of(house: DialHouse, number: int) -> Lead:
    (lead,) = await house.store.leads_of_order(f"order-{number}")
    return lead


async def test_the_place_is_the_number_of_leads_before_it_and_one(house: DialHouse) -> None:
    campaign = await house.open("maria", knobs={"state": "paused"})
    for number in range(1, 6):
        await house.order(number, 1_000 * number)
    places = [(await house.dialer.why(campaign.id, (await lead_of(house, each)).id)).place for each in range(1, 6)]
    assert places == [5, 4, 3, 2, 1]
    why = await house.dialer.why(campaign.id, (await lead_of(house, 3)).id)
    assert (why.score, why.terms["order_sum"], why.waits) == (3.0, 3.0, (Wait(Reason.PAUSED),))


async def test_a_promised_call_that_is_due_stands_before_all(house: DialHouse) -> None:
    campaign = await house.open("maria")
    await house.order(1, 1_000)
    await house.order(2, 9_000)
    await house.tick()
    await house.talk(house.ringing())
    await house.finish(house.ringing(), "postponed", callback_at=house.clock.now() + timedelta(minutes=5))
    await house.dialer.pause(campaign.id, "oleg")
    promised, cheap = await lead_of(house, 2), await lead_of(house, 1)
    assert (await house.dialer.why(campaign.id, promised.id)).place is None
    assert (await house.dialer.why(campaign.id, cheap.id)).place == 1
    house.clock.pass_s(400)
    await house.tick()
    assert (await house.dialer.why(campaign.id, promised.id)).place == 1
    assert (await house.dialer.why(campaign.id, cheap.id)).place == 2


async def test_a_lead_goes_through_its_reasons(house: DialHouse) -> None:
    campaign = await house.open("maria", knobs={"state": "paused"})
    await house.order(1, 1_000)
    lead = await lead_of(house, 1)
    assert await reasons(house, campaign, lead.id) == [Reason.PAUSED]
    await house.dialer.start(campaign.id, "oleg")
    assert await reasons(house, campaign, lead.id) == []
    await house.tick()
    assert await reasons(house, campaign, lead.id) == [Reason.DIALING]
    await house.hang_up(house.ringing(), AttemptOutcome.BUSY)
    await house.desk.pause("maria", "tea")
    assert await reasons(house, campaign, lead.id) == [Reason.RETRY_AT, Reason.NO_AGENTS]
    await house.dialer.drain(campaign.id, "oleg")
    house.clock.pass_s(400)
    await house.tick()
    assert await reasons(house, campaign, lead.id) == [Reason.PAUSED]
    await house.store.tell_lead(lead.id, CallsForbidden())
    assert await reasons(house, campaign, lead.id) == [Reason.DO_NOT_CALL]


async def test_a_lead_that_the_law_puts_aside_says_so_until_it_is_let_go(house: DialHouse) -> None:
    campaign = await house.open("maria")
    await house.order(1, 1_000)
    lead = await lead_of(house, 1)
    entry, _new = await house.dialer.do_not_call.add(Kind.NUMBER, lead.phone, "oleg")
    why = await house.dialer.why(campaign.id, lead.id)
    assert (why.waits, why.place) == ((Wait(Reason.DO_NOT_CALL),), None)
    await house.tick()
    assert (await lead_of(house, 1)).held_by == "do_not_call"
    assert await reasons(house, campaign, lead.id) == [Reason.DO_NOT_CALL]
    await house.desk.pause("maria", "tea")
    await house.dialer.do_not_call.remove(entry.id)
    await house.tick()
    assert await reasons(house, campaign, lead.id) == [Reason.NO_AGENTS]


async def test_a_number_in_a_call_keeps_its_other_lead(house: DialHouse) -> None:
    campaign = await house.open("maria")
    await house.order(1, 9_000)
    await house.dialer.on_order(an_order(2, 1_000, house.clock.now()), phone(1))
    await house.tick()
    assert (await reasons(house, campaign, (await lead_of(house, 2)).id))[0] is Reason.SAME_NUMBER


async def test_dead_trunks_are_told_with_their_end(house: DialHouse) -> None:
    campaign = await house.open("maria")
    for number in range(1, 5):
        await house.order(number, 1_000)
    for _ in range(3):
        await house.tick()
        await house.hang_up(house.ringing(), AttemptOutcome.TRUNK_TROUBLE)
    waits = (await house.dialer.why(campaign.id, (await lead_of(house, 4)).id)).waits
    until = house.clock.now() + timedelta(seconds=5)
    assert waits == (Wait(Reason.TRUNK, until, (Hold("trunk", Blocked.TROUBLE, until),)),)
    assert house.dialer.trunk_holds_until() == waits[0].until


async def test_what_drains_places_no_new_call_and_pauses_when_the_last_is_over(house: DialHouse) -> None:
    campaign = await house.open("maria", "anna")
    for number in range(1, 5):
        await house.order(number, 1_000)
    await house.tick()
    calls = [attempt_id for attempt_id, *_rest in house.telephones.dialed]
    assert len(calls) == 2
    await house.dialer.drain(campaign.id, "oleg")
    await house.hang_up(calls[0], AttemptOutcome.BUSY)
    await house.tick(1)
    assert len(house.telephones.dialed) == 2
    assert (await house.dialer.campaign(campaign.id)).state is CampaignState.DRAINING
    await house.hang_up(calls[1], AttemptOutcome.BUSY)
    await house.tick(1)
    assert (await house.dialer.campaign(campaign.id)).state is CampaignState.PAUSED
    await house.tick(1)
    told = [(change.actor_id, change.old, change.new) for change in await house.dialer.changes(campaign.id)]
    assert told == [("", "draining", "paused"), ("oleg", "running", "draining")]


async def test_what_was_started_again_while_it_drained_goes_on(house: DialHouse) -> None:
    campaign = await house.open("maria")
    await house.dialer.drain(campaign.id, "oleg")
    await house.dialer.start(campaign.id, "oleg")
    await house.tick(1)
    assert (await house.dialer.campaign(campaign.id)).state is CampaignState.RUNNING


async def test_leads_are_found_by_number_and_order_in_their_own_campaign(house: DialHouse) -> None:
    campaign = await house.open()
    other = await house.dialer.add_campaign("Other", "orders")
    for number in range(1, 4):
        await house.order(number, 1_000)

    async def found(campaign_id: str, numbers: list[str], orders: list[str]) -> set[str | None]:
        return {lead.order_id for lead in await house.dialer.find(campaign_id, numbers, orders, 5)}

    assert await found(campaign.id, [phone(2)], []) == {"order-2"}
    assert await found(campaign.id, [phone(1), phone(2)], ["order-3"]) == {"order-1", "order-2", "order-3"}
    assert await found(campaign.id, [], []) == set()
    assert await found(other.id, [phone(2)], ["order-2"]) == set()
    with pytest.raises(UnknownCampaign):
        await house.dialer.why(other.id, (await lead_of(house, 1)).id)
