"""A change of an order as a record: what it was, what it became, and the way back."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from .customer import FieldChange
from .order import Order, OrderClosed, OrderItem, OrderStatus

_TEXTS = ("delivery_address", "delivery_slot", "payment", "courier_comment")


def to_record(order: Order) -> dict[str, Any]:
    """What of an order may change, as JSON."""
    return {
        "status": order.status.value,
        "items": [
            {
                "product_id": item.product_id,
                "article": item.article,
                "name": item.name,
                "price": item.price,
                "quantity": item.quantity,
            }
            for item in order.items
        ],
        **{name: getattr(order, name) for name in _TEXTS},
        "total": order.total,
        "cancel_reason": order.cancel_reason,
        "promised_at": None if order.promised_at is None else order.promised_at.isoformat(),
        "reserved_until": None if order.reserved_until is None else order.reserved_until.isoformat(),
    }


def restored(order: Order, record: Mapping[str, Any]) -> Order:
    """The order as `record` tells, one version on. Raises OrderClosed: what has left the shop cannot be brought back by a click."""
    if order.status in (OrderStatus.SHIPPED, OrderStatus.DELIVERED):
        raise OrderClosed("status", "an order that is {status} can no longer be changed", status=order.status)
    promised_at, reserved_until = (
        record["promised_at"],
        record.get("reserved_until"),
    )  # older records have only the first
    return replace(
        order,
        status=OrderStatus(record["status"]),
        items=tuple(OrderItem(**item) for item in record["items"]),
        delivery_address=record["delivery_address"],
        delivery_slot=record["delivery_slot"],
        payment=record["payment"],
        courier_comment=record["courier_comment"],
        total=record["total"],
        cancel_reason=record["cancel_reason"],
        promised_at=None if promised_at is None else datetime.fromisoformat(promised_at),
        reserved_until=None if reserved_until is None else datetime.fromisoformat(reserved_until),
        version=order.version + 1,
    )


def field_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    """What differs, field by field."""
    return tuple(FieldChange(name, before[name], after[name]) for name in after if before.get(name) != after[name])


def in_words(changes: tuple[FieldChange, ...]) -> str:
    """`status: new -> confirmed; total: 100 -> 200`, for logs and exports; pages word it from the changes themselves."""
    return "; ".join(f"{change.field}: {_value(change.before)} -> {_value(change.after)}" for change in changes)


def _value(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(f"{item['name']} × {item['quantity']}" for item in value)
    return "" if value is None else str(value)
