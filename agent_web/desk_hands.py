"""All that is in one operator's hands, row by row, and which of it stands in the middle of his desk. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ..queue.agent import Agent, Stance, Task, TaskPhase, in_order
from ..queue.capacity import Room
from ..queue.channel import ChannelKind, Direction
from ..queue.contact import Contact, ContactState


class Phase(StrEnum):
    """What the middle of the desk is about."""

    LOGGED_OUT = "logged_out"
    READY = "ready"
    DIALING = "dialing"
    RINGING = "ringing"
    TALKING = "talking"
    HELD = "held"
    WRAP_UP = "wrap_up"
    NOT_RESPONDING = "not_responding"
    PAUSED = "paused"


WITH_CONTACT = frozenset({Phase.RINGING, Phase.TALKING, Phase.HELD, Phase.WRAP_UP})


@dataclass(frozen=True, slots=True)
class Countdown:
    """Seconds that are left of a whole."""

    left_s: int
    whole_s: int

    @property
    def share(self) -> int:
        """Percent left."""
        return 0 if self.whole_s <= 0 else round(100 * self.left_s / self.whole_s)


@dataclass(frozen=True, slots=True)
class Hand:
    """One contact in hand. `age_s`: of its talk, or of its wait while it is offered (s). `unread`: messages that he has not seen.
    `promised_s`: how much is left of the wait that its queue promises, for an inbound one that is offered, and for a visitor who has
    written and got no answer yet; less than 0 when it is over."""

    contact: Contact
    phase: Phase
    who: str
    order_number: str
    age_s: int
    left: Countdown | None
    unread: int
    shown: bool
    promised_s: int | None = None

    @property
    def is_call(self) -> bool:
        return self.contact.kind is ChannelKind.VOICE

    @property
    def key(self) -> str:
        return work_key(self.contact, self.phase)


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody a contact may be passed to. `free`: his hands have room for it now; else it waits a moment for him."""

    id: str
    name: str
    free: bool


def work_key(contact: Contact, phase: Phase) -> str:
    """The same while it is the same work, so that what is being typed there stays."""
    return f"{contact.id}/{'wrap' if phase is Phase.WRAP_UP else 'talk'}"


def phase_of(agent: Agent, contact: Contact | None) -> Phase:
    """The phase of this contact in the agent's hands; without one, the phase of the agent himself."""
    task = agent.foreground if contact is None else agent.task(contact.id)
    if task is None:
        return Phase(agent.stance.value)
    match task.phase:
        case TaskPhase.RESERVED:
            return Phase.RINGING if task.contact_id is not None else Phase.DIALING
        case TaskPhase.BUSY:
            return Phase.HELD if contact is not None and contact.state is ContactState.HELD else Phase.TALKING
        case TaskPhase.WRAP_UP:
            return Phase.WRAP_UP


def in_front(agent: Agent, wanted: Iterable[str]) -> str | None:
    """The contact in the middle: the first of the wanted ones that is in hand, else the foremost that is; None when none is."""
    held = [task.contact_id for task in in_order(agent.tasks) if task.contact_id is not None]
    return next((contact_id for contact_id in wanted if contact_id in held), held[0] if held else None)


def hands(
    agent: Agent,
    contact_of: Callable[[str], Contact | None],
    names: Mapping[str, str],
    orders: Mapping[str, str],
    unread_of: Callable[[Contact], int],
    shown: str | None,
    now: datetime,
    target_of: Callable[[Contact], float] | None = None,
    asked_at: Callable[[Contact], datetime | None] = lambda _contact: None,
) -> tuple[Hand, ...]:
    """In the order in which they came, so that no row jumps. `names` of customers and numbers of `orders` by their ids, `target_of` a
    contact the wait that it is promised (s), `asked_at` since when its visitor waits for an answer."""
    found = []
    for task in agent.tasks:
        contact = contact_of(task.contact_id or "")
        if contact is None:
            continue
        phase = phase_of(agent, contact)
        since = contact.arrived_at if phase is Phase.RINGING else contact.connected_at or task.since
        found.append(
            Hand(
                contact=contact,
                phase=phase,
                who=names.get(contact.customer_id or "") or contact.name,
                order_number=orders.get(contact.order_id or "", ""),
                age_s=gone(since, now),
                left=countdown(task, now) if phase in (Phase.RINGING, Phase.WRAP_UP) else None,
                unread=unread_of(contact),
                shown=contact.id == shown,
                promised_s=_promised_s(contact, _waits_since(contact, phase, asked_at), now, target_of),
            )
        )
    return tuple(found)


def _waits_since(contact: Contact, phase: Phase, asked_at: Callable[[Contact], datetime | None]) -> datetime | None:
    """Who has come by himself waits until he is spoken with, who writes until he has an answer."""
    if contact.direction is not Direction.INBOUND:
        return None
    if phase is Phase.RINGING:
        return contact.arrived_at
    return asked_at(contact) if phase in (Phase.TALKING, Phase.HELD) else None


def _promised_s(
    contact: Contact, since: datetime | None, now: datetime, target_of: Callable[[Contact], float] | None
) -> int | None:
    """What is left of the promise (s)."""
    if since is None or target_of is None:
        return None
    return int(target_of(contact) - (now - since).total_seconds())


def colleagues(agents: Iterable[Agent], contact: Contact, name: str = "") -> Sequence[Colleague]:
    """Whom the contact may be passed to: at work, such contacts are for him, his name holds `name`. The free first, then by name."""
    part = name.casefold().strip()
    found = [
        Colleague(agent.id, agent.name, agent.reachable_by(contact.kind) and agent.room(contact.kind) is Room.FREE)
        for agent in agents
        if agent.id != contact.agent_id
        and agent.stance is Stance.READY
        and agent.reachable
        and agent.queues
        and agent.capacity.limit(contact.kind) > 0
        and part in agent.name.casefold()
    ]
    return sorted(found, key=lambda one: (not one.free, one.name, one.id))


def gone(since: datetime, now: datetime) -> int:
    return max(0, int((now - since).total_seconds()))


def countdown(task: Task | None, now: datetime) -> Countdown | None:
    if task is None or task.until is None:
        return None
    return Countdown(max(0, int((task.until - now).total_seconds())), int((task.until - task.since).total_seconds()))
