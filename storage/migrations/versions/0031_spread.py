"""The spread of an applied forecast is told by what it is for (low, middle, high), no more by percentages that changed. Figures that were
kept stay as they were made: the tenth, the middle and the ninetieth of a hundred of their runs."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

NEW = {"p10": "low", "p50": "middle", "p90": "high"}
what_if = sa.table("what_if", sa.column("id", sa.String(36)), sa.column("forecast", sa.JSON))


def upgrade() -> None:
    _rename(NEW)


def downgrade() -> None:
    _rename({new: old for old, new in NEW.items()})


def _rename(names: Mapping[str, str]) -> None:
    connection = op.get_bind()
    for row in connection.execute(sa.select(what_if)).all():
        renamed = {side: _told(figures, names) for side, figures in row.forecast.items()}
        connection.execute(what_if.update().where(what_if.c.id == row.id).values(forecast=renamed))


def _told(figures: Mapping[str, Any] | None, names: Mapping[str, str]) -> dict[str, Any] | None:
    if figures is None:
        return None
    return {
        name: {names[each]: value for each, value in figure.items()} if isinstance(figure, dict) else figure
        for name, figure in figures.items()
    }
