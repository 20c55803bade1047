"""A second floor, built otherwise than dialer/simulate.py, so that no pacer is fitted to one simulator. No bench itself.

It goes by steps of half a second and not by events; a clock that began long ago; gamma talks, Weibull rings, wrap-ups by disposition; an
answer rate that drifts or jumps; who meets nobody is counted at the promise's end and waits on a while, so that a late operator still
takes him; operators go for breaks, some at once; a withdrawal takes a second to reach the carrier, and may come too late.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cordboard.dialer.pacing import (
    Abandoned,
    CallEnded,
    Connected,
    Decision,
    InFlight,
    Outcome,
    Pacer,
    PacingEvent,
    PacingInfo,
    Snapshot,
    TalkEnded,
    WrapUpEnded,
)
from cordboard.dialer.simulate import Outlook, worst_half_hour

STEP_S = 0.5
WIRE_S = 1.0
LISTS_LEADS = 40


@dataclass(frozen=True, slots=True)
class OtherWorld:
    """`leaves_at`: (t after the start, operators who leave then, whether that was announced). `lead_spread`: standard deviation of each
    lead's log odds of answering; the pacer is shown them with as much noise again as `shown_noise`, or not at all (None)."""

    operators: int
    lasts_s: float
    answer: Callable[[float], float]
    talk_s: float = 120.0
    talk_shape: float = 1.3
    wrap_ups_s: tuple[float, ...] = (8.0, 30.0, 75.0)
    ring_s: float = 9.0
    ring_shape: float = 1.4
    set_up_s: tuple[float, float] = (1.0, 6.0)
    failed: float = 0.25
    breaks: float = 0.0
    leaves_at: tuple[tuple[float, int, bool], ...] = ()
    machines: float | None = None
    false_machine: float = 0.01
    lead_spread: float = 0.0
    shown_noise: float | None = None
    tells_end: bool = True
    limit: float = 0.03
    began_at: float = 1_000_000.0
    ring_timeout_s: float = 30.0
    min_ring_s: float = 15.0
    grace_s: float = 2.0

    def info(self) -> PacingInfo:
        end_s = self.began_at + self.lasts_s if self.tells_end else None
        has_detection = self.machines is not None
        false = self.false_machine if has_detection else 0.0
        return PacingInfo(self.limit, self.grace_s, self.ring_timeout_s, self.min_ring_s, has_detection, false, end_s)


@dataclass(slots=True)
class _Man:
    """`until` his talk, wrap-up or break lasts; `since` it began."""

    doing: str = "idle"
    since: float = 0.0
    until: float = 0.0


@dataclass(slots=True)
class _Line:
    id: int
    dialed: float
    rings: float
    picked_up: float
    over: float
    outcome: Outcome
    shown: float | None
    false: bool = False
    cut: float | None = None


@dataclass(slots=True)
class _Guest:
    since: float
    counted: bool
    patience: float


