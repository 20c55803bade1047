"""What the page tells of a forecast: as is and with the change side by side, and later expected beside real. Pure; texts are msgids."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ..dialer.campaign import SEGMENT, Change, Setting
from ..dialer.saves import overruled
from ..dialer.spread import Band
from ..dialer.what_if import SHARES, WEIGHTS, Forecast, Run, StandsOn
from ..dialer.what_if_kept import ClosedBy, Kept
from ..dialer.what_if_question import Question, State
from .campaign_changes import knob_name, value_text
from .i18n import N_, NBSP, Words

ROWS = (
    ("utilisation", N_("Операторы заняты")),
    ("abandonment", N_("Потеряно из ответивших")),
    ("wait_s", N_("От ответа до оператора")),
    ("calls_an_hour", N_("Звонков в час")),
    ("served_an_hour", N_("Разговоров в час")),
)
STATES = {
    State.WAITING: N_("ждёт очереди"),
    State.RUNNING: N_("считаем"),
    State.DONE: N_("готово"),
    State.FAILED: N_("не удалось посчитать: уменьшите число минут или операторов"),
    State.CANCELLED: N_("отменено"),
    State.APPLIED: N_("применено"),
}
CLOSED = {
    ClosedBy.TIME: N_("время прогноза вышло"),
    ClosedBy.CHANGE: N_("настройки вернули или сменили снова"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A figure: `name` of the metric, what it is, its middle and its spread for each side. `real`: what came; `inside` the spread."""

    name: str
    what: str
    as_is: tuple[str, str] | None
    changed: tuple[str, str]
    real: str = ""
    inside: bool = True


@dataclass(frozen=True, slots=True)
class Comparison:
    """A forecast that was applied. `open`: it is still being compared; `revertible`: its knobs stand as it put them."""

    id: str
    at: datetime
    knobs: tuple[str, ...]
    rows: tuple[Row, ...]
    status: str
    open: bool
    operators: str
    change_id: str
    revertible: bool


def rows_of(question: Question, words: Words) -> tuple[Row, ...]:
    return _rows(question.as_is, question.changed, None, words) if question.changed else ()


def knobs_said(knobs: Mapping[str, Setting], words: Words) -> tuple[str, ...]:
    """What is turned, in the words of the log of changes."""
    return tuple(f"{knob_name(name, words)}: {value_text(name, value, words)}" for name, value in knobs.items())


def stands_on(ground: StandsOn, words: Words) -> str:
    """By how many of the campaign's own calls it was made; and that it is few, if it is."""
    said = words.say(
        N_("По своим: звонков %(calls)s, ответов %(answers)s, разговоров %(talks)s, записей итога %(wraps)s."),
        calls=words.number(ground.calls),
        answers=words.number(ground.answers),
        talks=words.number(ground.talks),
        wraps=words.number(ground.wrap_ups),
    )
    if ground.leads_seen:
        model = N_("Кто ответит при других весах, знаем по %(n)s звонкам.")
        said += " " + words.say(model, n=words.number(ground.leads_seen))
    return said + (" " + words.say(N_("Этого мало: недостающее взято из обычных законов.")) if ground.thin else "")


def knows_leads(question: Question) -> bool:
    """False where other weights were asked about, and the model does not know yet who answers."""
    return question.stands_on.leads_seen > 0 or not any(name.startswith((WEIGHTS, SEGMENT)) for name in question.knobs)


def comparison(kept: Kept, changes: Sequence[Change], now_set: Mapping[str, Setting], words: Words) -> Comparison:
    """`changes` of the campaign, the newest first; `now_set`: every knob as it stands."""
    save_id = next((each.save_id for each in changes if each.id == kept.change_id), "")
    save = [each for each in changes if each.id == kept.change_id or (save_id and each.save_id == save_id)]
    seen = kept.operators_seen
    operators = words.say(
        N_("операторов ждали %(a)s, было %(b)s"),
        a=words.number(kept.operators),
        b="—" if seen is None else words.number(round(seen, 1)),
    )
    status = words.say(CLOSED[kept.closed_by]) if kept.closed_by else words.say(N_("сравниваем"))
    return Comparison(
        kept.id,
        kept.applied_at,
        knobs_said(kept.knobs, words),
        _rows(None, kept.changed, kept.happened, words),
        status,
        kept.closed_at is None,
        operators,
        kept.change_id,
        bool(save) and not overruled(save, now_set),
    )


def _rows(as_is: Forecast | None, changed: Forecast, real: Run | None, words: Words) -> tuple[Row, ...]:
    rows = []
    for name, what in ROWS:
        band: Band = getattr(changed, name)
        came = getattr(real, name) if real else None
        rows.append(
            Row(
                name,
                words.say(what),
                _side(name, getattr(as_is, name), words) if as_is else None,
                _side(name, band, words),
                "" if came is None else _value(name, came, words) + _unit(name, words),
                came is None or band.low <= came <= band.high,
            )
        )
    return tuple(rows)


def _side(name: str, band: Band, words: Words) -> tuple[str, str]:
    low, middle, high = (_value(name, each, words) for each in (band.low, band.middle, band.high))
    unit = _unit(name, words)
    return f"{middle}{unit}", f"{low}–{high}{unit}"


def _value(name: str, value: float, words: Words) -> str:
    if name in SHARES:
        return words.number(round(100.0 * value, 1))
    return words.number(round(value, 1) if name == "wait_s" else round(value))


def _unit(name: str, words: Words) -> str:
    if name in SHARES:
        return f"{NBSP}%" if words.language == "ru" else "%"
    return f"{NBSP}{words.say(N_('с'))}" if name == "wait_s" else ""
