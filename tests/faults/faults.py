"""The faults of the matrix that are no mere death of the engine. Each is a story that measures its recovery (s)."""

import asyncio
import os
import resource
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from cordboard.queue.channel import AttemptOutcome
from tests.fakes.sipp import SippCaller
from tests.fakes.wait import until

from .faultlab import SLOW, FaultLab
from .steps import chat_begun, chat_ended, finish, in_talk, one_attempt, talks_still


@asynccontextmanager
async def a_talk(lab: FaultLab) -> AsyncIterator[tuple[str, SippCaller]]:
    """A caller in talk with the first clerk; at the end the clerk hangs up and writes the result."""
    clerk, number = lab.clerks[0], lab.new_number()
    await clerk.be("ready")
    async with lab.caller(number) as caller:
        await in_talk(lab, number, caller)
        yield number, caller
        await finish(lab, clerk, number, caller)
    await clerk.be("logged_out")


async def healthy(lab: FaultLab, within_s: float = 60.0) -> None:
    await until(lambda: _says(lab, "ok"), "a healthy house", within_s=within_s, every_s=0.1)


async def unwell(lab: FaultLab, within_s: float = 60.0) -> None:
    await until(lambda: _says(lab, "degraded"), "a house that knows it is unwell", within_s=within_s, every_s=0.1)


async def _says(lab: FaultLab, status: str) -> bool:
    try:
        return (await lab.house.health())["status"] == status
    except Exception:
        return False


def asterisk_pid(lab: FaultLab) -> int:
    return lab.house.endpoints.asterisk_pid


async def serves(lab: FaultLab, since: float) -> float:
    """Seconds from `since` until a new caller was answered; he goes again."""
    await healthy(lab)
    number = lab.new_number()
    async with lab.caller(number) as caller:
        took = time.monotonic() - since
        await lab.contact_of(number)
        caller.hang_up()
        await caller.over()
    return took


async def asterisk_is_killed(lab: FaultLab) -> float:
    """kill -9 of Asterisk in a talk: the talk is lost, and is to be called back; its recording is as long as what was said."""
    clerk, number = lab.clerks[0], lab.new_number()
    await clerk.be("ready")
    async with lab.caller(number) as caller:
        await in_talk(lab, number, caller)
        dead = lab.house.kill_asterisk()
        begun = time.monotonic()
        await until(lambda: lab.house.endpoints.asterisk_pid != dead, "another Asterisk", within_s=60.0)
        await lab.contact_of(number, "lost")
    took = await serves(lab, begun)
    await lab.dial(True)
    await one_attempt(lab, number, clerk)  # the promise is kept
    await clerk.be("logged_out")
    return took


async def asterisk_stands_still(lab: FaultLab) -> float:
    """SIGSTOP of Asterisk until the watchdog says so, then SIGCONT: the talk goes on."""
    async with a_talk(lab) as (number, caller):
        os.kill(asterisk_pid(lab), signal.SIGSTOP)
        try:
            await unwell(lab)
        finally:
            os.kill(asterisk_pid(lab), signal.SIGCONT)
        begun = time.monotonic()
        await healthy(lab)
        took = time.monotonic() - begun
        await talks_still(lab, number, caller)
    return took


async def the_link_is_reset(lab: FaultLab) -> float:
    """The AMI connection is reset by the kernel, five times; the slowest return counts."""
    worst = 0.0
    async with a_talk(lab) as (number, caller):
        for _ in range(5):
            await cut_link(lab)
            begun = time.monotonic()
            await healthy(lab)
            worst = max(worst, time.monotonic() - begun)
        await talks_still(lab, number, caller)
    return worst


