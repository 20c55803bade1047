"""The links by which customers confirm their orders, in tables: made with the letter that carries them, answered once."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, String, Table, insert, select, update

from ..storage.base import UtcDateTime, id_column, metadata
from ..storage.clock import Clock
from ..storage.database import Database
from ..storage.ids import Ids
from ..storage.outbox_store import Outbox
from .asking import (
    BY_CUSTOMER,
    LIVES,
    Answer,
    Asking,
    CannotAnswer,
    Reply,
    Way,
    Why,
    check_open,
    check_remark,
    edit_of_reply,
)
from .order import Order, OrderChanged, OrderClosed
from .store import ShopStore

asking_table = Table(
    "order_asking",
    metadata,
    id_column(),
    Column("order_id", ForeignKey("orders.id"), nullable=False, index=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("way", String(10), nullable=False),
    Column("address", String(254), nullable=False),
    Column("language", String(8), nullable=False),
    Column("asked_by", String(36)),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("opened_at", UtcDateTime),
    Column("answered_at", UtcDateTime),
    Column("answer", String(20)),
    Column("remark", String(1000), nullable=False),
)
_a = asking_table.c

MessageOf = Callable[[str], Mapping[str, Any]]


class Askings:
    """`tokens` draws secrets. Letters go through `outbox`, with the asking's id as their subject."""

    def __init__(
        self, db: Database, clock: Clock, ids: Ids, tokens: Callable[[], str], outbox: Outbox, shop: ShopStore
    ) -> None:
        self._db, self._clock, self._ids, self._tokens = db, clock, ids, tokens
        self.outbox, self._shop = outbox, shop

    async def ask(
        self, order: Order, way: Way, address: str, language: str, asked_by: str | None, message: MessageOf
    ) -> Asking:
        """Make a link, and the letter that carries it, in one transaction. `message` makes the letter's body of the link's secret."""
        token, now = self._tokens(), self._clock.now()
        asking = Asking(self._ids(), order.id, digest(token), way, address, language, asked_by, now, now + LIVES)
        async with self._db.write() as connection:
            await connection.execute(insert(asking_table).values(_values(asking)))
            await self.outbox.put(connection, way.value, asking.id, message(token))
        return asking

    async def latest_of(self, order_id: str) -> Asking | None:
        query = select(asking_table).where(_a.order_id == order_id).order_by(_a.asked_at.desc(), _a.id).limit(1)
        async with self._db.read() as connection:
            row = (await connection.execute(query)).first()
        return None if row is None else _asking(row)

    async def order_of(self, asking_id: str) -> str | None:
        async with self._db.read() as connection:
            found: str | None = await connection.scalar(select(_a.order_id).where(_a.id == asking_id))
        return found

    async def opened(self, token: str) -> tuple[Asking, Order]:
        """The link and its order, as the customer looks at them. Raises CannotAnswer(UNKNOWN)."""
        asking, order = await self._found(token)
        if asking.opened_at is None:
            now = self._clock.now()
            asking = replace(asking, opened_at=now)
            await self._set(asking.id, opened_at=now)
            await self._shop.tell(order)
        return asking, order

    async def confirm(self, token: str, reply: Reply) -> Order:
        """The customer says yes, perhaps with another delivery: the order is changed by the shop's rules, then the link is used up. A
        crash between the two leaves a link to an order that he sees confirmed. Raises CannotAnswer."""
        asking, order = await self._checked(token)
        edit, answer = edit_of_reply(order, reply)
        try:
            after = await self._shop.edit_order(order.id, edit, BY_CUSTOMER, reply.version)
        except OrderChanged as late:
            raise CannotAnswer(Why.CHANGED) from late
        except OrderClosed as closed:
            raise CannotAnswer(Why.CLOSED) from closed
        await self._answered(asking, answer)
        await self._shop.tell(after)
        return after

    async def remark(self, token: str, text: str) -> Order:
        """The customer says what is wrong: it is a note on his card, and the order stays as it is. Raises CannotAnswer."""
        said = check_remark(text)
        async with self._db.together():
            asking, order = await self._checked(token)
            await self._shop.add_note(order.customer_id, said, BY_CUSTOMER)
            await self._answered(asking, Answer.REMARK, said)
        await self._shop.tell(order)
        return order

    async def _checked(self, token: str) -> tuple[Asking, Order]:
        asking, order = await self._found(token)
        check_open(asking, order, self._clock.now())
        return asking, order

    async def _found(self, token: str) -> tuple[Asking, Order]:
        query = select(asking_table).where(_a.token_hash == digest(token))
        async with self._db.read() as connection:
            row = (await connection.execute(query)).first() if 16 <= len(token) <= 100 else None
        order = None if row is None else await self._shop.order(row.order_id)
        if row is None or order is None:
            raise CannotAnswer(Why.UNKNOWN)
        return _asking(row), order

    async def _answered(self, asking: Asking, answer: Answer, remark: str = "") -> None:
        """Of two answers at once only the first counts."""
        values = {"answered_at": self._clock.now(), "answer": answer.value, "remark": remark}
        mine = (_a.id == asking.id, _a.answered_at.is_(None))
        async with self._db.write() as connection:
            done = await connection.execute(update(asking_table).where(*mine).values(values))
        if done.rowcount != 1:
            raise CannotAnswer(Why.ANSWERED)

    async def _set(self, asking_id: str, **values: datetime) -> None:
        async with self._db.write() as connection:
            await connection.execute(update(asking_table).where(_a.id == asking_id).values(values))


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _values(asking: Asking) -> dict[str, Any]:
    answer = None if asking.answer is None else asking.answer.value
    return asdict(asking) | {"way": asking.way.value, "answer": answer}


def _asking(row: Any) -> Asking:
    values = dict(row._mapping) | {"way": Way(row.way), "answer": None if row.answer is None else Answer(row.answer)}
    return Asking(**values)
