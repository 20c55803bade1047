"""A talk's facts in words, for the texts of its script. Pure; texts are msgids."""

from collections.abc import Mapping

from ..knowledge.runs import Talk
from ..knowledge.script import ActionKind, Step, StepKind, Taken, Way
from ..knowledge.script_choice import Trait
from ..knowledge.script_fields import SAID
from ..shop.customer import Customer
from ..shop.order import Order
from .i18n import N_, Words, phone

STATUSES = {
    "basket": N_("Корзина"),
    "new": N_("Новый"),
    "to_confirm": N_("Ждёт подтверждения"),
    "changed": N_("Изменён магазином"),
    "confirmed": N_("Подтверждён"),
    "postponed": N_("Отложен"),
    "cancelled": N_("Отменён"),
    "shipped": N_("В пути"),
    "delivered": N_("Доставлен"),
    "delivery_problem": N_("Не вручён"),
}
PAYMENTS = {
    "card_on_delivery": N_("Картой при получении"),
    "cash_on_delivery": N_("Наличными при получении"),
    "card_online": N_("Картой на сайте"),
    "paid": N_("Оплачен"),
    "invoice": N_("Счёт на фирму"),
}
FIELDS = {
    "customer.name": N_("имя клиента"),
    "customer.phone": N_("телефон клиента"),
    "customer.email": N_("почта клиента"),
    "customer.city": N_("город клиента"),
    "order.number": N_("номер заказа"),
    "order.items": N_("товары заказа"),
    "order.total": N_("сумма заказа"),
    "order.status": N_("состояние заказа"),
    "order.placed_at": N_("день заказа"),
    "order.delivery_address": N_("адрес доставки"),
    "order.delivery_slot": N_("время доставки"),
    "order.payment": N_("способ оплаты"),
    "order.courier_comment": N_("слова курьеру"),
    "operator.name": N_("ваше имя"),
    "shop.name": N_("название магазина"),
}
EARLIER = N_("ответ на прошлом шаге")
TRAITS = {
    Trait.CLAIM_KIND: N_("вид жалобы"),
    Trait.ORDER_STATUS: N_("состояние заказа"),
    Trait.CAMPAIGN: N_("кампания обзвона"),
    Trait.QUEUE: N_("очередь"),
}


def facts(
    talk: Talk,
    customer: Customer | None,
    order: Order | None,
    names: tuple[str, str],
    product_names: Mapping[str, str],
    speech: Words,
    where: str,
) -> dict[str, str]:
    """What is known, by field; `names`: the operator's and the shop's, `product_names` in the reader's language by article; `where`: the
    zone in which moments are said (IANA)."""
    known = {"operator.name": names[0], "shop.name": names[1]}
    if customer is not None:
        known |= {
            "customer.name": customer.name,
            "customer.phone": phone(customer.phones[0]) if customer.phones else "",
            "customer.email": customer.email,
            "customer.city": customer.city,
        }
    if order is not None:
        items = (f"{product_names.get(one.article) or one.name} × {one.quantity}" for one in order.items)
        known |= {
            "order.number": order.number,
            "order.items": ", ".join(items),
            "order.total": speech.money(order.total),
            "order.status": speech.say(STATUSES[order.status.value]),
            "order.placed_at": speech.day(order.placed_at, where),
            "order.delivery_address": order.delivery_address,
            "order.delivery_slot": order.delivery_slot,
            "order.payment": speech.say(PAYMENTS[order.payment]) if order.payment in PAYMENTS else order.payment,
            "order.courier_comment": order.courier_comment,
        }
    return known | {f"{SAID}{taken.step}": _said(talk, taken, speech, where) for taken in talk.run.trail}


def _said(talk: Talk, taken: Taken, speech: Words, where: str) -> str:
    step = talk.script.by_code[taken.step]
    if taken.way is Way.ANSWERED:
        answer = next((one for one in step.answers if one.code == taken.value), None)
        return "" if answer is None else answer.words.of(speech.language).lower()
    if _is_booking(step) and taken.way is Way.DONE and talk.agreed_at is not None:
        return speech.moment(talk.agreed_at, where)
    return "" if taken.way is Way.SKIPPED else taken.value


def _is_booking(step: Step) -> bool:
    return step.kind is StepKind.DO and step.action is not None and step.action.kind is ActionKind.BOOK_CALLBACK