async def cut_link(lab: FaultLab) -> None:
    """RST on the engine's connection to its Asterisk; returns when the house has noticed, or is back already."""
    port = lab.ports()["ami"]
    before = await _sockets(port)
    killing = await asyncio.create_subprocess_exec(
        *("ss", "-K", "dst", "127.0.0.1", "dport", "=", f":{port}"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    await killing.wait()  # it complains of the listening end, which cannot be reset

    async def another() -> bool:
        return bool(await _sockets(port) - before)

    await until(another, "another connection", within_s=30.0)


async def _sockets(port: int) -> frozenset[str]:
    """The near ends of the connections to this port."""
    asking = await asyncio.create_subprocess_exec(
        "ss", "-Htn", "state", "established", "dport", "=", f":{port}", stdout=asyncio.subprocess.PIPE
    )
    told, _ = await asking.communicate()
    return frozenset(line.split()[2] for line in told.decode().splitlines() if line.strip())


async def the_engine_stands_still(lab: FaultLab) -> float:
    """SIGSTOP of the engine for five seconds (a blocked loop, an overloaded machine), then SIGCONT."""
    async with a_talk(lab) as (number, caller):
        pid = lab.house.last_endpoints.pid
        os.kill(pid, signal.SIGSTOP)
        try:
            stopped = time.monotonic()
            await until(lambda: time.monotonic() - stopped >= 5.0, "five seconds")
        finally:
            os.kill(pid, signal.SIGCONT)
        begun = time.monotonic()
        await healthy(lab)
        took = time.monotonic() - begun
        await talks_still(lab, number, caller)
    return took


async def the_engine_is_restarted(lab: FaultLab) -> float:
    """SIGTERM and start, as an update does, in the middle of a talk, while somebody waits: both go on in the Asterisk of before."""
    async with a_talk(lab) as (number, caller):
        waits = lab.new_number()
        async with lab.caller(waits) as waiter:
            await lab.contact_of(waits, "queued")
            asterisk = asterisk_pid(lab)
            begun = time.monotonic()
            await lab.house.stop(within_s=60.0)
            await lab.start()
            took = await serves(lab, begun)
            assert asterisk_pid(lab) == asterisk, "the same Asterisk"
            await talks_still(lab, number, caller)
            await lab.contact_of(waits, "queued")
            assert not waiter.left_by_other_side, "who waited waits"
            waiter.hang_up()
            await waiter.over()
    return took


async def a_call_is_answered_without_engine(lab: FaultLab) -> float:
    """The engine dies while an order's telephone rings; the person answers, hears that nobody is there, and is counted."""
    clerk, number = lab.clerks[0], lab.new_number(SLOW)
    await lab.post_order(number)
    await clerk.be("ready")
    await lab.dial(True)
    await until(
        lambda: [one for one in lab.carrier.invites() if one.number.lstrip("+") == number.lstrip("+")],
        "the order's telephone rings",
        within_s=30.0,
    )
    lab.house.kill_now()
    await lab.house.ended()
    begun = time.monotonic()
    await lab.carrier.until_in_talk(number)
    await until(lambda: not lab.carrier.in_talk(), "he has heard it", within_s=30.0)
    await lab.restart()
    took = time.monotonic() - begun

    async def is_counted() -> bool:
        theirs = [one for one in (await lab.books()).attempts if one["number"].lstrip("+") == number.lstrip("+")]
        return [one["outcome"] for one in theirs] == [AttemptOutcome.ABANDONED]

    await until(is_counted, "he counts as abandoned", within_s=15.0)
    await lab.dial(False)
    await clerk.be("logged_out")
    return took


async def files_run_out(lab: FaultLab) -> float:
    """No file can be opened any more by the engine, for as long as it takes an order to fail; then there is room again."""
    async with a_talk(lab) as (number, caller):
        pid = lab.house.last_endpoints.pid
        soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(
            pid, resource.RLIMIT_NOFILE, (3, hard)
        )  # what is open stays open, the next file has a number above it
        try:
            await until(lambda: _is_deaf(lab), "a house without a file to spare", within_s=30.0, every_s=0.1)
        finally:
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))
        begun = time.monotonic()
        await lab.post_order(lab.new_number("7916888"))
        await healthy(lab)
        took = time.monotonic() - begun
        await talks_still(lab, number, caller)
    return took


async def _is_deaf(lab: FaultLab) -> bool:
    return not await _says(lab, "ok")


async def the_page_goes_away(lab: FaultLab) -> float:
    """An agent's page is gone in mid-talk of a chat; how long until the visitor is somebody's again, here the same agent's."""
    clerk = lab.clerks[1]
    async with clerk.at_page():
        visitor, chat_id, contact_id = await chat_begun(lab, clerk)
    begun = time.monotonic()
    async with clerk.at_page():
        await clerk.be("ready")
        await lab.contact_of(chat_id, "connected", "offered")
        took = time.monotonic() - begun
        await chat_ended(lab, clerk, visitor, chat_id, contact_id)
    await clerk.be("logged_out")
    return took
