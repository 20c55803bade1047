"""The life of an attempt: intent, dialing, answer, end. The lead moves with it, and the reserved agent, if there is one, is let go
whatever happens.

The intent is committed before the wire is told, under an id that the wire uses too: after any crash the wire can be asked what
became of that id, and nothing is ever dialed twice for it.
"""

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime, timedelta

from ..queue.agent import Agent
from ..queue.channel import Arrival, AttemptOutcome, ChannelKind, Direction
from ..queue.contact import Contact
from ..storage.clock import Clock
from ..storage.failpoint import failpoint
from ..storage.ids import Ids
from .attempt_store import Answered
from .cap_keeper import CapKeeper
from .desks import Desks
from .lead import Attempt, LeadState
from .originate import Originate
from .pacing import NO_WORD, RUNG_ENOUGH_S, Brake
from .placing import Placing
from .refusals import Judgement, LastEnd
from .store import DialerStore
from .trunks import Trunks

log = logging.getLogger(__name__)


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
        self._met: set[str] = set()
        self._rang: dict[str, float] = {}
        self._picked_up: dict[str, float] = {}
        self._recovered_at = clock.monotonic()
        self._adopted: set[str] = set()
        self._doubt: str | None = None
        self.brake = Brake()
        self.strays: Counter[str] = Counter()
        placing = Placing(
            store, desk, originate, clock, ids, cap, trunks, failed=self._could_not_send, strays=self.strays
        )
        self.dial = placing.dial
        self.dial_all = placing.dial_all
        self.places = placing.places
        self.settle = placing.settle
        self.over: Callable[[Attempt], Awaitable[None]] = _nothing_more

    async def _could_not_send(self, attempt: Attempt) -> None:
        """Our own wire failed: nobody can tell what it has taken on."""
        self._unsent.add(attempt.id)
        try:
            await self.look_up(attempt, gone=AttemptOutcome.TRUNK_TROUBLE)
        finally:
            self._unsent.discard(attempt.id)
        self.brake = self.brake.pulled(self._clock.now())
        self._doubt = attempt.id

    async def look_up(self, attempt: Attempt, *, gone: AttemptOutcome) -> None:
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
        if attempt is None or attempt.answered_at is not None or attempt_id in self._picked_up:
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

    def _rang_at(self, attempt_id: str) -> datetime | None:
        """Its first sign of life, if we heard it ourselves."""
        since = self._rang.get(attempt_id)
        return None if since is None else self._clock.now() - timedelta(seconds=self._clock.monotonic() - since)

    def adopt(self, attempts: Iterable[Attempt]) -> None:
        """Calls that an earlier engine dialed."""
        self._adopted |= {attempt.id for attempt in attempts}

    def on_rang(self, attempt_id: str) -> None:
        """The far side gave a sign of life."""
        self._rang.setdefault(attempt_id, self._clock.monotonic())

    def on_picked_up(self, attempt_id: str) -> None:
        """Somebody or something has answered, and is heard: from here on the call is not given up."""
        self.on_rang(attempt_id)
        self._picked_up.setdefault(attempt_id, self._clock.monotonic())

    def picked_up_s(self, attempt_id: str) -> float | None:
        """How long ago it was picked up (s), where who it is, is heard first."""
        since = self._picked_up.get(attempt_id)
        return None if since is None else self._clock.monotonic() - since

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
        self.trunks.answered(answered.attempt)
        return await self._meets(answered, wire_key)

    async def meet(self, attempt_id: str, wire_key: str) -> Contact | None:
        """Who was told a message wants an operator, and waits in the queue. None for news of a call that is over."""
        attempt = await self._store.attempt(attempt_id)
        lead = await self._store.lead(attempt.lead_id) if attempt else None
        if attempt is None or lead is None or attempt.ended_at is not None:
            self.strays["wish_late"] += 1
            return None
        name = await self._store.name_booked(lead.id)
        return await self._meets(Answered(attempt, lead, await self._queue_of(attempt), name), wire_key)

    async def _meets(self, answered: Answered, wire_key: str) -> Contact:
        attempt, lead = answered.attempt, answered.lead
        self.brake = Brake()
        kept_by = holder(self._desk.agents(), attempt.id)
        arrival = Arrival(
            kind=ChannelKind.VOICE,
            direction=Direction.OUTBOUND,
            queue=answered.queue,
            wire_key=wire_key or attempt.id,
            address=attempt.number,
            name=answered.name,
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
        if outcome is AttemptOutcome.ABANDONED and attempt_id in self._picked_up:
            await self._store.answer(attempt_id)  # he left while he was heard: the law counts him
        if outcome is not AttemptOutcome.MACHINE and known is not None and await self._heard_nobody(known):
            outcome = AttemptOutcome.ABANDONED
        if outcome is AttemptOutcome.CANCELLED and known is not None and (self.rung_s(known) or 0.0) >= RUNG_ENOUGH_S:
            outcome = AttemptOutcome.NO_ANSWER  # we gave up, but his telephone rang for long
        rang = attempt_id in self._rang or attempt_id in self._adopted
        rang_at = self._rang_at(attempt_id)
        end = LastEnd(outcome, self._clock.now(), cause, tech_cause, known.number if known else "", rang)
        self._met.discard(attempt_id)
        self._rang.pop(attempt_id, None)
        self._picked_up.pop(attempt_id, None)
        self._adopted.discard(attempt_id)
        judgement = Judgement(outcome) if known is None or known.ended_at else self.trunks.judged(known, end)
        try:
            failpoint("before_attempt_end")
            ended = await self._store.end_attempt(attempt_id, judgement.outcome, cause, tech_cause, rang_at)
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

    async def _queue_of(self, attempt: Attempt) -> str:
        return next(each.queue for each in await self._store.campaigns() if each.id == attempt.campaign_id)
