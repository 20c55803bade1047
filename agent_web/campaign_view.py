"""What a campaign's page says: leads with their points, why one is not dialed, who turned which knob. Pure; texts are msgids."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ..dialer.campaign import CampaignState, Change, Setting
from ..dialer.priority import WEIGHT_LIMIT
from ..dialer.steering import Reason, ScoredLead
from ..queue.channel import AttemptOutcome
from ..shop.customer import Customer
from ..shop.order import Order
from .i18n import N_, Words


@dataclass(frozen=True, slots=True)
class Knob:
    """A weight on the page: its name, what it does, and how far its slider goes (the box beside it goes to `limit`)."""

    name: str
    label: str
    hint: str
    low: float
    high: float
    step: float
    limit: float = WEIGHT_LIMIT


KNOBS = (
    Knob("order_sum", N_("Сумма заказа"), N_("очков за каждую 1 000 ₽: больше, и дорогие раньше"), -10, 10, 0.5),
    Knob("age", N_("Возраст заказа"), N_("очков за час: минус поднимает свежие, плюс — старые"), -10, 10, 0.5),
    Knob("attempts", N_("Попытки"), N_("очков за каждую неудачную: минус откладывает"), -20, 20, 0.5),
)
TERMS = {knob.name: knob.label for knob in KNOBS}

REASONS = {
    Reason.PAUSED: ("pause", N_("обзвон на паузе")),
    Reason.HOURS: ("moon", N_("у клиента не время звонить")),
    Reason.RETRY_AT: ("clock", N_("ждёт повтора")),
    Reason.NO_AGENTS: ("headset", N_("нет свободных операторов")),
    Reason.INBOUND_FIRST: ("phone-in", N_("сначала входящие")),
    Reason.TRUNK: ("net-off", N_("линия оператора связи не отвечает")),
    Reason.DO_NOT_CALL: ("lock", N_("просили не звонить")),
}

HOLDS = frozenset({Reason.PAUSED, Reason.NO_AGENTS, Reason.INBOUND_FIRST, Reason.TRUNK})
"""These keep the whole campaign, and are said once above the list."""

OUTCOMES = (
    (AttemptOutcome.PERSON, "check", N_("ответил человек")),
    (AttemptOutcome.ABANDONED, "alert", N_("ответил, но никто не подошёл")),
    (AttemptOutcome.MACHINE, "wave", N_("автоответчик")),
    (AttemptOutcome.BUSY, "phone", N_("занято")),
    (AttemptOutcome.NO_ANSWER, "clock", N_("не отвечает")),
    (AttemptOutcome.REJECTED, "x", N_("сбросил")),
    (AttemptOutcome.INVALID, "lock", N_("нет такого номера")),
    (AttemptOutcome.CONGESTION, "net-off", N_("сеть перегружена")),
    (AttemptOutcome.TRUNK_TROUBLE, "net-off", N_("сбой линии")),
    (AttemptOutcome.CANCELLED, "x", N_("отменили мы")),
    (AttemptOutcome.UNKNOWN, "help", N_("исход неизвестен")),
)

_KNOB_NAMES = {f"weights.{knob.name}": knob.label for knob in KNOBS} | {
    "state": N_("Обзвон"),
    "mode": N_("Режим"),
    "name": N_("Название"),
    "queue": N_("Очередь"),
    "takes_orders": N_("Брать новые заказы"),
    "ring_timeout_s": N_("Ждать ответа, с"),
    "caller_id": N_("Наш номер"),
    "hours.opens_min": N_("Звоним с"),
    "hours.closes_min": N_("Звоним до"),
}
_VALUES = {
    CampaignState.RUNNING.value: N_("идёт"),
    CampaignState.PAUSED.value: N_("пауза"),
    "progressive": N_("один к одному"),
}


@dataclass(frozen=True, slots=True)
class Term:
    """One addend of a lead's points; `share` is the width of its piece of the bar, in percent of the best lead's plus points."""

    name: str
    points: float
    share: float


@dataclass(frozen=True, slots=True)
class LeadLine:
    """A row of the list. `wait` None: dialed as soon as its turn comes; `callback` was promised to the customer."""

    id: str
    who: str
    city: str
    phone: str
    zone: str
    order_number: str
    total: int
    placed_at: datetime
    age_min: int
    attempts: int
    terms: tuple[Term, ...]
    points: float
    callback: bool
    wait_icon: str
    wait: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """A line of the log: values in the reader's words. `revertible` while the knob still stands where this change put it."""

    id: str
    what: str
    old: str
    new: str
    who: str
    at: datetime
    revertible: bool


