"""The numbers behind the drawn figures of a campaign's page."""

from datetime import UTC, datetime, timedelta

import pytest

from cordboard.agent_web.campaign_charts import HEIGHT, WIDTH, gauge, hour_bars
from cordboard.dialer.day import Hour

NINE = datetime(2026, 11, 21, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("abandoned", "persons", "filled", "over", "spare"),
    [
        (0, 0, 0.0, False, None),
        (0, 100, 0.0, False, 3),
        (3, 100, 75.0, False, 0),
        (2, 100, 50.0, False, 1),
        (9, 100, 100.0, True, -6),
    ],
)
def test_the_gauge_is_filled_up_to_its_red_part_at_the_cap(
    abandoned: int, persons: int, filled: float, over: bool, spare: int | None
) -> None:
    drawn = gauge(abandoned, persons, 0.03)
    assert (drawn.filled, drawn.over, drawn.spare) == (filled, over, spare)


def test_bars_stand_side_by_side_and_the_line_falls_and_rises_with_the_share() -> None:
    hours = [
        Hour(NINE + timedelta(hours=n), 4, rate, part) for n, (rate, part) in enumerate([(0.5, 0.25), (None, 1.0)])
    ]
    first, second = hour_bars(hours)
    assert (first.height, first.y, first.line_y) == (HEIGHT / 2, HEIGHT / 2, HEIGHT * 0.75)
    assert (second.height, second.line_y) == (0, 0)
    assert first.x + first.width <= second.x
    assert hour_bars([*hours] * 12)[-1].x + hour_bars([*hours] * 12)[-1].width <= WIDTH
