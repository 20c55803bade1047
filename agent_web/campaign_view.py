"""What a campaign's page says: leads with their points, why one is not dialed, who turned which knob. Pure; texts are msgids."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..dialer.campaign import Campaign, CampaignState
from ..dialer.numbers import NAME_FIELD, FieldValue
from ..dialer.priority import WEIGHT_LIMIT, Weights
from ..dialer.reason import OWN, Reason
from ..dialer.steering import ScoredLead
from ..queue.channel import AttemptOutcome
from ..shop.customer import Customer
from ..shop.order import Order
from .i18n import N_, Words

SEGMENT_KNOB = "segment."
SHOWN_FIELDS = 3


@dataclass(frozen=True, slots=True)
class Knob:
    """A weight on the page: its name, its term of the score, what it does, and how far its slider goes (the box beside it goes to `limit`).

    `plain`: the label is a name that people gave, and is not translated. Without `slides` there is only the box.
    """

    name: str
    label: str
    hint: str
    low: float = -10
    high: float = 10
    step: float = 0.5
    limit: float = WEIGHT_LIMIT
    term: str = ""
    slides: bool = True
    plain: bool = False
    key: str = ""


def _knob(name: str, label: str, hint: str, **more: Any) -> Knob:
    return Knob(name, label, hint, **{"term": name, "key": name} | more)


_NEARER = N_("очков за каждый час ближе суток")
KNOBS = (
    _knob("order_sum", N_("Сумма заказа"), N_("очков за каждую 1 000 ₽")),
    _knob("age", N_("Возраст заказа"), N_("очков за час: минус — свежие раньше")),
    _knob("promised", N_("Обещанное время"), _NEARER),
    _knob("reservation", N_("Сгорает бронь"), _NEARER),
    _knob("expired", N_("Бронь сгорела"), N_("очков разом"), term="reservation", slides=False),
    _knob("attempts", N_("Попытки"), N_("очков за каждую: минус откладывает"), low=-20, high=20),
)
TERMS = {knob.term: knob.label for knob in KNOBS if knob.term == knob.name} | {"segment": N_("Сегмент клиента")}
TERM_COLORS = {
    name: place
    for place, name in enumerate(
        ("order_sum", "age", "promised", "reservation", "attempts", "segment", "own_1", "own_2", "own_3")
    )
}
USUAL_SEGMENT = "vip"
"""Offered even while it has no points."""
SEGMENT_WORDS = {USUAL_SEGMENT: N_("Важный клиент")}


def knobs_of(campaign: Campaign, weights: Weights) -> list[Knob]:
    """All weights of the campaign: the house's own, its own fields by their names, the segments that have points, and one more."""
    own = [
        _knob(f"own_{number}", name, N_("очков за единицу"), slides=False, plain=True)
        for number, name in enumerate(campaign.own_fields, 1)
        if name
    ]
    names = sorted({USUAL_SEGMENT, *(name for name, _points in weights.segments)})
    segments = [
        Knob(
            f"{SEGMENT_KNOB}{name}",
            SEGMENT_WORDS.get(name, name),
            N_("очков сегменту"),
            term="segment",
            slides=False,
            plain=name not in SEGMENT_WORDS,
            key=f"segment-{place}",
        )
        for place, name in enumerate(names)
    ]
    return [*KNOBS, *segments, *own]


def knob_values(weights: Weights, knobs: Iterable[Knob]) -> dict[str, float]:
    """Where each stands."""
    segments = {f"{SEGMENT_KNOB}{name}": points for name, points in weights.segments}
    return {
        knob.name: segments.get(knob.name, 0.0) if knob.term == "segment" else getattr(weights, knob.name)
        for knob in knobs
    }


def term_label(name: str, campaign: Campaign, words: Words) -> str:
    """What a term of the score is called; an own field by its own name."""
    if name in TERMS:
        return words.say(TERMS[name])
    return campaign.own_fields[int(name.removeprefix("own_")) - 1] or name


