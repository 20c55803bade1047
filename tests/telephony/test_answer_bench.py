"""What the bench of answering machines rests on: that it judges as a live call does, and that its line does what a line does."""

import os
from pathlib import Path

import numpy as np
import pytest

from bench.greetings import sound as made
from bench.greetings.app_amd import by_rule
from bench.greetings.calls import Truth
from bench.greetings.listening import PIECE, Listened, listened
from cordboard.telephony.answer_machine import FRAME_BYTES, AnswerMachine
from cordboard.telephony.answer_model import shipped
from cordboard.telephony.answer_replay import judged, likely, replay
from cordboard.telephony.answer_verdict import POINTS, Heard
from tests.fakes.answer_sounds import hiss, silence, sit, speech, tone

NOBODY = Truth("person", "short", "nobody", "en")


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize(
    "sound",
    [
        hiss(0.4) + speech(0.5) + hiss(4),
        hiss(0.4) + speech(4) + hiss(0.3) + tone(1000, 0.4) + hiss(1),
        hiss(0.3) + sit() + hiss(0.2) + speech(3),
        silence(7),
        hiss(0.2) + speech(0.3) + hiss(0.4) + tone(800, 0.5) + hiss(0.5) + speech(3),
    ],
)
def test_a_call_is_judged_by_the_bench_as_it_is_live(sound: bytes, point: str) -> None:
    model, heard = shipped(), replay(sound, 14.0)
    offline = judged(heard, likely(model, heard), POINTS[point])
    machine = AnswerMachine(model, POINTS[point])
    frames = (sound[begin : begin + FRAME_BYTES] for begin in range(0, len(sound), FRAME_BYTES))
    live = [verdict for frame in frames if (verdict := machine.feed(frame))]
    assert [(each.heard, each.why) for each in offline] == [(each.heard, each.why) for each in live]
    assert [each.at_s for each in offline if each.why != "nothing heard"] == [
        each.at_s for each in live if each.why != "nothing heard"
    ]


def a_tone(hz: float, rate: int = made.RATE) -> made.Sound:
    return np.sin(2 * np.pi * hz * np.arange(rate) / rate).astype(np.float32) * np.float32(0.3)


@pytest.mark.parametrize("rate", [16_000, 22_050, 48_000])
def test_another_rate_keeps_the_pitch_and_loses_what_is_above_the_line(rate: int) -> None:
    kept, lost = made.at_rate(a_tone(1000, rate), rate), made.at_rate(a_tone(7000, rate), rate)
    assert len(kept) == made.RATE
    assert int(np.abs(np.fft.rfft(kept)).argmax()) == 1000
    assert np.abs(lost).max() < 0.01


def test_the_line_passes_its_band_and_little_else() -> None:
    passed = {hz: float(np.std(made.shaped(a_tone(hz), *made.BAND))) for hz in (60, 1000, 3900)}
    assert passed[1000] == pytest.approx(0.3 / np.sqrt(2), rel=0.05)
    assert passed[60] < 0.02 * passed[1000]
    assert passed[3900] < 0.5 * passed[1000]


@pytest.mark.parametrize("law", ["ALAW", "ULAW"])
def test_g711_and_gsm_are_near_what_was_said(law: str) -> None:
    said = a_tone(700)
    assert np.abs(made.g711(said, law) - said).max() < 0.02
    mobile = made.gsm(said)
    assert len(mobile) == len(said)
    assert np.corrcoef(mobile[800:-800], said[800:-800])[0, 1] > 0.9


def test_lost_frames_are_lost_as_often_as_asked() -> None:
    lossy = made.with_losses(a_tone(700), np.random.default_rng(1), 0.2)
    frames = (lossy - a_tone(700)).reshape(-1, made.FRAME)
    assert 0.1 < float(np.mean(np.abs(frames).max(axis=1) > 0)) < 0.35


def heard_and_noted(use: str, number: int) -> Listened:
    """A call of the set, without its voices: a hello at a moment of its own; each time it is heard is noted."""
    with Path(os.environ["HEARD"]).open("a") as noted:
        noted.write(f"{use} {number}\n")
    return Listened(NOBODY, replay(hiss(0.2 + number / 500) + speech(0.3) + hiss(0.3), 8.0))


def test_what_was_listened_to_is_kept_and_only_the_rest_is_heard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted = tmp_path / "heard"
    monkeypatch.setenv("HEARD", str(noted))
    first = listened("valid", 3, tmp_path / "kept", heard_and_noted)
    assert len(first) == 3
    assert len(noted.read_text().splitlines()) == PIECE
    more = listened("valid", PIECE + 2, tmp_path / "kept", heard_and_noted)
    assert [each.heard.onset_s for each in more[:3]] == [each.heard.onset_s for each in first]
    assert all((old.heard.figures == new.heard.figures).all() for old, new in zip(first, more, strict=False))
    assert sorted(map(str.split, noted.read_text().splitlines())) == sorted(["valid", str(n)] for n in range(2 * PIECE))
    assert len({each.heard.onset_s for each in more}) > 3


@pytest.mark.parametrize(
    ("sound", "heard", "at_s"),
    [
        (hiss(3), Heard.MACHINE, 2.5),  # silence at the beginning
        (hiss(0.5) + tone(600, 0.5) + hiss(3), Heard.PERSON, 1.8),
        (hiss(0.5) + tone(600, 3), Heard.MACHINE, 2.0),  # a greeting of 1.5 s
        (hiss(0.3) + 3 * (tone(600, 0.2) + hiss(0.2)) + hiss(3), Heard.MACHINE, 1.2),  # three words
        (hiss(1) + tone(600, 0.06) + hiss(1) + tone(600, 0.06) + hiss(2), Heard.NOT_SURE, 5.0),  # clicks
    ],
)
def test_the_rule_of_app_amd_is_told_as_it_is_documented(sound: bytes, heard: Heard, at_s: float) -> None:
    said, when = by_rule(sound)
    assert said is heard
    assert when == pytest.approx(at_s, abs=0.05)
