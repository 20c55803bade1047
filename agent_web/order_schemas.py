"""An order as JSON: what the API takes and gives, with examples, and the way to and from the shop's own nouns."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from ..shop.order import (
    ASKS_FOR_CALL,
    MAX_LINES,
    MAX_PRICE,
    MAX_QUANTITY,
    ItemEdit,
    Order,
    OrderEdit,
    OrderStatus,
    next_statuses,
)
from ..shop.phone import is_zone, to_e164
from ..shop.posting import OrderPosted, PostedCustomer, PostedItem
from ..shop.product import Product
from ..storage.outbox import Standing, Trouble


def _plain(text: str) -> str:
    """What a table can keep and a page can show: NUL would not fit into PostgreSQL, half a surrogate pair into no database."""
    if any((letter < " " and letter not in "\n\t") or "\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError("control characters are not allowed")
    return text.strip()


def _zone(name: str) -> str:
    if not is_zone(name):
        raise ValueError("no such time zone; use a name such as Asia/Yekaterinburg")
    return name


def _instant(at: datetime) -> datetime:
    if at.year < 2000 or at.year > 2200:
        raise ValueError("the year is out of range")
    return at.astimezone(UTC)


Text = Annotated[str, AfterValidator(_plain)]
Line = Annotated[Text, Field(max_length=100)]
Phone = Annotated[Text, Field(max_length=40), AfterValidator(to_e164)]
Instant = Annotated[AwareDatetime, AfterValidator(_instant)]
Article = Annotated[Text, Field(min_length=1, max_length=64)]
Quantity = Annotated[int, Field(ge=1, le=MAX_QUANTITY, strict=True)]
Kopecks = Annotated[int, Field(ge=0, le=MAX_PRICE, strict=True, description="kopecks")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")  # a misspelled field is told, not lost


class CustomerIn(_Strict):
    """Found by `external_id`, else by `phone`; made when neither is known. What we know already is kept, blanks are filled."""

    name: Annotated[Text, Field(min_length=1, max_length=200)]
    phone: Annotated[Phone, Field(description="any usual spelling; without a country code it is Russian")]
    email: Annotated[Text, Field(max_length=254)] = ""
    city: Line = ""
    language: Literal["ru", "en"] = "ru"
    time_zone: Annotated[Text, Field(max_length=64), AfterValidator(_zone)] | None = None
    external_id: Annotated[Text, Field(min_length=1, max_length=100)] | None = None


class ItemIn(_Strict):
    article: Article
    quantity: Quantity
    price: Annotated[Kopecks | None, Field(description="kopecks for one piece, when it is not the product's price")] = (
        None
    )


class DeliveryIn(_Strict):
    address: Annotated[Text, Field(max_length=500)] = ""
    slot: Line = ""


class OrderIn(_Strict):
    """An order as the shop's system posts it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "external_id": "shop-2026-000417",
                    "number": "417",
                    "placed_at": "2026-11-20T14:03:00+03:00",
                    "customer": {
                        "name": "Анна Иванова",
                        "phone": "+7 912 345-67-89",
                        "city": "Екатеринбург",
                        "language": "ru",
                    },
                    "items": [
                        {"article": "LAMP-01", "quantity": 2},
                        {"article": "DIM-02", "quantity": 1, "price": 129000},
                    ],
                    "delivery": {"address": "ул. Малышева, 51, кв. 18", "slot": "2026-11-23 18-21"},
                    "payment": "card_on_delivery",
                    "comment": "Домофон не работает",
                    "segment": "vip",
                    "promised_at": "2026-11-23T18:00:00+05:00",
                    "reserved_until": "2026-11-22T20:00:00+05:00",
                },
                {
                    "external_id": "basket-2026-009120",
                    "basket": True,
                    "placed_at": "2026-11-20T14:03:00+03:00",
                    "customer": {"name": "Анна Иванова", "phone": "+7 912 345-67-89"},
                    "items": [{"article": "LAMP-01", "quantity": 1}],
                },
            ]
        },
    )

    external_id: Annotated[
        Text, Field(min_length=1, max_length=100, description="your key; the same key is the same order")
    ]
    number: Annotated[Text, Field(min_length=1, max_length=64, description="what the customer knows it by")] | None = (
        None
    )
    placed_at: Annotated[Instant | None, Field(description="now, when it is left out")] = None
    customer: CustomerIn
    items: Annotated[list[ItemIn], Field(min_length=1, max_length=MAX_LINES)]
    delivery: DeliveryIn = DeliveryIn()
    payment: Line = ""
    comment: Annotated[Text, Field(max_length=1000, description="for the courier")] = ""
    segment: (
        Annotated[Text, Field(max_length=50, description="of the customer, for the priority of the call")] | None
    ) = None
    promised_at: Instant | None = None
    reserved_until: Annotated[Instant, Field(description="until then the shop keeps the goods for him")] | None = None
    total: (
        Annotated[int, Field(ge=0, strict=True, description="kopecks; when given it must be the sum of the items")]
        | None
    ) = None
    basket: Annotated[
        bool,
        Field(
            description="not ordered yet; `placed_at` is when the customer last touched it. Posted again without this, it is an order"
        ),
    ] = False

    def posted(self) -> OrderPosted:
        return OrderPosted(
            external_id=self.external_id,
            customer=PostedCustomer(**self.customer.model_dump(), segment=self.segment),
            items=tuple(PostedItem(item.article, item.quantity, item.price) for item in self.items),
            delivery_address=self.delivery.address,
            delivery_slot=self.delivery.slot,
            payment=self.payment,
            courier_comment=self.comment,
            number=self.number,
            placed_at=self.placed_at,
            promised_at=self.promised_at,
            reserved_until=self.reserved_until,
            total=self.total,
            basket=self.basket,
        )


