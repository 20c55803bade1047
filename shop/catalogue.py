"""What is known of a product beyond its price: what it is, what else there is of it, what goes with it, where it lies."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from .product import Product


class Tie(StrEnum):
    ANALOGUE = "analogue"
    GOES_WITH = "goes_with"


@dataclass(frozen=True, slots=True)
class StoreStock:
    """`pieces` that lie in a store now; `arriving` more come on `arrives_on`."""

    store: str
    pieces: int
    arrives_on: date | None = None
    arriving: int = 0


@dataclass(frozen=True, slots=True)
class ProductPosted:
    """A product as the shop's system posts it. `family` is the same for variants of one thing, `variant` what differs (colour, size)."""

    article: str
    name_ru: str
    price: int
    name_en: str = ""
    stock: int = 0
    description_ru: str = ""
    description_en: str = ""
    synonyms: str = ""
    family: str = ""
    variant: str = ""
    analogues: tuple[str, ...] = ()
    goes_with: tuple[str, ...] = ()
    stores: tuple[StoreStock, ...] = ()


@dataclass(frozen=True, slots=True)
class ProductCard:
    """`variants` are the others of its family, each with what differs."""

    product: Product
    description_ru: str = ""
    description_en: str = ""
    variant: str = ""
    variants: tuple[tuple[str, Product], ...] = ()
    analogues: tuple[Product, ...] = ()
    goes_with: tuple[Product, ...] = ()
    stores: tuple[StoreStock, ...] = ()


class NoStock(ValueError):
    """An answer about stock that cannot be understood."""


def stock_of_answer(told: object) -> tuple[StoreStock, ...]:
    """The stores in the answer of the shop's own system: {"stores": [{"store", "pieces", "arrives_on", "arriving"}]}. Raises NoStock."""
    try:
        stores = told["stores"]  # type: ignore[index]
        return tuple(_store(line) for line in stores[:100])
    except (KeyError, TypeError, ValueError) as nonsense:
        raise NoStock(type(nonsense).__name__) from nonsense


def _store(line: dict[str, object]) -> StoreStock:
    pieces, arriving, on = line["pieces"], line.get("arriving", 0), line.get("arrives_on")
    if not (isinstance(pieces, int) and isinstance(arriving, int) and isinstance(line["store"], str)):
        raise NoStock("type")
    return StoreStock(line["store"][:100], pieces, None if on is None else date.fromisoformat(str(on)), arriving)
