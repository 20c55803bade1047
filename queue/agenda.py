"""When which noun is to be looked at again. Pure: instants are given; one that is out of date costs a look and does nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta
from heapq import heappop, heappush

from .agent import Agent
from .channel import OWN_PHONE_AFTER_S
from .contact import TALKING_STATES, Contact, ContactState
from .mask import is_open
from .overflow import looks_again_at
from .setup import QueueRules
from .skill import relaxes_in_s


class Agenda:
    """One instant (UTC) for each noun that has one."""

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, str]] = []
        self._at: dict[str, datetime] = {}

    def put(self, noun_id: str, at: datetime | None) -> None:
        """Look at the noun then, and at no other time."""
        if at is None:
            self._at.pop(noun_id, None)
        elif self._at.get(noun_id) != at:
            self._at[noun_id] = at
            heappush(self._heap, (at, noun_id))

    def due(self, now: datetime) -> list[str]:
        """Take out whose time has come, the earliest first."""
        found = []
        while self._heap and self._heap[0][0] <= now:
            at, noun_id = heappop(self._heap)
            if self._at.get(noun_id) == at:
                del self._at[noun_id]
                found.append(noun_id)
        return found

    def next_at(self) -> datetime | None:
        """The earliest instant, or None."""
        while self._heap and self._at.get(self._heap[0][1]) != self._heap[0][0]:
            heappop(self._heap)
        return self._heap[0][0] if self._heap else None


def next_look(noun: Contact | Agent, rules_of: Callable[[str], QueueRules], now: datetime) -> datetime | None:
    """When time alone may change something for the noun; None when it cannot."""
    if isinstance(noun, Agent):
        return min((task.until for task in noun.tasks if task.until is not None), default=None)
    if noun.state in TALKING_STATES and is_open(noun.masks):
        return noun.masks[-1].end
    if noun.state is not ContactState.QUEUED:
        return None
    rules = rules_of(noun.queue)
    waited_s = max(0.0, (now - noun.arrived_at).total_seconds())
    relaxes = relaxes_in_s(noun.needs, waited_s, rules.relaxing)
    broke_at = noun.talk_ended_at if noun.rejoins else None
    own_phone_at = None if broke_at is None else broke_at + timedelta(seconds=OWN_PHONE_AFTER_S)
    instants = [
        own_phone_at if own_phone_at is not None and own_phone_at > now else None,
        noun.not_before if noun.not_before is not None and noun.not_before > now else None,
        noun.personal_until if noun.personal_until is not None and noun.personal_until > now else None,
        None if relaxes is None else now + timedelta(seconds=relaxes),
        looks_again_at(noun, rules, now),
    ]
    return min((at for at in instants if at is not None), default=None)
