"""SIGTERM in the middle of the day, an update: the engine ends, nobody on the line does, and the next engine goes on with them all."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from tests.fakes.callers import RECORDED, Callers, by_customer, contacts, until_contacts
from tests.fakes.desk_phones import DeskPhones
from tests.fakes.house import ROOT, House, running_house
from tests.fakes.sipp import SippCarrier
from tests.fakes.sipp_scenarios import Behaviour
from tests.fakes.wait import until
from tests.fakes.working_day import rows
from tests.faults.faultlab import SILENT
from tests.faults.furnished import fault_lab

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

STAFF, WAITING = 3, 3
ENDS_S = 15.0
"""What docs/operations.md promises of SIGTERM."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def phones(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SippCarrier]:
    folder = tmp_path_factory.mktemp("phones")
    async with SippCarrier(folder, otherwise=Behaviour(ring_ms=100), tone_hz=440.0) as one:
        yield one


@pytest_asyncio.fixture(loop_scope="module")
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with running_house(tmp_path / "house", demo=False, wrap_up_s="1", inbound_number="+74951234567") as one:
        yield one


@pytest_asyncio.fixture(loop_scope="module")
async def callers(house: House, tmp_path: Path) -> AsyncIterator[Callers]:
    async with AsyncExitStack() as stack:
        yield Callers(house, tmp_path, stack)


async def at_work(house: House, phones: SippCarrier, count: int) -> None:
    """So many operators with desk phones, ready; and in Asterisk's own queue as well."""
    staff = DeskPhones(house, f"127.0.0.1:{phones.sipp.port}")
    for _ in range(count):
        await staff.says(await staff.hire(["orders"]), "ready")


async def all_recorded(house: House, numbers: list[str]) -> None:
    async def recorded() -> bool:
        return sorted(number for (number,) in await rows(house, RECORDED)) == sorted(numbers)

    await until(recorded, "one recording of each talk", within_s=60.0, every_s=0.5)


def cordboard(house: House, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "cordboard", *words, "--data", str(house.data)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


async def test_an_update_in_mid_talk_drops_nobody(house: House, phones: SippCarrier, callers: Callers) -> None:
    await at_work(house, phones, STAFF)
    talkers = [(await callers.call())[0] for _ in range(STAFF)]
    await until(lambda: by_customer(phones).keys() == set(talkers), "all operators talk")
    waiters = [(await callers.call())[0] for _ in range(WAITING)]
    await until_contacts(house, dict.fromkeys(talkers, "connected") | dict.fromkeys(waiters, "queued"))
    asterisk = house.endpoints.asterisk_pid

    assert await house.stop(within_s=ENDS_S) == 0
    assert house.runs(asterisk)
    assert (await house.start()).asterisk_pid == asterisk
    await until_contacts(house, dict.fromkeys(talkers, "connected") | dict.fromkeys(waiters, "queued"))
    for number in talkers:
        await callers.hears(number)
        await callers.leaves(number)
    await until(lambda: by_customer(phones).keys() == set(waiters), "who waited is served", within_s=30.0)
    for number in waiters:
        await callers.hears(number)
        await callers.leaves(number)
    await until_contacts(house, dict.fromkeys(callers.numbers, "closed"))
    await all_recorded(house, callers.numbers)
    tolerance_s = 1.5 + callers.stalled_s
    for seconds, talk_s in await rows(house, "SELECT seconds, talk_s FROM recording"):
        assert seconds == pytest.approx(talk_s, abs=tolerance_s), (
            "the talk is recorded whole, also while there was no engine"
        )
    assert len(await contacts(house)) == len(callers.numbers), "each has one contact"
    # Nobody is on the line any more, and Asterisk goes on: its end was called off.
    assert house.endpoints.asterisk_pid == asterisk
    assert await house.stop(within_s=ENDS_S) == 0
    assert not house.runs(asterisk), "with nobody on the line it ends with the engine"


async def test_without_a_next_engine_asterisk_serves_who_is_there_and_is_gone(
    house: House, phones: SippCarrier, callers: Callers
) -> None:
    await at_work(house, phones, 1)
    talker, _ = await callers.call()
    await callers.hears(talker)
    waiter, _ = await callers.call()
    await until_contacts(house, {talker: "connected", waiter: "queued"})
    asterisk = house.endpoints.asterisk_pid

    assert await house.stop(within_s=ENDS_S) == 0
    refused = await asyncio.to_thread(cordboard, house, "asterisk", "run")
    assert refused.returncode == 1
    assert f"runs already (pid {asterisk})" in refused.stderr
    newcomer, _ = await callers.call()
    await callers.hears(talker)
    await callers.leaves(talker)
    waiting = {waiter, newcomer}
    while waiting:  # each notices at his own half second that there is no engine: either may be first
        number = await until(
            lambda: next(iter(waiting & by_customer(phones).keys()), ""), "Asterisk serves one", within_s=30.0
        )
        await callers.hears(number)
        await callers.leaves(number)
        waiting.remove(number)
    await until(lambda: not house.runs(asterisk), "Asterisk ends after the last call", within_s=15.0)
    told = await asyncio.to_thread(cordboard, house, "doctor")
    assert "FAIL  AMI login: Asterisk is not running" in told.stdout

    assert (await house.start()).asterisk_pid != asterisk
    await until_contacts(house, dict.fromkeys(callers.numbers, "closed"))
    await all_recorded(house, callers.numbers)


async def test_a_second_sigterm_ends_calls_too(house: House, phones: SippCarrier, callers: Callers) -> None:
    await at_work(house, phones, 1)
    talker, caller = await callers.call()
    await callers.hears(talker)
    await until_contacts(house, {talker: "connected"})
    asterisk = house.endpoints.asterisk_pid
    house.ask_to_stop()
    await until(lambda: "Stopping: nothing new is offered" in house.tail(), "the engine has heard it")
    house.ask_to_stop()
    assert await house.ended(ENDS_S) == 0
    assert not house.runs(asterisk)
    await caller.over()
    assert caller.left_by_other_side


async def test_a_start_that_is_broken_off_leaves_no_asterisk_behind(house: House) -> None:
    assert await house.stop(within_s=ENDS_S) == 0
    pid_file = house.data / "run/asterisk.pid"
    assert not pid_file.exists()
    await house.launch()
    await until(pid_file.exists, "an Asterisk that boots", every_s=0.01)
    asterisk = int(pid_file.read_text().split()[0])
    assert await house.stop(within_s=ENDS_S) == 0
    assert not house.runs(asterisk)


async def test_whom_we_are_dialing_is_not_left_to_answer_to_nobody(tmp_path: Path) -> None:
    async with fault_lab(tmp_path) as lab:
        number = lab.new_number(SILENT)
        await lab.post_order(number)
        await lab.clerks[0].be("ready")
        await lab.dial(True)
        await lab.carrier.until_called(1)
        asterisk = lab.house.endpoints.asterisk_pid
        assert await lab.house.stop(within_s=ENDS_S) == 0
        await lab.carrier.sipp.until_said("^CANCEL ", sent=False)
        assert [one["outcome"] for one in (await lab.books()).attempts] == ["cancelled"], "it does not count as a try"
        assert not lab.house.runs(asterisk), "nobody is on the line"
