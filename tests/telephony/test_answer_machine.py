"""What is heard of an answered call, and what is told of it: by sounds made here, no recording."""

import random

import numpy as np
import pytest

from cordboard.telephony.answer_features import FIGURES, FRAME, Hearing
from cordboard.telephony.answer_machine import FRAME_BYTES, AnswerMachine
from cordboard.telephony.answer_model import BadModel, Model, from_json, shipped, to_json
from cordboard.telephony.answer_tones import Tone, ToneKind
from cordboard.telephony.answer_training import Recipe, Rows, calibrated, trained
from cordboard.telephony.answer_verdict import FOR_OPERATOR, POINTS, SILENCE_S, WAITED_S, Heard, Judge, Point, Verdict
from tests.fakes.answer_rows import rows
from tests.fakes.answer_sounds import RATE, hiss, silence, sit, speech, tone

BALANCED = POINTS["balanced"]


def saying(likelihood: float) -> Model:
    """A model that says the same of everybody."""
    none, zero = np.zeros(1, np.int64), np.zeros(1)
    return Model(none, none, zero, np.zeros(2, np.int64), zero, 1, float(np.log(likelihood / (1 - likelihood))))


def turning(after_s: float) -> Model:
    """A model that takes everybody for a person, and for a machine, not surely, from so long after the onset on."""
    figure = np.array([FIGURES.index("since_onset"), 0, 0])
    goes, over = np.array([1, 2, 1, 1, 2, 2]), np.array([after_s, 0.0, 0.0])
    return Model(np.zeros(1, np.int64), figure, over, goes, np.array([0.0, -3.0, 1.0]), 1, 0.0)


def heard(sound: bytes) -> Hearing:
    hearing = Hearing()
    for begin in range(0, len(sound) - FRAME_BYTES + 1, FRAME_BYTES):
        hearing.feed(sound[begin : begin + FRAME_BYTES])
    return hearing


def told(machine: AnswerMachine, sound: bytes) -> list[Verdict]:
    frames = (sound[begin : begin + FRAME_BYTES] for begin in range(0, len(sound), FRAME_BYTES))
    return [verdict for frame in frames if (verdict := machine.feed(frame))]


def tones(sound: bytes) -> list[Tone]:
    machine = AnswerMachine(saying(0.5), BALANCED)
    told(machine, sound)
    return machine.tones


# Speech and pauses


def test_speech_begins_where_it_begins() -> None:
    hearing = heard(hiss(0.8) + speech(0.6) + hiss(1.0))
    assert hearing.onset == pytest.approx(0.8, abs=0.08)
    assert hearing.quiet_s == pytest.approx(1.0, abs=0.15)


def test_a_pause_parts_two_runs() -> None:
    figures = dict(zip(FIGURES, heard(hiss(0.4) + speech(0.5) + hiss(0.5) + speech(0.9)).figures(), strict=True))
    assert figures["runs"] == 2
    assert figures["first_run"] == pytest.approx(0.5, abs=0.15)
    assert figures["first_pause"] == pytest.approx(0.5, abs=0.15)


@pytest.mark.parametrize("sound", [silence(3), hiss(3), tone(1000, 3), tone(425, 3)])
def test_what_is_no_voice_is_no_speech(sound: bytes) -> None:
    assert heard(sound).onset is None


def test_figures_are_numbers_whatever_was_heard() -> None:
    loud = np.random.default_rng(5).choice([-32768, 32767], 2 * RATE).astype("<i2").tobytes()
    for sound in (speech(0.2), speech(2, level=30_000), speech(1) + loud, silence(1) + speech(0.1) + silence(3)):
        hearing = heard(sound)
        if hearing.onset is not None:
            assert np.isfinite(hearing.figures()).all()


def test_what_comes_later_changes_nothing_heard_before() -> None:
    sound = hiss(0.3) + speech(1.0)
    hearing = heard(sound)
    before = hearing.figures()
    again = heard(sound + b"")
    heard(sound + speech(2))
    assert (before == again.figures()).all()


# Tones


