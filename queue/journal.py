"""The port to what is remembered: events are appended, and the nouns they changed stored, in one commit, before any effect."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import Enum
from typing import Protocol

from .agent import Agent, AgentEvent, MissedOffer
from .contact import Contact
from .contact_events import ContactEvent
from .metrics import AgentMoment
from .pauses import PauseMoment

PASSING = frozenset({"PageChanged", "DeviceChanged"})
"""Of live connections, which no restart remembers: written down with what comes next, and nobody waits for that. They leave the noun's
row as it is."""

MISSED_OFFER = MissedOffer.__name__

JsonValue = str | int | float | bool | None | list[str]


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of one noun, as it is written down: `after` is the noun as the event left it."""

    at: datetime
    event: str
    details: dict[str, JsonValue]
    after: Contact | Agent


@dataclass(frozen=True, slots=True)
class MissedOfferEntry:
    """An offer that came back. `reason` is an OfferFailure."""

    at: datetime
    agent_id: str
    contact_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class PresenceEntry:
    """From `at` on this agent was at work, or was not."""

    at: datetime
    agent_id: str
    at_work: bool


def entry_of(at: datetime, event: ContactEvent | AgentEvent | str, after: Contact | Agent) -> Entry:
    """Write an event down. A text stands for the noun's first appearance."""
    if isinstance(event, str):
        return Entry(at, event, {}, after)
    details = {name: _plain(getattr(event, name)) for name in _names_of(type(event))}
    return Entry(at, type(event).__name__, details, after)


_NAMES: dict[type, tuple[str, ...]] = {}


def _names_of(event: type[ContactEvent | AgentEvent]) -> tuple[str, ...]:
    """The fields of such an event, but for the instant; looked up once."""
    if event not in _NAMES:
        _NAMES[event] = tuple(field.name for field in fields(event) if field.name != "at")
    return _NAMES[event]


def _plain(value: object) -> JsonValue:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return str(value.value)
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, tuple):
        return [str(part) for part in value]
    raise TypeError(f"an event holds a {type(value).__name__}, which the journal cannot write")


class Journal(Protocol):
    async def append(self, entries: Sequence[Entry]) -> None:
        """Commit the entries and the nouns they leave behind, all or none. Returns when they are durable."""
        ...

    async def open_contacts(self) -> list[Contact]:
        """The contacts that had not ended when we last wrote."""
        ...

    async def agents(self) -> list[Agent]:
        """Every agent as we last knew him."""
        ...

    async def contact(self, contact_id: str) -> Contact | None: ...

    async def contact_by_wire(self, wire_key: str) -> Contact | None: ...

    async def closed_since(self, since: datetime, limit: int, after: Contact | None = None) -> list[Contact]:
        """The first `limit` contacts that ended at or after `since`, oldest first; `after`: the last of the page before."""
        ...

    async def lately_closed(self, since: datetime, limit: int) -> list[Contact]:
        """The last `limit` contacts that ended at or after `since`, oldest first."""
        ...

    async def contacts_of(self, customer_id: str, limit: int = 50, before: datetime | None = None) -> list[Contact]:
        """A customer's contacts, newest first; only those that arrived before `before`, when it is given."""
        ...

    async def not_followed_up(self) -> list[Contact]:
        """Ended contacts whose consequences (callbacks, leads) are not known to be done."""
        ...

    async def last_agent_of(self, customer_id: str, since: datetime) -> str | None:
        """Who talked with the customer last, at or after `since`."""
        ...

    async def missed_offers(self, since: datetime) -> list[MissedOfferEntry]:
        """The offers that were not taken, of all agents, the oldest first."""
        ...

    async def pauses(self, agent_ids: Collection[str], since: datetime) -> list[PauseMoment]:
        """When these agents came to work, paused and went from `since` on, in order of time."""
        ...

    async def moments(self, agent_id: str, since: datetime) -> list[AgentMoment]:
        """The states of this agent from `since` on, the earliest first; what he was before is not told."""
        ...

    async def followed_up(self, contact_id: str) -> None: ...
