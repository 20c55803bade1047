"""After gaps: what became of the calls that were open when we stopped, and what lost events leave behind."""

from collections.abc import Mapping
from datetime import timedelta

from ..queue.channel import AttemptOutcome
from ..queue.contact import IllegalTransition
from ..storage.clock import Clock
from .attempts import Attempts
from .cap_keeper import CapKeeper
from .desks import Desks
from .lead import Attempt, Forsaken
from .store import DialerStore

SILENT_AFTER_S = 10.0
TOLD_WITHIN = timedelta(minutes=5)


class Recovery:
    """What cannot be told yet is asked again by the next `sweep`."""

    def __init__(self, attempts: Attempts, store: DialerStore, desk: Desks, clock: Clock, cap: CapKeeper) -> None:
        self._attempts = attempts
        self._store = store
        self._desk = desk
        self._clock = clock
        self._cap = cap
        self._forsaken: set[str] = set()

    async def in_flight(self) -> list[Attempt]:
        """The calls without an end. At a start the wire is told of them before it is asked, so that it knows their news for ours."""
        self._store.read_anew()
        found = await self._store.open_attempts()
        self._attempts.adopt(found)
        await self._cap.load()
        await self._attempts.trunks.load()
        return found

    async def recover(self) -> None:
        """At the start: what became of the calls that were open when we stopped?"""
        for attempt in await self.in_flight():
            gone = AttemptOutcome.PERSON if attempt.answered_at else AttemptOutcome.UNKNOWN
            await self._attempts.look_up(attempt, gone=gone)
        await self._let_go()

    async def _let_go(self) -> None:
        """Agents who were kept for a call of which there is no intent: for a card, or we died before it was written."""
        kept = [(agent.id, task.attempt_id) for agent in self._desk.agents() for task in agent.tasks]
        for agent_id, attempt_id in kept:
            if attempt_id is not None and await self._store.attempt(attempt_id) is None:
                await self._desk.release(agent_id, attempt_id)

    async def sweep(self, ring_timeouts: Mapping[str, int]) -> None:
        """Heal what lost events leave behind. `ring_timeouts` (s) by campaign."""
        self._store.read_anew()
        now, in_talk = self._clock.now(), {contact.attempt_id for contact in self._desk.contacts()}
        for attempt in await self._store.open_attempts():
            if attempt.answered_at is None:
                patience = timedelta(seconds=ring_timeouts.get(attempt.campaign_id, 0) + SILENT_AFTER_S)
                if now - attempt.intent_at > patience:
                    await self._attempts.look_up(attempt, gone=AttemptOutcome.UNKNOWN)
            elif attempt.id not in in_talk and not self._hears_a_message(attempt):
                await self._attempts.look_up(attempt, gone=AttemptOutcome.PERSON)
        await self._cap.reconcile()
        await self._attempts.trunks.reconcile()
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
                self._attempts.strays["forsaken_late"] += 1
        self._forsaken = forsaken - self._forsaken
