"""How long one decision takes, and how it grows with the hall: 100, 1,000 and 10,000 operators, and as many contacts that wait.

Two states. In the rush everybody who is at work has his hands full, the rest are on pause, and contacts wait in every queue. In the
lull one operator in seven is free, and whoever waits does so in a queue whose operators are all busy.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from statistics import median
from time import thread_time

from bench.table import Row, table
from cordboard.queue import agent as agents
from cordboard.queue import contact as contacts
from cordboard.queue import contact_events
from cordboard.queue.agent import Agent, Stance
from cordboard.queue.capacity import Capacity
from cordboard.queue.channel import Arrival, ChannelKind, Direction
from cordboard.queue.contact import Contact, ContactState
from cordboard.queue.lineup import Lineup
from cordboard.queue.routing import due_at
from cordboard.queue.setup import QueueRules, QueueSetup, Strategy
from cordboard.queue.skill import LEVELS, Need

SIZES, SMALL = (100, 1_000, 10_000), (100, 400)
DECISIONS, SMALL_DECISIONS = 300, 20
ROUNDS = 5
SKILLS = tuple(f"skill{number}" for number in range(200))
SKILLS_EACH = 5
KINDS = (ChannelKind.VOICE, ChannelKind.CHAT)
ORDERS, CLAIMS, BACKLOG = QUEUES = ("orders", "claims", "backlog")
SETUP = QueueSetup({name: QueueRules(name, "", "", strategy) for name, strategy in zip(QUEUES, Strategy, strict=True)})
BLENDED = Capacity()
EXCLUSIVE = Capacity({ChannelKind.VOICE: 1, ChannelKind.CHAT: 3}, {})


@dataclass(frozen=True, slots=True)
class Spent:
    """Processor time of one decision in s, and the last contact that it gave to somebody."""

    seconds: float
    taken: Contact | None


class Hall:
    """A lineup with its nouns, as the desk would put them, in a time that stands still between arrivals."""

    def __init__(self, size: int) -> None:
        self.chance = Random(size)
        self.now = datetime(2026, 6, 1, 9, tzinfo=UTC)
        self.lineup = Lineup()
        self.lineup.apply(SETUP, self.now)
        self.agents: dict[str, Agent] = {}
        self.contacts: dict[str, Contact] = {}
        self._names: list[str] = []
        self._numbers = count()

    def hire(self, name: str, stance: Stance, queues: tuple[str, ...]) -> None:
        since = self.now - timedelta(seconds=self.chance.randrange(3_600))
        known = {skill: self.chance.choice(LEVELS) for skill in self.chance.sample(SKILLS, SKILLS_EACH)}
        blend = self.chance.choice((BLENDED, EXCLUSIVE))
        fresh = Agent(name, name, name, stance, since, page_open=True, device_up=True)
        self.agents[name] = replace(fresh, queues=frozenset(queues), skills=known, capacity=blend)
        self.lineup.put_agent(self.agents[name])
        self._names.append(name)

    def caller(self, queue: str, picky: float = 0.7) -> Contact:
        """One more contact, of voice or chat; `picky` of them need a skill."""
        needs = (Need(self.chance.choice(SKILLS), self.chance.choice(LEVELS)),) if self.chance.random() < picky else ()
        return self.one(queue, self.chance.choice(KINDS), needs)

    def one(self, queue: str, kind: ChannelKind, needs: tuple[Need, ...]) -> Contact:
        self.now += timedelta(seconds=0.01)
        name = f"contact{next(self._numbers):06}"
        arrived = contacts.arrive(name, Arrival(kind, Direction.INBOUND, queue, name), self.now)
        due = due_at(self.now, kind, SETUP.rules(queue), 0)
        return contacts.advance(replace(arrived, due_at=due, needs=needs), contact_events.Queued(self.now))

    def freed(self) -> Agent:
        """A busy operator, as he is when one of his talks ends."""
        busy = self.agents[self.chance.choice(self._names)]
        while not busy.tasks:
            busy = self.agents[self.chance.choice(self._names)]
        task = self.chance.choice(busy.tasks)
        return agents.advance(busy, agents.TaskEnded(self.now, str(task.contact_id)))

    def waiting(self) -> int:
        return sum(self.lineup.waiting_in(queue) for queue in QUEUES)

    def fill(self, queues: Sequence[str]) -> None:
        """Give everybody's hands as much as they hold, and let as many contacts wait as there are operators."""
        while self.waiting() < 0.3 * len(self.agents):
            self.decide(self.caller(self.chance.choice(queues), picky=0))
        while self.waiting() < len(self.agents):
            self.decide(self.caller(self.chance.choice(queues), picky=1))

    def decide(self, changed: Agent | Contact) -> Spent:
        """Put the noun and all matches that it makes possible. Only the lineup's own work is timed."""
        seconds, taken, put = 0.0, None, [changed]
        while True:
            began = thread_time()
            for noun in put:
                self._put(noun)
            match = self.lineup.next_match(self.now, KINDS)
            seconds += thread_time() - began
            if match is None:
                return Spent(seconds, taken)
            put = list(self._made(match.contact_id, match.agent_id))
            taken = next(noun for noun in put if isinstance(noun, Contact))

    def _put(self, noun: Agent | Contact) -> None:
        if isinstance(noun, Agent):
            self.agents[noun.id] = noun
            self.lineup.put_agent(noun)
        else:
            if noun.state is ContactState.QUEUED:
                self.contacts[noun.id] = noun
            else:
                del self.contacts[noun.id]
            self.lineup.put_contact(noun, self.now)

    def _made(self, contact_id: str, agent_id: str) -> Iterator[Agent | Contact]:
        contact = self.contacts[contact_id]
        yield contacts.advance(contact, contact_events.Offered(self.now, agent_id))
        until = self.now + timedelta(seconds=25)
        reserved = agents.ReservedForContact(self.now, contact_id, contact.kind, until)
        talks = agents.TalkBegan(self.now, contact_id, contact.kind)
        yield agents.advance(agents.advance(self.agents[agent_id], reserved), talks)


