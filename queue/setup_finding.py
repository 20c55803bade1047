"""What can be wrong with a setup of the queues, and where. The pages say it in words. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from .setup_edit import Noun


class Severity(StrEnum):
    """REFUSE: such a setup is not taken. WARN: it is taken, and told to the supervisor."""

    REFUSE = "refuse"
    WARN = "warn"


class Fault(StrEnum):
    BAD_CODE = "bad_code"
    NAME_EMPTY = "name_empty"
    NAME_LONG = "name_long"
    BAD_NUMBER = "bad_number"
    DUPLICATE_NUMBER = "duplicate_number"
    UNKNOWN_QUEUE = "unknown_queue"
    UNKNOWN_SKILL = "unknown_skill"
    UNKNOWN_AGENT = "unknown_agent"
    NO_TARGET = "no_target"
    TO_ITSELF = "to_itself"
    IN_A_CIRCLE = "in_a_circle"
    NOBODY_CALLS = "nobody_calls"
    OUT_OF_BOUNDS = "out_of_bounds"
    BAD_LEVEL = "bad_level"
    DUPLICATE_NEED = "duplicate_need"
    FLOOR_ABOVE_LEVEL = "floor_above_level"
    UNKNOWN_ZONE = "unknown_zone"
    BAD_WEEK = "bad_week"
    OPENS_AFTER_CLOSES = "opens_after_closes"
    LAST_QUEUE = "last_queue"
    UNKNOWN_DISPOSITION = "unknown_disposition"
    PATH_LONG = "path_long"

    NO_OPERATORS = "no_operators"
    NO_CAPACITY = "no_capacity"
    NO_CALLS_TAKEN = "no_calls_taken"
    SKILL_MISSING = "skill_missing"
    NEVER_MET = "never_met"
    NEVER_APPLIES = "never_applies"
    NEVER_OPEN = "never_open"


@dataclass(frozen=True, slots=True)
class Finding:
    """`field` is the path inside the item, as in `overflow[1].target`; '' for the item as a whole. `values` fill the words."""

    severity: Severity
    noun: Noun
    key: str
    field: str
    fault: Fault
    values: tuple[tuple[str, str | float], ...] = ()


def refused(noun: Noun, key: str, field: str, fault: Fault, **values: str | float) -> Finding:
    return Finding(Severity.REFUSE, noun, key, field, fault, tuple(values.items()))


def warned(noun: Noun, key: str, field: str, fault: Fault, **values: str | float) -> Finding:
    return Finding(Severity.WARN, noun, key, field, fault, tuple(values.items()))
