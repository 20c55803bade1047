"""How quick the engine is with itself, as histograms for /metrics: its routing rule, its commits, its event loop."""

import asyncio

from prometheus_client import CollectorRegistry, Histogram

from ..queue.floor import Step

LOOK_S = 0.05
_BUCKETS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_TEXTS = {
    Step.ROUTING: "The routing rule, for each change at the desk that is written down.",
    Step.COMMIT: "From a decided change until it is durable, one's turn at the journal included.",
}


class Timings:
    """`measured` is called for each step of each change; `watch_loop` is to run as long as the house does."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._steps = {
            step: Histogram(f"cordboard_{step.value}_seconds", text, registry=registry, buckets=_BUCKETS)
            for step, text in _TEXTS.items()
        }
        self._lag = Histogram(
            "cordboard_loop_lag_seconds",
            "By how much the event loop is late, looked at each 50 ms.",
            registry=registry,
            buckets=_BUCKETS,
        )

        self._promise = Histogram(
            "cordboard_answer_to_operator_seconds",
            "From the answer of a customer whom we called until an operator is on the line; promised are 2 s.",
            registry=registry,
            buckets=(0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0),
        )

    def met(self, seconds: float) -> None:
        """An operator came so long after the customer's answer."""
        self._promise.observe(seconds)

    def measured(self, step: Step, seconds: float) -> None:
        self._steps[step].observe(seconds)

    async def watch_loop(self) -> None:
        """Sleep, and see how late we wake."""
        loop = asyncio.get_running_loop()
        while True:
            asked = loop.time()
            await asyncio.sleep(LOOK_S)
            self._lag.observe(max(0.0, loop.time() - asked - LOOK_S))
