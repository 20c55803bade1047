"""One day of 2,500 operators on the model, in virtual time: the engine's own moves, lineup and agenda, without wires and database.

What the day looked like is shown, and checked: nobody may be passed over by anybody who came after his `passable_until`.
"""

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from random import Random
from statistics import median
from time import perf_counter, process_time

from bench import day_model as model
from bench.table import Row, table
from cordboard.queue import agent as agents
from cordboard.queue import contact_events, moves, time_moves
from cordboard.queue.agent import Agent, AgentState
from cordboard.queue.book import Book, Draft
from cordboard.queue.channel import Arrival, ChannelKind
from cordboard.queue.commands import Command, FollowUp, OfferContact, WithdrawOffer
from cordboard.queue.contact import TALKING_STATES, Contact, ContactState
from cordboard.queue.metrics import HANDLING, service, waited_s, was_answered
from cordboard.queue.routing import obstacle, passable_until
from cordboard.queue.setup import TARGET_WAITS_S

OPERATORS, SMALL = 2_500, 60
BACK_AFTER_S = 60.0
KINDS = frozenset(model.MIX)
Act = Callable[[Draft], Sequence[Command] | None]


class PassedOver(AssertionError):
    """Somebody was passed over by one who came later than the bound allows."""


class WaitingList:
    """Who waits, by his bound, so that every offer can be checked against all of them."""

    def __init__(self) -> None:
        self._order: list[tuple[datetime, str]] = []
        self._bounds: dict[str, datetime] = {}

    def put(self, contact: Contact) -> None:
        before = self._bounds.pop(contact.id, None)
        if before is not None:
            del self._order[bisect_left(self._order, (before, contact.id))]
        if contact.state is ContactState.QUEUED:
            self._bounds[contact.id] = passable_until(contact)
            insort(self._order, (self._bounds[contact.id], contact.id))

    def passed_by(self, contact: Contact) -> Iterable[str]:
        """Those whom he may not go before."""
        return [contact_id for _, contact_id in self._order[: bisect_left(self._order, (contact.arrived_at, ""))]]


