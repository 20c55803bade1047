"""Nouns as values: a changed one is another, and what it does not have it cannot be given."""

from dataclasses import dataclass, fields, replace
from functools import cached_property

import pytest

from cordboard.queue.agent import Agent
from cordboard.queue.contact import Contact
from cordboard.queue.noun import changed


@dataclass(frozen=True)
class Lamp:
    name: str
    watts: int = 8

    @cached_property
    def bright(self) -> bool:
        return self.watts > 10


def test_a_changed_noun_is_what_dataclasses_would_make_of_it() -> None:
    lamp = Lamp("brass")
    assert changed(lamp, watts=12) == replace(lamp, watts=12)
    assert lamp == Lamp("brass", 8)
    assert hash(changed(lamp, watts=12)) == hash(Lamp("brass", 12))


def test_a_field_that_is_not_there_cannot_be_given() -> None:
    with pytest.raises(TypeError, match="Lamp has no"):
        changed(Lamp("brass"), volts=230)


def test_what_was_found_of_the_one_is_not_kept_for_the_other() -> None:
    lamp = Lamp("brass")
    assert not lamp.bright
    assert changed(lamp, watts=12).bright
    with pytest.raises(TypeError, match="Lamp has no"):
        changed(lamp, bright=True)


@pytest.mark.parametrize("noun", [Contact, Agent])
def test_the_nouns_can_be_changed_so(noun: type) -> None:
    """No slots and nothing computed at the start, which a copy of the values would miss."""
    assert not hasattr(noun, "__slots__")
    assert not hasattr(noun, "__post_init__")
    assert all(field.init for field in fields(noun))