@pytest.mark.parametrize("hz", [440, 620, 800, 1000, 1400, 2000])
@pytest.mark.parametrize("seconds", [0.3, 0.6, 1.5])
def test_a_beep_of_any_pitch_is_heard_when_it_ends(hz: float, seconds: float) -> None:
    beeps = tones(hiss(1) + tone(hz, seconds) + hiss(1))
    assert [beep.kind for beep in beeps if beep.kind is ToneKind.BEEP] == [ToneKind.BEEP]
    beep = next(each for each in beeps if each.kind is ToneKind.BEEP)
    assert beep.ended_s == pytest.approx(1 + seconds, abs=0.06)
    assert beep.hz == pytest.approx(hz, abs=10)
    assert beep.seconds == pytest.approx(seconds, abs=0.08)


@pytest.mark.parametrize(
    "sound",
    [
        speech(4),
        hiss(4, level=2000),
        tone(300, 0.5) + silence(1),
        hiss(1) + tone(1000, 3.5) + hiss(1),
        hiss(1) + tone(1000, 0.06) + hiss(1),
    ],
)
def test_no_beep_where_there_is_none(sound: bytes) -> None:
    assert not [each for each in tones(sound) if each.kind is ToneKind.BEEP]


def test_the_three_tones_of_a_dead_number() -> None:
    assert ToneKind.SIT in [each.kind for each in tones(hiss(0.5) + sit() + hiss(1))]


@pytest.mark.parametrize(("hz", "seconds"), [(1100.0, 0.5), (2100.0, 2.8)])
def test_a_fax(hz: float, seconds: float) -> None:
    assert ToneKind.FAX in [each.kind for each in tones(hiss(0.5) + tone(hz, seconds) + hiss(1))]


def test_busy_and_dial_tone_are_the_exchange_speaking() -> None:
    busy = b"".join(tone(425, 0.4) + silence(0.4) for _ in range(4))
    assert ToneKind.CALL_PROGRESS in [each.kind for each in tones(busy)]
    assert ToneKind.CALL_PROGRESS in [each.kind for each in tones(tone(425, 2))]


# The rule


def judge(*asked: tuple[float, float, float, float], point: Point = BALANCED) -> list[Verdict]:
    rule = Judge(point)
    return [verdict for each in asked if (verdict := rule.asked(*each))]


def moments(likelihood: float, until_s: float, onset_s: float = 0.5) -> list[tuple[float, float, float, float]]:
    return [(likelihood, n / 10, onset_s, 0.0) for n in range(6, int(until_s * 10))]


def test_a_person_and_a_machine_are_told_when_two_in_turn_say_so() -> None:
    assert judge((0.1, 0.9, 0.5, 0.0)) == []
    assert judge((0.1, 0.9, 0.5, 0.0), (0.5, 1.0, 0.5, 0.0), (0.1, 1.1, 0.5, 0.0)) == []
    assert [v.heard for v in judge((0.1, 0.9, 0.5, 0.0), (0.1, 1.0, 0.5, 0.0))] == [Heard.PERSON]
    assert [v.heard for v in judge(*moments(0.99, 3))] == [Heard.MACHINE]


def test_a_machine_has_spoken_for_a_while() -> None:
    (verdict,) = judge(*moments(0.999, 3))
    assert verdict.at_s >= 0.5 + 0.8


@pytest.mark.parametrize("name", POINTS)
def test_in_doubt_one_is_not_sure_at_the_deadline(name: str) -> None:
    (verdict,) = judge(*moments(0.5, 8), point=POINTS[name])
    assert (verdict.heard, verdict.why, verdict.at_s) == (Heard.NOT_SURE, "deadline", POINTS[name].deadline_s)
    assert verdict.heard in FOR_OPERATOR


def test_who_waits_after_his_greeting_is_not_kept() -> None:
    asked = [(0.5, 1 + n / 10, 0.5, n / 10) for n in range(40)]
    (verdict,) = judge(*asked)
    assert (verdict.heard, verdict.why) == (Heard.NOT_SURE, "waits")
    assert verdict.at_s == pytest.approx(1 + WAITED_S + 0.1, abs=0.05)


def test_a_beep_overturns_a_person_and_a_sit_a_machine() -> None:
    rule = Judge(BALANCED)
    for each in ((0.1, 0.9, 0.5, 0.0), (0.1, 1.0, 0.5, 0.0)):
        rule.asked(*each)
    beep = rule.hears(Tone(ToneKind.BEEP, 4.0, 1000.0, 0.4), 4.1, 0.7)
    assert beep is not None
    assert beep.heard is Heard.MACHINE
    assert rule.hears(Tone(ToneKind.BEEP, 5.0, 1000.0, 0.4), 5.1, 0.9) is None
    dead = rule.hears(Tone(ToneKind.SIT, 6.0, 1800.0, 0.3), 6.1, 0.1)
    assert dead is not None
    assert dead.heard is Heard.TONE
    assert rule.hears(Tone(ToneKind.FAX, 7.0, 2100.0, 0.6), 7.1, 0.1) is None


