"""What of a talk is not to be recorded (a card's number): the time line stays, and nothing is heard in it. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime

MASK_S = 60.0
"""After this time (s) the recording goes on by itself, when nobody has let it go on."""


@dataclass(frozen=True, slots=True)
class Mask:
    """From `begin` to `end`, which is the limit while it is `open`: nobody has told the wire yet that it is over."""

    begin: datetime
    end: datetime
    open: bool = True


Masks = tuple[Mask, ...]


@dataclass(frozen=True, slots=True)
class RecordingPaused:
    """What is said now is not to be recorded; it goes on by itself at `until`."""

    at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class RecordingResumed:
    at: datetime


def opened(masks: Masks, at: datetime, until: datetime) -> Masks:
    """A pause of the recording begins, or the one that is open goes on until then."""
    if masks and masks[-1].open:
        return (*masks[:-1], replace(masks[-1], end=until))
    return (*masks, Mask(at, until))


def closed(masks: Masks, at: datetime) -> Masks:
    """It is over. What was never masked stays what it is."""
    if not masks or not masks[-1].open:
        return masks
    return (*masks[:-1], replace(masks[-1], end=max(masks[-1].begin, at), open=False))


def is_open(masks: Masks) -> bool:
    return bool(masks) and masks[-1].open


def parts(masks: Masks, began: datetime, seconds: float) -> tuple[tuple[float, float], ...]:
    """The masks in a recording that began then and is so long (s): (where, how long), both in s."""
    spans = (((mask.begin - began).total_seconds(), (mask.end - began).total_seconds()) for mask in masks)
    inside = ((max(0.0, first), min(seconds, last)) for first, last in spans)
    return tuple((round(first, 2), round(last - first, 2)) for first, last in inside if last > first)


def masks_of(told: list[list[str | bool]]) -> Masks:
    """As the store keeps them."""
    return tuple(Mask(datetime.fromisoformat(str(b)), datetime.fromisoformat(str(e)), bool(o)) for b, e, o in told)


def told(masks: Masks) -> list[list[str | bool]]:
    return [[mask.begin.isoformat(), mask.end.isoformat(), mask.open] for mask in masks]
