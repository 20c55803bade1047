"""A trunk's knobs as plain values, as they are kept, sent and written down when somebody turns one. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from .trunk import BadTrunk, Trunk

Knob = int | float | list[str]


@dataclass(frozen=True, slots=True)
class TrunkChange:
    """Who turned which knob of which trunk, when, from what to what."""

    id: str
    trunk: str
    actor_id: str
    at: datetime
    field: str
    old: Knob
    new: Knob


def knobs_of(trunk: Trunk) -> dict[str, Knob]:
    return {
        "channels": trunk.channels,
        "per_second": trunk.per_second,
        "caller_ids": list(trunk.caller_ids),
        "withdrawn": trunk.withdrawn,
    }


def with_knobs(trunk: Trunk, turned: Mapping[str, object]) -> Trunk:
    """The trunk with these knobs turned. Raises BadTrunk for an unknown knob or a value that it cannot take."""
    values: dict[str, object] = {}
    for name, value in turned.items():
        match name, value:
            case "channels", int() if not isinstance(value, bool):
                values[name] = value
            case "per_second" | "withdrawn", int() | float() if not isinstance(value, bool):
                values[name] = float(value)
            case "caller_ids", list() | tuple() if all(isinstance(each, str) for each in value):
                values[name] = tuple(value)
            case "channels", _:
                raise BadTrunk(name, "a whole number is needed")
            case "per_second" | "withdrawn", _:
                raise BadTrunk(name, "a number is needed")
            case "caller_ids", _:
                raise BadTrunk(name, "a list of numbers is needed")
            case _:
                raise BadTrunk(name, "no such setting of a trunk")
    return replace(trunk, **values)  # type: ignore[arg-type]


def changed(old: Trunk, new: Trunk) -> list[tuple[str, Knob, Knob]]:
    """Name, old and new value of each knob that differs."""
    before, after = knobs_of(old), knobs_of(new)
    return [(name, before[name], after[name]) for name in before if before[name] != after[name]]
