"""`python -m bench [NAME ...] [--small] [--write]`: run every bench/NAME.py that has `rows()`, and print one dated table.

`--small` tries each once and little; `--write` puts the table of a whole run into docs/benchmarks.md.
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


def measured(names: Iterable[str], *, small: bool) -> list[Row]:
    rows: list[Row] = []
    for name in names:
        print(f"measuring {name}", file=sys.stderr, flush=True)
        rows += importlib.import_module(f"bench.{name}").rows(small)
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
    asked = parser.parse_args(arguments)
    unknown = [name for name in asked.names if name not in known]
    if unknown:
        parser.error(f"no such bench: {', '.join(unknown)} (there are: {', '.join(known)})")
    if asked.write and asked.names:
        parser.error("--write wants a whole run, so that the table is of one machine and one hour")
    load = os.getloadavg()[0]
    rows = measured(asked.names or known, small=asked.small)
    text = f"{heading(load, small=asked.small)}\n\n{table(rows)}\n"
    print(text)
    if asked.write:
        DOCUMENT.write_text(PLACE.sub(lambda _: f"\n{text}\n", DOCUMENT.read_text()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
