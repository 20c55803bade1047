"""The figures of service, each a fold over contacts or over agents' states. Pure.

Words used by every formula below:

    waited      seconds from the arrival to the (last) connection, or to the end, or to `now`, less the talk in between
    answered    a contact that talked to an agent at least once
    abandoned   the customer left before an answer; short abandoned when he left within `SHORT_ABANDON_S`
    offered     answered + abandoned + lost + still waiting beyond the threshold, without the short abandoned

    service level   = answered with waited <= threshold / offered            inbound contacts
    abandonment     = abandoned / (answered + abandoned + lost), short ones left out of both    inbound contacts
    ASA             = sum of waited / answered                               inbound contacts
    AHT             = sum of (talk + hold + wrap-up) / closed contacts that were answered       both directions
    occupancy       = (reserved + busy + wrap-up time) / (the same + ready time)                agents
    the dialer's abandonment rate stands in dialer/abandonment.py, which is bound by it
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from .agent import AgentState
from .channel import Direction
from .contact import TALKING_STATES, Contact, ContactState

SHORT_ABANDON_S = 5.0
HANDLING = frozenset({AgentState.RESERVED, AgentState.BUSY, AgentState.WRAP_UP})
_WAITING = frozenset({ContactState.ARRIVED, ContactState.QUEUED, ContactState.OFFERED})


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole; it has no value while the whole is nothing."""

    part: float
    whole: float

    @property
    def value(self) -> float | None:
        return self.part / self.whole if self.whole else None


@dataclass(frozen=True, slots=True)
class Service:
    """What service level and abandonment count, by the words above; those of several contacts add up."""

    in_time: int = 0
    offered: int = 0
    gone: int = 0
    over: int = 0

    def __add__(self, more: "Service") -> "Service":
        return Service(
            self.in_time + more.in_time, self.offered + more.offered, self.gone + more.gone, self.over + more.over
        )

    @property
    def level(self) -> Share:
        """Answered in time of all that were offered."""
        return Share(self.in_time, self.offered)

    @property
    def abandonment(self) -> Share:
        """Customers who left unanswered, of all whose waiting is over."""
        return Share(self.gone, self.over)


NO_SERVICE = Service()


@dataclass(frozen=True, slots=True)
class AgentMoment:
    """From `at` on the agent was in this state."""

    at: datetime
    agent_id: str
    state: AgentState


def waits(contact: Contact) -> bool:
    """Whether the customer waits for an agent right now; one who is parked does not."""
    return contact.state in _WAITING and contact.parked_by is None


def was_answered(contact: Contact) -> bool:
    """Whether an agent ever talked to the customer."""
    return contact.connected_at is not None or contact.talk_s > 0


def waited_s(contact: Contact, now: datetime) -> float:
    """How long the customer has waited in all (s); a talk between two waits is not waiting."""
    if waits(contact) or contact.connected_at is None:
        end, talked = contact.closed_at or now, contact.talk_s
    else:
        end, talked = contact.connected_at, contact.talk_s - _last_talk_s(contact)
    return max(0.0, (end - contact.arrived_at).total_seconds() - talked)


def _last_talk_s(contact: Contact) -> float:
    """The part of talk_s that began at connected_at; nothing while that talk still goes on."""
    if contact.connected_at is None or contact.talk_ended_at is None or contact.state in TALKING_STATES:
        return 0.0
    return max(0.0, (contact.talk_ended_at - contact.connected_at).total_seconds())


def is_short_abandon(contact: Contact) -> bool:
    """Whether the customer left so soon that nobody could have helped it."""
    left = contact.closed_at or contact.arrived_at
    return (
        contact.state is ContactState.ABANDONED
        and not was_answered(contact)
        and (left - contact.arrived_at).total_seconds() <= SHORT_ABANDON_S
    )


def service_of(contact: Contact, threshold_s: float, now: datetime) -> Service:
    """One contact's part. Of one that has ended it is the same for ever; who waits too long counts before he is answered or gone."""
    if not _counts(contact):
        return NO_SERVICE
    late = waited_s(contact, now) > threshold_s
    if was_answered(contact):
        return Service(in_time=int(not late), offered=1, over=1)
    if waits(contact):
        return Service(offered=int(late))
    return Service(offered=1, gone=int(contact.state is ContactState.ABANDONED), over=1)


def service(contacts: Iterable[Contact], threshold_s: float, now: datetime) -> Service:
    """The whole of these contacts."""
    return sum((service_of(contact, threshold_s, now) for contact in contacts), NO_SERVICE)


def average_speed_of_answer_s(contacts: Iterable[Contact], now: datetime) -> float | None:
    """ASA (s), or None when nobody was answered."""
    answered = [waited_s(contact, now) for contact in _inbound(contacts) if was_answered(contact)]
    return Share(sum(answered), len(answered)).value


def handled_s(contact: Contact) -> tuple[float, float] | None:
    """Seconds of talk and of wrap-up of a closed contact that was answered; None of any other. `talk_s` runs from connection to hang-up,
    so it holds the hold time."""
    if contact.state is not ContactState.CLOSED or contact.closed_at is None or contact.talk_ended_at is None:
        return None
    return contact.talk_s, (contact.closed_at - contact.talk_ended_at).total_seconds()


def average_handle_time_s(contacts: Iterable[Contact]) -> float | None:
    """AHT (s), or None when nothing was closed."""
    handled = [sum(spent) for contact in contacts if (spent := handled_s(contact)) is not None]
    return Share(sum(handled), len(handled)).value


def occupancy(moments: Iterable[AgentMoment], until: datetime) -> Share:
    """Seconds of handling of the seconds on line, over all agents, up to `until`. Moments of one agent come in order of time."""
    handling = ready = 0.0
    last: dict[str, AgentMoment] = {}
    ends = list(moments)
    for moment in ends + [
        AgentMoment(until, agent_id, AgentState.LOGGED_OUT) for agent_id in {m.agent_id for m in ends}
    ]:
        before = last.get(moment.agent_id)
        last[moment.agent_id] = moment
        if before is None:
            continue
        lasted = max(0.0, (moment.at - before.at).total_seconds())
        handling += lasted if before.state in HANDLING else 0.0
        ready += lasted if before.state is AgentState.READY else 0.0
    return Share(handling, handling + ready)


def _counts(contact: Contact) -> bool:
    return contact.direction is Direction.INBOUND and not is_short_abandon(contact)


def _inbound(contacts: Iterable[Contact]) -> list[Contact]:
    return [contact for contact in contacts if _counts(contact)]
