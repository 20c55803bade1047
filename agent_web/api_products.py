"""Products for the shop's own system, which posts them, and for the desk: all that is known of one, and where it lies right now."""

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from ..access.permission import Permission
from ..shop.catalogue import NoStock, ProductPosted, StoreStock, stock_of_answer
from ..shop.remote import part
from ..storage.outbox import NotDelivered, Trouble
from .house import House, HouseDep
from .order_schemas import Article, Kopecks, ProductOut, Text, product_out
from .problem import Problem, problems
from .security import require

MOST_PRODUCTS = 500
STOCK_WAIT_S = 1.5
"""How long a card waits for the shop's own system before it shows what we know; the card itself waits for nothing."""

router = APIRouter(prefix="/api/v1/products", tags=["products"])
VIEWERS = [Depends(require(Permission.SHOP_VIEW))]
POSTERS = [Depends(require(Permission.ORDERS_POST))]
Asked = Annotated[str, Query(min_length=1, max_length=64)]
Long = Annotated[Text, Field(max_length=5000)]
Pieces = Annotated[int, Field(ge=0, le=1_000_000_000, strict=True)]
Articles = Annotated[list[Article], Field(max_length=50)]


class StoreIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    store: Annotated[Text, Field(min_length=1, max_length=100)]
    pieces: Pieces
    arrives_on: date | None = None
    arriving: Pieces = 0


class ProductIn(BaseModel):
    """A product, whole: what is left out is empty. `family` is the same for variants of one thing, `variant` says what differs."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "article": "TR-118",
                    "name_ru": "Торшер «Север», латунь",
                    "name_en": "Sever floor lamp, brass",
                    "price": 899000,
                    "stock": 12,
                    "description_ru": "Латунный торшер с льняным абажуром, 160 см.",
                    "synonyms": "светильник напольный",
                    "family": "sever",
                    "variant": "латунь",
                    "analogues": ["TR-205"],
                    "goes_with": ["LE-27W"],
                    "stores": [{"store": "Склад", "pieces": 12, "arrives_on": "2026-12-03", "arriving": 40}],
                }
            ]
        },
    )

    article: Article
    name_ru: Annotated[Text, Field(min_length=1, max_length=300)]
    name_en: Annotated[Text, Field(max_length=300)] = ""
    price: Kopecks
    stock: Pieces = 0
    description_ru: Long = ""
    description_en: Long = ""
    synonyms: Annotated[Text, Field(max_length=1000, description="other words it is asked by")] = ""
    family: Annotated[Text, Field(max_length=64)] = ""
    variant: Annotated[Text, Field(max_length=100)] = ""
    analogues: Articles = []
    goes_with: Articles = []
    stores: Annotated[list[StoreIn], Field(max_length=100)] = []

    def posted(self) -> ProductPosted:
        plain = self.model_dump(exclude={"analogues", "goes_with", "stores"})
        stores = {line.store: StoreStock(**line.model_dump()) for line in self.stores}
        return ProductPosted(
            analogues=tuple(self.analogues), goes_with=tuple(self.goes_with), stores=tuple(stores.values()), **plain
        )


class Taken(BaseModel):
    new: int
    known: int


class StoreOut(BaseModel):
    store: str
    pieces: int
    arrives_on: date | None
    arriving: int


class VariantOut(ProductOut):
    variant: str


class ProductCardOut(ProductOut):
    description_ru: str
    description_en: str
    variant: str
    variants: list[VariantOut]
    analogues: list[ProductOut]
    goes_with: list[ProductOut]
    stores: list[StoreOut]


class StockOut(BaseModel):
    """`source` is `shop` when the shop's own system told it just now, `kept` when it is what we know; then `trouble` says why."""

    source: Literal["shop", "kept"]
    trouble: Trouble | None
    stores: list[StoreOut]


@router.put("", dependencies=POSTERS, responses=problems(401, 403, 413, 422))
async def put_products(
    body: Annotated[list[ProductIn], Field(min_length=1, max_length=MOST_PRODUCTS)], house: HouseDep
) -> Taken:
    """Take up to 500 products, by their articles: new ones are made, known ones become as posted. All of them or, with an error, none."""
    posted = {product.article: product.posted() for product in body}
    new = await house.shop.catalogue.put(list(posted.values()))
    return Taken(new=new, known=len(posted) - new)


@router.get("/card", dependencies=VIEWERS, responses=problems(401, 403, 404, 422))
async def read_product(article: Asked, house: HouseDep) -> ProductCardOut:
    """All that we know of one product, at once; nobody else is asked."""
    card = await house.shop.catalogue.card(article)
    if card is None:
        raise Problem(404, "the shop has no such product")
    return ProductCardOut(
        **product_out(card.product).model_dump(),
        description_ru=card.description_ru,
        description_en=card.description_en,
        variant=card.variant,
        variants=[VariantOut(variant=name, **product_out(one).model_dump()) for name, one in card.variants],
        analogues=[product_out(one) for one in card.analogues],
        goes_with=[product_out(one) for one in card.goes_with],
        stores=_stores(card.stores),
    )


@router.get("/stock", dependencies=VIEWERS, responses=problems(401, 403, 404, 422))
async def read_stock(article: Asked, house: HouseDep) -> StockOut:
    """Where it lies: asked of the shop's own system (`GET …/stock/ARTICLE`), not longer than a moment; else what we know."""
    card = await house.shop.catalogue.card(article)
    if card is None:
        raise Problem(404, "the shop has no such product")
    told = await _told(house, article)
    if isinstance(told, Trouble):
        return StockOut(source="kept", trouble=told, stores=_stores(card.stores))
    if told is None:
        return StockOut(source="kept", trouble=None, stores=_stores(card.stores))
    return StockOut(source="shop", trouble=None, stores=_stores(told))


async def _told(house: House, article: str) -> tuple[StoreStock, ...] | Trouble | None:
    if house.remote_shop is None:
        return None
    try:
        return stock_of_answer(await house.remote_shop.ask(f"/stock/{part(article)}", STOCK_WAIT_S))
    except NotDelivered as reason:
        return reason.trouble
    except NoStock:
        return Trouble.NONSENSE


def _stores(stores: tuple[StoreStock, ...]) -> list[StoreOut]:
    return [
        StoreOut(store=one.store, pieces=one.pieces, arrives_on=one.arrives_on, arriving=one.arriving) for one in stores
    ]
