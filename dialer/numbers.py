"""The numbers of a lead: which of them is dialed next, and what may be kept beside them. Pure.

invalid                          struck out for good; the next one at once
no answer, rejected, machine, tone  the next one, after the last the first again, each after the outcome's own delay
busy, and all others             the same one: he is there, or the trouble was ours
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..queue.channel import AttemptOutcome

MAX_PHONES = 10
MAX_FIELDS = 30
MAX_FIELD_NAME = 40
MAX_FIELD_TEXT = 200
NAME_FIELD = "name"
"""The own field that holds the customer's name, where the shop does not know him."""

FieldValue = str | int | float

_TRY_NEXT = frozenset({AttemptOutcome.NO_ANSWER, AttemptOutcome.REJECTED, AttemptOutcome.MACHINE, AttemptOutcome.TONE})


@dataclass(frozen=True, slots=True)
class Numbers:
    """`phones` in the order in which they are tried, each in the zone of the same place in `zones`; `at`: the one that is dialed now."""

    phones: tuple[str, ...]
    zones: tuple[str, ...]
    at: int = 0

    @property
    def phone(self) -> str:
        return self.phones[self.at]

    @property
    def zone(self) -> str:
        return self.zones[self.at]


def moved_on(numbers: Numbers, outcome: AttemptOutcome) -> Numbers | None:
    """The numbers after the one that stands at `at` was dialed with this outcome; None when no number is left."""
    if outcome is AttemptOutcome.INVALID:
        phones = numbers.phones[: numbers.at] + numbers.phones[numbers.at + 1 :]
        zones = numbers.zones[: numbers.at] + numbers.zones[numbers.at + 1 :]
        return Numbers(phones, zones, numbers.at % len(phones)) if phones else None
    step = 1 if outcome in _TRY_NEXT else 0
    return Numbers(numbers.phones, numbers.zones, (numbers.at + step) % len(numbers.phones))


class FieldsRefused(ValueError):
    """A field that cannot be kept; `name` is the field's, the message a reason fit for who sent it."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(reason)
        self.name = name
        self.reason = reason


def checked_fields(fields: Mapping[str, object]) -> dict[str, FieldValue]:
    """Own fields of a lead: short texts and numbers by short names. Raises FieldsRefused."""
    if len(fields) > MAX_FIELDS:
        raise FieldsRefused("", f"at most {MAX_FIELDS} fields")
    kept: dict[str, FieldValue] = {}
    for name, value in fields.items():
        if not name.strip() or len(name) > MAX_FIELD_NAME or not name.isprintable():
            raise FieldsRefused(name[:MAX_FIELD_NAME], f"a name has 1 to {MAX_FIELD_NAME} printable characters")
        kept[name.strip()] = _checked_value(name, value)
    return kept


def _checked_value(name: str, value: object) -> FieldValue:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise FieldsRefused(name, "a text or a number")
    if isinstance(value, str):
        if len(value) > MAX_FIELD_TEXT:
            raise FieldsRefused(name, f"at most {MAX_FIELD_TEXT} characters")
        if "\0" in value:
            raise FieldsRefused(name, "a NUL character cannot be kept")
    elif not -1e15 <= value <= 1e15:
        raise FieldsRefused(name, "a number from -1e15 to 1e15")
    return value


def distinct(phones: Sequence[str], zones: Sequence[str]) -> Numbers:
    """Each number once, the first place counts. Raises ValueError without any."""
    by_phone = dict(reversed(list(zip(phones, zones, strict=True))))
    ordered = tuple(dict.fromkeys(phones))
    if not ordered:
        raise ValueError("a lead has a number")
    return Numbers(ordered, tuple(by_phone[phone] for phone in ordered))
