"""How soon a waiting caller is answered when the engine dies, and how soon one in Asterisk's queue is the next engine's again."""

from contextlib import AsyncExitStack
from time import monotonic

from tests.fakes.asterisk_tree import data_folder
from tests.fakes.desk_phones import DeskPhones
from tests.fakes.house import House, running_house
from tests.fakes.raw_ami import Message, RawAmi
from tests.fakes.sipp import SippCaller, SippCarrier
from tests.fakes.sipp_scenarios import Behaviour
from tests.fakes.wait import until
from tests.fakes.working_day import call_in, rows


async def one_death(house: House, phones: SippCarrier, ami: RawAmi, callers: list[SippCaller]) -> tuple[float, float]:
    """One caller talks, one waits, one comes when all are busy and the engine is dead. In s: from the death to the answer of the
    second, from the start of the next engine to the third on its hold."""
    talks, waits, comes = callers
    async with AsyncExitStack() as stack:
        for caller in (talks, waits):
            await stack.enter_async_context(caller)
            await caller.answered()
            await until(lambda: len(phones.in_talk()) == 1, "a talk")

        async def queued() -> bool:
            return bool(await rows(house, "SELECT 1 FROM contact WHERE state = 'queued'"))

        await until(queued, "a waiting caller")
        began = monotonic()
        await house.kill_engine()
        await until(lambda: len(phones.in_talk()) == 2, "the fallback's answer", every_s=0.02)
        answered = monotonic() - began
        await stack.enter_async_context(comes)
        await comes.answered()
        alone = _newest_leg(ami)["Uniqueid"]
        await ami.user_event("CCFallback", Cc=alone)
        began = monotonic()
        await house.start()
        await ami.user_event("CCWaiting", Cc=alone)
        back = monotonic() - began
        if len(phones.in_talk()) != 2:
            raise RuntimeError("a talk did not outlive the engine's return")
        for caller in callers:
            caller.hang_up()
            await caller.over()
    await _all_ended(house)
    return answered, back


def _newest_leg(ami: RawAmi) -> Message:
    """The newest caller's, in its first event."""
    return [one for one in ami.events if one.get("Event") == "Newchannel" and "trunk" in one["Channel"]][-1]


async def _all_ended(house: House) -> None:
    async def quiet() -> bool:
        return not await rows(house, "SELECT 1 FROM contact WHERE state NOT IN ('closed', 'abandoned')")

    await until(quiet, "the end of every contact", within_s=30.0)


async def measure(rounds: int) -> tuple[list[float], list[float]]:
    """(from the death to the answer, from the next start to its hold), in s."""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(data_folder())
        phones = await stack.enter_async_context(SippCarrier(folder, otherwise=Behaviour(ring_ms=1), tone_hz=None))
        house = await stack.enter_async_context(running_house(folder / "house", demo=False, wrap_up_s="1"))
        staff = DeskPhones(house, f"127.0.0.1:{phones.sipp.port}")
        await staff.add_queue("claims")
        await staff.says(await staff.hire(["orders"]), "ready")
        ami = await RawAmi.connect(house.ports["ami"])
        stack.push_async_callback(ami.close)
        await ami.action("Login", Username="engine", Secret=house.ami_secret)
        found = []
        for n in range(rounds):
            free = await staff.hire(["claims"])  # a fresh one each time: app_queue lets the last one breathe
            await staff.says(free, "ready")
            callers = [call_in(house, folder, f"+7916555{n}{i:03}") for i in range(3)]
            found.append(await one_death(house, phones, ami, callers))
            await staff.says(free, "logged_out")
        return [answered for answered, _ in found], [back for _, back in found]
