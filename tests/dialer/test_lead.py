"""Each state meets each event: what comes of it, or that nothing may."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.dialer.lead import (
    AttemptEnded,
    AttemptStarted,
    CallsForbidden,
    CameDue,
    Connected,
    Disposed,
    Edited,
    Forsaken,
    GivenBack,
    Held,
    Lead,
    LeadEvent,
    LeadState,
    OrderChanged,
    Promised,
    PromiseWithdrawn,
    Skipped,
    TalkLost,
    Withdrawn,
)
from cordboard.dialer.lead_moves import advance
from cordboard.dialer.numbers import Numbers
from cordboard.dialer.retry import DEFAULT_RETRY_RULES, RetryRule
from cordboard.queue.channel import AttemptOutcome
from cordboard.queue.contact import IllegalTransition

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
TOMORROW = NOW + timedelta(days=1)
FRESH, DUE, DIALING, CONNECTED, RETRY_AT, DONE, DO_NOT_CALL = LeadState
LEAD = Lead("lead", "campaign", "order:1", "+74950000001", "Europe/Moscow", NOW, NOW, order_id="1", order_total=100)

EVENTS: dict[str, LeadEvent] = {
    "started": AttemptStarted(),
    "connected": Connected(),
    "no_answer": AttemptEnded(AttemptOutcome.NO_ANSWER),
    "invalid": AttemptEnded(AttemptOutcome.INVALID),
    "person": AttemptEnded(AttemptOutcome.PERSON),
    "abandoned": AttemptEnded(AttemptOutcome.ABANDONED),
    "given_back": GivenBack(AttemptOutcome.REJECTED),
    "closed": Disposed("confirmed", "contact", closes=True),
    "promised": Disposed("postponed", "contact", closes=False, callback_at=TOMORROW, agent_id="maria"),
    "no_talk": Disposed("no_talk", "contact", closes=False),
    "lost": TalkLost("contact"),
    "forsaken": Forsaken(),
    "due": CameDue(),
    "held": Held("number_day", TOMORROW),
    "skipped": Skipped(TOMORROW),
    "dearer": OrderChanged(500, NOW, wanted=True),
    "cancelled": OrderChanged(100, NOW, wanted=False),
    "booked": Promised(TOMORROW, TOMORROW + timedelta(minutes=30)),
    "unbooked": PromiseWithdrawn(),
    "forbidden": CallsForbidden(),
    "edited": Edited(order_total=500),
    "withdrawn": Withdrawn(),
}
# The state after; None: the pair has no meaning.
#                    fresh        due          dialing      connected    retry_at     done         do_not_call
TABLE: dict[str, tuple[LeadState | None, ...]] = {
    "started":      (DIALING,     DIALING,     None,        None,        None,        None,        None),
    "connected":    (None,        None,        CONNECTED,   None,        None,        None,        None),
    "no_answer":    (None,        None,        RETRY_AT,    CONNECTED,   None,        None,        None),
    "invalid":      (None,        None,        DONE,        CONNECTED,   None,        None,        None),
    "person":       (None,        None,        RETRY_AT,    CONNECTED,   None,        None,        None),
    "abandoned":    (None,        None,        RETRY_AT,    RETRY_AT,    None,        None,        None),
    "given_back":   (None,        None,        None,        None,        None,        None,        None),
    "closed":       (DONE,        DONE,        None,        DONE,        DONE,        None,        None),
    "promised":     (RETRY_AT,    RETRY_AT,    None,        RETRY_AT,    RETRY_AT,    None,        None),
    "no_talk":      (FRESH,       DUE,         None,        RETRY_AT,    RETRY_AT,    None,        None),
    "lost":         (DUE,         DUE,         None,        DUE,         DUE,         None,        None),
    "forsaken":     (None,        None,        None,        RETRY_AT,    None,        None,        None),
    "due":          (None,        None,        None,        None,        DUE,         None,        None),
    "held":         (RETRY_AT,    RETRY_AT,    None,        None,        None,        None,        None),
    "skipped":      (RETRY_AT,    RETRY_AT,    None,        None,        None,        None,        None),
    "dearer":       (FRESH,       DUE,         DIALING,     CONNECTED,   RETRY_AT,    DONE,        None),
    "cancelled":    (DONE,        DONE,        DIALING,     CONNECTED,   DONE,        DONE,        None),
    "booked":       (RETRY_AT,    RETRY_AT,    None,        None,        RETRY_AT,    None,        None),
    "unbooked":     (None,        None,        None,        None,        None,        None,        None),
    "forbidden":    (DO_NOT_CALL, DO_NOT_CALL, None,        DO_NOT_CALL, DO_NOT_CALL, DO_NOT_CALL, DO_NOT_CALL),
    "edited":       (FRESH,       DUE,         None,        None,        RETRY_AT,    DONE,        None),
    "withdrawn":    (DONE,        DONE,        DIALING,     CONNECTED,   DONE,        DONE,        None),
}  # fmt: skip
PAIRS = [(state, name, TABLE[name][place]) for name in EVENTS for place, state in enumerate(LeadState)]


def in_state(state: LeadState) -> Lead:
    return replace(LEAD, state=state, due_at=NOW if state in (RETRY_AT, DUE) else None)


@pytest.mark.parametrize(("state", "name", "after"), PAIRS)
def test_each_state_meets_each_event(state: LeadState, name: str, after: LeadState | None) -> None:
    if after is None:
        with pytest.raises(IllegalTransition):
            advance(in_state(state), EVENTS[name], DEFAULT_RETRY_RULES, NOW)
    else:
        assert advance(in_state(state), EVENTS[name], DEFAULT_RETRY_RULES, NOW).state is after


def test_an_attempt_that_was_the_trunks_trouble_is_given_back() -> None:
    rules = {**DEFAULT_RETRY_RULES, AttemptOutcome.REJECTED: RetryRule(7_200, 1)}
    given_up = advance(in_state(DIALING), AttemptEnded(AttemptOutcome.REJECTED), rules, NOW)
    assert (given_up.state, given_up.attempts) == (DONE, 1)
    rests = advance(in_state(DIALING), AttemptEnded(AttemptOutcome.REJECTED), DEFAULT_RETRY_RULES, NOW)
    for lead in (given_up, rests):
        back = advance(lead, GivenBack(AttemptOutcome.REJECTED), rules, NOW)
        assert (back.state, back.attempts, back.last_outcome) == (RETRY_AT, 0, AttemptOutcome.TRUNK_TROUBLE)
        assert back.due_at == NOW + timedelta(seconds=60)
    promised = advance(rests, Promised(TOMORROW, None), rules, NOW)
    held = replace(rests, held_by="gap")
    for gone_on in (promised, held, replace(given_up, disposition="cancelled")):
        with pytest.raises(IllegalTransition):
            advance(gone_on, GivenBack(AttemptOutcome.REJECTED), rules, NOW)
    nobody_asks = replace(given_up, wanted=False)
    assert advance(nobody_asks, GivenBack(AttemptOutcome.REJECTED), rules, NOW).state is DONE


@pytest.mark.parametrize("state", LeadState)
@pytest.mark.parametrize(("wanted", "after"), [(True, FRESH), (False, DONE)])
def test_a_promise_that_is_withdrawn_leaves_what_the_order_asks_for(
    state: LeadState, wanted: bool, after: LeadState
) -> None:
    promised = replace(in_state(state), is_callback=True, due_by=TOMORROW, agent_id="maria", wanted=wanted)
    if state not in (FRESH, DUE, RETRY_AT):
        with pytest.raises(IllegalTransition):
            advance(promised, PromiseWithdrawn(), DEFAULT_RETRY_RULES, NOW)
        return
    lead = advance(promised, PromiseWithdrawn(), DEFAULT_RETRY_RULES, NOW)
    assert lead == replace(LEAD, state=after, wanted=wanted)


def test_a_promise_is_moved_with_its_window_and_stays_its_operators() -> None:
    promised = replace(in_state(RETRY_AT), is_callback=True, agent_id="maria", attempts=2)
    moved = advance(promised, Promised(TOMORROW, TOMORROW + timedelta(hours=1)), DEFAULT_RETRY_RULES, NOW)
    assert (moved.due_at, moved.due_by) == (TOMORROW, TOMORROW + timedelta(hours=1))
    assert (moved.agent_id, moved.attempts, moved.is_callback) == ("maria", 0, True)


def test_the_table_knows_every_kind_of_event() -> None:
    assert {type(event) for event in EVENTS.values()} == set(LeadEvent.__args__)


@pytest.mark.parametrize("outcome", AttemptOutcome)
def test_the_rule_of_the_outcome_sets_the_next_try(outcome: AttemptOutcome) -> None:
    rule = DEFAULT_RETRY_RULES[outcome]
    after = advance(in_state(DIALING), AttemptEnded(outcome), DEFAULT_RETRY_RULES, NOW)
    assert after.last_outcome is outcome
    assert after.attempts == (1 if rule.counts else 0)
    assert after.due_at == (None if rule.max_attempts == 0 else NOW + timedelta(seconds=rule.delay_s))


def test_the_last_attempt_ends_the_lead() -> None:
    lead = replace(in_state(DIALING), attempts=3)
    assert advance(lead, AttemptEnded(AttemptOutcome.NO_ANSWER), DEFAULT_RETRY_RULES, NOW).state is DONE


def test_our_own_trouble_is_never_held_against_the_lead() -> None:
    lead = in_state(DIALING)
    for _ in range(50):
        lead = advance(lead, AttemptEnded(AttemptOutcome.CONGESTION), DEFAULT_RETRY_RULES, NOW)
        lead = advance(replace(lead, due_at=NOW), CameDue(), DEFAULT_RETRY_RULES, NOW)
        lead = advance(lead, AttemptStarted(), DEFAULT_RETRY_RULES, NOW)
    assert lead.attempts == 0


def test_a_retry_does_not_come_due_before_its_time() -> None:
    lead = replace(in_state(RETRY_AT), due_at=NOW + timedelta(seconds=1))
    with pytest.raises(IllegalTransition):
        advance(lead, CameDue(), DEFAULT_RETRY_RULES, NOW)


def test_a_promise_is_a_personal_callback_with_attempts_of_its_own() -> None:
    lead = replace(in_state(CONNECTED), attempts=3)
    after = advance(lead, EVENTS["promised"], DEFAULT_RETRY_RULES, NOW)
    assert (after.is_callback, after.due_at, after.agent_id, after.attempts) == (True, TOMORROW, "maria", 0)
    assert after.settled_by == "contact"


def test_a_promise_in_the_past_is_due_now() -> None:
    event = Disposed("postponed", "contact", closes=False, callback_at=NOW - timedelta(hours=1))
    assert advance(in_state(CONNECTED), event, DEFAULT_RETRY_RULES, NOW).due_at == NOW


def test_a_lost_talk_is_a_callback_for_whoever_is_free_now() -> None:
    after = advance(replace(in_state(CONNECTED), agent_id="maria"), TalkLost("contact"), DEFAULT_RETRY_RULES, NOW)
    assert (after.state, after.is_callback, after.due_at, after.agent_id) == (DUE, True, NOW, None)


def test_a_callback_that_was_kept_is_no_callback_any_more() -> None:
    lead = replace(in_state(CONNECTED), is_callback=True, agent_id="maria")
    after = advance(lead, EVENTS["closed"], DEFAULT_RETRY_RULES, NOW)
    assert (after.state, after.is_callback, after.agent_id, after.disposition) == (DONE, False, None, "confirmed")


def test_an_order_cancelled_while_it_rings_is_not_dialed_again() -> None:
    ringing = advance(in_state(DIALING), EVENTS["cancelled"], DEFAULT_RETRY_RULES, NOW)
    assert advance(ringing, EVENTS["no_answer"], DEFAULT_RETRY_RULES, NOW).state is DONE


def test_a_promise_outlives_the_order() -> None:
    waiting = replace(in_state(RETRY_AT), is_callback=True)
    assert advance(waiting, EVENTS["cancelled"], DEFAULT_RETRY_RULES, NOW).state is RETRY_AT


def test_an_order_opened_again_is_fresh_again() -> None:
    closed = advance(in_state(FRESH), EVENTS["cancelled"], DEFAULT_RETRY_RULES, NOW)
    again = advance(closed, EVENTS["dearer"], DEFAULT_RETRY_RULES, NOW)
    assert (closed.state, again.state, again.order_total) == (DONE, FRESH, 500)


def test_a_lead_closed_by_its_talk_stays_closed_when_the_order_changes() -> None:
    done = advance(in_state(CONNECTED), EVENTS["closed"], DEFAULT_RETRY_RULES, NOW)
    assert advance(done, EVENTS["dearer"], DEFAULT_RETRY_RULES, NOW).state is DONE


@given(st.lists(st.sampled_from(sorted(EVENTS)), max_size=40), st.integers(0, 3))
def test_no_sequence_of_events_outwits_the_rules(names: list[str], limit: int) -> None:
    """Illegal events change nothing; who must not be called stays so; counted attempts never pass the limit of the rule."""
    rules = {outcome: RetryRule(900, limit) for outcome in AttemptOutcome}
    lead, now, forbidden = LEAD, NOW, False
    for name in names:
        now += timedelta(minutes=20)
        try:
            after = advance(lead, EVENTS[name], rules, now)
        except IllegalTransition:
            continue
        assert not (forbidden and after.state is not DO_NOT_CALL)
        if after.state is DIALING and name == "started":
            assert lead.state in (FRESH, DUE)
        if after.state is RETRY_AT and name not in (
            "promised",
            "booked",
            "no_talk",
            "dearer",
            "cancelled",
            "edited",
            "held",
            "skipped",
        ):
            assert after.attempts < limit or limit == 0
            assert limit > 0
        assert (after.due_at is None) or after.state in (DUE, RETRY_AT, DIALING, CONNECTED)
        lead, forbidden = after, forbidden or name == "forbidden"


def test_who_is_put_aside_by_the_law_says_for_what_until_he_may_be_tried() -> None:
    held = advance(in_state(FRESH), EVENTS["held"], DEFAULT_RETRY_RULES, NOW)
    assert (held.state, held.due_at, held.held_by) == (RETRY_AT, TOMORROW, "number_day")
    due = advance(held, CameDue(), DEFAULT_RETRY_RULES, TOMORROW)
    assert (due.state, due.held_by) == (DUE, None)


def test_who_is_put_aside_for_good_does_not_come_due() -> None:
    held = advance(in_state(DUE), Held("do_not_call", None), DEFAULT_RETRY_RULES, NOW)
    with pytest.raises(IllegalTransition):
        advance(held, CameDue(), DEFAULT_RETRY_RULES, TOMORROW)


@pytest.mark.parametrize("name", ["promised", "lost", "closed"])
def test_what_a_talk_decides_takes_the_mark_off(name: str) -> None:
    held = advance(in_state(FRESH), EVENTS["held"], DEFAULT_RETRY_RULES, NOW)
    assert advance(held, EVENTS[name], DEFAULT_RETRY_RULES, NOW).held_by is None


@pytest.mark.parametrize(
    ("attempts", "waits_s"), [(0, 600), (1, 600), (2, 1200), (3, 2400), (11, 604_800), (10**6, 604_800)]
)
def test_a_growing_delay_grows_with_each_attempt_up_to_a_week(attempts: int, waits_s: float) -> None:
    assert RetryRule(600, None, growth=2.0).wait_s(attempts) == waits_s
    assert RetryRule(600, None).wait_s(attempts) == 600


def test_a_delay_that_is_longer_than_a_week_by_itself_stays() -> None:
    assert RetryRule(10**6, None, growth=2.0).wait_s(9) == 10**6


def test_each_try_waits_longer_where_the_rule_says_so_and_a_callback_does_not() -> None:
    rules = {**DEFAULT_RETRY_RULES, AttemptOutcome.NO_ANSWER: RetryRule(600, 9, growth=3.0)}
    second = replace(in_state(DIALING), attempts=1)
    after = advance(second, AttemptEnded(AttemptOutcome.NO_ANSWER), rules, NOW)
    assert after.due_at == NOW + timedelta(seconds=1800)
    promised = advance(replace(in_state(CONNECTED), attempts=5), EVENTS["promised"], rules, NOW)
    assert promised.due_at == TOMORROW


def test_a_result_waits_by_its_own_rule() -> None:
    talked = replace(in_state(CONNECTED), attempts=2)
    results = {"no_talk": RetryRule(100, 5, growth=2.0)}
    assert advance(talked, EVENTS["no_talk"], DEFAULT_RETRY_RULES, NOW, results).due_at == NOW + timedelta(seconds=200)
    other = advance(talked, EVENTS["no_talk"], DEFAULT_RETRY_RULES, NOW)  # as after no answer
    assert other.due_at == NOW + timedelta(seconds=3600)
    last = advance(replace(talked, attempts=5), EVENTS["no_talk"], DEFAULT_RETRY_RULES, NOW, results)
    assert last.state is DONE


def test_another_number_is_asked_anew_of_the_law() -> None:
    held = advance(in_state(FRESH), Held("do_not_call", None), DEFAULT_RETRY_RULES, NOW)
    after = advance(held, EVENTS["edited"], DEFAULT_RETRY_RULES, NOW)
    other = advance(held, Edited(numbers=Numbers(("+79000000077",), ("Europe/Moscow",))), DEFAULT_RETRY_RULES, NOW)
    assert (after.state, after.held_by) == (RETRY_AT, "do_not_call")
    assert (other.state, other.held_by, other.phone) == (DUE, None, "+79000000077")
