"""What would happen: a floor of operators and a list of leads, played through in model time for any pacer. Pure, seeded.

An operator: idle, talk, wrap-up, idle, now and then a break. What becomes of each call is drawn as it is dialed (fates.py).
The laws are those of the world (worlds.py).
"""

import heapq
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .fates import Fate, Fates
from .pacing_terms import (
    Abandoned,
    CallEnded,
    Connected,
    Decision,
    Outcome,
    Pacer,
    PacingEvent,
    Snapshot,
    TalkEnded,
    WrapUpEnded,
)
from .worlds import Detection as Detection
from .worlds import Lognormal as Lognormal
from .worlds import Measured as Measured
from .worlds import Mixed as Mixed
from .worlds import World as World
from .worlds import steady as steady

HALF_HOUR_S = 1800.0
FEWEST_LIVE = 20
"""A half hour with fewer persons than this says nothing of its share."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What one run came to. Shares of 1. `abandonment` is (abandoned + false machine verdicts) / answered by persons; `forbidden`: calls
    that a pacer wanted withdrawn while they rang too short; `worst_half_hour` looks at each half hour with enough persons; `mean_wait_s`:
    from the pick-up until an operator has him, of those who met one."""

    utilisation: float
    abandonment: float
    worst_half_hour: float
    answered: int
    abandoned: int
    placed: int
    withdrawn: int
    connected: int
    forbidden: int
    highest: float = 0.0
    mean_wait_s: float = 0.0


def simulate(pacer: Pacer, world: World, seed: int) -> Outlook:
    """Play the world through from log-in to its end; the cold start counts."""
    return _Floor(pacer, world, np.random.default_rng(seed)).played()


