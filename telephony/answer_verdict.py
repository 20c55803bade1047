"""When one is sure who has answered: verdicts, operating points, and the rule between them. Pure; asked each tenth of a second.

What is not sure, and silence, goes to an operator: nobody is hung up on for a doubt.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from .answer_tones import Tone, ToneKind

SILENCE_S = 5.0
WAITED_S = 2.0
MACHINE_SPEAKS_S = 0.8
LATE_ONSET_S = 7.0
AGREED = 2  # so many answers of the model in turn
BEEP_BELIEVED = 0.5
"""The least likelihood of a machine at which a beep is believed: a vowel that somebody holds sounds like one, but what was said before it
does not sound like a greeting."""


class Heard(StrEnum):
    PERSON = "person"
    MACHINE = "machine"
    TONE = "tone"
    SILENCE = "silence"
    NOT_SURE = "not_sure"


FOR_OPERATOR = frozenset({Heard.PERSON, Heard.SILENCE, Heard.NOT_SURE})
"""Whoever is this, or may be, is brought to an operator."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`certainty` 0 to 1; `at_s` from pick-up; `why`: what decided."""

    heard: Heard
    certainty: float
    at_s: float
    why: str


@dataclass(frozen=True, slots=True)
class Point:
    """`machine`: the least likelihood of a machine by which one is told; `person`: the most by which a person is; after `deadline_s` from
    pick-up one is not sure."""

    machine: float
    person: float
    deadline_s: float


OFF = "off"
POINTS: Mapping[str, Point] = MappingProxyType(
    {
        "cautious": Point(machine=0.994, person=0.178, deadline_s=6.0),
        "balanced": Point(machine=0.99, person=0.178, deadline_s=6.0),
        "eager": Point(machine=0.98, person=0.178, deadline_s=4.0),
    }
)
"""How sure is sure enough; a campaign chooses its own (docs/benchmarks.md says what each costs)."""


class Judge:
    """The rule at one operating point. `verdict` is the last word so far."""

    def __init__(self, point: Point) -> None:
        self.verdict: Verdict | None = None
        self._point = point
        self._machine_in_turn = self._person_in_turn = 0

    def hears(self, tone: Tone, at_s: float, likelihood: float | None) -> Verdict | None:
        """SIT speaks for itself and overturns what was told before, and so does a beep where the `likelihood` of a machine, by what was
        said until then, is not against it (None: nobody has spoken). Other tones tell nothing new of one who was judged."""
        now = self.verdict.heard if self.verdict else None
        if tone.kind is ToneKind.BEEP:
            if now in (Heard.MACHINE, Heard.TONE) or (likelihood is not None and likelihood < BEEP_BELIEVED):
                return None
            return self.tell(Heard.MACHINE, 0.97, at_s, "beep")
        if tone.kind is ToneKind.SIT:
            return None if now is Heard.TONE else self.tell(Heard.TONE, 0.99, at_s, "sit")
        return None if now is not None else self.tell(Heard.TONE, 0.97, at_s, tone.kind.value)

    def nobody_yet(self, at_s: float) -> Verdict | None:
        """Nobody has spoken until now."""
        if self.verdict is None and at_s >= SILENCE_S:
            return self.tell(Heard.SILENCE, 0.9, at_s, "nothing heard")
        return None

    def asked(self, likelihood: float, at_s: float, onset_s: float, quiet_s: float) -> Verdict | None:
        """`likelihood` of a machine by what was heard until `at_s`; somebody speaks since `onset_s`, and is quiet for `quiet_s`."""
        if self.verdict is not None:
            return None
        point = self._point
        speaks_on = likelihood >= point.machine and at_s - onset_s >= MACHINE_SPEAKS_S
        self._machine_in_turn = self._machine_in_turn + 1 if speaks_on else 0
        self._person_in_turn = self._person_in_turn + 1 if likelihood <= point.person else 0
        if self._machine_in_turn >= AGREED:
            return self.tell(Heard.MACHINE, likelihood, at_s, "voice")
        if self._person_in_turn >= AGREED:
            return self.tell(Heard.PERSON, 1 - likelihood, at_s, "voice")
        if quiet_s > WAITED_S:  # whoever waits after his greeting waits for us
            return self.tell(Heard.NOT_SURE, 1 - likelihood, at_s, "waits")
        if at_s >= max(point.deadline_s, min(onset_s + 2.0, LATE_ONSET_S)):
            return self.tell(Heard.NOT_SURE, max(likelihood, 1 - likelihood), at_s, "deadline")
        return None

    def tell(self, heard: Heard, certainty: float, at_s: float, why: str) -> Verdict:
        self.verdict = Verdict(heard, round(certainty, 3), round(at_s, 2), why)
        return self.verdict
