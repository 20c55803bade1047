"""Faults on the link between the engine and its Asterisk, by a proxy that meddles (meddling.py)."""

import asyncio
import time

from tests.fakes.wait import until

from .faultlab import FaultLab, given
from .faults import a_talk, healthy, unwell
from .flows import call_in, order_answered, transfer
from .meddling import MeddlingProxy
from .steps import one_attempt, talks_still

FLOOD = 30_000


def _proxy(lab: FaultLab) -> MeddlingProxy:
    return given(lab.proxy)


async def the_answer_to_originate_is_swallowed(lab: FaultLab) -> float:
    """Asterisk has taken the order to dial, the engine never hears so: it looks the call up by its id, and takes it as it is."""
    proxy, clerk, number = _proxy(lab), lab.clerks[0], lab.new_number("7916888")
    before = len(proxy.swallowed)
    await lab.post_order(number)
    await clerk.be("ready")
    proxy.swallows = "Originate"
    await lab.dial(True)
    await until(lambda: len(proxy.swallowed) > before, "an answer that was swallowed", within_s=30.0)
    begun = time.monotonic()
    await healthy(lab)
    took = time.monotonic() - begun
    await one_attempt(lab, number, clerk)
    await clerk.be("logged_out")
    theirs = [one for one in (await lab.books()).attempts if one["number"].lstrip("+") == number.lstrip("+")]
    assert [one["outcome"] for one in theirs] == ["person"], "the look-up told what had become of the call"
    assert len([one for one in lab.carrier.invites() if one.number.lstrip("+") == number.lstrip("+")]) == 1
    return took


async def events_are_doubled_and_late(lab: FaultLab) -> None:
    """Each event of a call comes twice; then all of them once more, in the middle of the next call and after the last one."""
    proxy, before = _proxy(lab), await lab.figures()
    proxy.doubles = True
    try:
        await call_in(lab)
        await asyncio.gather(order_answered(lab), _late_in(lab, proxy))
        await transfer(lab)
    finally:
        proxy.doubles = False
    heard = (await lab.figures())["events"]
    await _heard(lab, heard + proxy.say_late())
    after = await lab.figures()
    assert (after["handler_errors"], after["reconnects"]) == (before["handler_errors"], before["reconnects"])


async def _late_in(lab: FaultLab, proxy: MeddlingProxy) -> None:
    """What is old by now, in the middle of the next call."""
    await until(lambda: bool(lab.carrier.in_talk()), "the next talk", within_s=60.0)
    assert proxy.say_late() > 0


async def _heard(lab: FaultLab, events: float) -> None:
    async def so_many() -> bool:
        return (await lab.figures())["events"] >= events

    await until(so_many, "all that was said late is heard")


async def the_link_falls_silent(lab: FaultLab) -> float:
    """The connection to Asterisk stands and nothing arrives by it, nor by another, until the house says so; then the network is back."""
    proxy = _proxy(lab)
    async with a_talk(lab) as (number, caller):
        proxy.silent = True
        try:
            await unwell(lab)
        finally:
            proxy.silent = False
        begun = time.monotonic()
        await healthy(lab)
        took = time.monotonic() - begun
        await talks_still(lab, number, caller)
    return took


async def events_flood(lab: FaultLab) -> float:
    """FLOOD ends of calls that nobody knows, at once, in the middle of a talk; until the last of them was heard."""
    async with a_talk(lab) as (number, caller):
        before = await lab.figures()
        begun = time.monotonic()
        _proxy(lab).say(
            *(
                b"Event: Hangup\r\nUniqueid: flood.%d\r\nChannel: PJSIP/flood-%d\r\nCause: 16" % (n, n)
                for n in range(FLOOD)
            )
        )
        await _heard(lab, before["events"] + FLOOD)
        took = time.monotonic() - begun
        after = await lab.figures()
        assert (after["handler_errors"], after["reconnects"]) == (before["handler_errors"], before["reconnects"])
        await talks_still(lab, number, caller)
    return took


async def poison_events(lab: FaultLab) -> None:
    """What no Asterisk says, in the middle of a talk: counted and set aside; the link stays, and so does the talk."""
    async with a_talk(lab) as (number, caller):
        leg = next(name for name in await lab.channels() if name.startswith("PJSIP/"))
        bad, odd, broken = _poison(leg.encode())
        before = await lab.figures()
        _proxy(lab).say(*bad, *odd, *broken)

        async def counted() -> bool:
            now = await lab.figures()
            grown = {name: now[name] - before[name] for name in ("set_aside", "unknown", "broken_text")}
            return (
                grown["set_aside"] == len(bad) and grown["unknown"] >= len(odd) and grown["broken_text"] == len(broken)
            )

        await until(counted, "each poison counted")
        after = await lab.figures()
        assert (after["handler_errors"], after["reconnects"]) == (before["handler_errors"], before["reconnects"])
        await talks_still(lab, number, caller)


def _poison(leg: bytes) -> tuple[list[bytes], list[bytes], list[bytes]]:
    """What is set aside, what is unknown, and what has bytes that are no UTF-8. `leg` is a channel in talk: no end of it is believed."""
    bad = [
        b"Event: Hangup\r\nChannel: " + leg + b"\r\nCause: 16",
        b"Event: Hangup\r\nUniqueid: poison.1\r\nChannel: " + leg + b"\r\nCause: nonsense",
        b"Event: Newstate\r\nUniqueid: poison.2\r\nChannelStateDesc: " + b"x" * 10_240,
        b"Event: Newchannel\r\nUniqueid: poison.3\r\nCallerIDName: " + b"y" * 100_000,
        b"\x00\xff\xfe no message at all",
        b"Event: UserEvent: CCTalk" + b"\r\nLine: x" * 600,
    ]
    odd = [b"Event: Xyzzy\r\nPrivilege: call,all\r\nUniqueid: poison.4"]
    broken = [b"Event: Newchannel\r\nUniqueid: poison.5\r\nChannel: PJSIP/\xc3(-1\r\nCallerIDName: \xff\xfe\x80"]
    return bad, odd, broken
