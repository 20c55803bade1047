"""Make the model that is shipped: `python -m bench.greetings.train [CALLS]`. Trees learn from voices of use "train"; likelihoods and
operating points are set on "valid"; nothing here hears a held-out voice.

Writes telephony/answer_model.json, and prints a grid of operating points; then the same of a model that hears pauses alone, which is the
part of it that owes nothing to how the set was made. The same calls, the same model.
"""

import sys
from collections.abc import Sequence

import numpy as np

from bench.greetings.listening import Listened, listened
from bench.greetings.voices import FOLDER
from cordboard.telephony.answer_features import TIMING
from cordboard.telephony.answer_model import SHIPPED, WORDS, Model, to_json
from cordboard.telephony.answer_replay import judged, likely
from cordboard.telephony.answer_training import Recipe, Rows, calibrated, trained, with_words
from cordboard.telephony.answer_verdict import Heard, Point, Verdict

TONE_WEIGHT = 0.3
FULL = Recipe(trees=300, rate=0.06, least=300.0, share=0.35)


def rows(calls: Sequence[Listened]) -> Rows:
    figures, machine, weight = [], [], []
    for each in calls:
        if each.truth.answered == "silence" or each.heard.onset_s is None:
            continue
        learnt = each.heard.learnt
        figures.append(learnt)
        machine.append(np.full(len(learnt), each.truth.answered != "person"))
        weight.append(np.full(len(learnt), TONE_WEIGHT if each.truth.answered == "tone" else 1.0))
    return Rows(np.concatenate(figures), np.concatenate(machine), np.concatenate(weight))


def _grid(calls: Sequence[Listened], model: Model) -> None:
    """How points do on these voices: persons called machine, machines called person, not sure, caught, times."""
    spoken = [each for each in calls if each.truth.answered in ("person", "machine")]
    chances = [likely(model, each.heard) for each in spoken]
    print("machine person deadline: p->m m->p unsure caught4 caught6 median from_speech")
    for machine in (0.93, 0.95, 0.96, 0.97, 0.975, 0.98, 0.985, 0.99, 0.992, 0.994, 0.996):
        for person in (0.13, 0.15, 0.16, 0.17, 0.18, 0.2):
            for deadline in (4.0, 6.0):
                told = [
                    judged(each.heard, chance, Point(machine, person, deadline))
                    for each, chance in zip(spoken, chances, strict=True)
                ]
                print(f"{machine} {person} {deadline}:", *(f"{n:.2f}" for n in _scores(spoken, told)))


def _scores(calls: Sequence[Listened], told: Sequence[list[Verdict]]) -> tuple[float, ...]:
    persons = [(each, verdicts) for each, verdicts in zip(calls, told, strict=True) if each.truth.answered == "person"]
    machines = [verdicts for each, verdicts in zip(calls, told, strict=True) if each.truth.answered == "machine"]
    dropped = [any(v.heard in (Heard.MACHINE, Heard.TONE) for v in verdicts) for _, verdicts in persons]
    passed = [bool(verdicts) and verdicts[0].heard is Heard.PERSON for verdicts in machines]
    unsure = [verdicts[0].heard is Heard.NOT_SURE for _, verdicts in persons if verdicts]

    def caught(by_s: float) -> float:
        return float(
            np.mean([any(v.heard in (Heard.MACHINE, Heard.TONE) and v.at_s <= by_s for v in each) for each in machines])
        )

    firsts = [verdicts[0].at_s for _, verdicts in persons if verdicts]
    spoken = [verdicts[0].at_s - max(0.0, each.truth.onset_s) for each, verdicts in persons if verdicts]
    shares = (np.mean(dropped), np.mean(passed), np.mean(unsure), caught(4.0), caught(6.0))
    return (*(100 * float(share) for share in shares), float(np.median(firsts)), float(np.median(spoken)))


def main(count: int) -> None:
    train = rows(listened("train", count))
    valid = listened("valid", count * 3 // 10)
    print(f"{len(train.machine)} moments of {count} calls", flush=True)
    timing = calibrated(trained(train, FULL, TIMING), rows(valid))
    trees = calibrated(trained(train, FULL, WORDS), rows(valid))
    whole = with_words(trees, rows(valid))
    SHIPPED.write_text(to_json(whole) + "\n")
    for name, model in {"pauses": timing, "trees": trees, "trees and words": whole}.items():
        print(f"by {name}", flush=True)
        _grid(valid, model)


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5000)
