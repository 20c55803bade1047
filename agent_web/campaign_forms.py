"""The forms of a campaign's page: each knob with its words, its unit and what it may be. Pure; texts are msgids.

A new knob of a campaign: a Field (campaign_fields.py) here, in the form where it belongs; its limits are told by the rules that check it.
"""

from dataclasses import dataclass

from ..dialer.abandonment import MAX_LIMIT
from ..dialer.attempt_limits import LONGEST_GAP_S, LONGEST_PEACE_H, MOST
from ..dialer.campaign import MAX_GROWTH, MAX_RING_S, MIN_RING_S, DialMode
from ..dialer.knobs import MAX_CHANNELS, MAX_RATIO, MAX_SHARE, MAX_TEXT
from ..dialer.retry import DEFAULT_RESULT_RULES, NO_KEY
from ..dialer.sources import MAX_MISSED_S, MAX_UNCONFIRMED_MIN
from ..queue.disposition import disposition
from .campaign_choices import DAYS, JURISDICTIONS, MODES, POINTS_WORDS, WINDOWS
from .campaign_fields import IN_HOURS, MINUTES, PERCENT, SECONDS, Field, Form, Group
from .campaign_view import OUTCOMES
from .i18n import N_, Words

_TEXT_HINT = N_("поля заказа в фигурных скобках")
_NO_LIMIT = N_("пусто: без предела")

