"""Which orders and missed calls become leads, by the campaign's knobs."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from cordboard.dialer.campaign import CampaignRefused
from cordboard.dialer.lead import Lead, LeadState, Promised
from cordboard.dialer.sources import KINDS, LeadSources, is_missed, is_wanted, order_due
from cordboard.queue.channel import AttemptOutcome, ChannelKind, Direction
from cordboard.queue.contact import Contact, ContactState
from cordboard.shop.order import OrderStatus
from tests.fakes.dial_house import DialHouse, an_order, phone
from tests.fakes.hours import NOON

LEFT = Contact(
    id="left",
    kind=ChannelKind.VOICE,
    direction=Direction.INBOUND,
    queue="orders",
    state=ContactState.ABANDONED,
    wire_key="in-1",
    address=phone(1),
    name="",
    arrived_at=NOON,
    closed_at=NOON + timedelta(seconds=20),
)
SPOKEN = replace(LEFT, id="spoken", state=ContactState.CLOSED, connected_at=NOON, disposition="confirmed")


def test_an_order_is_due_at_once_or_when_it_is_still_unconfirmed() -> None:
    order = an_order(1, 1_000, NOON)
    assert order_due(LeadSources(), order) == NOON
    assert order_due(LeadSources(new=True, unconfirmed_min=30), order) == NOON
    assert order_due(LeadSources(new=False, unconfirmed_min=30), order) == NOON + timedelta(minutes=30)
    assert order_due(LeadSources(new=False), order) is None


@pytest.mark.parametrize(
    ("contact", "limit_s", "missed"),
    [
        (LEFT, 10, True),
        (LEFT, 20, True),
        (LEFT, 21, False),
        (LEFT, None, False),
        (replace(LEFT, direction=Direction.OUTBOUND), 10, False),
        (replace(LEFT, kind=ChannelKind.CHAT), 10, False),
        (replace(LEFT, attempt_id="a"), 10, False),
        (replace(LEFT, state=ContactState.CLOSED), 10, False),
    ],
)
def test_who_counts_as_missed(contact: Contact, limit_s: int | None, missed: bool) -> None:
    assert is_missed(contact, LeadSources(missed_calls_s=limit_s)) is missed


@pytest.mark.parametrize(
    "knob",
    [
        {"sources.unconfirmed_min": 0},
        {"sources.missed_calls_s": -1},
        {"sources.missed_calls_s": "x"},
        {"sources.abandoned_basket_min": 0},
        {"sources.abandoned_basket_min": 20_000},
    ],
)
async def test_a_time_out_of_reason_is_refused(house: DialHouse, knob: dict[str, str | int]) -> None:
    with pytest.raises(CampaignRefused):
        await house.open(knobs=dict(knob))


async def test_an_unconfirmed_order_waits_its_minutes_and_one_confirmed_before_is_never_dialed(
    house: DialHouse,
) -> None:
    await house.open(knobs={"sources.new": False, "sources.unconfirmed_min": 30})
    order = an_order(1, 1_000, house.clock.now())
    await house.dialer.on_order(order, phone(1))
    lead = await house.lead_of(order)
    assert (lead.state, lead.due_at) == (LeadState.RETRY_AT, order.placed_at + timedelta(minutes=30))
    await house.dialer.on_order(replace(order, status=OrderStatus.CONFIRMED), phone(1))
    assert (await house.lead_of(order)).state is LeadState.DONE
    old = an_order(2, 1_000, house.clock.now() - timedelta(hours=1))
    await house.dialer.on_order(old, phone(2))
    assert (await house.lead_of(old)).state is LeadState.FRESH


@pytest.mark.parametrize(
    ("status", "sources", "minutes"),
    [
        (OrderStatus.CHANGED, LeadSources(), 0),
        (OrderStatus.CHANGED, LeadSources(changed=False, unconfirmed_min=30), None),
        (OrderStatus.CHANGED, LeadSources(new=False), 0),
        (OrderStatus.BASKET, LeadSources(), None),
        (OrderStatus.BASKET, LeadSources(abandoned_basket_min=45), 45),
        (OrderStatus.DELIVERY_PROBLEM, LeadSources(), 0),
        (OrderStatus.DELIVERY_PROBLEM, LeadSources(delivery_problem=False), None),
        (OrderStatus.CONFIRMED, LeadSources(unconfirmed_min=1, abandoned_basket_min=1), None),
        (OrderStatus.SHIPPED, LeadSources(abandoned_basket_min=1), None),
    ],
)
def test_each_state_of_an_order_has_its_source(status: OrderStatus, sources: LeadSources, minutes: int | None) -> None:
    due = order_due(sources, an_order(1, 1_000, NOON, status))
    assert due == (None if minutes is None else NOON + timedelta(minutes=minutes))


@pytest.mark.parametrize("status", OrderStatus)
@pytest.mark.parametrize("kind", ["order", "changed", "basket", "delivery"])
def test_a_lead_is_wanted_while_its_order_asks_for_just_that(status: OrderStatus, kind: str) -> None:
    put_off = status is OrderStatus.POSTPONED
    assert is_wanted(f"{kind}:1", status, True) is (put_off or KINDS.get(status) == kind)
    assert is_wanted(f"{kind}:1", status, False) is (not put_off and KINDS.get(status) == kind)
    assert is_wanted("contact:1", status, False) is (not put_off and status in KINDS)


class Story:
    """One order on its way; `leads` are what it is dialed for, by kind."""

    def __init__(self, house: DialHouse) -> None:
        self.house, self.order = house, an_order(1, 1_000, house.clock.now())

    async def becomes(self, status: OrderStatus, placed_at: datetime | None = None, total: int = 1_000_00) -> None:
        at = placed_at or self.order.placed_at
        self.order = replace(self.order, status=status, version=self.order.version + 1, placed_at=at, total=total)
        await self.house.dialer.on_order(self.order, phone(1))

    async def leads(self) -> dict[str, LeadState]:
        found = await self.house.store.leads_of_order(self.order.id)
        kinds = {lead.source.partition(":")[0]: lead.state for lead in found}
        assert len(kinds) == len(found)
        return kinds

    async def due_at(self, kind: str) -> datetime | None:
        found = await self.house.store.leads_of_order(self.order.id)
        return next(lead.due_at for lead in found if lead.source.startswith(kind))


@pytest.fixture
def story(house: DialHouse) -> Story:
    return Story(house)


async def test_an_order_changed_twice_is_one_lead_until_it_is_confirmed_again(house: DialHouse, story: Story) -> None:
    await house.open("maria")
    await story.becomes(OrderStatus.NEW)
    await story.becomes(OrderStatus.CONFIRMED)
    await story.becomes(OrderStatus.CHANGED)
    await story.becomes(OrderStatus.CHANGED, total=2_000_00)
    assert await story.leads() == {"order": LeadState.DONE, "changed": LeadState.FRESH}
    await story.becomes(OrderStatus.POSTPONED)
    assert (await story.leads())["changed"] is LeadState.FRESH
    await story.becomes(OrderStatus.CONFIRMED)
    assert await story.leads() == {"order": LeadState.DONE, "changed": LeadState.DONE}
    await story.becomes(OrderStatus.CHANGED)
    assert (await story.leads())["changed"] is LeadState.FRESH
    await house.tick()
    assert [number for _, number in house.telephones.dialed] == [phone(1)]


async def test_who_does_not_want_to_know_of_changes_is_left_alone(house: DialHouse, story: Story) -> None:
    await house.open(knobs={"sources.changed": False})
    await story.becomes(OrderStatus.CHANGED)
    assert await story.leads() == {}


async def test_a_basket_is_dialed_when_it_was_not_touched_for_long_enough(house: DialHouse, story: Story) -> None:
    await house.open("maria", knobs={"sources.abandoned_basket_min": 30})
    await story.becomes(OrderStatus.BASKET)
    half_an_hour = timedelta(minutes=30)
    assert await story.due_at("basket") == story.order.placed_at + half_an_hour
    await house.tick(29 * 60)
    await story.becomes(OrderStatus.BASKET, placed_at=house.clock.now())
    assert await story.due_at("basket") == story.order.placed_at + half_an_hour
    await house.tick(29 * 60)
    assert house.telephones.dialed == []
    await house.tick(61)
    assert len(house.telephones.dialed) == 1
    await house.hang_up(house.ringing(), AttemptOutcome.BUSY)
    await story.becomes(OrderStatus.BASKET, placed_at=house.clock.now())
    assert await story.due_at("basket") == story.order.placed_at + half_an_hour


async def test_a_basket_that_becomes_an_order_withdraws_its_lead(house: DialHouse, story: Story) -> None:
    await house.open(knobs={"sources.abandoned_basket_min": 30, "sources.new": False, "sources.unconfirmed_min": 60})
    await story.becomes(OrderStatus.BASKET)
    await story.becomes(OrderStatus.NEW, placed_at=house.clock.now())
    assert await story.leads() == {"basket": LeadState.DONE, "order": LeadState.RETRY_AT}


async def test_a_basket_that_waits_for_a_promised_call_is_not_moved(house: DialHouse, story: Story) -> None:
    await house.open(knobs={"sources.abandoned_basket_min": 30})
    await story.becomes(OrderStatus.BASKET)
    (lead,) = await house.store.leads_of_order(story.order.id)
    due_at = house.clock.now() + timedelta(minutes=5)
    await house.store.tell_lead(lead.id, Promised(due_at, None))
    await story.becomes(OrderStatus.BASKET, placed_at=house.clock.now())
    assert await story.due_at("basket") == due_at


async def test_a_delivery_that_failed_is_a_lead_until_it_is_solved(house: DialHouse, story: Story) -> None:
    await house.open()
    await story.becomes(OrderStatus.SHIPPED)
    assert await story.leads() == {}
    for solved in (OrderStatus.SHIPPED, OrderStatus.DELIVERED, OrderStatus.CANCELLED, OrderStatus.CONFIRMED):
        await story.becomes(OrderStatus.DELIVERY_PROBLEM)
        await story.becomes(OrderStatus.DELIVERY_PROBLEM)
        assert await story.leads() == {"delivery": LeadState.FRESH}
        await story.becomes(solved)
        assert await story.leads() == {"delivery": LeadState.DONE}


async def missed(house: DialHouse) -> list[Lead]:
    return await house.store.imports.missed(phone(1))


async def test_a_missed_caller_is_one_lead_until_he_is_served(house: DialHouse) -> None:
    campaign = await house.open(knobs={"sources.missed_calls_s": 10})
    await house.dialer.add_campaign("Other queue", "other", {"sources.missed_calls_s": 10})
    await house.dialer.on_contact_ended(LEFT)
    await house.dialer.on_contact_ended(LEFT)
    await house.dialer.on_contact_ended(replace(LEFT, id="again"))
    assert [lead.campaign_id for lead in await missed(house)] == [campaign.id]
    await house.dialer.on_contact_ended(replace(SPOKEN, address=phone(2)))
    assert len(await missed(house)) == 1
    await house.dialer.on_contact_ended(SPOKEN)
    assert await missed(house) == []
    await house.dialer.on_contact_ended(replace(LEFT, id="third"))
    assert len(await missed(house)) == 1


async def test_a_hidden_number_is_no_lead(house: DialHouse) -> None:
    await house.open(knobs={"sources.missed_calls_s": 0})
    await house.dialer.on_contact_ended(replace(LEFT, address=""))
    assert await house.store.imports.missed("") == []
