"""The simulator: the same seed is the same run, and its figures are what they say."""

import pytest

from cordboard.dialer.pacing import Decision, PacingEvent, PacingInfo, Progressive, Snapshot
from cordboard.dialer.simulate import Detection, Lognormal, Measured, World, simulate, steady, worst_half_hour

TEN = World(((0.0, 10),), 1_800.0)


class Reckless:
    """Twenty lines, whoever is there; and all that it sees is withdrawn."""

    def __init__(self, withdraws: bool = False) -> None:
        self._withdraws = withdraws
        self.departures: set[tuple[float, int]] = set()
        self.chances: list[float] = []

    def reset(self, info: PacingInfo) -> None:
        pass

    def observe(self, event: PacingEvent) -> None:
        pass

    def decide(self, snapshot: Snapshot) -> Decision:
        self.departures |= set(snapshot.departures)
        self.chances += [call.answer_probability for call in snapshot.in_flight if call.answer_probability is not None]
        cancel = tuple(call.id for call in snapshot.in_flight) if self._withdraws else ()
        return Decision(max(0, 20 - len(snapshot.in_flight)), cancel)


def test_a_seed_is_a_run() -> None:
    assert simulate(Progressive(), TEN, 1) == simulate(Progressive(), TEN, 1)
    assert simulate(Progressive(), TEN, 1) != simulate(Progressive(), TEN, 2)


def test_progressive_abandons_nobody_and_idles_a_third() -> None:
    came = simulate(Progressive(), World(((0.0, 20),), 7_200.0), 1)
    assert came.abandoned == 0
    assert came.utilisation == pytest.approx(0.70, abs=0.03)  # facts/dialer.md section 3
    assert came.placed / came.connected == pytest.approx(1 / 0.3, rel=0.1)


def test_who_finds_nobody_within_the_grace_is_abandoned() -> None:
    came = simulate(Reckless(), World(((0.0, 1),), 1_800.0, steady(1.0)), 1)
    assert came.answered - came.connected - came.abandoned in (0, 1, 2, 3)  # who waits at the end is neither
    assert came.abandonment > 0.9


def test_nobody_answers() -> None:
    came = simulate(Reckless(), World(((0.0, 3),), 600.0, steady(0.0)), 1)
    assert (came.answered, came.abandonment, came.utilisation) == (0, 0.0, 0.0)
    assert came.placed > 100


def test_withdrawing_while_it_rings_is_refused_and_counted() -> None:
    came = simulate(Reckless(withdraws=True), TEN, 1)
    assert came.forbidden > 0
    assert came.withdrawn > 0


def test_false_verdicts_count_as_abandoned() -> None:
    all_false = Detection(false_positive_rate=1.0)
    came = simulate(Progressive(), World(((0.0, 5),), 900.0, steady(0.5), detection=all_false), 1)
    assert came.connected == 0
    assert came.abandonment == 1.0


def test_departures_are_announced_where_they_are() -> None:
    shifts = ((0.0, 5), (300.0, 2))
    told, untold = Reckless(), Reckless()
    simulate(told, World(shifts, 600.0), 1)
    simulate(untold, World(shifts, 600.0, announced=False), 1)
    assert told.departures == {(300.0, 3)}
    assert untold.departures == set()


def test_leads_differ_and_are_shown() -> None:
    pacer = Reckless()
    simulate(pacer, World(((0.0, 5),), 900.0, lead_cv=0.6, seen_dials=0), 1)
    mean = sum(pacer.chances) / len(pacer.chances)
    assert mean == pytest.approx(0.3, abs=0.06)
    assert max(pacer.chances) > 0.6
    hidden = Reckless()
    simulate(hidden, World(((0.0, 5),), 900.0, lead_cv=0.6), 1)
    assert hidden.chances == []


def test_durations_can_be_measured_ones() -> None:
    world = World(((0.0, 1),), 3_600.0, steady(1.0), talk=Measured((100.0,)), wrap_up=Lognormal(20.0, 1e-6))
    came = simulate(Progressive(), world, 1)
    assert came.connected == pytest.approx(3_600 / (100 + 20 + 15), abs=3)


def test_the_worst_half_hour_looks_at_every_half_hour() -> None:
    answers = [float(t) for t in range(0, 3_600, 60)]
    assert worst_half_hour(answers, [], 3_600.0) == 0.0
    assert worst_half_hour(answers, [3_000.0, 3_060.0, 3_120.0], 3_600.0) == pytest.approx(3 / 31, abs=0.01)
    assert worst_half_hour(answers[:10], answers[:10], 3_600.0) == 0.0  # ten persons say nothing
