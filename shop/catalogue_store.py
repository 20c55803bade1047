"""The catalogue in tables: products found by their words, and all that is known of one.

The words of all products are a small table of their own. A typed word is looked up there, by its beginning or, mistyped, by the pieces of
three letters it shares; only then are products looked for. The same tables do on SQLite and on PostgreSQL, whatever its locale.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, LargeBinary, String, Table, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ..storage.base import metadata
from ..storage.database import Database
from ..storage.ids import Ids
from .catalogue import ProductCard, ProductPosted, StoreStock, Tie
from .product import Product
from .product_search import grams, may_be_mistaken, near, product_words, terms
from .tables import product_table, take_turn

MOST_WORDS = 200
CANDIDATES = 200
MISTAKEN = 60
AT_ONCE = 500

word_table = Table(
    "product_word",
    metadata,
    Column("id", sa.Integer, primary_key=True, autoincrement=True),
    Column("word", LargeBinary(200), nullable=False, unique=True),  # UTF-8: bytes have one order everywhere
)
gram_table = Table(
    "product_word_gram",
    metadata,
    Column("gram", LargeBinary(12), primary_key=True),
    Column("word_id", ForeignKey("product_word.id", ondelete="CASCADE"), primary_key=True),
)
use_table = Table(
    "product_word_use",
    metadata,
    Column("product_id", ForeignKey("product.id", ondelete="CASCADE"), primary_key=True),
    Column("word_id", ForeignKey("product_word.id", ondelete="CASCADE"), primary_key=True),
    sa.Index("ix_product_word_use_word_id", "word_id", "product_id"),
)
card_table = Table(
    "product_card",
    metadata,
    Column("product_id", ForeignKey("product.id", ondelete="CASCADE"), primary_key=True),
    Column("description_ru", sa.Text, nullable=False),
    Column("description_en", sa.Text, nullable=False),
    Column("synonyms", String(1000), nullable=False),
    Column("family", String(64), nullable=False, index=True),
    Column("variant", String(100), nullable=False),
)
tie_table = Table(
    "product_tie",
    metadata,
    Column("product_id", ForeignKey("product.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", String(20), primary_key=True),
    Column("article", String(64), primary_key=True),
    Column("place", sa.Integer, nullable=False),
)
stock_table = Table(
    "product_stock",
    metadata,
    Column("product_id", ForeignKey("product.id", ondelete="CASCADE"), primary_key=True),
    Column("store", String(100), primary_key=True),
    Column("pieces", sa.Integer, nullable=False),
    Column("arrives_on", sa.Date),
    Column("arriving", sa.Integer, nullable=False),
)
_w, _u, _g = word_table.c, use_table.c, gram_table.c


class Catalogue:
    """The built-in store's products."""

    def __init__(self, db: Database, ids: Ids) -> None:
        self._db, self._ids = db, ids

    async def put(self, posted: Sequence[ProductPosted]) -> int:
        """Take products, known by their articles or new, all or none; how many are new."""
        async with self._db.write() as connection:
            await take_turn(connection)
            new = 0
            for begin in range(0, len(posted), AT_ONCE):
                new += await self._put_some(connection, posted[begin : begin + AT_ONCE])
        return new

    async def index_missing(self) -> int:
        """Products that no word leads to yet (they are older than the search) get theirs; how many those were."""
        bare = select(product_table).where(~sa.exists(select(_u.word_id).where(_u.product_id == product_table.c.id)))
        done = 0
        while True:
            async with self._db.write() as connection:
                found = [Product(**row._mapping) for row in await connection.execute(bare.limit(AT_ONCE))]
                await index_products(connection, [(product, "") for product in found])
            done += len(found)
            if len(found) < AT_ONCE:
                return done

    async def search(self, typed: str, limit: int) -> list[Product]:
        """Products that every typed word leads to: exact words first, then beginnings, then mistakes; what is in stock before what is
        not."""
        async with self._db.read() as connection:
            found = [await _meant(connection, ways) for ways in terms(typed)]
            if not found or not all(found):
                return []
            exact = [{key: rank for key, rank in one.items() if rank == 0} for one in found]
            ids = await _with_all(connection, exact) if all(exact) else []
            if len(ids) < limit:
                ids = list(dict.fromkeys([*ids, *await _with_all(connection, found)]))[:CANDIDATES]
            return await _ranked(connection, ids, found, limit)

    async def card(self, article: str) -> ProductCard | None:
        """All that is known of one product."""
        async with self._db.read() as connection:
            product = await _product(connection, article)
            if product is None:
                return None
            row = (await connection.execute(select(card_table).where(card_table.c.product_id == product.id))).first()
            stores = await connection.execute(
                select(stock_table).where(stock_table.c.product_id == product.id).order_by(stock_table.c.store)
            )
            kept = tuple(StoreStock(one.store, one.pieces, one.arrives_on, one.arriving) for one in stores)
            return ProductCard(
                product,
                "" if row is None else row.description_ru,
                "" if row is None else row.description_en,
                "" if row is None else row.variant,
                await _variants(connection, product, "" if row is None else row.family),
                await _tied(connection, product, Tie.ANALOGUE),
                await _tied(connection, product, Tie.GOES_WITH),
                kept,
            )

    async def _put_some(self, connection: AsyncConnection, posted: Sequence[ProductPosted]) -> int:
        articles = [one.article for one in posted]
        known = {
            row.article: row.id
            for row in await connection.execute(
                select(product_table.c.article, product_table.c.id).where(product_table.c.article.in_(articles))
            )
        }
        ids = {one.article: known.get(one.article) or self._ids() for one in posted}
        products = [
            Product(ids[one.article], one.article, one.name_ru, one.name_en, one.price, one.stock) for one in posted
        ]
        fresh = [asdict(product) for product in products if product.article not in known]
        if fresh:
            await connection.execute(insert(product_table), fresh)
        for product in products:
            if product.article in known:
                mine = product_table.c.id == product.id
                await connection.execute(product_table.update().where(mine).values(asdict(product)))
        await _replace_details(connection, ids, posted)
        synonyms = [one.synonyms for one in posted]
        await index_products(connection, list(zip(products, synonyms, strict=True)))
        return len(fresh)


