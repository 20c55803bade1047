"""The setup one item at a time: its items as JSON and back, a change as it is written down, the setup after a change. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, cast

from pydantic import TypeAdapter

from .capacity import Capacity
from .setup import LIFTS_S, Lift, PauseCode, QueueRules, QueueSetup, Reason, Seat, Skill

HOUSE = "house"
"""The key of what there is one of."""


class Noun(StrEnum):
    QUEUE = "queue"
    SKILL = "skill"
    PAUSE_CODE = "pause_code"
    REASON = "reason"
    SEAT = "seat"
    CAPACITY = "capacity"
    LIFTS = "lifts"


@dataclass(frozen=True, slots=True)
class LiftRules:
    """How far each reason moves a contact forward (s), and the order that counts as dear (kopecks)."""

    lifts_s: Mapping[Lift, float] = field(default_factory=lambda: dict(LIFTS_S))
    dear_order: int = 2_000_000


Item = QueueRules | Skill | PauseCode | Reason | Seat | Capacity | LiftRules
Json = dict[str, Any]

_TYPES: Mapping[Noun, type[Item]] = {
    Noun.QUEUE: QueueRules,
    Noun.SKILL: Skill,
    Noun.PAUSE_CODE: PauseCode,
    Noun.REASON: Reason,
    Noun.SEAT: Seat,
    Noun.CAPACITY: Capacity,
    Noun.LIFTS: LiftRules,
}
_MAPS = {
    Noun.QUEUE: "queues",
    Noun.SKILL: "skills",
    Noun.PAUSE_CODE: "pause_codes",
    Noun.REASON: "reasons",
    Noun.SEAT: "seats",
}


@dataclass(frozen=True, slots=True)
class Edit:
    """One item before and after; None: it was, or is, not there."""

    noun: Noun
    key: str
    old: Json | None
    new: Json | None

    @property
    def undone(self) -> "Edit":
        return Edit(self.noun, self.key, self.new, self.old)


@dataclass(frozen=True, slots=True)
class SetupChange:
    """What somebody (`by`: a user's id; None: the house itself) changed at once. `id` grows with every change."""

    id: int
    at: datetime
    by: str | None
    edits: tuple[Edit, ...]


@cache
def _adapter(noun: Noun) -> TypeAdapter[Item]:
    return TypeAdapter(_TYPES[noun])


def json_of(noun: Noun, item: Item) -> Json:
    """As JSON; what is a set there has its order by name, so that equal items read alike."""
    return cast(Json, _settled(_adapter(noun).dump_python(item, mode="json")))


def item_of(noun: Noun, value: Mapping[str, Any]) -> Item:
    """Read what `json_of` wrote; a field that is newer stands at its default, one that is gone is passed over.

    Raises pydantic.ValidationError (a ValueError).
    """
    return _adapter(noun).validate_python(dict(value))


def key_of(noun: Noun, item: Item) -> str:
    """By what an item is found among its kind."""
    if isinstance(item, QueueRules | Skill | PauseCode | Reason):
        return item.code
    return item.agent_id if isinstance(item, Seat) else HOUSE


def item_in(setup: QueueSetup, noun: Noun, key: str) -> Item | None:
    if noun is Noun.CAPACITY:
        return setup.capacity
    if noun is Noun.LIFTS:
        return LiftRules(setup.lifts_s, setup.dear_order)
    return cast(Mapping[str, Item], getattr(setup, _MAPS[noun])).get(key)


def with_item(setup: QueueSetup, noun: Noun, key: str, item: Item | None) -> QueueSetup:
    """The setup with this item in its place; with None, without it (what there is one of goes back to its default)."""
    if noun is Noun.CAPACITY:
        return replace(setup, capacity=item if isinstance(item, Capacity) else Capacity())
    if noun is Noun.LIFTS:
        rules = item if isinstance(item, LiftRules) else LiftRules()
        return replace(setup, lifts_s=rules.lifts_s, dear_order=rules.dear_order)
    items: dict[str, Item] = dict(getattr(setup, _MAPS[noun]))
    if item is None:
        items.pop(key, None)
    else:
        items[key] = item
    changed: dict[str, Any] = {_MAPS[noun]: items}
    return replace(setup, **changed)


def edit(setup: QueueSetup, noun: Noun, key: str, item: Item | None) -> Edit:
    """What putting this item there (None: taking it away) changes."""
    now = item_in(setup, noun, key)
    return Edit(
        noun,
        key,
        None if now is None else json_of(noun, now),
        None if item is None else json_of(noun, item),
    )


def edited(setup: QueueSetup, edits: Iterable[Edit]) -> QueueSetup:
    """The setup after the edits. Raises ValueError when one of them cannot be read."""
    for each in edits:
        item = None if each.new is None else item_of(each.noun, each.new)
        setup = with_item(setup, each.noun, each.key, item)
    return setup


def without_queue(setup: QueueSetup, code: str) -> tuple[Edit, ...]:
    """Take a queue away, and its name from the seats that serve it."""
    seats = [
        edit(setup, Noun.SEAT, seat.agent_id, replace(seat, queues=seat.queues - {code}))
        for seat in setup.seats.values()
        if code in seat.queues
    ]
    return (*seats, edit(setup, Noun.QUEUE, code, None))


def without_skill(setup: QueueSetup, code: str) -> tuple[Edit, ...]:
    """Take a skill away, also from those who have it; queues that need it are left to the check."""
    seats = [
        edit(setup, Noun.SEAT, seat.agent_id, replace(seat, skills=_without(seat.skills, code)))
        for seat in setup.seats.values()
        if code in seat.skills
    ]
    return (*seats, edit(setup, Noun.SKILL, code, None))


def _without(skills: Mapping[str, int], code: str) -> dict[str, int]:
    return {skill: level for skill, level in skills.items() if skill != code}


def _settled(value: object) -> object:
    if isinstance(value, dict):
        return {name: _settled(each) for name, each in value.items()}
    if isinstance(value, list):
        return sorted(value) if all(isinstance(each, str) for each in value) else [_settled(each) for each in value]
    return value
