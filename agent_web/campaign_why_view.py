"""One lead under the glass, and the leads that were searched for, as the page shows them. Pure; texts are msgids."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ..dialer.lead import Lead
from ..dialer.numbers import NAME_FIELD
from ..dialer.reason import Reason
from ..dialer.why import Why
from ..shop.customer import Customer
from ..shop.order import Order
from .campaign_view import OUTCOMES, REASONS, Term
from .lead_words import STATES
from .other_lead import OtherLead
from .trunk_view import BLOCKED

FOR_GOOD = frozenset(
    {Reason.DONE, Reason.DO_NOT_CALL, Reason.PAUSED, Reason.LEAD_TOTAL, Reason.DESTINATION, Reason.CLOCK}
)
"""These end only if somebody ends them, unless they say when."""
_OUTCOMES = {kind: text for kind, _icon, text in OUTCOMES}


@dataclass(frozen=True, slots=True)
class WaitLine:
    """`for_good`: it does not end by itself. `trunks`: of each, what keeps it and until when."""

    reason: str
    icon: str
    text: str
    until: datetime | None
    for_good: bool
    trunks: tuple[tuple[str, str, datetime | None], ...] = ()


@dataclass(frozen=True, slots=True)
class WhyPanel:
    """`numbers`: all of the lead's, the one that is dialed now first; `others`: what else its customer is to be called about."""

    id: str
    who: str
    phone: str
    numbers: tuple[str, ...]
    order_number: str
    total: int
    state: str
    attempts: int
    outcome: str
    callback: bool
    place: int | None
    points: float
    terms: tuple[Term, ...]
    waits: tuple[WaitLine, ...]
    others: tuple[OtherLead, ...]


@dataclass(frozen=True, slots=True)
class FoundLine:
    id: str
    who: str
    phone: str
    order_number: str
    state: str


def why_panel(why: Why, customer: Customer | None, order: Order | None, others: tuple[OtherLead, ...] = ()) -> WhyPanel:
    lead = why.lead
    return WhyPanel(
        id=lead.id,
        who=customer.name if customer else str(lead.fields.get(NAME_FIELD, "")),
        phone=lead.phone,
        numbers=(lead.phone, *(number for number in lead.phones if number != lead.phone)),
        order_number=order.number if order else "",
        total=lead.order_total,
        state=STATES[lead.state],
        attempts=lead.attempts,
        outcome=_OUTCOMES[lead.last_outcome] if lead.last_outcome else "",
        callback=lead.is_callback,
        place=why.place,
        points=why.score,
        terms=tuple(Term(name, points, 0.0) for name, points in why.terms.items()),
        waits=tuple(
            WaitLine(
                wait.reason.value,
                *REASONS[wait.reason],
                wait.until,
                wait.reason in FOR_GOOD and wait.until is None,
                tuple((hold.trunk, BLOCKED[hold.why], hold.until) for hold in wait.trunks),
            )
            for wait in why.waits
        ),
        others=others,
    )


def found_lines(
    leads: Sequence[Lead], customers: Mapping[str, Customer], orders: Mapping[str, Order]
) -> list[FoundLine]:
    """`customers` and `orders` by id; what is missing is left blank."""
    return [
        FoundLine(
            id=lead.id,
            who=_named(lead, customers),
            phone=lead.phone,
            order_number=orders[lead.order_id].number if lead.order_id and lead.order_id in orders else "",
            state=STATES[lead.state],
        )
        for lead in leads
    ]


def _named(lead: Lead, customers: Mapping[str, Customer]) -> str:
    customer = customers.get(lead.customer_id or "")
    return customer.name if customer else str(lead.fields.get(NAME_FIELD, ""))
