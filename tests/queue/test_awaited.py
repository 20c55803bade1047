"""Whoever answered a call of ours for which nobody is reserved goes before those who wait, and nobody starves for him."""

from datetime import timedelta

import pytest

from cordboard.queue.channel import Arrival, ChannelKind, Direction
from cordboard.queue.contact import Contact, ContactState
from cordboard.queue.desk import Desk
from cordboard.queue.routing import order_key, passable_until
from cordboard.queue.setup import MAX_LIFT_S
from tests.fakes.wire import MemoryJournal, MovedClock, RememberingWire


class Room:
    """A desk with one operator."""

    def __init__(self) -> None:
        self.clock, self.wire, self.ids = MovedClock(), RememberingWire(), 0
        self.desk = Desk(MemoryJournal(), {ChannelKind.VOICE: self.wire}, self.clock, self.name)

    def name(self) -> str:
        self.ids += 1
        return f"contact-{self.ids}"

    async def open(self) -> None:
        await self.desk.wire_changed(ChannelKind.VOICE, up=True)
        await self.desk.register("maria", "Maria", "agent-maria", ["orders"], needs_page=False)
        await self.desk.device_changed("maria", up=True)

    async def comes(self, key: str, direction: Direction) -> Contact:
        ours = direction is Direction.OUTBOUND
        arrival = Arrival(ChannelKind.VOICE, direction, "orders", key, attempt_id=key if ours else None)
        return await self.desk.arrive(arrival)


@pytest.fixture
async def room() -> Room:
    one = Room()
    await one.open()
    return one


async def test_he_is_served_first_and_without_a_click(room: Room) -> None:
    await room.comes("in-1", Direction.INBOUND)
    room.clock.pass_s(60)
    answered = await room.comes("out-1", Direction.OUTBOUND)
    await room.desk.ready("maria")
    assert room.wire.told == [("auto_offer", answered.id, "maria")]


async def test_who_waits_beyond_the_greatest_lift_is_not_passed_for_him(room: Room) -> None:
    caller = await room.comes("in-1", Direction.INBOUND)
    assert caller.due_at is not None
    room.clock.pass_s((passable_until(caller) - caller.arrived_at).total_seconds() + 1)
    answered = await room.comes("out-1", Direction.OUTBOUND)
    assert order_key(caller) < order_key(answered)
    await room.desk.ready("maria")
    assert room.wire.told == [("offer", caller.id, "maria")]


async def test_his_place_is_his_arrival_less_the_greatest_lift(room: Room) -> None:
    answered = await room.comes("out-1", Direction.OUTBOUND)
    assert answered.due_at == answered.arrived_at - timedelta(seconds=MAX_LIFT_S)
    assert answered.state is ContactState.QUEUED