def lead_lines(
    leads: Sequence[ScoredLead], customers: Mapping[str, Customer], orders: Mapping[str, Order], now: datetime
) -> list[LeadLine]:
    """`customers` and `orders` by id; what is missing is left blank."""
    top = max((_plus(scored) for scored in leads), default=0.0)
    return [_lead_line(scored, customers, orders, top, now) for scored in leads]


def _lead_line(
    scored: ScoredLead, customers: Mapping[str, Customer], orders: Mapping[str, Order], top: float, now: datetime
) -> LeadLine:
    lead, wait = scored.lead, scored.wait
    customer, order = customers.get(lead.customer_id or ""), orders.get(lead.order_id or "")
    own = wait if wait and wait.reason not in HOLDS else None
    icon, text = REASONS[own.reason] if own else ("", "")
    return LeadLine(
        id=lead.id,
        who=customer.name if customer else "",
        city=customer.city if customer else "",
        phone=lead.phone,
        zone=lead.zone,
        order_number=order.number if order else "",
        total=lead.order_total,
        placed_at=lead.placed_at,
        age_min=max(0, int((now - lead.placed_at).total_seconds() // 60)),
        attempts=lead.attempts,
        terms=tuple(
            Term(name, points, round(100 * max(0.0, points) / top, 1) if top > 0 else 0.0)
            for name, points in scored.terms.items()
        ),
        points=scored.score,
        callback=lead.is_callback,
        wait_icon=icon,
        wait=text,
        until=own.until if own else None,
    )


def _plus(scored: ScoredLead) -> float:
    return sum(max(0.0, points) for points in scored.terms.values())


def change_lines(
    changes: Sequence[Change], now_set: Mapping[str, Setting], names: Mapping[str, str], words: Words
) -> list[ChangeLine]:
    """The log in the reader's language. `now_set`: every knob as it stands; `names` of users by id."""
    return [
        ChangeLine(
            id=change.id,
            what=words.say(_KNOB_NAMES.get(change.field, change.field)),
            old=value_text(change.field, change.old, words),
            new=value_text(change.field, change.new, words),
            who=names.get(change.actor_id, ""),
            at=change.at,
            revertible=now_set.get(change.field) == change.new,
        )
        for change in changes
    ]


def value_text(field: str, value: Setting, words: Words) -> str:
    """A knob's value as people read it."""
    if isinstance(value, bool):
        return words.say(N_("да")) if value else words.say(N_("нет"))
    if field in ("hours.opens_min", "hours.closes_min") and isinstance(value, int):
        return clock_text(value)
    if isinstance(value, int | float):
        return signed(value, words)
    return words.say(_VALUES.get(value or "", value or "—"))


def signed(value: float, words: Words) -> str:
    """A number with a true minus sign: −2,5."""
    said = words.number(round(abs(value), 1) + 0.0)
    return f"−{said}" if round(value, 1) < 0 else said


def typed(value: float, words: Words) -> str:
    """A number as one types it: 2,5 or -1000, with the keyboard's own minus."""
    return f"{value:g}".replace(".", "," if words.language == "ru" else ".")


def clock_text(minutes: int) -> str:
    """Minutes after midnight as a clock shows them: 9:00."""
    return f"{minutes // 60}:{minutes % 60:02}"