async def _replace_details(connection: AsyncConnection, ids: dict[str, str], posted: Sequence[ProductPosted]) -> None:
    for table in (card_table, tie_table, stock_table):
        await connection.execute(table.delete().where(table.c.product_id.in_(ids.values())))
    names = ("description_ru", "description_en", "synonyms", "family", "variant")
    cards = [{"product_id": ids[one.article], **{name: getattr(one, name) for name in names}} for one in posted]
    ties = [
        {"product_id": ids[one.article], "kind": kind.value, "article": article, "place": place}
        for one in posted
        for kind, tied in ((Tie.ANALOGUE, one.analogues), (Tie.GOES_WITH, one.goes_with))
        for place, article in enumerate(dict.fromkeys(tied))
    ]
    stores = [{"product_id": ids[one.article], **asdict(line)} for one in posted for line in one.stores]
    for table, rows in ((card_table, cards), (tie_table, ties), (stock_table, stores)):
        if rows:
            await connection.execute(insert(table), rows)


async def index_products(connection: AsyncConnection, products: Sequence[tuple[Product, str]]) -> None:
    """The words of these products (each with its synonyms) lead to them; words of a former name do not any more."""
    if not products:
        return
    used = {
        product.id: [word.encode() for word in product_words(product.article, (product.name_ru, product.name_en), also)]
        for product, also in products
    }
    ids = await _word_ids(connection, {word for words in used.values() for word in words})
    await connection.execute(use_table.delete().where(_u.product_id.in_(used)))
    rows = [{"product_id": key, "word_id": ids[word]} for key, words in used.items() for word in words]
    if rows:
        await connection.execute(insert(use_table), rows)


async def _word_ids(connection: AsyncConnection, words: set[bytes]) -> dict[bytes, int]:
    """The words' ids; new words get theirs, and their pieces."""
    known = await _known(connection, words)
    fresh = sorted(words - known.keys())
    if not fresh:
        return known
    await connection.execute(insert(word_table), [{"word": word} for word in fresh])
    ids = await _known(connection, fresh)
    pieces = [
        {"gram": gram.encode(), "word_id": ids[word]}
        for word in fresh
        if may_be_mistaken(word.decode())
        for gram in grams(word.decode())
    ]
    if pieces:
        await connection.execute(insert(gram_table), pieces)
    return known | ids


async def _known(connection: AsyncConnection, words: Collection[bytes]) -> dict[bytes, int]:
    listed, found = sorted(words), dict[bytes, int]()
    for begin in range(0, len(listed), AT_ONCE):
        rows = await connection.execute(select(word_table).where(_w.word.in_(listed[begin : begin + AT_ONCE])))
        found |= {bytes(row.word): row.id for row in rows}
    return found


