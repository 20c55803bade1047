"""Dispositions: the results a talk may be closed with, and what each means for the lead behind it. Pure.

They are the house's own, in branches; a site adds its reasons below them (setup.py), and disposition_tree.py joins the two.
"""

from dataclasses import dataclass
from enum import StrEnum


class Branch(StrEnum):
    """What the dispositions of the tree are first divided by."""

    ORDER = "order"
    SERVICE = "service"
    NO_TALK = "not_talked"


@dataclass(frozen=True, slots=True)
class Disposition:
    """`closes_lead`: the order needs no further call. `wants_callback`: an instant to call back must be given. `forbids_calls`: the
    customer's number goes on the do-not-call list. `talked`: there was a talk, so what its script demands had to be done in it."""

    code: str
    label_ru: str
    label_en: str
    branch: Branch = Branch.ORDER
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
    Disposition("consulted", "Проконсультирован", "Question answered", Branch.SERVICE),
    Disposition("claim", "Жалоба принята", "Claim taken", Branch.SERVICE),
    Disposition(
        "no_talk",
        "Разговор не состоялся",
        "No conversation",
        Branch.NO_TALK,
        closes_lead=False,
        retry=True,
        talked=False,
    ),
    Disposition("wrong_number", "Не тот номер", "Wrong number", Branch.NO_TALK, talked=False),
    Disposition(
        "do_not_call", "Просит не звонить", "Asks not to be called", Branch.NO_TALK, forbids_calls=True, talked=False
    ),
    Disposition("spam", "Спам", "Spam", Branch.NO_TALK, talked=False),
)

AUTOMATIC = Disposition("no_disposition", "Итог не выбран", "No result chosen", closes_lead=False, retry=True)

_BY_CODE = {disposition.code: disposition for disposition in (*DISPOSITIONS, AUTOMATIC)}


REASON = "."
"""Between a disposition and the reason below it: `cancelled.too_dear`."""


def disposition(code: str) -> Disposition | None:
    """The disposition of that code, or None. With a reason below it, the disposition: a reason changes nothing of what it means."""
    return _BY_CODE.get(code.partition(REASON)[0])
