"""The setup of the queues in words: faults, channels, strategies, overflow, and who changed what. Pure; texts are msgids."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..queue.channel import ChannelKind
from ..queue.setup import Lift, OverflowAction, OverflowWhen, QueueSetup, Strategy
from ..queue.setup_edit import Edit, Noun, SetupChange
from ..queue.setup_finding import Fault, Finding, Severity
from .i18n import N_, Words

# icon and name
CHANNELS = {
    ChannelKind.VOICE: ("phone", N_("Звонок")),
    ChannelKind.CHAT: ("chat", N_("Чат")),
    ChannelKind.SMS: ("sms", N_("СМС")),
    ChannelKind.MESSENGER: ("messenger", N_("Мессенджер")),
    ChannelKind.EMAIL: ("mail", N_("Письмо")),
}
STRATEGIES = {
    Strategy.LONGEST_IDLE: (N_("Кто дольше свободен"), N_("работа делится поровну")),
    Strategy.FEWEST_CONTACTS: (N_("Кто меньше обслужил за смену"), N_("поровну по числу контактов")),
    Strategy.BEST_SKILL: (N_("Кто лучше умеет"), N_("по уровню самого нужного навыка")),
}
LIFTS = {
    Lift.VIP: (N_("Важный клиент"), N_("так его отметил магазин в заказе")),
    Lift.DEAR_ORDER: (N_("Дорогой заказ"), N_("сумма заказа от границы, названной ниже")),
    Lift.CLAIM: (N_("Претензия"), N_("жаловался в последние семь дней")),
    Lift.PROMISED: (N_("Обещанный звонок"), N_("мы обещали перезвонить к этому времени")),
}
WHEN = {
    OverflowWhen.WAIT: N_("ждёт дольше"),
    OverflowWhen.EXPECTED_WAIT: N_("ждать придётся дольше"),
    OverflowWhen.NO_AGENTS: N_("некому отвечать"),
    OverflowWhen.CLOSED: N_("очередь закрыта"),
    OverflowWhen.FULL: N_("мест в очереди нет"),
}
ACTIONS = {
    OverflowAction.OTHER_QUEUE: N_("передать в очередь"),
    OverflowAction.CALLBACK: N_("предложить перезвонить"),
    OverflowAction.MESSAGE: N_("сказать и отпустить"),
    OverflowAction.VOICEMAIL: N_("записать сообщение"),
    OverflowAction.BOOK: N_("записать на звонок, сказать о заказе"),
}
NOUNS = {
    Noun.QUEUE: N_("Очередь «%(name)s»"),
    Noun.SKILL: N_("Навык «%(name)s»"),
    Noun.PAUSE_CODE: N_("Пауза «%(name)s»"),
    Noun.REASON: N_("Причина «%(name)s»"),
    Noun.SEAT: N_("Оператор %(name)s"),
    Noun.CAPACITY: N_("Вместимость"),
    Noun.LIFTS: N_("Кого раньше"),
}
FIELDS = {
    "code": N_("код"),
    "name_ru": N_("название по-русски"),
    "name_en": N_("название по-английски"),
    "strategy": N_("кого выбирать"),
    "target_s": N_("обещанное ожидание"),
    "weight": N_("вес"),
    "lift_s": N_("подъём"),
    "needs": N_("нужные навыки"),
    "relaxing": N_("смягчение"),
    "sticky_s": N_("ждать своего оператора"),
    "sticky_days": N_("помнить своего оператора"),
    "overflow": N_("если не дождались"),
    "max_waiting": N_("мест в очереди"),
    "hours": N_("часы работы"),
    "ring_s": N_("сколько звонить оператору"),
    "wrap_up_s": N_("время на итог"),
    "announce_every_s": N_("объявлять место"),
    "keep_place": N_("сохранить место"),
    "dialed": N_("номера"),
    "dispositions": N_("итоги"),
    "disposition_required": N_("без итога не закрыть"),
    "under": N_("под каким итогом"),
    "limit_s": N_("предел"),
    "day_limit_s": N_("предел за день"),
    "queues": N_("очереди"),
    "skills": N_("навыки"),
    "capacity": N_("вместимость"),
    "limits": N_("сколько сразу"),
    "interrupted_by": N_("что может прервать"),
    "lifts_s": N_("подъёмы"),
    "dear_order": N_("дорогой заказ"),
}
FAULTS = {
    Fault.BAD_CODE: N_("Код: строчные латинские буквы, цифры, дефис и подчёркивание, сначала буква, до 39 знаков"),
    Fault.NAME_EMPTY: N_("Напишите название"),
    Fault.NAME_LONG: N_("Название длиннее %(most)s знаков"),
    Fault.BAD_NUMBER: N_("%(number)s: номер пишется цифрами, можно с плюсом впереди"),
    Fault.DUPLICATE_NUMBER: N_("Номер %(number)s уже ведёт в очередь «%(queue)s»"),
    Fault.UNKNOWN_QUEUE: N_("Очереди «%(queue)s» нет"),
    Fault.UNKNOWN_SKILL: N_("Навыка «%(skill)s» нет"),
    Fault.UNKNOWN_AGENT: N_("Такого оператора нет"),
    Fault.NO_TARGET: N_("Выберите, в какую очередь передать"),
    Fault.TO_ITSELF: N_("Очередь не передаёт контакты сама себе"),
    Fault.IN_A_CIRCLE: N_("Круг: из очереди «%(queue)s» контакты возвращаются сюда"),
    Fault.NOBODY_CALLS: N_("Здесь никто не принимает звонков, перезвонить и записать некому"),
    Fault.BAD_LEVEL: N_("Уровень: от 1 до 5"),
    Fault.DUPLICATE_NEED: N_("Навык «%(skill)s» назван дважды"),
    Fault.FLOOR_ABOVE_LEVEL: N_("Ниже этого смягчать нельзя, а нужен уровень %(level)s: нижняя граница выше его"),
    Fault.UNKNOWN_ZONE: N_("Такого часового пояса нет: %(zone)s"),
    Fault.BAD_WEEK: N_("В неделе семь дней"),
    Fault.OPENS_AFTER_CLOSES: N_("Открытие должно быть раньше закрытия, в пределах суток"),
    Fault.LAST_QUEUE: N_("Хотя бы одна очередь должна остаться"),
    Fault.UNKNOWN_DISPOSITION: N_("Такого итога нет: %(code)s"),
    Fault.PATH_LONG: N_("Код здесь не длиннее %(most)s знаков"),
    Fault.NO_OPERATORS: N_("У очереди нет ни одного оператора: контакты уйдут по правилу «некому отвечать»"),
    Fault.NO_CAPACITY: N_("Операторы есть, но ни одному не разрешён ни один контакт"),
    Fault.NO_CALLS_TAKEN: N_("На эти номера звонят, а принимать звонки здесь некому"),
    Fault.SKILL_MISSING: N_("Навыка «%(skill)s» на уровне %(level)s нет ни у кого из операторов очереди"),
    Fault.NEVER_MET: N_("Всех этих навыков сразу нет ни у кого, и смягчение этого не исправит"),
    Fault.NEVER_APPLIES: N_("Это правило не сработает: другое всегда сработает раньше, или его условия не бывает"),
    Fault.NEVER_OPEN: N_("По этим часам очередь никогда не открыта"),
}
OWN_PAUSES = {"supervisor": N_("Решение супервизора")}
"""The house's own pauses; all others are named by the setup."""
BOUNDS = N_("Нужно число от %(low)s до %(high)s")
BOUNDS_S = N_("Нужно от %(low)s до %(high)s секунд")


