"""Fields in a script's words: filled in where known, shown as missing where not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.knowledge.script_fields import Part, fields_in, fill, stray_braces

FACTS = {"customer.name": "Анна", "order.number": "48213", "order.delivery_slot": "  "}


def test_known_fields_are_filled_in() -> None:
    parts = fill("{customer.name}, заказ № {order.number}!", FACTS)
    assert "".join(part.text for part in parts) == "Анна, заказ № 48213!"
    assert not any(part.is_missing for part in parts)


@pytest.mark.parametrize("field", ["order.delivery_slot", "order.total", "said.why"])
def test_a_blank_or_unknown_fact_is_missing_and_not_blank(field: str) -> None:
    [before, missing, after] = fill(f"Ждите {{{field}}}.", FACTS)
    assert (before.text, missing, after.text) == ("Ждите ", Part("", field), ".")
    assert missing.is_missing


def test_what_a_fact_holds_is_only_text() -> None:
    [part] = fill("{customer.name}", {"customer.name": "{order.number} <b>"})
    assert part.text == "{order.number} <b>"


def test_fields_are_named_once_in_their_order() -> None:
    assert fields_in("{b} { a } {b} без") == ("b", "a")


@pytest.mark.parametrize(("text", "stray"), [("{a}", False), ("{a", True), ("a}", True), ("{{a}}", True), ("", False)])
def test_stray_braces(text: str, stray: bool) -> None:
    assert stray_braces(text) is stray


@given(st.text())
def test_words_without_fields_stay_as_they_are(text: str) -> None:
    if "{" not in text and "}" not in text:
        assert "".join(part.text for part in fill(text, FACTS)) == text
