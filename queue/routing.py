"""The routing rule: which waiting contact meets which agent. Pure, and it fits on one screen.

1. **One order over all channels.** Every contact is due at `arrival + target wait of its channel / weight of its queue - lifts`; who is
   due first goes first, call or chat. A contact keeps its arrival over every refused offer and every queue.
2. **Nobody starves.** A lift is MAX_LIFT_S at most and a target wait longer than nothing, so whoever arrives later than
   `passable_until(contact)` can never go before the contact.
3. **Who may take it** (`obstacle`): an agent at work in its queue, whom its channel can reach, whose skills meet what it still needs after
   the wait so far (needs relax), whose hands have room for that kind (capacity.py). Until `personal_until` only its own agent may.
4. **Who takes it** (`preference`): by the queue's strategy; then empty hands before full ones, and the longest idle.
5. **No blending trap.** While a contact waits for hands that may not be interrupted, the agent that it keeps takes nothing behind it in the
   order that would keep it waiting longer (lineup.py).

The lineup keeps an index so that nobody is searched for one by one; tests/queue/plain_routing.py is the same rule without one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from .agent import Agent, Stance
from .capacity import Room
from .channel import ChannelKind
from .contact import Contact, ContactState
from .setup import MAX_LIFT_S, Lift, QueueRules, QueueSetup, Strategy
from .skill import Need, lacking, needs_after

OrderKey = tuple[float, float, str]
"""(due, arrived, id): POSIX s, POSIX s, the contact's id."""


@dataclass(frozen=True, slots=True)
class Match:
    contact_id: str
    agent_id: str


class Obstacle(StrEnum):
    """Why this agent may not take this contact now; the first that stands in the way."""

    OTHER_QUEUE = "other_queue"
    LOGGED_OUT = "logged_out"
    PAUSED = "paused"
    NOT_RESPONDING = "not_responding"
    UNREACHABLE = "unreachable"
    LATER = "later"
    PERSONAL = "personal"
    SKILL = "skill"
    FULL = "full"
    IN_THE_WAY = "in_the_way"
    KEPT = "kept"


_STANCES = {
    Stance.LOGGED_OUT: Obstacle.LOGGED_OUT,
    Stance.PAUSED: Obstacle.PAUSED,
    Stance.NOT_RESPONDING: Obstacle.NOT_RESPONDING,
}


def due_at(arrived_at: datetime, kind: ChannelKind, rules: QueueRules, lift_s: float) -> datetime:
    """When the contact is due. `lift_s` is what its own reasons take off (s); the queue's lift comes on top, MAX_LIFT_S in all."""
    lifted = min(max(lift_s + rules.lift_s, 0.0), MAX_LIFT_S)
    return arrived_at + timedelta(seconds=rules.target(kind) / rules.weight - lifted)


def lift_s(lifts: Iterable[str], setup: QueueSetup) -> float:
    """How far these reasons move a contact forward (s)."""
    return sum(setup.lifts_s.get(Lift(reason), 0.0) for reason in lifts)


def passable_until(contact: Contact) -> datetime:
    """Whoever arrives after this can never go before the contact, whatever his channel, queue and lifts."""
    return (contact.due_at or contact.arrived_at) + timedelta(seconds=MAX_LIFT_S)


def order_key(contact: Contact) -> OrderKey:
    """The one order: earliest due first."""
    due = contact.due_at or contact.arrived_at
    return due.timestamp(), contact.arrived_at.timestamp(), contact.id


def is_personal(contact: Contact, now: datetime) -> bool:
    """Whether it waits for its own agent alone."""
    return contact.for_agent is not None and contact.personal_until is not None and now < contact.personal_until


def needs_now(contact: Contact, rules: QueueRules, now: datetime) -> tuple[Need, ...]:
    """What it still needs, relaxed by the wait so far."""
    return needs_after(contact.needs, max(0.0, (now - contact.arrived_at).total_seconds()), rules.relaxing)


def obstacle(agent: Agent, contact: Contact, rules: QueueRules, now: datetime) -> Obstacle | None:
    """Why this agent may not be offered this contact now; None when he may."""
    if contact.queue not in agent.queues:
        return Obstacle.OTHER_QUEUE
    if agent.stance is not Stance.READY:
        return _STANCES[agent.stance]
    if not agent.reachable_by(contact.kind):
        return Obstacle.UNREACHABLE
    if contact.not_before is not None and now < contact.not_before:
        return Obstacle.LATER
    if is_personal(contact, now) and contact.for_agent != agent.id:
        return Obstacle.PERSONAL
    if not is_personal(contact, now) and lacking(agent.skills, needs_now(contact, rules, now)):
        return Obstacle.SKILL
    room = agent.room(contact.kind)
    return None if room is Room.FREE else Obstacle(room.value)


def preference(strategy: Strategy, agent: Agent, skill: str) -> tuple[float, float, float, str]:
    """The agent with the least is chosen. `skill` is what is most needed, "" for nothing in particular."""
    match strategy:
        case Strategy.LONGEST_IDLE:
            first = 0
        case Strategy.FEWEST_CONTACTS:
            first = agent.served
        case Strategy.BEST_SKILL:
            first = -agent.skills.get(skill, 0)
    return first, len(agent.tasks), agent.since.timestamp(), agent.id


def foremost(needs: Iterable[Need]) -> str:
    """The skill that is needed most, by level, then by name; "" for none."""
    need = min(needs, key=lambda each: (-each.level, each.skill), default=None)
    return "" if need is None else need.skill


def waiting(contacts: Iterable[Contact]) -> list[Contact]:
    """Those that wait, in the one order."""
    return sorted((contact for contact in contacts if contact.state is ContactState.QUEUED), key=order_key)
