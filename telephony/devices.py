"""Whether operators' softphones are registered, asked of Asterisk: events of an old and a new registration may cross."""

import asyncio
from contextlib import suppress

from ..queue.desk import Desk
from .ami_actions import AmiError
from .wire import Wire

ASKED_AT_ONCE = 100


class Devices:
    def __init__(self, desk: Desk, wire: Wire) -> None:
        self._desk = desk
        self._wire = wire

    async def look(self, agent_id: str) -> None:
        """Ask for the agent's softphone now; while nobody can tell, what we knew of it stands."""
        agent = self._desk.agent(agent_id)
        if agent is not None:
            with suppress(AmiError):
                await self.ask(agent.sip_name)

    async def ask_all(self) -> None:
        """Many at a time: a house of 2,500 telephones waited for one answer after the other, which was most of a resync."""
        names = [agent.sip_name for agent in self._desk.agents()]
        for begin in range(0, len(names), ASKED_AT_ONCE):
            await asyncio.gather(*(self.ask(name) for name in names[begin : begin + ASKED_AT_ONCE]))

    async def ask(self, endpoint: str) -> None:
        """Raises AmiError when nobody can tell."""
        agent = self._desk.agent_by_sip_name(endpoint)
        if agent is None or self._wire.ami is None:
            return
        contacts = await self._wire.ami.getvar(None, f"PJSIP_DIAL_CONTACTS({endpoint})")
        await self._desk.device_changed(agent.id, up=bool(contacts))
