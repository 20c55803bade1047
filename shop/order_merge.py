"""Two people change one order: what the second wanted, carried over to how the order stands now. Pure.

`base` is the order as the second saw it (a record of order_change.to_record). What only one of them touched is taken from him; what both
touched, to different ends, is a clash that a person settles.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .order import ItemEdit, Order, OrderEdit
from .order_change import to_record

_FIELDS = ("delivery_address", "delivery_slot", "payment", "courier_comment", "status")
_LINE = ("quantity", "price")


@dataclass(frozen=True, slots=True)
class Clash:
    """One field that both changed: `seen` before either, `theirs` as it stands, `yours` as it was asked. None: no such line."""

    field: str
    seen: Any
    theirs: Any
    yours: Any


def merged(base: Mapping[str, Any], current: Order, edit: OrderEdit) -> tuple[OrderEdit, tuple[Clash, ...]]:
    """The edit as it is to be made to `current`, and what stands against that; with a clash the edit is not to be made."""
    now, clashes, kept = to_record(current), list[Clash](), dict[str, Any]()
    for name in _FIELDS:
        wanted = getattr(edit, name)
        if wanted is None:
            continue
        yours = wanted.strip() if name != "status" else wanted.value
        if yours in (base[name], now[name]):
            kept[name] = None  # nothing of his own: theirs stays
        elif now[name] != base[name]:
            clashes.append(Clash(name, base[name], now[name], yours))
    items = edit.items
    if items is not None:
        items, of_lines = _merged_items(base["items"], now["items"], items)
        clashes += of_lines
    reason = None if "status" in kept and now["status"] != "cancelled" else edit.cancel_reason
    return replace(edit, items=items, cancel_reason=reason, **kept), tuple(clashes)


def _merged_items(
    base: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]], asked: Sequence[ItemEdit]
) -> tuple[tuple[ItemEdit, ...] | None, list[Clash]]:
    """Line by line: each article's quantity and price, or that it is there at all. No items at all: nothing of his own."""
    seen, theirs = _by_article(base), _by_article(now)
    yours = {item.article: _asked_line(item, seen.get(item.article)) for item in asked}
    clashes, lines = [], dict[str, dict[str, int] | None]()
    for article in {**theirs, **yours, **seen}:
        was, their, your = seen.get(article), theirs.get(article), yours.get(article)
        if your in (was, their):
            lines[article] = their
        elif their == was:
            lines[article] = your
        else:
            clashes.append(Clash(f"items[{article}]", was, their, your))
    kept = {article: line for article, line in lines.items() if line is not None}
    if kept == theirs and not clashes:
        return None, []
    return tuple(ItemEdit(article, line["quantity"], line.get("price")) for article, line in kept.items()), clashes


def _by_article(items: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    return {item["article"]: {name: item[name] for name in _LINE} for item in items}


def _asked_line(item: ItemEdit, seen: Mapping[str, int] | None) -> dict[str, int]:
    """A line that names no price has the one that was seen; a new one costs what the product costs."""
    price = item.price if item.price is not None else None if seen is None else seen["price"]
    return {"quantity": item.quantity} | ({} if price is None else {"price": price})
