"""The agent: what the person at the desk is doing now. Pure. One owner of this state: the desk (desk.py).

His `stance` is what he wants to be; his `tasks` are the contacts in his hands. One leads the other nowhere: who chooses a pause in
mid-talk is on pause from the moment his hands are free.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from .capacity import Capacity, Room, room_for
from .channel import ChannelKind, OfferFailure
from .contact import IllegalTransition
from .noun import changed

NO_SKILLS: Mapping[str, int] = {}


class Stance(StrEnum):
    """What he wants to be, or, not having answered, is taken to be."""

    LOGGED_OUT = "logged_out"
    READY = "ready"
    NOT_RESPONDING = "not_responding"
    PAUSED = "paused"


class AgentState(StrEnum):
    """The headline: what his foremost task makes of him, or his stance when his hands are free."""

    LOGGED_OUT = "logged_out"
    READY = "ready"
    RESERVED = "reserved"
    BUSY = "busy"
    WRAP_UP = "wrap_up"
    NOT_RESPONDING = "not_responding"
    PAUSED = "paused"


class TaskPhase(StrEnum):
    RESERVED = "reserved"
    BUSY = "busy"
    WRAP_UP = "wrap_up"


_FOREMOST = {TaskPhase.RESERVED: 0, TaskPhase.BUSY: 1, TaskPhase.WRAP_UP: 2}


@dataclass(frozen=True, slots=True)
class Task:
    """A contact in an agent's hands, or a call that is being dialed for him. `until` is the deadline of the phase, if it has one."""

    kind: ChannelKind
    phase: TaskPhase
    since: datetime
    until: datetime | None = None
    contact_id: str | None = None
    attempt_id: str | None = None


@dataclass(frozen=True)
class Agent:
    """`since` is when the headline began. `served` counts contacts since he signed in. `own_number`: a telephone of his own (E.164) for a
    talk whose page does not come back; "" for none."""

    id: str
    name: str
    sip_name: str
    stance: Stance
    since: datetime
    pause_code: str | None = None
    tasks: tuple[Task, ...] = ()
    needs_page: bool = True
    page_open: bool = False
    device_up: bool = False
    queues: frozenset[str] = frozenset()
    skills: Mapping[str, int] = field(default_factory=lambda: NO_SKILLS)
    capacity: Capacity = field(default_factory=Capacity)
    served: int = 0
    own_number: str = ""

    @property
    def reachable(self) -> bool:
        """Whether anything can reach him: his page is open, or the device is a plain telephone."""
        return not self.needs_page or self.page_open

    def reachable_by(self, kind: ChannelKind) -> bool:
        """A call needs his softphone registered as well; texts need a page."""
        if kind is ChannelKind.VOICE:
            return not self.needs_page or (self.page_open and self.device_up)
        return self.page_open

    @cached_property
    def foreground(self) -> Task | None:
        """The task that counts most (see `in_order`)."""
        return self.tasks[0] if len(self.tasks) == 1 else min(self.tasks, key=_rank, default=None)

    @cached_property
    def state(self) -> AgentState:
        """Kept, like `foreground`: a board asks it of thousands several times a second."""
        task = self.foreground
        return AgentState(self.stance.value if task is None else task.phase.value)

    @property
    def is_idle(self) -> bool:
        """Ready, and nothing in his hands: what `state` would say, for those who ask of thousands many times a second."""
        return not self.tasks and self.stance is Stance.READY

    @property
    def contact_id(self) -> str | None:
        return None if self.foreground is None else self.foreground.contact_id

    @property
    def next_state(self) -> AgentState | None:
        """What he will be when his hands are free, where that is not ready."""
        return AgentState(self.stance.value) if self.tasks and self.stance is not Stance.READY else None

    def task(self, contact_id: str) -> Task | None:
        return next((task for task in self.tasks if task.contact_id == contact_id), None)

    def dialing(self, attempt_id: str) -> Task | None:
        """The reservation for a call that is being dialed and has no contact yet."""
        return next((task for task in self.tasks if task.attempt_id == attempt_id and task.contact_id is None), None)

    def room(self, kind: ChannelKind) -> Room:
        return room_for(self.capacity, [task.kind for task in self.tasks], kind)


def in_order(tasks: tuple[Task, ...]) -> list[Task]:
    """The foremost first: a call, then what is offered, then what is being talked about, then wrap-up; of equals the newest."""
    return sorted(tasks, key=_rank)


def _rank(task: Task) -> tuple[bool, int, float]:
    return task.kind is not ChannelKind.VOICE, _FOREMOST[task.phase], -task.since.timestamp()


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
    """`resumes`: his own talk goes on, whatever he wants to be when it is over."""

    at: datetime
    contact_id: str
    kind: ChannelKind
    until: datetime
    resumes: bool = False


@dataclass(frozen=True, slots=True)
class ReservedForAttempt:
    at: datetime
    attempt_id: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Released:
    """The reservation ended without a talk, by no fault of the agent's."""

    at: datetime
    contact_id: str | None = None
    attempt_id: str | None = None


@dataclass(frozen=True, slots=True)
class MissedOffer:
    at: datetime
    contact_id: str
    reason: OfferFailure = OfferFailure.NO_ANSWER


@dataclass(frozen=True, slots=True)
class TalkBegan:
    at: datetime
    contact_id: str
    kind: ChannelKind


@dataclass(frozen=True, slots=True)
class WrapUpBegan:
    at: datetime
    contact_id: str
    until: datetime


@dataclass(frozen=True, slots=True)
class WrapUpExtended:
    at: datetime
    contact_id: str
    until: datetime


