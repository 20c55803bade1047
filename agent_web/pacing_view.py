"""What a predictive campaign's page says of its pacer: why it dials so many now, what it believes, what it expected and what came. Pure.

Every number is the pacer's own (dialer/pace_watch.py) or the bound's (dialer/standing.py).
"""

from dataclasses import dataclass

from ..dialer.forecast import Estimate
from ..dialer.pace_watch import AHEAD_S, Believed, HalfHour, Moment, PaceWatch, believed
from ..dialer.pacing_predictive import Basis, Predictive
from ..dialer.pacing_terms import Pacer
from ..dialer.standing import Standing
from .i18n import N_, NBSP, Words

BASES = {
    Basis.LEARNING: ("idle", "clock", N_("учится")),
    Basis.FORECAST: ("ok", "check", N_("ведёт прогноз")),
    Basis.BOUND: ("warn", "lock", N_("держит предел")),
}
_CALLS = N_("звонок|звонка|звонков")
_FEW_S = 100
"""Shorter times are said with a decimal."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row: what, its value, how sure (or what came), what it stands on."""

    what: str
    value: str
    beside: str
    stands_on: str = ""


@dataclass(frozen=True, slots=True)
class Budget:
    """Of the bound's window, in persons. `allowed` grows with each who answers; `share` of it is spent, in percent up to 100; `at_once`:
    the tighter of what the pacer and the campaign's bound allow."""

    spent: str
    allowed: str
    left: str
    share: float
    at_once: str


@dataclass(frozen=True, slots=True)
class PacingPanel:
    """`pill`: kind, icon, word. `why`: why it dials so many now."""

    pill: tuple[str, str, str]
    why: str
    minute: str
    beliefs: tuple[Line, ...]
    half_hour: tuple[Line, ...]
    half_hour_title: str
    budget: Budget | None


def pacing_panel(
    pacer: Pacer | None, watch: PaceWatch | None, standing: Standing | None, t: float, words: Words
) -> PacingPanel:
    """`t` on the steady clock of the engine. A campaign whose pacer this engine has not yet asked says so."""
    if not isinstance(pacer, Predictive) or watch is None or watch.moment is None:
        return PacingPanel(BASES[Basis.LEARNING], words.say(_NOT_YET), "", (), (), "", _budget(None, standing, words))
    placed, withdrawn = watch.last_minute(t)
    half_hour = watch.half_hour(t)
    minute = words.say(
        N_("За минуту набрано без своего оператора %(placed)s, снято %(gone)s."),
        placed=words.number(placed),
        gone=words.number(withdrawn),
    )
    title = words.say(N_("Последние %(n)s мин: ждали и вышло"), n=words.number(round(half_hour.seconds / 60)))
    return PacingPanel(
        pill=BASES[_basis(watch.moment, standing)],
        why=why_now(watch.moment, standing, words),
        minute=minute,
        beliefs=_beliefs(believed(pacer), words),
        half_hour=_half_hour(half_hour, words),
        half_hour_title=title,
        budget=_budget(watch.moment, standing, words),
    )


def _basis(moment: Moment, standing: Standing | None) -> Basis:
    """Where the campaign's own bound has no room, the forecast leads nothing."""
    has_no_room = standing is not None and standing.room == 0
    return Basis.BOUND if has_no_room and moment.basis is Basis.FORECAST else moment.basis


def _at_once(moment: Moment, standing: Standing | None) -> float:
    return moment.at_once if standing is None else min(moment.at_once, standing.room)


_NOT_YET = N_("С запуска движка эта кампания ещё не звонила: прогноз начнётся с первых звонков, до него один к одному.")
_ONE_TO_ONE = N_("Запас предела исчерпан: каждому звонку свой свободный оператор.")


