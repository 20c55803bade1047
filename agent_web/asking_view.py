"""The letter and the page by which a customer confirms his order, in his language. Pure words; asking_pages.py serves them."""

from typing import Any

from ..shop.asking import Way, Why
from ..shop.order import Order
from .i18n import N_, Language, words

SUBJECT = N_("Проверьте заказ № %(number)s")
LETTER = N_("Здравствуйте! Это %(shop)s. Проверьте, пожалуйста, ваш заказ № %(number)s:")
TO = N_("Доставка: %(address)s, %(slot)s")
SUM = N_("Всего: %(sum)s")
LINK = N_("Подтвердить или поправить можно здесь, вход не нужен: %(link)s")
LIVES_FOR = N_("Ссылка работает три дня. Если вы ничего не заказывали, ничего не делайте.")
SMS = N_("%(shop)s: проверьте заказ № %(number)s на %(sum)s: %(link)s")

TROUBLE = {
    Why.UNKNOWN: N_("По этой ссылке заказа нет. Проверьте, вся ли она скопирована."),
    Why.EXPIRED: N_("Ссылка устарела. Попросите у магазина новую."),
    Why.ANSWERED: N_("Вы уже ответили, спасибо. Если что-то изменилось, позвоните нам."),
    Why.CLOSED: N_("Этот заказ уже не изменить: он в пути, доставлен или отменён."),
    Why.CHANGED: N_("Заказ тем временем изменился. Проверьте его ещё раз."),
    Why.EMPTY: N_("Заполните поле."),
    Why.TOO_LONG: N_("Слишком длинно, сократите."),
}


def message_of(order: Order, way: Way, address: str, link: str, shop: str, language: Language) -> dict[str, Any]:
    """The outbox's body of a letter or an SMS."""
    speech = words(language)
    told = {"shop": shop, "number": order.number, "sum": speech.money(order.total), "link": link}
    if way is Way.SMS:
        return {"to": address, "text": speech.say(SMS, **told)}
    lines = [speech.say(LETTER, **told), ""]
    lines += [f"- {item.name} × {item.quantity}: {speech.money(item.price * item.quantity)}" for item in order.items]
    lines += [speech.say(SUM, **told)]
    if order.delivery_address or order.delivery_slot:
        lines += [speech.say(TO, address=order.delivery_address or "—", slot=order.delivery_slot or "—")]
    lines += ["", speech.say(LINK, **told), "", speech.say(LIVES_FOR)]
    subject = " ".join(speech.say(SUBJECT, **told).split())  # a number with a line break would be two headers
    return {"to": address, "subject": subject, "text": "\n".join(lines) + "\n"}
