"""From the wish to dial to the order on the wire, many calls at once: the agents are reserved, the intents committed together, and only
then is the wire told."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from ..queue.contact import IllegalTransition
from ..storage.clock import Clock
from ..storage.failpoint import failpoint
from ..storage.ids import Ids
from .campaign import Campaign, DialMode
from .cap_keeper import CapKeeper
from .desks import Desks
from .lead import Attempt
from .originate import Call, Originate
from .pacing import TROUBLE
from .store import MOST_AT_ONCE, DialerStore
from .trunks import Trunks

log = logging.getLogger(__name__)

RESERVE_SLACK_S = 10
T = TypeVar("T")


class Placing:
    """`failed` hears of each attempt whose order the wire may not have taken on; `strays` counts what came too late, by its name."""

    def __init__(
        self,
        store: DialerStore,
        desk: Desks,
        originate: Originate,
        clock: Clock,
        ids: Ids,
        cap: CapKeeper,
        trunks: Trunks,
        *,
        failed: Callable[[Attempt], Awaitable[None]],
        strays: Counter[str],
    ) -> None:
        self._store = store
        self._desk = desk
        self._originate = originate
        self._clock = clock
        self._ids = ids
        self._cap = cap
        self._trunks = trunks
        self._failed = failed
        self._strays = strays
        self._tasks: set[asyncio.Task[Any]] = set()

    def places(self) -> int:
        """How many more orders to dial may be on their way: what has not been taken on yet is not to grow behind a slow wire."""
        return max(0, MOST_AT_ONCE - len(self._tasks))

    async def dial(self, call: Call) -> bool:
        """`dial_all` of one; whether it was begun."""
        return await self.dial_all([call]) == 1

    async def dial_all(self, calls: Sequence[Call]) -> int:
        """For each call reserve the agent, or see that the bound has room; commit the intents, in this order and in one transaction, and
        send them off. How many were begun: not those whose agent, room or lead is not to be had any more.

        Who stops waiting stops none of them (`settle`). Raises what the first of them raised, when all are through.
        """
        if not calls:
            return 0
        placing = self._spawn(self._place(calls))
        await asyncio.wait([placing])
        return placing.result()

    async def _place(self, calls: Sequence[Call]) -> int:
        await self._trunks.load()
        orders: list[tuple[Attempt, Call]] = []
        try:
            for call in calls:
                if (attempt := await self._take(call)) is not None:
                    orders.append((attempt, call))
            # All agents first, so that nobody's intent is written before that of a better lead.
            may = await asyncio.gather(*(self._may_begin(*order) for order in orders), return_exceptions=True)
            begun = await asyncio.gather(
                *(self._begin(*order, is_free) for order, is_free in zip(orders, may, strict=True)),
                return_exceptions=True,
            )
        finally:
            for attempt, _call in orders:
                self._trunks.written(attempt)
        for each in begun:
            if isinstance(each, BaseException):
                raise each
        return begun.count(True)

    async def _take(self, call: Call) -> Attempt | None:
        """The attempt, with its trunk's channel held; None when no trunk may carry it."""
        agent_id = call.agent.id if call.agent else None
        lead, campaign = call.lead, call.campaign
        mode = campaign.mode
        if agent_id is not None and mode is DialMode.AGENTLESS:  # a call that was promised to who pressed 0
            mode = DialMode.PROGRESSIVE
        mode = DialMode.MANUAL if call.by_hand else mode
        attempt_id, now = call.attempt_id or self._ids(), self._clock.now()
        plain = Attempt(attempt_id, lead.id, campaign.id, agent_id, lead.phone, now, mode=mode.value)
        failed = await self._trunks.failed_for(lead.id) if lead.last_outcome in TROUBLE else ()
        return self._trunks.take(plain, campaign.caller_ids, failed)

    async def _begin(self, attempt: Attempt, call: Call, may: bool | BaseException) -> bool:
        if isinstance(may, BaseException):
            raise may
        if not may:
            self._trunks.never_began(attempt)
            return False
        failpoint("after_reserve")
        begun, is_certain = None, False
        try:
            begun = await self._store.begin_attempt(attempt)
            is_certain = True
        except IllegalTransition:
            self._strays["lead_taken"] += 1
            is_certain = True
        finally:
            if begun is None:
                await self._take_back(attempt, is_certain=is_certain)
        if begun is not None:
            failpoint("after_intent_commit")
            self._spawn(self._send(attempt, call.campaign, call.variables))
        return begun is not None

    async def _may_begin(self, attempt: Attempt, call: Call) -> bool:
        if attempt.agent_id is not None:
            until = attempt.intent_at + timedelta(seconds=call.campaign.ring_timeout_s + RESERVE_SLACK_S)
            return await self._desk.reserve(attempt.agent_id, attempt.id, until)
        if attempt.is_unreserved:
            if self._cap.room(call.campaign, call.others) < 1:
                return False
            self._cap.takes_off(attempt)  # in the same breath, so that no two calls take the same room
        return True

    async def _take_back(self, attempt: Attempt, *, is_certain: bool) -> None:
        """Nothing was written of it; where that is not certain, it is held for flying until the sweep has looked."""
        if is_certain:
            self._trunks.never_began(attempt)
        if attempt.agent_id is not None:
            await self._desk.release(attempt.agent_id, attempt.id)
        elif is_certain:
            self._cap.never_flew(attempt)

    async def _send(self, attempt: Attempt, campaign: Campaign, more: Mapping[str, str]) -> None:
        variables = {"campaign_id": campaign.id, "lead_id": attempt.lead_id, "agent_id": attempt.agent_id or "", **more}
        self._trunks.leaves(attempt)
        try:
            await self._originate.originate(
                attempt.id,
                attempt.number,
                ring_timeout_s=campaign.ring_timeout_s,
                caller_id=attempt.caller_id,
                variables=variables,
                trunk=attempt.trunk,
            )
        except Exception as error:
            log.warning("attempt %s could not be sent: %s", attempt.id, type(error).__name__)
            await self._failed(attempt)

    def _spawn(self, work: Coroutine[None, None, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("an attempt was left to the sweep: %s", type(error).__name__)

    async def settle(self) -> None:
        """Wait until everything that is being placed is with the wire, or has failed."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
