"""A wire that only remembers what it was told, a journal in memory, and a clock that moves when told: for the desk's tests."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from cordboard.queue.agent import Agent
from cordboard.queue.channel import Dismissal, NotDone, WireDown
from cordboard.queue.commands import CallThird, PartyCommand
from cordboard.queue.contact import ENDED_STATES, Contact
from cordboard.queue.journal import Entry, MissedOfferEntry
from cordboard.queue.metrics import AgentMoment
from cordboard.queue.pauses import PauseMoment


class MovedClock:
    """Both clocks stand until `pass_s`."""

    def __init__(self) -> None:
        self._passed = 0.0

    def now(self) -> datetime:
        return datetime(2026, 11, 21, 12, 0, tzinfo=UTC) + timedelta(seconds=self._passed)

    def monotonic(self) -> float:
        return 1000.0 + self._passed

    def pass_s(self, seconds: float) -> None:
        self._passed += seconds


class RememberingWire:
    """A channel whose other end does nothing; `down` makes it refuse, `deaf` not mask what it records."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, str]] = []
        self.down = self.deaf = False

    def _tell(self, what: str, contact: Contact, agent: str) -> None:
        if self.down:
            raise WireDown
        self.told.append((what, contact.id, agent))

    async def offer(self, contact: Contact, agent: Agent, *, auto_answer: bool) -> None:
        self._tell("auto_offer" if auto_answer else "offer", contact, agent.id)

    async def withdraw(self, contact: Contact, agent: Agent) -> None:
        self._tell("withdraw", contact, agent.id)

    async def hang_up(self, contact: Contact) -> None:
        self._tell("hang_up", contact, "")

    async def accepted(self, contact: Contact, agent: Agent) -> None:
        self._tell("accepted", contact, agent.id)

    async def record(self, contact: Contact, *, on: bool) -> None:
        if self.deaf:
            raise NotDone
        self._tell("record" if on else "mask", contact, "")

    async def parties(self, command: PartyCommand) -> None:
        if self.deaf and isinstance(command, CallThird):
            raise NotDone
        third = command.contact.third
        who = "" if third is None else third.agent_id or third.number
        self._tell(type(command).__name__, command.contact, who)

    async def dismiss(self, contact: Contact, how: Dismissal) -> None:
        self._tell(f"dismiss_{how}", contact, "")

    async def return_to_queue(self, contact: Contact, agent: Agent) -> None:
        self._tell("return", contact, agent.id)


class MemoryJournal:
    """The journal port without a disk; `broken` makes the next commit fail."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._contacts: dict[str, Contact] = {}
        self._agents: dict[str, Agent] = {}
        self._followed: set[str] = set()
        self.broken = False

    async def append(self, entries: Sequence[Entry]) -> None:
        if self.broken:
            raise OSError("disk full")
        self.entries += entries
        for entry in entries:
            if isinstance(entry.after, Contact):
                self._contacts[entry.after.id] = entry.after
            else:
                self._agents[entry.after.id] = entry.after

    async def open_contacts(self) -> list[Contact]:
        return [contact for contact in self._contacts.values() if contact.is_open]

    async def agents(self) -> list[Agent]:
        """As the store: live connections are nothing to remember."""
        return [replace(agent, page_open=False, device_up=False) for agent in self._agents.values()]

    async def contact(self, contact_id: str) -> Contact | None:
        return self._contacts.get(contact_id)

    async def contact_by_wire(self, wire_key: str) -> Contact | None:
        return next((contact for contact in self._contacts.values() if contact.wire_key == wire_key), None)

    async def contacts_of(self, customer_id: str, limit: int = 50, before: datetime | None = None) -> list[Contact]:
        his = [contact for contact in self._contacts.values() if contact.customer_id == customer_id]
        mine = [contact for contact in his if before is None or contact.arrived_at < before]
        return sorted(mine, key=lambda contact: contact.arrived_at, reverse=True)[:limit]

    async def closed_since(self, since: datetime, limit: int, after: Contact | None = None) -> list[Contact]:
        ended = sorted((c.closed_at, c.id, c) for c in self._contacts.values() if c.closed_at and c.closed_at >= since)
        seen = (after.closed_at, after.id) if after is not None and after.closed_at else (since, "")
        return [c for at, key, c in ended if (at, key) > seen][:limit]

    async def lately_closed(self, since: datetime, limit: int) -> list[Contact]:
        return (await self.closed_since(since, len(self._contacts)))[-limit:]

    async def not_followed_up(self) -> list[Contact]:
        return [c for c in self._contacts.values() if c.state in ENDED_STATES and c.id not in self._followed]

    async def last_agent_of(self, customer_id: str, since: datetime) -> str | None:
        mine = [c for c in self._contacts.values() if c.customer_id == customer_id and c.agent_id]
        talked = [(c.connected_at, c.agent_id) for c in mine if c.connected_at is not None and c.connected_at >= since]
        return max(talked)[1] if talked else None

    async def missed_offers(self, since: datetime) -> list[MissedOfferEntry]:
        return [
            MissedOfferEntry(e.at, e.after.id, str(e.details["contact_id"]), str(e.details["reason"]))
            for e in self.entries
            if e.event == "MissedOffer" and e.at >= since
        ]

    async def pauses(self, agent_ids: Collection[str], since: datetime) -> list[PauseMoment]:
        mine = [e for e in self.entries if isinstance(e.after, Agent) and e.after.id in agent_ids and e.at >= since]
        return [
            PauseMoment(e.at, e.after.id, e.after.state, str(e.details["code"]) if e.event == "Paused" else None)
            for e in mine
            if isinstance(e.after, Agent)
        ]

    async def moments(self, agent_id: str, since: datetime) -> list[AgentMoment]:
        mine = [e for e in self.entries if e.after.id == agent_id and isinstance(e.after, Agent) and e.at >= since]
        return [AgentMoment(e.at, agent_id, e.after.state) for e in mine if isinstance(e.after, Agent)]

    async def followed_up(self, contact_id: str) -> None:
        self._followed.add(contact_id)
