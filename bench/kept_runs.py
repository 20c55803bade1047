"""Runs that were made are kept in a file, so that a bench of half an hour can be broken off and go on where it stopped. No bench itself.

The file is named by CORDBOARD_BENCH_KEPT; without it nothing is kept. It holds figures of one tree: with another, begin another file.
"""

import json
import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from cordboard.dialer.simulate import Outlook


class KeptRuns:
    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._known: dict[tuple[str, int], Outlook] = {}
        if path is not None and path.exists():
            for line in path.read_text().splitlines():
                row = json.loads(line)
                self._known[row["what"], row["seed"]] = Outlook(**row["came"])

    def outlook(self, what: str, seed: int, play: Callable[[], Outlook]) -> Outlook:
        """The run of that name and seed, made now if it was not."""
        came = self._known.get((what, seed))
        if came is None:
            came = self._known[what, seed] = play()
            if self._path is not None:
                with self._path.open("a") as kept:
                    kept.write(json.dumps({"what": what, "seed": seed, "came": asdict(came)}) + "\n")
        return came


def kept_runs() -> KeptRuns:
    name = os.environ.get("CORDBOARD_BENCH_KEPT")
    return KeptRuns(Path(name) if name else None)
