"""The rules of the lease. A machine of engines, of clocks at different speed, of a database whose clock is set at will: never two lead."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from cordboard.storage import lease as rules
from cordboard.storage.lease import TTL_S, Lease

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
HELD = Lease(7, "a", NOON + timedelta(seconds=TTL_S))
LATER = NOON + timedelta(seconds=TTL_S)


@pytest.mark.parametrize(
    ("lease", "taker", "now", "unchanged_s", "alone", "may"),
    [
        (HELD, "b", LATER, TTL_S, False, True),
        (HELD, "b", NOON, TTL_S, False, False),  # the database says that it runs
        (HELD, "b", LATER, TTL_S - 0.1, False, False),  # it says that it ended, but we have not seen it stand still
        (HELD, "b", NOON, 2 * TTL_S, False, True),  # nobody renews it: the database's clock was set back
        (HELD, "a", NOON, 0.0, False, True),  # our own earlier life, dead
        (HELD, "b", NOON, 0.0, True, True),
        (replace(HELD, holder=None), "b", NOON, 0.0, False, True),
    ],
)
def test_who_may_take_it(lease: Lease, taker: str, now: datetime, unchanged_s: float, alone: bool, may: bool) -> None:
    assert rules.may_take(lease, taker, now, unchanged_s, alone=alone) is may


def test_a_new_leader_is_a_new_epoch_and_an_old_one_renews_nothing() -> None:
    mine = rules.taken(HELD, "b", LATER)
    assert mine == Lease(8, "b", LATER + timedelta(seconds=TTL_S))
    assert rules.renewed(mine, 7, LATER) is None
    assert rules.given_up(mine, 7) is None
    assert rules.renewed(mine, 8, LATER + timedelta(seconds=1)) == replace(
        mine, expires=mine.expires + timedelta(seconds=1)
    )
    assert rules.given_up(mine, 8) == replace(mine, holder=None)
    assert rules.renewed(replace(mine, holder=None), 8, LATER) is None


def test_whoever_stands_by_is_awaited_for_a_moment_after_his_last_look() -> None:
    assert not rules.is_awaited(HELD, NOON)
    looked = replace(HELD, awaited=NOON)
    assert rules.is_awaited(looked, NOON + timedelta(seconds=1))
    assert not rules.is_awaited(looked, NOON + timedelta(seconds=rules.AWAITED_S))
    assert looked.same_term_as(HELD)


@dataclass
class Engine:
    """One life of one engine: what it believes, what it saw, and answers that are still on their way to it."""

    name: str
    pace: float  # seconds of its clock in one true second
    epoch: int = 0
    sure_until: float = float("-inf")
    seen: Lease | None = None
    seen_since: float = 0.0
    asked_at: float | None = None
    renewal: float | None = None  # `sure_until` of a renewal whose answer has not come


class LeaseMachine(RuleBasedStateMachine):
    """Any order of looks, takes, renewals with late or lost answers, stops, deaths, and hands on the database's clock."""

    engines = st.integers(0, 2)

    @initialize(paces=st.lists(st.floats(0.9, 1.1), min_size=3, max_size=3))
    def begin(self, paces: list[float]) -> None:
        self.true = 0.0
        self.clock = NOON
        self.lease = Lease(0, None, NOON)
        self.lives = [Engine(name, pace) for name, pace in zip("abc", paces, strict=True)]
        self.epochs = [0]

    def at(self, engine: Engine) -> float:
        return self.true * engine.pace

    @rule(seconds=st.floats(0.01, 6.0))
    def time_passes(self, seconds: float) -> None:
        self.true += seconds
        self.clock += timedelta(seconds=seconds)

    @rule(seconds=st.floats(-3600.0, 3600.0))
    def somebody_sets_the_database_s_clock(self, seconds: float) -> None:
        self.clock += timedelta(seconds=seconds)

    @rule(who=engines)
    def look_and_take(self, who: int) -> None:
        engine = self.lives[who]
        if engine.epoch:
            return
        if not self.lease.same_term_as(engine.seen):
            engine.seen, engine.seen_since = self.lease, self.at(engine)
        if rules.may_take(self.lease, engine.name, self.clock, self.at(engine) - engine.seen_since):
            self.lease = rules.taken(self.lease, engine.name, self.clock)
            self.epochs.append(self.lease.epoch)
            engine.epoch, engine.sure_until = self.lease.epoch, rules.sure_until(self.at(engine))

    @rule(who=engines)
    def asks_to_renew(self, who: int) -> None:
        engine = self.lives[who]
        if engine.epoch and engine.asked_at is None and self.at(engine) < engine.sure_until:
            engine.asked_at = self.at(engine)

    @rule(who=engines, answered=st.booleans())
    def is_renewed(self, who: int, answered: bool) -> None:
        """The database does it some time after it was asked, and the answer may come later still."""
        engine = self.lives[who]
        if engine.asked_at is None:
            return
        mine = rules.renewed(self.lease, engine.epoch, self.clock)
        if mine is None:
            self.dies(who)
            return
        self.lease, engine.renewal, engine.asked_at = mine, rules.sure_until(engine.asked_at), None
        if answered:
            self.answer_comes(who)

    @rule(who=engines)
    def answer_comes(self, who: int) -> None:
        engine = self.lives[who]
        if engine.renewal is not None and engine.epoch:
            engine.sure_until, engine.renewal = engine.renewal, None

    @rule(who=engines)
    def notices_that_time_ran_out(self, who: int) -> None:
        """The process begins again: the folder is the same, the belief is gone."""
        engine = self.lives[who]
        if engine.epoch and self.at(engine) >= engine.sure_until:
            self.dies(who)

    @rule(who=engines)
    def dies(self, who: int) -> None:
        self.lives[who] = Engine(self.lives[who].name, self.lives[who].pace)

    @rule(who=engines)
    def gives_up(self, who: int) -> None:
        engine = self.lives[who]
        if engine.epoch:
            self.lease = rules.given_up(self.lease, engine.epoch) or self.lease
            self.dies(who)

    @invariant()
    def at_most_one_believes_that_it_leads(self) -> None:
        sure = [engine for engine in self.lives if self.at(engine) < engine.sure_until]
        assert len(sure) <= 1
        assert all(engine.epoch == self.lease.epoch for engine in sure)

    @invariant()
    def the_epoch_only_grows(self) -> None:
        assert self.epochs == sorted(set(self.epochs))
        assert self.lease.epoch == self.epochs[-1]


TestLeaseMachine = LeaseMachine.TestCase
TestLeaseMachine.settings = settings(max_examples=300, stateful_step_count=60, deadline=None, derandomize=True)
