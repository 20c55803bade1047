"""A spoken dialog as its author writes it: say something, ask for a key, ask for a number. Pure over a line.

A dialog runs in a thread of its own (ivr.py) and reads from top to bottom. Whoever hangs up, or gives no answer that makes sense,
ends it by an exception: nothing is decided by silence.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

TIMES_ASKED = 3
KEY_WAIT_S = 6.0
DIGIT_WAIT_S = 4.0
LONGEST_NUMBER = 18


class CallerGone(Exception):
    """The caller hung up, his leg was taken from us, or Asterisk is gone."""


class NoAnswer(Exception):
    """Asked TIMES_ASKED times, he pressed nothing, or nothing that was offered; or the dialog took too long."""


class HouseSilent(Exception):
    """The house did not answer the dialog's question in time."""


class Line(Protocol):
    """The caller's ear and keys. `prompts` are `language/name` (prompts.py). Both raise CallerGone, and NoAnswer past the dialog's end."""

    def play(self, prompts: Sequence[str]) -> None:
        """Returns when all of it was heard."""
        ...

    def read(self, prompts: Sequence[str], most: int, wait_s: float) -> str:
        """The keys pressed from the first sound on, `most` at most, "#" ends them; "" after `wait_s` of silence. A key cuts the sound."""
        ...


@dataclass(slots=True)
class Caller:
    """`language` is "ru" or "en", and may change while we talk."""

    line: Line
    language: str
    _leads: list[str] = field(default_factory=list)

    def say(self, *prompts: str) -> None:
        """All of it is heard, and keys pressed meanwhile are none: for what no question follows."""
        self.line.play(self._with_leads(prompts))

    def lead_in(self, *prompts: str) -> None:
        """The first words of whatever is said next. Before a question a key answers already here: one pressed early is not lost."""
        self._leads += self._in_language(prompts)

    def ask(self, *prompts: str, keys: str) -> str:
        """One of `keys`. Raises NoAnswer."""
        for _ in range(TIMES_ASKED):
            pressed = self.line.read(self._with_leads(prompts), 1, KEY_WAIT_S)
            if pressed and pressed in keys:
                return pressed
            if pressed:
                self.lead_in("wrong-key")
        raise NoAnswer

    def ask_number(self, *prompts: str) -> str:
        """Digits, as he typed them; at least one. Raises NoAnswer."""
        for _ in range(TIMES_ASKED):
            if typed := self.line.read(self._with_leads(prompts), LONGEST_NUMBER, DIGIT_WAIT_S):
                return typed
        raise NoAnswer

    def choose_language(self) -> None:
        """Each language is offered in itself. Raises NoAnswer."""
        self.language = {"1": "ru", "2": "en"}[self.ask("ru/in-russian", "en/in-english", keys="12")]

    def _with_leads(self, prompts: Sequence[str]) -> list[str]:
        leads, self._leads = self._leads, []
        return [*leads, *self._in_language(prompts)]

    def _in_language(self, prompts: Sequence[str]) -> list[str]:
        return [prompt if "/" in prompt else f"{self.language}/{prompt}" for prompt in prompts]
