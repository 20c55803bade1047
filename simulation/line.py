"""One call on the simulated node: where it stands, the values its events are filled with, and the truth that is kept of it."""

from dataclasses import dataclass, field
from enum import StrEnum

from .truth import Call, Direction, End, Ring, Talk


class Stand(StrEnum):
    DIALED = "dialed"
    WAITING = "waiting"
    ANSWERED = "answered"
    RINGING = "ringing"
    TALKING = "talking"
    OVER = "over"


@dataclass(slots=True)
class Line:
    """A customer's leg and, while one rings or talks, the agent's. `turn` counts what happened to it: a timer of an earlier turn is void.

    `trigger_at`: when we said what made the engine look for an agent. Instants are of the monotonic clock.
    """

    uniqueid: str
    channel: str
    direction: Direction
    began_at: float
    values: dict[str, str]
    talk_s: float
    rings_s: tuple[float | None, ...]
    agent_ends: bool = False
    stand: Stand = Stand.WAITING
    turn: int = 0
    trigger_at: float = 0.0
    contact_id: str = ""
    ring_limit_s: float = 20.0
    agent: str = ""
    rings: list[Ring] = field(default_factory=list)
    talks: list[Talk] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def state(self) -> str:
        """CC_STATE, as the dialplan sets it."""
        match self.stand:
            case Stand.RINGING:
                return f"dial-{self.agent}"
            case Stand.TALKING:
                return f"talk-{self.agent}"
            case Stand.ANSWERED:
                return "answered"
            case Stand.DIALED:
                return ""
        return "hold"

    def told(self, end: End, ended_at: float) -> Call:
        """What the generator knows of the call when it is over."""
        return Call(
            self.uniqueid,
            self.direction,
            self.values["person"],
            self.began_at,
            ended_at,
            end,
            self.contact_id,
            tuple(self.rings),
            tuple(self.talks),
        )
