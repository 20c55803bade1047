"""The fallback of the dialplan on a real Asterisk: the test is the engine that dies and returns, SIPp the customers and the desk phones."""

import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cordboard.telephony.byes import bye_of
from cordboard.telephony.recording import RawTake, Talk, finish
from cordboard.telephony.site import AgentEndpoint
from tests.fakes.asterisk_tree import FAR_AHEAD_S, INBOUND, Node, data_folder, running_node
from tests.fakes.raw_ami import Message
from tests.fakes.sipp import SippCaller, SippCarrier
from tests.fakes.sipp_scenarios import NO_ANSWER, Behaviour
from tests.fakes.takes import CUSTOMER_HZ, OPERATOR_HZ, hears
from tests.fakes.wait import until

pytestmark = pytest.mark.live
PASSWORD = "pass-word-1234"  # noqa: S105 - a test's


@pytest.fixture
async def phones(tmp_path: Path) -> AsyncIterator[SippCarrier]:
    """Desk phones: `sip:maria@` answers, `sip:slow@` rings until it is told to answer."""
    plan = [("slow", NO_ANSWER)]
    async with SippCarrier(tmp_path, plan, otherwise=Behaviour(ring_ms=50), tone_hz=OPERATOR_HZ) as one:
        yield one


@pytest.fixture
def data() -> Iterator[Path]:
    with data_folder() as folder:
        yield folder


@pytest.fixture
async def node(data: Path, phones: SippCarrier) -> AsyncIterator[Node]:
    agents = tuple(
        AgentEndpoint(f"agent-{who}", PASSWORD, f"sip:{who}@127.0.0.1:{phones.sipp.port}") for who in ("maria", "slow")
    )
    async with running_node(data, agents=agents) as running:
        await lives(running)
        yield running


@pytest.fixture
async def caller(node: Node, tmp_path: Path) -> AsyncIterator[SippCaller]:
    address = f"127.0.0.1:{node.site.ports.sip_udp}"
    async with SippCaller(tmp_path, address, INBOUND, caller_id="+79160000001", tone_hz=CUSTOMER_HZ) as one:
        await one.answered()
        yield one


async def lives(node: Node) -> None:
    await node.beat(int(time.time()) + FAR_AHEAD_S)


async def dies(node: Node) -> Message:
    """The engine's heart has stood still for long. Returns the word of the caller who notices."""
    await node.ami.user_event("CCWaiting")
    await node.beat(int(time.time()) - 100)
    return await node.ami.user_event("CCFallback")


async def mirror(node: Node, agent: str, paused: str = "false") -> None:
    added = await node.ami.action("QueueAdd", Queue="fallback", Interface=f"PJSIP/{agent}", Paused=paused)
    assert added["Response"] == "Success", added


async def variable(node: Node, channel: Message, name: str) -> str:
    return (await node.ami.action("Getvar", Channel=channel["Channel"], Variable=name))["Value"]


async def asked(node: Node, what: str, item: str, end: str, **headers: str) -> list[Message]:
    """The items of a list action."""
    known = len(node.ami.events)
    answer = await node.ami.action(what, **headers)
    if answer["Response"] != "Success":
        return []
    await until(lambda: any(one.get("Event") == end for one in node.ami.events[known:]), end)
    return [one for one in node.ami.events[known:] if one.get("Event") == item]


async def members(node: Node) -> list[Message]:
    return await asked(node, "QueueStatus", "QueueMember", "QueueStatusComplete", Queue="fallback")


async def in_line(node: Node) -> list[Message]:
    return await asked(node, "QueueStatus", "QueueEntry", "QueueStatusComplete", Queue="fallback", Member="nobody")


async def byes(node: Node) -> list[Message]:
    return await asked(node, "DBGetTree", "DBGetTreeResponse", "DBGetTreeComplete", Family="cc-bye")


def count(node: Node, name: str) -> int:
    return sum(event.get("UserEvent") == name for event in node.ami.events)


async def test_an_operator_of_the_mirror_answers_and_the_talk_is_a_real_one(
    node: Node, caller: SippCaller, phones: SippCarrier, tmp_path: Path
) -> None:
    await mirror(node, "agent-maria")
    waiting = await dies(node)
    talk = await node.ami.user_event("CCTalk", Agent="agent-maria")
    assert talk["Cc"] == waiting["Uniqueid"]
    assert await variable(node, waiting, "CC_STATE") == "talk-agent-maria"
    invite = next(one for one in phones.sipp.messages() if one.start.startswith("INVITE "))
    assert not invite.header("Call-Info"), "nobody answers by himself"
    await caller.until_hears(OPERATOR_HZ)
    raw = node.site.recordings / f"{waiting['Uniqueid']}-1.raw"
    await until(lambda: raw.exists() and raw.stat().st_size > 64_000, "two seconds of talk")
    phones.tell(phones.invites()[0])
    await caller.over()
    ended = await node.ami.user_event("CCDialEnd")
    assert (ended["Status"], ended["Agent"], ended["Rec"]) == ("ANSWER", "agent-maria", str(raw))
    talk_s = float(ended["Answered"])
    kept = finish(RawTake(Talk("talk", 1, datetime(2026, 11, 21, tzinfo=UTC), talk_s), (raw,)), tmp_path / "kept")
    assert kept.state == "ok"
    assert kept.file is not None
    operator, customer, _seconds = hears(kept.file)
    assert operator == pytest.approx(OPERATOR_HZ, abs=3)
    assert customer == pytest.approx(CUSTOMER_HZ, abs=3)


