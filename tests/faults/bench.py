"""The bench of faults on one setup: every crash, every fault, and kills at random moments. `make faults` (night.py) runs it on all.

    python -m tests.faults.bench [--database postgresql] [--kills=100] [--only NAME]... [--seed TEXT] [--share 1/2] [--keep FILE]

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
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from . import budget
from .bases import ONE_ENGINE, NewBase, Setup, bases
from .crashes import Outcome, every_crash, kill_at_random, survive
from .faultlab import FaultLab
from .flows import FLOWS
from .matrix import FAULTS
from .places import PLACES, Place, why_not


@dataclass(frozen=True, slots=True)
class Trial:
    """One thing to be tried, and where."""

    name: str
    run: Callable[[FaultLab], Awaitable[Outcome]]
    place: Place = Place.HOUSE


async def tried(lab: FaultLab, name: str) -> Outcome:
    """One fault of the matrix."""
    trouble: list[str] = []
    recovery = None
    try:
        recovery = await FAULTS[name].story(lab)
        await lab.rest()
    except Exception as error:  # whatever it is, the next one is to be tried
        trouble.append(f"{type(error).__name__}: {error}\n{lab.house.tail(80)}")
        await lab.recover()
    trouble += await lab.new_violations()
    return Outcome(name, recovery, tuple(trouble))


def trials(arguments: argparse.Namespace) -> list[Trial]:
    """All that were asked for; what cannot be tried on this machine is not among them."""
    setup = Setup(arguments.database)
    found = [
        Trial(name, partial(tried, name=name), row.place)
        for name, row in FAULTS.items()
        if setup in row.setups and not why_not(row.place)
    ]
    if setup in ONE_ENGINE:
        found += _crashes_and_kills(arguments)
    wanted = [one for one in found if asked_for(one.name, arguments.only)]
    part, parts = map(int, arguments.share.split("/"))
    return wanted[part - 1 :: parts]


def _crashes_and_kills(arguments: argparse.Namespace) -> list[Trial]:
    found = [Trial(f"crash {crash}", partial(survive, crash=crash)) for crash in every_crash()]
    found += [
        Trial(f"kill {number}", partial(kill_at_random, seed=arguments.seed, number=number))
        for number in range(arguments.kills)
    ]
    return found


def asked_for(name: str, only: Sequence[str]) -> bool:
    return not only or any(re.search(each, name) for each in only)


def left_out(arguments: argparse.Namespace) -> list[str]:
    """In words, what cannot be tried here, and why."""
    setup = Setup(arguments.database)
    rows = [(name, row) for name, row in FAULTS.items() if asked_for(name, arguments.only)]
    return [
        f"not tried: {name}: {why}"
        for name, row in rows
        if (why := why_not(row.place) or ("" if setup in row.setups else f"it is of {' and '.join(row.setups)}"))
    ]


async def run(arguments: argparse.Namespace) -> AsyncIterator[tuple[str, Outcome]]:
    """Place after place, each with a house and a folder of its own."""
    wanted = trials(arguments)
    async with bases(Setup(arguments.database)) as new_base:
        for place in dict.fromkeys(trial.place for trial in wanted):
            async with opened(place, new_base) as lab:
                for trial in wanted:
                    if trial.place is place:
                        yield trial.name, await trial.run(lab)


@asynccontextmanager
async def opened(place: Place, new_base: NewBase) -> AsyncIterator[FaultLab]:
    folder = Path(tempfile.mkdtemp(prefix="cordboard-faults-"))
    try:
        async with PLACES[place](folder, new_base) as lab:
            yield lab
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def work(arguments: argparse.Namespace) -> bool:
    measured: dict[str, list[float]] = {}
    bad, count, begun = 0, 0, time.monotonic()
    if arguments.share.startswith("1/"):
        print(*left_out(arguments), sep="\n", end="\n" if left_out(arguments) else "", flush=True)
    async for name, outcome in run(arguments):
        count += 1
        bad += bool(outcome.trouble)
        if outcome.recovery_s is not None:
            measured.setdefault(budget.kind_of(name), []).append(round(outcome.recovery_s, 2))
        elif not outcome.trouble:
            measured.setdefault(budget.kind_of(name), [])
        recovery = "      -" if outcome.recovery_s is None else f"{outcome.recovery_s:6.2f}s"
        if arguments.keep:
            keep(Path(arguments.keep), arguments.database, measured)
        print(
            f"{'BAD' if outcome.trouble else 'ok ':4}{recovery}  {outcome.name}",
            *outcome.trouble,
            sep="\n      ",
            flush=True,
        )
    print(f"{count} faults on {arguments.database} in {time.monotonic() - begun:.0f} s, {bad} with trouble")
    return bad == 0


def keep(path: Path, setup: str, measured: Mapping[str, list[float]]) -> None:
    """Add to what stands there; a kind that was measured now, on this setup, is replaced."""
    data = json.loads(path.read_text()) if path.exists() else {}
    today = datetime.now(UTC).date().isoformat()
    for kind, values in measured.items():
        data.setdefault(setup, {})[kind] = {"date": today, "seconds": sorted(values)}
    path.write_text(json.dumps(data, indent=1, sort_keys=True) + "\n")


async def trace() -> None:
    """Which failpoints each flow passes."""
    async with bases(Setup.SQLITE) as new_base, opened(Place.HOUSE, new_base) as lab:
        for name, flow in FLOWS.items():
            await lab.restart("*=note")
            before = len(lab.house.log.read_text())
            await flow(lab)
            await lab.rest()
            print(name, *re.findall(r"failpoint (\w+): note", lab.house.log.read_text()[before:]), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.bench")
    parser.add_argument("--database", choices=list(Setup), default=Setup.SQLITE, help="what the house stands on")
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
