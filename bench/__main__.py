"""`python -m bench [NAME ...] [--small] [--minutes N] [--write]`: run every bench/NAME.py that has `rows()`, and print one dated table.

`--small` tries each once and little; `--write` puts the table of a whole run into docs/benchmarks.md. A bench that says `BY_NAME_ONLY` is
no part of a whole run; `--minutes` is for those that last as long as one says.
"""

import argparse
import importlib
import os
import platform
import re
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from bench.table import Row, table

HERE = Path(__file__).resolve().parent
DOCUMENT = HERE.parent / "docs/benchmarks.md"
PLACE = re.compile(r"(?<=<!-- bench -->\n).*?(?=<!-- /bench -->)", re.DOTALL)
NOT_BENCHES = {"__main__", "table"}


def benches() -> list[str]:
    """The names of the benches: the files of this folder that have `rows()`."""
    names = sorted(path.stem for path in HERE.glob("*.py") if path.stem not in NOT_BENCHES)
    return [name for name in names if hasattr(importlib.import_module(f"bench.{name}"), "rows")]


def whole() -> list[str]:
    """The benches of a whole run."""
    return [name for name in benches() if not getattr(importlib.import_module(f"bench.{name}"), "BY_NAME_ONLY", False)]


def measured(names: Iterable[str], *, small: bool, minutes: float | None) -> list[Row]:
    rows: list[Row] = []
    for name in names:
        print(f"measuring {name}", file=sys.stderr, flush=True)
        bench = importlib.import_module(f"bench.{name}")
        rows += bench.rows(small) if minutes is None else bench.rows(small, minutes=minutes)
    return rows


def heading(load_before: float, *, small: bool) -> str:
    """When and where; the load says whether others were at work on the machine before we were."""
    where = f"{os.cpu_count()} cores, load {load_before:.1f} before the run, Python {platform.python_version()}"
    return f"### {datetime.now(UTC):%Y-%m-%d}, {where}{', small sizes' if small else ''}"


def main(arguments: list[str]) -> int:
    known = benches()
    parser = argparse.ArgumentParser(prog="python -m bench", description=f"Benches: {', '.join(known)}.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these")
    parser.add_argument("--small", action="store_true", help="each bench once and little, to see that it runs")
    parser.add_argument("--write", action="store_true", help="put the table into docs/benchmarks.md")
    parser.add_argument("--minutes", type=float, help="how long a bench lasts that can be told so (pacing_live)")
    asked = parser.parse_args(arguments)
    unknown = [name for name in asked.names if name not in known]
    if unknown:
        parser.error(f"no such bench: {', '.join(unknown)} (there are: {', '.join(known)})")
    if asked.write and asked.names:
        parser.error("--write wants a whole run, so that the table is of one machine and one hour")
    if asked.minutes is not None and (asked.names != ["pacing_live"] or asked.minutes < 1):
        parser.error("--minutes is for pacing_live alone, and at least 1")
    load = os.getloadavg()[0]
    rows = measured(asked.names or whole(), small=asked.small, minutes=asked.minutes)
    text = f"{heading(load, small=asked.small)}\n\n{table(rows)}\n"
    print(text)
    if asked.write:
        DOCUMENT.write_text(PLACE.sub(lambda _: f"\n{text}\n", DOCUMENT.read_text()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
