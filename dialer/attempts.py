"""The life of an attempt: intent, dialing, answer, end. The lead moves with it, and the reserved agent, if there is one, is let go
whatever happens.

The intent is committed before the wire is told, under an id that the wire uses too: after any crash the wire can be asked what
became of that id, and nothing is ever dialed twice for it.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from ..queue.agent import Agent
from ..queue.channel import Arrival, AttemptOutcome, ChannelKind, Direction
from ..queue.contact import Contact, IllegalTransition
from ..storage.clock import Clock
from ..storage.failpoint import failpoint
from ..storage.ids import Ids
from .campaign import Campaign, DialMode
from .cap_keeper import CapKeeper
from .desks import Desks
from .lead import Attempt, Forsaken, Lead, LeadState
from .pacing import NO_WORD, RUNG_ENOUGH_S, TROUBLE, Brake
from .refusals import Judgement, LastEnd
from .store import DialerStore
from .trunks import Trunks

log = logging.getLogger(__name__)

RESERVE_SLACK_S = 10
SILENT_AFTER_S = 10.0
TOLD_WITHIN = timedelta(minutes=5)


class Originate(Protocol):
    """The wire to customers, as the dialer needs it (telephony/voice.py fits)."""

    async def originate(
        self,
        attempt_id: str,
        number: str,
        *,
        ring_timeout_s: int,
        caller_id: str,
        variables: Mapping[str, str],
        trunk: str,
    ) -> None:
        """Dial `number` by `trunk`, with `attempt_id` as the channel's own id.

        Returns when the wire has taken it on; raises if it may not have.
        """
        ...

    async def cancel(self, attempt_id: str) -> None:
        """End the call; nothing happens if there is none."""
        ...

    async def equip(self, attempt_id: str, variables: Mapping[str, str]) -> None:
        """Give a call that nobody has answered other variables; nothing happens if there is none. Raises when the wire cannot be told."""
        ...

    async def known(self, attempt_id: str) -> bool | None:
        """Whether a live call of that id is there; None when it cannot be told."""
        ...

    def channels_on(self, trunk: str) -> frozenset[str]:
        """The calls that are on the trunk now, whoever began them; those of attempts by their ids."""
        ...


@dataclass(frozen=True, slots=True)
class Call:
    """What is to be dialed, for whom, by whose rules. Without an `agent` nobody is reserved: then the bound of the campaign, with the
    `others` of its group, must have room. `variables` are for the wire; `attempt_id` is given where the agent is reserved already."""

    lead: Lead
    campaign: Campaign
    agent: Agent | None
    others: Sequence[Campaign] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    attempt_id: str = ""


def holder(agents: Iterable[Agent], attempt_id: str) -> Agent | None:
    """Who is reserved for this call and waits for its answer."""
    return next((agent for agent in agents if agent.dialing(attempt_id) is not None), None)


async def _nothing_more(_attempt: Attempt) -> None:
    """Follows from an end."""


class Attempts:
    """`over` hears of each attempt that ended. `strays` counts what wires repeat or tell too late, by its name. `brake` holds while our
    own wire to the switch fails; each trunk has one of its own."""

    def __init__(
        self,
        store: DialerStore,
        desk: Desks,
        originate: Originate,
        clock: Clock,
        ids: Ids,
        cap: CapKeeper,
        trunks: Trunks,
    ) -> None:
        self._store = store
        self._cap = cap
        self.trunks = trunks
        self._unsent: set[str] = set()
        self._desk = desk
        self._originate = originate
        self._clock = clock
        self._ids = ids
        self._tasks: set[asyncio.Task[None]] = set()
        self._forsaken: set[str] = set()
        self._met: set[str] = set()
        self._rang: dict[str, float] = {}
        self._recovered_at = clock.monotonic()
        self._adopted: set[str] = set()
        self._doubt: str | None = None
        self.brake = Brake()
        self.strays: Counter[str] = Counter()
        self.over: Callable[[Attempt], Awaitable[None]] = _nothing_more

    async def dial(self, call: Call) -> bool:
        """Reserve the agent, or see that the bound has room; commit the intent, and send it off. False when agent, room or lead is not to
        be had any more."""
        agent_id = call.agent.id if call.agent else None
        lead, campaign, now = call.lead, call.campaign, self._clock.now()
        attempt_id = call.attempt_id or self._ids()
        mode = campaign.mode
        if agent_id is not None and mode is DialMode.AGENTLESS:  # a call that was promised to who pressed 0
            mode = DialMode.PROGRESSIVE
        plain = Attempt(attempt_id, lead.id, campaign.id, agent_id, lead.phone, now, mode=mode.value)
        failed = await self.trunks.failed_for(lead.id) if lead.last_outcome in TROUBLE else ()
        await self.trunks.load()
        attempt = self.trunks.take(plain, campaign.caller_ids, failed)
        if attempt is None:
            return False
        try:
            return await self._begin(attempt, call)
        finally:
            self.trunks.written(attempt)

    async def _begin(self, attempt: Attempt, call: Call) -> bool:
        if not await self._may_begin(attempt, call):
            self.trunks.never_began(attempt)
            return False
        failpoint("after_reserve")
        begun, is_certain = None, False
        try:
            begun = await self._store.begin_attempt(attempt)
            is_certain = True
        except IllegalTransition:
            self.strays["lead_taken"] += 1
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
            self.trunks.never_began(attempt)
        if attempt.agent_id is not None:
            await self._desk.release(attempt.agent_id, attempt.id)
        elif is_certain:
            self._cap.never_flew(attempt)

    async def _send(self, attempt: Attempt, campaign: Campaign, more: Mapping[str, str]) -> None:
        variables = {"campaign_id": campaign.id, "lead_id": attempt.lead_id, "agent_id": attempt.agent_id or "", **more}
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
            self._unsent.add(attempt.id)
            try:
                await self._look_up(attempt, gone=AttemptOutcome.TRUNK_TROUBLE)
            finally:
                self._unsent.discard(attempt.id)
            self.brake = self.brake.pulled(self._clock.now())
            self._doubt = attempt.id

    async def _look_up(self, attempt: Attempt, *, gone: AttemptOutcome) -> None:
        """Ask the wire what became of the attempt, and end it unless it lives. What cannot be told now is asked later, by `sweep`."""
        if await self._known(attempt.id) is False:
            await self.on_ended(attempt.id, gone)

    async def may_try(self) -> bool:
        """Whether the wire is to be tried now. After a call that could not be sent it must first answer a question again."""
        now = self._clock.now()
        if self.brake.holds(now):
            return False
        if self._doubt is not None:
            if await self._known(self._doubt) is None:
                self.brake = self.brake.pulled(now)
                return False
            self._doubt = None
        return True

    async def ringing(self) -> int:
        """Calls that nobody has answered yet."""
        return sum(attempt.answered_at is None for attempt in await self._store.open_attempts())

    async def withdraw(self, attempt_id: str) -> None:
        """Give up a call that nobody has answered. What cannot be told to the wire now rings out by itself."""
        attempt = await self._store.attempt(attempt_id)
        if attempt is None or attempt.answered_at is not None:
            return  # answered since it was looked at
        try:
            await self._originate.cancel(attempt_id)
        except Exception as error:
            log.warning("attempt %s could not be withdrawn: %s", attempt_id, type(error).__name__)

    async def equip(self, attempt_id: str, variables: Mapping[str, str]) -> None:
        """Other variables for a call that rings. Without them the dialplan says what it has of its own."""
        try:
            await self._originate.equip(attempt_id, variables)
        except Exception as error:
            log.warning("attempt %s could not be equipped: %s", attempt_id, type(error).__name__)

    def rung_s(self, attempt: Attempt) -> float | None:
        """How long it has rung (s); None before the first ring. What was dialed by an earlier engine rings since we came."""
        since = self._rang.get(attempt.id)
        if since is None and attempt.id in self._adopted:
            since = self._recovered_at
        return None if since is None else self._clock.monotonic() - since

    def on_rang(self, attempt_id: str) -> None:
        """The far side gave a sign of life."""
        self._rang.setdefault(attempt_id, self._clock.monotonic())

    async def _known(self, attempt_id: str) -> bool | None:
        try:
            return await self._originate.known(attempt_id)
        except Exception as error:
            log.warning("attempt %s could not be looked up: %s", attempt_id, type(error).__name__)
            return None

    # What the wire reports

    async def on_answered(self, attempt_id: str, wire_key: str = "") -> Contact | None:
        """A person answered: he becomes a contact for the agent who is reserved. None for news that is old or not ours.

        `wire_key` is the wire's own name for the call; without one the attempt's id is taken.
        """
        failpoint("before_answer_kept")
        answered = await self._store.answer(attempt_id)
        if answered is None:
            await self._on_stray_answer(attempt_id)
            return None
        failpoint("after_answer_kept")
        self.trunks.answered(answered[0])
        return await self._meets(*answered, wire_key)

    async def meet(self, attempt_id: str, wire_key: str) -> Contact | None:
        """Who was told a message wants an operator, and waits in the queue. None for news of a call that is over."""
        attempt = await self._store.attempt(attempt_id)
        lead = await self._store.lead(attempt.lead_id) if attempt else None
        if attempt is None or lead is None or attempt.ended_at is not None:
            self.strays["wish_late"] += 1
            return None
        return await self._meets(attempt, lead, wire_key)

    async def _meets(self, attempt: Attempt, lead: Lead, wire_key: str) -> Contact:
        self.brake = Brake()
        kept_by = holder(self._desk.agents(), attempt.id)
        arrival = Arrival(
            kind=ChannelKind.VOICE,
            direction=Direction.OUTBOUND,
            queue=await self._queue_of(attempt),
            wire_key=wire_key or attempt.id,
            address=attempt.number,
            name=await self._store.name_booked(lead.id),
            lead_id=lead.id,
            attempt_id=attempt.id,
            customer_id=lead.customer_id,
            order_id=lead.order_id,
            for_agent=kept_by.id if kept_by else None,
        )
        try:
            contact = await self._desk.arrive(arrival)
            self._met.add(attempt.id)
            return contact
        except Exception:
            await self._originate.cancel(attempt.id)
            await self.on_ended(attempt.id, AttemptOutcome.ABANDONED)
            raise

    async def _on_stray_answer(self, attempt_id: str) -> None:
        """A call that we hold for ended was answered: nobody waits for it, so it must not go on."""
        attempt = await self._store.attempt(attempt_id)
        if attempt is None or attempt.answered_at is not None:
            self.strays["answer_again" if attempt else "answer_unknown"] += 1
            return
        self.strays["answer_late"] += 1
        await self._originate.cancel(attempt_id)

    async def on_ended(
        self, attempt_id: str, outcome: AttemptOutcome, cause: int | None = None, tech_cause: str | None = None
    ) -> None:
        """The call is over, or never was. Told again, or of an unknown id, it is counted and forgotten."""
        known = await self._store.attempt(attempt_id)
        await self._cap.seen_talk(attempt_id)
        if outcome is not AttemptOutcome.MACHINE and known is not None and await self._heard_nobody(known):
            outcome = AttemptOutcome.ABANDONED
        if outcome is AttemptOutcome.CANCELLED and known is not None and (self.rung_s(known) or 0.0) >= RUNG_ENOUGH_S:
            outcome = AttemptOutcome.NO_ANSWER  # we gave up, but his telephone rang for long
        rang = attempt_id in self._rang or attempt_id in self._adopted
        end = LastEnd(outcome, self._clock.now(), cause, tech_cause, known.number if known else "", rang)
        self._met.discard(attempt_id)
        self._rang.pop(attempt_id, None)
        self._adopted.discard(attempt_id)
        judgement = Judgement(outcome) if known is None or known.ended_at else self.trunks.judged(known, end)
        try:
            failpoint("before_attempt_end")
            ended = await self._store.end_attempt(attempt_id, judgement.outcome, cause, tech_cause)
            if ended is not None:
                self._cap.decided(ended)
            failpoint("after_attempt_end")
        finally:
            if known is not None and (kept_by := holder(self._desk.agents(), attempt_id)) is not None:
                await self._desk.release(kept_by.id, attempt_id)
        if ended is None:
            self.strays["end_again" if known else "end_unknown"] += 1
            return
        self._learn(ended, end)
        for earlier in judgement.give_back:
            await self._store.give_back(earlier)
        await self.over(ended)

    def _learn(self, ended: Attempt, end: LastEnd) -> None:
        """What an end says of its trunk; what never left us says nothing, and any word shows that our own wire is whole."""
        if ended.id in self._unsent:
            self.trunks.unsent(ended)
            return
        self.trunks.ended(ended, end)
        if end.outcome not in NO_WORD:
            self.brake = Brake()

    async def _heard_nobody(self, attempt: Attempt) -> bool:
        """Whether he answered and no contact came of it, for we died in between: by the rule he counts as one whom we left alone."""
        met = attempt.id in self._met or any(contact.attempt_id == attempt.id for contact in self._desk.contacts())
        lead = (
            None if met or attempt.answered_at is None or attempt.is_notice else await self._store.lead(attempt.lead_id)
        )
        return lead is not None and lead.state is LeadState.CONNECTED

    async def on_node_reset(self) -> None:
        """Asterisk started anew: every call it had is gone. Whose telephone may have rung is left in peace for a while."""
        for attempt in await self._store.open_attempts():
            outcome = AttemptOutcome.PERSON if attempt.answered_at else AttemptOutcome.UNKNOWN
            await self.on_ended(attempt.id, outcome)

    # After gaps

    async def in_flight(self) -> list[Attempt]:
        """The calls without an end. At a start the wire is told of them before it is asked, so that it knows their news for ours."""
        found = await self._store.open_attempts()
        self._adopted |= {attempt.id for attempt in found}
        await self._cap.load()
        await self.trunks.load()
        return found

    async def recover(self) -> None:
        """At the start: what became of the calls that were open when we stopped? What cannot be told yet is asked again by `sweep`."""
        for attempt in await self.in_flight():
            gone = AttemptOutcome.PERSON if attempt.answered_at else AttemptOutcome.UNKNOWN
            await self._look_up(attempt, gone=gone)
        await self._let_go()

    async def _let_go(self) -> None:
        """Agents who were kept for a call of which there is no intent: for a card, or we died before it was written."""
        kept = [(agent.id, task.attempt_id) for agent in self._desk.agents() for task in agent.tasks]
        for agent_id, attempt_id in kept:
            if attempt_id is not None and await self._store.attempt(attempt_id) is None:
                await self._desk.release(agent_id, attempt_id)

    async def sweep(self, ring_timeouts: Mapping[str, int]) -> None:
        """Heal what lost events leave behind. `ring_timeouts` (s) by campaign."""
        now, in_talk = self._clock.now(), {contact.attempt_id for contact in self._desk.contacts()}
        for attempt in await self._store.open_attempts():
            if attempt.answered_at is None:
                patience = timedelta(seconds=ring_timeouts.get(attempt.campaign_id, 0) + SILENT_AFTER_S)
                if now - attempt.intent_at > patience:
                    await self._look_up(attempt, gone=AttemptOutcome.UNKNOWN)
            elif attempt.id not in in_talk and not self._hears_a_message(attempt):
                await self._look_up(attempt, gone=AttemptOutcome.PERSON)
        await self._cap.reconcile()
        await self.trunks.reconcile()
        await self._free_forsaken()

    def _hears_a_message(self, attempt: Attempt) -> bool:
        """Nobody of us is with him, and that is as it should be, for a while."""
        answered = attempt.answered_at
        return attempt.is_notice and answered is not None and self._clock.now() - answered < TOLD_WITHIN

    async def _free_forsaken(self) -> None:
        """A talk whose contact is gone twice in a row will get no result any more: its lead goes on by the rule."""
        stand_for = {contact.lead_id for contact in self._desk.contacts()}
        forsaken = {lead.id for lead in await self._store.unfinished_talks() if lead.id not in stand_for}
        for lead_id in forsaken & self._forsaken:
            try:
                await self._store.tell_lead(lead_id, Forsaken())
            except IllegalTransition:
                self.strays["forsaken_late"] += 1
        self._forsaken = forsaken - self._forsaken

    async def _queue_of(self, attempt: Attempt) -> str:
        return next(each.queue for each in await self._store.campaigns() if each.id == attempt.campaign_id)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("an attempt was left to the sweep: %s", type(error).__name__)

    async def settle(self) -> None:
        """Wait until everything that is being sent is with the wire, or has failed."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
