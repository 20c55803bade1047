"""The built-in shop in tables: products, customers, orders with every change of them, notes."""

import logging
from collections.abc import Awaitable, Callable, Collection
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ..storage.clock import Clock
from ..storage.database import Database
from ..storage.failpoint import failpoint
from ..storage.ids import Ids
from ..storage.outbox_store import Outbox
from .catalogue_store import Catalogue, index_products
from .customer import Customer, TimelineEntry, choose_customer
from .customer_store import CustomerBook
from .message import ORDER, order_message
from .order import Order, OrderChanged, OrderEdit, OrderItem, check_edit
from .order_change import restored, to_record
from .order_merge import Clash, merged
from .order_store import OrderReads
from .phone import DEFAULT_ZONE, zone_of
from .posting import (
    OrderPosted,
    check_posted,
    customer_of_posting,
    fingerprint,
    known_better,
    order_of_posting,
    reposted,
)
from .pricing import NO_RIGHT, PriceRight
from .product import Product
from .tables import (
    actor_names,
    change_table,
    customer_table,
    customer_values,
    free_number,
    insert_customer,
    locked_order,
    note_table,
    order_table,
    order_values,
    phone_table,
    product_table,
    products_by_article,
    read_customers,
    take_turn,
    who_has_phone,
    write_items,
    write_phones,
)
from .timeline_store import read_timeline

log = logging.getLogger(__name__)

OnOrder = Callable[[Order, bool], Awaitable[None]]


class UnknownOrder(Exception):
    """There is no order, or no change of an order, by this id."""


class OrderClashes(OrderChanged):
    """Both changed the same fields: each of them, as it was seen, as it stands, and as it was asked."""

    def __init__(self, current: Order, clashes: tuple[Clash, ...]) -> None:
        super().__init__(current)
        self.clashes = clashes


