"""Which orders and missed calls become leads, by the campaign's knobs."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cordboard.dialer.campaign import CampaignRefused
from cordboard.dialer.lead import Lead, LeadState
from cordboard.dialer.sources import LeadSources, is_missed, order_due
from cordboard.queue.channel import ChannelKind, Direction
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
    assert order_due(LeadSources(), NOON) == NOON
    assert order_due(LeadSources(new=True, unconfirmed_min=30), NOON) == NOON
    assert order_due(LeadSources(new=False, unconfirmed_min=30), NOON) == NOON + timedelta(minutes=30)
    assert order_due(LeadSources(new=False), NOON) is None


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
    "knob", [{"sources.unconfirmed_min": 0}, {"sources.missed_calls_s": -1}, {"sources.missed_calls_s": "x"}]
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