async def _meant(connection: AsyncConnection, ways: Sequence[str]) -> dict[int, int]:
    """The ids of words that a typed word may mean, each with how well: 0 it is the word, 1 its beginning, 2 and more with a mistake."""
    found: dict[int, int] = {}
    for way in ways:
        typed = way.encode()
        begins = (_w.word >= typed, _w.word < typed + b"\xff")
        for row in await connection.execute(select(word_table).where(*begins).order_by(_w.word).limit(MOST_WORDS)):
            found.setdefault(row.id, 0 if bytes(row.word) == typed else 1)
    if found:
        return found
    for way in ways:
        if may_be_mistaken(way):
            found |= {key: 2 + place for place, key in enumerate(await _near(connection, way)) if key not in found}
    return found


async def _near(connection: AsyncConnection, typed: str) -> list[int]:
    pieces = [gram.encode() for gram in grams(typed)]
    shared = (
        select(_g.word_id, func.count().label("shared"))
        .where(_g.gram.in_(pieces))
        .group_by(_g.word_id)
        .order_by(sa.desc("shared"), _g.word_id)
        .limit(MISTAKEN)
        .subquery()
    )
    rows = await connection.execute(select(word_table).join(shared, shared.c.word_id == _w.id))
    ids = {bytes(row.word).decode(): row.id for row in rows}
    return [ids[word] for word in near(typed, ids)]


async def _with_all(connection: AsyncConnection, found: Iterable[Collection[int]]) -> list[str]:
    """Products that have a word of each set; the search begins with the smallest."""
    first, *others = sorted(found, key=len)
    query = select(_u.product_id).where(_u.word_id.in_(list(first))).limit(CANDIDATES)
    for place, ids in enumerate(others):
        also = use_table.alias(f"also{place}")
        # + 0: a product's few words are read and looked up in the list, not each of the list's words in the index
        its_word = (also.c.product_id == _u.product_id, (also.c.word_id + 0).in_(list(ids)))
        query = query.where(sa.exists(select(also.c.word_id).where(*its_word)))
    return list(dict.fromkeys(await connection.scalars(query)))


async def _ranked(
    connection: AsyncConnection, ids: Sequence[str], found: Sequence[dict[int, int]], limit: int
) -> list[Product]:
    all_words = {key for one in found for key in one}
    wanted = (_u.product_id.in_(ids), _u.word_id.in_(list(all_words)))
    words: dict[str, set[int]] = {}
    for row in await connection.execute(select(use_table).where(*wanted)):
        words.setdefault(row.product_id, set()).add(row.word_id)
    rows = await connection.execute(select(product_table).where(product_table.c.id.in_(ids)))

    def rank(product: Product) -> tuple[int, bool, str, str]:
        has = words.get(product.id, set())
        how_well = sum(min((well for key, well in one.items() if key in has), default=9) for one in found)
        return how_well, product.stock <= 0, product.name_ru, product.id

    return sorted((Product(**row._mapping) for row in rows), key=rank)[:limit]


async def _product(connection: AsyncConnection, article: str) -> Product | None:
    row = (await connection.execute(select(product_table).where(product_table.c.article == article))).first()
    return None if row is None else Product(**row._mapping)


async def _variants(connection: AsyncConnection, product: Product, family: str) -> tuple[tuple[str, Product], ...]:
    if not family:
        return ()
    others = (
        select(card_table.c.variant, *product_table.c)
        .join(card_table, card_table.c.product_id == product_table.c.id)
        .where(card_table.c.family == family, product_table.c.id != product.id)
        .order_by(card_table.c.variant, product_table.c.article)
        .limit(50)
    )
    return tuple((row.variant, _of_row(row)) for row in await connection.execute(others))


async def _tied(connection: AsyncConnection, product: Product, kind: Tie) -> tuple[Product, ...]:
    query = (
        select(*product_table.c)
        .join(tie_table, tie_table.c.article == product_table.c.article)
        .where(tie_table.c.product_id == product.id, tie_table.c.kind == kind.value)
        .order_by(tie_table.c.place)
        .limit(50)
    )
    return tuple(_of_row(row) for row in await connection.execute(query))


def _of_row(row: sa.Row[Any]) -> Product:
    return Product(row.id, row.article, row.name_ru, row.name_en, row.price, row.stock)
