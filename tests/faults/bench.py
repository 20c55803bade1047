"""`make faults`: every crash, every fault, and kills at random moments. What it measured is kept in docs/reliability.json.

    python -m tests.faults.bench [--kills=100] [--only NAME]... [--seed TEXT] [--share 1/2] [--keep FILE]

Exit code 1 when an invariant broke or the house did not come to rest.
"""

import argparse
import asyncio
import json
import re
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

from . import budget
from .crashes import Outcome, every_crash, kill_at_random, survive
from .faultlab import FaultLab, fault_lab
from .faults import FAULTS
from .flows import FLOWS

Trial = Callable[[FaultLab], Awaitable[Outcome]]


async def tried(lab: FaultLab, name: str) -> Outcome:
    """One fault of the matrix."""
    trouble: list[str] = []
    recovery = None
    try:
        recovery = await FAULTS[name].story(lab)
        await lab.rest()
    except (AssertionError, TimeoutError) as error:
        trouble.append(f"{type(error).__name__}: {error}")
        await lab.recover()
    trouble += await lab.new_violations()
    return Outcome(name, recovery, tuple(trouble))


def trials(arguments: argparse.Namespace) -> list[tuple[str, Trial]]:
    found: list[tuple[str, Trial]] = [(name, lambda lab, name=name: tried(lab, name)) for name in FAULTS]  # type: ignore[misc]
    found += [(f"crash {crash}", lambda lab, crash=crash: survive(lab, crash)) for crash in every_crash()]  # type: ignore[misc]
    found += [
        (f"kill {number}", lambda lab, number=number: kill_at_random(lab, arguments.seed, number))  # type: ignore[misc]
        for number in range(arguments.kills)
    ]
    if arguments.only:
        found = [(name, trial) for name, trial in found if any(re.search(only, name) for only in arguments.only)]
    part, parts = map(int, arguments.share.split("/"))
    return found[part - 1 :: parts]


async def run(arguments: argparse.Namespace) -> AsyncIterator[tuple[str, Outcome]]:
    folder = Path(tempfile.mkdtemp(prefix="cordboard-faults-"))
    try:
        async with fault_lab(folder) as lab:
            for name, trial in trials(arguments):
                yield name, await trial(lab)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def work(arguments: argparse.Namespace) -> bool:
    measured: dict[str, list[float]] = {}
    bad, count, begun = 0, 0, time.monotonic()
    async for name, outcome in run(arguments):
        count += 1
        bad += bool(outcome.trouble)
        if outcome.recovery_s is not None:
            measured.setdefault(budget.kind_of(name), []).append(round(outcome.recovery_s, 2))
        recovery = "      -" if outcome.recovery_s is None else f"{outcome.recovery_s:6.2f}s"
        if arguments.keep:
            keep(Path(arguments.keep), measured)
        print(
            f"{'BAD' if outcome.trouble else 'ok ':4}{recovery}  {outcome.name}",
            *outcome.trouble,
            sep="\n      ",
            flush=True,
        )
    print(f"{count} faults in {time.monotonic() - begun:.0f} s, {bad} with trouble")
    return bad == 0


def keep(path: Path, measured: dict[str, list[float]]) -> None:
    """Add to what stands there; a kind that was measured now is replaced."""
    data = json.loads(path.read_text()) if path.exists() else {}
    today = datetime.now(UTC).date().isoformat()
    for kind, values in measured.items():
        data[kind] = {"date": today, "seconds": sorted(values)}
    path.write_text(json.dumps(data, indent=1, sort_keys=True) + "\n")


async def trace() -> None:
    """Which failpoints each flow passes."""
    folder = Path(tempfile.mkdtemp(prefix="cordboard-faults-"))
    async with fault_lab(folder) as lab:
        for name, flow in FLOWS.items():
            await lab.restart("*=note")
            before = len(lab.house.log.read_text())
            await flow(lab)
            await lab.rest()
            print(name, *re.findall(r"failpoint (\w+): note", lab.house.log.read_text()[before:]), flush=True)
    shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.bench")
    parser.add_argument("--kills", type=int, default=0, help="kills at random moments")
    parser.add_argument("--only", action="append", default=[], help="a regular expression for the names to run")
    parser.add_argument("--seed", default=datetime.now(UTC).date().isoformat(), help="of the random kills")
    parser.add_argument("--share", default="1/1", help="2/3: every third trial, from the second on")
    parser.add_argument("--keep", default="", help="the data file to add the measured times to")
    parser.add_argument("--trace", action="store_true", help="only say which failpoints each flow passes")
    arguments = parser.parse_args()
    if arguments.trace:
        asyncio.run(trace())
        return
    sys.exit(0 if asyncio.run(work(arguments)) else 1)


if __name__ == "__main__":
    main()
