"""Lanes: order within one, none between them; and the AMI link that delivers by them."""

import asyncio

import pytest

from cordboard.telephony.ami_delivery import AmiStats, Delivery, Inbox
from cordboard.telephony.ami_events import ChannelEvent, Event
from cordboard.telephony.lanes import Lanes
from cordboard.telephony.legs import lane_of
from tests.fakes.asterisk_words import encode
from tests.fakes.wait import until


async def test_one_lane_keeps_its_order_while_another_goes_on() -> None:
    done: list[str] = []
    gate = asyncio.Event()

    async def first() -> None:
        await gate.wait()
        done.append("a1")

    def say(what: str) -> asyncio.Task[None]:
        async def work() -> None:
            done.append(what)

        return asyncio.ensure_future(lanes.put(what[0], work))

    async with Lanes(10) as lanes:
        await lanes.put("a", first)
        await asyncio.gather(say("a2"), say("b1"), say("b2"))
        await until(lambda: done == ["b1", "b2"], "the other lane")
        gate.set()
    assert done == ["b1", "b2", "a1", "a2"]


async def test_who_comes_when_all_are_on_their_way_waits() -> None:
    gate = asyncio.Event()

    async def wait() -> None:
        await gate.wait()

    async with Lanes(2) as lanes:
        await lanes.put("a", wait)
        await lanes.put("b", wait)
        third = asyncio.ensure_future(lanes.put("c", wait))
        await asyncio.sleep(0)
        assert not third.done()
        gate.set()
        await third


async def test_a_cancelled_block_leaves_nothing_running() -> None:
    ended: list[str] = []
    begun = asyncio.Event()

    async def hang() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("hang")

    async def block() -> None:
        async with Lanes(2) as lanes:
            await lanes.put("a", hang)
            await asyncio.Event().wait()

    task = asyncio.ensure_future(block())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == ["hang"]


def hangup(uniqueid: str, call: str = "") -> bytes:
    return encode(
        [
            ("Event", "Hangup"),
            ("Channel", f"PJSIP/{uniqueid}"),
            ("Uniqueid", uniqueid),
            ("ChanVariable", f"CC_CALL={call}"),
        ]
    ).rstrip(b"\r\n")


async def test_a_slow_call_does_not_keep_the_next_one_waiting_but_its_own_legs() -> None:
    heard: list[str] = []
    gate = asyncio.Event()

    async def on_event(event: Event) -> None:
        assert isinstance(event, ChannelEvent)
        if event.channel.uniqueid == "slow":
            await gate.wait()
        heard.append(event.channel.uniqueid)

    inbox = Inbox(10)
    for message in (hangup("slow", "slow"), hangup("slow-agent", "slow"), hangup("quick", "quick")):
        inbox.put(message)
    inbox.close()
    stats = AmiStats()
    run = asyncio.ensure_future(Delivery("n", on_event, stats, 5, lane_of).run(inbox, "boot"))
    await until(lambda: heard == ["quick"], "the quick call")
    gate.set()
    await run
    assert heard == ["quick", "slow", "slow-agent"]
    assert stats.events == 3


async def test_a_handler_that_fails_costs_its_event_and_not_its_lane() -> None:
    heard: list[str] = []

    async def on_event(event: Event) -> None:
        assert isinstance(event, ChannelEvent)
        heard.append(event.channel.uniqueid)
        if len(heard) == 1:
            raise ValueError

    inbox = Inbox(10)
    inbox.put(hangup("1", "1"))
    inbox.put(hangup("2", "1"))
    inbox.close()
    delivery = Delivery("n", on_event, AmiStats(), 5, lane_of)
    await delivery.run(inbox, "boot")
    assert heard == ["1", "2"]
    (one,) = delivery.aside
    assert one.reason.startswith("handler of Hangup: ValueError in on_event")
