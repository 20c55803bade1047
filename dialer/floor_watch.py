"""What the operators of a queue do, looked at once a turn: which talks and wrap-ups ended since, and who is still at it. Pure.

Who wants to go when his hands are free (a pause or the end of his shift, chosen in mid-talk) will not be free for the next customer: he
counts as gone already. A result ends the wrap-up that it belongs to, so while it lasts nothing tells of which kind it is, and one law of
all wrap-ups is as good as one for each disposition.
"""

from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field

from ..queue.agent import Agent, AgentState
from .pacing_terms import PacingEvent, TalkEnded, WrapUpEnded

AWAY = frozenset({AgentState.PAUSED, AgentState.LOGGED_OUT})


def is_going(agent: Agent) -> bool:
    """Whether he is away, or will be when his hands are free."""
    return agent.state in AWAY or agent.next_state in AWAY


@dataclass(frozen=True, slots=True)
class AtWork:
    """How long (s) those have been at it who will come back; `paused`: how many are away, or will be next. Whoever is about to talk, or
    has been reserved for a call, talks already, `reserved` of them: did they stand nowhere, they would seem to have left the floor."""

    talks_s: tuple[float, ...]
    wrap_ups_s: tuple[float, ...]
    paused: int
    reserved: int = 0


@dataclass(slots=True)
class FloorWatch:
    """Times in s, on one steady clock."""

    _phases: dict[str, tuple[AgentState, float]] = field(default_factory=dict)

    def hear(self, t: float, staff: Iterable[Agent], elapsed_s: Callable[[Agent], float]) -> list[PacingEvent]:
        """`elapsed_s`: for how long an agent whom we see for the first time has been doing what he does."""
        events: list[PacingEvent] = []
        phases: dict[str, tuple[AgentState, float]] = {}
        for agent in staff:
            state, since = self._phases.get(agent.id, (None, t))
            if state is not agent.state:
                if state is AgentState.BUSY:
                    events.append(TalkEnded(t, t - since))
                elif state is AgentState.WRAP_UP:
                    events.append(WrapUpEnded(t, t - since))
                since = t - elapsed_s(agent) if state is None else t
            phases[agent.id] = (agent.state, since)
        self._phases = phases
        return events

    def at_work(self, t: float, staff: Iterable[Agent], idle: Container[str] = ()) -> AtWork:
        """After `hear`, of the same agents; `idle`: those of them who are told as such. Who is ready and not among them is wanted by
        somebody who waits, and as good as reserved."""
        talks_s: list[float] = []
        wrap_ups_s: list[float] = []
        paused = reserved = 0
        for agent in staff:
            if is_going(agent):
                paused += 1
            elif agent.state is AgentState.WRAP_UP:
                wrap_ups_s.append(t - self._phases[agent.id][1])
            elif agent.state is AgentState.BUSY:
                talks_s.append(t - self._phases[agent.id][1])
            elif agent.state is AgentState.RESERVED or (agent.is_idle and agent.reachable and agent.id not in idle):
                talks_s.append(0.0)
                reserved += 1
        return AtWork(tuple(talks_s), tuple(wrap_ups_s), paused, reserved)
