"""The index makes the very matches that the plain rule makes; and hands that a call needs are not filled with chats."""

from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cordboard.queue import agent as agents
from cordboard.queue import contact as contacts
from cordboard.queue import contact_events
from cordboard.queue.agent import Agent, Stance
from cordboard.queue.capacity import Capacity
from cordboard.queue.channel import Arrival, ChannelKind, Direction
from cordboard.queue.contact import Contact
from cordboard.queue.lineup import Lineup
from cordboard.queue.routing import Match, due_at, order_key, passable_until
from cordboard.queue.setup import MAX_LIFT_S, MAX_TARGET_S, QueueRules, QueueSetup, Strategy
from cordboard.queue.skill import Need, Relaxing
from tests.fakes.wire import MovedClock
from tests.queue.plain_routing import plain_match

VOICE, CHAT, EMAIL = ChannelKind.VOICE, ChannelKind.CHAT, ChannelKind.EMAIL
KINDS = (VOICE, CHAT, EMAIL)
SETUP = QueueSetup(
    {
        "orders": QueueRules("orders", "", "", Strategy.LONGEST_IDLE),
        "claims": QueueRules("claims", "", "", Strategy.BEST_SKILL, weight=2.0, relaxing=Relaxing(30, 1)),
        "vip": QueueRules("vip", "", "", Strategy.FEWEST_CONTACTS, lift_s=40, relaxing=Relaxing(20, 0)),
    }
)
QUEUES = tuple(SETUP.queues)
NEEDS = ((), (), (Need("lamps", 3),), (Need("english", 2), Need("lamps", 4)))
EXCLUSIVE = Capacity({VOICE: 1, CHAT: 3}, {VOICE: frozenset(), CHAT: frozenset()})


class Hall:
    """A lineup and, beside it, the same nouns in two dicts; a match is carried out on both."""

    def __init__(self, setup: QueueSetup = SETUP) -> None:
        self.clock = MovedClock()
        self.lineup = Lineup()
        self.lineup.apply(setup, self.clock.now())
        self.setup = setup
        self.contacts: dict[str, Contact] = {}
        self.agents: dict[str, Agent] = {}
        self._numbers = count()

    def put(self, noun: Contact | Agent) -> None:
        if isinstance(noun, Agent):
            self.agents[noun.id] = noun
            self.lineup.put_agent(noun)
        else:
            self.contacts[noun.id] = noun
            self.lineup.put_contact(noun, self.clock.now())

    def arrive(
        self, kind: ChannelKind, queue: str = "orders", needs: tuple[Need, ...] = (), own: str | None = None
    ) -> str:
        now, name = self.clock.now(), f"c{next(self._numbers)}"
        arrival = Arrival(kind, Direction.INBOUND, queue, name, for_agent=own)
        due = due_at(now, kind, self.setup.rules(queue), 0)
        contact = replace(contacts.arrive(name, arrival, now), due_at=due, needs=needs)
        self.put(contacts.advance(contact, contact_events.Queued(now)))
        return name

    def seat(self, name: str, queues: tuple[str, ...] = ("orders",), **more: object) -> None:
        fresh = Agent(name, name, name, Stance.READY, self.clock.now(), page_open=True, device_up=True)
        self.put(replace(fresh, queues=frozenset(queues), **more))  # type: ignore[arg-type]

    def next(self) -> Match | None:
        return self.lineup.next_match(self.clock.now(), KINDS)

    def make(self, match: Match) -> None:
        now, contact = self.clock.now(), self.contacts[match.contact_id]
        self.put(contacts.advance(contact, contact_events.Offered(now, match.agent_id)))
        reserved = agents.ReservedForContact(now, contact.id, contact.kind, now)
        talking = agents.TalkBegan(now, contact.id, contact.kind)
        self.put(agents.advance(agents.advance(self.agents[match.agent_id], reserved), talking))

    def finish(self, name: str, contact_id: str) -> None:
        self.put(agents.advance(self.agents[name], agents.TaskEnded(self.clock.now(), contact_id)))

    def route(self) -> list[tuple[str, str]]:
        made = []
        while (match := self.next()) is not None:
            self.make(match)
            made.append((match.contact_id, match.agent_id))
        return made

    def pass_s(self, seconds: float) -> None:
        """Time passes, and whoever's needs relax is put again, as the desk's agenda does."""
        self.clock.pass_s(seconds)
        for contact in self.contacts.values():
            self.put(contact)


