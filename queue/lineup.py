"""The lineup: who waits and who could take whom, indexed so that a decision looks only at what changed. The rule is routing.py's.

Waiting contacts stand in lanes, one for each (queue, kind, what is still needed, own agent), each lane in the one order. Agents with
room sit on benches, one for each (queue, kind, skill), each bench in the order of the queue's strategy, and set up when it is first
looked at. Whatever was put since the last decision is on the agenda of the next: nothing else can have become possible.
"""

from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from heapq import heapify, heappop, heappush
from itertools import product
from typing import NamedTuple, TypeVar

from .agent import Agent, Stance
from .capacity import Room, room_for
from .channel import ChannelKind
from .contact import Contact, ContactState
from .routing import Match, OrderKey, foremost, is_personal, needs_now, obstacle, order_key, preference
from .setup import QueueSetup
from .skill import Need, Skills, lacking

Preference = tuple[float, float, float, str]
Place = TypeVar("Place", OrderKey, Preference)


class Lane(NamedTuple):
    """`own` is the agent whom its contacts wait for alone, "" for whoever can."""

    queue: str
    kind: ChannelKind
    needs: tuple[Need, ...]
    own: str


Lines = dict[Lane, list[OrderKey]]
"""Lanes, none empty, with those who stand in them."""


Bench = tuple[str, ChannelKind, str]
"""Queue, kind, skill."""


@dataclass(frozen=True, slots=True)
class Waiting:
    contact: Contact
    lane: Lane
    key: OrderKey


