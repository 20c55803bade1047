"""`make faults`: the whole bench of faults on every setup, some houses beside each other; then docs/reliability.md is made of it.

    python -m tests.faults.night [--database postgresql] [--kills 100] [--only NAME]... [--seed TEXT] [--beside 4]

A run of all trials writes its times down; one of some (`--only`, `--database`) only says what came of them. Exit code 1 when an invariant
broke or a house did not come to rest.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from . import budget
from .bases import ONE_ENGINE, Setup

SHARES = 4
Measured = Mapping[str, Mapping[str, Sequence[float]]]
"""By setup and kind, the seconds of each trial."""


@dataclass(frozen=True, slots=True)
class Share:
    """A part of one setup's trials, for a process of its own."""

    setup: Setup
    part: int
    parts: int

    @property
    def name(self) -> str:
        return f"{self.setup} {self.part}/{self.parts}"

    def command(self, asked: argparse.Namespace, keep: Path) -> list[str]:
        only = [word for name in asked.only for word in ("--only", name)]
        chosen = ["--database", str(self.setup), "--share", f"{self.part}/{self.parts}", "--keep", str(keep)]
        told = ["--kills", str(asked.kills), "--seed", asked.seed, *only]
        return [sys.executable, "-m", "tests.faults.bench", *chosen, *told]


def shares(setups: Sequence[Setup]) -> list[Share]:
    """One engine dies at every failpoint of every flow, so its trials are many; two engines have a few."""
    parts = {setup: SHARES if setup in ONE_ENGINE else 1 for setup in setups}
    return [Share(setup, part + 1, count) for setup, count in parts.items() for part in range(count)]


def joined(kept: Sequence[Measured]) -> dict[str, dict[str, list[float]]]:
    """What all shares measured, in one."""
    found: dict[str, dict[str, list[float]]] = {}
    for measured in kept:
        for setup, kinds in measured.items():
            for kind, seconds in kinds.items():
                found.setdefault(setup, {}).setdefault(kind, []).extend(seconds)
    return found


async def run(share: Share, asked: argparse.Namespace, keep: Path, turns: asyncio.Semaphore) -> bool:
    """Whether all went well; each line is told as it comes."""
    async with turns:
        process = await asyncio.create_subprocess_exec(
            *share.command(asked, keep), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        assert process.stdout is not None
        async for line in process.stdout:
            print(f"[{share.name}] {line.decode(errors='replace').rstrip()}", flush=True)
        return await process.wait() == 0


def read(keep: Path) -> Measured:
    """What a share measured; nothing when it was asked for nothing, or died at once."""
    if not keep.exists():
        return {}
    return {
        setup: {kind: one["seconds"] for kind, one in kinds.items()}
        for setup, kinds in json.loads(keep.read_text()).items()
    }


def write_down(measured: Mapping[str, Mapping[str, Sequence[float]]]) -> None:
    """In docs/reliability.json, in place of what stood there, and the page of it."""
    today = datetime.now(UTC).date().isoformat()
    data = {
        setup: {kind: {"date": today, "seconds": sorted(seconds)} for kind, seconds in kinds.items()}
        for setup, kinds in measured.items()
    }
    budget.DATA.write_text(json.dumps(data, indent=1, sort_keys=True) + "\n")
    budget.main()


async def work(asked: argparse.Namespace) -> bool:
    wanted = shares([Setup(asked.database)] if asked.database else list(Setup))
    turns = asyncio.Semaphore(asked.beside)
    with tempfile.TemporaryDirectory(prefix="cordboard-faults-") as folder:
        keeps = [Path(folder) / f"{number}.json" for number in range(len(wanted))]
        went = await asyncio.gather(
            *(run(share, asked, keep, turns) for share, keep in zip(wanted, keeps, strict=True))
        )
        measured = joined([read(keep) for keep in keeps])
        if not (asked.only or asked.database):
            write_down(measured)
    bad = [share.name for share, well in zip(wanted, went, strict=True) if not well]
    print(verdict(bad, measured))
    return bool(measured) and not bad


def verdict(bad: Sequence[str], measured: Mapping[str, Mapping[str, Sequence[float]]]) -> str:
    """In words; names that no fault has are not "no trouble"."""
    if bad:
        return f"with trouble: {', '.join(bad)}"
    return f"all {len(measured)} setups, no trouble" if measured else "nothing was tried: no fault has such a name"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.night")
    parser.add_argument("--database", choices=list(Setup), default="", help="only this setup")
    parser.add_argument("--kills", type=int, default=100, help="kills at random moments, on each setup of one engine")
    parser.add_argument("--only", action="append", default=[], help="a regular expression for the names to run")
    parser.add_argument("--seed", default=datetime.now(UTC).date().isoformat(), help="of the random kills")
    parser.add_argument("--beside", type=int, default=2 * (os.cpu_count() or 1), help="how many houses at a time")
    sys.exit(0 if asyncio.run(work(parser.parse_args())) else 1)


if __name__ == "__main__":
    main()
