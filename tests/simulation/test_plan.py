"""What cannot be simulated is said before anything is started."""

from typing import Any

import pytest

from cordboard.simulation.habits import Habits, Stretch
from cordboard.simulation.plan import BadPlan, Plan, Scenario

GOOD: dict[str, Any] = {"agents": 5, "calls_per_second": 1.0, "seconds": 5.0}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"agents": 0}, "--agents"),
        ({"agents": -3}, "--agents"),
        ({"calls_per_second": 0}, "--calls-per-second"),
        ({"calls_per_second": -1}, "--calls-per-second"),
        ({"calls_per_second": float("nan")}, "--calls-per-second"),
        ({"seconds": 0}, "--seconds"),
        ({"outbound": 1.5}, "--outbound"),
        ({"answers": -0.1}, "--answers"),
        ({"nodes": 2}, "--nodes"),
        ({"habits": Habits(talk_s=0)}, "--talk"),
        ({"agents": 101}, "on SQLite at most 100 agents"),
        ({"database_url": "mysql://nowhere"}, "--database-url"),
    ],
)
def test_a_bad_plan_is_one_line(changed: dict[str, Any], told: str) -> None:
    with pytest.raises(BadPlan, match=told) as refused:
        Plan(**GOOD | changed).checked()
    assert "\n" not in str(refused.value)


def test_a_good_plan_stays_as_it_is() -> None:
    plan = Plan(**GOOD)
    assert plan.checked() is plan
    assert Plan(**GOOD | {"agents": 2500, "database_url": "postgresql+asyncpg://u@h/d"}).checked().agents == 2500


def test_overload_is_twice_as_much_after_as_much() -> None:
    assert Plan(**GOOD, scenario=Scenario.OVERLOAD).stretches() == [Stretch(1.0, 5.0), Stretch(2.0, 5.0)]


def test_orders_and_callers_share_the_rate() -> None:
    plan = Plan(**GOOD, outbound=0.25)
    assert (plan.inbound, plan.orders) == (0.75, 0.25)