class Lineup:
    """`put` every noun that changed, then ask for `next_match` until there is none. Instants in UTC."""

    def __init__(self) -> None:
        self.setup = QueueSetup()
        self._agents: dict[str, Agent] = {}
        self._waiting: dict[str, Waiting] = {}
        self._lanes: Lines = {}
        self._lanes_for: dict[tuple[str, ChannelKind], dict[str, dict[int, Lines]]] = defaultdict(dict)
        self._own_lanes: dict[str, Lines] = defaultdict(dict)
        self._lines: dict[str, list[OrderKey]] = defaultdict(list)
        self._benches: dict[tuple[str, ChannelKind], dict[str, list[Preference]]] = defaultdict(dict)
        self._seats: dict[str, dict[Bench, Preference]] = defaultdict(dict)
        self._rooms: dict[str, dict[ChannelKind, Room]] = {}
        self._skilled: dict[str, set[str]] = defaultdict(set)
        self._at_work: dict[str, set[str]] = defaultdict(set)
        self._places: Counter[tuple[str, ChannelKind]] = Counter()
        self._changed: dict[str, None] = {}  # a set: but a big set that was emptied is slow to pop from
        self._agenda: list[tuple[OrderKey, str, str]] = []
        self._kept: dict[Lane, str] = {}

    # What is there ----------------------------------------------------------------------------------------------

    def put_contact(self, contact: Contact, now: datetime) -> None:
        """Take the contact in as it is now; one that does not wait, or may not yet, is in no lane."""
        self.drop_contact(contact.id)
        if contact.state is not ContactState.QUEUED:
            return
        key = order_key(contact)
        insort(self._lines[contact.queue], key)
        own = (contact.for_agent or "") if is_personal(contact, now) else ""
        needs = () if own else needs_now(contact, self.setup.rules(contact.queue), now)
        lane = Lane(contact.queue, contact.kind, needs, own)
        self._waiting[contact.id] = Waiting(contact, lane, key)
        if contact.not_before is not None and now < contact.not_before:
            return
        if lane not in self._lanes:
            self._open(lane)
        insort(self._lanes[lane], key)
        heappush(self._agenda, (key, contact.id, ""))

    def drop_contact(self, contact_id: str) -> None:
        """It waits no more, or never did."""
        waiting = self._waiting.pop(contact_id, None)
        if waiting is None:
            return
        _remove(self._lines[waiting.contact.queue], waiting.key)
        line = self._lanes.get(waiting.lane)
        if line is not None:
            _remove(line, waiting.key)
            if not line:
                self._close(waiting.lane)
        keeper = self._kept.pop(waiting.lane, None)
        if keeper is not None:
            self._changed[keeper] = None

    def put_agent(self, agent: Agent) -> None:
        """Take the agent in as he is now."""
        before = self._agents.get(agent.id)
        self._agents[agent.id] = agent
        self._count(before, agent)
        self._rooms[agent.id] = _rooms(agent)
        seats = self._seats_of(agent)
        old = self._seats[agent.id]
        if seats != old:
            for (queue, kind, skill), seat in old.items():
                _remove(self._benches[queue, kind][skill], seat)
            for (queue, kind, skill), seat in seats.items():
                insort(self._benches[queue, kind][skill], seat)
            self._seats[agent.id] = seats
        self._changed[agent.id] = None

    def drop_agent(self, agent_id: str) -> None:
        """He was never there."""
        agent = self._agents.get(agent_id)
        if agent is not None:
            self.put_agent(replace(agent, queues=frozenset(), skills={}))
            for index in (self._agents, self._rooms, self._seats, self._changed):
                index.pop(agent_id, None)

    def look_at_all(self) -> None:
        """A wire came up, or a change was taken back: whatever is possible may be new."""
        self._changed.update(dict.fromkeys(self._agents))

    def apply(self, setup: QueueSetup, now: datetime) -> None:
        """Another setup: everybody is seated anew."""
        self.setup = setup
        self._benches.clear()
        self._seats.clear()
        for agent in list(self._agents.values()):
            self.put_agent(agent)
        for waiting in list(self._waiting.values()):
            self.put_contact(waiting.contact, now)

    def position(self, contact: Contact) -> int:
        """How many of its queue are served up to it: 1 is next."""
        return bisect_left(self._lines[contact.queue], order_key(contact)) + 1

    def waiting_in(self, queue: str) -> int:
        return len(self._lines.get(queue, ()))

    def agents_at_work(self, queue: str) -> set[str]:
        """Those who serve the queue and have chosen to be ready, free or not."""
        return self._at_work.get(queue, set())

    def waiting_for(self, agent_id: str) -> list[str]:
        """The contacts that may be offered, and to him alone."""
        return [key[2] for line in self._own_lanes.get(agent_id, {}).values() for key in line]

    def places(self, queue: str, kind: ChannelKind) -> int:
        """How many contacts of that kind its agents at work can hold at once."""
        return self._places[queue, kind]

    def kept_for(self, agent_id: str) -> Contact | None:
        """The contact for which the agent's hands are kept from others behind it."""
        agent = self._agents.get(agent_id)
        for lane, keeper in self._kept.items():
            if keeper == agent_id and agent is not None and lane in self._lanes and _is_kept_by(agent, lane):
                return self._waiting[self._lanes[lane][0][2]].contact
        return None

    # The decision -----------------------------------------------------------------------------------------------

    def next_match(self, now: datetime, up: Collection[ChannelKind]) -> Match | None:
        """The next pair to be made, the first in the order first; None while nothing that changed makes one. `up`: wires that work."""
        while True:
            while self._changed:
                self._look_for(self._changed.popitem()[0], up)
            if not self._agenda:
                return None
            key, contact_id, agent_id = heappop(self._agenda)
            waiting = self._waiting.get(contact_id)
            stands = waiting is not None and waiting.key == key and waiting.contact.kind in up
            chosen = self._best_agent(waiting, now, up) if waiting is not None and stands else None
            if agent_id and agent_id != chosen and not (stands and chosen is None):
                self._changed[agent_id] = None
            if chosen is not None:
                return Match(contact_id, chosen)

    def _look_for(self, agent_id: str, up: Collection[ChannelKind]) -> None:
        """Put the first contact that this agent could take on the agenda."""
        agent = self._agents.get(agent_id)
        for lane in () if agent is None else self._takeable(agent, up, None):
            key = self._lanes[lane][0]
            heappush(self._agenda, (key, key[2], agent_id))
            return

    def _best_agent(self, waiting: Waiting, now: datetime, up: Collection[ChannelKind]) -> str | None:
        """Who takes it, by the queue's strategy, of those who may and are not kept for an earlier one."""
        contact, lane = waiting.contact, waiting.lane
        rules = self.setup.rules(contact.queue)
        for agent in self._candidates(lane):
            if obstacle(agent, contact, rules, now) is not None:
                continue
            if not agent.tasks or lane in self._takeable(agent, up, waiting.key):
                return agent.id
        return None

    def _candidates(self, lane: Lane) -> Iterator[Agent]:
        if lane.own:
            own = self._agents.get(lane.own)
            yield from () if own is None else (own,)
            return
        for seat in self._bench(lane.queue, lane.kind, foremost(lane.needs)):
            yield self._agents[seat[-1]]

    def _takeable(self, agent: Agent, up: Collection[ChannelKind], until: OrderKey | None) -> Iterator[Lane]:
        """The lanes whose first contact the agent may take, first due first, up to `until`; behind one he is kept for, only what does not
        keep it waiting."""
        rooms = self._rooms[agent.id]
        if Room.FREE not in rooms.values():
            return
        kinds = [kind for kind in rooms if kind in up]
        heads = [(line[0], lane) for lane, line in self._lines_of(agent, kinds) if until is None or line[0] <= until]
        heapify(heads)
        kept: list[ChannelKind] = []
        while heads:
            _, lane = heappop(heads)
            if len(lane.needs) > 1 and lacking(agent.skills, lane.needs):
                continue
            if rooms[lane.kind] is Room.IN_THE_WAY:
                if self._keep(agent, lane):
                    kept.append(lane.kind)
                    if not any(_lets_in(agent, kind, kept) for kind in kinds if rooms[kind] is Room.FREE):
                        return
            elif _lets_in(agent, lane.kind, kept):
                yield lane

    def _keep(self, agent: Agent, lane: Lane) -> bool:
        """Keep this agent's hands for the first of the lane, unless another's are kept already."""
        keeper = self._agents.get(self._kept.get(lane, ""))
        if keeper is not None and keeper.id != agent.id and _is_kept_by(keeper, lane):
            return False
        self._kept[lane] = agent.id
        return True

    def _lines_of(self, agent: Agent, kinds: Iterable[ChannelKind]) -> Iterator[tuple[Lane, list[OrderKey]]]:
        """All lanes of these kinds that the agent's queues and the foremost need would let him take from."""
        for lane, line in self._own_lanes.get(agent.id, {}).items():
            if lane.kind in kinds and lane.queue in agent.queues:
                yield lane, line
        for place in product(agent.queues, kinds):
            by_skill = self._lanes_for.get(place)
            if not by_skill:
                continue
            for skill in _common(by_skill, agent.skills):
                level = agent.skills.get(skill, 0)
                for needed, lines in by_skill[skill].items():
                    if needed <= level:
                        yield from lines.items()

    # The index --------------------------------------------------------------------------------------------------

    def _open(self, lane: Lane) -> None:
        """Somebody is about to stand in a lane where nobody stood."""
        line = self._lanes[lane] = []
        if lane.own:
            self._own_lanes[lane.own][lane] = line
            return
        by_level = self._lanes_for[lane.queue, lane.kind].setdefault(foremost(lane.needs), {})
        by_level.setdefault(_level(lane), {})[lane] = line

    def _close(self, lane: Lane) -> None:
        """The last has left the lane."""
        del self._lanes[lane]
        if lane.own:
            del self._own_lanes[lane.own][lane]
            return
        by_skill, skill = self._lanes_for[lane.queue, lane.kind], foremost(lane.needs)
        by_level = by_skill[skill]
        lines = by_level[_level(lane)]
        del lines[lane]
        if not lines:
            del by_level[_level(lane)]
        if not by_level:
            del by_skill[skill]

    def _bench(self, queue: str, kind: ChannelKind, skill: str) -> list[Preference]:
        """The agents with room for that kind and with that skill, in the order of the queue's strategy."""
        benches = self._benches[queue, kind]
        if skill not in benches:
            benches[skill] = []
            strategy = self.setup.rules(queue).strategy
            at_work = self.agents_at_work(queue)
            for agent_id in at_work & self._skilled[skill] if skill else at_work:
                if self._rooms[agent_id].get(kind) is Room.FREE:
                    seat = preference(strategy, self._agents[agent_id], skill)
                    self._seats[agent_id][queue, kind, skill] = seat
                    insort(benches[skill], seat)
        return benches[skill]

    def _seats_of(self, agent: Agent) -> dict[Bench, Preference]:
        """The benches this agent sits on now, with his place on each."""
        seats: dict[Bench, Preference] = {}
        free = [kind for kind, room in self._rooms[agent.id].items() if room is Room.FREE]
        for queue, kind in product(agent.queues, free):
            benches = self._benches.get((queue, kind))
            if benches:
                strategy = self.setup.rules(queue).strategy
                for skill in _common(benches, agent.skills):
                    seats[queue, kind, skill] = preference(strategy, agent, skill)
        return seats

    def _count(self, before: Agent | None, agent: Agent) -> None:
        if before is None or before.skills is not agent.skills:
            for skill in () if before is None else before.skills:
                self._skilled[skill].discard(agent.id)
            for skill in agent.skills:
                self._skilled[skill].add(agent.id)
        was, now = _serves(before), _serves(agent)
        if was == now and (before is None or before.capacity is agent.capacity):
            return
        for queue in was:
            self._at_work[queue].discard(agent.id)
            self._places.subtract({(queue, kind): limit for kind, limit in _limits(before)})
        for queue in now:
            self._at_work[queue].add(agent.id)
            self._places.update({(queue, kind): limit for kind, limit in _limits(agent)})


