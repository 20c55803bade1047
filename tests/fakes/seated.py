"""An agent as his headline says, for tests that only look at one."""

from datetime import datetime, timedelta
from typing import Any

from cordboard.queue.agent import Agent, AgentState, Stance, Task, TaskPhase
from cordboard.queue.channel import ChannelKind

_PHASES = {phase.value for phase in TaskPhase}


def seated(
    agent_id: str,
    state: AgentState,
    since: datetime,
    *,
    contact_id: str | None = None,
    attempt_id: str | None = None,
    until: datetime | None = None,
    **more: Any,
) -> Agent:
    """`contact_id`, `attempt_id` and `until` are of his one task, where the state means that he has one (a call)."""
    stance = Stance.READY if state.value in _PHASES else Stance(state.value)
    tasks: tuple[Task, ...] = ()
    if state.value in _PHASES:
        phase = TaskPhase(state.value)
        ends = until if until is not None or phase is TaskPhase.BUSY else since + timedelta(seconds=60)
        tasks = (Task(ChannelKind.VOICE, phase, since, ends, contact_id, attempt_id),)
    return Agent(
        agent_id, **{"name": agent_id, "sip_name": f"agent-{agent_id}", **more}, stance=stance, since=since, tasks=tasks
    )
