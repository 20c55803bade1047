"""How often one may be dialed: each limit, when it ends, and what does not count."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.dialer.attempt_limits import AttemptLimits, Past, reached
from cordboard.dialer.lead import Attempt, Lead
from cordboard.dialer.reason import Reason, Wait
from cordboard.dialer.retry import DEFAULT_RETRY_RULES
from cordboard.queue.channel import AttemptOutcome

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
NUMBER = "+74950000001"
LEAD = Lead("lead", "campaign", "order:1", NUMBER, "Europe/Moscow", NOW, NOW)
FREE = AttemptLimits(None, None, None, 0)
DAY = timedelta(hours=24)


def tried(
    *hours_ago: float,
    outcome: AttemptOutcome | None = AttemptOutcome.NO_ANSWER,
    lead: str = "lead",
    number: str = NUMBER,
) -> Past:
    at = [NOW - timedelta(hours=hours) for hours in hours_ago]
    recent = tuple(Attempt("a", lead, "campaign", None, number, each, None, each, outcome) for each in at)
    return Past(recent, {outcome: len(recent)} if lead == "lead" else {})


def joined(*pasts: Past) -> Past:
    ends: dict[AttemptOutcome | None, int] = {}
    for past in pasts:
        for outcome, count in (past.ends or {}).items():
            ends[outcome] = ends.get(outcome, 0) + count
    return Past(tuple(each for past in pasts for each in past.recent), ends)


def wait_of(limits: AttemptLimits, past: Past, lead: Lead = LEAD) -> Wait | None:
    return reached(lead, NUMBER, limits, past, DEFAULT_RETRY_RULES, NOW)


def test_a_lead_has_so_many_attempts_in_all_and_no_end_to_that() -> None:
    assert wait_of(replace(FREE, lead_total=3), tried(1, 2)) is None
    assert wait_of(replace(FREE, lead_total=3), tried(1, 2, 300)) == Wait(Reason.LEAD_TOTAL)


def test_a_lead_in_24_hours_until_the_oldest_that_counts_is_a_day_old() -> None:
    limits = replace(FREE, lead_day=3)
    assert wait_of(limits, tried(1, 2)) is None
    assert wait_of(limits, tried(1, 2, 24)) is None  # a day to the second is over
    assert wait_of(limits, tried(1, 2, 23)) == Wait(Reason.LEAD_DAY, NOW + timedelta(hours=1))
    assert wait_of(limits, tried(1, 2, 3, 23)) == Wait(Reason.LEAD_DAY, NOW - timedelta(hours=3) + DAY)
    assert wait_of(limits, joined(tried(1, 2), tried(3, lead="other"))) is None


def test_a_number_in_24_hours_over_all_leads() -> None:
    limits = replace(FREE, number_day=2)
    assert wait_of(limits, joined(tried(1), tried(2, lead="other"))) == Wait(
        Reason.NUMBER_DAY, NOW + timedelta(hours=22)
    )
    assert wait_of(limits, joined(tried(1), tried(2, number="+74950000009"))) is None


def test_some_time_between_two_calls_to_one_number_from_the_end_of_the_first() -> None:
    limits = replace(FREE, gap_s=3600)
    long_talk = replace(tried(3, lead="other").recent[0], ended_at=NOW - timedelta(minutes=10))
    assert wait_of(limits, Past((long_talk,), {})) == Wait(Reason.GAP, NOW + timedelta(minutes=50))
    assert wait_of(limits, tried(1)) is None


def test_of_several_the_one_that_holds_the_longest_is_told() -> None:
    past = tried(0.5, 2, 3)
    assert wait_of(AttemptLimits(None, 3, 3, 3600), past) == Wait(Reason.LEAD_DAY, NOW + timedelta(hours=21))
    assert wait_of(AttemptLimits(None, 4, 4, 3600), past) == Wait(Reason.GAP, NOW + timedelta(minutes=30))


@pytest.mark.parametrize("outcome", [outcome for outcome, rule in DEFAULT_RETRY_RULES.items() if not rule.counts])
def test_our_own_trouble_does_not_count(outcome: AttemptOutcome) -> None:
    assert wait_of(AttemptLimits(1, 1, 1, 86_400), tried(0, 1, 2, outcome=outcome)) is None


def test_a_call_that_is_not_over_counts() -> None:
    assert wait_of(replace(FREE, lead_total=1), tried(0, outcome=None)) == Wait(Reason.LEAD_TOTAL)


def test_the_first_call_of_a_promise_is_kept_and_those_after_it_count_it() -> None:
    promised = replace(LEAD, is_callback=True, attempts=0)
    past = tried(0.01, 0.02, 0.03)
    limits = AttemptLimits(1, 1, 1, 3600)
    assert wait_of(limits, past, promised) is None
    assert wait_of(limits, past, replace(promised, attempts=1)) == Wait(Reason.LEAD_TOTAL)


@given(
    st.lists(st.floats(0, 30), max_size=12),
    st.integers(1, 4),
    st.integers(1, 4),
    st.integers(0, 90_000),
)
def test_when_it_ends_it_has_ended_and_not_a_second_earlier(
    hours: list[float], lead_day: int, number_day: int, gap_s: int
) -> None:
    limits, past = AttemptLimits(None, lead_day, number_day, gap_s), tried(*hours)
    wait = wait_of(limits, past)
    if wait is not None:
        assert wait.until is not None
        assert reached(LEAD, NUMBER, limits, past, DEFAULT_RETRY_RULES, wait.until) is None
        assert reached(LEAD, NUMBER, limits, past, DEFAULT_RETRY_RULES, wait.until - timedelta(milliseconds=1))
