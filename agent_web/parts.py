"""The state of each part, for /healthz, and the figures for /metrics."""

import shutil
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ..queue.desk import Desk
from ..storage.clock import SystemClock
from ..storage.database import Database, DatabaseUnreachable
from ..telephony.ami import Ami, LinkState
from ..telephony.borrowed import BorrowedAsterisk
from ..telephony.process import AsteriskProcess
from ..telephony.recorder import SpaceLevel, space_level

COUNTED = (
    "events",
    "unknown",
    "broken_text",
    "set_aside",
    "handler_errors",
    "reconnects",
    "actions",
    "timeouts",
)
"""Of the link's counters (telephony/ami_delivery.py), those that are shown."""


class Parts:
    """What a watcher wants to know is well: database, Asterisk, the link to it, room for recordings, the time of day."""

    def __init__(
        self,
        db: Database,
        ami: Ami,
        asterisk: AsteriskProcess | BorrowedAsterisk,
        recordings: Path,
        clock: SystemClock,
    ) -> None:
        self._db = db
        self._ami = ami
        self._asterisk = asterisk
        self._recordings = recordings
        self._clock = clock

    async def report(self) -> dict[str, Any]:
        """{"status": "ok" | "degraded", "parts": {name: "ok" | what is wrong}}; no secret, no number."""
        parts = {
            "database": await self._database(),
            "asterisk": "ok" if self._asterisk.pid is not None else "down",
            "ami": "ok" if self._ami.state is LinkState.UP else self._ami.state.value,
            "disk": self._disk(),
            "clock": clock_state(self._clock.jumped_s),
        }
        # A clock that jumped is said and no more: whoever restarts us for it would not wait for a quiet time.
        well = all(state == "ok" for part, state in parts.items() if part != "clock")
        return {"status": "ok" if well else "degraded", "parts": parts}

    async def _database(self) -> str:
        try:
            await self._db.ping()
        except DatabaseUnreachable:
            return "down"
        return "ok"

    def _disk(self) -> str:
        usage = shutil.disk_usage(self._recordings)
        level = space_level(usage.free, usage.total)
        return "ok" if level is not SpaceLevel.CRITICAL else level.value


def clock_state(jumped_s: float) -> str:
    """What the house says of a machine's clock that is `jumped_s` ahead of its own."""
    if not jumped_s:
        return "ok"
    return (
        f"the machine's clock jumped by {jumped_s:+.0f} s: restart the engine at a quiet time to take the new time over"
    )


class HouseFigures(Collector):
    """Read at each scrape; nothing is counted twice or kept beside the rooms' own state."""

    def __init__(self, desk: Desk, ami: Ami) -> None:
        self._desk = desk
        self._ami = ami

    def collect(self) -> Iterable[Metric]:
        yield _by_state("cordboard_agents", "Agents by state.", (agent.state.value for agent in self._desk.agents()))
        yield _by_state("cordboard_contacts", "Open contacts by state.", (c.state.value for c in self._desk.contacts()))
        late = CounterMetricFamily("cordboard_late_events", "Late or doubled wire events that were set aside.")
        late.add_metric([], float(self._desk.late_events.total()))
        yield late
        stats = self._ami.stats
        link = CounterMetricFamily("cordboard_ami", "What the AMI link has seen.", labels=["what"])
        for what in COUNTED:
            link.add_metric([what], float(getattr(stats, what)))
        yield link


def watch_figures(registry: CollectorRegistry, desk: Desk, ami: Ami) -> None:
    registry.register(HouseFigures(desk, ami))


def _by_state(name: str, text: str, states: Iterable[str]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=["state"])
    for state, count in sorted(Counter(states).items()):
        family.add_metric([state], float(count))
    return family
