"""What shop and voice lend the dialer, part of the works: the facts of a lead as they are said."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_date

from .dialer.lead import Lead
from .dialer.notice_text import Facts
from .shop.customer import Customer
from .shop.order import Order
from .shop.store import ShopStore
from .storage.settings import Settings
from .telephony.said import Said
from .works_asterisk import SteeredAsterisk

LANGUAGES = ("ru", "en")


class ShopWording:
    """The dialer's Wording (dialer/words.py)."""

    def __init__(self, shop: ShopStore, line: SteeredAsterisk, prompts: Path, settings: Settings) -> None:
        self._shop = shop
        self._settings = settings
        said = Said(line.find, line.home.folder.asterisk.resolve(), prompts)
        self.speak = said.speak
        self.recorded = said.recorded

    async def facts(self, leads: Sequence[Lead]) -> Mapping[str, Facts]:
        customers = await self._shop.customers_by_id({lead.customer_id for lead in leads if lead.customer_id})
        orders = await self._shop.orders_by_id({lead.order_id for lead in leads if lead.order_id})
        return {
            lead.id: self._facts(customers.get(lead.customer_id or ""), orders.get(lead.order_id or ""))
            for lead in leads
        }

    def _facts(self, customer: Customer | None, order: Order | None) -> Facts:
        known = customer.language if customer is not None else ""
        language = known if known in LANGUAGES else self._settings.language
        return Facts(language, self._fields(customer, order, language))

    def _fields(self, customer: Customer | None, order: Order | None, language: str) -> dict[str, str]:
        fields = {"shop_name": self._settings.shop_name, "customer_name": customer.name if customer else ""}
        if order is not None:
            fields |= {
                "order_number": order.number,
                "order_total": money(order.total, language),
                "delivery_date": self._day(order, language),
                "delivery_address": order.delivery_address,
                "items": ", ".join(item.name for item in order.items),
            }
        return fields

    def _day(self, order: Order, language: str) -> str:
        """The promised day; else the slot in the shop's own words."""
        if order.promised_at is None:
            return order.delivery_slot
        return day(order.promised_at.astimezone(ZoneInfo(self._settings.time_zone)), language)


def day(at: datetime, language: str) -> str:
    return format_date(at, "d MMMM", locale=language)


def money(kopecks: int, language: str) -> str:
    """Whole roubles with their word, as one says them."""
    roubles = round(kopecks / 100)
    if language == "en":
        return f"{roubles} rouble{'' if roubles == 1 else 's'}"
    last, tens = roubles % 10, roubles % 100
    few = last in (2, 3, 4) and tens not in (12, 13, 14)
    word = "рубль" if last == 1 and tens != 11 else "рубля" if few else "рублей"
    return f"{roubles} {word}"
