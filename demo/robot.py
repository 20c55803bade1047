"""The robot colleague: an operator with a telephone that talks by itself, so that the supervisor's page lives."""

import asyncio
import logging
from random import Random

from ..queue.agent import Agent, AgentState
from ..queue.desk import Desk, NotAllowedNow

log = logging.getLogger(__name__)

RESULTS = ("confirmed", "confirmed", "confirmed", "changed", "cancelled", "consulted", "no_talk")
WRAP_UP_S = (2.0, 8.0)


class RobotColleague:
    """Ready while switched on: his telephone (the carrier's robot) answers and talks, he closes each talk with a result."""

    def __init__(self, agent_id: str, chance: Random) -> None:
        self._agent_id = agent_id
        self._chance = chance
        self._desk: Desk | None = None
        self._shift: asyncio.Task[None] | None = None

    def join(self, desk: Desk) -> None:
        self._desk = desk

    async def is_on(self) -> bool:
        return self._shift is not None

    async def switch(self, on: bool) -> None:
        """Returns when the robot has begun, or has ended, its shift; a talk that goes on is talked to its end."""
        if self._desk is None or on == (self._shift is not None):
            return
        if on:
            await self._desk.ready(self._agent_id)
            self._shift = asyncio.create_task(self._work(self._desk))
        else:
            await self.stop()
            await self._desk.log_out(self._agent_id)

    async def stop(self) -> None:
        if self._shift is not None:
            self._shift.cancel()
            await asyncio.gather(self._shift, return_exceptions=True)
            self._shift = None

    async def _work(self, desk: Desk) -> None:
        async with desk.subscribe() as changes:
            while True:
                agent = desk.agent(self._agent_id)
                if agent is not None:
                    await self._act(desk, agent)
                await changes.get()

    async def _act(self, desk: Desk, agent: Agent) -> None:
        try:
            if agent.state is AgentState.WRAP_UP and agent.contact_id is not None:
                await asyncio.sleep(self._chance.uniform(*WRAP_UP_S))
                await desk.dispose(agent.id, agent.contact_id, self._chance.choice(RESULTS))
            elif agent.state in (AgentState.NOT_RESPONDING, AgentState.LOGGED_OUT):
                await desk.ready(agent.id)
        except NotAllowedNow:
            log.info("the robot was too late")
