"""Who stands in the fallback's line, and which actions make Asterisk's members equal to that."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.queue.agent import Agent, AgentState, Task, TaskPhase
from cordboard.queue.capacity import Capacity
from cordboard.queue.channel import ChannelKind
from cordboard.telephony.fallback_line import (
    QUEUE,
    Add,
    Pause,
    Remove,
    callers_in,
    may_return,
    member_of,
    members_in,
    steps,
)
from tests.fakes.seated import seated

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
RINGS, RESTS, AWAY = False, True, None


def at_work(state: AgentState, **more: object) -> Agent:
    there = {"page_open": True, "device_up": True, "queues": frozenset({"orders"})}
    return replace(seated("maria", state, NOW), **{**there, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "member"),
    [
        (AgentState.READY, RINGS),
        (AgentState.RESERVED, RINGS),  # the device rings: Asterisk sees it
        (AgentState.BUSY, RINGS),  # and it sees the end of the talk, which we might not
        (AgentState.WRAP_UP, RESTS),
        (AgentState.PAUSED, RESTS),
        (AgentState.NOT_RESPONDING, RESTS),
        (AgentState.LOGGED_OUT, AWAY),
    ],
)
def test_the_state_of_an_agent_is_that_of_a_member(state: AgentState, member: bool | None) -> None:
    assert member_of(at_work(state)) is member


@pytest.mark.parametrize(
    ("changes", "member"),
    [
        ({"page_open": False}, AWAY),
        ({"device_up": False}, AWAY),
        ({"page_open": False, "device_up": False, "needs_page": False}, RINGS),  # a plain telephone
        ({"queues": frozenset()}, AWAY),
        ({"capacity": Capacity(limits={ChannelKind.CHAT: 3})}, RESTS),  # takes no calls
    ],
)
def test_only_who_can_be_rung_is_a_member(changes: dict[str, object], member: bool | None) -> None:
    assert member_of(at_work(AgentState.READY, **changes)) is member


def test_a_chat_in_hand_bars_a_call_where_the_house_says_so() -> None:
    chatting = at_work(AgentState.READY, tasks=(Task(ChannelKind.CHAT, TaskPhase.BUSY, NOW, contact_id="c"),))
    assert member_of(chatting) is RINGS
    assert member_of(replace(chatting, capacity=Capacity(interrupted_by={}))) is RESTS


def test_whose_page_is_missing_may_return_unless_he_went_home() -> None:
    assert may_return(at_work(AgentState.READY, page_open=False))
    assert not may_return(at_work(AgentState.LOGGED_OUT, page_open=False))
    assert not may_return(at_work(AgentState.READY, page_open=False, needs_page=False))


MEMBERS = st.dictionaries(st.sampled_from([f"PJSIP/agent-{n}" for n in range(6)]), st.booleans())


@given(MEMBERS, MEMBERS)
def test_the_steps_make_one_line_equal_to_the_other_with_one_action_each(
    wanted: dict[str, bool], there: dict[str, bool]
) -> None:
    found = steps(wanted, there)
    line = dict(there)
    for one in found:
        match one:
            case Add(interface, paused):
                assert interface not in line, "Asterisk refuses one that is there"
                line[interface] = paused
            case Pause(interface, paused):
                assert interface in line, "and one that is not"
                line[interface] = paused
            case Remove(interface):
                del line[interface]
    assert line == wanted
    assert len({one.interface for one in found}) == len(found)
    differ = {name for name in {*wanted, *there} if wanted.get(name) != there.get(name)}
    assert {one.interface for one in found} == differ


def test_nobody_rings_before_those_are_out_who_should_not() -> None:
    assert steps({"a": False, "b": True, "d": False}, {"b": False, "c": False, "d": True}) == [
        Pause("b", True),
        Remove("c"),
        Add("a", False),
        Pause("d", False),
    ]


def test_what_asterisk_lists_is_read() -> None:
    items = [
        {"Event": "QueueParams", "Queue": QUEUE},
        {"Event": "QueueMember", "Queue": QUEUE, "Location": "PJSIP/agent-a", "Paused": "1"},
        {"Event": "QueueMember", "Queue": QUEUE, "Location": "PJSIP/agent-b", "Paused": "0"},
        {"Event": "QueueMember", "Queue": "other", "Location": "PJSIP/agent-c", "Paused": "0"},
        {"Event": "QueueEntry", "Queue": QUEUE, "Position": "10", "Channel": "PJSIP/trunk-10"},
        {"Event": "QueueEntry", "Queue": QUEUE, "Position": "2", "Channel": "PJSIP/trunk-2"},
    ]
    assert members_in(items) == {"PJSIP/agent-a": True, "PJSIP/agent-b": False}
    assert callers_in(items) == ["PJSIP/trunk-2", "PJSIP/trunk-10"]
