"""The talks that go on, and what is recorded of them: each piece is told when it is over, with its length."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from ..queue.contact import Contact
from ..queue.desk import Desk
from ..storage.clock import Clock
from .ami_events import BridgeEntered, BridgeLeft, UserEventSeen

CLOCK_SET_S = 30.0


@dataclass(frozen=True, slots=True)
class TalkRecorded:
    """A piece of talk, or a message left for us, is over and its raw recording lies at `path`. `talk_s` by Asterisk's own clock, unless
    somebody has set it meanwhile."""

    contact: Contact
    path: str
    started_at: datetime
    talk_s: float


@dataclass(frozen=True, slots=True)
class Talk:
    """When it began by Asterisk's clock (epoch s), and by the one that nobody sets (s)."""

    contact: Contact
    path: str
    began_at: float
    began: float


def true_length(stamped_s: float, steady_s: float) -> float:
    """Asterisk's stamps are exact, unless its clock was set in between: then ours, which waits for its turn, is nearer."""
    return stamped_s if abs(stamped_s - steady_s) <= CLOCK_SET_S else steady_s


class Talks:
    """By the customers' wire keys."""

    def __init__(self, desk: Desk, clock: Clock, on_recorded: Callable[[TalkRecorded], Awaitable[None]]) -> None:
        self._desk = desk
        self._clock = clock
        self._on_recorded = on_recorded
        self._talks: dict[str, Talk] = {}

    def began(self, key: str, event: BridgeEntered) -> None:
        contact = self._desk.contact_by_wire(key)
        path = event.variables.get("CC_REC", "")
        if key in self._talks and self._talks[key].path == path:
            return  # from the music back into the room: one talk, one recording
        if contact is not None:
            self._talks[key] = Talk(contact, path, event.at or self._now(), self._clock.monotonic())

    async def over(self, key: str, event: BridgeLeft) -> None:
        """One piece of talk, and its recording, are complete. After a restart in mid-talk the beginning is the journal's."""
        if event.variables.get("CC_STATE", "").startswith("side-"):
            return  # he only hears music for a while
        await self._over(key, event.at, event.variables.get("CC_REC", ""))

    async def parted(self, key: str, at: float | None) -> None:
        """The operator's leg, and with it the recording, has ended while the customer heard music."""
        if key in self._talks:
            await self._over(key, at, "")

    async def _over(self, key: str, at: float | None, path: str) -> None:
        begun = self._talks.pop(key, None)
        contact = self._desk.contact_by_wire(key) or (begun.contact if begun else None)
        if contact is None:
            return
        if begun is not None:  # a broken leg has parted them already; it was his talk all the same
            contact = replace(contact, agent_id=begun.contact.agent_id)
        path = path or (begun.path if begun else "")
        began_at = begun.began_at if begun else (contact.connected_at or contact.arrived_at).timestamp()
        stamped_s = (at or self._now()) - began_at
        steady_s = self._clock.monotonic() - begun.began if begun else self._now() - began_at
        if path:
            started_at = datetime.fromtimestamp(began_at, UTC)
            await self._on_recorded(TalkRecorded(contact, path, started_at, true_length(stamped_s, steady_s)))

    async def message_left(self, contact: Contact | None, event: UserEventSeen) -> None:
        """After the voice mail's tone somebody has spoken."""
        path = event.fields.get("Rec", "")
        if contact is not None and path:
            seconds = float(event.fields.get("Answered") or 0.0)
            began = datetime.fromtimestamp((event.at or self._now()) - seconds, UTC)
            await self._on_recorded(TalkRecorded(contact, path, began, seconds))

    def _now(self) -> float:
        return self._clock.now().timestamp()