class ShopStore(OrderReads):
    """The shop. `on_order` is told of each new or changed order after its commit: (order, whether it is new).

    With an `outbox` the shop's own system is told of each change that is made here.
    """

    def __init__(self, db: Database, clock: Clock, ids: Ids, outbox: Outbox | None = None) -> None:
        super().__init__(db)
        self._clock = clock
        self._ids = ids
        self.outbox = outbox
        self.catalogue = Catalogue(db, ids)
        self.book = CustomerBook(db, clock, ids, outbox)
        self.on_order: list[OnOrder] = []
        self._untold: set[str] = set()

    # Products

    async def add_product(self, article: str, name_ru: str, price: int, name_en: str = "", stock: int = 0) -> Product:
        """`price` in kopecks. Raises sqlalchemy.exc.IntegrityError when the article is taken."""
        product = Product(self._ids(), article, name_ru, name_en, price, stock)
        async with self._db.write() as connection:
            await connection.execute(insert(product_table).values(asdict(product)))
            await index_products(connection, [(product, "")])
        return product

    async def products(self, search: str = "", limit: int = 200) -> list[Product]:
        """Those that every word of `search` leads to, the best first (see catalogue_store.py); without one all, by name."""
        if search.strip():
            return await self.catalogue.search(search, limit)
        query = select(product_table).order_by(product_table.c.name_ru, product_table.c.id).limit(limit)
        async with self._db.read() as connection:
            return [Product(**row._mapping) for row in await connection.execute(query)]

    async def products_of(self, articles: Collection[str]) -> dict[str, Product]:
        """The products with these articles, by article."""
        if not articles:
            return {}
        async with self._db.read() as connection:
            return await products_by_article(connection, articles)

    # Customers

    async def add_customer(
        self,
        name: str,
        phones: Collection[str],
        *,
        email: str = "",
        city: str = "",
        time_zone: str | None = None,
        language: str = "ru",
        segment: str = "",
        note: str = "",
        since: datetime | None = None,
        external_id: str | None = None,
    ) -> Customer:
        """`phones` in E.164, none for whoever only writes; the zone is guessed from the first when it is not given."""
        numbers = tuple(dict.fromkeys(phones))
        zone = time_zone or (zone_of(numbers[0]) if numbers else DEFAULT_ZONE)
        customer = Customer(
            self._ids(),
            name,
            numbers,
            email,
            city,
            zone,
            language,
            segment,
            note,
            since or self._clock.now(),
            external_id,
        )
        async with self._db.write() as connection:
            await insert_customer(connection, customer)
        return customer

    async def customer(self, customer_id: str) -> Customer | None:
        async with self._db.read() as connection:
            found = await read_customers(connection, select(customer_table).where(customer_table.c.id == customer_id))
        return found[0] if found else None

    async def customers_by_id(self, customer_ids: Collection[str]) -> dict[str, Customer]:
        """The customers with these ids, by id."""
        query = select(customer_table).where(customer_table.c.id.in_(customer_ids))
        async with self._db.read() as connection:
            found = await read_customers(connection, query) if customer_ids else []
        return {customer.id: customer for customer in found}

    async def names_of(self, customer_ids: Collection[str]) -> dict[str, str]:
        """The customers' names, by id."""
        if not customer_ids:
            return {}
        query = select(customer_table.c.id, customer_table.c.name).where(customer_table.c.id.in_(customer_ids))
        async with self._db.read() as connection:
            return {row.id: row.name for row in await connection.execute(query)}

    async def customers_by_phone(self, e164: str) -> list[Customer]:
        """Everybody who is known by this number, the longest known first."""
        async with self._db.read() as connection:
            return await read_customers(connection, who_has_phone(e164))

    async def phones_by_name(self, text: str, limit: int) -> set[str]:
        """All numbers of the customers whose name holds the text, as it is typed or with capitals; at most `limit` customers."""
        name = customer_table.c.name
        forms = {text, text.title(), text.capitalize()}  # SQLite folds the case of ASCII letters only
        like = sa.or_(*(name.contains(form, autoescape=True) for form in sorted(forms)))
        named = select(customer_table.c.id).where(like if self._db.is_sqlite else name.icontains(text, autoescape=True))
        mine = phone_table.c.customer_id.in_(named.order_by(customer_table.c.since).limit(limit))
        async with self._db.read() as connection:
            return set(await connection.scalars(select(phone_table.c.phone).where(mine)))

    async def add_note(self, customer_id: str, text: str, actor_id: str | None) -> None:
        async with self._db.write() as connection:
            await connection.execute(
                insert(note_table).values(
                    id=self._ids(), customer_id=customer_id, at=self._clock.now(), text=text, actor_id=actor_id
                )
            )

    async def timeline(
        self, customer_id: str, limit: int | None = None, before: datetime | None = None
    ) -> list[TimelineEntry]:
        """Orders, their changes, changes of the card and notes, newest first: the newest `limit` of them, older than `before`."""
        async with self._db.read() as connection:
            return await read_timeline(connection, customer_id, limit, before)

    # Orders

    async def put_order(self, posted: OrderPosted, actor_id: str | None = None) -> tuple[Order, bool]:
        """Take an order from the shop's own system, all of it or nothing; True when it is new.

        The same body again gives the same order and changes nothing, whatever the desk has done to it since. Another body for a known
        `external_id` is an update: lines, delivery and payment become the posted ones, recorded as a change that can be undone.
        Raises OrderRefused with the field's path in the body, OrderClosed when a known order can no longer be changed.
        """
        async with self._db.write() as connection:
            await take_turn(connection)
            failpoint("order_before_commit")
            known = await locked_order(connection, order_table.c.external_id == posted.external_id)
            mark = fingerprint(posted)
            if known is not None and known[1] == mark:
                return known[0], False
            items = check_posted(
                posted,
                await products_by_article(connection, [item.article for item in posted.items]),
                self._clock.now(),
            )
            if known is not None:
                order = reposted(known[0], posted, items, self._clock.now())
                await self._record(connection, known[0], order, actor_id, mark=mark)
            else:
                order = await self._place(connection, posted, items, mark)
        failpoint("order_committed")
        if known is None or order is not known[0]:
            await self._tell(order, known is None)
        return order, known is None

    async def edit_order(
        self,
        order_id: str,
        edit: OrderEdit,
        actor_id: str | None,
        expected_version: int,
        *,
        right: PriceRight = NO_RIGHT,
        merge: bool = False,
    ) -> Order:
        """Change an order by the shop's rules. Raises UnknownOrder, OrderRefused, OrderClosed, OrderChanged.

        With `merge` an order that somebody changed since `expected_version` is changed still, in what he left alone; what both
        touched raises OrderClashes, and nothing is changed.
        """
        async with self._db.write() as connection:
            found = await locked_order(connection, order_table.c.id == order_id)
            if found is None:
                raise UnknownOrder(order_id)
            before = found[0]
            if before.version != expected_version:
                edit = await self._merged(connection, before, edit, expected_version if merge else None)
            articles = [item.article for item in edit.items or ()]
            after = check_edit(before, edit, await products_by_article(connection, articles), right)
            await self._record(connection, before, after, actor_id)
            await self._post(connection, before, after, actor_id)
        if after is not before:
            await self._tell(after, False)
        return after

    async def undo_edit(self, change_id: str, actor_id: str | None) -> Order:
        """Take back the latest change of an order. Raises UnknownOrder, OrderClosed, and OrderChanged when it is not the latest."""
        async with self._db.write() as connection:
            row = (await connection.execute(select(change_table).where(change_table.c.id == change_id))).first()
            found = None if row is None else await locked_order(connection, order_table.c.id == row.order_id)
            if row is None or found is None:
                raise UnknownOrder(change_id)
            before = found[0]
            if before.version != row.version:
                raise OrderChanged(before)
            after = restored(before, row.before)
            await self._record(connection, before, after, actor_id, undoes=change_id)
            await self._post(connection, before, after, actor_id)
        await self._tell(after, False)
        return after

    async def _merged(
        self, connection: AsyncConnection, current: Order, edit: OrderEdit, seen: int | None
    ) -> OrderEdit:
        """The edit carried over from the version that was seen. Raises OrderChanged, OrderClashes."""
        next_change = sa.and_(change_table.c.order_id == current.id, change_table.c.version == (seen or 0) + 1)
        base = await connection.scalar(select(change_table.c.before).where(next_change))
        if seen is None or base is None:
            raise OrderChanged(current)
        edit, clashes = merged(base, current, edit)
        if clashes:
            raise OrderClashes(current, clashes)
        return edit

    async def _post(self, connection: AsyncConnection, before: Order, after: Order, actor_id: str | None) -> None:
        """The shop's own system shall know, in the same transaction."""
        if self.outbox is None or after is before:
            return
        mine = select(customer_table).where(customer_table.c.id == after.customer_id)
        customer = next(iter(await read_customers(connection, mine)), None)
        actor = (await actor_names(connection, [actor_id])).get(actor_id or "", "")
        await self.outbox.put(connection, ORDER, after.id, order_message(after, customer, actor))

    async def _place(
        self, connection: AsyncConnection, posted: OrderPosted, items: tuple[OrderItem, ...], mark: str
    ) -> Order:
        number = await free_number(connection, posted.number)
        customer = await self._customer_of(connection, posted)
        order = order_of_posting(
            posted, items, order_id=self._ids(), number=number, customer_id=customer.id, now=self._clock.now()
        )
        await connection.execute(insert(order_table).values(posted_hash=mark, **order_values(order)))
        await write_items(connection, order)
        return order

    async def _customer_of(self, connection: AsyncConnection, posted: OrderPosted) -> Customer:
        """The customer by the shop's key, else by the number, else a new one."""
        who = posted.customer
        by_key = select(customer_table).where(customer_table.c.external_id == (who.external_id or ""))
        found = await read_customers(connection, by_key)
        if not found:
            sharing = await read_customers(connection, who_has_phone(who.phone))
            strangers = [one for one in sharing if who.external_id is None or one.external_id is None]
            chosen = choose_customer(strangers, who.name)
            found = [] if chosen is None else [chosen]
        if not found:
            customer = customer_of_posting(who, self._ids(), self._clock.now())
            await insert_customer(connection, customer)
            return customer
        customer = known_better(found[0], who)
        if customer != found[0]:
            await connection.execute(
                customer_table.update().where(customer_table.c.id == customer.id).values(customer_values(customer))
            )
            await write_phones(connection, customer)
        return customer

    async def _record(
        self,
        connection: AsyncConnection,
        before: Order,
        after: Order,
        actor_id: str | None,
        *,
        undoes: str | None = None,
        mark: str | None = None,
    ) -> None:
        """Write the new state and the change that led to it; `mark` is the fingerprint of a new posting."""
        values = order_values(after) | ({} if mark is None else {"posted_hash": mark})
        await connection.execute(order_table.update().where(order_table.c.id == after.id).values(values))
        if after is before:
            return
        await write_items(connection, after)
        await connection.execute(
            insert(change_table).values(
                id=self._ids(),
                order_id=after.id,
                actor_id=actor_id,
                at=self._clock.now(),
                before=to_record(before),
                after=to_record(after),
                version=after.version,
                undoes=undoes,
            )
        )

    async def tell(self, order: Order) -> None:
        """What is shown of this order changed beside it."""
        await self._tell(order, False)

    async def tell_again(self) -> None:
        """Of the orders on which a listener failed, all are told once more, as they are now. Call it every few seconds."""
        for order_id in sorted(self._untold):
            order = await self.order(order_id)
            self._untold.discard(order_id)
            if order is not None:
                await self._tell(order, False)

    async def _tell(self, order: Order, created: bool) -> None:
        for listener in self.on_order:
            try:
                await listener(order, created)
            except Exception:  # the order is committed: a listener's trouble must not look like a refused order
                self._untold.add(order.id)
                log.exception("a listener failed on an order", extra={"order_id": order.id})
