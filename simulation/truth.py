"""What the generator knows of each call, and what the engine must have made of it: broken promises are named one by one. Pure.

Instants are of one monotonic clock, in s.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ..queue.contact import ENDED_STATES, Contact


class Direction(StrEnum):
    IN = "in"
    OUT = "out"


class End(StrEnum):
    """How a call ended on the wire: after a talk, left by its caller, or never answered by the person we dialed."""

    TALKED = "talked"
    ABANDONED = "abandoned"
    UNREACHED = "unreached"


@dataclass(frozen=True, slots=True)
class Ring:
    """An agent's phone rang. `trigger_at`: when the engine was told what led to it; `ordered_at`: when its order came."""

    agent: str
    trigger_at: float
    ordered_at: float
    over_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Talk:
    agent: str
    began_at: float
    over_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Call:
    uniqueid: str
    direction: Direction
    person: str
    began_at: float
    ended_at: float
    end: End
    contact_id: str
    rings: tuple[Ring, ...] = ()
    talks: tuple[Talk, ...] = ()

    @property
    def answered_at(self) -> float | None:
        return self.talks[0].began_at if self.talks else None

    @property
    def arrived(self) -> bool:
        """Whether the engine had to make a contact of it."""
        return self.direction is Direction.IN or self.end is not End.UNREACHED


def violations(calls: Sequence[Call], contacts: Sequence[Contact], doubled: Iterable[str] = ()) -> list[str]:
    """Every broken promise, one line each. `contacts` are all of the engine's, `doubled` the operators who were shown two calls at once."""
    by_leg = {contact.wire_key.rpartition("/")[2]: contact for contact in contacts}
    found = [*_each_call(calls, by_leg), *_each_contact(calls, contacts), *_agents(calls)]
    return found + [f"operator {operator} was shown two calls at once" for operator in doubled]


def _each_call(calls: Sequence[Call], by_leg: Mapping[str, Contact]) -> Iterator[str]:
    """One caller, one contact, one end."""
    for call in calls:
        contact = by_leg.get(call.uniqueid)
        if not call.arrived:
            continue
        if contact is None:
            yield f"call {call.uniqueid} has no contact"
        elif contact.state not in ENDED_STATES:
            yield f"call {call.uniqueid} is over, its contact is still {contact.state.value}"
        elif call.talks and contact.connected_at is None and contact.talk_s <= 0:
            yield f"call {call.uniqueid} was talked with, its contact says that nobody did"
        elif not call.talks and contact.connected_at is not None:
            yield f"call {call.uniqueid} was never answered, its contact says that it was"


def _each_contact(calls: Sequence[Call], contacts: Sequence[Contact]) -> Iterator[str]:
    legs = {call.uniqueid for call in calls}
    for leg, count in Counter(contact.wire_key.rpartition("/")[2] for contact in contacts).items():
        if count > 1:
            yield f"call {leg} has {count} contacts"
        if leg not in legs:
            yield f"a contact stands for call {leg}, which never was"


def _agents(calls: Sequence[Call]) -> Iterator[str]:
    """Nobody rang at two phones, and no phone rang or talked for two."""
    held: dict[str, list[tuple[float, float, str]]] = defaultdict(list)
    for call in calls:
        rings = sorted(call.rings, key=lambda ring: ring.ordered_at)
        for one, following in zip(rings, rings[1:], strict=False):
            if one.over_at > following.ordered_at:
                yield f"call {call.uniqueid} rang at {one.agent} and {following.agent} at once"
        for ring in call.rings:
            held[ring.agent].append((ring.ordered_at, ring.over_at, call.uniqueid))
        for talk in call.talks:
            held[talk.agent].append((talk.began_at, talk.over_at, call.uniqueid))
    for agent, spans in held.items():
        spans.sort()
        for (_, over_at, call_id), (began, _, other) in zip(spans, spans[1:], strict=False):
            if began < over_at and call_id != other:
                yield f"{agent} held calls {call_id} and {other} at once"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`offered`: everybody who came to wait. `goodput`: answered within `threshold_s`, a second of the time in which calls came."""

    offered: int
    answered: int
    abandoned: int
    unreached: int
    goodput: float


def outcome(calls: Sequence[Call], seconds: float, threshold_s: float = 20.0) -> Outcome:
    offered = [call for call in calls if call.arrived]
    answered = [call for call in offered if call.answered_at is not None]
    quick = sum((call.answered_at or 0.0) - call.began_at <= threshold_s for call in answered)
    return Outcome(
        len(offered),
        len(answered),
        sum(call.end is End.ABANDONED for call in offered),
        sum(call.end is End.UNREACHED for call in calls),
        quick / seconds if seconds > 0 else 0.0,
    )