def rush(size: int) -> Hall:
    """As many contacts wait as there are operators; those at work have no hand free that anybody who waits could use."""
    hall = Hall(size)
    for number in range(size):
        stance = Stance.READY if number < 0.85 * size else Stance.PAUSED
        hall.hire(f"agent{number:05}", stance, tuple(hall.chance.sample(QUEUES, hall.chance.randint(1, 3))))
    hall.fill(QUEUES)
    return hall


def lull(size: int) -> Hall:
    """As many contacts wait as there are operators, all for the 85 % who are busy; the others are free, for two other queues."""
    hall = Hall(size)
    for number in range(round(0.85 * size)):
        others = hall.chance.sample(QUEUES[:2], hall.chance.randint(0, 2))
        hall.hire(f"busy{number:05}", Stance.READY, (BACKLOG, *others))
    hall.fill((BACKLOG,))
    for number in range(size - len(hall.agents)):
        hall.hire(f"free{number:05}", Stance.READY, (ORDERS, CLAIMS))
    return hall


def hands_become_free(hall: Hall) -> float | None:
    """A talk ends in the rush, and the first that its operator can take is his; one like it comes in its place."""
    freed = hall.freed()
    before = hall.agents[freed.id]
    spent = hall.decide(freed)
    if spent.taken is None:
        hall.decide(before)
        return None
    while hall.waiting() < len(hall.agents):
        hall.decide(hall.one(spent.taken.queue, spent.taken.kind, spent.taken.needs))
    return spent.seconds


def one_comes_and_waits(hall: Hall) -> float | None:
    """In the rush; he gives up before the next."""
    spent = _come_and_go(hall, QUEUES)
    return None if spent.taken else spent.seconds


def one_comes_and_is_taken(hall: Hall) -> float | None:
    """The best of the free operators takes him at once, and is free again before the next."""
    spent = _come_and_go(hall, QUEUES[:2])
    return spent.seconds if spent.taken else None


def _come_and_go(hall: Hall, queues: Sequence[str]) -> Spent:
    contact = hall.caller(hall.chance.choice(queues))
    spent = hall.decide(contact)
    if spent.taken is None:
        hall.decide(contacts.advance(contact, contact_events.CustomerLeft(hall.now, "left")))
    else:
        hall.decide(agents.advance(hall.agents[str(spent.taken.agent_id)], agents.TaskEnded(hall.now, contact.id)))
    return spent


DECIDING: dict[str, tuple[Callable[[int], Hall], Callable[[Hall], float | None]]] = {
    "hands become free, a match is made": (rush, hands_become_free),
    "a contact comes and is taken": (lull, one_comes_and_is_taken),
    "a contact comes and waits": (rush, one_comes_and_waits),
}


def medians_us(halls: dict[int, Hall], decide: Callable[[Hall], float | None], small: bool) -> dict[int, float]:
    """By size; the sizes take turns, so that what else the machine does falls on all of them."""
    times: dict[int, list[float]] = {size: [] for size in halls}
    for _ in range(ROUNDS):
        for size, hall in halls.items():
            wanted = len(times[size]) + (SMALL_DECISIONS if small else DECISIONS)
            while len(times[size]) < wanted:
                seconds = decide(hall)
                times[size] += [] if seconds is None else [seconds]
    return {size: median(spent) * 1e6 for size, spent in times.items()}


def rows(small: bool = False) -> list[Row]:
    """About a minute and a half; `small`, a few seconds."""
    shown, sizes = [], SMALL if small else SIZES
    builders: tuple[Callable[[int], Hall], ...] = (rush, lull)
    built = {build: {size: build(size) for size in sizes} for build in builders}
    for what, (build, decide) in DECIDING.items():
        found = medians_us(built[build], decide, small)
        *less, most = sorted(found)
        note = "; ".join(f"{size:,} and {size:,}: {found[size]:.0f}" for size in less)
        shown += [
            Row(
                f"{what}: {most:,} operators, {most:,} waiting",
                found[most],
                "µs",
                "",
                f"processor time, median; {note}",
            ),
            Row(f"the same, times that of {less[0]:,}", found[most] / found[less[0]], "x", "3 at most"),
        ]
    return shown


if __name__ == "__main__":
    print(table(rows()))
