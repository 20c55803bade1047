"""What calls show before their end: the first ring, and the keys that customers press while nobody of us is on the line."""

import logging
from collections import Counter
from collections.abc import Awaitable, Callable

from ..queue.channel import AttemptOutcome, CallSign
from ..queue.contact import IllegalTransition
from ..storage.failpoint import failpoint
from .attempts import Attempts
from .desks import Desks
from .lead import Attempt, CallsForbidden, Disposed, Lead, LeadState
from .retry import NO_KEY
from .store import DialerStore

log = logging.getLogger(__name__)

CODES = {CallSign.CONFIRMED: "confirmed", CallSign.DECLINED: "cancelled", CallSign.SILENT: NO_KEY}

Settled = Callable[[Lead, str], Awaitable[None]]
"""Told of a lead and the code of the result that its customer chose by a key, before the lead is; told again it changes nothing."""
OptedOut = Callable[[str, str], Awaitable[None]]
"""Told of a number (E.164) whose owner wants no more calls, and of the campaign that called; told again it changes nothing."""


class Signs:
    """`on_settled` and `on_opted_out` are for those outside."""

    def __init__(self, attempts: Attempts, store: DialerStore, desk: Desks, strays: Counter[str]) -> None:
        self._attempts = attempts
        self._store = store
        self._desk = desk
        self._strays = strays
        self.on_settled: list[Settled] = []
        self.on_opted_out: list[OptedOut] = []

    async def on_sign(self, attempt_id: str, sign: CallSign, wire_key: str = "") -> None:
        """Told again, or too late, it is counted and forgiven."""
        if sign is CallSign.RANG:
            self._attempts.on_rang(attempt_id)
            return
        if sign is CallSign.PICKED_UP:
            self._attempts.on_picked_up(attempt_id)
            return
        attempt = await self._store.attempt(attempt_id)
        if attempt is None:
            self._strays["sign_unknown"] += 1
            return
        if attempt.is_notice:
            await self._store.answer(attempt_id)
        match sign:
            case CallSign.OPERATOR:
                await self._attempts.meet(attempt_id, wire_key)
            case CallSign.OPTED_OUT:
                await self._opted_out(attempt)
            case CallSign.CONFIRMED | CallSign.DECLINED | CallSign.SILENT:
                await self._result(attempt, CODES[sign])

    async def over(self, attempt: Attempt) -> None:
        """The call has ended. Whoever heard a message and pressed nothing is one who was silent."""
        if not attempt.is_notice or attempt.outcome is not AttemptOutcome.PERSON:
            return
        lead = await self._store.lead(attempt.lead_id)
        in_talk = any(contact.attempt_id == attempt.id for contact in self._desk.contacts())
        if lead is not None and lead.state is LeadState.CONNECTED and not in_talk:
            await self._result(attempt, NO_KEY)

    async def _result(self, attempt: Attempt, code: str) -> None:
        lead = await self._store.lead(attempt.lead_id)
        if lead is None or lead.settled_by == attempt.id:
            self._strays["sign_again"] += 1
            return
        failpoint("key_heard")
        if code != NO_KEY:
            for settled in self.on_settled:
                await settled(lead, code)
        failpoint("key_settled")
        closes = code != NO_KEY or await self._closes_on_silence(attempt.campaign_id)
        await self._tell(lead.id, Disposed(code, attempt.id, closes))

    async def _closes_on_silence(self, campaign_id: str) -> bool:
        campaigns = await self._store.campaigns()
        return any(each.id == campaign_id and each.notice.on_silence == "close" for each in campaigns)

    async def _opted_out(self, attempt: Attempt) -> None:
        """Out of every campaign, by the number that was called."""
        for opted_out in self.on_opted_out:
            await opted_out(attempt.number, attempt.campaign_id)
        for lead in await self._store.leads_of_number(attempt.number):
            if lead.state is not LeadState.DO_NOT_CALL:
                await self._tell(lead.id, CallsForbidden())

    async def _tell(self, lead_id: str, event: Disposed | CallsForbidden) -> None:
        try:
            await self._store.tell_lead(lead_id, event)
        except IllegalTransition:
            self._strays[f"lead_{type(event).__name__}"] += 1
