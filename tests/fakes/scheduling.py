"""Who runs which file of tests: the last two of five workers or more are quiet ones, so that three stories at once have the processors."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]
from xdist.workermanage import WorkerController  # type: ignore[import-untyped]

FEWEST, QUIET, NICENESS = 5, 2, 10
LONGEST = (
    "test_ivr.py",
    "test_booked_by_phone.py",
    "test_dial_modes.py",
    "test_call_control.py",
    "test_fallback_dialplan.py",
)
"""They wait for prompts that are spoken to their end: begun last, one of them would be all that runs for minutes."""
ROOT = Path(__file__).resolve().parents[2]


def is_quiet(worker: str, workers: int) -> bool:
    """Whether this worker (`gw4`) of so many runs no stories on real parts, and yields to those that do."""
    return workers >= FEWEST and worker in {f"gw{number}" for number in range(workers - QUIET, workers)}


def yield_to_others(environ: Mapping[str, str] = os.environ) -> None:
    """In a quiet worker's process: it and all that it starts use what the others leave of the processors."""
    if is_quiet(environ.get("PYTEST_XDIST_WORKER", ""), int(environ.get("PYTEST_XDIST_WORKER_COUNT", "0"))):
        os.nice(NICENESS)


class StoriesApart(LoadFileScheduling):  # type: ignore[misc]
    """Whole files in their order, stories on real parts first. A story waits more than it computes, but must not be starved: beside
    those who run stories the quiet workers run the other tests, the last file first, in the time that is left over."""

    def __init__(self, config: pytest.Config, log: Producer | None = None) -> None:
        super().__init__(config, log)
        self._live: dict[str, bool] = {}

    def _assign_work_unit(self, node: WorkerController) -> None:
        if is_quiet(node.gateway.id, self.numnodes):
            calm = next((file for file in reversed(self.workqueue) if not self._is_live(file)), None)
            if calm is None:
                node.shutdown()
                return
            self.workqueue.move_to_end(calm, last=False)
        super()._assign_work_unit(node)

    def _is_live(self, file: str) -> bool:
        """A worker tells its tests' names only, not their marks."""
        if file not in self._live:
            self._live[file] = "pytest.mark.live" in (ROOT / file).read_text()
        return self._live[file]
