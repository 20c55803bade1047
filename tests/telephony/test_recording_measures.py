import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cordboard.telephony.recording_measures import Measures, Peaks, Span, Speech, measures_of, spans_of
from tests.fakes.takes import tone


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 5000), st.integers(50, 900), st.integers(0, 2**32 - 1))
def test_peaks_do_not_depend_on_how_the_sound_was_cut_into_blocks(frames: int, block: int, seed: int) -> None:
    sound = np.random.default_rng(seed).integers(-32768, 32767, (frames, 2)).astype(np.int16)
    whole, parts = Peaks(frames), Peaks(frames)
    whole.add(sound)
    for start in range(0, frames, block):
        parts.add(sound[start : start + block])
    assert whole.as_bytes() == parts.as_bytes()
    assert len(whole.as_bytes()) == 2 * min(1200, frames)


def test_peaks_stand_where_the_sound_is() -> None:
    sound = np.zeros((12000, 2), dtype=np.int16)
    sound[6000:6010, 0] = -32768
    sound[11999, 1] = 16384
    peaks = Peaks(12000)
    peaks.add(sound)
    rows = np.frombuffer(peaks.as_bytes(), dtype=np.uint8).reshape(2, 1200)
    assert rows[0].nonzero()[0].tolist() == [600]
    assert rows[0, 600] == 255
    assert (rows[1].nonzero()[0].tolist(), rows[1, 1199]) == ([1199], 128)


def test_more_sound_than_announced_is_left_out_of_the_peaks() -> None:
    peaks = Peaks(2400)
    peaks.add(np.ones((5000, 2), dtype=np.int16))
    assert len(peaks.as_bytes()) == 2400


def test_speech_bridges_breaths_and_drops_clicks() -> None:
    voiced = [False] * 5 + [True] * 20 + [False] * 10 + [True] * 20 + [False] * 50 + [True] * 3 + [False] * 20
    assert spans_of(voiced) == [Span(0.1, 1.1)]
    assert spans_of([]) == []


def test_figures_of_a_talk_on_ten_lines() -> None:
    operator = [Span(1, 5), Span(20, 24)]
    customer = [Span(5.5, 8), Span(22, 26)]
    assert measures_of(operator, customer).__class__ is Measures
    figures = measures_of(operator, customer)
    assert (figures.operator_talk_s, figures.customer_talk_s, figures.both_talk_s) == (8, 6.5, 2)
    assert (figures.longest_silence_s, figures.longest_silence_at_s) == (12, 8)
    assert [(mark.at_s, mark.kind) for mark in figures.marks] == [
        (1, "operator_first"),
        (5.5, "customer_first"),
        (8, "silence"),
        (22, "overlap"),
    ]


def test_silence_before_the_first_word_and_after_the_last_is_nobodys_fault() -> None:
    assert measures_of([Span(60, 61)], []).longest_silence_s == 0
    assert measures_of([], []).marks == ()


def test_marks_are_few_and_in_order() -> None:
    operator = [Span(n * 10, n * 10 + 1) for n in range(100)]
    marks = measures_of(operator, []).marks
    assert len(marks) == 12
    assert [mark.at_s for mark in marks] == sorted(mark.at_s for mark in marks)


def _vowels(seconds: float) -> np.ndarray:
    """A voice-like hum: a falling 140 Hz pulse train through three formants, four syllables a second."""
    at = np.arange(round(seconds * 8000)) / 8000
    pitch = np.cumsum(140 - 20 * (at % 2)) / 8000
    buzz = sum(
        np.sin(2 * np.pi * n * pitch) / (1 + ((n * 130 - f) / 120) ** 2)
        for n in range(1, 28)
        for f in (600, 1200, 2500)
    )
    return (3000 * buzz * (0.6 + 0.4 * np.sin(2 * np.pi * 4 * at))).clip(-32000, 32000).astype(np.int16)


@pytest.mark.parametrize("block", [160, 1000, 65536])
def test_speech_is_found_on_the_side_that_speaks_and_at_its_place(block: int) -> None:
    noise = np.random.default_rng(7).normal(0, 8, (8000 * 30, 2)).astype(np.int16)
    noise[8000 * 2 : 8000 * 8, 0] += _vowels(6)
    noise[8000 * 16 : 8000 * 20, 1] += _vowels(4)
    speech = Speech(8000)
    for start in range(0, len(noise), block):
        speech.add(noise[start : start + block])
    figures = speech.measures()
    assert figures is not None
    assert figures.operator_talk_s == pytest.approx(6, abs=0.6)
    assert figures.customer_talk_s == pytest.approx(4, abs=0.6)
    assert figures.longest_silence_s == pytest.approx(8, abs=0.6)
    assert figures.longest_silence_at_s == pytest.approx(8, abs=0.6)


def test_quiet_noise_and_unknown_rates_give_no_speech() -> None:
    noise = np.random.default_rng(7).normal(0, 20, (80000, 2)).astype(np.int16)
    speech = Speech(8000)
    speech.add(noise)
    figures = speech.measures()
    assert figures is not None
    assert (figures.operator_talk_s, figures.customer_talk_s, figures.marks) == (0, 0, ())
    strange = Speech(24000)
    strange.add(np.stack((tone(440, 1, 24000),) * 2, axis=1))
    assert strange.measures() is None