@dataclass(frozen=True, slots=True)
class FindingLine:
    """A finding in the reader's words. `where` names the item; `field` is its path there."""

    severity: Severity
    noun: Noun
    key: str
    field: str
    fault: Fault
    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class SetupChangeLine:
    """`what`: one line an item, as (item, what of it)."""

    id: int
    at: datetime
    who: str | None
    what: tuple[tuple[str, str], ...]


def name_of(item: Any, words: Words) -> str:
    """The name in the reader's language of what has two."""
    name: str = item.name_en if words.language == "en" else item.name_ru
    return name


def queue_label(setup: QueueSetup, code: str, words: Words) -> str:
    """A queue's name; a code that is not set up stands for itself."""
    return name_of(setup.queues[code], words) if code in setup.queues else code


def skill_label(setup: QueueSetup, code: str, words: Words) -> str:
    return name_of(setup.skills[code], words) if code in setup.skills else code


def pause_label(code: str | None, setup: QueueSetup, words: Words) -> str:
    """As the site calls it; the house's own code (the supervisor's decision) has words of ours."""
    known = setup.pause_codes.get(code or "")
    return name_of(known, words) if known is not None else words.say(OWN_PAUSES.get(code or "", code or ""))


def finding_lines(
    findings: Iterable[Finding], setup: QueueSetup, people: Mapping[str, str], words: Words
) -> list[FindingLine]:
    """`people`: operators' names by id."""
    return [
        FindingLine(
            one.severity,
            one.noun,
            one.key,
            one.field,
            one.fault,
            _item_label(one.noun, one.key, None, setup, people, words),
            _reason(one, setup, words),
        )
        for one in findings
    ]


