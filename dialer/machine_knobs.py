"""How a campaign treats answering machines. Pure."""

from dataclasses import dataclass

from .bad_knob import BadKnob
from .knobs import check_texts

OFF = "off"
MACHINE_POINTS = (OFF, "cautious", "balanced", "eager")
"""How sure one is before a machine is told (telephony/answer_verdict.py has the points, by these names)."""


@dataclass(frozen=True, slots=True)
class MachineKnobs:
    """`point`: how machines are told from persons, in power and predictive dialing. `text_ru`, `text_en`: what a machine is left
    after its beep; "" for nothing, then it is hung up on. `sample`: the share of those told to be machines that is drawn for listening."""

    point: str = OFF
    text_ru: str = ""
    text_en: str = ""
    sample: float = 0.1

    def __post_init__(self) -> None:
        if self.point not in MACHINE_POINTS:
            raise BadKnob("point", f"machines are told at one of {', '.join(MACHINE_POINTS)}")
        if not 0 <= self.sample <= 1:
            raise BadKnob("sample", "the share drawn for listening is from 0 to 1")
        check_texts(text_ru=self.text_ru, text_en=self.text_en)

    @property
    def detects(self) -> bool:
        return self.point != OFF
