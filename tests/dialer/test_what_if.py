"""What would happen: the question is checked, a campaign's own calls become a world, the answer has its spread."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from cordboard.dialer.campaign import Campaign, CampaignRefused, DialMode, Setting, settings
from cordboard.dialer.lead import Attempt
from cordboard.dialer.pacing import Predictive, Snapshot
from cordboard.dialer.pacing_terms import Abandoned, CallEnded, Outcome
from cordboard.dialer.what_if import (
    ENOUGH,
    Asked,
    Forecast,
    Job,
    Learned,
    Run,
    Side,
    StandsOn,
    changed,
    forecast,
    knobs_of,
    side_of,
    with_leads,
)
from cordboard.dialer.what_if_past import learned_of
from cordboard.dialer.what_if_run import played, runs
from cordboard.dialer.what_if_world import Bounded, answer_share, filled, resampled, world_of
from cordboard.dialer.worlds import Lognormal, Measured
from cordboard.queue.channel import AttemptOutcome

CAMPAIGN = Campaign("c", "Orders", "orders", datetime(2026, 11, 21, tzinfo=UTC))
SIDE = side_of(CAMPAIGN, operators=8, lines=60, answered=200, abandoned=2, warm=False)
RICH = replace(SIDE, answered=3000, abandoned=0)
"""So many were served that the bound binds nobody."""
CHANCE = np.random.default_rng(5)
RING_S = tuple(float(each) for each in CHANCE.lognormal(2.4, 0.4, 180))
LEARNED = Learned(
    by_hour=((0, 0),) * 10 + ((200, 80),) + ((400, 100),) + ((0, 0),) * 12,
    answer_s=tuple(3.0 + each for each in RING_S),
    ring_s=RING_S,
    set_up_s=(3.0,) * 180,
    failed=60,
    talk_s=tuple(float(each) for each in CHANCE.lognormal(3.6, 0.5, 180)),
    wrap_up_s=tuple(float(each) for each in CHANCE.lognormal(2.0, 0.4, 180)),
    lags_s=(0.2, 0.4) * 40,
)


def job(changed_side: Side, **more: object) -> Job:
    told = {"as_is": SIDE, "minutes": 20, "seeds": (1, 2, 3, 4)} | more
    return Job(LEARNED, 10.5, rung_s=30, changed=changed_side, **told)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        (Asked({"mode": "agentless", "notice.text_ru": "x"}), "notice.text_ru"),
        (Asked({"mode": "preview"}), "mode"),
        (Asked({"mode": "whatever"}), "mode"),
        (Asked({"ring_timeout_s": 5}), "ring_timeout_s"),
        (Asked({"ring_timeout_s": True}), "ring_timeout_s"),
        (Asked({"cap.limit": 0.5}), "cap.limit"),
        (Asked({"power.ratio": 9.0}), "power.ratio"),
        (Asked({"limits.gap_s": 5}), "limits.gap_s"),
        (Asked({"weights.charm": 5}), "weights.charm"),
        (Asked({"weights.age": 5000}), "weights.age"),
        (Asked({}), "knobs"),
        (Asked({}, operators=0), "operators"),
        (Asked({}, operators=301), "operators"),
        (Asked({}, lines=0), "lines"),
        (Asked({"mode": "power"}, minutes=2), "minutes"),
        (Asked({"mode": "power"}, minutes=241), "minutes"),
    ],
)
def test_a_question_that_cannot_be_asked_names_its_field(asked: Asked, field: str) -> None:
    with pytest.raises(CampaignRefused) as refused:
        changed(CAMPAIGN, asked)
    assert refused.value.field == field


def test_what_is_turned_is_exactly_what_was_asked_and_stands_otherwise_now() -> None:
    knobs: dict[str, Setting] = {
        "mode": "predictive",
        "ring_timeout_s": 30,
        "weights.age": -2.0,
        "cap.jurisdiction": "",
    }
    asked = Asked(knobs)
    after = changed(CAMPAIGN, asked)
    assert after.mode is DialMode.PREDICTIVE
    turned = knobs_of(CAMPAIGN, after, asked)
    assert turned == {"mode": "predictive", "weights.age": -2.0, "cap.jurisdiction": ""}
    assert settings(after) == settings(changed(CAMPAIGN, Asked(turned)))


def test_a_country_brings_its_limit_into_what_is_turned() -> None:
    loose = changed(CAMPAIGN, Asked({"cap.jurisdiction": "", "cap.limit": 0.05}))
    asked = Asked({"cap.jurisdiction": "ru"})
    assert knobs_of(loose, changed(loose, asked), asked) == {"cap.jurisdiction": "ru", "cap.limit": 0.03}


def test_the_laws_are_the_campaigns_own_and_the_usual_ones_where_it_has_too_few() -> None:
    assert filled((1.0,) * ENOUGH, Lognormal(9.0, 0.5)) == Measured((1.0,) * ENOUGH)
    chance = np.random.default_rng(1)
    half = [filled((1.0,) * (ENOUGH // 2), Lognormal(900.0, 0.01))(chance) for _ in range(400)]
    assert 0.35 < sum(each == 1.0 for each in half) / 400 < 0.65
    assert answer_share(Learned(), 12.0) == pytest.approx(0.3)
    assert answer_share(LEARNED, 10.9) == pytest.approx(0.4, abs=0.03)
    assert answer_share(LEARNED, 11.1) == pytest.approx(0.25, abs=0.02)
    assert answer_share(LEARNED, 35.0) == answer_share(LEARNED, 11.0)  # the next day's
    assert answer_share(LEARNED, 3.0) == pytest.approx(0.3, abs=0.01)  # no call at that hour: the whole day's


def test_a_shorter_ring_is_answered_less_and_a_longer_one_more() -> None:
    def answered(ring_timeout_s: int) -> float:
        return world_of(job(SIDE), replace(SIDE, ring_timeout_s=ring_timeout_s)).answer_probability(0.0)

    assert answered(30) == pytest.approx(answer_share(LEARNED, 10.5), rel=0.05)
    assert answered(15) < 0.9 * answered(30)
    assert answered(30) < answered(60) < 1.3 * answered(30)
    short = world_of(job(SIDE), replace(SIDE, ring_timeout_s=15))
    assert all(short.ring(np.random.default_rng(seed)) < 15 for seed in range(200))


def test_power_is_busier_and_more_abandoned_than_progressive_and_both_stay_below_the_limit() -> None:
    came: dict[str, list[Run]] = {"as_is": [], "changed": []}
    for name, run in runs(job(replace(RICH, mode="power", ratio=2.0), as_is=RICH)):
        came[name].append(run)
    plain, power = forecast(came["as_is"]), forecast(came["changed"])
    assert power.utilisation.middle > plain.utilisation.middle + 0.03
    assert plain.abandonment.high == 0.0
    assert power.abandonment.high > 0.0
    assert power.served_an_hour.middle > plain.served_an_hour.middle
    for one in (plain, power):
        assert one.utilisation.low <= one.utilisation.middle <= one.utilisation.high
        assert one.runs == 4
        assert one.wait_s.middle >= 0.9 * LEARNED.lag_s


def test_a_budget_that_is_spent_lets_nobody_dial_ahead() -> None:
    spent = replace(SIDE, mode="power", ratio=3.0, answered=100, abandoned=5)
    run = played(job(spent, minutes=10), spent, 1)
    assert run.abandonment == 0.0


def test_few_lines_hold_the_calls() -> None:
    free, few = (replace(RICH, mode="power", ratio=3.0, lines=lines) for lines in (60, 8))
    assert (
        played(job(few, minutes=10), few, 1).calls_an_hour < 0.9 * played(job(free, minutes=10), free, 1).calls_an_hour
    )


def test_a_warm_pacer_forecasts_at_once_and_a_cold_one_does_not() -> None:
    side = replace(SIDE, mode="predictive", warm=True)
    world = world_of(job(side), side)
    warm, cold = Bounded(side, job(side)), Bounded(replace(side, warm=False), job(side))
    for pacer in (warm, cold):
        pacer.reset(world.info())
    assert warm.inner.beliefs.resolved == LEARNED.calls  # type: ignore[attr-defined]
    assert cold.inner.beliefs.resolved == 0  # type: ignore[attr-defined]


def test_the_pacer_in_the_forecast_knows_the_days_budget_as_the_dialers_does() -> None:
    side = replace(SIDE, mode="predictive", warm=True, answered=500, abandoned=4)
    one = job(side, day_answered=200, day_abandoned=3, ends_s=7_200.0, most_withdrawn=0.1)
    bounded = Bounded(side, one)
    bounded.reset(world_of(one, side).info())
    pacer = bounded.inner
    assert isinstance(pacer, Predictive)
    assert (pacer.info.window_end_s, pacer.most_withdrawn) == (7_200.0, 0.1)
    bounded.observe(CallEnded(1.0, Outcome.PERSON, 5.0))
    bounded.observe(Abandoned(2.0))
    none = np.array([])
    bounded.decide(Snapshot(3.0, 2, 0, 0, 0, 0, none, none, np.array([1.0, 1.0]), (), (), none, 10))
    assert (pacer.budget.answered, pacer.budget.abandoned) == (201, 4)


def test_a_day_with_room_forecasts_busier_operators_than_one_without() -> None:
    side = replace(SIDE, mode="predictive", warm=True, operators=12, answered=400)
    free, spent = (job(side, minutes=30, day_answered=400, day_abandoned=lost, ends_s=36_000.0) for lost in (0, 40))
    busy = [np.mean([played(each, side, seed).utilisation for seed in (1, 2)]) for each in (free, spent)]
    assert busy[0] > busy[1] + 0.05


def test_of_few_calls_little_is_known_and_the_spread_says_so() -> None:
    few = replace(LEARNED, talk_s=LEARNED.talk_s[:40], by_hour=((60, 20), *LEARNED.by_hour[1:]))

    def spread(learned: Learned) -> float:
        return float(np.std([np.mean(resampled(learned, seed).talk_s) for seed in range(40)]))

    assert spread(few) > 1.5 * spread(LEARNED)
    one = resampled(few, 1)
    assert one == resampled(few, 1)
    assert one != resampled(few, 2)
    assert set(one.talk_s) <= set(few.talk_s)
    assert [calls for calls, _ in one.by_hour] == [calls for calls, _ in few.by_hour]
    assert all(persons <= calls for calls, persons in one.by_hour)
    assert len({resampled(LEARNED, seed).lag_s for seed in range(10)}) > 5
    assert resampled(Learned(), 1) == Learned()


def test_other_leads_change_the_chance_within_reason() -> None:
    assert with_leads(SIDE, [0.4, 0.4], [0.2, 0.2]).lead_factor == pytest.approx(2.0)
    assert with_leads(SIDE, [0.9], [0.01]).lead_factor == 5.0
    assert with_leads(SIDE, [], [0.2]) == SIDE


def test_a_job_and_a_forecast_are_the_same_after_json() -> None:
    one = job(replace(SIDE, mode="predictive"))
    assert Job.of_json(json.loads(json.dumps(one.to_json()))) == one
    assert Job.of_json(json.loads(json.dumps(replace(one, as_is=None).to_json()))).runs == 4
    made = forecast([Run(0.8, 0.01, 0.4, 100, 30), Run(0.9, 0.02, 0.5, 110, 33), Run(0.7, 0.0, 0.3, 90, 28)])
    assert Forecast.of_json(json.loads(json.dumps(made.to_json()))) == made
    with pytest.raises(ValueError, match="too few"):
        forecast([Run(0.8, 0.01, 0.4, 100, 30)])


def test_thin_ground_is_told() -> None:
    assert StandsOn(500, 100, 100, 29).thin
    assert not StandsOn(500, 100, 100, 30).thin


def test_what_the_wire_takes_is_told_by_calls_with_an_operator_of_their_own() -> None:
    now = datetime(2026, 11, 20, 9, tzinfo=UTC)

    def call(n: int, agent_id: str | None, waited_s: float) -> Attempt:
        met = now + timedelta(seconds=waited_s)
        mode = "predictive" if agent_id is None else "progressive"
        return Attempt(
            str(n), "l", "c", agent_id, "+7", now, now, met, AttemptOutcome.PERSON, mode=mode, connected_at=met
        )

    reserved = [call(n, "maria", 0.2 if n % 2 else 0.4) for n in range(12)]
    others = [call(100 + n, None, 0.1 if n < 4 else 1.5) for n in range(12)]
    home = ZoneInfo("Europe/Moscow")
    assert learned_of([*reserved, *others], [], [], home).lag_s == pytest.approx(0.3)
    assert learned_of([*reserved[:5], *others], [], [], home).lag_s < 0.3
    assert learned_of(others[:5], [], [], home).lag_s == 0.0
