"""A call heard once and judged many times: what models are made of, and measured by. Pure.

What `judged` tells of a replay is what AnswerMachine would have told of the call (tests/telephony/test_answer_bench.py).
"""

from dataclasses import dataclass

import numpy as np

from .answer_features import FIGURES, Hearing
from .answer_machine import ASKED_EVERY, FRAME_BYTES
from .answer_model import Floats
from .answer_tones import Tone
from .answer_verdict import Judge, Point, Verdict

LISTENED_S = 8.0  # by then a live call is judged
LEARNT_S = 5.5  # from the onset: later one has judged


@dataclass(frozen=True, slots=True)
class Replay:
    """At each tenth of a second after the onset (None: nobody spoke) the time, how long it was quiet, and the figures."""

    onset_s: float | None
    at_s: Floats
    quiet_s: Floats
    figures: Floats
    tones: tuple[tuple[float, Tone], ...]

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
            tones.append((hearing.at_s, tone))
        if hearing.frames % ASKED_EVERY == 0 and hearing.onset is not None:
            at.append(hearing.at_s)
            quiet.append(hearing.quiet_s)
            figures.append(hearing.figures())
    shape = np.array(figures).reshape(-1, len(FIGURES))
    return Replay(hearing.onset, np.array(at), np.array(quiet), shape, tuple(tones))


def judged(heard: Replay, likelihoods: Floats, point: Point) -> list[Verdict]:
    """The verdicts of a call at that point, in turn."""
    judge = Judge(point)
    told = [judge.hears(tone, at) for at, tone in heard.tones if heard.onset_s is None or at < heard.onset_s]
    later = [(at, tone) for at, tone in heard.tones if not (heard.onset_s is None or at < heard.onset_s)]
    if heard.onset_s is None:
        return [verdict for verdict in (*told, judge.nobody_yet(LISTENED_S)) if verdict]
    for at, quiet, likelihood in zip(heard.at_s, heard.quiet_s, likelihoods, strict=True):
        while later and later[0][0] <= at:
            when, tone = later.pop(0)
            told.append(judge.hears(tone, when))
        told.append(judge.asked(float(likelihood), float(at), heard.onset_s, float(quiet)))
    told += [judge.hears(tone, when) for when, tone in later]
    return [verdict for verdict in told if verdict]