def why_now(moment: Moment, standing: Standing | None, words: Words) -> str:
    """One or more sentences made of the pacer's own numbers."""
    if moment.operators == 0:
        return words.say(N_("Операторов на линии нет: никого не набираем."))
    if moment.basis is Basis.LEARNING:
        needs = words.counted(moment.needs, N_("законченный звонок|законченных звонка|законченных звонков"))
        said = N_(
            "Знаем слишком мало, поэтому один к одному: свободно операторов %(idle)s, в наборе %(flying)s. До прогноза ещё %(needs)s."
        )
        why = words.say(said, idle=words.number(moment.idle), flying=words.number(moment.in_flight), needs=needs)
        return f"{why} {words.say(_ONE_TO_ONE)}" if standing is not None and standing.room == 0 else why
    body = words.say(
        N_(
            "свободно операторов %(idle)s, за %(s)s с освободится ещё около %(soon)s;"
            " в наборе %(flying)s, из них ответят около %(answers)s."
        ),
        idle=words.number(moment.idle),
        s=words.number(AHEAD_S),
        soon=_one_digit(moment.soon_free, words),
        flying=words.number(moment.in_flight),
        answers=_one_digit(moment.answers, words),
    )
    return " ".join((_head(moment, words), body, _tail(moment, standing, words)))


def _head(moment: Moment, words: Words) -> str:
    if moment.placed:
        return words.say(N_("Набираем %(n)s:"), n=words.counted(moment.placed, _CALLS))
    if moment.withdrawn:
        return words.say(N_("Снимаем %(n)s:"), n=words.counted(moment.withdrawn, _CALLS))
    return words.say(N_("Сейчас не набираем:"))


def _tail(moment: Moment, standing: Standing | None, words: Words) -> str:
    if standing is not None and standing.room == 0:
        return words.say(_ONE_TO_ONE)
    if moment.basis is Basis.BOUND:
        said = N_("Больше не даёт предел: разом можно потерять не больше %(n)s.")
        return words.say(said, n=_one_digit(_at_once(moment, standing), words))
    return words.say(
        N_("Кто ответит к тому времени, никого не застанет с шансом %(p)s."), p=words.percent(moment.risk, 1)
    )


def _beliefs(known: Believed, words: Words) -> tuple[Line, ...]:
    return (
        Line(
            words.say(N_("Ответит человек")),
            words.percent(known.answer.mean, 1),
            f"± {words.percent(known.answer.error, 1)}",
            words.counted(known.calls, _CALLS),
        ),
        _time(words.say(N_("От набора до ответа")), known.answer_s, words.counted(known.calls, _CALLS), words),
        _time(
            words.say(N_("Разговор")),
            known.talk_s,
            words.counted(known.talks, N_("разговор|разговора|разговоров")),
            words,
        ),
        _time(words.say(N_("Запись итога")), known.wrap_up_s, words.counted(known.wrap_ups, N_("раз|раза|раз")), words),
    )


def _time(what: str, seconds: Estimate, stands_on: str, words: Words) -> Line:
    digits = 0 if seconds.mean >= _FEW_S else 1
    unit = words.say(N_("с"))
    mean, error = (words.number(round(each, digits)) for each in (seconds.mean, seconds.error))
    return Line(what, f"{mean}{NBSP}{unit}", f"± {error}{NBSP}{unit}", stands_on)


def _half_hour(came: HalfHour, words: Words) -> tuple[Line, ...]:
    def share(value: float | None) -> str:
        return "—" if value is None else words.percent(value, 1)

    lost_expected = came.lost_expected / came.answered if came.answered else None
    lost = came.lost / came.answered if came.answered else None
    persons = f"{_one_digit(came.lost_expected, words)} ± {_one_digit(came.error, words)}"
    of_all = words.say(N_("%(a)s из %(b)s"), a=words.number(came.lost), b=words.number(came.answered))
    return (
        Line(words.say(N_("Операторы заняты")), share(came.utilisation_expected), share(came.utilisation)),
        Line(words.say(N_("Потеряно людей")), persons, of_all),
        Line(words.say(N_("Потеряно из ответивших")), share(lost_expected), share(lost)),
    )


def _budget(moment: Moment | None, standing: Standing | None, words: Words) -> Budget | None:
    if standing is None:
        return None
    allowed, spent = standing.cap.limit * standing.counts.answered, standing.counts.abandoned
    share = 100.0 * spent / allowed if allowed else 100.0 * (spent > 0)
    return Budget(
        spent=words.number(spent),
        allowed=_one_digit(allowed, words),
        left=_one_digit(max(0.0, allowed - spent), words),
        share=round(min(100.0, share), 1),
        at_once="—" if moment is None else _one_digit(_at_once(moment, standing), words),
    )


def _one_digit(value: float, words: Words) -> str:
    return words.number(round(value, 1))
