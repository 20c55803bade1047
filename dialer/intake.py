"""Where leads come from, and what the talks about them make of them."""

import logging
import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

from ..queue.contact import Contact, ContactState, IllegalTransition
from ..queue.disposition import AUTOMATIC, Disposition, disposition
from ..shop.order import ASKS_FOR_CALL, Order
from ..storage.clock import Clock
from ..storage.failpoint import failpoint
from ..storage.ids import Ids
from .calling_hours import zone_of
from .campaign import Campaign
from .do_not_call import Kind
from .lead import WAITING_STATES, Attempt, Disposed, Lead, LeadEvent, LeadState, OrderChanged, TalkLost, Withdrawn
from .numbers import MAX_PHONES
from .priority import MAX_ORDER_TOTAL
from .sources import is_missed, is_served, is_wanted, missed_source, order_due, order_source
from .store import DialerStore

log = logging.getLogger(__name__)

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


class Intake:
    """`home_zone`: the site's own time zone, for numbers that tell none. `strays` counts what came too late to matter;
    `decided` hears of an attempt whose customer left before an operator spoke to him."""

    def __init__(
        self,
        store: DialerStore,
        clock: Clock,
        ids: Ids,
        home_zone: str,
        strays: Counter[str],
        decided: Callable[[Attempt], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._home_zone = home_zone
        self._strays = strays
        self._decided = decided

    async def on_order(
        self,
        order: Order,
        phone: str | None,
        time_zone: str | None = None,
        others: Sequence[str] = (),
        *,
        city: str = "",
        segment: str = "",
    ) -> None:
        """An order came or changed. One that asks for a call becomes one lead in each campaign whose sources want it.

        `phone` (E.164), `time_zone`, `city` and `segment` are its customer's, `others` his other numbers in the order in which they are
        tried; without a number there is no lead.
        """
        total = min(max(order.total, 0), MAX_ORDER_TOTAL)
        promised, kept = _whole_second(order.promised_at), _whole_second(order.reserved_until)
        segment = segment.casefold()[:50]
        due = {each.id: order_due(each.sources, order) for each in await self._store.campaigns() if each.takes_orders}
        for lead in await self._store.leads_of_order(order.id):
            if lead.state is not LeadState.DO_NOT_CALL:
                wanted = is_wanted(lead.source, order.status, lead.wanted)
                told = OrderChanged(total, order.placed_at, wanted, promised, kept, segment, due.get(lead.campaign_id))
                await self._tell(lead, told)
        phones = tuple(dict.fromkeys(one for one in (phone or "", *others) if _E164.fullmatch(one)))[:MAX_PHONES]
        if not phones or order.status not in ASKS_FOR_CALL:
            return
        zones = tuple(zone_of(one, time_zone, self._home_zone, city) for one in phones)
        several = len(phones) > 1
        now = self._clock.now()
        leads = [
            Lead(
                id=self._ids(),
                campaign_id=campaign_id,
                source=order_source(order),
                phone=phones[0],
                zone=zones[0],
                placed_at=order.placed_at,
                created_at=now,
                order_id=order.id,
                customer_id=order.customer_id,
                state=LeadState.RETRY_AT if due_at > now else LeadState.FRESH,
                due_at=due_at if due_at > now else None,
                order_total=total,
                promised_at=promised,
                reserved_until=kept,
                segment=segment,
                phones=phones if several else (),
                zones=zones if several else (),
            )
            for campaign_id, due_at in due.items()
            if due_at is not None
        ]
        await self._store.add_leads(leads)
        failpoint("lead_made")

    async def on_contact_ended(self, contact: Contact) -> None:
        """Follow up an ended contact (a Desk.follow_ups). Told twice, it works once."""
        failpoint("before_lead_told")
        match contact.state:
            case ContactState.CLOSED:
                await self.on_disposed(contact)
            case ContactState.LOST:
                await self.on_lost_talk(contact)
            case ContactState.ABANDONED if contact.callback_at is not None:
                await self._keep_agreed(contact, contact.callback_at)
            case ContactState.ABANDONED if contact.attempt_id:
                abandoned = await self._store.abandon(contact.attempt_id)
                if abandoned is not None:
                    self._decided(abandoned)
            case ContactState.ABANDONED:
                await self.on_missed(contact)
        failpoint("after_lead_told")

    async def on_disposed(self, contact: Contact) -> None:
        """A talk was closed with a result: the lead behind it is done, waits, or becomes a callback.

        What an inbound talk did to an order, the order itself tells (`on_order`); of that talk only the promised call counts.
        """
        if is_served(contact):
            await self._make_good(contact)
        chosen = disposition(contact.disposition or "")
        if chosen is None:
            return
        if chosen.forbids_calls:
            await self._forbid(contact, chosen)
        event = Disposed(chosen.code, contact.id, chosen.closes_lead, contact.callback_at, contact.agent_id)
        lead = await self._store.lead(contact.lead_id) if contact.lead_id else None
        if lead is not None:
            await self._tell_once(lead, event, contact)
        elif contact.callback_at is not None:
            await self._promise(contact, event, contact.callback_at, contact.agent_id)

    async def _forbid(self, contact: Contact, chosen: Disposition) -> None:
        """Before the lead hears of it, so that after a crash in between it is told again. A hidden number cannot be forbidden."""
        if _E164.fullmatch(contact.address) is not None:
            by = contact.agent_id or ""
            await self._store.do_not_call.add(Kind.NUMBER, contact.address, by, reason=chosen.label_ru)

    async def on_missed(self, contact: Contact) -> None:
        """A caller left before anybody spoke to him: he becomes a lead where his queue's campaigns want that, and only one."""
        phone, now = contact.address, self._clock.now()
        if _E164.fullmatch(phone) is None:
            return
        waiting = {lead.campaign_id for lead in await self._store.imports.missed(phone)}
        leads = [
            Lead(
                id=self._ids(),
                campaign_id=campaign.id,
                source=missed_source(phone, contact.id),
                phone=phone,
                zone=zone_of(phone, None, self._home_zone),
                placed_at=contact.arrived_at,
                created_at=now,
                order_id=contact.order_id,
                customer_id=contact.customer_id,
            )
            for campaign in await self._store.campaigns()
            if campaign.queue == contact.queue and campaign.id not in waiting and is_missed(contact, campaign.sources)
        ]
        await self._store.add_leads(leads)

    async def _make_good(self, contact: Contact) -> None:
        """Who was spoken with needs no call for having missed us before."""
        for lead in await self._store.imports.missed(contact.address):
            if lead.id != contact.lead_id and not lead.is_callback:
                await self._tell(lead, Withdrawn())

    async def _keep_agreed(self, contact: Contact, callback_at: datetime) -> None:
        """He waited again after a talk, and left: the call that was agreed in it is kept."""
        event = Disposed(AUTOMATIC.code, contact.id, AUTOMATIC.closes_lead, callback_at)
        lead = await self._store.lead(contact.lead_id) if contact.lead_id else None
        if lead is not None:
            await self._tell_once(lead, event, contact)
        else:
            await self._promise(contact, event, callback_at, None)

    async def on_lost_talk(self, contact: Contact) -> None:
        """A call died by our fault: the customer is called back at once, before all others, by whoever is free."""
        lead = await self._store.lead(contact.lead_id) if contact.lead_id else None
        if lead is not None:
            await self._tell_once(lead, TalkLost(contact.id), contact)
        else:
            await self._promise(contact, TalkLost(contact.id), self._clock.now(), None)

    async def _promise(
        self, contact: Contact, event: Disposed | TalkLost, due_at: datetime, agent_id: str | None
    ) -> None:
        """A callback for a customer who called us: by the waiting lead of his order if there is one, else by a lead of its own."""
        leads = await self._store.leads_of_order(contact.order_id) if contact.order_id else []
        if any(lead.settled_by == contact.id for lead in leads) or _E164.fullmatch(contact.address) is None:
            return
        for lead in leads:
            if lead.state in WAITING_STATES and await self._tell(lead, event):
                return
        campaign = await self._campaign_for(contact)
        if campaign is None:
            log.warning("contact %s was promised a call, but there is no campaign to make it", contact.id)
            return
        lead = Lead(
            id=self._ids(),
            campaign_id=campaign.id,
            source=f"contact:{contact.id}",
            phone=contact.address,
            zone=leads[0].zone if leads else zone_of(contact.address, None, self._home_zone),
            placed_at=contact.arrived_at,
            created_at=self._clock.now(),
            order_id=contact.order_id,
            customer_id=contact.customer_id,
            state=LeadState.RETRY_AT,
            due_at=due_at,
            is_callback=True,
            agent_id=agent_id,
            settled_by=contact.id,
        )
        await self._store.add_leads([lead])

    async def _campaign_for(self, contact: Contact) -> Campaign | None:
        """The campaign of the contact's own queue, else the first that takes orders, else the first."""
        campaigns = await self._store.campaigns()
        ranked = sorted(campaigns, key=lambda each: (each.queue != contact.queue, not each.takes_orders))
        return ranked[0] if ranked else None

    async def _tell_once(self, lead: Lead, event: LeadEvent, contact: Contact) -> None:
        if lead.settled_by != contact.id:
            await self._tell(lead, event)

    async def _tell(self, lead: Lead, event: LeadEvent) -> bool:
        try:
            return await self._store.tell_lead(lead.id, event) is not None
        except IllegalTransition:
            self._strays[f"lead_{type(event).__name__}"] += 1
            return False


def _whole_second(at: datetime | None) -> datetime | None:
    return None if at is None else at.replace(microsecond=0)
