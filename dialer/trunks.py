"""The trunks at work: which carries the next call, which calls hold their channels, and what a supervisor sets of them."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from ..queue.channel import AttemptOutcome
from ..storage.clock import Clock
from .lead import Attempt
from .refusals import Judgement, LastEnd
from .showing import check_shown
from .store import DialerStore
from .trunk import Blocked, Hold, Trunk, TrunkState, caller_id, choose, earliest
from .trunk_knobs import TrunkChange, with_knobs
from .trunk_store import TrunkStore

LOOK_BACK = timedelta(minutes=15)
"""As far as the rows of attempts are read for what a trunk did before our start; the longest hold is a minute."""


class UnknownTrunk(Exception):
    """There is no such trunk, or no such change of one."""


class Trunks:
    """`names`: the site's trunks in the order in which calls prefer them, at least one. `channels_on` tells which calls a trunk carries,
    the dialer's or not. `load` comes before everything else."""

    def __init__(
        self,
        store: DialerStore,
        trunks: TrunkStore,
        clock: Clock,
        names: Sequence[str],
        channels_on: Callable[[str], frozenset[str]],
    ) -> None:
        self._store = store
        self._rows = trunks
        self._clock = clock
        self._names = tuple(names)
        self._channels_on = channels_on
        self._states: dict[str, TrunkState] = {name: TrunkState(Trunk(name)) for name in names}
        self._loaded = False
        self._loading = asyncio.Lock()
        self._unwritten: set[str] = set()

    async def load(self) -> None:
        """What was set, and from the attempts' rows what each trunk was doing when the last engine ended."""
        async with self._loading:
            if self._loaded:
                return
            now = self._clock.now()
            for trunk in await self._rows.trunks(self._names):
                recent = await self._rows.recent(trunk.name, now - LOOK_BACK)
                self._states[trunk.name] = as_it_was(trunk, recent)
            await self.reconcile()
            self._loaded = True

    async def reconcile(self) -> None:
        """Hold the channels against the rows: no call without an end is missed, none that is over holds one."""
        asked_of = {name: (state.ringing | state.talking) - self._unwritten for name, state in self._states.items()}
        flying = {attempt.id: attempt for attempt in await self._store.open_attempts()}
        for name, state in self._states.items():
            mine = {key: one for key, one in flying.items() if self._of(one) == name}
            gone = asked_of[name] - mine.keys()  # what began while we read is not in what we read
            ringing = {key for key, one in mine.items() if one.answered_at is None} | (state.ringing - gone)
            talking = {key for key, one in mine.items() if one.answered_at is not None} | (state.talking - gone)
            self._states[name] = replace(state, ringing=frozenset(ringing - talking), talking=frozenset(talking))

    def take(self, attempt: Attempt, wished: Collection[str], failed: Collection[str]) -> Attempt | None:
        """The attempt with its trunk and the number it shows, its channel held; None when no trunk may carry it now. `wished`: the
        campaign's own numbers; `failed`: trunks that could not carry the customer's last call. `written` follows."""
        now = self._clock.now()
        found = choose(self.states(), now, failed)
        if isinstance(found, tuple):
            return None
        self._put(replace(attempt, trunk=found.trunk.name), lambda state: state.began(attempt.id, now))
        self._unwritten.add(attempt.id)
        shown = caller_id(found.trunk, attempt.number, wished)
        return replace(attempt, intent_at=now, trunk=found.trunk.name, caller_id=shown)

    def written(self, attempt: Attempt) -> None:
        """From now on its row tells of it; or there is none, and the next look at the rows frees its channel."""
        self._unwritten.discard(attempt.id)

    def leaves(self, attempt: Attempt) -> None:
        """It is written, and the wire is told now: the rate counts it from here."""
        now = self._clock.now()
        self._put(attempt, lambda state: state.left(attempt.intent_at, now))

    def never_began(self, attempt: Attempt) -> None:
        """Its intent was not written: nothing left the house."""
        self._unwritten.discard(attempt.id)
        self._put(attempt, lambda state: state.never_began(attempt.id, attempt.intent_at))

    def unsent(self, attempt: Attempt) -> None:
        """It is over, by no fault of the trunk: our own wire failed."""
        self._put(attempt, lambda state: state.freed(attempt.id))

    def answered(self, attempt: Attempt) -> None:
        self._put(attempt, lambda state: state.answered(attempt.id))

    def judged(self, attempt: Attempt, end: LastEnd) -> Judgement:
        """What the end is to be written down as: a trunk that refuses everybody is no customer's doing. `ended` follows."""
        state = self._states.get(self._of(attempt))
        if state is None:
            return Judgement(end.outcome)
        judgement = state.judged(attempt.id, end)
        self._put(attempt, lambda now: now.heard(attempt.id, end))
        return judgement

    def ended(self, attempt: Attempt, end: LastEnd) -> None:
        """`end`: how the wire says that it ended."""
        self._put(attempt, lambda state: state.ended(attempt.id, end))

    async def failed_for(self, lead_id: str) -> frozenset[str]:
        """The trunk that the lead's last attempt went by."""
        last = await self._rows.last_of(lead_id)
        return frozenset({last.trunk} if last and last.trunk else ())

    def states(self) -> tuple[TrunkState, ...]:
        """As they are at this moment, in the order of preference."""
        return tuple(self._at_work(name) for name in self._states)

    def _at_work(self, name: str) -> TrunkState:
        """With the calls that are not ours: the carrier counts them too."""
        return replace(self._states[name], on_wire=self._channels_on(name))

    def withdrawn(self, name: str = "") -> float:
        """The share of calls that the trunk lets be taken back before they ring; without a name, that of the strictest."""
        shares = {each: state.trunk.withdrawn for each, state in self._states.items()}
        return shares.get(name, min(shares.values()))

    def room(self) -> int:
        """How many more calls all of them together may carry now."""
        return sum(state.room(self._clock.now()) for state in self._states.values())

    def holds(self) -> tuple[Hold, ...]:
        """What keeps each of them; empty while one may carry a call."""
        found = choose(self.states(), self._clock.now())
        return found if isinstance(found, tuple) else ()

    def troubled_until(self) -> datetime | None:
        """When all are in trouble: when the first is tried again."""
        holds = self.holds()
        return earliest(holds) if holds and all(hold.why is Blocked.TROUBLE for hold in holds) else None

    def opens_in_s(self) -> float | None:
        """When nothing may be carried now: how long until that may change by itself (s)."""
        opens = earliest(self.holds())
        return None if opens is None else max(0.0, (opens - self._clock.now()).total_seconds())

    def way(self, number: str, wished: str) -> tuple[str, str]:
        """For a call that is not the dialer's, and must not wait: the first trunk that may carry one, else the first; and the number to
        show. It is begun though all channels be taken, and takes one (`channels_on`)."""
        found = choose(self.states(), self._clock.now())
        trunk = self._states[self._names[0]].trunk if isinstance(found, tuple) else found.trunk
        return trunk.name, caller_id(trunk, number, (wished,) if wished else ())

    # What a supervisor sets

    async def may_show(self, text: str) -> None:
        """Raises CampaignRefused for numbers that a campaign must not name (showing.py)."""
        await self.load()
        check_shown(text, [state.trunk for state in self._states.values()])

    async def set_knobs(self, name: str, knobs: Mapping[str, object], actor_id: str) -> TrunkState:
        """Turn knobs by name (trunk_knobs.py); the very next call goes by them. Raises UnknownTrunk, BadTrunk."""
        if name not in self._states:
            raise UnknownTrunk(name)
        trunk = await self._rows.change(name, lambda old: with_knobs(old, knobs), actor_id)
        self._states[name] = replace(self._states[name], trunk=trunk)
        return self._at_work(name)

    async def changes(self, limit: int = 50) -> list[TrunkChange]:
        """Who turned which knob, the newest first."""
        return await self._rows.changes(limit)

    async def revert(self, change_id: str, actor_id: str) -> TrunkState:
        """Put the knob back to where it stood before this change; that is a change too. Raises UnknownTrunk, BadTrunk."""
        change = await self._rows.change_of(change_id)
        if change is None:
            raise UnknownTrunk(change_id)
        return await self.set_knobs(change.trunk, {change.field: change.old}, actor_id)

    def _of(self, attempt: Attempt) -> str:
        """Calls of the time before trunks had names went by the first."""
        return attempt.trunk or self._names[0]

    def _put(self, attempt: Attempt, change: Callable[[TrunkState], TrunkState]) -> None:
        name = self._of(attempt)
        if name in self._states:  # else it went by one that the site has no more
            self._states[name] = change(self._states[name])


def as_it_was(trunk: Trunk, recent: Sequence[Attempt]) -> TrunkState:
    """What its attempts of the last minutes, the oldest first, made of a trunk. Which calls fly is read elsewhere. Pure."""
    state = TrunkState(trunk)
    for attempt in recent:
        state = state.began(attempt.id, attempt.intent_at)
    over = [attempt for attempt in recent if attempt.ended_at is not None and attempt.outcome is not None]
    for attempt in sorted(over, key=lambda each: (each.ended_at, each.id)):
        if attempt.outcome is None or attempt.ended_at is None or _never_left(attempt):
            continue
        state = state.ended(attempt.id, LastEnd(attempt.outcome, attempt.ended_at, attempt.cause, attempt.tech_cause))
    return replace(state, ringing=frozenset(), talking=frozenset())


def _never_left(attempt: Attempt) -> bool:
    """Our own wire failed: whatever Asterisk says of a trunk has a cause."""
    return attempt.outcome is AttemptOutcome.TRUNK_TROUBLE and attempt.cause is None
