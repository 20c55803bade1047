"""Who has answered, on voices that the model has never heard: errors, times, beeps and the price, at each operating point.

The set is made by bench/greetings (its voices are rendered once: python -m bench.greetings.voices). Nothing is tuned here.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from bench.greetings.calls import LONGEST_S, Truth, call, of_use, pcm
from bench.greetings.listening import Listened, listened
from bench.table import Row
from cordboard.dialer.machine_estimate import Share
from cordboard.telephony.answer_machine import FRAME_BYTES, AnswerMachine
from cordboard.telephony.answer_model import shipped
from cordboard.telephony.answer_replay import judged, likely
from cordboard.telephony.answer_tones import Tone, ToneKind
from cordboard.telephony.answer_verdict import POINTS, Heard, Verdict

CALLS, FEW, TIMED = 2_300, 60, 20  # 46 % of them are persons
DROPS = frozenset({Heard.MACHINE, Heard.TONE})
LONG_BEEP_S = 0.27
BEEP_SLACK_S = 0.25
AIMS = "balanced"


@dataclass(frozen=True, slots=True)
class Judged:
    """A call and what was told of it at one point, in turn."""

    truth: Truth
    verdicts: tuple[Verdict, ...]
    tones: tuple[Tone, ...]

    @property
    def first(self) -> Verdict | None:
        return self.verdicts[0] if self.verdicts else None

    def caught(self, by_s: float) -> bool:
        return any(each.heard in DROPS and each.at_s <= by_s for each in self.verdicts)


def judge(heard: Listened) -> dict[str, Judged]:
    """A call, heard once and judged at each point."""
    replay = heard.heard
    chances = likely(shipped(), replay)
    tones = tuple(tone for _at_s, tone, _figures in replay.tones)
    return {name: Judged(heard.truth, tuple(judged(replay, chances, point)), tones) for name, point in POINTS.items()}


def cpu_share(calls: int) -> float:
    """Processor time of the whole detector, for a second of a stream."""
    spent = sound_s = 0.0
    for number in range(calls):
        heard = pcm(call(number, of_use("heldout"))[0])
        machine = AnswerMachine(shipped(), POINTS[AIMS])
        began = time.process_time()
        for begin in range(0, len(heard), FRAME_BYTES):
            machine.feed(heard[begin : begin + FRAME_BYTES])
        spent += time.process_time() - began
        sound_s += machine.at_s
    return spent / sound_s


def rows(small: bool) -> list[Row]:
    try:
        voices = of_use("heldout")
    except FileNotFoundError as missing:
        return [Row("answering machines", float("nan"), "", "", str(missing))]
    calls = [judge(each) for each in listened("heldout", FEW if small else CALLS)]
    made = [row for name in POINTS for row in _point(name, [each[name] for each in calls])]
    by_points = [each[AIMS] for each in calls]
    voiced = f"detector's own processor time; {len(voices.names)} held-out voices: {', '.join(voices.engines)}"
    cpu = Row("one stream", 100 * cpu_share(TIMED), "% of a core", "0.5 at most", voiced)
    return [*made, *_beeps(by_points), _kinds(by_points), cpu]


def _of(calls: Sequence[Judged], answered: str) -> list[Judged]:
    return [each for each in calls if each.truth.answered == answered]


def _percent(what: str, aim: str, calls: Sequence[Judged], is_so: Callable[[Judged], bool], more: str = "") -> Row:
    share = Share(sum(map(is_so, calls)), len(calls))
    bounds = f"{share.wrong} of {share.heard}; 95 %: {100 * share.low:.2f} to {100 * share.high:.2f}{more}"
    return Row(what, 100 * (share.share or 0.0), "%", aim, bounds)


def _point(name: str, calls: Sequence[Judged]) -> list[Row]:
    """One operating point; the aims are those of the balanced one."""

    def aim(text: str) -> str:
        return text if name == AIMS else ""

    persons, machines = _of(calls, "person"), _of(calls, "machine")

    def told(heard: Heard) -> Callable[[Judged], bool]:
        return lambda each: each.first is not None and each.first.heard is heard

    def dropped(each: Judged) -> bool:
        return each.first is not None and each.first.heard in DROPS

    times = [each.first.at_s for each in persons if each.first]
    spoken = [each.first.at_s - max(0.0, each.truth.onset_s) for each in persons if each.first]
    return [
        _percent(f"{name}: persons called machine", aim("0.7 at most, upper bound 2"), persons, dropped),
        _percent(f"{name}: machines called person", aim("20 at most"), machines, told(Heard.PERSON)),
        _percent(f"{name}: machines caught by 4 s", aim("40 at least"), machines, lambda each: each.caught(4.0)),
        _percent(f"{name}: machines caught by 6 s", aim("60 at least"), machines, lambda each: each.caught(6.0)),
        _percent(f"{name}: persons not sure", aim("15 at most"), persons, told(Heard.NOT_SURE)),
        Row(f"{name}: persons' verdict, from pick-up", median(times or [0.0]), "s", aim("1.9 at most"), "median"),
        Row(f"{name}: the same, from first speech", median(spoken or [0.0]), "s", aim("1.2 at most"), "median"),
    ]


def _beeps(calls: Sequence[Judged]) -> list[Row]:
    """Heard to the end of each call, whatever its verdict."""

    def beeps(each: Judged) -> list[Tone]:
        return [tone for tone in each.tones if tone.kind is ToneKind.BEEP]

    def length_s(each: Judged) -> float:
        beep = each.truth.beep_s
        return beep[1] - beep[0] if beep and beep[1] < LONGEST_S - 0.4 else 0.0

    def found(each: Judged) -> bool:
        return any(
            each.truth.beep_s and abs(tone.ended_s - each.truth.beep_s[1]) < BEEP_SLACK_S for tone in beeps(each)
        )

    without = [each for each in calls if each.truth.beep_s is None and each.truth.answered != "tone"]
    long = [each for each in calls if length_s(each) >= LONG_BEEP_S]
    short = [each for each in calls if 0 < length_s(each) < LONG_BEEP_S]
    return [
        _percent("beeps of 270 ms or more heard", "90 at least", long, found),
        _percent("shorter beeps heard", "", short, found),
        _percent("calls without a beep in which one was heard", "1 at most", without, lambda each: bool(beeps(each))),
    ]


def _kinds(calls: Sequence[Judged]) -> Row:
    """How each kind of call was judged first: what a mean hides."""
    kinds: dict[str, list[Judged]] = {}
    for each in calls:
        kinds.setdefault(f"{each.truth.answered}, {each.truth.kind}", []).append(each)
    told = []
    for kind, those in sorted(kinds.items()):
        firsts = [each.first.heard if each.first else Heard.NOT_SURE for each in those]
        told.append(f"{kind} ({len(those)}): " + " / ".join(f"{100 * firsts.count(h) / len(those):.0f}" for h in Heard))
    return Row("kinds of calls", float(len(kinds)), "", "", f"{' / '.join(Heard)} in %, balanced. {'; '.join(told)}")
