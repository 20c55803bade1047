"""The line that Asterisk serves alone when we are gone (asterisk_conf/queues.conf): who its members are, and who waits in it. Pure.

Its members mirror our operators. Whoever talks stays a member that may ring: his device is in use, which Asterisk sees by itself, and
when his talk ends nobody else could tell it that he is free.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..queue.agent import Agent, Stance, TaskPhase
from ..queue.capacity import Room, room_for
from ..queue.channel import ChannelKind

QUEUE = "fallback"
Members = Mapping[str, bool]
"""The members by interface, and whether each is paused."""

_CALL = ChannelKind.VOICE


@dataclass(frozen=True, slots=True)
class Add:
    interface: str
    paused: bool


@dataclass(frozen=True, slots=True)
class Pause:
    interface: str
    paused: bool


@dataclass(frozen=True, slots=True)
class Remove:
    interface: str


Step = Add | Pause | Remove


def interface_of(sip_name: str) -> str:
    return f"PJSIP/{sip_name}"


def member_of(agent: Agent) -> bool | None:
    """Whether the agent, as a member, is paused; None when he is no member, because he is not at work or his telephone is not there."""
    if agent.stance is Stance.LOGGED_OUT or not agent.queues or not agent.reachable_by(_CALL):
        return None
    return not (agent.stance is Stance.READY and _could_take_a_call(agent))


def may_return(agent: Agent) -> bool:
    """Only his page is missing, and the desk still waits for it (deadlines.py: log_out_s): all pages break off at our start, and when the
    network does. A telephone that went with its page is not there for Asterisk either."""
    return agent.stance is not Stance.LOGGED_OUT and agent.needs_page and not agent.page_open


def _could_take_a_call(agent: Agent) -> bool:
    """Whether he can, or will be able to when he hangs up."""
    held = [task.kind for task in agent.tasks if task.kind is not _CALL or task.phase is TaskPhase.WRAP_UP]
    return room_for(agent.capacity, held, _CALL) is Room.FREE


def step(interface: str, wanted: bool | None, there: bool | None) -> Step | None:
    """The one action that makes a member what is wanted; both are what `member_of` gives."""
    if wanted == there:
        return None
    if wanted is None:
        return Remove(interface)
    return Add(interface, wanted) if there is None else Pause(interface, wanted)


def steps(wanted: Members, there: Members) -> list[Step]:
    """All of them; first who is to go or to rest, so that nobody rings who should not."""
    found = [step(name, wanted.get(name), there.get(name)) for name in sorted({*wanted, *there})]
    return sorted((one for one in found if one is not None), key=lambda one: getattr(one, "paused", True) is False)


def members_in(items: Iterable[Mapping[str, str]]) -> dict[str, bool]:
    """The members that a QueueStatus tells."""
    told = (item for item in items if item.get("Event") == "QueueMember" and item.get("Queue") == QUEUE)
    return {item.get("Location", ""): item.get("Paused") == "1" for item in told}


def callers_in(items: Iterable[Mapping[str, str]]) -> list[str]:
    """The channels that a QueueStatus shows waiting, first in line first."""
    told = (item for item in items if item.get("Event") == "QueueEntry" and item.get("Queue") == QUEUE)
    return [item.get("Channel", "") for item in sorted(told, key=_position)]


def _position(item: Mapping[str, str]) -> int:
    text = item.get("Position", "")
    return int(text) if text.isdecimal() else 0
