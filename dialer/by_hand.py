"""Dialing that an operator decides: the card he sees before the call (preview), and the list he chooses from (manual).

A card keeps its operator reserved at the desk under the id that its attempt will have, if it is dialed. It lives in this engine's memory
alone: after a death the operator is let go (attempts.py, `recover`) and the lead is where it was.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ..queue.agent import Agent, AgentState
from ..queue.contact import IllegalTransition
from ..storage.clock import Clock
from ..storage.failpoint import failpoint
from ..storage.ids import Ids
from .attempts import Attempts
from .calling_hours import allowed
from .campaign import Campaign, CampaignState, DialMode
from .desks import Desks
from .lead import DIALABLE_STATES, Lead, Skipped
from .modes import Modes
from .originate import Call
from .picking import pairs
from .store import DialerStore

SLACK_S = 5
LISTED = 10


class Refusal(StrEnum):
    """Why what an operator asked for was not dialed."""

    GONE = "gone"
    NOT_READY = "not_ready"
    NOT_NOW = "not_now"
    HOURS = "hours"
    TRUNK = "trunk"
    TRUNK_FULL = "trunk_full"
    DO_NOT_CALL = "do_not_call"
    DESTINATION = "destination"
    OFTEN = "often"
    SAME_CUSTOMER = "same_customer"
    ACCOUNT = "account"


class CannotDial(Exception):
    """The operator's call was not placed; `refusal` says why, `until` when that ends by itself, if it does (UTC)."""

    def __init__(self, refusal: Refusal, until: datetime | None = None) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal
        self.until = until


async def line_must_carry(attempts: Attempts) -> None:
    """Raises CannotDial while no call could go out."""
    if not await attempts.may_try():
        raise CannotDial(Refusal.TRUNK)
    if attempts.trunks.holds():
        troubled = attempts.trunks.troubled_until() is not None
        raise CannotDial(Refusal.TRUNK if troubled else Refusal.TRUNK_FULL)


@dataclass(frozen=True, slots=True)
class Card:
    """A lead that an operator is shown. `then`: what happens at `until` if he says nothing, "dial" or "skip"."""

    attempt_id: str
    lead: Lead
    campaign: Campaign
    until: datetime

    @property
    def then(self) -> str:
        return self.campaign.preview.then


