"""A call heard once and judged many times: what models are made of, and measured by. Pure.

What `judged` tells of a replay is what AnswerMachine would have told of the call (tests/telephony/test_answer_bench.py).
"""

from dataclasses import dataclass

import numpy as np

from .answer_features import FIGURES, Hearing
from .answer_machine import ASKED_EVERY, FRAME_BYTES
from .answer_model import Floats, Model
from .answer_tones import Tone
from .answer_verdict import Judge, Point, Verdict

LISTENED_S = 8.0  # by then a live call is judged
LEARNT_S = 5.5  # from the onset: later one has judged


@dataclass(frozen=True, slots=True)
class Replay:
    """At each tenth of a second after the onset (None: nobody spoke) the time, how long it was quiet, and the figures; and the tones, with
    the moment each was told and the figures of then (None before the onset)."""

    onset_s: float | None
    at_s: Floats
    quiet_s: Floats
    figures: Floats
    tones: tuple[tuple[float, Tone, Floats | None], ...]

    @property
    def learnt(self) -> Floats:
        """The figures of those moments at which one is still in doubt."""
        return self.figures[self.at_s <= (self.onset_s or 0.0) + LEARNT_S]


def replay(sound: bytes, most_s: float) -> Replay:
    """16-bit samples from pick-up on, the first `most_s` seconds of them."""
    hearing = Hearing()
    at, quiet, figures, tones = [], [], [], []
    for begin in range(0, min(len(sound), int(most_s * 16_000)) - FRAME_BYTES + 1, FRAME_BYTES):
        if (tone := hearing.feed(sound[begin : begin + FRAME_BYTES])) is not None:
            tones.append((hearing.at_s, tone, hearing.figures() if hearing.onset is not None else None))
        if hearing.frames % ASKED_EVERY == 0 and hearing.onset is not None:
            at.append(hearing.at_s)
            quiet.append(hearing.quiet_s)
            figures.append(hearing.figures())
    shape = np.array(figures).reshape(-1, len(FIGURES))
    return Replay(hearing.onset, np.array(at), np.array(quiet), shape, tuple(tones))


@dataclass(frozen=True, slots=True)
class Likely:
    """What a model makes of a replay: the likelihood of a machine at each moment, and at each tone (None before the onset)."""

    moments: Floats
    tones: tuple[float | None, ...]


def likely(model: Model, heard: Replay) -> Likely:
    at_tones = tuple(None if figures is None else model.likelihood(figures) for _, _, figures in heard.tones)
    return Likely(model.likelihoods_of(model.scores(heard.figures)), at_tones)


def judged(heard: Replay, likely: Likely, point: Point) -> list[Verdict]:
    """The verdicts of a call at that point, in turn."""
    judge = Judge(point)
    tones = [(at, tone, chance) for (at, tone, _), chance in zip(heard.tones, likely.tones, strict=True)]
    told = [judge.hears(tone, at, chance) for at, tone, chance in tones if chance is None]
    later = [each for each in tones if each[2] is not None]
    if heard.onset_s is None:
        return [verdict for verdict in (*told, judge.nobody_yet(LISTENED_S)) if verdict]
    for at, quiet, likelihood in zip(heard.at_s, heard.quiet_s, likely.moments, strict=True):
        while later and later[0][0] <= at:
            when, tone, chance = later.pop(0)
            told.append(judge.hears(tone, when, chance))
        told.append(judge.asked(float(likelihood), float(at), heard.onset_s, float(quiet)))
    told += [judge.hears(tone, when, chance) for when, tone, chance in later]
    return [verdict for verdict in told if verdict]
