"""What the pages of recordings show and are asked for, worked out from the nouns. Pure: templates only word it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from urllib.parse import urlencode

from ..access.user import User
from ..quality.recording import STATES, Recording, RecordingFilter
from ..shop.customer import Customer
from ..shop.order import Order
from ..shop.phone import mask_phone
from .i18n import N_

PAGE = 30
LENGTHS = (30, 60, 180, 300)
"""Shortest lengths (s) that the list offers."""

# state: colour, icon, word, what it means
STATE_WORDS: Mapping[str, tuple[str, str, str, str]] = {
    "ok": ("ok", "check", N_("Целая"), ""),
    "partial": ("warn", "alert", N_("Короче разговора"), N_("Запись короче разговора: часть звука не записалась.")),
    "gaps": ("warn", "alert", N_("С пропуском"), N_("Одна сторона записалась не вся, пропуск заполнен тишиной.")),
    "long": ("warn", "alert", N_("Длиннее разговора"), N_("В записи есть звук и вне разговора.")),
    "missing": ("bad", "x", N_("Звука нет"), N_("Разговор был, а звук не записался.")),
    "failed": ("bad", "clock", N_("Ещё не сохранена"), N_("Исходный файл цел. Сохраним, как только получится.")),
    "orphan": ("idle", "help", N_("Без разговора"), N_("Неизвестно, чей это разговор: файл остался после сбоя.")),
}
MARK_WORDS: Mapping[str, tuple[str, str]] = {
    "operator_first": ("headset", N_("заговорил оператор")),
    "customer_first": ("user", N_("заговорил клиент")),
    "silence": ("mic-off", N_("тишина")),
    "overlap": ("alert", N_("говорят вместе")),
    "masked": ("mask", N_("запись была приостановлена")),
}
DIRECTION_WORDS: Mapping[str, tuple[str, str]] = {
    "inbound": ("phone-in", N_("входящий")),
    "outbound": ("phone-out", N_("исходящий")),
    "": ("phone", N_("звонок")),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """The filters of the list as typed, and what is wrong with them: `errors` by field."""

    agent: str = ""
    order: str = ""
    state: str = ""
    least: str = ""
    since: str = ""
    until: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def narrowed(self) -> bool:
        return bool(self.agent or self.order or self.state or self.least or self.since or self.until)

    def query(self, **more: str) -> str:
        """The filters as a query string, "" or "?…"; what is wrong is left out."""
        fields = {name: getattr(self, name) for name in _FIELDS if getattr(self, name) and name not in self.errors}
        return f"?{urlencode(fields | more)}" if fields or more else ""

    def wanted(self, order: Order | None, zone: tzinfo) -> RecordingFilter:
        """What to look for; days are the reader's own. `order` is the one whose number was typed."""
        since, until = (None if name in self.errors else _day(getattr(self, name)) for name in ("since", "until"))
        return RecordingFilter(
            agent_id=self.agent or None,
            order_id=(order.id if order else "") if self.order else None,
            state=self.state or None,
            min_seconds=float(self.least) if self.least else None,
            since=_midnight(since, zone) if since else None,
            until=_midnight(until + timedelta(days=1), zone) if until else None,
        )


_FIELDS = ("agent", "order", "state", "least", "since", "until")


def asked(params: Mapping[str, str]) -> Asked:
    """Read the filters; a state or a length that is not offered asks for anything."""
    typed = {name: params.get(name, "").strip()[:100] for name in _FIELDS}
    errors = {
        name: N_("Нужна дата, например 2026-11-21")
        for name in ("since", "until")
        if typed[name] and _day(typed[name]) is None
    }
    since, until = _day(typed["since"]), _day(typed["until"])
    if since and until and since > until:
        errors["until"] = N_("Конец раньше начала")
    typed["state"] = typed["state"] if typed["state"] in STATES else ""
    typed["least"] = typed["least"] if typed["least"] in map(str, LENGTHS) else ""
    typed["order"] = typed["order"].lstrip("№# ")
    return Asked(**typed, errors=errors)


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year < 2200 else None


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone)


@dataclass(frozen=True, slots=True)
class Shown:
    """A recording with the names of those it links to; None where a link is empty or leads nowhere any more."""

    recording: Recording
    agent: User | None
    customer: Customer | None
    order: Order | None

    @property
    def phone(self) -> str:
        """The customer's number with its middle hidden."""
        return mask_phone(self.customer.phones[0]) if self.customer and self.customer.phones else ""

    @property
    def state_words(self) -> tuple[str, str, str, str]:
        return STATE_WORDS[self.recording.state]

    @property
    def direction_words(self) -> tuple[str, str]:
        return DIRECTION_WORDS.get(self.recording.direction, DIRECTION_WORDS[""])

    @property
    def operator_share(self) -> float | None:
        """Which part of the recording the operator speaks, 0..1; None where it was not measured."""
        return _share(self.recording, "operator_talk_s")

    @property
    def customer_share(self) -> float | None:
        return _share(self.recording, "customer_talk_s")

    @property
    def marks(self) -> tuple["MarkShown", ...]:
        told = self.recording.measures.get("marks", ())
        return tuple(
            MarkShown(mark["at_s"], mark["length_s"], mark["kind"], *MARK_WORDS[mark["kind"]])
            for mark in told
            if mark["kind"] in MARK_WORDS
        )

    def file_name(self, zone: tzinfo) -> str:
        """What a downloaded file is called: the minute and the order, never a name or a telephone number."""
        order = "".join(c for c in self.order.number if c.isalnum() and c.isascii())[:20] if self.order else ""
        return f"cordboard-{self.recording.started_at.astimezone(zone):%Y-%m-%d-%H%M}{'-' if order else ''}{order}.ogg"


@dataclass(frozen=True, slots=True)
class MarkShown:
    at_s: float
    length_s: float
    kind: str
    icon: str
    words: str


def _share(recording: Recording, measure: str) -> float | None:
    talked = recording.measures.get(measure)
    return None if talked is None or recording.seconds <= 0 else min(1.0, talked / recording.seconds)