MODE = Form(
    "mode",
    N_("Режим"),
    N_("Как звоним. Начатые звонки идут, как начались, следующие пойдут по-новому."),
    (
        Group((Field("mode", N_("Режим"), "choice", options={mode.value: words[0] for mode, words in MODES.items()}),)),
        Group(
            (
                Field("ring_timeout_s", N_("Ждать ответа"), unit=SECONDS, low=MIN_RING_S, high=MAX_RING_S),
                Field(
                    *("caller_id", N_("Номера, которые видит клиент"), "lines"),
                    longest=MAX_TEXT,
                    empty=N_("пусто: номера линии"),
                    hint=N_("по номеру в строке, как +74951234567; клиент видит ближайший к своему"),
                ),
            )
        ),
        Group(
            (
                Field("power.ratio", N_("Линий на оператора"), "number", low=1, high=MAX_RATIO),
                Field(
                    *("power.sorry_ru", N_("Извинение по-русски"), "lines"),
                    longest=MAX_TEXT,
                    empty=N_("пусто: обычные слова дома"),
                    hint=N_("для того, кто ответил и никого не дождался"),
                ),
                Field(
                    *("power.sorry_en", N_("Извинение по-английски"), "lines"),
                    longest=MAX_TEXT,
                    empty=N_("пусто: обычные слова дома"),
                ),
            ),
            DialMode.POWER.value,
        ),
        Group(
            (
                Field("preview.timeout_s", N_("Карточка на экране"), unit=SECONDS, low=5, high=600),
                Field(
                    *("preview.then", N_("Если карточку не тронули"), "choice"),
                    options={"dial": N_("позвонить"), "skip": N_("пропустить")},
                ),
                Field("preview.skip_s", N_("Пропущенный отдыхает"), unit=MINUTES, scale=60, low=1, high=1440),
            ),
            DialMode.PREVIEW.value,
        ),
        Group(
            (
                Field("notice.text_ru", N_("Сообщение по-русски"), "lines", longest=MAX_TEXT, hint=_TEXT_HINT),
                Field("notice.text_en", N_("Сообщение по-английски"), "lines", longest=MAX_TEXT, hint=_TEXT_HINT),
                Field(
                    *("notice.recording", N_("Своя запись"), "text"),
                    longest=60,
                    hint=N_("имя файла вместо текста: латинские буквы, цифры, дефис"),
                    empty=N_("пусто: говорим текст"),
                ),
                Field("notice.channels", N_("Каналов сразу"), low=1, high=MAX_CHANNELS),
                Field(
                    *("notice.on_silence", N_("Если не нажали ничего"), "choice"),
                    options={"retry": N_("повторить"), "close": N_("закрыть")},
                ),
            ),
            DialMode.AGENTLESS.value,
        ),
    ),
)
HOURS = Form(
    "hours",
    N_("Часы"),
    N_("По часам клиента, где бы он ни жил."),
    (
        Group(
            (
                Field("hours.opens_min", N_("Звоним с"), "clock"),
                Field("hours.closes_min", N_("Звоним до"), "clock", hint=N_("24:00 — до полуночи")),
            )
        ),
        Group(
            (
                *(Field(f"hours.{day}", label, "day") for day, label in DAYS.items()),
                Field("hours.holidays", N_("Праздники"), "day"),
            )
        ),
    ),
)
LIMITS = Form(
    "limits",
    N_("Пределы"),
    N_("Держат, что бы ни говорили повторы. Обещанный звонок проходит первый раз всегда."),
    (
        Group(
            (
                Field("limits.lead_total", N_("Попыток по заказу, всего"), low=1, high=MOST, empty=_NO_LIMIT),
                Field("limits.lead_day", N_("Попыток по заказу за сутки"), low=1, high=MOST, empty=_NO_LIMIT),
                Field(
                    *("limits.number_day", N_("Звонков на номер за сутки")),
                    low=1,
                    high=MOST,
                    empty=_NO_LIMIT,
                    hint=N_("во всех кампаниях вместе"),
                ),
                Field(
                    *("limits.gap_s", N_("Между звонками на номер"), "whole", MINUTES, 60),
                    low=0,
                    high=LONGEST_GAP_S / 60,
                    hint=N_("во всех кампаниях вместе"),
                ),
                Field(
                    *("limits.reached_h", N_("Покой после разговора"), "whole", IN_HOURS),
                    low=0,
                    high=LONGEST_PEACE_H,
                    hint=N_("с ним говорила другая кампания; 0: не ждать"),
                ),
            )
        ),
    ),
)
SOURCES = Form(
    "sources",
    N_("Откуда номера"),
    N_("Кроме загруженных списков, программ и обещанных звонков."),
    (
        Group(
            (
                Field("takes_orders", N_("Брать новые заказы"), "yes"),
                Field(
                    "sources.new",
                    N_("Заказы: сразу"),
                    "yes",
                    hint=N_("заказ, который ждёт подтверждения, как только он пришёл"),
                ),
                Field(
                    *("sources.unconfirmed_min", N_("Заказы: не подтверждены"), "whole", MINUTES),
                    low=1,
                    high=MAX_UNCONFIRMED_MIN,
                    hint=N_("если не берём сразу: через сколько после заказа"),
                    empty=N_("пусто: не берём"),
                ),
                Field(
                    "sources.changed",
                    N_("Заказы: изменены магазином"),
                    "yes",
                    hint=N_("после подтверждения: подтвердить заново"),
                ),
                Field(
                    *("sources.abandoned_basket_min", N_("Корзины: брошены"), "whole", MINUTES),
                    low=1,
                    high=MAX_UNCONFIRMED_MIN,
                    hint=N_("через сколько после последнего изменения"),
                    empty=N_("пусто: не берём"),
                ),
                Field("sources.delivery_problem", N_("Заказы: курьер не вручил"), "yes"),
                Field(
                    *("sources.missed_calls_s", N_("Пропущенные: ждали не меньше"), "whole", SECONDS),
                    low=0,
                    high=MAX_MISSED_S,
                    empty=N_("пусто: не перезваниваем"),
                ),
            )
        ),
    ),
)
CAP = Form(
    "cap",
    N_("Предел потерь"),
    N_(
        "Потерян тот, кто ответил и не услышал оператора за 2 с. Звонок без своего оператора начинаем, если предел выдержит и худшее."
    ),
    (
        Group(
            (
                Field("cap.jurisdiction", N_("Правила страны"), "choice", options=JURISDICTIONS),
                Field("cap.limit", N_("Предел брошенных"), "number", PERCENT, 0.01, low=0, high=100 * MAX_LIMIT),
                Field("cap.window", N_("Предел считается за"), "choice", options=WINDOWS),
                Field(
                    *("cap.group", N_("Общий предел группы"), "text"),
                    longest=40,
                    hint=N_("кампании с одним именем группы связаны вместе"),
                    empty=N_("пусто: сама по себе"),
                ),
                Field(
                    *("cap.false_machine", N_("Доля людей среди «автоответчиков»"), "number", PERCENT, 0.01),
                    low=0,
                    high=100,
                    hint=N_("столько из них считаем потерянными"),
                ),
            )
        ),
    ),
)
BLEND = Form(
    "blend",
    N_("Вместе с входящими"),
    N_(
        "Кто уже ждёт на линии, идёт раньше всегда. Здесь о том, когда уступить и тем, кто только позвонит. Обещанные звонки не уступают."
    ),
    (
        Group(
            (
                Field(
                    *("blend.service_level_floor", N_("Уступать, если уровень сервиса ниже"), "number", PERCENT, 0.01),
                    low=0,
                    high=100,
                    hint=N_("за последние полчаса; 0: не смотреть"),
                ),
                Field(
                    *("blend.expected_wait_s", N_("Уступать, если ждать дольше"), "whole", SECONDS),
                    low=0,
                    high=3600,
                    hint=N_("0: не смотреть"),
                ),
                Field(
                    *("blend.share", N_("Вес среди кампаний"), "number"),
                    low=0.1,
                    high=MAX_SHARE,
                    hint=N_("у кого вес вдвое больше, тому вдвое больше операторов"),
                ),
            )
        ),
    ),
)
MACHINES = Form(
    "machines",
    N_("Автоответчики"),
    N_(
        "Кто ответил, слышим до оператора, в режимах с запасом и с предсказанием. Кого не узнали, тот идёт к оператору."
    ),
    (
        Group(
            (
                Field("machines.point", N_("Различать"), "choice", options=POINTS_WORDS),
                Field(
                    *("machines.text_ru", N_("Сообщение автоответчику по-русски"), "lines"),
                    longest=MAX_TEXT,
                    hint=_TEXT_HINT,
                    empty=N_("пусто: кладём трубку"),
                ),
                Field(
                    *("machines.text_en", N_("Сообщение автоответчику по-английски"), "lines"),
                    longest=MAX_TEXT,
                    empty=N_("пусто: кладём трубку"),
                ),
                Field(
                    *("machines.sample", N_("На прослушивание"), "number", PERCENT, 0.01),
                    low=0,
                    high=100,
                    hint=N_("столько «автоответчиков» отбираем наугад; по ним видно, сколько среди них людей"),
                ),
            )
        ),
    ),
)
RETRIES = Form(
    "retries",
    N_("Повторы"),
    N_("Что после такого исхода: через сколько снова и сколько раз всего."),
)
FORMS = (MODE, HOURS, LIMITS, RETRIES, SOURCES, CAP, BLEND, MACHINES)


