"""The bound on abandonment: by examples, and whatever happens in whatever order."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from cordboard.dialer.abandonment import (
    CALL_LIFE,
    PRESETS,
    Cap,
    CapBook,
    Counts,
    Scope,
    Verdict,
    Window,
    rate,
    room,
    scopes_of,
    verdict,
    window_start,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
CAP = Cap()


@dataclass(frozen=True)
class Bound:
    id: str
    cap: Cap
    created_at: datetime = NOW


@pytest.mark.parametrize(
    ("counts", "flying", "free"),
    [
        (Counts(0, 0), 0, 0),  # nobody has answered: one abandoned would be all
        (Counts(32, 0), 0, 0),
        (Counts(33, 0), 0, 1),
        (Counts(33, 0), 1, 0),
        (Counts(65, 0), 0, 2),
        (Counts(100, 3), 0, 0),
        (Counts(1000, 10), 4, 16),
        (Counts(100, 50), 0, 0),
    ],
)
def test_room_is_what_could_be_abandoned_at_once(counts: Counts, flying: int, free: int) -> None:
    assert room(counts, flying, CAP) == free


def test_false_machine_verdicts_take_their_share_of_the_budget() -> None:
    cap = Cap(false_machine=0.01)
    assert room(Counts(1000, 0, 0), 0, cap) == 30
    assert room(Counts(1000, 0, 1000), 0, cap) == 20
    assert rate(Counts(90, 0, 1000), cap) == pytest.approx(0.1)
    assert rate(Counts(), cap) is None


def test_a_limit_of_nothing_lets_nobody_be_left_alone() -> None:
    assert room(Counts(10**6, 0), 0, Cap(limit=0)) == 0


@pytest.mark.parametrize(
    ("knobs", "says"),
    [
        ({"limit": 0.2}, "limit"),
        ({"limit": -0.1}, "limit"),
        ({"window": "week"}, "window"),
        ({"jurisdiction": "mars"}, "jurisdiction"),
        ({"false_machine": 2.0}, "machine"),
        ({"group": "g" * 41}, "group"),
    ],
)
def test_a_cap_that_is_none_is_refused(knobs: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Cap(**knobs)  # type: ignore[arg-type]


def test_each_jurisdiction_has_its_limit_and_window() -> None:
    assert PRESETS == {"ru": (0.03, "day"), "us-ftc": (0.03, "30d"), "uk-ofcom": (0.03, "day")}


@pytest.mark.parametrize(
    ("window", "start"),
    [
        (Window.DAY, datetime(2026, 11, 20, 21, tzinfo=UTC)),  # midnight in Moscow
        (Window.ROLLING_DAY, NOW - timedelta(days=1)),
        (Window.MONTH, NOW - timedelta(days=5)),
    ],
)
def test_where_a_window_begins(window: Window, start: datetime) -> None:
    book_zone = CapBook("Europe/Moscow")._home
    assert window_start(Cap(window=window.value), NOW, book_zone, NOW - timedelta(days=65)) == start


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ({"answered_at": None}, None),
        ({"machine": True}, Verdict.MACHINE),
        ({"connected_at": NOW + timedelta(seconds=1.9)}, Verdict.SERVED),
        ({"connected_at": NOW + timedelta(seconds=2.1)}, Verdict.ABANDONED),
        ({"abandoned": True}, Verdict.ABANDONED),
        ({"reserved": True}, Verdict.SERVED),
        ({}, Verdict.ABANDONED),  # answered, met nobody
        ({"told": True}, None),
    ],
)
def test_what_an_attempt_means(said: dict[str, object], means: Verdict | None) -> None:
    plain: dict[str, object] = {
        "machine": False,
        "answered_at": NOW,
        "connected_at": None,
        "abandoned": False,
        "reserved": False,
        "told": False,
    }
    assert verdict(**{**plain, **said}) is means  # type: ignore[arg-type]


def test_a_group_is_bound_together_by_its_strictest_member() -> None:
    one, two = Bound("1", Cap(group="shop")), Bound("2", Cap(group="shop", limit=0.01))
    other = Bound("3", Cap())
    book = CapBook("UTC")
    book.remember("1", NOW, Verdict.SERVED, 100)
    book.remember("2", NOW, Verdict.SERVED, 100)
    book.remember("3", NOW, Verdict.SERVED, 1000)
    assert book.room(scopes_of(one, [one, two, other]), NOW) == 2  # 1 % of 200 and not 3 % of 100
    assert book.room(scopes_of(other, [one, two, other]), NOW) == 30
    book.takes_off("call", "2", NOW)
    assert book.room(scopes_of(one, [one, two, other]), NOW) == 1


def test_the_last_word_about_an_attempt_stands() -> None:
    book, scope = CapBook("UTC"), Scope(("1",), CAP, NOW)
    book.decided("a", "1", NOW, Verdict.SERVED)
    book.decided("a", "1", NOW, Verdict.ABANDONED)
    assert book.counts(scope, NOW) == Counts(1, 1, 0)
    book.decided("a", "1", NOW, None)
    assert book.counts(scope, NOW) == Counts()


def test_what_is_older_than_the_window_does_not_count() -> None:
    book, scope = CapBook("UTC"), Scope(("1",), Cap(window="24h"), NOW)
    book.remember("1", NOW - timedelta(hours=25), Verdict.ABANDONED, 7)
    book.remember("1", NOW - timedelta(hours=23), Verdict.SERVED, 40)
    assert book.counts(scope, NOW) == Counts(40, 0, 0)
    assert book.room([scope], NOW) == 1
    # In an hour those forty are out of the window: they cannot vouch for a call that is decided then.
    assert book.room([scope], NOW + timedelta(minutes=58)) == 0


class AnyOrder(RuleBasedStateMachine):
    """Calls without an operator are placed only when the book says so; everything else happens as it likes."""

    @initialize(
        limit=st.sampled_from([0.0, 0.01, 0.03, 0.05, 0.1]),
        window=st.sampled_from(list(Window)),
        false=st.sampled_from([0.0, 0.01, 0.2]),
        before=st.integers(0, 400),
    )
    def open(self, limit: float, window: Window, false: float, before: int) -> None:
        self.cap = Cap(limit=limit, window=window.value, false_machine=false)
        self.scope = Scope(("1", "2"), self.cap, NOW - timedelta(days=3))
        self.book = CapBook("Europe/Moscow")
        self.now = NOW
        self.flying: dict[str, datetime] = {}
        self.calls = 0
        if before:
            self.book.remember("1", NOW, Verdict.SERVED, before)
        self.just_decided = True

    def name(self) -> str:
        self.calls += 1
        return f"call-{self.calls}"

    @rule(many=st.integers(1, 30))
    def place(self, many: int) -> None:
        self.just_decided = False
        for _ in range(min(many, self.book.room([self.scope], self.now))):
            call = self.name()
            self.book.takes_off(call, "1", self.now)
            self.flying[call] = self.now

    @precondition(lambda self: self.flying)
    @rule(means=st.sampled_from([None, *Verdict]), many=st.integers(1, 30))
    def end(self, means: Verdict | None, many: int) -> None:
        for call in list(self.flying)[:many]:
            self.book.decided(call, "1", self.flying.pop(call), means)
        self.just_decided = True

    @rule(many=st.integers(1, 60))
    def talk(self, many: int) -> None:
        """Calls with a reserved operator."""
        for _ in range(many):
            self.book.decided(self.name(), "2", self.now, Verdict.SERVED)

    @rule(minutes=st.sampled_from([0, 1, 3, 60, 11 * 60, 25 * 60, 31 * 24 * 60]))
    def time_passes(self, minutes: int) -> None:
        """No call flies for longer than `CALL_LIFE`: what is too old has been abandoned meanwhile."""
        later = self.now + timedelta(minutes=minutes)
        for call, begun in list(self.flying.items()):
            if later - begun > CALL_LIFE:
                self.now = begun + CALL_LIFE
                self.book.decided(call, "1", self.flying.pop(call), Verdict.ABANDONED)
                self.check()
        self.now = later
        self.just_decided = self.cap.window != Window.ROLLING_DAY

    def check(self) -> None:
        share = rate(self.book.counts(self.scope, self.now), self.cap)
        assert share is None or share <= self.cap.limit

    @invariant()
    def the_rate_is_within_the_limit(self) -> None:
        if getattr(self, "just_decided", False):
            self.check()


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=300, stateful_step_count=30, deadline=None)
