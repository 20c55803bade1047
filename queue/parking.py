"""Parking at the desk: whom an agent leaves with the music, and who takes him back."""

from collections.abc import Sequence

from . import park_moves
from .agent import Agent, Stance
from .book import Draft
from .capacity import Room
from .channel import ChannelKind
from .commands import Command
from .contact import TALKING_STATES, Contact
from .floor import Floor, NotAllowedNow


class Parking:
    """What people ask raises NotAllowedNow."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    async def park(self, agent_id: str, contact_id: str) -> None:
        """Leave the customer with the music; the agent's hands are free."""

        def act(draft: Draft) -> Sequence[Command]:
            contact = draft.open_contact(contact_id)
            if contact is None or contact.agent_id != agent_id:
                raise NotAllowedNow("this contact is not with you any more")
            if (
                contact.kind is not ChannelKind.VOICE
                or contact.state not in TALKING_STATES
                or contact.third is not None
            ):
                raise NotAllowedNow("only a talk of two can be parked")
            return park_moves.park(draft, contact, self._floor.rules)

        await self._floor.ask(act)

    async def fetch(self, agent_id: str, contact_id: str) -> None:
        """Take a parked customer, one's own or a colleague's of the same queue."""

        def act(draft: Draft) -> Sequence[Command]:
            contact, agent = draft.open_contact(contact_id), draft.known_agent(agent_id)
            if contact is None or agent is None or not may_fetch(agent, contact):
                raise NotAllowedNow("this customer is not parked any more")
            free = agent.reachable_by(ChannelKind.VOICE) and agent.room(ChannelKind.VOICE) is Room.FREE
            own = contact.parked_by == agent_id and agent.stance is not Stance.LOGGED_OUT
            if not free or not (own or agent.stance is Stance.READY):
                raise NotAllowedNow("your hands are not free")
            return park_moves.fetch(draft, contact, agent_id, self._floor.rules)

        await self._floor.ask(act)

    def of(self, agent_id: str) -> list[Contact]:
        """Whom this agent may fetch, the longest parked first."""
        agent = self._floor.book.agents.get(agent_id)
        parked = [one for one in self._floor.book.contacts.values() if agent is not None and may_fetch(agent, one)]
        return sorted(parked, key=lambda one: (one.not_before or one.arrived_at, one.id))


def may_fetch(agent: Agent, contact: Contact) -> bool:
    return contact.parked_by is not None and (contact.queue in agent.queues or contact.parked_by == agent.id)
