"""The state diagrams of docs/states.md, drawn by trying every event in every state: `python -m tests.queue.state_diagrams --write`."""

import sys
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from cordboard.queue import agent as agents
from cordboard.queue import contact as contacts
from cordboard.queue.agent import AgentState
from cordboard.queue.contact import ContactState, IllegalTransition
from tests.queue.test_states import AGENT_EVENTS, CONTACT_EVENTS, agent_in, contact_in

PAGE = Path(__file__).resolve().parents[2] / "docs/states.md"
HEAD = """# States

Drawn from the code by trying every event in every state (`python -m tests.queue.state_diagrams --write`); a test fails when this page is
stale. An event that is not drawn is illegal in that state: it raises, and the shell counts a late wire's or refuses a person's. Events that
leave the state as it is are not drawn.
"""
State = TypeVar("State", bound=StrEnum)


def edges(
    states: type[State], events: Mapping[str, object], after: Callable[[State, str], State | None]
) -> list[tuple[State, str, State]]:
    """(from, event, to) of every event that moves a state."""
    found = [(state, event, after(state, event)) for state in states for event in events]
    return [(state, event, to) for state, event, to in found if to is not None and to is not state]


def diagram(title: str, start: str, moves: list[tuple[State, str, State]]) -> str:
    """One Mermaid state diagram; events between the same two states share an arrow."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for state, event, to in moves:
        arrows.setdefault((state.value, to.value), []).append(event.replace("_", " "))
    lines = [f"    {one} --> {other}: {', '.join(sorted(events))}" for (one, other), events in arrows.items()]
    return "\n".join([f"## {title}", "", "```mermaid", "stateDiagram-v2", f"    [*] --> {start}", *lines, "```", ""])


def contact_after(state: ContactState, event: str) -> ContactState | None:
    try:
        return contacts.advance(contact_in(state), CONTACT_EVENTS[event]).state
    except IllegalTransition:
        return None


def agent_after(state: AgentState, event: str) -> AgentState | None:
    try:
        return agents.advance(agent_in(state), AGENT_EVENTS[event]).state
    except IllegalTransition:
        return None


def page() -> str:
    contact = diagram("Contact", "arrived", edges(ContactState, CONTACT_EVENTS, contact_after))
    agent = diagram("Agent", "logged_out", edges(AgentState, AGENT_EVENTS, agent_after))
    return f"{HEAD}\n{contact}\n{agent}"


if __name__ == "__main__":
    if "--write" in sys.argv:
        PAGE.write_text(page())
    else:
        print(page())
