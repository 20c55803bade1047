"""What else a customer is to be called about: his leads in this campaign and in others, told to whoever has him before him."""

from collections.abc import Collection

from ..dialer.lead import OPEN_STATES, Lead
from .house import House
from .lead_words import STATES
from .other_lead import OtherLead

MOST_OTHERS = 20


async def other_leads(
    house: House, customer_id: str | None, phones: Collection[str], but: str | None, *, only_open: bool
) -> tuple[OtherLead, ...]:
    """Of the same customer (dialer/one_customer.py), the newest first; `but`: the lead that he is called about already."""
    found = [lead for lead in await house.dialer.leads_of_customer(customer_id, phones, MOST_OTHERS) if lead.id != but]
    if only_open:
        found = [lead for lead in found if lead.state in OPEN_STATES]
    if not found:
        return ()
    campaigns = {campaign.id: campaign.name for campaign in await house.dialer.campaigns()}
    numbers = await house.shop.numbers_of({lead.order_id for lead in found if lead.order_id})
    return tuple(
        _other(lead, campaigns.get(lead.campaign_id, ""), numbers.get(lead.order_id or "", "")) for lead in found
    )


async def others_of(house: House, lead: Lead) -> tuple[OtherLead, ...]:
    """What else the customer of this lead is, or was, to be called about."""
    return await other_leads(house, lead.customer_id, {lead.phone, *lead.phones}, lead.id, only_open=False)


def _other(lead: Lead, campaign: str, order_number: str) -> OtherLead:
    return OtherLead(
        id=lead.id,
        campaign_id=lead.campaign_id,
        campaign=campaign,
        order_id=lead.order_id,
        order_number=order_number,
        total=lead.order_total,
        state=STATES[lead.state],
        is_open=lead.state in OPEN_STATES,
        promised=lead.is_callback,
        due_at=lead.due_at,
    )
