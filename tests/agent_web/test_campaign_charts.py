"""The numbers behind the drawn figures of a campaign's page."""

from datetime import UTC, datetime, timedelta

import pytest

from cordboard.agent_web.campaign_charts import HEIGHT, WIDTH, filled, hour_bars
from cordboard.dialer.day import Hour

NINE = datetime(2026, 11, 21, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rate", "cap", "arc"),
    [
        (None, 0.03, 0.0),
        (0.0, 0.03, 0.0),
        (0.03, 0.03, 75.0),
        (0.02, 0.03, 50.0),
        (0.09, 0.03, 100.0),
        (0.001, 0.0, 100.0),
        (0.0, 0.0, 0.0),
    ],
)
def test_the_gauge_is_filled_up_to_its_red_part_at_the_cap(rate: float | None, cap: float, arc: float) -> None:
    assert filled(rate, cap) == arc


def test_bars_stand_side_by_side_and_the_line_falls_and_rises_with_the_share() -> None:
    hours = [
        Hour(NINE + timedelta(hours=n), 4, rate, part) for n, (rate, part) in enumerate([(0.5, 0.25), (None, 1.0)])
    ]
    first, second = hour_bars(hours)
    assert (first.height, first.y, first.line_y) == (HEIGHT / 2, HEIGHT / 2, HEIGHT * 0.75)
    assert (second.height, second.line_y) == (0, 0)
    assert first.x + first.width <= second.x
    assert hour_bars([*hours] * 12)[-1].x + hour_bars([*hours] * 12)[-1].width <= WIDTH
