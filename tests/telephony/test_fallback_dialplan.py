"""The fallback of the dialplan on a real Asterisk: the test is the engine that dies and returns, SIPp the customers and the desk phones."""

import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from cordboard.telephony.site import AgentEndpoint
from tests.fakes.asterisk_tree import INBOUND, Node, data_folder, running_node
from tests.fakes.raw_ami import Message
from tests.fakes.sipp import SippCaller, SippCarrier
from tests.fakes.sipp_scenarios import NO_ANSWER, Behaviour
from tests.fakes.takes import CUSTOMER_HZ, OPERATOR_HZ, hears
from tests.fakes.wait import until

pytestmark = pytest.mark.live
FAR_AHEAD_S = 600
PASSWORD = "pass-word-1234"  # noqa: S105 - a test's


@pytest.fixture
async def phones(tmp_path: Path) -> AsyncIterator[SippCarrier]:
    """Desk phones: `sip:maria@` answers, `sip:silent@` rings."""
    plan = [("silent", NO_ANSWER), ("late", NO_ANSWER)]
    async with SippCarrier(tmp_path, plan, otherwise=Behaviour(ring_ms=50), tone_hz=OPERATOR_HZ) as one:
        yield one


@pytest.fixture
def data() -> Iterator[Path]:
    with data_folder() as folder:
        yield folder


@pytest.fixture
async def node(data: Path, phones: SippCarrier) -> AsyncIterator[Node]:
    agents = tuple(
        AgentEndpoint(f"agent-{who}", PASSWORD, f"sip:{who}@127.0.0.1:{phones.sipp.port}")
        for who in ("maria", "silent")
    )
    async with running_node(data, agents=agents) as running:
        yield running


@pytest.fixture
async def caller(node: Node, tmp_path: Path) -> AsyncIterator[SippCaller]:
    address = f"127.0.0.1:{node.site.ports.sip_udp}"
    async with SippCaller(tmp_path, address, INBOUND, caller_id="+79160000001", tone_hz=CUSTOMER_HZ) as one:
        yield one


async def mirror(node: Node, agent: str, paused: str = "false") -> None:
    added = await node.ami.action("QueueAdd", Queue="fallback", Interface=f"PJSIP/{agent}", Paused=paused)
    assert added["Response"] == "Success", added


def count(node: Node, name: str) -> int:
    return sum(event.get("UserEvent") == name for event in node.ami.events)


async def test_x(node: Node, caller: SippCaller, phones: SippCarrier, data: Path) -> None:
    await mirror(node, "agent-maria")
    await caller.answered()
    fb = await node.ami.user_event("CCFallback")
    talk = await node.ami.user_event("CCTalk")
    print(talk)
    await caller.until_hears(OPERATOR_HZ)
    print(await node.process.ask("core show channels concise"))
    print(
        (await node.ami.action("Getvar", Channel=fb["Channel"], Variable="CC_STATE")),
        (await node.ami.action("Getvar", Channel=fb["Channel"], Variable="CC_REC")),
    )
    a = await node.ami.action("QueueStatus", Queue="fallback", Member="nobody")
    print([e for e in node.ami.events if e.get("Event", "").startswith("Queue")])
    phones.tell(phones.invites()[0])
    await caller.over()
    print([e for e in node.ami.events if e.get("UserEvent")])
    print(await node.process.ask("database show"))
    print(await node.ami.action("Getvar", Variable="DB_KEYS(cc-bye)"))
    k = (await node.ami.action("Getvar", Variable="DB_KEYS(cc-bye)"))["Value"]
    print(await node.ami.action("Getvar", Variable=f"DB(cc-bye/{k})"))
    print(await node.ami.action("Setvar", Variable=f"DB_DELETE(cc-bye/{k})", Value="1"))
    print(await node.ami.action("Getvar", Variable="DB_KEYS(cc-bye)"))
    for f in (data / "recordings").iterdir():
        print(f, f.stat().st_size)
    print(node.log()[-3000:])
    print(phones.sipp.story())
    assert 0