class ByHand:
    """`turn` once a turn of the dialer; the rest is what operators ask."""

    def __init__(
        self, store: DialerStore, desk: Desks, clock: Clock, ids: Ids, attempts: Attempts, modes: Modes
    ) -> None:
        self._store = store
        self._desk = desk
        self._clock = clock
        self._ids = ids
        self._attempts = attempts
        self._modes = modes
        self._cards: dict[str, Card] = {}
        self._manual: list[Campaign] = []

    def card(self, agent_id: str) -> Card | None:
        """What the operator is shown now."""
        return self._cards.get(agent_id)

    async def turn(self, campaigns: Sequence[Campaign]) -> None:
        """Cards whose time is over are dialed or passed over, those of operators who left are taken back, free operators get theirs."""
        running = {each.id for each in campaigns if each.state is CampaignState.RUNNING}
        self._manual = [each for each in campaigns if each.mode is DialMode.MANUAL and each.id in running]
        for agent_id, card in list(self._cards.items()):
            if not self._holds(agent_id, card) or card.campaign.id not in running:
                await self._take_back(agent_id)
            elif self._clock.now() >= card.until:
                await self._time_is_over(agent_id, card)
        preview = [each for each in campaigns if each.mode is DialMode.PREVIEW and each.id in running]
        if preview and await self._attempts.may_try():
            await self._show(preview)

    async def _show(self, preview: Sequence[Campaign]) -> None:
        free = self._modes.free_agents(preview)
        if not free:
            return
        shown = {card.lead.id for card in self._cards.values()} | {card.lead.phone for card in self._cards.values()}
        found = await self._modes.best(preview, len(free) + len(shown))
        leads = [lead for lead in found if lead.id not in shown and lead.phone not in shown]
        by_id = {campaign.id: campaign for campaign in preview}
        queues = {each.id: each.queue for each in preview}
        for lead, agent in pairs(leads, queues, free, self._desk.agents(), self._clock.now()):
            await self._show_one(lead, agent, by_id[lead.campaign_id])

    async def _show_one(self, lead: Lead, agent: Agent, campaign: Campaign) -> None:
        until = self._clock.now() + timedelta(seconds=campaign.preview.timeout_s)
        card = Card(self._ids(), lead, campaign, until)
        self._cards[agent.id] = card  # first: whoever hears of the reservation looks for the card
        if not await self._desk.reserve(agent.id, card.attempt_id, until + timedelta(seconds=SLACK_S)):
            del self._cards[agent.id]
            return
        failpoint("card_shown")

    async def _time_is_over(self, agent_id: str, card: Card) -> None:
        if card.then == "skip":
            await self.skip(agent_id, card.attempt_id)
            return
        try:
            await self.dial(agent_id, card.attempt_id)
        except CannotDial:
            return  # the lead is where it was, and has a reason of its own

    async def dial(self, agent_id: str, attempt_id: str) -> None:
        """The operator wants his card dialed. Raises CannotDial."""
        card = self._mine(agent_id, attempt_id)
        await self._take_back(agent_id)
        failpoint("card_taken_up")
        await self._place(agent_id, card.lead.id, card.attempt_id, DialMode.PREVIEW)

    async def skip(self, agent_id: str, attempt_id: str) -> None:
        """The operator passes his card over: the lead rests, as its campaign says. Raises CannotDial when it is not his any more."""
        card = self._mine(agent_id, attempt_id)
        rests = self._clock.now() + timedelta(seconds=card.campaign.preview.skip_s)
        try:
            await self._store.tell_lead(card.lead.id, Skipped(rests))
        except IllegalTransition:
            self._attempts.strays["lead_taken"] += 1
        await self._take_back(agent_id)

    async def listed(self, agent_id: str) -> list[Lead]:
        """Whom the operator may dial by hand now, the best first. Each page of a free operator asks: what the last turn knew is enough."""
        agent = self._agent(agent_id) if self._manual else None
        mine = [each for each in self._manual if agent and each.queue in agent.queues]
        return (await self._modes.best(mine, LISTED))[:LISTED] if mine else []

    async def dial_lead(self, agent_id: str, lead_id: str) -> None:
        """Dial a lead that the operator chose. Raises CannotDial."""
        await self._place(agent_id, lead_id, self._ids(), DialMode.MANUAL)

    async def _place(self, agent_id: str, lead_id: str, attempt_id: str, mode: DialMode) -> None:
        lead, agent = await self._store.lead(lead_id), self._agent(agent_id)
        campaigns = {each.id: each for each in await self._running(mode)}
        campaign = campaigns.get(lead.campaign_id) if lead else None
        if lead is None or campaign is None or agent is None or campaign.queue not in agent.queues:
            raise CannotDial(Refusal.GONE)
        if lead.state not in DIALABLE_STATES:
            raise CannotDial(Refusal.NOT_NOW)
        if not allowed(self._clock.now(), lead.zone, campaign.hours)[0]:
            raise CannotDial(Refusal.HOURS)
        await line_must_carry(self._attempts)
        if agent.state is not AgentState.READY:
            raise CannotDial(Refusal.NOT_READY)
        if not await self._attempts.dial(Call(lead, campaign, agent, attempt_id=attempt_id)):
            raise CannotDial(Refusal.NOT_NOW)

    def _mine(self, agent_id: str, attempt_id: str) -> Card:
        card = self._cards.get(agent_id)
        if card is None or card.attempt_id != attempt_id or not self._holds(agent_id, card):
            raise CannotDial(Refusal.GONE)
        return card

    async def _take_back(self, agent_id: str) -> None:
        card = self._cards.pop(agent_id, None)
        if card is not None:
            await self._desk.release(agent_id, card.attempt_id)

    def _holds(self, agent_id: str, card: Card) -> bool:
        agent = self._agent(agent_id)
        return agent is not None and agent.dialing(card.attempt_id) is not None

    def _agent(self, agent_id: str) -> Agent | None:
        return self._desk.agent(agent_id)

    async def _running(self, mode: DialMode) -> list[Campaign]:
        campaigns = await self._store.campaigns()
        return [each for each in campaigns if each.state is CampaignState.RUNNING and each.mode is mode]
