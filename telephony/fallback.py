"""The fallback: Asterisk's own queue holds our operators as they are now, so that it can serve callers when we are gone.

All the time, one action for each operator whose mirrored state changed; after each gap in the link, whatever differs. When we are back,
those who still wait there come back to us; who rings or talks stays, and the resync (hearing.py) takes him over.
"""

import asyncio
import logging
from collections.abc import Iterable

from ..queue.agent import Agent
from ..queue.desk import Desk, DeskChange
from ..storage.clock import Clock
from .ami import Ami, LinkState
from .ami_actions import ActionRefused, AmiError
from .ami_events import Resync
from .fallback_line import (
    QUEUE,
    Add,
    Pause,
    Remove,
    Step,
    callers_in,
    interface_of,
    may_return,
    member_of,
    members_in,
    step,
    steps,
)

log = logging.getLogger(__name__)

LOOK_S = 5.0

_END = "QueueStatusComplete"
_NOBODY = "nobody"  # no member is called so: QueueStatus then tells the callers alone


class Fallback:
    """`mirror_forever` alone tells app_queue anything, one action at a time; `on_resync` only wakes it, so that no event waits for it."""

    def __init__(self, desk: Desk, clock: Clock) -> None:
        self._desk = desk
        self._clock = clock
        self._ami: Ami | None = None
        self._there: dict[str, bool] | None = None  # the members as Asterisk has them; None: to be read
        self._woken = asyncio.Event()
        self._look_at = 0.0
        self._complaint = ""

    def attach(self, ami: Ami) -> None:
        """Join the link, which needs this object to be made first."""
        self._ami = ami

    async def on_resync(self, _resync: Resync) -> None:
        """After a gap nothing is known of app_queue."""
        self._there, self._look_at = None, 0.0
        self._woken.set()

    async def mirror_forever(self) -> None:
        """Mirror every change at once, and see to it every LOOK_S that nobody waits in app_queue while we are here."""
        async with self._desk.subscribe() as changes:
            while True:
                changed = await self._news(changes)
                ami = self._ami
                if ami is None or ami.state is not LinkState.UP:
                    continue
                try:
                    await self._tell(ami, changed)
                    self._complaint = ""
                except AmiError as error:
                    self._there = None
                    self._complain(str(error))

    async def _news(self, changes: asyncio.Queue[DeskChange]) -> DeskChange:
        """What has changed; an empty change when it is only time to look."""
        waits = {asyncio.ensure_future(changes.get()), asyncio.ensure_future(self._woken.wait())}
        await asyncio.wait(waits, timeout=LOOK_S, return_when=asyncio.FIRST_COMPLETED)
        for task in waits:
            task.cancel()
        heard = [task.result() for task in waits if task.done() and not task.cancelled()]
        found = [one for one in heard if isinstance(one, DeskChange)]
        self._woken.clear()
        while not changes.empty():
            found.append(changes.get_nowait())
        agents = frozenset().union(*(one.agent_ids for one in found))
        return DeskChange(agents, everything=any(one.everything for one in found))

    async def _tell(self, ami: Ami, changed: DeskChange) -> None:
        now = asyncio.get_running_loop().time()
        if now >= self._look_at:
            self._look_at = now + LOOK_S
            await self._call_back(ami)
            if self._there is None:
                await self._mirror_all(ami)
        for agent in self._concerned(changed):
            if self._there is not None and not may_return(agent):
                name = interface_of(agent.sip_name)
                await self._take(ami, step(name, member_of(agent), self._there.get(name)))

    def _concerned(self, changed: DeskChange) -> Iterable[Agent]:
        """Whose place may be another now."""
        if changed.everything:
            return self._desk.agents()
        found = [self._desk.agent(agent_id) for agent_id in changed.agent_ids]
        return [agent for agent in found if agent is not None]

    async def _call_back(self, ami: Ami) -> None:
        """Whoever waits in app_queue goes back on hold, where his contact waits for him. If it rings for him, that comes first."""
        asked = {"Queue": QUEUE, "Member": _NOBODY}
        for channel in callers_in(await ami.action_list("QueueStatus", asked, ends_with=_END)):
            await ami.queue_withdraw(QUEUE, channel)

    async def _mirror_all(self, ami: Ami) -> None:
        self._there = there = members_in(await ami.action_list("QueueStatus", {"Queue": QUEUE}, ends_with=_END))
        wanted: dict[str, bool] = {}
        for agent in self._desk.agents():
            name = interface_of(agent.sip_name)
            place = there.get(name) if may_return(agent) else member_of(agent)
            wanted |= {} if place is None else {name: place}
        for one in steps(wanted, dict(there)):
            await self._take(ami, one)

    async def _take(self, ami: Ami, wanted: Step | None) -> None:
        """Raises ActionRefused when Asterisk's members are not what we thought."""
        match wanted:
            case Add(interface, paused):
                reply = await ami.queue_add(QUEUE, interface, paused=paused)
            case Pause(interface, paused):
                reply = await ami.queue_pause(QUEUE, interface, paused=paused)
            case Remove(interface):
                reply = await ami.queue_remove(QUEUE, interface)
            case None:
                return
        if not reply.ok:
            raise ActionRefused(reply.message)
        if self._there is not None:
            if isinstance(wanted, Remove):
                self._there.pop(interface, None)
            else:
                self._there[interface] = wanted.paused

    def _complain(self, what: str) -> None:
        """Once for each new reason: it is tried again every LOOK_S."""
        if what != self._complaint:
            log.warning("the fallback in Asterisk could not be told: %s", what)
        self._complaint = what
