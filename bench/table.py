"""A measured row, and how rows are shown."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `aim` says what was wanted ("under 15"), `note` what a reader must know to compare (machine, count, spread)."""

    what: str
    value: float
    unit: str
    aim: str = ""
    note: str = ""


def number(value: float) -> str:
    """Three significant digits are more than any of these figures deserves."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def table(rows: Iterable[Row]) -> str:
    """Rows as a Markdown table."""
    lines = ["| what | measured | aim | note |", "| --- | --- | --- | --- |"]
    lines += [f"| {row.what} | {number(row.value)} {row.unit} | {row.aim} | {row.note} |" for row in rows]
    return "\n".join(lines)