@pytest.mark.parametrize("who_ends", ["operator", "customer"])
async def test_a_talk_that_ends_without_an_engine_is_written_down(
    node: Node, caller: SippCaller, phones: SippCarrier, who_ends: str
) -> None:
    await mirror(node, "agent-maria")
    await dies(node)
    talk = await node.ami.user_event("CCTalk")
    await caller.until_hears(OPERATOR_HZ)
    if who_ends == "operator":
        phones.tell(phones.invites()[0])
    else:
        caller.hang_up()
    await caller.over()
    await node.ami.user_event("CCBye")
    written = await until(lambda: byes(node), "a line in Asterisk's database")
    bye = bye_of(f"/cc-bye/{talk['Cc']}", written[0]["Val"])
    assert bye is not None
    assert (bye.uniqueid, bye.sip_name, bye.dialed) == (talk["Cc"], "agent-maria", INBOUND)
    assert bye.number == "+79160000001"
    assert bye.talk_at is not None
    assert bye.arrived_at <= bye.talk_at < bye.ended_at


async def test_who_leaves_while_an_engine_listens_is_not_written_down(node: Node, caller: SippCaller) -> None:
    await node.ami.user_event("CCWaiting")
    caller.hang_up()
    await node.ami.user_event("CCBye")
    assert await byes(node) == []


async def test_the_engine_is_back_and_who_waits_in_the_queue_is_on_hold_again(node: Node, caller: SippCaller) -> None:
    await mirror(node, "agent-maria", paused="true")
    waiting = await dies(node)
    await until(lambda: in_line(node), "in app_queue")
    await lives(node)
    told = await node.ami.action("QueueWithdrawCaller", Queue="fallback", Caller=waiting["Channel"])
    assert told["Response"] == "Success", told
    await until(lambda: count(node, "CCWaiting") == 2, "on hold again")
    assert {one["Cc"] for one in node.ami.events if one.get("UserEvent") == "CCWaiting"} == {waiting["Uniqueid"]}
    await until(lambda: caller.hears().loudness > 0.005, "music")
    assert not caller.left_by_other_side


async def test_a_ring_is_heard_out_before_the_caller_goes_back(
    node: Node, caller: SippCaller, phones: SippCarrier
) -> None:
    """Whose telephone rings when the engine returns may still answer; the caller's state names him."""
    await mirror(node, "agent-slow")
    waiting = await dies(node)
    (ring,) = await phones.until_called(1)
    assert await variable(node, waiting, "CC_STATE") == "dial-agent-slow"
    await lives(node)
    await node.ami.action("QueueWithdrawCaller", Queue="fallback", Caller=waiting["Channel"])
    phones.tell(ring)
    await node.ami.user_event("CCTalk", Agent="agent-slow")
    await caller.until_hears(OPERATOR_HZ)
    assert count(node, "CCWaiting") == 1


async def test_who_does_not_answer_is_not_asked_again_and_nobody_is_dropped(node: Node, caller: SippCaller) -> None:
    await mirror(node, "agent-slow")
    waiting = await dies(node)

    async def state_is(wanted: str) -> bool:
        return await variable(node, waiting, "CC_STATE") == wanted

    await until(lambda: state_is("dial-agent-slow"), "it rings")
    await until(lambda: state_is("fallback"), "it has rung out", within_s=40.0)
    listed = await members(node)
    assert [(one["Location"], one["Paused"]) for one in listed] == [("PJSIP/agent-slow", "1")]
    await until(lambda: caller.hears().loudness > 0.005, "music")
    assert not caller.left_by_other_side


async def test_where_nobody_is_mirrored_the_music_plays_until_the_engine_is_back(
    node: Node, caller: SippCaller
) -> None:
    await dies(node)
    await until(lambda: caller.hears().loudness > 0.005, "music")
    assert await in_line(node) == []
    await lives(node)
    await until(lambda: count(node, "CCWaiting") == 2, "on hold again")
    assert not caller.left_by_other_side
