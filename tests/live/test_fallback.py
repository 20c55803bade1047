"""kill -9 of the engine while callers wait: Asterisk's own queue gives them to free operators, and the next engine takes all of it over."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from tests.fakes.callers import RECORDED, Callers, by_customer, contacts, until_contacts
from tests.fakes.desk_phones import DeskPhones
from tests.fakes.house import House, running_house
from tests.fakes.raw_ami import RawAmi
from tests.fakes.sipp import SippCarrier
from tests.fakes.sipp_scenarios import Behaviour
from tests.fakes.wait import until
from tests.fakes.working_day import rows

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

TALKING, WAITING, FREE = 2, 10, 5


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def phones(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SippCarrier]:
    folder = tmp_path_factory.mktemp("phones")
    async with SippCarrier(folder, otherwise=Behaviour(ring_ms=100), tone_hz=440.0) as one:
        yield one


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    folder = tmp_path_factory.mktemp("fallback")
    async with running_house(folder / "house", demo=False, wrap_up_s="1", inbound_number="+74951234567") as one:
        yield one


@pytest_asyncio.fixture(loop_scope="module")
async def callers(house: House, tmp_path: Path) -> AsyncIterator[Callers]:
    async with AsyncExitStack() as stack:
        yield Callers(house, tmp_path, stack)


async def moment(house: House, column: str, number: str) -> float:
    """An instant of this customer's contact (epoch s)."""
    ((stamp,),) = await rows(house, f"SELECT {column} FROM contact WHERE address = ?", number)  # noqa: S608
    return datetime.fromisoformat(str(stamp)).replace(tzinfo=UTC).timestamp()


async def last_heartbeat(house: House) -> int:
    """When the engine was last alive, as Asterisk was told (epoch s)."""
    ami = await RawAmi.connect(house.ports["ami"])
    try:
        await ami.action("Login", Username="engine", Secret=house.ami_secret)
        told = await ami.action("Getvar", Variable="ENGINE_HB")
        return int(told["Value"])
    finally:
        await ami.close()


async def test_waiting_callers_are_served_while_the_engine_is_dead_and_come_back_to_it(
    house: House, phones: SippCarrier, callers: Callers
) -> None:
    staff = DeskPhones(house, f"127.0.0.1:{phones.sipp.port}")
    await staff.add_queue("claims")
    for _ in range(TALKING):
        await staff.says(await staff.hire(["orders"]), "ready")
    for _ in range(FREE):
        await staff.says(await staff.hire(["claims"]), "ready")
    talkers = dict([await callers.call() for _ in range(TALKING)])
    await until(lambda: len(phones.in_talk()) == TALKING, "the first talks")
    waiters = dict([await callers.call() for _ in range(WAITING)])
    await until_contacts(house, dict.fromkeys(talkers, "connected") | dict.fromkeys(waiters, "queued"))
    asterisk = house.endpoints.asterisk_pid

    await house.kill_engine()
    beat = await last_heartbeat(house)
    await until(lambda: len(phones.in_talk()) == TALKING + FREE, "free operators answer", within_s=30.0)
    talks = by_customer(phones)
    served = {number: caller for number, caller in waiters.items() if number in talks}
    left = [number for number in waiters if number not in talks]
    assert talkers.keys() | served.keys() == talks.keys(), "the talks of before go on"
    for caller in served.values():
        await caller.until_hears(440.0)

    # The world goes on without an engine. A talk of before ends, and its operator has the caller who waits longest; a talk that the
    # fallback began ends; somebody gives up; somebody new comes.
    over_before, still_before = talkers
    await callers.leaves(over_before)
    next_one, *_, gives_up = left
    await until(lambda: next_one in by_customer(phones), "the freed operator has the next caller", within_s=30.0)
    over_alone, *talk_on = served
    phones.tell(talks[over_alone])
    await served[over_alone].over()
    await callers.leaves(gives_up)
    newcomer, _ = await callers.call()
    talk_on += [next_one, still_before]
    wait_on = [*(number for number in left if number not in (next_one, gives_up)), newcomer]

    returns = datetime.now(UTC).timestamp()
    endpoints = await house.start()
    assert endpoints.asterisk_pid == asterisk
    # Where the start took longer than app_queue's pause after a talk, the operator who was freed alone has the next in line by now.
    late = [number for number in wait_on if number in by_customer(phones)]
    assert late in ([], wait_on[:1])
    talk_on, wait_on = talk_on + late, wait_on[len(late) :]
    await until_contacts(house, dict.fromkeys(talk_on, "connected") | dict.fromkeys(wait_on, "queued"))
    answered = [await moment(house, "connected_at", number) for number in served]
    assert all(beat < at < returns for at in answered), (beat, answered, returns)
    assert by_customer(phones).keys() == set(talk_on)

    # Whoever was told of nothing has heard nothing of it: the talks end as talks, and those who waited are served by the engine.
    for number in talk_on:
        await callers.hears(number)
        await callers.leaves(number)
    not_yet = set(wait_on)
    while not_yet:
        await until(lambda: by_customer(phones).keys() & not_yet, "the engine serves", within_s=30.0)
        number = (by_customer(phones).keys() & not_yet).pop()
        await callers.hears(number)
        await callers.leaves(number)
        not_yet.remove(number)  # his operator's telephone may learn of it later
    ended = dict.fromkeys(callers.numbers, "closed") | {gives_up: "abandoned"}
    await until_contacts(house, ended)
    assert sorted(number for number, _state in await contacts(house)) == sorted(callers.numbers), "each has one contact"
    talked = sorted(set(callers.numbers) - {gives_up})

    async def recorded() -> bool:
        return sorted(number for (number,) in await rows(house, RECORDED)) == talked

    try:
        await until(recorded, "one recording of each talk", within_s=60.0, every_s=0.5)
    except AssertionError as error:
        kept = await rows(house, "SELECT contact_id, take, state, talk_s, seconds FROM recording")
        served_as = await rows(house, "SELECT id, address, wire_key, state, talk_s FROM contact")
        raise AssertionError(
            f"{error}: {kept} of {served_as}; {list((house.data / 'recordings-raw').iterdir())}"
        ) from None
