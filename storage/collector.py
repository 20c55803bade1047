"""Python's garbage collector kept out of the way of calls.

A full collection looks at every object that lives: with 2,500 pages open it held up everything else for 0.8 s, every few seconds. Nearly
all of that lives for a whole shift. So what has survived is set aside (gc.freeze) and not looked at again; what it leaves in cycles
when it dies is found when the heap has doubled, and by two million objects at least (some 300 MB).
"""

import asyncio
import gc

EVERY_S = 0.5
COUNT_EVERY = 120  # counting what is set aside is dear too
GROWTH, FLOOR = 2.0, 2_000_000  # objects
YOUNG = (10_000, 50, 1_000_000)  # the last: never by itself


class Collector:
    """One a process: the collector belongs to all of it."""

    def __init__(self, growth: float = GROWTH, floor: int = FLOOR) -> None:
        self._growth, self._floor = growth, floor
        self._kept = 0
        self._turns = 0

    async def run(self) -> None:
        gc.set_threshold(*YOUNG)
        self.collect_all()
        while True:
            await asyncio.sleep(EVERY_S)
            self.tidy()
            self._turns += 1
            if self._turns % COUNT_EVERY == 0:
                self.collect_all_if_grown()

    def tidy(self) -> None:
        """Look at what came since the last time, and set aside what lives on: some milliseconds."""
        gc.collect()
        gc.freeze()

    def collect_all_if_grown(self) -> None:
        if gc.get_freeze_count() > self._growth * self._kept + self._floor:
            self.collect_all()

    def collect_all(self) -> None:
        """Look at everything: a pause of a second in a big house."""
        gc.unfreeze()
        self.tidy()
        self._kept = gc.get_freeze_count()
