"""A customer's past as one list, made from what the tables remember."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .customer import EntryKind, TimelineEntry
from .order import Order
from .order_change import field_changes, in_words


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One recorded change of an order. `undoes` names the change that this one took back; `version` is the order's after it."""

    id: str
    order_id: str
    actor_id: str | None
    at: datetime
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    version: int
    undoes: str | None


@dataclass(frozen=True, slots=True)
class CustomerChangeRow:
    """One recorded change of a customer's card; `version` is the card's after it."""

    id: str
    customer_id: str
    actor_id: str | None
    at: datetime
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    version: int
    undoes: str | None


@dataclass(frozen=True, slots=True)
class NoteRow:
    id: str
    at: datetime
    text: str
    actor_id: str | None


def build_timeline(
    orders: Sequence[Order],
    changes: Iterable[ChangeRow],
    notes: Iterable[NoteRow],
    names: Mapping[str, str],
    of_card: Iterable[CustomerChangeRow] = (),
    card_version: int = 0,
    placed: Collection[str] | None = None,
) -> list[TimelineEntry]:
    """Newest first. `names` of actors by id; somebody unknown (the house itself, a removed key) has the name ''. `of_card` are changes of
    the customer's own card, which is at `card_version`. `placed`: ids of those orders whose placing belongs here, all when None."""
    known = {order.id: order for order in orders}
    entries = [_placed(order) for order in orders if placed is None or order.id in placed]
    entries += [_changed(known[change.order_id], change, names) for change in changes]
    entries += [
        TimelineEntry(note.at, EntryKind.NOTE, "", note.text, None, None, names.get(note.actor_id or "", ""))
        for note in notes
    ]
    entries += [_card_changed(change, card_version, names) for change in of_card]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def _placed(order: Order) -> TimelineEntry:
    items = ", ".join(f"{item.name} × {item.quantity}" for item in order.items)
    return TimelineEntry(order.placed_at, EntryKind.ORDER_PLACED, order.number, items, order.id, None, "")


def _changed(order: Order, change: ChangeRow, names: Mapping[str, str]) -> TimelineEntry:
    changes = field_changes(change.before, change.after)
    kind = EntryKind.ORDER_CHANGED if change.undoes is None else EntryKind.ORDER_CHANGE_UNDONE
    can_undo = change.undoes is None and change.version == order.version
    actor = names.get(change.actor_id or "", "")
    return TimelineEntry(
        change.at, kind, order.number, in_words(changes), order.id, change.id if can_undo else None, actor, changes
    )


def _card_changed(change: CustomerChangeRow, version: int, names: Mapping[str, str]) -> TimelineEntry:
    changes = field_changes(change.before, change.after)
    kind = EntryKind.CUSTOMER_CHANGED if change.undoes is None else EntryKind.CUSTOMER_CHANGE_UNDONE
    can_undo = change.undoes is None and change.version == version
    words = "; ".join(f"{one.field}: {one.before} -> {one.after}" for one in changes)
    actor = names.get(change.actor_id or "", "")
    return TimelineEntry(change.at, kind, "", words, None, change.id if can_undo else None, actor, changes)