def _reason(finding: Finding, setup: QueueSetup, words: Words) -> str:
    values: dict[str, object] = {}
    for name, value in finding.values:
        if name == "queue":
            values[name] = queue_label(setup, str(value), words)
        elif name == "skill":
            values[name] = skill_label(setup, str(value), words)
        else:
            values[name] = value if isinstance(value, str) else words.number(value)
    if finding.fault is Fault.OUT_OF_BOUNDS:
        timed = finding.field.endswith("_s") or "_s." in finding.field
        return words.say(BOUNDS_S if timed else BOUNDS, **values)
    return words.say(FAULTS[finding.fault], **values)


def change_lines(
    changes: Iterable[SetupChange], setup: QueueSetup, people: Mapping[str, str], words: Words
) -> list[SetupChangeLine]:
    return [
        SetupChangeLine(
            change.id,
            change.at,
            people.get(change.by or ""),
            tuple(_edit_line(each, setup, people, words) for each in change.edits),
        )
        for change in changes
    ]


def _edit_line(each: Edit, setup: QueueSetup, people: Mapping[str, str], words: Words) -> tuple[str, str]:
    label = _item_label(each.noun, each.key, each.new or each.old, setup, people, words)
    if each.old is None:
        return label, words.say(N_("новое"))
    if each.new is None:
        return label, words.say(N_("убрано совсем"))
    differing = [name for name in each.new if each.old.get(name) != each.new[name]]
    return label, ", ".join(_field_line(name, each.old.get(name), each.new[name], words) for name in differing)


def _field_line(name: str, old: object, new: object, words: Words) -> str:
    label = words.say(FIELDS[name]) if name in FIELDS else name
    if isinstance(old, list | dict) or isinstance(new, list | dict):
        return label
    return f"{label}: {_plain(old, words)} → {_plain(new, words)}"


def _plain(value: object, words: Words) -> str:
    if value is None:
        return "—"
    if isinstance(value, bool):
        return words.say(N_("да") if value else N_("нет"))
    if isinstance(value, int | float):
        return words.number(value)
    return words.say(STRATEGIES[Strategy(str(value))][0]) if value in tuple(Strategy) else str(value)


def _item_label(
    noun: Noun, key: str, value: Mapping[str, Any] | None, setup: QueueSetup, people: Mapping[str, str], words: Words
) -> str:
    """By its name now, else by the name it had in `value`, else by its key."""
    items: Mapping[Noun, Mapping[str, Any]] = {
        Noun.QUEUE: setup.queues,
        Noun.SKILL: setup.skills,
        Noun.PAUSE_CODE: setup.pause_codes,
        Noun.REASON: setup.reasons,
    }
    if noun is Noun.SEAT:
        return words.say(NOUNS[noun], name=people.get(key, key))
    if noun not in items or not key:
        return words.say(NOUNS[noun], name="") if noun not in items else words.say(N_("Очереди"))
    known = items[noun].get(key)
    had = (value or {}).get("name_en" if words.language == "en" else "name_ru")
    return words.say(NOUNS[noun], name=name_of(known, words) if known is not None else had or key)
