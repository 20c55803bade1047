"""The desk, as the dialer needs it (queue/desk.py fits)."""

from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from ..queue.agent import Agent
from ..queue.channel import Arrival
from ..queue.contact import Contact
from ..queue.setup import QueueSetup
from .queue_watch import Queues


class Changes(Protocol):
    """News from the desk; what they say does not matter here, only that they came."""

    async def get(self) -> object: ...


class Desks(Queues, Protocol):
    def agents(self) -> tuple[Agent, ...]: ...

    def agent(self, agent_id: str) -> Agent | None: ...

    @property
    def setup(self) -> QueueSetup: ...

    def contacts(self) -> tuple[Contact, ...]:
        """The open contacts."""
        ...

    async def reserve(self, agent_id: str, attempt_id: str, until: datetime) -> bool:
        """Keep the agent for this attempt; False when he is not free any more."""
        ...

    async def release(self, agent_id: str, attempt_id: str) -> None:
        """Let him go, if this attempt is what he is reserved for and no contact came of it."""
        ...

    async def arrive(self, arrival: Arrival) -> Contact:
        """A contact came. The same wire key again is the same contact."""
        ...

    def subscribe(self) -> AbstractAsyncContextManager[Changes]: ...
