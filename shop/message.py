"""What the shop's own system is told of a change, as JSON: the whole present state, so that a later message holds all of an earlier."""

from typing import Any

from .customer import Customer
from .customer_change import to_customer_record
from .order import Order

ORDER, CUSTOMER = "order", "customer"


def order_message(order: Order, customer: Customer | None, actor: str) -> dict[str, Any]:
    """`actor` is the name of who changed it, '' for the house itself."""
    return {
        "external_id": order.external_id,
        "number": order.number,
        "version": order.version,
        "status": order.status.value,
        "items": [
            {"article": item.article, "name": item.name, "quantity": item.quantity, "price": item.price}
            for item in order.items
        ],
        "delivery": {"address": order.delivery_address, "slot": order.delivery_slot},
        "payment": order.payment,
        "comment": order.courier_comment,
        "total": order.total,
        "currency": order.currency,
        "cancel_reason": order.cancel_reason,
        "customer": None if customer is None else customer_message(customer),
        "changed_by": actor,
    }


def customer_message(customer: Customer, actor: str | None = None) -> dict[str, Any]:
    told = {"id": customer.id, "external_id": customer.external_id, "version": customer.version}
    told |= to_customer_record(customer)
    return told if actor is None else told | {"changed_by": actor}