class Occupancy:
    """Seconds of handling and of readiness, by the hour in which they began."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[datetime, AgentState]] = {}
        self._handling: Counter[int] = Counter()
        self._ready: Counter[int] = Counter()

    def put(self, agent: Agent, now: datetime) -> None:
        since, state = self._last.get(agent.id, (now, AgentState.LOGGED_OUT))
        seconds = (now - since).total_seconds()
        if state in HANDLING:
            self._handling[since.hour] += int(seconds * 1000)
        elif state is AgentState.READY:
            self._ready[since.hour] += int(seconds * 1000)
        self._last[agent.id] = now, agent.state

    def of(self, hours: Iterable[int]) -> float:
        handling, ready = (sum(times[hour] for hour in hours) for times in (self._handling, self._ready))
        return handling / max(1, handling + ready)

    def peak(self) -> float:
        return max(self.of([hour]) for hour in range(24))


class Day:
    """The book, the clock that moves from event to event, and what came of it."""

    def __init__(self, operators: int) -> None:
        self.chance = Random(operators)
        self.now = model.MIDNIGHT
        self.book = Book()
        self.book.lineup.apply(model.SETUP, self.now)
        self.ended: list[Contact] = []
        self.occupancy = Occupancy()
        self.changes = self.offers = self.most_waiting = 0
        self._waiting = WaitingList()
        self._heap: list[tuple[datetime, int, Act]] = []
        self._numbers = count()
        begins = model.shifts(operators)
        for agent, begin in zip(model.people(operators, self.chance), begins, strict=True):
            self.book.put(agent)
            self.book.line_up(agent, self.now)
            self._work(agent.id, model.MIDNIGHT + timedelta(seconds=begin))
        self._arrivals = model.arrivals(begins, Random(operators + 1))
        self._next_arrival()

    def run(self) -> None:
        """To midnight."""
        end = model.MIDNIGHT + timedelta(seconds=model.DAY_S)
        while self._heap and self._heap[0][0] < end:
            looks_at = self.book.agenda.next_at()
            if looks_at is not None and looks_at <= self._heap[0][0]:
                self.now = max(self.now, looks_at)
                self._change(lambda draft: time_moves.pass_time(draft, {}, model.RULES))
            else:
                self.now, _, act = heappop(self._heap)
                self._change(act)

    def _at(self, at: datetime, act: Act) -> None:
        heappush(self._heap, (at, next(self._numbers), act))

    def _after(self, mean_s: float, act: Act) -> None:
        self._at(self.now + model.lasting(mean_s, self.chance), act)

    def _change(self, act: Act) -> None:
        """As the floor does it, without the commit."""
        draft = Draft(self.book, self.now)
        commands = [*(act(draft) or ()), *moves.route(draft, KINDS, model.RULES)]
        draft.become_true()
        self.changes += 1
        for command in commands:
            self._follow(command)
        for contact_id in draft.changed_contacts:
            self._waiting.put(draft.contact(contact_id))
        for agent_id in draft.changed_agents:
            self.occupancy.put(self.book.agents[agent_id], self.now)

    def _follow(self, command: Command) -> None:
        match command:
            case OfferContact(contact, agent):
                self.offers += 1
                self._check(contact, agent)
                if self.chance.random() >= model.NO_ANSWER:
                    self._after(model.ANSWER_S[contact.kind], lambda draft: self._answer(draft, contact.id, agent.id))
            case WithdrawOffer(_, agent):
                self._at(self.now + timedelta(seconds=BACK_AFTER_S), lambda draft: self._back(draft, agent.id))
            case FollowUp(contact):
                self.ended.append(contact)

    def _check(self, contact: Contact, agent: Agent) -> None:
        """Nobody who came later than the bound went before one whom this agent could have taken."""
        for passed_id in self._waiting.passed_by(contact):
            passed = self.book.contacts.get(passed_id)
            if passed is None or passed.state is not ContactState.QUEUED or passed_id == contact.id:
                continue
            before = replace(agent, tasks=tuple(task for task in agent.tasks if task.contact_id != contact.id))
            if obstacle(before, passed, model.SETUP.rules(passed.queue), self.now) is None:
                raise PassedOver(f"{contact} went before {passed}")

    # Operators ----------------------------------------------------------------------------------------------------

    def _work(self, agent_id: str, begin: datetime) -> None:
        def be(event: agents.BecameReady | agents.Paused | agents.LoggedOut) -> None:
            self._at(event.at, lambda draft: _tell(draft, agent_id, event))

        be(agents.BecameReady(begin))
        for after_s, length_s in model.BREAKS:
            pause = begin + timedelta(seconds=after_s + self.chance.uniform(-1_800, 1_800))
            be(agents.Paused(pause, "break"))
            be(agents.BecameReady(pause + timedelta(seconds=length_s)))
        be(agents.LoggedOut(begin + timedelta(seconds=model.SHIFT_S)))

    def _back(self, draft: Draft, agent_id: str) -> None:
        if draft.agent(agent_id).stance is agents.Stance.NOT_RESPONDING:
            draft.tell_agent(agent_id, agents.BecameReady(self.now))

    # Contacts -----------------------------------------------------------------------------------------------------

    def _next_arrival(self) -> None:
        coming = next(self._arrivals, None)
        if coming is not None:
            self._at(coming[0], lambda draft: self._arrive(draft, coming[1]))

    def _arrive(self, draft: Draft, arrival: Arrival) -> Sequence[Command]:
        self._next_arrival()
        commands = moves.begin(draft, arrival.wire_key, arrival, model.RULES)
        patience = model.PATIENCE_S.get(arrival.kind)
        if patience is not None:
            leaves = self.now + timedelta(seconds=self.chance.expovariate(1 / patience))
            self._at(leaves, lambda later: self._give_up(later, arrival.wire_key))
        return commands

    def _give_up(self, draft: Draft, contact_id: str) -> Sequence[Command]:
        contact = draft.open_contact(contact_id)
        if contact is None or contact.state not in (ContactState.QUEUED, ContactState.OFFERED):
            return ()
        return moves.end(draft, contact, contact_events.CustomerLeft(self.now, "gave_up"), model.RULES)

    def _answer(self, draft: Draft, contact_id: str, agent_id: str) -> Sequence[Command]:
        contact = draft.open_contact(contact_id)
        if contact is None or contact.state is not ContactState.OFFERED or contact.agent_id != agent_id:
            return ()
        self._after(model.TALK_S[contact.kind], lambda later: self._talked(later, contact_id))
        if contact.kind is not ChannelKind.VOICE:
            return moves.accept(draft, contact)
        moves.connect(draft, contact, agent_id)
        return ()

    def _talked(self, draft: Draft, contact_id: str) -> Sequence[Command]:
        contact = draft.contact(contact_id)
        if contact.state not in TALKING_STATES:
            return ()
        self._after(model.WRAP_UP_S[contact.kind], lambda later: self._dispose(later, contact_id))
        return moves.end(draft, contact, contact_events.TalkEnded(self.now), model.RULES)

    def _dispose(self, draft: Draft, contact_id: str) -> Sequence[Command]:
        contact = draft.open_contact(contact_id)
        return () if contact is None else moves.dispose(draft, contact, contact_events.Disposed(self.now, "done", ""))


def _tell(draft: Draft, agent_id: str, event: agents.AgentEvent) -> None:
    draft.tell_agent(agent_id, event)


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds that the day took."""

    wall: float
    processor: float


