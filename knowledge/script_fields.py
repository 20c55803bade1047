"""Fields in a script's words: which there are, and a text with them filled in. Pure.

What is not known is shown as missing: a blank would make the operator say something that is not so.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

FIELDS = (
    *("customer.name", "customer.phone", "customer.email", "customer.city"),
    *("order.number", "order.items", "order.total", "order.status", "order.placed_at"),
    *("order.delivery_address", "order.delivery_slot", "order.payment", "order.courier_comment"),
    *("operator.name", "shop.name"),
)
"""What the house knows of a talk. Beside these, `said.<step>` is what was answered, written or done at an earlier step."""

SAID = "said."
_FIELD = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a text. `field` is '' for the script's own words; `text` of a field is '' when it is missing."""

    text: str
    field: str = ""

    @property
    def is_missing(self) -> bool:
        return self.field != "" and self.text == ""


def fields_in(text: str) -> tuple[str, ...]:
    """The fields of a text, each once, in their order."""
    return tuple(dict.fromkeys(found.strip() for found in _FIELD.findall(text)))


def stray_braces(text: str) -> bool:
    """Whether a brace is left that belongs to no field."""
    return any(brace in _FIELD.sub("", text) for brace in "{}")


def fill(text: str, facts: Mapping[str, str]) -> tuple[Part, ...]:
    """The text in pieces. A fact that is blank is missing. What a fact holds is text: braces in it mean nothing."""
    parts, end = [], 0
    for found in _FIELD.finditer(text):
        parts.append(Part(text[end : found.start()]))
        name = found.group(1).strip()
        parts.append(Part(facts.get(name, "").strip(), name))
        end = found.end()
    parts.append(Part(text[end:]))
    return tuple(part for part in parts if part.text or part.field)
