"""'Is this your order?': a link by which a customer confirms or corrects his order himself, without an account. Pure rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from .order import EDITABLE, Order, OrderEdit, OrderStatus, next_statuses

LIVES = timedelta(days=3)
MOST_REMARK = 1000
BY_CUSTOMER = "customer"
"""Who made a change that came over the link."""


class Way(StrEnum):
    EMAIL = "email"
    SMS = "sms"


class Answer(StrEnum):
    """`CORRECTED`: confirmed with other delivery. `REMARK`: he wrote what is wrong; a person must look."""

    CONFIRMED = "confirmed"
    CORRECTED = "corrected"
    REMARK = "remark"


@dataclass(frozen=True, slots=True)
class Asking:
    """One link. We keep the hash of its secret only; the letter that carries it has its id as a subject in the outbox."""

    id: str
    order_id: str
    token_hash: str
    way: Way
    address: str
    language: str
    asked_by: str | None
    asked_at: datetime
    expires_at: datetime
    opened_at: datetime | None = None
    answered_at: datetime | None = None
    answer: Answer | None = None
    remark: str = ""

    def is_open(self, now: datetime) -> bool:
        return self.answered_at is None and now < self.expires_at


@dataclass(frozen=True, slots=True)
class Reply:
    """What the customer sent: the delivery as it stands in his form, or a `remark` on what is wrong. `version` is the order he saw."""

    version: int
    delivery_address: str
    delivery_slot: str
    courier_comment: str
    remark: str = ""


class Why(StrEnum):
    """Why a link leads to nothing that can be answered."""

    UNKNOWN = "unknown"
    EXPIRED = "expired"
    ANSWERED = "answered"
    CLOSED = "closed"
    CHANGED = "changed"
    EMPTY = "empty"
    TOO_LONG = "too_long"


class CannotAnswer(Exception):
    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why


def check_open(asking: Asking, order: Order, now: datetime) -> None:
    """Raises CannotAnswer."""
    if asking.answered_at is not None:
        raise CannotAnswer(Why.ANSWERED)
    if now >= asking.expires_at:
        raise CannotAnswer(Why.EXPIRED)
    if order.status not in EDITABLE:
        raise CannotAnswer(Why.CLOSED)


def edit_of_reply(order: Order, reply: Reply) -> tuple[OrderEdit, Answer]:
    """What a confirmation does to the order: the delivery as he wrote it, and its status. Raises CannotAnswer."""
    if reply.version != order.version:
        raise CannotAnswer(Why.CHANGED)  # he confirms what he saw, nothing else
    fields: Mapping[str, tuple[str, int]] = {
        "delivery_address": (reply.delivery_address, 500),
        "delivery_slot": (reply.delivery_slot, 100),
        "courier_comment": (reply.courier_comment, 1000),
    }
    for text, most in fields.values():
        if len(text) > most:
            raise CannotAnswer(Why.TOO_LONG)
    if order.delivery_address and not reply.delivery_address.strip():
        raise CannotAnswer(Why.EMPTY)
    changed: dict[str, Any] = {
        name: text.strip() for name, (text, _most) in fields.items() if text.strip() != getattr(order, name)
    }
    confirmed = OrderStatus.CONFIRMED
    status = confirmed if confirmed in next_statuses(order.status) else None
    return OrderEdit(status=status, **changed), Answer.CORRECTED if changed else Answer.CONFIRMED


def check_remark(text: str) -> str:
    """What is wrong, in his words. Raises CannotAnswer."""
    if not text.strip():
        raise CannotAnswer(Why.EMPTY)
    if len(text) > MOST_REMARK:
        raise CannotAnswer(Why.TOO_LONG)
    return text.strip()
