"""`python -m bench [NAME ...]`: run every bench/NAME.py that has `rows()`, and print one dated table to paste into docs/benchmarks.md."""

import importlib
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

from bench.table import table

HERE = Path(__file__).resolve().parent
NOT_BENCHES = {"__main__", "table"}


def benches() -> list[str]:
    """The names of the benches: the files of this folder that have `rows()`."""
    names = sorted(path.stem for path in HERE.glob("*.py") if path.stem not in NOT_BENCHES)
    return [name for name in names if hasattr(importlib.import_module(f"bench.{name}"), "rows")]


def main(wanted: list[str]) -> int:
    known = benches()
    unknown = [name for name in wanted if name not in known]
    if unknown:
        print(f"no such bench: {', '.join(unknown)} (there are: {', '.join(known)})", file=sys.stderr)
        return 2
    rows = []
    for name in wanted or known:
        print(f"measuring {name}", file=sys.stderr, flush=True)
        rows += importlib.import_module(f"bench.{name}").rows()
    print(f"### {datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    print(table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
