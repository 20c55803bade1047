"""The third in a talk: somebody whom the operator asks while the customer hears music, or who joins them both. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Third:
    """One of our operators (`agent_id`), or a `number` outside (E.164). `blind`: he gets the customer as soon as he answers. `queue`: which
    was asked for whoever is free there; the customer goes there with him.

    Who of the two others hears music: `customer_held`, `held` (the third himself); nobody in a conference.
    """

    id: str
    agent_id: str | None = None
    number: str = ""
    blind: bool = False
    answered: bool = False
    customer_held: bool = True
    held: bool = False
    queue: str = ""


@dataclass(frozen=True, slots=True)
class ThirdCalled:
    """The customer hears music, the third is being called."""

    at: datetime
    third_id: str
    agent_id: str | None = None
    number: str = ""
    blind: bool = False
    queue: str = ""


@dataclass(frozen=True, slots=True)
class ThirdAnswered:
    at: datetime
    third_id: str


@dataclass(frozen=True, slots=True)
class ThirdGone:
    """He did not answer, hung up, or was let go; the customer is with the operator again."""

    at: datetime
    third_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class PartiesHeld:
    """Who hears music from now on: one of the two (a consultation, or swapped), both, or nobody (a conference)."""

    at: datetime
    customer: bool
    third: bool


ThirdEvent = ThirdCalled | ThirdAnswered | ThirdGone | PartiesHeld


class NoSuchThird(Exception):
    """This cannot happen to this third, or there is none."""


def after(third: Third | None, event: ThirdEvent) -> Third | None:
    """The third after the event; None when he is gone. Raises NoSuchThird for a pair that has no meaning."""
    match third, event:
        case None, ThirdCalled(_, third_id, agent_id, number, blind, queue):
            return Third(third_id, agent_id, number, blind, queue=queue)
        case Third(), ThirdAnswered(_, third_id) if third.id == third_id and not third.answered:
            return replace(third, answered=True)
        case Third(), ThirdGone(_, third_id, _) if third.id == third_id:
            return None
        case Third(), PartiesHeld(_, customer, held) if third.answered:
            return replace(third, customer_held=customer, held=held)
    raise NoSuchThird


def row_of(third: Third | None) -> dict[str, Any] | None:
    """As the store keeps him."""
    return None if third is None else asdict(third)


def third_of(row: Mapping[str, Any] | None) -> Third | None:
    return None if row is None else Third(**row)
