"""Several numbers of a lead: which is dialed next, after each outcome."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.dialer.lead import AttemptEnded, AttemptStarted, CameDue, Connected, Edited, Lead, LeadState, Withdrawn
from cordboard.dialer.lead_moves import advance
from cordboard.dialer.numbers import (
    MAX_FIELD_TEXT,
    FieldsRefused,
    Numbers,
    checked_fields,
    distinct,
    moved_on,
)
from cordboard.dialer.retry import DEFAULT_RETRY_RULES
from cordboard.queue.channel import AttemptOutcome
from cordboard.queue.contact import IllegalTransition

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
A, B, C = "+74950000001", "+73430000002", "+79120000003"
MOSCOW, URAL = "Europe/Moscow", "Asia/Yekaterinburg"
THREE = Numbers((A, B, C), (MOSCOW, URAL, MOSCOW))
LEAD = Lead("lead", "campaign", "api:1", A, MOSCOW, NOW, NOW, phones=THREE.phones, zones=THREE.zones)
NEXT = {AttemptOutcome.NO_ANSWER, AttemptOutcome.REJECTED, AttemptOutcome.MACHINE, AttemptOutcome.TONE}


@pytest.mark.parametrize("outcome", AttemptOutcome)
def test_which_outcome_moves_on(outcome: AttemptOutcome) -> None:
    after = moved_on(THREE, outcome)
    assert after is not None
    if outcome is AttemptOutcome.INVALID:
        assert after == Numbers((B, C), (URAL, MOSCOW), 0)
    else:
        assert after == replace(THREE, at=1 if outcome in NEXT else 0)


def test_after_the_last_comes_the_first() -> None:
    after = moved_on(replace(THREE, at=2), AttemptOutcome.NO_ANSWER)
    assert after == THREE
    assert moved_on(replace(THREE, at=2), AttemptOutcome.INVALID) == Numbers((A, B), (MOSCOW, URAL), 0)


def test_the_last_number_struck_out_leaves_none() -> None:
    assert moved_on(Numbers((A,), (MOSCOW,)), AttemptOutcome.INVALID) is None


@given(st.lists(st.sampled_from(list(AttemptOutcome)), max_size=12))
def test_a_struck_number_never_comes_back_and_the_place_stands_in_the_list(outcomes: list[AttemptOutcome]) -> None:
    numbers: Numbers | None = THREE
    struck: set[str] = set()
    for outcome in outcomes:
        assert numbers is not None
        dialed = numbers.phone
        assert dialed not in struck
        numbers = moved_on(numbers, outcome)
        struck |= {dialed} if outcome is AttemptOutcome.INVALID else set()
        if numbers is None:
            assert struck == {A, B, C}
            return
        assert not struck & set(numbers.phones)


def dialed(lead: Lead, outcome: AttemptOutcome) -> Lead:
    """One attempt, to its end."""
    dialing = advance(lead, AttemptStarted(), DEFAULT_RETRY_RULES, NOW)
    return advance(dialing, AttemptEnded(outcome), DEFAULT_RETRY_RULES, NOW)


def test_an_invalid_number_costs_no_attempt_and_the_next_is_due_at_once_in_its_own_zone() -> None:
    lead = dialed(LEAD, AttemptOutcome.INVALID)
    assert (lead.state, lead.due_at, lead.attempts) == (LeadState.RETRY_AT, NOW, 0)
    assert (lead.phone, lead.zone, lead.phones) == (B, URAL, (B, C))
    due = advance(lead, CameDue(), DEFAULT_RETRY_RULES, NOW)
    last = dialed(
        advance(dialed(due, AttemptOutcome.INVALID), CameDue(), DEFAULT_RETRY_RULES, NOW), AttemptOutcome.INVALID
    )
    assert (last.state, last.phone) == (LeadState.DONE, C)


def test_an_order_that_wants_no_call_is_not_dialed_on_another_number() -> None:
    dialing = replace(advance(LEAD, AttemptStarted(), DEFAULT_RETRY_RULES, NOW), wanted=False)
    assert advance(dialing, AttemptEnded(AttemptOutcome.INVALID), DEFAULT_RETRY_RULES, NOW).state is LeadState.DONE


def test_no_answer_waits_its_delay_and_then_the_next_number_is_dialed() -> None:
    lead = dialed(LEAD, AttemptOutcome.NO_ANSWER)
    assert (lead.phone, lead.phones, lead.attempts) == (B, (A, B, C), 1)
    assert lead.due_at == NOW + timedelta(seconds=DEFAULT_RETRY_RULES[AttemptOutcome.NO_ANSWER].delay_s)
    assert dialed(LEAD, AttemptOutcome.BUSY).phone == A


def test_a_machine_that_answered_moves_on_too() -> None:
    talking = advance(advance(LEAD, AttemptStarted(), DEFAULT_RETRY_RULES, NOW), Connected(), DEFAULT_RETRY_RULES, NOW)
    assert advance(talking, AttemptEnded(AttemptOutcome.MACHINE), DEFAULT_RETRY_RULES, NOW).phone == B
    assert advance(talking, AttemptEnded(AttemptOutcome.ABANDONED), DEFAULT_RETRY_RULES, NOW).phone == A


def test_a_lead_with_one_number_is_as_it_was() -> None:
    one = replace(LEAD, phones=(), zones=())
    assert one.numbers == Numbers((A,), (MOSCOW,))
    assert dialed(one, AttemptOutcome.INVALID).state is LeadState.DONE
    assert dialed(one, AttemptOutcome.NO_ANSWER).phone == A


@pytest.mark.parametrize("state", [LeadState.DIALING, LeadState.CONNECTED, LeadState.DO_NOT_CALL])
def test_a_lead_in_a_call_is_not_edited(state: LeadState) -> None:
    with pytest.raises(IllegalTransition):
        advance(replace(LEAD, state=state), Edited(order_total=5), {}, NOW)


def test_an_edit_replaces_what_it_names() -> None:
    after = advance(LEAD, Edited(numbers=Numbers((C,), (URAL,)), order_total=5), {}, NOW)
    assert (after.phone, after.zone, after.phones, after.zones, after.order_total) == (C, URAL, (), (), 5)
    assert advance(after, Edited(fields={"город": "Омск"}), {}, NOW) == replace(after, fields={"город": "Омск"})


@pytest.mark.parametrize("state", LeadState)
def test_a_withdrawn_lead_is_not_dialed_again(state: LeadState) -> None:
    lead = replace(LEAD, state=state, is_callback=True, due_at=NOW)
    if state is LeadState.DO_NOT_CALL:
        with pytest.raises(IllegalTransition):
            advance(lead, Withdrawn(), DEFAULT_RETRY_RULES, NOW)
        return
    after = advance(lead, Withdrawn(), DEFAULT_RETRY_RULES, NOW)
    if state is LeadState.DIALING:
        after = advance(after, AttemptEnded(AttemptOutcome.NO_ANSWER), DEFAULT_RETRY_RULES, NOW)
    assert after.state is (LeadState.CONNECTED if state is LeadState.CONNECTED else LeadState.DONE)
    assert not after.wanted


def test_the_same_number_twice_is_one() -> None:
    assert distinct([A, B, A], [MOSCOW, URAL, MOSCOW]) == Numbers((A, B), (MOSCOW, URAL))
    with pytest.raises(ValueError, match="a lead has a number"):
        distinct([], [])


def test_own_fields_are_short_texts_and_numbers() -> None:
    assert checked_fields({" город ": "Омск", "скидка": 5, "вес": 1.5}) == {"город": "Омск", "скидка": 5, "вес": 1.5}


@pytest.mark.parametrize(
    "fields",
    [
        {"": 1},
        {"a\nb": 1},
        {"x" * 41: 1},
        {"a": None},
        {"a": True},
        {"a": [1]},
        {"a": "x" * (MAX_FIELD_TEXT + 1)},
        {"a": "x\0"},
        {"a": float("nan")},
        {"a": float("inf")},
        {f"f{number}": 1 for number in range(31)},
    ],
)
def test_other_fields_are_refused(fields: dict[str, object]) -> None:
    with pytest.raises(FieldsRefused):
        checked_fields(fields)