@dataclass(frozen=True, slots=True)
class TaskEnded:
    at: datetime
    contact_id: str


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
    | TaskEnded
    | PageChanged
    | DeviceChanged
)


def advance(agent: Agent, event: AgentEvent) -> Agent:
    """The agent after the event. Raises IllegalTransition for a pair that has no meaning."""
    after = _after(agent, event)
    if after is None:
        raise IllegalTransition("agent", agent.state, event)
    return after if after.state is agent.state else changed(after, since=event.at)


def _after(agent: Agent, event: AgentEvent) -> Agent | None:
    match event:
        case BecameReady(at):
            served = 0 if agent.stance is Stance.LOGGED_OUT else agent.served
            return _take_stance(changed(agent, served=served), Stance.READY, at)
        case Paused(at, code):
            return _take_stance(agent, Stance.PAUSED, at, code)
        case LoggedOut(at):
            return _take_stance(agent, Stance.LOGGED_OUT, at)
        case PageChanged(_, is_open):
            return changed(agent, page_open=is_open)
        case DeviceChanged(_, up):
            return changed(agent, device_up=up)
        case ReservedForContact():
            return _reserved(agent, event)
        case ReservedForAttempt(at, attempt_id, until):
            task = Task(ChannelKind.VOICE, TaskPhase.RESERVED, at, until, attempt_id=attempt_id)
            return changed(agent, tasks=(*agent.tasks, task)) if _may_take(agent, ChannelKind.VOICE) else None
        case _:
            return _hands(agent, event)


def _hands(
    agent: Agent, event: Released | MissedOffer | TalkBegan | WrapUpBegan | WrapUpExtended | TaskEnded
) -> Agent | None:
    """What happens to a task that is in his hands."""
    match event:
        case Released(_, None, attempt_id):
            return _without(agent, agent.dialing(attempt_id or ""), TaskPhase.RESERVED)
        case Released(_, contact_id, _):
            return _without(agent, agent.task(contact_id or ""), TaskPhase.RESERVED)
        case MissedOffer(_, contact_id, _):
            free = _without(agent, agent.task(contact_id), TaskPhase.RESERVED)
            missed = free is not None and free.stance is Stance.READY
            return changed(free, stance=Stance.NOT_RESPONDING) if free is not None and missed else free
        case TalkBegan():
            return _talking(agent, event)
        case WrapUpBegan(at, contact_id, until):
            task = agent.task(contact_id)
            if task is None or task.phase is not TaskPhase.BUSY:
                return None
            wrapping = replace(task, phase=TaskPhase.WRAP_UP, since=at, until=until)
            return changed(_with(agent, task, wrapping), served=agent.served + 1)
        case WrapUpExtended(_, contact_id, until):
            task = agent.task(contact_id)
            if task is None or task.phase is not TaskPhase.WRAP_UP:
                return None
            return _with(agent, task, replace(task, until=until))
        case TaskEnded(_, contact_id):
            return _without(agent, agent.task(contact_id), TaskPhase.BUSY, TaskPhase.WRAP_UP)


def _take_stance(agent: Agent, stance: Stance, at: datetime, code: str | None = None) -> Agent:
    """Another pause is a new one, and begins now; the same stance again changes nothing."""
    taken = changed(agent, stance=stance, pause_code=code)
    return changed(taken, since=at) if taken != agent and not agent.tasks else taken


def _may_take(agent: Agent, kind: ChannelKind) -> bool:
    return agent.stance is Stance.READY and agent.room(kind) is Room.FREE


def _reserved(agent: Agent, event: ReservedForContact) -> Agent | None:
    """The dialed customer has answered, or a contact is offered to hands that have room."""
    dialing = next((task for task in agent.tasks if task.attempt_id and task.contact_id is None), None)
    if agent.task(event.contact_id) is not None:
        return None
    if dialing is not None and event.kind is ChannelKind.VOICE:
        return _with(agent, dialing, replace(dialing, contact_id=event.contact_id, until=event.until))
    task = Task(event.kind, TaskPhase.RESERVED, event.at, event.until, contact_id=event.contact_id)
    resumes = event.resumes and agent.stance is not Stance.LOGGED_OUT and agent.room(event.kind) is Room.FREE
    return changed(agent, tasks=(*agent.tasks, task)) if resumes or _may_take(agent, event.kind) else None


def _talking(agent: Agent, event: TalkBegan) -> Agent | None:
    """The wire is believed: a talk that began has its task. But nobody talks on two telephones."""
    talking = Task(event.kind, TaskPhase.BUSY, event.at, contact_id=event.contact_id)
    known = agent.task(event.contact_id)
    if known is not None:
        return _with(agent, known, talking) if known.phase is TaskPhase.RESERVED else None
    if event.kind is not ChannelKind.VOICE:
        return changed(agent, tasks=(*agent.tasks, talking))
    calls = [task for task in agent.tasks if task.kind is ChannelKind.VOICE]
    if any(task.phase is not TaskPhase.RESERVED for task in calls):
        return None
    rest = tuple(task for task in agent.tasks if task not in calls)
    return changed(agent, tasks=(*rest, talking))


def _with(agent: Agent, old: Task, new: Task) -> Agent:
    return changed(agent, tasks=tuple(new if task is old else task for task in agent.tasks))


def _without(agent: Agent, task: Task | None, *phases: TaskPhase) -> Agent | None:
    if task is None or task.phase not in phases:
        return None
    return changed(agent, tasks=tuple(other for other in agent.tasks if other is not task))
