"""Plays a question through in a process of its own, so that nothing waits for it: `python -m cordboard.dialer.what_if_run`.

Run by what_if_keeper.py: the job as JSON on standard input, a JSON line for each run on standard output. The two sides take turns on each
seed, so that whoever ends it early has as much of both.
"""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace

from .simulate import simulate
from .what_if import Job, Run, Side, run_of
from .what_if_world import Bounded, resampled, world_of

NICE = 10
"""Calls come first."""


def runs(job: Job) -> Iterator[tuple[str, Run]]:
    """The side's name, and what a run of it came to."""
    for seed in job.seeds:
        for name, side in (("as_is", job.as_is), ("changed", job.changed)):
            if side is not None:
                yield name, played(job, side, seed)


def played(job: Job, side: Side, seed: int) -> Run:
    known = replace(job, learned=resampled(job.learned, seed))
    outlook = simulate(Bounded(side, known), world_of(known, side), seed)
    return run_of(outlook, job.minutes, known.learned.lag_s)


def main() -> None:
    os.nice(NICE)
    job = Job.of_json(json.load(sys.stdin))
    for name, run in runs(job):
        print(json.dumps({"side": name, "run": asdict(run)}), flush=True)


if __name__ == "__main__":
    main()
