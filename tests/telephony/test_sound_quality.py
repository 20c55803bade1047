"""The sound of a talk by the E-model's simplification: known points, worse packets never sound better, and what is to be mended first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.telephony.sound_quality import POOR_MOS, Packets, Trouble, mos, rating, trouble

CLEAN = Packets(0.0, 0.0, 0.0, 0.0)
shares, times = st.floats(0, 1), st.floats(0, 5000)
packets = st.builds(Packets, shares, shares, times, times)


@pytest.mark.parametrize(
    ("told", "r", "score"),
    [
        (CLEAN, 93.7, 4.42),  # one packet of delay, nothing else
        (Packets(0.0, 0.0, 5.0, 60.0), 92.8, 4.40),
        (Packets(0.05, 0.0, 0.0, 0.0), 76.9, 3.90),  # by the paper: 30 ln 1.75 = 16.8 of R
        (Packets(0.0, 0.05, 0.0, 0.0), 76.9, 3.90),  # whichever way they are lost
        (Packets(0.0, 0.0, 0.0, 600.0), 70.8, 3.63),  # 320 ms from mouth to ear
        (Packets(1.0, 0.0, 0.0, 0.0), 10.5, 1.04),
    ],
)
def test_known_points(told: Packets, r: float, score: float) -> None:
    assert rating(told) == pytest.approx(r, abs=0.1)
    assert mos(told) == pytest.approx(score, abs=0.02)


@given(packets, packets)
def test_worse_packets_never_sound_better(one: Packets, other: Packets) -> None:
    worse = Packets(
        max(one.lost_in, other.lost_in),
        max(one.lost_out, other.lost_out),
        max(one.jitter_ms, other.jitter_ms),
        max(one.round_trip_ms, other.round_trip_ms),
    )
    assert 1.0 <= mos(worse) <= mos(one) <= 4.5


@pytest.mark.parametrize(
    ("told", "first"),
    [
        (CLEAN, None),
        (Packets(0.02, 0.01, 10.0, 80.0), None),
        (Packets(0.2, 0.0, 5.0, 50.0), Trouble.LOSS),
        (Packets(0.0, 0.2, 5.0, 50.0), Trouble.LOSS),
        (Packets(0.0, 0.0, 5.0, 900.0), Trouble.DELAY),
        (Packets(0.001, 0.0, 180.0, 60.0), Trouble.JITTER),
    ],
)
def test_what_is_to_be_mended_first(told: Packets, first: Trouble | None) -> None:
    assert trouble(told) == first
    assert (mos(told) < POOR_MOS) == (first is not None)