class ItemChange(_Strict):
    article: Article
    quantity: Quantity
    price: Annotated[
        Kopecks | None,
        Field(
            description="kopecks for one piece, when another is agreed; needs shop.price, or shop.discount up to the site's limit"
        ),
    ] = None


class DeliveryChange(_Strict):
    address: Annotated[Text, Field(max_length=500)] | None = None
    slot: Line | None = None


class OrderChange(_Strict):
    """What is left out stays. `version` is the one you saw; `items` is the whole new list, new lines cost what the product costs."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "version": 1,
                    "items": [{"article": "LAMP-01", "quantity": 3}],
                    "delivery": {"slot": "2026-11-24 18-21"},
                },
                {"version": 2, "status": "cancelled", "cancel_reason": "нашёл дешевле"},
                {"version": 4, "status": "delivery_problem"},
                {"version": 3, "merge": True, "items": [{"article": "LAMP-01", "quantity": 1, "price": 90000}]},
            ]
        },
    )

    version: Annotated[int, Field(ge=1)]
    items: Annotated[list[ItemChange], Field(max_length=MAX_LINES)] | None = None
    delivery: DeliveryChange = DeliveryChange()
    payment: Line | None = None
    comment: Annotated[Text, Field(max_length=1000)] | None = None
    status: OrderStatus | None = None
    cancel_reason: Annotated[Text, Field(max_length=500)] | None = None
    merge: Annotated[
        bool,
        Field(
            description="when somebody changed the order since `version`: change what he left alone, and answer 409 with `conflicts` only "
            "for what you both changed (nothing is changed then)"
        ),
    ] = False

    def edit(self) -> OrderEdit:
        return OrderEdit(
            items=None
            if self.items is None
            else tuple(ItemEdit(item.article, item.quantity, item.price) for item in self.items),
            delivery_address=self.delivery.address,
            delivery_slot=self.delivery.slot,
            payment=self.payment,
            courier_comment=self.comment,
            status=self.status,
            cancel_reason=self.cancel_reason,
        )


class Undo(_Strict):
    change_id: Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{1,36}$", description="as PATCH answered it")]


class ItemOut(BaseModel):
    article: str
    name: str
    quantity: int
    price: Annotated[int, Field(description="kopecks for one piece")]
    sum: Annotated[int, Field(description="kopecks for the line")]


class DeliveryOut(BaseModel):
    address: str
    slot: str


class PostOut(BaseModel):
    """How what was changed here stands with the shop's own system. `waiting` messages; what stopped the first of them."""

    waiting: int
    tries: int
    trouble: Trouble | None
    next_try_at: datetime | None
    delivered_at: datetime | None


def post_out(standing: Standing) -> PostOut:
    return PostOut(
        waiting=standing.waiting,
        tries=standing.tries,
        trouble=standing.trouble,
        next_try_at=standing.due_at,
        delivered_at=standing.delivered_at,
    )


class OrderOut(BaseModel):
    """`lead` is `pending` while the order waits for the dialer's call; `change_id` names the latest change, to undo it. `post`: how it
    stands with the shop's own system, where the site has one."""

    id: str
    external_id: str
    number: str
    customer_id: str
    status: OrderStatus
    next_statuses: list[OrderStatus]
    items: list[ItemOut]
    delivery: DeliveryOut
    payment: str
    comment: str
    total: Annotated[int, Field(description="kopecks")]
    currency: str
    placed_at: datetime
    promised_at: datetime | None
    reserved_until: datetime | None
    cancel_reason: str | None
    version: int
    lead: Literal["pending", "none"]
    change_id: str | None = None
    post: PostOut | None = None


def order_out(order: Order, change_id: str | None = None, standing: Standing | None = None) -> OrderOut:
    lines = [
        ItemOut(article=i.article, name=i.name, quantity=i.quantity, price=i.price, sum=i.price * i.quantity)
        for i in order.items
    ]
    return OrderOut(
        id=order.id,
        external_id=order.external_id,
        number=order.number,
        customer_id=order.customer_id,
        status=order.status,
        next_statuses=sorted(next_statuses(order.status)),
        items=lines,
        delivery=DeliveryOut(address=order.delivery_address, slot=order.delivery_slot),
        payment=order.payment,
        comment=order.courier_comment,
        total=order.total,
        currency=order.currency,
        placed_at=order.placed_at,
        promised_at=order.promised_at,
        reserved_until=order.reserved_until,
        cancel_reason=order.cancel_reason,
        version=order.version,
        lead="pending" if order.status in ASKS_FOR_CALL else "none",
        change_id=change_id,
        post=None if standing is None else post_out(standing),
    )


class ProductOut(BaseModel):
    id: str
    article: str
    name_ru: str
    name_en: str
    price: Annotated[int, Field(description="kopecks")]
    stock: int


def product_out(product: Product) -> ProductOut:
    return ProductOut(
        id=product.id,
        article=product.article,
        name_ru=product.name_ru,
        name_en=product.name_en,
        price=product.price,
        stock=product.stock,
    )
