"""What has become of an order, told by telephone. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from .dialog import Caller
from .spoken import digits_words


class OrderState(StrEnum):
    """What a customer is told of his order; the shop's own states are joined to these in works_ivr.py."""

    NEW = "new"
    CONFIRMED = "confirmed"
    POSTPONED = "postponed"
    SHIPPED = "shipped"


@dataclass(frozen=True, slots=True)
class OrderTold:
    """`number` as the shop writes it; its digits are said."""

    number: str
    state: OrderState


def tell_order(caller: Caller, order: OrderTold) -> None:
    """Raises CallerGone."""
    caller.say("order-number", *digits_words(order.number.replace("+", "")), f"order-{order.state.value}")
