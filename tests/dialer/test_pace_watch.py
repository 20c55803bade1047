"""What the page tells of a pacer: its own numbers, and its expectations held against what a simulated floor then did."""

import pytest

from cordboard.dialer.pace_watch import PaceWatch, believed
from cordboard.dialer.pacing import (
    Abandoned,
    CallEnded,
    Decision,
    Outcome,
    PacingEvent,
    PacingInfo,
    Predictive,
    Snapshot,
)
from cordboard.dialer.pacing_predictive import FEWEST_RESOLVED, Basis
from cordboard.dialer.simulate import World, simulate, steady


class Watched(Predictive):
    """A pacer with the watch that the engine gives it."""

    def __init__(self) -> None:
        self.watch = PaceWatch()
        self.decisions: list[Decision] = []
        super().__init__()

    def reset(self, info: PacingInfo) -> None:
        super().reset(info)
        self.watch = PaceWatch()

    def observe(self, event: PacingEvent) -> None:
        super().observe(event)
        self.watch.heard(event)

    def decide(self, snapshot: Snapshot) -> Decision:
        decision = super().decide(snapshot)
        self.watch.looks(self, snapshot, decision)
        for _ in range(decision.place):
            self.watch.took_off(snapshot.t)
        self.decisions.append(decision)
        return decision


@pytest.fixture(scope="module")
def hour() -> Watched:
    pacer = Watched()
    simulate(pacer, World(((0.0, 20),), 3600.0, answer_probability=steady(0.3)), seed=4)
    return pacer


def test_what_it_expected_of_the_half_hour_is_what_came(hour: Watched) -> None:
    came = hour.watch.half_hour(3600.0)
    assert came.seconds == pytest.approx(1800.0, abs=2.0)
    assert came.utilisation_expected is not None
    assert came.utilisation is not None
    assert came.utilisation_expected == pytest.approx(came.utilisation, abs=0.04)
    assert came.lost <= came.answered
    assert abs(came.lost - came.lost_expected) <= 3.0 * came.error + 1.0
    assert came.lost_expected > 0.5


def test_what_is_older_than_half_an_hour_is_forgotten(hour: Watched) -> None:
    nothing = PaceWatch()
    nothing.heard(CallEnded(1.0, Outcome.PERSON, 9.0))
    nothing.heard(Abandoned(3.0))
    assert (nothing.half_hour(1800.0).answered, nothing.half_hour(1800.0).lost) == (1, 1)
    assert (nothing.half_hour(1802.0).answered, nothing.half_hour(1802.0).lost) == (0, 1)
    assert nothing.half_hour(9000.0).lost == 0
    assert nothing.half_hour(9000.0).utilisation is None


def test_its_moment_is_the_pacers_own_numbers(hour: Watched) -> None:
    moment = hour.watch.moment
    assert moment is not None
    assert moment.operators == 20
    assert (moment.needs, moment.basis in (Basis.FORECAST, Basis.BOUND)) == (0, True)
    assert 0.0 <= moment.risk <= 1.0
    assert 0.0 <= moment.answers <= moment.in_flight
    assert 0.0 <= moment.soon_free <= 20
    placed, withdrawn = hour.watch.last_minute(3600.0)
    assert placed > 0
    assert withdrawn >= 0


def test_what_it_believes_is_near_the_world_and_says_how_sure_it_is(hour: Watched) -> None:
    known = believed(hour)
    assert known.answer.mean == pytest.approx(0.3, abs=3 * known.answer.error)
    assert known.talk_s.mean == pytest.approx(150.0, abs=4 * known.talk_s.error)
    assert known.wrap_up_s.mean == pytest.approx(25.0, abs=4 * known.wrap_up_s.error)
    assert known.answer_s.mean == pytest.approx(15.0, abs=1.5)
    assert known.talks > 100
    assert known.talk_s.error < believed(Predictive()).talk_s.error


def test_who_has_seen_nothing_says_what_it_needs() -> None:
    pacer = Watched()
    simulate(pacer, World(((0.0, 3),), 2.5), seed=1)
    moment = pacer.watch.moment
    assert moment is not None
    assert (moment.needs, moment.basis, moment.placed) == (FEWEST_RESOLVED, Basis.LEARNING, 0)
    assert sum(each.place for each in pacer.decisions) == 3
    assert believed(pacer).talks == 0
    assert pacer.watch.half_hour(2.5).utilisation_expected is None