@dataclass(frozen=True, slots=True)
class RuleRow:
    """The four knobs of the rule after one outcome of a call, or one result of a talk."""

    label: str
    delay: Field
    attempts: Field
    growth: Field
    counts: Field


def _rule(name: str, label: str) -> RuleRow:
    return RuleRow(
        label,
        Field(f"{name}.delay_s", N_("через"), unit=MINUTES, scale=60, low=0),
        Field(f"{name}.max_attempts", N_("попыток"), low=0, empty=_NO_LIMIT),
        Field(f"{name}.growth", N_("пауза растёт"), "number", low=1, high=MAX_GROWTH),
        Field(f"{name}.counts", N_("в счёт попыток"), "yes"),
    )


OUTCOME_RULES = tuple(_rule(f"rules.{kind.value}", label) for kind, _icon, label in OUTCOMES)
RESULT_RULES = tuple(_rule(f"results.{code}", code) for code in DEFAULT_RESULT_RULES)
_RULES = (*OUTCOME_RULES, *RESULT_RULES)
SPECS = {field.knob: field for form in FORMS for field in form.fields()} | {
    field.knob: field for row in _RULES for field in (row.delay, row.attempts, row.growth, row.counts)
}
_RULE_OF = {field.knob: row.label for row in _RULES for field in (row.delay, row.attempts, row.growth, row.counts)}


def rule_label(label: str, words: Words) -> str:
    """An outcome in words, or a result by its own name."""
    if label == NO_KEY:
        return words.say(N_("Не нажали ничего"))
    result = disposition(label)
    if result is None:
        return words.say(label)
    return result.label_en if words.language == "en" else result.label_ru


def knob_label(knob: str, words: Words) -> str | None:
    """None for a knob that no form has."""
    spec = SPECS.get(knob)
    if spec is None:
        return None
    rule = _RULE_OF.get(knob)
    return f"{rule_label(rule, words)}: {words.say(spec.label)}" if rule else words.say(spec.label)