def test_a_beep_is_believed_after_what_sounds_like_a_greeting_and_where_nobody_has_spoken() -> None:
    beep = Tone(ToneKind.BEEP, 1.0, 800.0, 0.3)
    assert Judge(BALANCED).hears(beep, 1.1, 0.49) is None
    for likelihood in (0.5, 1.0, None):
        verdict = Judge(BALANCED).hears(beep, 1.1, likelihood)
        assert verdict is not None
        assert (verdict.heard, verdict.why) == (Heard.MACHINE, "beep")


@pytest.mark.parametrize("seed", range(30))
def test_whatever_comes_there_is_one_verdict_and_only_tones_overturn_it(seed: int) -> None:
    dice = random.Random(seed)
    rule = Judge(POINTS[dice.choice(list(POINTS))])
    verdicts = []
    for n in range(6, 100):
        at = n / 10
        if dice.random() < 0.03:
            kind = dice.choice(list(ToneKind))
            verdict = rule.hears(Tone(kind, at, 1000.0, 0.4), at, dice.choice([None, dice.random()]))
        else:
            verdict = rule.asked(dice.random(), at, 0.5, dice.choice([0.0, 0.0, dice.random() * 2.5]))
        if verdict:
            verdicts.append(verdict)
    assert verdicts
    assert all(later.why in ("beep", "sit") for later in verdicts[1:])
    assert verdicts[-1] == rule.verdict
    assert all(0 <= verdict.certainty <= 1 for verdict in verdicts)


# A whole call


def test_silence_goes_to_an_operator() -> None:
    (verdict,) = told(AnswerMachine(saying(0.5), BALANCED), hiss(7))
    assert (verdict.heard, verdict.at_s) == (Heard.SILENCE, SILENCE_S)
    assert verdict.heard in FOR_OPERATOR


A_GREETING = hiss(0.3) + speech(2) + hiss(0.4) + tone(1000, 0.5) + hiss(1)


def test_a_machine_by_its_beep_though_it_was_held_for_a_person() -> None:
    machine = AnswerMachine(turning(1.5), BALANCED)
    first, second = told(machine, A_GREETING)
    assert (first.heard, second.heard, second.why) == (Heard.PERSON, Heard.MACHINE, "beep")
    assert machine.verdict == second


def test_what_beeps_in_the_midst_of_a_person_is_no_machine() -> None:
    machine = AnswerMachine(saying(0.05), BALANCED)
    (verdict,) = told(machine, A_GREETING)
    assert verdict.heard is Heard.PERSON
    assert [each.kind for each in machine.tones] == [ToneKind.BEEP]


def test_pieces_of_any_length_are_heard_alike() -> None:
    sound = hiss(0.5) + speech(0.7) + hiss(2) + tone(1000, 0.5) + hiss(1)
    whole = AnswerMachine(turning(1.5), BALANCED)
    frames = told(whole, sound)
    dice = random.Random(7)
    pieces, begin, found = AnswerMachine(turning(1.5), BALANCED), 0, []
    while begin < len(sound):
        size = dice.choice([1, 7, 160, 319, 320, 321, 700])
        found += [verdict] if (verdict := pieces.feed(sound[begin : begin + size])) else []
        begin += size
    assert found == frames
    assert len(frames) == 2
    assert pieces.tones == whole.tones


# Bad sound


@pytest.mark.parametrize("rate", [16_000, 11_025, 48_000, 0, -1])
def test_another_rate_is_said_at_once_and_the_call_goes_to_an_operator(rate: int) -> None:
    machine = AnswerMachine(saying(0.99), BALANCED, rate=rate)
    verdict = machine.feed(speech(0.02))
    assert verdict is not None
    assert (verdict.heard, verdict.certainty) == (Heard.NOT_SURE, 0.0)
    assert "samples a second" in verdict.why
    assert machine.feed(speech(1)) is None
    assert machine.at_s == 0