REASONS = {
    Reason.PAUSED: ("pause", N_("обзвон на паузе")),
    Reason.HOURS: ("moon", N_("у клиента не время звонить")),
    Reason.RETRY_AT: ("clock", N_("ждёт повтора")),
    Reason.NO_AGENTS: ("headset", N_("нет свободных операторов")),
    Reason.INBOUND_FIRST: ("phone-in", N_("сначала входящие")),
    Reason.TRUNK: ("net-off", N_("линии связи сейчас не берут новых звонков")),
    Reason.DRAINING: ("drain", N_("дозваниваем начатое, новых звонков нет")),
    Reason.DIALING: ("phone-out", N_("звоним прямо сейчас")),
    Reason.CONNECTED: ("st-talking", N_("идёт разговор, или оператор пишет итог")),
    Reason.SAME_CUSTOMER: ("phone", N_("этому клиенту уже звонят по другому поводу")),
    Reason.SAME_NUMBER: ("phone", N_("с этим номером уже идёт звонок")),
    Reason.OWN_AGENT: ("user", N_("ждёт своего оператора, потом наберёт любой")),
    Reason.DONE: ("check", N_("с ним всё решено")),
    Reason.DO_NOT_CALL: ("lock", N_("в списке «не звонить»")),
    Reason.LEAD_TOTAL: ("lock", N_("все попытки по заказу сделаны")),
    Reason.LEAD_DAY: ("clock", N_("довольно попыток по заказу за сутки")),
    Reason.NUMBER_DAY: ("clock", N_("довольно звонков на этот номер за сутки")),
    Reason.GAP: ("clock", N_("на этот номер только что звонили")),
    Reason.REACHED: ("clock", N_("с клиентом недавно говорили по другому поводу")),
    Reason.DESTINATION: ("lock", N_("в этом направлении не звоним")),
    Reason.TOLL_CAP: ("coin", N_("минуты или деньги на сегодня израсходованы")),
    Reason.CLOCK: ("alert", N_("часы сервера прыгнули: проверьте их и начните обзвон снова")),
    Reason.CAP: ("alert", N_("предел брошенных звонков: каждому звонку свой оператор")),
    Reason.PACING: ("clock", N_("линий уже столько, сколько нужно операторам")),
    Reason.WORDS: ("alert", N_("сообщение не удаётся озвучить")),
    Reason.BY_HAND: ("headset", N_("звонит оператор сам")),
    Reason.SERVICE_LEVEL: ("phone-in", N_("уступаем входящим: их ждёт долгая очередь")),
}

HOLDS = frozenset(Reason) - OWN
"""These keep the whole campaign, and are said once above the list."""

OUTCOMES = (
    (AttemptOutcome.PERSON, "check", N_("ответил человек")),
    (AttemptOutcome.ABANDONED, "alert", N_("ответил, но никто не подошёл")),
    (AttemptOutcome.MACHINE, "wave", N_("автоответчик")),
    (AttemptOutcome.TONE, "wave", N_("факс или сигнал сети")),
    (AttemptOutcome.BUSY, "phone", N_("занято")),
    (AttemptOutcome.NO_ANSWER, "clock", N_("не отвечает")),
    (AttemptOutcome.REJECTED, "x", N_("сбросил")),
    (AttemptOutcome.INVALID, "lock", N_("нет такого номера")),
    (AttemptOutcome.CONGESTION, "net-off", N_("сеть перегружена")),
    (AttemptOutcome.TRUNK_TROUBLE, "net-off", N_("сбой линии")),
    (AttemptOutcome.CANCELLED, "x", N_("отменили мы")),
    (AttemptOutcome.UNKNOWN, "help", N_("исход неизвестен")),
)

KNOB_NAMES = {f"weights.{knob.name}": knob.label for knob in KNOBS} | {
    "weights.own_1": N_("Своё поле 1"),
    "weights.own_2": N_("Своё поле 2"),
    "weights.own_3": N_("Своё поле 3"),
    "own_fields.1": N_("Имя своего поля 1"),
    "own_fields.2": N_("Имя своего поля 2"),
    "own_fields.3": N_("Имя своего поля 3"),
    "state": N_("Обзвон"),
    "name": N_("Название"),
    "queue": N_("Очередь"),
    "caller_id": N_("Наш номер"),
}
VALUES = {
    CampaignState.RUNNING.value: N_("идёт"),
    CampaignState.DRAINING.value: N_("дозвон начатого"),
    CampaignState.PAUSED.value: N_("пауза"),
}


@dataclass(frozen=True, slots=True)
class Term:
    """One addend of a lead's points; `share` is the width of its piece of the bar, in percent of the best lead's plus points."""

    name: str
    points: float
    share: float


@dataclass(frozen=True, slots=True)
class LeadLine:
    """A row of the list. `wait` None: dialed as soon as its turn comes; `callback` was promised to the customer, and should have been
    made before `late_since`. `more_phones`: how many other numbers it has; `own`: the first of the site's own fields.
    """

    id: str
    who: str
    city: str
    phone: str
    more_phones: int
    own: tuple[tuple[str, FieldValue], ...]
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
    late_since: datetime | None = None


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
        who=customer.name if customer else str(lead.fields.get(NAME_FIELD, "")),
        city=customer.city if customer else "",
        phone=lead.phone,
        more_phones=len(lead.numbers.phones) - 1,
        own=tuple((name, value) for name, value in lead.fields.items() if name != NAME_FIELD)[:SHOWN_FIELDS],
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
        late_since=scored.late_since,
    )


def _plus(scored: ScoredLead) -> float:
    return sum(max(0.0, points) for points in scored.terms.values())


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
