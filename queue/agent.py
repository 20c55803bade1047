"""The agent: what the person at the desk is doing now. Pure. One owner of this state: the desk (desk.py)."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from .contact import IllegalTransition


class AgentState(StrEnum):
    LOGGED_OUT = "logged_out"
    READY = "ready"
    RESERVED = "reserved"
    BUSY = "busy"
    WRAP_UP = "wrap_up"
    NOT_RESPONDING = "not_responding"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Agent:
    """`reserved_until` is the deadline of a reservation: without it a lost event would keep an agent reserved for ever."""

    id: str
    name: str
    sip_name: str
    state: AgentState
    since: datetime
    pause_code: str | None = None
    contact_id: str | None = None
    attempt_id: str | None = None
    reserved_until: datetime | None = None
    wrap_up_until: datetime | None = None
    next_state: AgentState | None = None
    next_pause_code: str | None = None
    needs_page: bool = True
    page_open: bool = False
    device_up: bool = False
    queues: frozenset[str] = frozenset()
    served: int = 0

    @property
    def reachable(self) -> bool:
        """Whether an offer can reach him: page open and softphone registered, or the device is a plain telephone."""
        return not self.needs_page or (self.page_open and self.device_up)


@dataclass(frozen=True, slots=True)
class BecameReady:
    at: datetime


@dataclass(frozen=True, slots=True)
class Paused:
    at: datetime
    code: str


@dataclass(frozen=True, slots=True)
class LoggedOut:
    at: datetime


@dataclass(frozen=True, slots=True)
class ReservedForContact:
    at: datetime
    contact_id: str
    until: datetime


@dataclass(frozen=True, slots=True)
class ReservedForAttempt:
    at: datetime
    attempt_id: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Released:
    """The reservation ended without a talk, by no fault of the agent's."""

    at: datetime


@dataclass(frozen=True, slots=True)
class MissedOffer:
    at: datetime


@dataclass(frozen=True, slots=True)
class TalkBegan:
    at: datetime
    contact_id: str


@dataclass(frozen=True, slots=True)
class WrapUpBegan:
    at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class WrapUpExtended:
    at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class WrapUpEnded:
    at: datetime


@dataclass(frozen=True, slots=True)
class NextChosen:
    """What the agent wants to be after this contact: ready, paused or logged_out."""

    at: datetime
    state: AgentState
    code: str | None = None


@dataclass(frozen=True, slots=True)
class PageChanged:
    """The live connection of the agent's page opened or closed."""

    at: datetime
    open: bool


@dataclass(frozen=True, slots=True)
class DeviceChanged:
    """The agent's softphone registered with Asterisk, or is gone from it."""

    at: datetime
    up: bool


AgentEvent = (
    BecameReady
    | Paused
    | LoggedOut
    | ReservedForContact
    | ReservedForAttempt
    | Released
    | MissedOffer
    | TalkBegan
    | WrapUpBegan
    | WrapUpExtended
    | WrapUpEnded
    | NextChosen
    | PageChanged
    | DeviceChanged
)

_FREE = frozenset({AgentState.LOGGED_OUT, AgentState.READY, AgentState.NOT_RESPONDING, AgentState.PAUSED})


def advance(agent: Agent, event: AgentEvent) -> Agent:
    """The agent after the event. Raises IllegalTransition for a pair that has no meaning."""
    state = AgentState
    match agent.state, event:
        case current, BecameReady(at) if current in _FREE:
            return _settle(agent, at, state.READY)
        case current, Paused(at, code) if current in _FREE:
            return _settle(agent, at, state.PAUSED, code)
        case current, LoggedOut(at) if current in _FREE:
            return _settle(agent, at, state.LOGGED_OUT)
        case ((state.RESERVED | state.BUSY | state.WRAP_UP), NextChosen(_, wanted, code)):
            return replace(agent, next_state=wanted, next_pause_code=code)
        case state.READY, ReservedForContact(at, contact_id, until):
            return replace(agent, state=state.RESERVED, since=at, contact_id=contact_id, reserved_until=until)
        case state.READY, ReservedForAttempt(at, attempt_id, until):
            return replace(agent, state=state.RESERVED, since=at, attempt_id=attempt_id, reserved_until=until)
        case state.RESERVED, ReservedForContact(_, contact_id, until) if agent.attempt_id and not agent.contact_id:
            return replace(agent, contact_id=contact_id, reserved_until=until)
        case state.RESERVED, Released(at):
            return _settle(agent, at, *_wanted(agent))
        case state.RESERVED, MissedOffer(at):
            return _settle(agent, at, state.NOT_RESPONDING)
        case current, TalkBegan(at, contact_id) if current in _FREE | {state.RESERVED}:
            return replace(
                agent, state=state.BUSY, since=at, contact_id=contact_id, attempt_id=None, reserved_until=None
            )
        case state.BUSY, WrapUpBegan(at, until):
            return replace(agent, state=state.WRAP_UP, since=at, wrap_up_until=until, served=agent.served + 1)
        case state.WRAP_UP, WrapUpExtended(_, until):
            return replace(agent, wrap_up_until=until)
        case ((state.WRAP_UP | state.BUSY), WrapUpEnded(at)):
            return _settle(agent, at, *_wanted(agent))
        case _, PageChanged(_, is_open):
            return replace(agent, page_open=is_open)
        case _, DeviceChanged(_, up):
            return replace(agent, device_up=up)
        case _:
            raise IllegalTransition("agent", agent.state, event)


def _wanted(agent: Agent) -> tuple[AgentState, str | None]:
    return agent.next_state or AgentState.READY, agent.next_pause_code


def _settle(agent: Agent, at: datetime, state: AgentState, code: str | None = None) -> Agent:
    """Free hands in `state`: nothing of the last contact or reservation stays behind."""
    return replace(
        agent,
        state=state,
        since=at,
        pause_code=code if state is AgentState.PAUSED else None,
        contact_id=None,
        attempt_id=None,
        reserved_until=None,
        wrap_up_until=None,
        next_state=None,
        next_pause_code=None,
    )