def _serves(agent: Agent | None) -> frozenset[str]:
    """The queues for which he is at work."""
    at_work = agent is not None and agent.stance is Stance.READY and agent.reachable
    return agent.queues if agent is not None and at_work else frozenset()


def _limits(agent: Agent | None) -> Iterable[tuple[ChannelKind, int]]:
    return () if agent is None else agent.capacity.limits.items()


def _rooms(agent: Agent) -> dict[ChannelKind, Room]:
    """The kinds that may come to him now, or could but for what he has in hand."""
    if agent.stance is not Stance.READY:
        return {}
    held = [task.kind for task in agent.tasks]
    rooms = {kind: room_for(agent.capacity, held, kind) for kind in agent.capacity.limits if agent.reachable_by(kind)}
    return {kind: room for kind, room in rooms.items() if room is not Room.FULL}


def _lets_in(agent: Agent, coming: ChannelKind, awaited: Iterable[ChannelKind]) -> bool:
    """Whether one more of that kind would still let in all that he is kept for."""
    return all(agent.capacity.lets_in(coming, kind) for kind in awaited)


def _common(by_skill: Mapping[str, object], skills: Skills) -> list[str]:
    """The skills of the index that the agent has; "", which asks for none, he always has."""
    if len(by_skill) <= len(skills):
        return [skill for skill in by_skill if not skill or skill in skills]
    return [skill for skill in ("", *skills) if skill in by_skill]


def _level(lane: Lane) -> int:
    """The level of what is needed most."""
    return max((need.level for need in lane.needs), default=0)


def _is_kept_by(keeper: Agent, lane: Lane) -> bool:
    """Whether the lane's first contact still waits for these hands."""
    return (
        keeper.stance is Stance.READY
        and lane.queue in keeper.queues
        and not lacking(keeper.skills, lane.needs)
        and keeper.room(lane.kind) is Room.IN_THE_WAY
    )


def _remove(places: list[Place], place: Place) -> None:
    """Out of a sorted list; one that is not there is no harm."""
    at = bisect_left(places, place)
    if at < len(places) and places[at] == place:
        del places[at]