class _Floor:
    def __init__(self, pacer: Pacer, world: World, chance: np.random.Generator) -> None:
        self.pacer, self.world, self.chance = pacer, world, chance
        self.t = 0.0
        self.queue: list[tuple[float, int, Callable[[], None]]] = []
        self.ticket = 0
        self.idle: deque[float] = deque()
        self.talks: dict[int, float] = {}
        self.wraps: dict[int, float] = {}
        self.paused = 0
        self.leaving = 0
        self.waiting: deque[tuple[int, float]] = deque()
        self.calls: dict[int, Fate] = {}
        self.fates = Fates(world, chance)
        self.busy_s = self.logged_s = 0.0
        self.answers: list[float] = []
        self.losses: list[float] = []
        self.waits_s: list[float] = []
        self.placed = self.withdrawn = self.connected = self.forbidden = 0
        self.highest = 0.0

    def at(self, when: float, what: Callable[[], None]) -> None:
        self.ticket += 1
        heapq.heappush(self.queue, (when, self.ticket, what))

    def played(self) -> Outlook:
        world = self.world
        self.pacer.reset(world.info())
        now_logged = 0
        for since, operators in world.staff:
            self.at(since, lambda change=operators - now_logged: self.staff(change))  # type: ignore[misc]
            now_logged = operators
        self.at(0.0, self.tick)
        while self.queue:
            when, _ticket, what = heapq.heappop(self.queue)
            if when > world.duration_s:
                break
            self.passes(when)
            what()
        self.passes(world.duration_s)
        return self.outlook()

    def passes(self, when: float) -> None:
        span = when - self.t
        busy = len(self.talks) + len(self.wraps)
        self.busy_s += span * busy
        self.logged_s += span * (busy + len(self.idle))
        self.t = when

    # The floor

    def staff(self, change: int) -> None:
        for _ in range(change):
            if self.leaving:
                self.leaving -= 1
            else:
                self.free()
        for _ in range(-change):
            if self.idle:
                self.idle.pop()
            else:
                self.leaving += 1
        self.ask()

    def tick(self) -> None:
        self.at(self.t + 1.0, self.tick)
        self.ask()

    def free(self) -> None:
        """An operator has nothing to do: he takes who waits longest."""
        if self.waiting:
            call_id, since = self.waiting.popleft()
            self.connect(call_id, since)
        else:
            self.idle.append(self.t)

    def connect(self, call_id: int, picked_up_at: float) -> None:
        self.connected += 1
        self.waits_s.append(self.t - picked_up_at)
        self.talks[call_id] = self.t
        self.tell(Connected(self.t))
        self.at(self.t + self.world.talk(self.chance), lambda: self.hang_up(call_id))

    def hang_up(self, call_id: int) -> None:
        began = self.talks.pop(call_id)
        self.wraps[call_id] = self.t
        self.tell(TalkEnded(self.t, self.t - began))
        self.at(self.t + self.world.wrap_up(self.chance), lambda: self.wrapped_up(call_id))
        self.ask()

    def wrapped_up(self, call_id: int) -> None:
        began = self.wraps.pop(call_id)
        self.tell(WrapUpEnded(self.t, self.t - began))
        if self.leaving:
            self.leaving -= 1
        elif self.world.break_probability and self.chance.random() < self.world.break_probability:
            self.paused += 1
            self.at(self.t + self.world.pause(self.chance), self.comes_back)
        else:
            self.free()
        self.ask()

    def comes_back(self) -> None:
        self.paused -= 1
        if self.leaving:
            self.leaving -= 1
        else:
            self.free()
        self.ask()

    # The calls

    def place(self) -> None:
        fate = self.fates.next(self.placed, self.t)
        self.placed += 1
        self.calls[fate.id] = fate
        self.at(fate.ends_at, lambda: self.ended(fate.id))

    def ended(self, call_id: int) -> None:
        call = self.calls.pop(call_id, None)
        if call is None:
            return
        if call.is_false:
            self.answers.append(self.t)
            self.losses.append(self.t)
        self.tell(CallEnded(self.t, call.outcome, self.t - call.dialed_at))
        if call.outcome is Outcome.PERSON and call.picked_up_at is not None:
            self.answers.append(self.t)
            if self.idle:
                self.idle.popleft()
                self.connect(call_id, call.picked_up_at)
            else:
                self.waiting.append((call_id, call.picked_up_at))
                self.at(max(self.t, call.picked_up_at + self.world.grace_s), lambda: self.gives_up(call_id))
        self.ask()

    def gives_up(self, call_id: int) -> None:
        for waits in self.waiting:
            if waits[0] == call_id:
                self.waiting.remove(waits)
                self.losses.append(self.t)
                self.highest = max(self.highest, len(self.losses) / len(self.answers))
                self.tell(Abandoned(self.t))
                self.ask()
                return

    def withdraw(self, call_id: object) -> None:
        call = self.calls.get(call_id) if isinstance(call_id, int) else None
        if call is None:
            return
        is_picked_up = call.picked_up_at is not None and call.picked_up_at <= self.t
        if is_picked_up or 0.0 <= self.t - call.rings_at < self.world.min_ring_s:
            self.forbidden += 1
            return
        del self.calls[call.id]
        self.withdrawn += 1
        self.tell(CallEnded(self.t, Outcome.CANCELLED, self.t - call.dialed_at))

    # The pacer

    def tell(self, event: PacingEvent) -> None:
        self.pacer.observe(event)

    def ask(self) -> None:
        decision: Decision = self.pacer.decide(self.snapshot())
        for call_id in decision.cancel:
            self.withdraw(call_id)
        for _ in range(min(decision.place, self.most())):
            self.place()

    def most(self) -> int:
        return max(0, self.world.most_in_flight - len(self.calls))

    def snapshot(self) -> Snapshot:
        t = self.t
        return Snapshot(
            t=t,
            idle=len(self.idle),
            talking=len(self.talks),
            wrap_up=len(self.wraps),
            paused=self.paused,
            waiting=len(self.waiting),
            talk_elapsed_s=t - np.fromiter(self.talks.values(), float, len(self.talks)),
            wrap_up_elapsed_s=t - np.fromiter(self.wraps.values(), float, len(self.wraps)),
            idle_elapsed_s=t - np.fromiter(self.idle, float, len(self.idle)),
            in_flight=tuple([call.in_flight(t) for call in self.calls.values()]),
            departures=self.departures(),
            upcoming_answer_probability=self.fates.upcoming(t),
            max_new=self.most(),
        )

    def departures(self) -> tuple[tuple[float, int], ...]:
        if not self.world.announced or len(self.world.staff) == 1:
            return ()
        steps = zip(self.world.staff, self.world.staff[1:], strict=False)
        return tuple(
            (when, before - after) for (_since, before), (when, after) in steps if after < before and when > self.t
        )

    def outlook(self) -> Outlook:
        answered = len(self.answers)
        return Outlook(
            utilisation=self.busy_s / self.logged_s if self.logged_s else 0.0,
            abandonment=len(self.losses) / answered if answered else 0.0,
            worst_half_hour=worst_half_hour(self.answers, self.losses, self.world.duration_s),
            answered=answered,
            abandoned=len(self.losses),
            placed=self.placed,
            withdrawn=self.withdrawn,
            connected=self.connected,
            forbidden=self.forbidden,
            highest=self.highest,
            mean_wait_s=float(np.mean(self.waits_s)) if self.waits_s else 0.0,
        )


def worst_half_hour(answers_s: Sequence[float], losses_s: Sequence[float], duration_s: float) -> float:
    """The largest share lost of those who answered within half an hour, of all half hours of the run with enough of them; 0 without any."""
    answers, losses = np.sort(np.asarray(answers_s)), np.sort(np.asarray(losses_s))
    if not len(losses):
        return 0.0
    ends = np.clip(np.concatenate([losses, losses + HALF_HOUR_S]), HALF_HOUR_S, max(HALF_HOUR_S, duration_s))
    begins = ends - HALF_HOUR_S
    live = np.searchsorted(answers, ends, "right") - np.searchsorted(answers, begins)
    lost = np.searchsorted(losses, ends, "right") - np.searchsorted(losses, begins)
    enough = live >= FEWEST_LIVE
    return float((lost[enough] / live[enough]).max()) if enough.any() else 0.0
