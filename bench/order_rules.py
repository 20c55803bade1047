"""Three orders over the same day of a small hall: earliest due first (ours), who came first, and the greatest waited / target.

Twenty operators, one contact each at a time, everybody can take everything: only the order differs. In one class those who came first go
first under all three rules, so that a decision is a choice between the heads of the classes.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from heapq import heapify, heapreplace
from random import Random

from bench import day_model as model
from bench.table import Row, table
from cordboard.queue.channel import ChannelKind
from cordboard.queue.setup import MAX_LIFT_S, TARGET_WAITS_S

SERVERS = 20
DAYS, SMALL_DAYS = 10, 1
LOAD = ((8.0, 0.8), (2.0, 1.15), (4.0, 0.8), (2.0, 1.1), (8.0, 0.6))
"""(hours, work that comes in an operator's hour): two rushes a day, in which not everybody can be in time."""

Key = Callable[[float, float, float], float]
"""The least goes first: (arrived, target, now), all in s."""

RULES: dict[str, Key] = {
    "earliest due first": lambda arrived, target, _now: arrived + target,
    "first come": lambda arrived, _target, _now: arrived,
    "waited / target": lambda arrived, target, now: (arrived - now) / target,
}


@dataclass(frozen=True, slots=True)
class Customer:
    arrived: float
    kind: ChannelKind
    takes: float


@dataclass(frozen=True, slots=True)
class Served:
    kind: ChannelKind
    waited: float
    passed_by: float
    """The latest arrival that went before him, less his own (s); 0 for none."""


def customers(days: int, chance: Random) -> list[Customer]:
    mean_s = sum(part * model.TALK_S[kind] for kind, part in model.MIX.items())
    came: list[Customer] = []
    hour_began = 0.0
    for hours, load in LOAD * days:
        at, ends = hour_began, hour_began + hours * model.HOUR_S
        while (at := at + chance.expovariate(SERVERS * load / mean_s)) < ends:
            (kind,) = chance.choices(tuple(model.MIX), tuple(model.MIX.values()))
            came.append(Customer(at, kind, model.lasting(model.TALK_S[kind], chance).total_seconds()))
        hour_began = ends
    return came


def serve(came: list[Customer], key: Key) -> list[Served]:
    """Every customer, in the order in which he was served."""
    free_at = [0.0] * SERVERS
    heapify(free_at)
    waiting: dict[ChannelKind, deque[Customer]] = {kind: deque() for kind in model.MIX}
    served: list[Served] = []
    latest, coming = dict.fromkeys(model.MIX, 0.0), 0
    while coming < len(came) or any(waiting.values()):
        now = free_at[0] if any(waiting.values()) else max(free_at[0], came[coming].arrived)
        until = bisect_right(came, now, lo=coming, key=lambda customer: customer.arrived)
        for customer in came[coming:until]:
            waiting[customer.kind].append(customer)
        coming = until
        heads = [line[0] for line in waiting.values() if line]
        first = min(heads, key=lambda head: key(head.arrived, TARGET_WAITS_S[head.kind], now))
        waiting[first.kind].popleft()
        passed_by = max(0.0, max(latest.values()) - first.arrived)
        latest[first.kind] = first.arrived
        served.append(Served(first.kind, now - first.arrived, passed_by))
        heapreplace(free_at, now + first.takes)
    return served


def _rows(name: str, served: list[Served], days: int) -> list[Row]:
    late = sum(max(0.0, each.waited - TARGET_WAITS_S[each.kind]) for each in served) / days / 3_600
    parts = []
    for kind in model.MIX:
        waits = [each.waited for each in served if each.kind is kind]
        target = TARGET_WAITS_S[kind]
        parts.append(f"{kind} {sum(wait <= target for wait in waits) / len(waits):.0%}, at most {max(waits):,.0f} s")
    latest = max(each.passed_by for each in served)
    in_time = sum(each.waited <= TARGET_WAITS_S[each.kind] for each in served) / len(served) * 100
    note = f"{'; '.join(parts)}; {late:.1f} hours too late a day, passed over by arrivals up to {latest:,.0f} s later"
    return [Row(f"{name}: within its channel's target", in_time, "%", "", note)]


def rows(small: bool = False) -> list[Row]:
    """Seconds. Raises AssertionError when our order passes somebody over beyond the bound of routing.passable_until."""
    days = SMALL_DAYS if small else DAYS
    came = customers(days, Random(7))
    shown: list[Row] = []
    for name, key in RULES.items():
        served = serve(came, key)
        if name == "earliest due first":
            beyond = [each for each in served if each.passed_by > TARGET_WAITS_S[each.kind] + MAX_LIFT_S]
            if beyond:
                raise AssertionError(f"passed over beyond the bound: {beyond[0]}")
        shown += _rows(name, served, days)
    return shown


if __name__ == "__main__":
    print(table(rows()))
