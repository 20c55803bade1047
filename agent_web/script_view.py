"""The panel of a talk's script, worked out from the run. Pure: the template only lays it out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from ..knowledge.runs import Talk
from ..knowledge.script import ActionKind, Script, StepKind, Way, steps_left
from ..knowledge.script_choice import Choice
from ..knowledge.script_fields import Part, fill
from .i18n import N_, Words
from .script_words import EARLIER, FIELDS, STATUSES, TRAITS

BUTTONS = {
    ActionKind.SET_FIELD: N_("Записать в заказ"),
    ActionKind.SEND_TEMPLATE: N_("Отправить"),
    ActionKind.BOOK_CALLBACK: N_("Найти время"),
    ActionKind.OPEN_CLAIM: N_("Завести обращение"),
}
_TO_STATUS = N_("Заказ → %(status)s")
_BY_HAND = N_("выбран вручную")


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of what is said; `missing` names the field that is not known."""

    text: str
    filled: bool = False
    missing: str = ""


@dataclass(frozen=True, slots=True)
class ScriptPane:
    """`number` of `count` steps on the nearest way; `owed` counts required steps that no way goes around; `why` it was chosen."""

    contact_id: str
    version: int
    title: str
    step: str
    kind: str
    number: int
    count: int
    words: tuple[Piece, ...]
    hint: tuple[Piece, ...]
    answers: tuple[tuple[str, str], ...]
    asks: str
    value: str
    button: str
    books: bool
    required: bool
    can_skip: bool
    can_back: bool
    trouble: str
    owed: int
    waived: bool
    asked: bool
    why: str
    others: tuple[tuple[str, str], ...]
    result: str
    agreed_at: datetime | None
    zone: str


def script_pane(
    talk: Talk,
    choice: Choice,
    scripts: Iterable[Script],
    facts: Mapping[str, str],
    trouble: str,
    speech: Words,
    zone: str,
) -> ScriptPane:
    """`trouble`: why the last action failed, in the reader's language; `zone`: the customer's (IANA)."""
    step, run, language = talk.step, talk.run, speech.language
    action = step.action
    left = steps_left(talk.script, step.code) or 1
    last = run.trail[-1] if run.trail else None
    return ScriptPane(
        contact_id=run.contact_id,
        version=run.version,
        title=talk.script.title.of(language),
        step=step.code,
        kind=step.kind.value,
        number=len(run.trail) + 1,
        count=len(run.trail) + left,
        words=_pieces(fill(step.words.of(language), facts), speech),
        hint=() if step.hint is None else _pieces(fill(step.hint.of(language), facts), speech),
        answers=tuple((one.code, one.words.of(language)) for one in step.answers),
        asks="" if action is None or action.asks is None else action.asks.of(language),
        value=_value(talk, facts),
        button="" if action is None else _button(action.kind, action.target, speech),
        books=action is not None and action.kind is ActionKind.BOOK_CALLBACK and action.asks is not None,
        required=step.required,
        can_skip=bool(step.to) and not talk.is_over and (not step.required or run.waived_by is not None),
        can_back=last is not None and last.way is not Way.DONE and run.doing is None,
        trouble=trouble,
        owed=len(talk.owed),
        waived=run.waived_by is not None,
        asked=run.asked_by is not None,
        why=_why(talk, choice, speech),
        others=tuple(
            (one.code, one.title.of(language)) for one in scripts if one.active and one.code != talk.script.code
        ),
        result=talk.result,
        agreed_at=talk.agreed_at,
        zone=zone,
    )


def _pieces(parts: Iterable[Part], speech: Words) -> tuple[Piece, ...]:
    return tuple(
        Piece("", missing=speech.say(FIELDS.get(part.field, EARLIER)))
        if part.is_missing
        else Piece(part.text, filled=part.field != "")
        for part in parts
    )


def _value(talk: Talk, facts: Mapping[str, str]) -> str:
    """What stands in the field to begin with: what was given and failed, else what the order says, else what was written down."""
    step, run = talk.step, talk.run
    if step.kind is not StepKind.DO or step.action is None:
        return ""
    if run.doing is not None:
        return run.doing
    if step.action.kind is ActionKind.SET_FIELD:
        return facts.get(f"order.{step.action.target}", "")
    if step.action.kind is ActionKind.OPEN_CLAIM:
        written = [taken.value for taken in run.trail if taken.way is Way.WRITTEN]
        return written[-1] if written else ""
    return ""


def _button(kind: ActionKind, target: str, speech: Words) -> str:
    if kind is ActionKind.CHANGE_STATUS:
        return speech.say(_TO_STATUS, status=speech.say(STATUSES.get(target, target)).lower())
    return speech.say(BUTTONS[kind])


def _why(talk: Talk, choice: Choice, speech: Words) -> str:
    fits = next((one.fits for one in choice.why if one.script.code == talk.script.code and not one.misses), None)
    if fits is None:
        return speech.say(_BY_HAND)
    return ", ".join(speech.say(TRAITS[trait]) for trait in fits)
