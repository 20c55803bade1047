"""What the forms of a campaign's page are made of: a field for each knob, in groups, in a form. Pure; texts are msgids."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .i18n import N_

SECONDS, MINUTES, IN_HOURS, PERCENT = N_("с"), N_("мин"), N_("ч"), "%"


@dataclass(frozen=True, slots=True)
class Field:
    """One knob. `kind`: whole, number, text, lines, yes, choice, clock or day. A number is shown in `unit`, `scale` of the knob's own.

    `low` and `high` are in the unit shown. `empty`: what an empty box means; "" where it may not be empty. `options`: value to words.
    """

    knob: str
    label: str
    kind: str = "whole"
    unit: str = ""
    scale: float = 1
    low: float | None = None
    high: float | None = None
    hint: str = ""
    empty: str = ""
    options: Mapping[str, str] | None = None
    longest: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that stand together; `mode`: seen only where the campaign dials so."""

    fields: tuple[Field, ...]
    mode: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """What is saved together; one tab."""

    name: str
    title: str
    about: str
    groups: tuple[Group, ...] = ()

    def fields(self) -> Iterator[Field]:
        return (field for group in self.groups for field in group.fields)
