"""Ten crashes a run, drawn anew each day: CORDBOARD_FAULT_SEED names a draw, else the date does."""

import os
from datetime import UTC, datetime

from .crashes import Crash, some_crashes
from .crashes import survive as survive_one
from .faultlab import FaultLab

SEED = os.environ.get("CORDBOARD_FAULT_SEED") or datetime.now(UTC).date().isoformat()
TEN = some_crashes(SEED, 10)


async def survive(lab: FaultLab, crash: Crash) -> None:
    outcome = await survive_one(lab, crash)
    again = f"again: CORDBOARD_FAULT_SEED={SEED}, or `make faults ARGS='--only {crash}'`"
    assert not outcome.trouble, "\n".join([*outcome.trouble, again])
