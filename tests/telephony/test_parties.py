"""A talk with a third over a fake Asterisk: in which order the legs are told."""

from collections.abc import AsyncIterator

import pytest

from cordboard.queue.agent import AgentState
from tests.fakes.asterisk_wire import FakeChannel
from tests.fakes.line import Line
from tests.fakes.wait import until


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    one = Line()
    await one.open()
    yield one
    await one.close()


async def test_who_is_passed_on_out_of_a_room_leaves_it_before_his_operator_is_hung_up(line: Line) -> None:
    channel = line.calls()
    await line.agent_is(AgentState.RESERVED)
    operator = FakeChannel("leg-1", "PJSIP/agent-maria-1", variables={"CC_CALL": channel.uniqueid})
    line.asterisk.add_channel(operator)
    line.talks(channel)
    line.enters(operator)
    await line.agent_is(AgentState.BUSY)
    (contact,) = line.desk.contacts()
    line.asterisk.globals["PJSIP_DIAL_CONTACTS(agent-ilya)"] = "PJSIP/agent-ilya/sip:y"
    await line.desk.register("ilya", "Ilya", "agent-ilya", ["orders"])
    await line.desk.page_opened("ilya", "tab-ilya")
    await line.voice.look_at_phone("ilya")
    await line.desk.ready("ilya")
    await line.desk.thirds.call("maria", contact.id, agent="ilya")
    talk = line.desk.contact(contact.id)
    assert talk is not None
    assert talk.third is not None
    await line.desk.thirds.answered(talk.third.id)
    await line.desk.thirds.hold("maria", contact.id, customer=False, third=False)
    before = len(line.asterisk.received)

    await line.desk.thirds.complete("maria", contact.id)
    await until(lambda: [one for one in line.asterisk.sent("Redirect") if one.get("Context") == "cc-dial"][1:], "ilya")
    told = [(one.name, one.get("Channel"), one.get("Context")) for one in line.asterisk.received[before:]]
    left, hung_up = ("Redirect", channel.name, "cc-hold"), ("Hangup", operator.name, "")
    assert told.index(left) < told.index(hung_up)