QUEUE = st.sampled_from(QUEUES)
STEP = st.one_of(
    st.tuples(
        st.just("arrive"), st.sampled_from(KINDS), st.sampled_from(QUEUES), st.sampled_from(NEEDS), st.booleans()
    ),
    st.tuples(
        st.just("seat"), st.integers(0, 5), st.sets(st.sampled_from(QUEUES)), st.integers(0, 5), st.integers(0, 5)
    ),
    st.tuples(st.just("finish"), st.integers(0, 9)),
    st.tuples(st.just("finish"), st.integers(0, 9)),
    st.tuples(st.just("finish"), st.integers(0, 9)),
    st.tuples(st.just("leave"), st.integers(0, 9)),
    st.tuples(st.just("pause"), st.integers(0, 3)),
    st.tuples(st.just("pause"), st.integers(0, 3)),
    st.tuples(st.just("pass"), st.sampled_from((1.0, 15.0, 40.0))),
)


@settings(max_examples=600, deadline=None)
@given(st.lists(STEP, min_size=10, max_size=80))
def test_the_index_makes_the_matches_of_the_plain_rule(steps: list[tuple[object, ...]]) -> None:
    hall = Hall()
    for step in [*steps, ("route",)]:
        _take(hall, step)
        while step == ("route",):
            plain = plain_match(hall.contacts.values(), hall.agents.values(), hall.setup, hall.clock, KINDS)
            assert hall.next() == plain
            if plain is None:
                break
            hall.make(plain)


def _take(hall: Hall, step: tuple[object, ...]) -> None:
    match step:
        case "arrive", ChannelKind() as kind, str(queue), tuple(needs), own:
            hall.arrive(kind, queue, needs, "a0" if own and "a0" in hall.agents else None)
        case "seat", int(number), set(queues), int(lamps), int(english) if f"a{number}" not in hall.agents:
            skills = {"lamps": lamps, "english": english}
            hall.seat(f"a{number}", tuple(queues), skills={name: level for name, level in skills.items() if level})
        case "finish", int(pick):
            held = [(agent.id, str(task.contact_id)) for agent in hall.agents.values() for task in agent.tasks]
            if held:
                hall.finish(*held[pick % len(held)])
        case "leave", int(pick):
            waits = [c for c in hall.contacts.values() if c.state is contacts.ContactState.QUEUED]
            if waits:
                gone = contact_events.CustomerLeft(hall.clock.now(), "cause_16")
                hall.put(contacts.advance(waits[pick % len(waits)], gone))
        case "pause", int(number) if f"a{number}" in hall.agents:
            agent = hall.agents[f"a{number}"]
            ready = agent.stance is Stance.READY
            event = agents.Paused(hall.clock.now(), "rest") if ready else agents.BecameReady(hall.clock.now())
            hall.put(agents.advance(agent, event))
        case "pass", float(seconds):
            hall.pass_s(seconds)


def test_one_order_over_voice_and_text() -> None:
    hall = Hall()
    chat = hall.arrive(CHAT)  # due in 40 s
    hall.clock.pass_s(15)
    call = hall.arrive(VOICE)  # due in 20 s: before the chat
    hall.clock.pass_s(10)
    late = hall.arrive(VOICE)  # due in 20 s: after the chat
    hall.seat("maria", capacity=Capacity({VOICE: 1, CHAT: 1}, {VOICE: frozenset(), CHAT: frozenset()}))
    order = []
    for _ in range(3):
        ((contact_id, _agent),) = hall.route()
        order.append(contact_id)
        hall.finish("maria", contact_id)
    assert order == [call, chat, late]


def test_a_chat_backlog_does_not_keep_an_operator_from_calls() -> None:
    """Calls may not interrupt chats here: without a rule against it, each chat that ends would make room for the next, for ever."""
    hall = Hall()
    for _ in range(10):
        hall.arrive(CHAT)
    hall.seat("maria", capacity=EXCLUSIVE)
    chats = [contact_id for contact_id, _agent in hall.route()]
    assert len(chats) == 3
    call = hall.arrive(VOICE)
    for chat in chats:
        assert hall.route() == []
        hall.finish("maria", chat)
        hall.clock.pass_s(1)
    assert hall.route() == [(call, "maria")]


