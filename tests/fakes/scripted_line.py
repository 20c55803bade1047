"""A caller of whom the test knows what he presses: the line of a dialog without a telephone."""

from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from cordboard.telephony.booking_by_phone import Booked, Booking, Refused, Slot
from cordboard.telephony.dialog import CallerGone
from cordboard.telephony.prompts import PROMPTS

T = TypeVar("T")
HANGS_UP = "hangs up"


@dataclass
class ScriptedLine:
    """Presses `keys`, one entry for each question: "" is silence, HANGS_UP the end. `heard` are the prompts, `language/name`."""

    keys: list[str]
    heard: list[str] = field(default_factory=list)
    questions: list[list[str]] = field(default_factory=list)

    def play(self, prompts: Sequence[str]) -> None:
        for prompt in prompts:
            language, name = prompt.split("/")
            assert name in PROMPTS[language], prompt
        self.heard += prompts

    def read(self, prompts: Sequence[str], most: int, wait_s: float) -> str:
        self.play(prompts)
        self.questions.append(list(prompts))
        assert self.keys, f"one question too many: {self.text(prompts)}"
        pressed = self.keys.pop(0)
        if pressed == HANGS_UP:
            raise CallerGone
        assert len(pressed) <= most
        return pressed

    def text(self, prompts: Sequence[str] | None = None) -> str:
        """What was said, in words."""
        pairs = (prompt.split("/") for prompt in (self.heard if prompts is None else prompts))
        return " ".join(PROMPTS[language][name].text for language, name in pairs)

    def asked(self, number: int) -> str:
        """The words of a question; -1 is the last."""
        return self.text(self.questions[number])


@dataclass
class NoWait:
    """The house for one caller, asked without a thread: a service that never waits answers at once."""

    booking: Booking
    queue: str = "orders"
    contact: str = "contact-1"

    def offers(self, number: str) -> Sequence[Slot]:
        return _at_once(self.booking.offers(number, self.queue))

    def soon(self) -> float | None:
        return _at_once(self.booking.soon(self.queue))

    def book(self, number: str, slot: Slot | None, language: str) -> Booked | Refused:
        return _at_once(self.booking.book(number, self.queue, slot, language, self.contact))

    def booked_by(self, number: str) -> Booked | None:
        return _at_once(self.booking.booked_by(number))

    def move(self, booking_id: str, slot: Slot | None) -> Booked | Refused:
        return _at_once(self.booking.move(booking_id, slot))

    def cancel(self, booking_id: str) -> bool:
        return _at_once(self.booking.cancel(booking_id))


def _at_once(asked: Coroutine[Any, Any, T]) -> T:
    try:
        asked.send(None)
    except StopIteration as answer:
        return answer.value  # type: ignore[no-any-return]
    raise AssertionError("the service waits")