def test_more_sound_than_time_is_another_rate_too() -> None:
    machine = AnswerMachine(saying(0.5), BALANCED)
    sound = speech(8)
    found = [machine.feed(sound[n * 640 : (n + 1) * 640], 0.02 * (n + 1)) for n in range(150)]
    verdict = next(each for each in found if each)
    assert verdict.heard is Heard.NOT_SURE
    assert "more sound than time" in verdict.why


def test_a_gap_is_heard_as_silence() -> None:
    machine = AnswerMachine(saying(0.5), BALANCED)
    sound, at = speech(0.4), 0.0
    for begin in range(0, len(sound), FRAME_BYTES):
        at += 0.02
        machine.feed(sound[begin : begin + FRAME_BYTES], at)
    verdict = machine.feed(silence(0.02), at + 3.0)
    assert verdict is not None
    assert (verdict.heard, verdict.why) == (Heard.NOT_SURE, "waits")
    assert machine.at_s == pytest.approx(at + 3.0, abs=0.05)


def test_jitter_is_no_gap() -> None:
    machine = AnswerMachine(saying(0.5), BALANCED)
    for n in range(50):
        machine.feed(hiss(0.02), 0.02 * (n + 1) + (0.5 if n % 7 == 0 else 0.0))
    assert machine.at_s == pytest.approx(1.0)


@pytest.mark.parametrize("seed", range(8))
def test_no_sound_whatever_raises(seed: int) -> None:
    dice = random.Random(seed)
    machine = AnswerMachine(shipped(), POINTS[dice.choice(list(POINTS))])
    at = 0.0
    for _ in range(120):
        length = dice.choice([0, 1, 2, 160, 320, 640, 3200])
        piece = dice.choice(
            [bytes(length), dice.randbytes(length), b"\xff\x7f" * (length // 2), b"\x00\x80" * (length // 2)]
        )
        at += dice.choice([0.02, 0.02, 0.02, 0.0, 1.5, -0.5])
        machine.feed(piece, dice.choice([None, at, float(at)]))


# The model


def test_trees_learn_and_their_likelihoods_hold() -> None:
    model = calibrated(trained(rows(1), Recipe(trees=40, least=40)), rows(2))
    unseen = rows(3)
    likely = model.likelihoods_of(model.scores(unseen.figures))
    assert ((likely > 0.5) == unseen.machine).mean() > 0.88
    for low, high in ((0.0, 0.2), (0.8, 1.0)):
        here = (likely >= low) & (likely <= high)
        assert unseen.machine[here].mean() == pytest.approx(likely[here].mean(), abs=0.05)


def test_rows_and_one_alone_are_scored_alike_and_survive_their_file() -> None:
    model = calibrated(trained(rows(1), Recipe(trees=15, least=40)), rows(2))
    figures = rows(4, 50).figures
    assert model.scores(figures) == pytest.approx([model.score(each) for each in figures])
    again = from_json(to_json(model))
    assert again.scores(figures) == pytest.approx(model.scores(figures), abs=0.02)


def test_a_tree_asks_its_share_of_the_figures_and_all_trees_many() -> None:
    model = trained(rows(1), Recipe(trees=12, least=40, share=0.1))
    bounds = [*model.roots.tolist(), len(model.figure)]
    inner = model.goes[::2] != np.arange(len(model.figure))
    asked = [set(model.figure[a:b][inner[a:b]].tolist()) for a, b in zip(bounds, bounds[1:], strict=False)]
    assert max(map(len, asked)) <= round(0.1 * len(FIGURES))
    assert len(set().union(*asked)) > 8


def test_one_kind_alone_teaches_that_kind() -> None:
    one = rows(1, 300)
    model = trained(Rows(one.figures, np.ones(300, bool), one.weight), Recipe(trees=3, least=10))
    assert (model.scores(one.figures) > 3).all()


@pytest.mark.parametrize(
    "text", ["", "{}", "[1]", "null", '{"figures": []}', to_json(saying(0.5)).replace("[0,0]", "[0,9]")]
)
def test_what_is_no_model_is_refused(text: str) -> None:
    with pytest.raises(BadModel):
        from_json(text)


def test_the_model_that_comes_with_the_house_hears_who_talks_on() -> None:
    model = shipped()
    hello, talk = heard(hiss(0.5) + speech(0.4) + hiss(0.8)), heard(hiss(0.5) + speech(4.5))
    assert model.likelihood(hello.figures()) + 0.2 < model.likelihood(talk.figures())
    assert FRAME == 160
