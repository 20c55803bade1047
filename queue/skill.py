"""Skills: what an agent can do and how well, what a contact needs, and how that need relaxes over the wait. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

LEVELS = range(1, 6)
"""1 can help, 5 knows all about it."""

Skills = Mapping[str, int]


@dataclass(frozen=True, slots=True, order=True)
class Need:
    """A contact needs this skill at this level or better."""

    skill: str
    level: int

    def __str__(self) -> str:
        return f"{self.skill}:{self.level}"


@dataclass(frozen=True, slots=True)
class Relaxing:
    """Each `step_s` (s) of waiting takes a level off every need, down to `floor`; a floor of 0 lets the need go altogether.

    A step of 0 s never relaxes.
    """

    step_s: float = 0.0
    floor: int = 0


MOST_STEPS = 1_000_000  # more than any level: a step of next to nothing gives all up at once


def needs_after(needs: Iterable[Need], waited_s: float, rule: Relaxing) -> tuple[Need, ...]:
    """What is still needed after a wait of `waited_s` (s), in order of the skills' names."""
    steps = int(min(waited_s // rule.step_s, MOST_STEPS)) if rule.step_s > 0 else 0
    relaxed = (Need(need.skill, max(need.level - steps, min(need.level, rule.floor))) for need in needs)
    return tuple(sorted(need for need in relaxed if need.level > 0))


def relaxes_in_s(needs: Iterable[Need], waited_s: float, rule: Relaxing) -> float | None:
    """Seconds until something of the needs is given up; None when nothing will be."""
    if rule.step_s <= 0 or all(need.level <= rule.floor for need in needs_after(needs, waited_s, rule)):
        return None
    return rule.step_s - waited_s % rule.step_s


def lacking(skills: Skills, needs: Iterable[Need]) -> tuple[Need, ...]:
    """The needs that these skills do not meet."""
    return tuple(need for need in needs if skills.get(need.skill, 0) < need.level)


def needs_of(texts: Iterable[str]) -> tuple[Need, ...]:
    """Read what `str(need)` wrote. Raises ValueError."""
    pairs = (text.rpartition(":") for text in texts)
    return tuple(sorted(Need(skill, int(level)) for skill, _, level in pairs))