def test_hands_are_kept_for_the_first_in_the_order_only() -> None:
    """A chat that was due before the call came may still be taken; one that is due after it may not."""
    hall = Hall()
    hall.seat("maria", capacity=EXCLUSIVE)
    first = hall.arrive(CHAT)
    assert hall.route() == [(first, "maria")]
    earlier = hall.arrive(CHAT)
    hall.contacts[earlier] = replace(hall.contacts[earlier], due_at=hall.clock.now() + timedelta(seconds=1))
    hall.put(hall.contacts[earlier])
    hall.arrive(VOICE)
    later = hall.arrive(CHAT)
    assert hall.route() == [(earlier, "maria")]
    assert hall.contacts[later].agent_id is None
    kept = hall.lineup.kept_for("maria")
    assert kept is not None
    assert kept.kind is VOICE


def test_one_waiting_call_keeps_the_hands_of_one_agent_only() -> None:
    hall = Hall()
    for name in ("maria", "ilya"):
        hall.seat(name, capacity=EXCLUSIVE)
    for _ in range(2):
        hall.arrive(CHAT)
    assert {agent for _chat, agent in hall.route()} == {"maria", "ilya"}
    hall.arrive(VOICE)
    more = [hall.arrive(CHAT) for _ in range(4)]
    made = dict(hall.route())
    assert len(set(made.values())) == 1
    assert list(made) == more[:2]


def test_a_kept_agent_is_free_again_when_the_call_gives_up() -> None:
    hall = Hall()
    hall.seat("maria", capacity=EXCLUSIVE)
    hall.arrive(CHAT)
    hall.route()
    call, chat = hall.arrive(VOICE), hall.arrive(CHAT)
    assert hall.route() == []
    hall.put(contacts.advance(hall.contacts[call], contact_events.CustomerLeft(hall.clock.now(), "cause_16")))
    assert hall.route() == [(chat, "maria")]


@given(
    st.sampled_from(KINDS),
    st.sampled_from(KINDS),
    st.floats(0, 2 * MAX_LIFT_S),
    st.floats(0.1, 10),
    st.floats(0.001, MAX_TARGET_S),
    st.floats(0.001, 1e6),
)
def test_nobody_who_comes_later_than_the_bound_goes_before(
    kind: ChannelKind, other: ChannelKind, lift: float, weight: float, target: float, later_s: float
) -> None:
    now = MovedClock().now()
    first = QueueRules("a", "", "", weight=weight, target_s={kind: target})
    second = QueueRules("b", "", "", weight=weight, target_s={other: target}, lift_s=lift)
    contact = contacts.arrive("z", Arrival(kind, Direction.INBOUND, "a", "z"), now)
    contact = replace(contact, due_at=due_at(now, kind, first, 0))
    arrives = passable_until(contact) + timedelta(seconds=later_s)
    passer = contacts.arrive("a", Arrival(other, Direction.INBOUND, "b", "a"), arrives)
    passer = replace(passer, due_at=due_at(arrives, other, second, lift))
    assert order_key(contact) < order_key(passer)


@pytest.mark.parametrize(("wait_s", "agent"), [(0, None), (29, None), (31, "junior")])
def test_a_need_relaxes_over_the_wait(wait_s: float, agent: str | None) -> None:
    hall = Hall()
    hall.seat("junior", ("claims",), skills={"lamps": 2})
    call = hall.arrive(VOICE, "claims", (Need("lamps", 3),))
    hall.pass_s(wait_s)
    assert hall.route() == ([] if agent is None else [(call, agent)])


def test_a_need_relaxes_no_further_than_its_floor() -> None:
    hall = Hall()
    hall.seat("nobody", ("claims",))
    hall.arrive(VOICE, "claims", (Need("lamps", 3),))
    hall.pass_s(10_000)
    assert hall.route() == []


def test_a_wire_that_comes_up_brings_everybody_who_waited() -> None:
    hall = Hall()
    for name in ("maria", "ilya"):
        hall.seat(name)
    first, second = hall.arrive(VOICE), hall.arrive(VOICE)
    assert hall.lineup.next_match(hall.clock.now(), ()) is None
    hall.lineup.look_at_all()
    assert {contact_id for contact_id, _agent in hall.route()} == {first, second}


def test_who_cannot_take_the_first_takes_the_next() -> None:
    hall = Hall()
    hall.arrive(VOICE, "claims", (Need("lamps", 3),))
    hall.clock.pass_s(1)
    easy = hall.arrive(VOICE, "claims", (Need("lamps", 1),))
    assert hall.route() == []
    hall.seat("junior", ("claims",), skills={"lamps": 2})
    assert hall.route() == [(easy, "junior")]
