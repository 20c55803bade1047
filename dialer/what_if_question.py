"""A question of what would happen, from its asking to its answer. Pure."""

from dataclasses import dataclass, field
from enum import StrEnum

from .campaign import Setting
from .spread import FEWEST
from .what_if import Asked, Forecast, Job, Run, StandsOn, forecast


class State(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    APPLIED = "applied"


OVER = frozenset({State.DONE, State.FAILED, State.CANCELLED, State.APPLIED})


@dataclass(slots=True)
class Question:
    """`knobs`: exactly what is turned when it is applied. `before`: all knobs of the campaign as it was asked. `done` of `job.runs`."""

    id: str
    campaign_id: str
    actor_id: str
    asked: Asked
    knobs: dict[str, Setting]
    before: dict[str, Setting]
    job: Job
    stands_on: StandsOn
    state: State = State.WAITING
    done: int = 0
    as_is: Forecast | None = None
    changed: Forecast | None = None
    change_id: str = ""
    runs: dict[str, list[Run]] = field(default_factory=lambda: {"as_is": [], "changed": []})

    def conclude(self) -> None:
        """Done with what was played through so far; failed where that is too little."""
        played = self.runs if self.job.as_is is not None else {"changed": self.runs["changed"]}
        if any(len(runs) < FEWEST for runs in played.values()):
            self.state = State.FAILED
            return
        self.changed = forecast(played["changed"])
        self.as_is = forecast(played["as_is"]) if "as_is" in played else None
        self.state = State.DONE
