"""Leads that a program gives us by its own keys: taken in all or none, read, bettered, withdrawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ..storage.clock import Clock
from ..storage.ids import Ids
from .import_store import ImportStore
from .lead import Edited, Lead, LeadState, Withdrawn
from .numbers import NAME_FIELD, FieldValue, Numbers
from .priority import MAX_ORDER_TOTAL, own_units
from .sources import given_source
from .store import DialerStore

MAX_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class GivenLead:
    """`external_id`: the giver's key, one lead a campaign and key. `numbers` as they are to be tried; `call_at`: not before."""

    external_id: str
    numbers: Numbers
    name: str = ""
    order_total: int = 0
    placed_at: datetime | None = None
    call_at: datetime | None = None
    fields: Mapping[str, FieldValue] = field(default_factory=dict, hash=False)


def lead_of_given(
    given: GivenLead, *, lead_id: str, campaign_id: str, now: datetime, own_fields: tuple[str, str, str]
) -> Lead:
    """The lead, new; one whose time is to come waits for it. `own_fields`: the campaign's (Campaign.own_fields)."""
    numbers, later = given.numbers, given.call_at is not None and given.call_at > now
    several = len(numbers.phones) > 1
    fields = dict(given.fields) | ({NAME_FIELD: given.name} if given.name else {})
    own_1, own_2, own_3 = own_units(own_fields, fields)
    return Lead(
        id=lead_id,
        campaign_id=campaign_id,
        source=given_source(given.external_id),
        phone=numbers.phone,
        zone=numbers.zone,
        placed_at=given.placed_at or now,
        created_at=now,
        state=LeadState.RETRY_AT if later else LeadState.FRESH,
        due_at=given.call_at if later else None,
        order_total=min(given.order_total, MAX_ORDER_TOTAL),
        phones=numbers.phones if several else (),
        zones=numbers.zones if several else (),
        fields=fields,
        own_1=own_1,
        own_2=own_2,
        own_3=own_3,
    )


class GivenLeads:
    """Raises IllegalTransition where a lead is in a call just now, or may not be called at all."""

    def __init__(self, store: DialerStore, imports: ImportStore, clock: Clock, ids: Ids) -> None:
        self._store = store
        self._imports = imports
        self._clock = clock
        self._ids = ids

    async def give(self, campaign_id: str, given: Sequence[GivenLead]) -> tuple[dict[str, Lead], set[str]]:
        """The leads by external id, and those of them that are new. A lead that is known stays as it is, whatever is said of it now."""
        now, own = self._clock.now(), await self._imports.own_fields(campaign_id)
        leads = [
            lead_of_given(one, lead_id=self._ids(), campaign_id=campaign_id, now=now, own_fields=own) for one in given
        ]
        new = await self._imports.add_new(leads)
        found = await self._imports.by_source(campaign_id, [lead.source for lead in leads])
        by_key = {one.external_id: found[given_source(one.external_id)] for one in given}
        return by_key, {key for key, lead in by_key.items() if lead.source in new}

    async def find(self, campaign_id: str, external_id: str) -> Lead | None:
        found = await self._imports.by_source(campaign_id, [given_source(external_id)])
        return found.get(given_source(external_id))

    async def edit(self, lead: Lead, edit: Edited) -> Lead | None:
        return await self._store.tell_lead(lead.id, edit)

    async def withdraw(self, lead: Lead) -> Lead | None:
        """It is dialed no more; told twice, it works once."""
        return await self._store.tell_lead(lead.id, Withdrawn())
