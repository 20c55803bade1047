"""Who buys: the customer, and what the desk shows of their past."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class Customer:
    """`phones` in E.164, the first is the one to dial. `time_zone` an IANA name. `external_id` is the shop's own key, if any.
    `version` grows by one with each change by hand."""

    id: str
    name: str
    phones: tuple[str, ...]
    email: str
    city: str
    time_zone: str
    language: str
    segment: str
    note: str
    since: datetime
    external_id: str | None = None
    version: int = 1


class EntryKind(StrEnum):
    ORDER_PLACED = "order_placed"
    ORDER_CHANGED = "order_changed"
    ORDER_CHANGE_UNDONE = "order_change_undone"
    NOTE = "note"
    CUSTOMER_CHANGED = "customer_changed"
    CUSTOMER_CHANGE_UNDONE = "customer_change_undone"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of an order, as it was and as it became (plain JSON values)."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One line of a customer's past.

    `title` is the order's number ('' for a note), `body` the note's text, the order's items or the changed values; `changes` lets a
    page say the same in its own language. `change_id` is there while the change can still be undone.
    """

    at: datetime
    kind: str
    title: str
    body: str
    order_id: str | None
    change_id: str | None
    actor_name: str
    changes: tuple[FieldChange, ...] = ()


def choose_customer(found: Sequence[Customer], name: str) -> Customer | None:
    """Whose order this is when a family shares one number: the one of that name, else the one known longest; None when none is."""
    if not found:
        return None
    same = [customer for customer in found if customer.name.casefold() == name.casefold()]
    return min(same or found, key=lambda customer: (customer.since, customer.id))
