"""Every state meets every event: what is allowed is written here once, all else must raise and change nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from cordboard.queue import agent as agents
from cordboard.queue import contact as contacts
from cordboard.queue.agent import Agent, AgentState
from cordboard.queue.channel import Arrival, ChannelKind, Direction, OfferFailure
from cordboard.queue.contact import Contact, ContactState, IllegalTransition

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
LATER = AT + timedelta(seconds=30)
C, A = ContactState, AgentState

CONTACT_EVENTS: dict[str, contacts.ContactEvent] = {
    "queued": contacts.Queued(LATER),
    "offered": contacts.Offered(LATER, "maria"),
    "offer_failed": contacts.OfferFailed(LATER, OfferFailure.NO_ANSWER),
    "connected": contacts.Connected(LATER, "maria"),
    "held": contacts.HoldChanged(LATER, True),
    "taken_back": contacts.HoldChanged(LATER, False),
    "talk_ended": contacts.TalkEnded(LATER),
    "leg_broke": contacts.AgentLegBroke(LATER),
    "customer_left": contacts.CustomerLeft(LATER, "cause_16"),
    "node_lost": contacts.NodeLost(LATER),
    "disposed": contacts.Disposed(LATER, "confirmed", ""),
    "customer_known": contacts.CustomerKnown(LATER, "c", None),
}
CONTACT_TABLE: dict[ContactState, dict[str, ContactState]] = {
    C.ARRIVED: {"queued": C.QUEUED, "customer_left": C.ABANDONED, "node_lost": C.LOST, "customer_known": C.ARRIVED},
    C.QUEUED: {
        "queued": C.QUEUED,
        "offered": C.OFFERED,
        "connected": C.CONNECTED,
        "customer_left": C.ABANDONED,
        "node_lost": C.LOST,
        "customer_known": C.QUEUED,
    },
    C.OFFERED: {
        "offer_failed": C.QUEUED,
        "connected": C.CONNECTED,
        "customer_left": C.ABANDONED,
        "node_lost": C.LOST,
        "customer_known": C.OFFERED,
    },
    C.CONNECTED: {
        "held": C.HELD,
        "taken_back": C.CONNECTED,
        "talk_ended": C.WRAP_UP,
        "leg_broke": C.QUEUED,
        "customer_left": C.WRAP_UP,
        "node_lost": C.LOST,
        "customer_known": C.CONNECTED,
    },
    C.HELD: {
        "held": C.HELD,
        "taken_back": C.CONNECTED,
        "talk_ended": C.WRAP_UP,
        "leg_broke": C.QUEUED,
        "customer_left": C.WRAP_UP,
        "node_lost": C.LOST,
        "customer_known": C.HELD,
    },
    C.WRAP_UP: {"disposed": C.CLOSED, "customer_known": C.WRAP_UP},
    C.CLOSED: {},
    C.ABANDONED: {},
    C.LOST: {},
}

AGENT_EVENTS: dict[str, agents.AgentEvent] = {
    "became_ready": agents.BecameReady(LATER),
    "paused": agents.Paused(LATER, "lunch"),
    "logged_out": agents.LoggedOut(LATER),
    "reserved": agents.ReservedForContact(LATER, "k", LATER),
    "reserved_to_dial": agents.ReservedForAttempt(LATER, "t", LATER),
    "released": agents.Released(LATER),
    "missed": agents.MissedOffer(LATER),
    "talk_began": agents.TalkBegan(LATER, "k"),
    "wrap_up_began": agents.WrapUpBegan(LATER, LATER),
    "wrap_up_extended": agents.WrapUpExtended(LATER, LATER),
    "wrap_up_ended": agents.WrapUpEnded(LATER),
    "next_chosen": agents.NextChosen(LATER, A.PAUSED, "lunch"),
    "page_changed": agents.PageChanged(LATER, True),
    "device_changed": agents.DeviceChanged(LATER, True),
}
FREE = {"became_ready": A.READY, "paused": A.PAUSED, "logged_out": A.LOGGED_OUT, "talk_began": A.BUSY}
ALWAYS = ("page_changed", "device_changed")
AGENT_TABLE: dict[AgentState, dict[str, AgentState]] = {
    A.LOGGED_OUT: FREE,
    A.READY: {**FREE, "reserved": A.RESERVED, "reserved_to_dial": A.RESERVED},
    A.RESERVED: {
        "released": A.READY,
        "missed": A.NOT_RESPONDING,
        "talk_began": A.BUSY,
        "next_chosen": A.RESERVED,
    },
    A.BUSY: {"wrap_up_began": A.WRAP_UP, "wrap_up_ended": A.READY, "next_chosen": A.BUSY},
    A.WRAP_UP: {"wrap_up_extended": A.WRAP_UP, "wrap_up_ended": A.READY, "next_chosen": A.WRAP_UP},
    A.NOT_RESPONDING: FREE,
    A.PAUSED: FREE,
}


def contact_in(state: ContactState) -> Contact:
    arrival = Arrival(ChannelKind.VOICE, Direction.INBOUND, "orders", "n/b/1", "+79000000001")
    fresh = contacts.arrive("k", arrival, AT)
    ways: dict[ContactState, tuple[str, ...]] = {
        C.ARRIVED: (),
        C.QUEUED: ("queued",),
        C.OFFERED: ("queued", "offered"),
        C.CONNECTED: ("queued", "offered", "connected"),
        C.HELD: ("queued", "offered", "connected", "held"),
        C.WRAP_UP: ("queued", "offered", "connected", "talk_ended"),
        C.CLOSED: ("queued", "offered", "connected", "talk_ended", "disposed"),
        C.ABANDONED: ("queued", "customer_left"),
        C.LOST: ("queued", "node_lost"),
    }
    for name in ways[state]:
        fresh = contacts.advance(fresh, CONTACT_EVENTS[name])
    assert fresh.state is state
    return fresh


def agent_in(state: AgentState) -> Agent:
    agent = Agent("maria", "Maria", "agent-1", A.LOGGED_OUT, AT)
    ways: dict[AgentState, tuple[str, ...]] = {
        A.LOGGED_OUT: (),
        A.READY: ("became_ready",),
        A.RESERVED: ("became_ready", "reserved"),
        A.BUSY: ("became_ready", "reserved", "talk_began"),
        A.WRAP_UP: ("became_ready", "reserved", "talk_began", "wrap_up_began"),
        A.NOT_RESPONDING: ("became_ready", "reserved", "missed"),
        A.PAUSED: ("paused",),
    }
    for name in ways[state]:
        agent = agents.advance(agent, AGENT_EVENTS[name])
    assert agent.state is state
    return agent


@pytest.mark.parametrize("event", CONTACT_EVENTS)
@pytest.mark.parametrize("state", ContactState)
def test_each_contact_state_with_each_event(state: ContactState, event: str) -> None:
    before = contact_in(state)
    expected = CONTACT_TABLE[state].get(event)
    if expected is None:
        with pytest.raises(IllegalTransition):
            contacts.advance(before, CONTACT_EVENTS[event])
    else:
        after = contacts.advance(before, CONTACT_EVENTS[event])
        assert after.state is expected
        assert after.arrived_at == AT


@pytest.mark.parametrize("event", AGENT_EVENTS)
@pytest.mark.parametrize("state", AgentState)
def test_each_agent_state_with_each_event(state: AgentState, event: str) -> None:
    before = agent_in(state)
    expected = state if event in ALWAYS else AGENT_TABLE[state].get(event)
    if expected is None:
        with pytest.raises(IllegalTransition):
            agents.advance(before, AGENT_EVENTS[event])
    else:
        after = agents.advance(before, AGENT_EVENTS[event])
        assert after.state is expected
        free = expected in (A.READY, A.PAUSED, A.LOGGED_OUT, A.NOT_RESPONDING)
        assert not free or (after.contact_id, after.attempt_id, after.reserved_until) == (None, None, None)


def test_a_reservation_to_dial_becomes_one_for_the_contact_that_answered() -> None:
    reserved = agents.advance(agent_in(A.READY), AGENT_EVENTS["reserved_to_dial"])
    offered = agents.advance(reserved, AGENT_EVENTS["reserved"])
    assert (offered.state, offered.contact_id, offered.attempt_id) == (A.RESERVED, "k", "t")
    with pytest.raises(IllegalTransition):
        agents.advance(offered, AGENT_EVENTS["reserved"])


def test_talk_in_two_pieces_is_added_up() -> None:
    broken = contacts.advance(contact_in(C.CONNECTED), contacts.AgentLegBroke(LATER + timedelta(seconds=40)))
    again = contacts.advance(broken, contacts.Offered(LATER + timedelta(seconds=50), "maria"))
    talking = contacts.advance(again, contacts.Connected(LATER + timedelta(seconds=52), "maria"))
    ended = contacts.advance(talking, contacts.TalkEnded(LATER + timedelta(seconds=62)))
    assert ended.talk_s == 50.0


def test_a_clock_that_jumps_back_gives_no_negative_talk() -> None:
    ended = contacts.advance(contact_in(C.CONNECTED), contacts.TalkEnded(AT - timedelta(hours=1)))
    assert ended.talk_s == 0.0
