"""Who turned which knob of a campaign, in the reader's words: a value as its form shows it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ..dialer.calling_hours import CLOSED
from ..dialer.campaign import SEGMENT, Change, Setting
from ..dialer.saves import overruled, saves
from .campaign_fields import PERCENT, Field
from .campaign_forms import SPECS, knob_label
from .campaign_view import KNOB_NAMES, SEGMENT_WORDS, TERMS, VALUES, clock_text, signed
from .i18n import N_, NBSP, Words

SHOWN_LETTERS = 60


@dataclass(frozen=True, slots=True)
class KnobLine:
    """A knob of a save: values in the reader's words. `again`: it was turned again since."""

    what: str
    old: str
    new: str
    again: bool


@dataclass(frozen=True, slots=True)
class SaveLine:
    """What was saved at once; `id` is that of one of its changes. `revertible` while all knobs still stand where it put them."""

    id: str
    knobs: tuple[KnobLine, ...]
    who: str
    at: datetime
    revertible: bool


def save_lines(
    changes: Sequence[Change], now_set: Mapping[str, Setting], names: Mapping[str, str], words: Words
) -> list[SaveLine]:
    """The log in the reader's language, the newest first as it comes. `now_set`: every knob as it stands; `names` of users by id."""
    return [_save_line(save, now_set, names, words) for save in saves(changes)]


def _save_line(
    save: Sequence[Change], now_set: Mapping[str, Setting], names: Mapping[str, str], words: Words
) -> SaveLine:
    again = overruled(save, now_set)
    knobs = [
        KnobLine(
            knob_name(change.field, words),
            value_text(change.field, change.old, words),
            value_text(change.field, change.new, words),
            change.field in again,
        )
        for change in save
    ]
    return SaveLine(save[0].id, tuple(knobs), names.get(save[0].actor_id, ""), save[0].at, not again)


def knob_name(field: str, words: Words) -> str:
    if field.startswith(SEGMENT):
        name = field.removeprefix(SEGMENT)
        return words.say(SEGMENT_WORDS[name]) if name in SEGMENT_WORDS else f"{words.say(TERMS['segment'])}: {name}"
    return knob_label(field, words) or words.say(KNOB_NAMES.get(field, field))


def value_text(field: str, value: Setting, words: Words) -> str:
    """A knob's value as people read it."""
    if isinstance(value, bool):
        return words.say(N_("да")) if value else words.say(N_("нет"))
    spec = SPECS.get(field)
    if spec is not None:
        return _as_in_form(spec, value, words)
    if isinstance(value, int | float):
        return signed(value, words)
    return words.say(VALUES.get(value or "", value or "—"))


def _as_in_form(spec: Field, value: Setting, words: Words) -> str:
    if spec.kind == "clock" and isinstance(value, int):
        return clock_text(value)
    if isinstance(value, int | float):
        number = words.number(round(value / spec.scale, 3))
        return f"{number}{NBSP}{spec.unit if spec.unit == PERCENT else words.say(spec.unit)}" if spec.unit else number
    if spec.options is not None and value is not None:
        return words.say(spec.options.get(value, value))
    if spec.kind == "day":
        return words.say({CLOSED: N_("не звоним"), "": N_("как обычно")}.get(value or "", value or ""))
    if not value:
        return words.say(N_("без предела")) if value is None and spec.low is not None else "—"
    return value if len(value) <= SHOWN_LETTERS else f"{value[:SHOWN_LETTERS]}…"
