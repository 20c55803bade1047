"""Dispositions: the results a talk may be closed with, and what each means for the lead behind it. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Disposition:
    """`closes_lead`: the order needs no further call. `wants_callback`: an instant to call back must be given. `forbids_calls`: the
    customer's number goes on the do-not-call list. `talked`: there was a talk, so what its script demands had to be done in it."""

    code: str
    label_ru: str
    label_en: str
    closes_lead: bool = True
    wants_callback: bool = False
    retry: bool = False
    forbids_calls: bool = False
    talked: bool = True


DISPOSITIONS: tuple[Disposition, ...] = (
    Disposition("confirmed", "Заказ подтверждён", "Order confirmed"),
    Disposition("changed", "Заказ изменён", "Order changed"),
    Disposition("postponed", "Перезвонить в другое время", "Call back later", closes_lead=False, wants_callback=True),
    Disposition("cancelled", "Заказ отменён", "Order cancelled"),
    Disposition("consulted", "Проконсультирован", "Question answered"),
    Disposition("claim", "Жалоба принята", "Claim taken"),
    Disposition("no_talk", "Разговор не состоялся", "No conversation", closes_lead=False, retry=True, talked=False),
    Disposition("wrong_number", "Не тот номер", "Wrong number", talked=False),
    Disposition("do_not_call", "Просит не звонить", "Asks not to be called", forbids_calls=True, talked=False),
    Disposition("spam", "Спам", "Spam", talked=False),
)

AUTOMATIC = Disposition("no_disposition", "Итог не выбран", "No result chosen", closes_lead=False, retry=True)

_BY_CODE = {disposition.code: disposition for disposition in (*DISPOSITIONS, AUTOMATIC)}


def disposition(code: str) -> Disposition | None:
    """The disposition of that code, or None."""
    return _BY_CODE.get(code)
