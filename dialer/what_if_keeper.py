"""Takes questions of what would happen (answered by what_if_answering.py), and applies exactly what was answered (what_if_compare.py).

A person has one question under way; others wait for the process in their order. An answer that was not applied is forgotten with the
engine, or when many newer ones have come.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from ..storage.clock import Clock
from ..storage.ids import Ids
from .abandonment import Counts
from .campaign import Campaign, settings
from .cap_keeper import CapKeeper
from .desks import Desks
from .pace_keeper import PaceKeeper
from .steering import Steering
from .trunks import Trunks
from .what_if import (
    SEEDS,
    SIMULATED,
    WEIGHTS,
    Asked,
    Job,
    Learned,
    Side,
    StandsOn,
    changed,
    knobs_of,
    side_of,
    with_leads,
)
from .what_if_answering import Answering
from .what_if_compare import Comparing, on_line, staff
from .what_if_kept import Kept
from .what_if_past import learned_of
from .what_if_question import OVER, Question, State
from .what_if_store import WhatIfStore

MOST_WAITING, REMEMBERED = 20, 100
MODEL_KNOWS, LEADS_LOOKED_AT = 50, 200


class Busy(Exception):
    """The person has a question under way, or too many wait."""


class UnknownQuestion(Exception):
    """There is none, or it is forgotten."""


class NotApplicable(Exception):
    """The answer cannot be applied; the text says why."""


class WhatIfs:
    """`seeds`: how many runs of each side an answer is made of."""

    def __init__(
        self,
        store: WhatIfStore,
        steering: Steering,
        paces: PaceKeeper,
        cap: CapKeeper,
        trunks: Trunks,
        desk: Desks,
        clock: Clock,
        ids: Ids,
        home_zone: str,
    ) -> None:
        self._store = store
        self._steering = steering
        self._paces = paces
        self._cap = cap
        self._trunks = trunks
        self._desk = desk
        self._clock = clock
        self._ids = ids
        self._home = ZoneInfo(home_zone)
        self.seeds = SEEDS
        self._questions: dict[str, Question] = {}
        self._answering = Answering()
        self.place = self._answering.place
        self.cancel = self._answering.cancel
        self._comparing = Comparing(store, steering, desk, clock)
        self.turn = self._comparing.turn
        self.compared = self._comparing.compared

    # Asking

    async def ask(self, campaign_id: str, asked: Asked, actor_id: str) -> Question:
        """Raises UnknownCampaign, CampaignRefused, Busy."""
        campaign = await self._steering.campaign(campaign_id)
        after = changed(campaign, asked)
        self._check_turn(actor_id)
        job, stands_on = await self._job(campaign, after, asked)
        self._check_turn(actor_id)  # he may have asked again meanwhile
        question = Question(
            self._ids(),
            campaign_id,
            actor_id,
            asked,
            knobs_of(campaign, after, asked),
            settings(campaign),
            job,
            stands_on,
        )
        self._questions[question.id] = question
        for old in [each for each in self._questions.values() if each.state in OVER][:-REMEMBERED]:
            del self._questions[old.id]
        self._answering.begin(question)
        return question

    def _check_turn(self, actor_id: str) -> None:
        """Raises Busy."""
        under_way = [each for each in self._questions.values() if each.state not in OVER]
        if any(each.actor_id == actor_id for each in under_way):
            raise Busy("a forecast of yours is still being made: wait for it, or cancel it")
        if len(under_way) >= MOST_WAITING:
            raise Busy("too many forecasts are being made; try again later")

    def question(self, campaign_id: str, question_id: str) -> Question:
        """Raises UnknownQuestion."""
        found = self._questions.get(question_id)
        if found is None or found.campaign_id != campaign_id:
            raise UnknownQuestion(question_id)
        return found

    async def _job(self, campaign: Campaign, after: Campaign, asked: Asked) -> tuple[Job, StandsOn]:
        now = self._clock.now()
        past = await self._store.past(campaign.id, campaign.queue, now)
        learned = learned_of(past.attempts, past.talk_s, past.wrap_up_s, self._home)
        await self._cap.load()
        standing = self._cap.standing(campaign, await self._steering.campaigns())
        counts = standing.counts if standing else None
        operators = max(1, len(on_line(staff(self._desk, campaign))))
        lines = max(1, sum(state.trunk.channels for state in self._trunks.states()))
        answered, abandoned = (counts.answered, counts.abandoned) if counts else (0, 0)
        warm = campaign.mode in SIMULATED and self._paces.pacer(campaign.id) is not None
        campaign, after = self._cap.as_kept(campaign), self._cap.as_kept(after)
        as_is = side_of(campaign, operators=operators, lines=lines, answered=answered, abandoned=abandoned, warm=warm)
        other = side_of(
            after,
            operators=asked.operators or operators,
            lines=asked.lines or lines,
            answered=answered,
            abandoned=abandoned,
            # A pacer begins anew where its limit or ring time is changed.
            warm=warm and (campaign.cap, campaign.ring_timeout_s) == (after.cap, after.ring_timeout_s),
        )
        other, seen = await self._by_leads(campaign, after, other, asked)
        local = now.astimezone(self._home)
        played = as_is if campaign.mode in SIMULATED else None
        starts_h, seeds = local.hour + local.minute / 60, tuple(range(1, self.seeds + 1))
        day, ends_s = await self._day(campaign, now)
        job = Job(
            *(learned, starts_h, asked.minutes, campaign.ring_timeout_s, played, other),
            *(day.answered, day.abandoned, ends_s, self._trunks.withdrawn(), seeds),
        )
        return job, _stands_on(learned, seen)

    async def _day(self, campaign: Campaign, now: datetime) -> tuple[Counts, float | None]:
        """What counts of the site's day, and in how many seconds a pacer's budget ends."""
        counts, _next_day = self._cap.today(campaign)
        ends = self._cap.day_ends(campaign, await self._steering.closes(campaign, now))
        return counts, None if ends is None else (ends - now).total_seconds()

    async def _by_leads(self, campaign: Campaign, after: Campaign, side: Side, asked: Asked) -> tuple[Side, int]:
        """By other weights other leads come first, and may answer more or less often; as far as the pacer has learned who does."""
        model = self._paces.model(campaign.id)
        if not any(name.startswith(WEIGHTS) for name in asked.knobs) or model is None or model.seen < MODEL_KNOWS:
            return side, 0
        usual, chances = [
            self._paces.chances(
                campaign.id, [each.lead for each in await self._steering.next_leads(campaign.id, LEADS_LOOKED_AT, by)]
            )
            for by in (campaign.weights, after.weights)
        ]
        return with_leads(side, chances, usual), model.seen

    async def settle(self) -> None:
        """Nothing is answered any more."""
        for question in list(self._questions.values()):
            self.cancel(question)
        await self._answering.ended()

    # Applying

    async def apply(self, question: Question, actor_id: str) -> Campaign:
        """Turn exactly the knobs that were played through, if the campaign stands as it stood then. Raises NotApplicable."""
        if question.state is not State.DONE or question.changed is None:
            raise NotApplicable("only a forecast that is ready and was not applied yet can be applied")
        if not question.knobs:
            raise NotApplicable("this forecast changes no setting of the campaign")
        campaign = await self._steering.set_knobs_if(question.campaign_id, question.knobs, question.before, actor_id)
        if campaign is None:
            raise NotApplicable("the campaign was changed since: make the forecast anew")
        question.state = State.APPLIED
        now = self._clock.now()
        changes = await self._steering.changes(question.campaign_id, 2 * len(question.knobs) + 10)
        mine = [each for each in changes if each.field in question.knobs and each.actor_id == actor_id]
        question.change_id = mine[0].id if mine else ""
        kept = Kept(
            question.id,
            question.campaign_id,
            actor_id,
            now,
            now + timedelta(minutes=question.asked.minutes),
            question.change_id,
            question.knobs,
            question.as_is,
            question.changed,
            question.stands_on,
            question.job.changed.operators,
        )
        await self._comparing.begin(kept)
        return campaign


def _stands_on(learned: Learned, leads_seen: int) -> StandsOn:
    return StandsOn(learned.calls, learned.persons, len(learned.talk_s), len(learned.wrap_up_s), leads_seen)