def simulated(operators: int) -> tuple[Day, Spent]:
    wall, processor = perf_counter(), process_time()
    day = Day(operators)
    day.run()
    return day, Spent(perf_counter() - wall, process_time() - processor)


def yardstick_s() -> float:
    """Processor time of a fixed piece of plain Python: tells a slow machine from a slow engine."""
    times = []
    for _ in range(5):
        began, places = process_time(), {}
        for number in range(300_000):
            places[number % 1_000] = (number, str(number))
        times.append(process_time() - began)
    return median(times)


def _looked_like(day: Day) -> list[Row]:
    """What the customers of each channel met."""
    shown = []
    for kind in model.MIX:
        came = [contact for contact in (*day.ended, *day.book.contacts.values()) if contact.kind is kind]
        target = TARGET_WAITS_S[kind]
        served = service(came, target, day.now)
        level, gone = served.level.value or 0.0, served.abandonment.value or 0.0
        longest = max(waited_s(contact, day.now) for contact in came if was_answered(contact))
        note = f"{len(came):,} came, {gone:.1%} gave up, longest wait of an answered one {longest:,.0f} s"
        shown.append(Row(f"that day: {kind}, answered within {target:,.0f} s", level * 100, "%", "", note))
    return shown


def rows(small: bool = False) -> list[Row]:
    """A minute or two; `small`, some seconds. Raises PassedOver when the rule passed over somebody beyond the bound."""
    operators = SMALL if small else OPERATORS
    yardstick = yardstick_s()
    day, spent = simulated(operators)
    came = len(day.ended) + len(day.book.contacts)
    each = spent.processor / came * 1e6
    note = f"{came:,} contacts, {day.changes:,} changes, {day.offers:,} offers; processor time {spent.processor:.0f} s"
    return [
        Row(f"one day of {operators:,} operators, simulated", spent.wall, "s", "120 at most", note),
        Row("the same, a contact from arrival to end", each, "µs", "", "processor time"),
        Row(
            "the same, times the yardstick",
            spent.processor / yardstick,
            "x",
            "",
            f"yardstick {yardstick * 1000:.0f} ms",
        ),
        Row("that day: occupancy at the peak", day.occupancy.peak() * 100, "%", "about 85", "the busiest hour"),
        *_looked_like(day),
    ]


if __name__ == "__main__":
    print(table(rows()))
