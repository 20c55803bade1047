from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cordboard.dialer.campaign import (
    Campaign,
    CampaignRefused,
    CampaignState,
    DialMode,
    Setting,
    changed_knobs,
    check_campaign,
    own_values,
    settings,
    with_settings,
)
from cordboard.dialer.lead import DEFAULT_RETRY_RULES, RetryRule
from cordboard.dialer.pacing import PACERS, Brake, Progressive, Snapshot
from cordboard.dialer.priority import MAX_OWN
from cordboard.queue.channel import AttemptOutcome

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
CAMPAIGN = Campaign("id", "Orders", "orders", NOW)


def test_a_campaign_as_it_is_made_may_be_dialed_and_is_paused() -> None:
    check_campaign(CAMPAIGN)
    assert CAMPAIGN.state is CampaignState.PAUSED


@pytest.mark.parametrize(
    ("campaign", "field"),
    [
        (replace(CAMPAIGN, name=" "), "name"),
        (replace(CAMPAIGN, queue=""), "queue"),
        (replace(CAMPAIGN, ring_timeout_s=3), "ring_timeout_s"),
        (replace(CAMPAIGN, ring_timeout_s=14), "ring_timeout_s"),
        (replace(CAMPAIGN, ring_timeout_s=121), "ring_timeout_s"),
        *((replace(CAMPAIGN, mode=mode), "mode") for mode in DialMode if mode is not DialMode.PROGRESSIVE),
        (replace(CAMPAIGN, rules={}), "rules"),
    ],
)
def test_what_must_not_be_dialed_is_refused_by_name(campaign: Campaign, field: str) -> None:
    with pytest.raises(CampaignRefused) as refused:
        check_campaign(campaign)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("outcome", "rule", "field"),
    [
        (AttemptOutcome.UNKNOWN, RetryRule(60, 4), "rules.unknown.delay_s"),  # I3: not before 15 min
        (AttemptOutcome.BUSY, RetryRule(-1, 4), "rules.busy"),
        (AttemptOutcome.BUSY, RetryRule(0, None), "rules.busy.delay_s"),
    ],
)
def test_a_rule_that_would_pester_is_refused(outcome: AttemptOutcome, rule: RetryRule, field: str) -> None:
    with pytest.raises(CampaignRefused) as refused:
        check_campaign(replace(CAMPAIGN, rules={**DEFAULT_RETRY_RULES, outcome: rule}))
    assert refused.value.field == field


def test_every_knob_turns_there_and_back() -> None:
    for name, value in settings(CAMPAIGN).items():
        assert with_settings(CAMPAIGN, {name: value}) == CAMPAIGN
    vip = with_settings(CAMPAIGN, {"weights.segment.vip": 20})
    assert changed_knobs(CAMPAIGN, vip) == [("weights.segment.vip", None, 20.0)]
    assert changed_knobs(vip, CAMPAIGN) == [("weights.segment.vip", 20.0, None)]
    assert with_settings(vip, {"weights.segment.vip": None}) == CAMPAIGN
    turned = with_settings(CAMPAIGN, {"weights.order_sum": 3, "rules.busy.max_attempts": None, "state": "running"})
    assert changed_knobs(CAMPAIGN, turned) == [
        ("state", "paused", "running"),
        ("weights.order_sum", 1.0, 3.0),
        ("rules.busy.max_attempts", 6, None),
    ]


@pytest.mark.parametrize(
    "knobs",
    [
        {"weights.beauty": 1},
        {"weights.segment.": 1},
        {"weights.segment.vip": "much"},
        {"weights.segment.vip": 1e9},
        {"weights.age": "much"},
        {"weights.age": 1e9},
        {"weights.age": True},
        {"state": "flying"},
        {"mode": "guess"},
        {"ring_timeout_s": 20.5},
        {"hours.opens_min": 1300},
    ],
)
def test_a_value_that_the_knob_cannot_take_is_refused(knobs: dict[str, Setting]) -> None:
    with pytest.raises(CampaignRefused) as refused:
        with_settings(CAMPAIGN, knobs)
    assert refused.value.field == next(iter(knobs))


def test_own_fields_are_taken_by_the_names_that_the_campaign_gives_them() -> None:
    campaign = with_settings(CAMPAIGN, {"own_fields.1": "margin", "own_fields.3": "visits"})
    assert own_values(campaign, {"margin": 12.3456, "visits": "7", "": 5}) == (12_346, 0, 7_000)
    assert own_values(campaign, {"margin": None, "visits": "many"}) == (0, 0, 0)
    assert own_values(campaign, {"margin": float("inf"), "visits": -1e30}) == (0, 0, -MAX_OWN)


def test_more_segments_than_a_page_can_show_are_refused() -> None:
    many = with_settings(CAMPAIGN, {f"weights.segment.s{number}": 1 for number in range(21)})
    with pytest.raises(CampaignRefused, match="at most 20 segments"):
        check_campaign(many)


@pytest.mark.parametrize(
    ("idle", "waiting", "most", "place"), [(0, 0, 10, 0), (3, 0, 10, 3), (3, 1, 10, 2), (1, 5, 10, 0), (9, 0, 4, 4)]
)
def test_progressive_places_one_call_for_one_idle_operator(idle: int, waiting: int, most: int, place: int) -> None:
    assert Progressive().decide(Snapshot(0.0, idle, waiting, most)).place == place


def test_every_mode_that_is_dialed_has_a_pacer() -> None:
    assert [mode for mode in DialMode if mode.value in PACERS] == [DialMode.PROGRESSIVE]


def test_the_brake_holds_after_three_troubles_in_a_row_longer_each_time() -> None:
    brake, holds = Brake(), []
    for _ in range(9):
        brake = brake.after(AttemptOutcome.TRUNK_TROUBLE, NOW)
        holds.append((brake.until - NOW).total_seconds() if brake.until else 0)
    assert holds == [0, 0, 5, 10, 20, 40, 60, 60, 60]
    assert brake.holds(NOW + timedelta(seconds=59))
    assert not brake.holds(NOW + timedelta(seconds=60))
    assert brake.most() == 1


@pytest.mark.parametrize("outcome", [AttemptOutcome.BUSY, AttemptOutcome.NO_ANSWER, AttemptOutcome.PERSON])
def test_any_word_from_the_far_side_takes_the_brake_off(outcome: AttemptOutcome) -> None:
    assert Brake(5, NOW).after(outcome, NOW) == Brake()


@pytest.mark.parametrize("outcome", [AttemptOutcome.UNKNOWN, AttemptOutcome.CANCELLED])
def test_no_word_says_nothing_about_the_trunk(outcome: AttemptOutcome) -> None:
    assert Brake(5, NOW).after(outcome, NOW) == Brake(5, NOW)
