"""A campaign's texts and the fields in them: `{order_number}` is said as the lead's order has it. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

FIELDS = ("shop_name", "customer_name", "order_number", "order_total", "delivery_date", "delivery_address", "items")
_FIELD = re.compile(r"\{([^{}]*)\}")
LANGUAGES = ("ru", "en")

KEYS = {
    "ru": "Чтобы подтвердить, нажмите один. Чтобы отменить, нажмите два. Чтобы поговорить с оператором, нажмите ноль.",
    "en": "To confirm, press one. To cancel, press two. To speak with an operator, press zero.",
}
SORRY = {
    "ru": "Здравствуйте! Вам звонил магазин {shop_name}. Сейчас все операторы заняты, простите за беспокойство. "
    "Чтобы мы вам больше не звонили, нажмите девять.",
    "en": "Hello! This was a call from {shop_name}. All of our operators are busy now, we are sorry to have disturbed you. "
    "To receive no more calls from us, press nine.",
}


class BadText(ValueError):
    """A text with braces that hold no field we know."""


class NoFact(Exception):
    """The text wants a field that this lead has no value for; `field` names it."""

    def __init__(self, field: str) -> None:
        super().__init__(f"the lead has no {field}")
        self.field = field


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a lead: the customer's language, and the fields' values as they are to be said."""

    language: str
    fields: Mapping[str, str]


def check_text(text: str) -> None:
    """Raises BadText, naming what is no field."""
    for name in _FIELD.findall(text):
        if name not in FIELDS:
            raise BadText(f"{{{name}}} is no field; there are {', '.join(FIELDS)}")
    if "{" in _FIELD.sub("", text) or "}" in _FIELD.sub("", text):
        raise BadText("a brace is open")


def filled(text: str, facts: Facts) -> str:
    """The text with its fields said. Raises NoFact."""

    def value(match: re.Match[str]) -> str:
        said = facts.fields.get(match[1], "").strip()
        if not said:
            raise NoFact(match[1])
        return said

    return _FIELD.sub(value, text)


def in_language(texts: Mapping[str, str], language: str) -> tuple[str, str]:
    """The text in the language, else in another that has one; and which language that is. ("", language) when there is none."""
    for each in (language, *LANGUAGES):
        if texts.get(each, "").strip():
            return texts[each], each
    return "", language
