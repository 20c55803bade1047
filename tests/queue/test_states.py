"""Every state meets every event: what is allowed is written here once, all else must raise and change nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from cordboard.queue import agent as agents
from cordboard.queue import contact as contacts
from cordboard.queue import contact_events
from cordboard.queue.agent import Agent, AgentState, Stance, TaskPhase
from cordboard.queue.channel import Arrival, ChannelKind, Direction, OfferFailure
from cordboard.queue.contact import Contact, ContactState, IllegalTransition
from cordboard.queue.mask import RecordingPaused, RecordingResumed
from cordboard.queue.parked import Fetched, Parked
from cordboard.queue.third import PartiesHeld, ThirdAnswered, ThirdCalled, ThirdGone

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
LATER = AT + timedelta(seconds=30)
C, A = ContactState, AgentState

CONTACT_EVENTS: dict[str, contact_events.ContactEvent] = {
    "queued": contact_events.Queued(LATER),
    "offered": contact_events.Offered(LATER, "maria"),
    "offer_failed": contact_events.OfferFailed(LATER, OfferFailure.NO_ANSWER),
    "connected": contact_events.Connected(LATER, "maria"),
    "held": contact_events.HoldChanged(LATER, True),
    "taken_back": contact_events.HoldChanged(LATER, False),
    "recording_paused": RecordingPaused(LATER, LATER),
    "recording_resumed": RecordingResumed(LATER),
    "third_called": ThirdCalled(LATER, "t", number="+74951234567"),
    "third_answered": ThirdAnswered(LATER, "t"),
    "third_gone": ThirdGone(LATER, "t", "busy"),
    "parties_held": PartiesHeld(LATER, customer=False, third=False),
    "answerer_told": contact_events.AnswererTold(LATER, "machine"),
    "talk_ended": contact_events.TalkEnded(LATER),
    "leg_broke": contact_events.AgentLegBroke(LATER),
    "customer_left": contact_events.CustomerLeft(LATER, "cause_16"),
    "node_lost": contact_events.NodeLost(LATER),
    "disposed": contact_events.Disposed(LATER, "confirmed", ""),
    "transferred": contact_events.Transferred(LATER, "claims", AT, ()),
    "parked": Parked(LATER, LATER, LATER),
    "fetched": Fetched(LATER, "maria", LATER),
    "overflow_met": contact_events.OverflowMet(LATER, "orders/wait", "claims", AT),
    "placed": contact_events.Placed(LATER, AT, ()),
    "held_back": contact_events.HeldBack(LATER, LATER),
    "overflowed": contact_events.Overflowed(LATER, "message"),
    "reached": contact_events.Reached(LATER, "n/b/2"),
    "customer_known": contact_events.CustomerKnown(LATER, "c", None),
}
CONTACT_TABLE: dict[ContactState, dict[str, ContactState]] = {
    C.ARRIVED: {
        "queued": C.QUEUED,
        "customer_left": C.ABANDONED,
        "node_lost": C.LOST,
        "customer_known": C.ARRIVED,
        "overflowed": C.OVERFLOWED,
    },
    C.QUEUED: {
        "queued": C.QUEUED,
        "offered": C.OFFERED,
        "connected": C.CONNECTED,
        "customer_left": C.ABANDONED,
        "node_lost": C.LOST,
        "customer_known": C.QUEUED,
        "overflow_met": C.QUEUED,
        "placed": C.QUEUED,
        "held_back": C.QUEUED,
        "overflowed": C.OVERFLOWED,
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
        "recording_paused": C.CONNECTED,
        "answerer_told": C.CONNECTED,
        "third_called": C.CONNECTED,
        "talk_ended": C.WRAP_UP,
        "leg_broke": C.QUEUED,
        "transferred": C.QUEUED,
        "parked": C.QUEUED,
        "customer_left": C.WRAP_UP,
        "node_lost": C.LOST,
        "customer_known": C.CONNECTED,
    },
    C.HELD: {
        "held": C.HELD,
        "taken_back": C.CONNECTED,
        "recording_paused": C.HELD,
        "answerer_told": C.HELD,
        "talk_ended": C.WRAP_UP,
        "leg_broke": C.QUEUED,
        "transferred": C.QUEUED,
        "parked": C.QUEUED,
        "customer_left": C.WRAP_UP,
        "node_lost": C.LOST,
        "customer_known": C.HELD,
    },
    C.WRAP_UP: {"answerer_told": C.WRAP_UP, "disposed": C.CLOSED, "customer_known": C.WRAP_UP},
    C.CLOSED: {},
    C.ABANDONED: {},
    C.LOST: {},
    C.OVERFLOWED: {},
}

V, T = ChannelKind.VOICE, ChannelKind.CHAT
AGENT_EVENTS: dict[str, agents.AgentEvent] = {
    "became_ready": agents.BecameReady(LATER),
    "paused": agents.Paused(LATER, "lunch"),
    "logged_out": agents.LoggedOut(LATER),
    "reserved": agents.ReservedForContact(LATER, "k", V, LATER),
    "reserved_to_dial": agents.ReservedForAttempt(LATER, "t", LATER),
    "released": agents.Released(LATER, "k"),
    "missed": agents.MissedOffer(LATER, "k"),
    "talk_began": agents.TalkBegan(LATER, "k", V),
    "wrap_up_began": agents.WrapUpBegan(LATER, "k", LATER),
    "wrap_up_extended": agents.WrapUpExtended(LATER, "k", LATER),
    "task_ended": agents.TaskEnded(LATER, "k"),
    "page_changed": agents.PageChanged(LATER, True),
    "device_changed": agents.DeviceChanged(LATER, True),
}
STANCES = {"became_ready": A.READY, "paused": A.PAUSED, "logged_out": A.LOGGED_OUT}
FREE = {**STANCES, "talk_began": A.BUSY}
ALWAYS = ("page_changed", "device_changed")


def kept(state: AgentState) -> dict[str, AgentState]:
    """Whatever he wants to be, with a contact in hand the headline stays."""
    return dict.fromkeys(STANCES, state)


AGENT_TABLE: dict[AgentState, dict[str, AgentState]] = {
    A.LOGGED_OUT: FREE,
    A.READY: {**FREE, "reserved": A.RESERVED, "reserved_to_dial": A.RESERVED},
    A.RESERVED: {
        **kept(A.RESERVED),
        "released": A.READY,
        "missed": A.NOT_RESPONDING,
        "talk_began": A.BUSY,
    },
    A.BUSY: {**kept(A.BUSY), "wrap_up_began": A.WRAP_UP, "task_ended": A.READY},
    A.WRAP_UP: {**kept(A.WRAP_UP), "wrap_up_extended": A.WRAP_UP, "task_ended": A.READY},
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
        C.OVERFLOWED: ("queued", "overflowed"),
    }
    for name in ways[state]:
        fresh = contacts.advance(fresh, CONTACT_EVENTS[name])
    assert fresh.state is state
    return fresh


def agent_in(state: AgentState) -> Agent:
    agent = Agent("maria", "Maria", "agent-1", Stance.LOGGED_OUT, AT)
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
        assert after.is_idle is (expected is A.READY)
        free = expected in (A.READY, A.PAUSED, A.LOGGED_OUT, A.NOT_RESPONDING)
        assert not free or after.tasks == ()
        assert after.since == (LATER if expected is not state else after.since)


def told(agent: Agent, *events: agents.AgentEvent) -> Agent:
    for event in events:
        agent = agents.advance(agent, event)
    return agent


def test_a_reservation_to_dial_becomes_one_for_the_contact_that_answered() -> None:
    offered = told(agent_in(A.READY), AGENT_EVENTS["reserved_to_dial"], AGENT_EVENTS["reserved"])
    task = offered.foreground
    assert task is not None
    assert (offered.state, task.contact_id, task.attempt_id) == (A.RESERVED, "k", "t")
    with pytest.raises(IllegalTransition):
        agents.advance(offered, AGENT_EVENTS["reserved"])


def chat(contact_id: str) -> agents.AgentEvent:
    return agents.ReservedForContact(LATER, contact_id, T, LATER)


def test_three_chats_and_a_call_but_no_fourth_chat_and_no_second_call() -> None:
    agent = told(agent_in(A.READY), chat("a"), agents.TalkBegan(LATER, "a", T), chat("b"), chat("c"))
    with pytest.raises(IllegalTransition):
        agents.advance(agent, chat("d"))
    calling = agents.advance(agent, AGENT_EVENTS["reserved"])
    assert (calling.state, calling.contact_id, len(calling.tasks)) == (A.RESERVED, "k", 4)
    talking = agents.advance(calling, AGENT_EVENTS["talk_began"])
    assert (talking.state, talking.contact_id) == (A.BUSY, "k")
    with pytest.raises(IllegalTransition):
        agents.advance(talking, agents.ReservedForContact(LATER, "other", V, LATER))
    with pytest.raises(IllegalTransition):
        agents.advance(talking, agents.TalkBegan(LATER, "other", V))
    assert agents.advance(talking, AGENT_EVENTS["task_ended"]).contact_id in ("b", "c")


def test_no_chat_interrupts_a_call() -> None:
    with pytest.raises(IllegalTransition):
        agents.advance(agent_in(A.BUSY), chat("a"))
    with pytest.raises(IllegalTransition):
        agents.advance(agent_in(A.WRAP_UP), chat("a"))


def test_a_pause_chosen_in_a_talk_begins_when_the_hands_are_free() -> None:
    wishing = agents.advance(agent_in(A.BUSY), AGENT_EVENTS["paused"])
    assert (wishing.state, wishing.next_state, wishing.pause_code) == (A.BUSY, A.PAUSED, "lunch")
    free = agents.advance(wishing, agents.TaskEnded(LATER + timedelta(seconds=9), "k"))
    assert (free.state, free.next_state, free.since) == (A.PAUSED, None, LATER + timedelta(seconds=9))


def test_who_chose_a_pause_while_it_rang_is_not_taken_for_not_responding() -> None:
    missed = told(agent_in(A.RESERVED), AGENT_EVENTS["paused"], AGENT_EVENTS["missed"])
    assert (missed.state, missed.pause_code) == (A.PAUSED, "lunch")


def test_a_missed_call_leaves_the_chats_in_hand_and_brings_no_more() -> None:
    chatting = told(agent_in(A.READY), chat("a"), agents.TalkBegan(LATER, "a", T))
    missed = told(chatting, AGENT_EVENTS["reserved"], AGENT_EVENTS["missed"])
    assert (missed.state, missed.next_state) == (A.BUSY, A.NOT_RESPONDING)
    with pytest.raises(IllegalTransition):
        agents.advance(missed, chat("b"))


def test_the_wire_is_believed_when_a_call_begins_with_somebody_else() -> None:
    talking = agents.advance(agent_in(A.RESERVED), agents.TalkBegan(LATER, "other", V))
    assert [(task.contact_id, task.phase) for task in talking.tasks] == [("other", TaskPhase.BUSY)]


def test_talk_in_two_pieces_is_added_up() -> None:
    broken = contacts.advance(contact_in(C.CONNECTED), contact_events.AgentLegBroke(LATER + timedelta(seconds=40)))
    again = contacts.advance(broken, contact_events.Offered(LATER + timedelta(seconds=50), "maria"))
    talking = contacts.advance(again, contact_events.Connected(LATER + timedelta(seconds=52), "maria"))
    ended = contacts.advance(talking, contact_events.TalkEnded(LATER + timedelta(seconds=62)))
    assert ended.talk_s == 50.0


def test_a_clock_that_jumps_back_gives_no_negative_talk() -> None:
    ended = contacts.advance(contact_in(C.CONNECTED), contact_events.TalkEnded(AT - timedelta(hours=1)))
    assert ended.talk_s == 0.0
