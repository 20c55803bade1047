"""Reservations: agents kept for calls that are being dialed. The dialer's side of the desk."""

from datetime import datetime

from . import agent as agent_events
from .agent import Stance
from .book import Draft
from .capacity import Room
from .channel import ChannelKind
from .floor import Floor, UnknownAgent


class Reservations:
    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    async def reserve(self, agent_id: str, attempt_id: str, until: datetime) -> bool:
        """Keep the agent for a call that is being dialed. False when he is not free any more. Raises UnknownAgent."""
        if agent_id not in self._floor.book.agents:
            raise UnknownAgent(agent_id)

        def act(draft: Draft) -> None:
            agent = draft.agent(agent_id)
            free = agent.stance is Stance.READY and agent.room(ChannelKind.VOICE) is Room.FREE
            if free and agent.reachable_by(ChannelKind.VOICE):
                draft.tell_agent(agent_id, agent_events.ReservedForAttempt(draft.now, attempt_id, until))

        await self._floor.change(act)
        return self._floor.book.agents[agent_id].dialing(attempt_id) is not None

    async def release(self, agent_id: str, attempt_id: str) -> None:
        """The dialed call came to nothing; whoever is reserved for something else by now is left alone."""

        def act(draft: Draft) -> None:
            if draft.agent(agent_id).dialing(attempt_id) is not None:
                draft.tell_agent(agent_id, agent_events.Released(draft.now, attempt_id=attempt_id))

        if agent_id in self._floor.book.agents:
            await self._floor.change(act)
