"""What the operators of a queue do, looked at once a turn: which talks and wrap-ups ended since, and who is still at it. Pure.

Who wants to go when his hands are free (a pause or the end of his shift, chosen in mid-talk) will not be free for the next customer: he
counts as gone already. A result ends the wrap-up that it belongs to, so while it lasts nothing tells of which kind it is, and one law of
all wrap-ups is as good as one for each disposition.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ..queue.agent import Agent, AgentState
from .pacing_terms import PacingEvent, TalkEnded, WrapUpEnded


@dataclass(frozen=True, slots=True)
class AtWork:
    """How long (s) those have been at it who will come back; `paused`: how many are away, or will be next."""

    talks_s: tuple[float, ...]
    wrap_ups_s: tuple[float, ...]
    paused: int


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

    def at_work(self, t: float, staff: Iterable[Agent]) -> AtWork:
        """After `hear`, of the same agents."""
        here = list(staff)
        going = {agent.id for agent in here if agent.next_state in (AgentState.PAUSED, AgentState.LOGGED_OUT)}
        at = {
            state: tuple(t - self._phases[each.id][1] for each in here if each.state is state and each.id not in going)
            for state in (AgentState.BUSY, AgentState.WRAP_UP)
        }
        paused = sum(agent.state is AgentState.PAUSED or agent.id in going for agent in here)
        return AtWork(at[AgentState.BUSY], at[AgentState.WRAP_UP], paused)
