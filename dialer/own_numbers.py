"""A number that an operator dials himself: typed, picked from a customer's numbers, dialed again, or of a call that he missed.

Such a call is an attempt like any other, so the law is asked inside its intent (docs/adr/0018): hours, the list of those who want no
calls, limits of attempts, where calls may go and what a day may cost. Its lead is born done, belongs to the campaign that calls for the
queue, and nobody but this operator ever dials it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from ..queue.agent import Agent, Stance
from ..queue.capacity import Room
from ..queue.channel import ChannelKind
from ..storage.clock import Clock
from ..storage.ids import Ids
from .attempts import Attempts
from .by_hand import CannotDial, Refusal, line_must_carry
from .calling_hours import zone_of
from .campaign import Campaign, CampaignState, DialMode, Setting
from .desks import Desks
from .law import Wish
from .lead import Attempt, Lead, LeadState
from .originate import Call
from .reason import LIMITS, Reason, Wait
from .sources import by_hand_source
from .store import DialerStore

OWN_CALLS = "Звонки операторов"
"""The campaign that is made for a queue which has none, so that hours and limits of its operators' own calls can be set."""
ITS_KNOBS: Mapping[str, Setting] = {"mode": DialMode.MANUAL.value, "state": CampaignState.RUNNING.value}

AddCampaign = Callable[[str, str, Mapping[str, Setting]], Awaitable[Campaign]]

_REFUSALS = {
    Reason.DO_NOT_CALL: Refusal.DO_NOT_CALL,
    Reason.DESTINATION: Refusal.DESTINATION,
    Reason.HOURS: Refusal.HOURS,
    Reason.SAME_CUSTOMER: Refusal.SAME_CUSTOMER,
    Reason.TOLL_CAP: Refusal.ACCOUNT,
} | dict.fromkeys(LIMITS, Refusal.OFTEN)


def refused_for(wait: Wait) -> CannotDial:
    """What an operator is told of what the law has against his call."""
    return CannotDial(_REFUSALS.get(wait.reason, Refusal.NOT_NOW), wait.until)


@dataclass(frozen=True, slots=True)
class OwnNumber:
    """Whom an operator calls: `number` in E.164, for `queue` ("": one of his). What is known of the customer goes with it."""

    number: str
    queue: str = ""
    customer_id: str | None = None
    zone: str | None = None


class OwnNumbers:
    """`home_zone`: of numbers that tell none."""

    def __init__(
        self,
        store: DialerStore,
        desk: Desks,
        clock: Clock,
        ids: Ids,
        attempts: Attempts,
        add_campaign: AddCampaign,
        home_zone: str,
    ) -> None:
        self._store = store
        self._desk = desk
        self._clock = clock
        self._ids = ids
        self._attempts = attempts
        self._add_campaign = add_campaign
        self._home_zone = home_zone
        self._making = asyncio.Lock()
        self._last: dict[str, str] = {}

    async def dial(self, agent_id: str, wanted: OwnNumber) -> None:
        """Call the number for this operator, who is free. Raises CannotDial."""
        agent = self._free(agent_id)
        campaign = await self._campaign(wanted.queue or await self._queue_of(agent), agent)
        await line_must_carry(self._attempts)
        lead = self._lead(wanted, campaign)
        if lead.phone in await self._store.numbers_in_call():
            raise CannotDial(Refusal.SAME_CUSTOMER)
        against = (await self._store.bans([Wish(lead, campaign, lead.phone)])).get(lead.id)
        if against is not None:
            raise refused_for(against)
        await self._store.add_leads([lead])
        if not await self._attempts.dial(Call(lead, campaign, agent, by_hand=True)):
            raise CannotDial(Refusal.NOT_NOW)
        self._last[agent_id] = lead.phone

    async def third_may_be_dialed(self, number: str) -> None:
        """Whether a number outside may be called into a talk: it may want no calls, or have had its calls of the day, or the day's account
        is spent. No customer is called, so no hours hold. Raises CannotDial."""
        anybody = Campaign("", OWN_CALLS, "", self._clock.now())
        lead = self._lead(OwnNumber(number), anybody)
        against = (await self._store.bans([Wish(lead, anybody, number)])).get(lead.id)
        if against is not None and against.reason not in (Reason.HOURS, Reason.SAME_CUSTOMER, Reason.GAP):
            raise refused_for(against)

    async def dialed(self, agent_id: str) -> Attempt | None:
        """The call that this operator has begun himself, and that nobody has answered yet."""
        agent = self._desk.agent(agent_id)
        kept = {task.attempt_id for task in agent.tasks} if agent else set()
        mine = [one for one in await self._store.open_attempts() if one.id in kept and one.agent_id == agent_id]
        return next((one for one in mine if one.mode == DialMode.MANUAL and one.answered_at is None), None)

    async def give_up(self, agent_id: str) -> None:
        """The operator wants it no more. Raises CannotDial when there is none."""
        attempt = await self.dialed(agent_id)
        if attempt is None:
            raise CannotDial(Refusal.GONE)
        await self._attempts.withdraw(attempt.id)

    async def last(self, agent_id: str) -> str:
        """The number (E.164) that this operator last dialed himself; "" when there is none."""
        if agent_id not in self._last:
            self._last[agent_id] = await self._store.last_by_hand(agent_id)
        return self._last[agent_id]

    def _free(self, agent_id: str) -> Agent:
        agent = self._desk.agent(agent_id)
        if agent is None or not agent.queues:
            raise CannotDial(Refusal.GONE)
        at_work = agent.stance is Stance.READY and agent.reachable_by(ChannelKind.VOICE)
        if not at_work or agent.room(ChannelKind.VOICE) is not Room.FREE:
            raise CannotDial(Refusal.NOT_READY)
        return agent

    async def _queue_of(self, agent: Agent) -> str:
        """Of his queues the first for which somebody calls already."""
        called = {each.queue for each in await self._store.campaigns()} & agent.queues
        return min(called or agent.queues)

    async def _campaign(self, queue: str, agent: Agent) -> Campaign:
        """Who calls for the queue: its campaign that runs, else its first, else one that is made for it."""
        if queue not in agent.queues:
            raise CannotDial(Refusal.GONE)
        async with self._making:
            mine = [each for each in await self._store.campaigns() if each.queue == queue]
            if not mine:
                return await self._add_campaign(OWN_CALLS, queue, ITS_KNOBS)
            return min(mine, key=lambda each: each.state is not CampaignState.RUNNING)

    def _lead(self, wanted: OwnNumber, campaign: Campaign) -> Lead:
        now, lead_id = self._clock.now(), self._ids()
        return Lead(
            id=lead_id,
            campaign_id=campaign.id,
            source=by_hand_source(lead_id),
            phone=wanted.number,
            zone=zone_of(wanted.number, wanted.zone, self._home_zone),
            placed_at=now,
            created_at=now,
            customer_id=wanted.customer_id,
            state=LeadState.DONE,
            wanted=False,
        )
