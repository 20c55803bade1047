"""The robot colleague at a real desk: works while switched on, closes each talk, stays away when switched off."""

from itertools import count
from random import Random

from cordboard.demo.robot import RESULTS, RobotColleague
from cordboard.queue.agent import AgentState
from cordboard.queue.channel import Arrival, ChannelKind, Direction, OfferFailure
from cordboard.queue.desk import Desk
from tests.fakes.wait import until
from tests.fakes.wire import MemoryJournal, MovedClock, RememberingWire


class Quick(Random):
    """Chance without its waits."""

    def uniform(self, a: float, b: float) -> float:
        return 0.0


async def test_a_shift_of_the_robot() -> None:
    numbers = count()
    journal, wire = MemoryJournal(), RememberingWire()
    desk = Desk(journal, {ChannelKind.VOICE: wire}, MovedClock(), lambda: f"contact-{next(numbers)}")
    await desk.register("robot", "Robot", "agent-robot", ["orders"], needs_page=False)
    await desk.wire_changed(ChannelKind.VOICE, up=True)
    robot = RobotColleague("robot", Quick(1))
    robot.join(desk)

    def state() -> AgentState:
        agent = desk.agent("robot")
        assert agent is not None
        return agent.state

    await robot.switch(True)
    assert await robot.is_on()
    contact = await desk.arrive(Arrival(ChannelKind.VOICE, Direction.INBOUND, "orders", "n/b/1"))
    await desk.talk_began("n/b/1", "robot")
    await desk.talk_ended("n/b/1")
    await until(lambda: state() is AgentState.READY, "the talk is closed")
    closed = await desk.find_contact(contact.id)
    assert closed is not None
    assert closed.disposition in RESULTS

    await desk.arrive(Arrival(ChannelKind.VOICE, Direction.INBOUND, "orders", "n/b/2"))
    await desk.offer_failed("n/b/2", OfferFailure.NO_ANSWER)
    await until(lambda: wire.told[-1][:2] == ("offer", "contact-1") and len(wire.told) == 3, "it says that it is there")

    await desk.customer_left("n/b/2", "cause_16")
    await robot.switch(False)
    assert not await robot.is_on()
    assert state() is AgentState.LOGGED_OUT


async def test_the_robot_takes_no_chats() -> None:
    """Its telephone talks; nothing of it reads. A chat waits for somebody who has a page."""
    numbers = count()
    wire = RememberingWire()
    channels = {ChannelKind.VOICE: wire, ChannelKind.CHAT: wire}
    desk = Desk(MemoryJournal(), channels, MovedClock(), lambda: f"contact-{next(numbers)}")
    for kind in channels:
        await desk.wire_changed(kind, up=True)
    await desk.register("robot", "Robot", "agent-robot", ["orders"], needs_page=False)
    robot = RobotColleague("robot", Quick(1))
    robot.join(desk)
    await robot.switch(True)
    chat = await desk.arrive(Arrival(ChannelKind.CHAT, Direction.INBOUND, "orders", "chat/1"))
    call = await desk.arrive(Arrival(ChannelKind.VOICE, Direction.INBOUND, "orders", "n/b/1"))
    assert [(contact, agent) for what, contact, agent in wire.told if what == "offer"] == [(call.id, "robot")]
    await desk.register("maria", "Мария", "agent-maria", ["orders"])
    await desk.page_opened("maria", "tab")
    await desk.ready("maria")
    assert ("offer", chat.id, "maria") in wire.told
    await robot.stop()
