from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.dialer.attempt_limits import AttemptLimits
from cordboard.dialer.calling_hours import WEEKDAYS, CallingHours
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
from cordboard.dialer.knobs import NoticeKnobs, PowerKnobs
from cordboard.dialer.pacing import Brake, withdrawable
from cordboard.dialer.priority import MAX_OWN
from cordboard.dialer.reserving import Places, Power, Progressive, covered
from cordboard.dialer.retry import DEFAULT_RETRY_RULES, RetryRule
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
        (replace(CAMPAIGN, mode=DialMode.AGENTLESS), "notice.text_ru"),  # nothing to say
        (replace(CAMPAIGN, notice=NoticeKnobs(text_en="Order {number}")), "notice.text_en"),
        (replace(CAMPAIGN, power=PowerKnobs(sorry_ru="Магазин {shop_name")), "power.sorry_ru"),
        (replace(CAMPAIGN, results={"no_talk": RetryRule(60, 3, growth=11)}), "results.no_talk.growth"),
        (replace(CAMPAIGN, rules={}), "rules"),
        (replace(CAMPAIGN, hours=CallingHours(540, 1260, *("closed" for _ in WEEKDAYS))), "hours"),
        (replace(CAMPAIGN, limits=AttemptLimits(lead_total=0)), "limits.lead_total"),
        (replace(CAMPAIGN, limits=AttemptLimits(lead_day=-1)), "limits.lead_day"),
        (replace(CAMPAIGN, limits=AttemptLimits(number_day=1001)), "limits.number_day"),
        (replace(CAMPAIGN, limits=AttemptLimits(gap_s=-1)), "limits.gap_s"),
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
        (AttemptOutcome.BUSY, RetryRule(-1, 4), "rules.busy.delay_s"),
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
        {"power.ratio": 0.5},
        {"power.ratio": 3.1},
        {"power.ratio": "2"},
        {"cap.limit": 0.5},
        {"cap.window": 30},
        {"notice.channels": 0},
        {"notice.channels": 2.5},
        {"notice.on_silence": "shout"},
        {"notice.recording": "../secret"},
        {"preview.timeout_s": 1},
        {"preview.then": "wait"},
        {"blend.share": 0.0},
        {"blend.service_level_floor": 80},
    ],
)
def test_a_value_that_the_knob_cannot_take_is_refused(knobs: dict[str, Setting]) -> None:
    with pytest.raises(CampaignRefused) as refused:
        with_settings(CAMPAIGN, knobs)
    assert refused.value.field == next(iter(knobs))


def test_own_fields_are_taken_by_the_names_that_the_campaign_gives_them() -> None:
    campaign = with_settings(CAMPAIGN, {"own_fields.1": "margin", "own_fields.3": "visits"})
    assert own_values(campaign, {"margin": 12.3456, "visits": "7", "": 5}) == (12_346, 0, 7_000)
    assert own_values(campaign, {"margin": "1\u00a0234,5", "visits": " 7 "}) == (1_234_500, 0, 7_000)
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
    assert Progressive().decide(Places(0.0, idle, waiting, most)).place == place


@pytest.mark.parametrize(
    ("idle", "ringing", "room", "most", "placed"),
    [
        (4, 0, 99, 99, (6, 0)),  # 1.5 lines for each of four
        (4, 4, 99, 99, (2, 0)),
        (4, 6, 99, 99, (0, 0)),
        (4, 0, 0, 99, (0, 4)),  # no room: progressive
        (4, 0, 3, 99, (3, 2)),  # three lines for two operators, two operators for themselves
        (4, 0, 2, 99, (1, 3)),  # a line and a half for one operator is one
        (4, 0, 1, 99, (0, 4)),  # one line more for one operator would be no gain
        (4, 0, 99, 2, (2, 0)),
        (4, 0, 0, 3, (0, 3)),
        (1, 3, 0, 99, (0, 0)),  # the ringing calls need the one operator
        (3, 1, 0, 99, (0, 2)),
        (0, 0, 99, 99, (0, 0)),
    ],
)
def test_power_places_more_lines_than_operators_as_far_as_the_bound_lets_it(
    idle: int, ringing: int, room: int, most: int, placed: tuple[int, int]
) -> None:
    decision = Power(1.5).decide(Places(0.0, idle, 0, most, ringing, room))
    assert (decision.place, decision.reserved) == placed


@given(
    ratio=st.floats(1.0, 3.0),
    idle=st.integers(0, 50),
    waiting=st.integers(0, 5),
    ringing=st.integers(0, 80),
    room=st.integers(0, 80),
    most=st.integers(0, 200),
)
def test_power_never_goes_beyond_what_it_may(
    ratio: float, idle: int, waiting: int, ringing: int, room: int, most: int
) -> None:
    decision = Power(ratio).decide(Places(0.0, idle, waiting, most, ringing, room))
    assert 0 <= decision.place <= room
    assert decision.place + decision.reserved <= most
    assert decision.reserved + min(covered(ringing + decision.place, ratio), idle) <= idle
    assert ringing + decision.place <= max(ringing, ratio * idle)


def test_two_lines_are_a_gain_for_one_operator_though_he_could_have_three() -> None:
    decision = Power(3.0).decide(Places(0.0, 4, 0, 99, 0, 2))
    assert (decision.place, decision.reserved) == (2, 3)


def test_only_a_call_that_has_not_rung_or_rang_for_15_s_is_given_up() -> None:
    assert withdrawable({"a": None, "b": 0.0, "c": 14.9, "d": 15.0}) == ("a", "d")


def test_a_jurisdiction_brings_its_limit_and_window() -> None:
    american = with_settings(CAMPAIGN, {"cap.jurisdiction": "us-ftc"})
    assert (american.cap.limit, american.cap.window) == (0.03, "30d")
    own = with_settings(CAMPAIGN, {"cap.jurisdiction": "us-ftc", "cap.limit": 0.01})
    assert (own.cap.limit, own.cap.window) == (0.01, "30d")
    assert with_settings(own, {"cap.jurisdiction": ""}).cap.limit == 0.01


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


@pytest.mark.parametrize(
    ("knob", "value"),
    [("hours.sat", "10:00-18:00"), ("hours.holidays", ""), ("limits.lead_day", None), ("limits.gap_s", 3600)],
)
def test_hours_of_days_and_limits_are_knobs_like_any_other(knob: str, value: Setting) -> None:
    turned = with_settings(CAMPAIGN, {knob: value})
    assert changed_knobs(CAMPAIGN, turned) == [(knob, settings(CAMPAIGN)[knob], value)]


@pytest.mark.parametrize(
    ("knob", "value"),
    [("hours.sat", "18:00-10:00"), ("hours.mon", "all day"), ("hours.sun", "23:00-24:30"), ("limits.lead_day", "many")],
)
def test_hours_and_limits_that_cannot_be_read_are_refused_by_name(knob: str, value: Setting) -> None:
    with pytest.raises(CampaignRefused) as refused:
        with_settings(CAMPAIGN, {knob: value})
    assert refused.value.field == knob