class OtherFloor:
    """Played by `simulate_other`."""

    def __init__(self, pacer: Pacer, world: OtherWorld, seed: int) -> None:
        self.pacer, self.world, self.chance = pacer, world, np.random.default_rng([seed, 77])
        self.t = world.began_at
        self.men = [_Man(since=self.t) for _ in range(world.operators)]
        self.lines: dict[int, _Line] = {}
        self.guests: list[_Guest] = []
        self.leads: list[tuple[float, float]] = []
        self.answers: list[float] = []
        self.losses: list[float] = []
        self.placed = self.withdrawn = self.connected = self.forbidden = self.leaving = 0
        self.busy_s = self.here_s = 0.0

    def played(self) -> Outlook:
        world = self.world
        self.pacer.reset(world.info())
        gone = 0
        for step in range(int(world.lasts_s / STEP_S)):
            self.t = world.began_at + step * STEP_S
            for at, many, _told in world.leaves_at[gone:]:
                if self.t - world.began_at >= at:
                    self.leaving += many
                    gone += 1
            self._calls()
            self._people()
            self._guests()
            if step % 2 == 0:
                self.ask()
            busy = sum(man.doing in ("talk", "wrap") for man in self.men)
            self.busy_s += busy * STEP_S
            self.here_s += (busy + sum(man.doing == "idle" for man in self.men)) * STEP_S
        return self._outlook()

    def _people(self) -> None:
        for man in list(self.men):
            if man.doing == "idle" and self.leaving:
                self.leaving -= 1
                self.men.remove(man)
            elif man.doing != "idle" and self.t >= man.until:
                self._next(man)

    def _next(self, man: _Man) -> None:
        lasted = man.until - man.since
        if man.doing == "talk":
            kind = int(self.chance.integers(len(self.world.wrap_ups_s)))
            self._begins(man, "wrap", self.chance.gamma(3.0, self.world.wrap_ups_s[kind] / 3.0))
            self.tell(TalkEnded(self.t, lasted))
            return
        if man.doing == "wrap":
            self.tell(WrapUpEnded(self.t, lasted))
            if self.chance.random() < self.world.breaks:
                self._begins(man, "break", self.chance.uniform(120.0, 900.0))
                return
        if self.leaving:
            self.leaving -= 1
            self.men.remove(man)
        else:
            man.doing, man.since = "idle", self.t
        self.ask()

    def _begins(self, man: _Man, doing: str, lasts_s: float) -> None:
        man.doing, man.since, man.until = doing, self.t, self.t + max(STEP_S, float(lasts_s))

    def _calls(self) -> None:
        for line in list(self.lines.values()):
            if line.cut is not None and self.t >= line.cut and (self.t < line.rings or line.cut > line.rings):
                del self.lines[line.id]
                self.withdrawn += 1
                self.tell(CallEnded(self.t, Outcome.CANCELLED, self.t - line.dialed))
            elif self.t >= line.over:
                del self.lines[line.id]
                self._over(line)

    def _over(self, line: _Line) -> None:
        if line.false:
            self.answers.append(self.t)
            self.losses.append(self.t)
        self.tell(CallEnded(self.t, line.outcome, self.t - line.dialed))
        if line.outcome is Outcome.PERSON:
            self.answers.append(self.t)
            since = line.picked_up if self.world.machines is not None else self.t
            self.guests.append(_Guest(since, False, self.chance.exponential(15.0)))
            self._guests()
            self.ask()

    def _guests(self) -> None:
        world = self.world
        for guest in list(self.guests):
            waited = self.t - guest.since
            free = next((man for man in self.men if man.doing == "idle"), None)
            if free is not None:
                self.guests.remove(guest)
                self.connected += 1
                self._begins(free, "talk", self.chance.gamma(world.talk_shape, world.talk_s / world.talk_shape))
                if not guest.counted and waited <= world.grace_s:
                    self.tell(Connected(self.t))
                    continue
            if waited > world.grace_s and not guest.counted:
                guest.counted = True
                self.losses.append(self.t)
                self.tell(Abandoned(self.t))
            if guest in self.guests and waited > world.grace_s + guest.patience:
                self.guests.remove(guest)

    def tell(self, event: PacingEvent) -> None:
        self.pacer.observe(event)

    def ask(self) -> None:
        decision: Decision = self.pacer.decide(self._snapshot())
        for call_id in decision.cancel:
            self._withdraw(call_id)
        for _ in range(min(decision.place, self._most())):
            self._place()

    def _most(self) -> int:
        return max(0, 3_000 - len(self.lines))

    def _withdraw(self, call_id: object) -> None:
        line = self.lines[call_id] if isinstance(call_id, int) and call_id in self.lines else None
        if line is None or line.cut is not None:
            return
        if 0.0 <= self.t - line.rings < self.world.min_ring_s or self.t >= line.picked_up:
            self.forbidden += 1
        else:
            line.cut = self.t + WIRE_S

    def _lead(self) -> tuple[float, float]:
        """His own log odds beside the usual, and what is seen of them."""
        own = float(self.chance.normal(0.0, self.world.lead_spread)) if self.world.lead_spread else 0.0
        return own, own + (float(self.chance.normal(0.0, self.world.shown_noise)) if self.world.shown_noise else 0.0)

    def _chance(self, odds: float) -> float:
        usual = min(1.0, max(0.0, self.world.answer(self.t - self.world.began_at)))
        if usual in (0.0, 1.0):
            return usual
        return float(1.0 / (1.0 + (1.0 / usual - 1.0) * np.exp(-odds)))

    def _place(self) -> None:
        world, chance = self.world, self.chance
        self._fill()
        own, seen = self.leads.pop(0)
        rings = self.t + chance.uniform(*world.set_up_s)
        rung_s = world.ring_s * chance.weibull(world.ring_shape) + 1.0
        shown = self._chance(seen) if world.shown_noise is not None else None
        line = _Line(self.placed, self.t, rings, np.inf, rings + world.ring_timeout_s, Outcome.NO_ANSWER, shown)
        answered = rung_s < world.ring_timeout_s
        if chance.random() < self._chance(own) and answered:
            line.outcome, line.picked_up = Outcome.PERSON, rings + rung_s
        elif chance.random() < world.failed:
            line.outcome, line.over = Outcome.BUSY, rings + 0.4
        elif world.machines is not None and chance.random() < world.machines and answered:
            line.outcome, line.picked_up = Outcome.MACHINE, rings + rung_s
        if line.picked_up < np.inf:
            line.over = line.picked_up
            if world.machines is not None:
                line.over += chance.uniform(0.5, 1.4)
                if line.outcome is Outcome.PERSON and chance.random() < world.false_machine:
                    line.outcome, line.false = Outcome.MACHINE, True
        self.placed += 1
        self.lines[line.id] = line

    def _fill(self) -> None:
        while len(self.leads) < LISTS_LEADS:
            self.leads.append(self._lead())

    def _snapshot(self) -> Snapshot:
        t, world = self.t, self.world
        elapsed = {
            doing: np.array([t - man.since for man in self.men if man.doing == doing])
            for doing in ("idle", "talk", "wrap")
        }
        upcoming = np.zeros(0)
        if world.shown_noise is not None:
            self._fill()
            upcoming = np.array([self._chance(seen) for _own, seen in self.leads])
        return Snapshot(
            t=t,
            idle=len(elapsed["idle"]),
            talking=len(elapsed["talk"]),
            wrap_up=len(elapsed["wrap"]),
            paused=sum(man.doing == "break" for man in self.men),
            waiting=len(self.guests),
            talk_elapsed_s=elapsed["talk"],
            wrap_up_elapsed_s=elapsed["wrap"],
            idle_elapsed_s=elapsed["idle"],
            in_flight=tuple([self._shown(line) for line in self.lines.values()]),
            departures=tuple(
                (world.began_at + at, many) for at, many, told in world.leaves_at if told and world.began_at + at > t
            ),
            upcoming_answer_probability=upcoming,
            max_new=self._most(),
        )

    def _shown(self, line: _Line) -> InFlight:
        t = self.t
        rung = t - line.rings if t >= line.rings else None
        picked_up = t - line.picked_up if t >= line.picked_up else None
        return InFlight(line.id, t - line.dialed, rung, picked_up, line.shown)

    def _outlook(self) -> Outlook:
        answered, began = len(self.answers), self.world.began_at
        return Outlook(
            utilisation=self.busy_s / self.here_s if self.here_s else 0.0,
            abandonment=len(self.losses) / answered if answered else 0.0,
            worst_half_hour=worst_half_hour(
                [at - began for at in self.answers], [at - began for at in self.losses], self.world.lasts_s
            ),
            answered=answered,
            abandoned=len(self.losses),
            placed=self.placed,
            withdrawn=self.withdrawn,
            connected=self.connected,
            forbidden=self.forbidden,
        )


def simulate_other(pacer: Pacer, world: OtherWorld, seed: int) -> Outlook:
    """The cold start counts; who is in flight at the end is not counted."""
    return OtherFloor(pacer, world, seed).played()
