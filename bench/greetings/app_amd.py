"""What the rule of Asterisk's app AMD says of the held-out calls, at its documented defaults: `python -m bench.greetings.app_amd [CALLS]`.

The rule is written anew from its documentation; the app itself is asked by app_amd_run.py.
"""

import sys
from collections.abc import Sequence
from multiprocessing import Pool
from statistics import median

import numpy as np

from bench.greetings.calls import call, of_use, pcm
from bench.greetings.sound import RATE
from cordboard.dialer.machine_estimate import Share
from cordboard.telephony.answer_verdict import Heard

FRAME, FRAME_S = RATE // 50, 0.02
INITIAL_SILENCE_S, GREETING_S, AFTER_GREETING_S, TOTAL_S = 2.5, 1.5, 0.8, 5.0
WORD_S, BETWEEN_WORDS_S, WORDS = 0.1, 0.05, 3
QUIET = 256  # the mean of a frame's samples, without their signs


def by_rule(sound: bytes) -> tuple[Heard, float]:
    """Whom the rule hears, and when (s from pick-up)."""
    samples = np.abs(np.frombuffer(sound, "<i2").astype(np.int32))
    quiet_s = voiced_s = word_s = 0.0
    words, between, greeted = 0, False, False
    for n in range(len(samples) // FRAME):
        at_s = (n + 1) * FRAME_S
        if at_s >= TOTAL_S:
            break
        if samples[n * FRAME : (n + 1) * FRAME].mean() < QUIET:
            quiet_s += FRAME_S
            if quiet_s > BETWEEN_WORDS_S:
                between, word_s = True, 0.0
            if not greeted and quiet_s >= INITIAL_SILENCE_S:
                return Heard.MACHINE, at_s
            if greeted and quiet_s >= AFTER_GREETING_S:
                return Heard.PERSON, at_s
            continue
        quiet_s, word_s, voiced_s = 0.0, word_s + FRAME_S, voiced_s + FRAME_S
        if word_s >= WORD_S and between:
            words, between = words + 1, False
        if words >= WORDS or (greeted and voiced_s >= GREETING_S):
            return Heard.MACHINE, at_s
        greeted = greeted or word_s >= WORD_S
    return Heard.NOT_SURE, TOTAL_S


def held_out(number: int) -> tuple[str, float, Heard, float]:
    """Who it is, since when he speaks, what the rule says, when."""
    sound, truth = call(number, of_use("heldout"))
    return (truth.answered, truth.onset_s, *by_rule(pcm(sound)))


def main(count: int) -> None:
    with Pool(2) as pool:
        report(pool.map(held_out, range(count), chunksize=20))


def report(told: Sequence[tuple[str, float, Heard, float]]) -> None:
    """Of each call: who it is, since when he speaks, what was said, when (s from pick-up)."""
    persons = [each for each in told if each[0] == "person"]
    machines = [each for each in told if each[0] == "machine"]
    for what, those, heard, by_s in (
        ("persons called machine", persons, Heard.MACHINE, TOTAL_S),
        ("machines called person", machines, Heard.PERSON, TOTAL_S),
        ("machines caught by 4 s", machines, Heard.MACHINE, 4.0),
        ("machines caught by 6 s", machines, Heard.MACHINE, 6.0),
        ("persons not sure", persons, Heard.NOT_SURE, TOTAL_S),
    ):
        share = Share(sum(each[2] is heard and each[3] <= by_s for each in those), len(those))
        print(f"{what}: {share.wrong} of {share.heard}, 95 %: {100 * share.low:.2f} to {100 * share.high:.2f}")
    print(f"persons' verdict: {median(each[3] for each in persons):.2f} s from pick-up,", end=" ")
    print(f"{median(each[3] - each[1] for each in persons):.2f} s from first speech")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_300)
