"""What is to be simulated, checked before anything is started. Pure."""

from dataclasses import dataclass, field
from enum import StrEnum

from .habits import Habits, Stretch

MOST_ON_SQLITE = 100
MOST_AGENTS = 10_000
DATABASES = ("postgresql+asyncpg://", "sqlite+aiosqlite:///")


class Scenario(StrEnum):
    STEADY = "steady"
    BEGIN = "begin"
    BURST = "burst"
    RECONNECT = "reconnect"
    OVERLOAD = "overload"
    RESYNC = "resync"


class BadPlan(Exception):
    """Such a load cannot be simulated; the text says why, on one line."""


class Stopped(Exception):
    """Somebody ended the run; the text says so."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`database_url` empty: a SQLite file in the run's own folder. `outbound` is the share of the calls that are orders called back,
    `answers` the share of those called back who answer (0.3: with 39 attempts a second as many talks as 11.8 calls that come)."""

    agents: int
    calls_per_second: float
    seconds: float
    scenario: Scenario = Scenario.STEADY
    database_url: str = ""
    outbound: float = 0.0
    answers: float = 0.3
    nodes: int = 1
    seed: int = 1
    habits: Habits = field(default_factory=Habits)
    storm_events: int = 30_000
    crowd_channels: int = 5_000

    @property
    def on_sqlite(self) -> bool:
        return not self.database_url or self.database_url.startswith("sqlite")

    @property
    def inbound(self) -> float:
        """Calls a second that come by themselves."""
        return self.calls_per_second * (1.0 - self.outbound)

    @property
    def orders(self) -> float:
        """Orders a second that are posted, to be called back."""
        return self.calls_per_second * self.outbound

    def stretches(self) -> list[Stretch]:
        """How many call, and when: overload is one stretch as asked for and one of twice as much."""
        whole = Stretch(self.inbound, self.seconds)
        return [whole, Stretch(2 * self.inbound, self.seconds)] if self.scenario is Scenario.OVERLOAD else [whole]

    def checked(self) -> "Plan":
        """Raises BadPlan."""
        if not 1 <= self.agents <= MOST_AGENTS:
            raise BadPlan(f"--agents must be from 1 to {MOST_AGENTS}")
        if not 0 < self.calls_per_second <= 1000:
            raise BadPlan("--calls-per-second must be above 0 and at most 1000")
        if not 1 <= self.seconds <= 86_400:
            raise BadPlan("--seconds must be from 1 to 86400")
        if not 0 <= self.outbound <= 1:
            raise BadPlan("--outbound is a share, from 0 to 1")
        if not 0 <= self.answers <= 1:
            raise BadPlan("--answers is a share, from 0 to 1")
        if self.habits.talk_s <= 0:
            raise BadPlan("--talk must be above 0")
        if self.nodes != 1:
            raise BadPlan("--nodes: one engine steers one Asterisk for now, so only 1 can be simulated")
        if self.database_url and not self.database_url.startswith(DATABASES):
            raise BadPlan(f"--database-url must begin with {' or '.join(DATABASES)}")
        if self.on_sqlite and self.agents > MOST_ON_SQLITE:
            raise BadPlan(f"on SQLite at most {MOST_ON_SQLITE} agents: name a PostgreSQL database with --database-url")
        return self
