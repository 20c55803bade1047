"""Two engines on one PostgreSQL and one Asterisk: one leads, the other stands by; no call hears of the change."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from tests.fakes.databases import PostgresServer
from tests.fakes.house import House, running_house
from tests.fakes.sipp import SippCaller, SippCarrier
from tests.fakes.two_engines import TwoEngines, two_engines
from tests.fakes.wait import until

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

TALKS, WAITS = "+79161234567", "+79161234568"
NAMES = ("anna", "boris")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[TwoEngines, SippCarrier]]:
    """Two engines, and two operators' desk phones that sound like 440 Hz."""
    folder = tmp_path_factory.mktemp("standby")
    async with two_engines(postgres_server, folder) as pair, SippCarrier(folder, tone_hz=440.0) as phones:
        await pair.hire(pair.a, phones.uri.removeprefix("sip:"), NAMES)
        yield pair, phones


@dataclass
class Callers:
    """One talks with Anna, one waits."""

    talks: SippCaller
    waits: SippCaller

    def are_on_the_line(self) -> bool:
        return not self.talks.left_by_other_side and not self.waits.left_by_other_side


async def two_callers(stack: AsyncExitStack, pair: TwoEngines, leader: House, folder: Path) -> Callers:
    await pair.set_state(leader, NAMES[0], "ready")
    talks = await stack.enter_async_context(pair.call_in(folder, TALKS))
    await talks.answered()
    await talks.until_hears(440.0)
    await pair.until_contact(TALKS, "connected")
    waits = await stack.enter_async_context(pair.call_in(folder, WAITS))
    await waits.answered()
    await pair.until_contact(WAITS, "queued")
    return Callers(talks, waits)


async def served_and_over(pair: TwoEngines, leader: House, callers: Callers) -> None:
    """The talk goes on, who waits is served by the new leader, and both end as calls end."""
    heard_s = callers.talks.peer.heard_s(callers.talks.far)
    await pair.set_state(leader, NAMES[1], "ready")
    await callers.waits.until_hears(440.0)
    await pair.until_contact(WAITS, "connected")
    await until(lambda: callers.talks.peer.heard_s(callers.talks.far) >= heard_s + 1.0, "the talk goes on")
    assert callers.talks.hears().is_tone(440.0)
    assert callers.are_on_the_line()
    for name in NAMES:
        await pair.set_state(leader, name, "logged_out")
    for caller, address in ((callers.talks, TALKS), (callers.waits, WAITS)):
        caller.hang_up()
        await caller.over()
        await pair.until_contact(address, "closed")


async def test_a_leader_that_stands_still_is_followed_and_says_nothing_when_it_wakes(
    site: tuple[TwoEngines, SippCarrier], tmp_path: Path
) -> None:
    pair, _phones = site
    old = await pair.epoch()
    async with AsyncExitStack() as stack:
        callers = await two_callers(stack, pair, pair.a, tmp_path)
        heard_s = callers.talks.peer.heard_s(callers.talks.far)
        pair.a.stand_still()
        await pair.b.ready(within_s=10.0)
        new = await pair.epoch()
        assert new == old + 1
        await until(
            lambda: callers.talks.peer.heard_s(callers.talks.far) >= heard_s + 10.0, "ten seconds of talk meanwhile"
        )
        pair.a.go_on()
        await pair.a.stands_by()
        await served_and_over(pair, pair.b, callers)
    assert pair.proxy.of(old) != []
    assert [one for one in pair.proxy.after_the_first_of(new) if one.epoch != new] == []
    assert await pair.written_by(pair.a) == {old}
    assert await pair.written_by(pair.b) == {new}
    assert await pair.epoch() == new


async def test_a_leader_that_is_told_to_stop_hands_over_and_drops_no_call(
    site: tuple[TwoEngines, SippCarrier], tmp_path: Path
) -> None:
    pair, _phones = site
    old = await pair.epoch()
    async with AsyncExitStack() as stack:
        callers = await two_callers(stack, pair, pair.b, tmp_path)
        assert await pair.b.stop() == 0
        await pair.a.ready()
        await served_and_over(pair, pair.a, callers)
    new = await pair.epoch()
    assert new == old + 1
    assert [one for one in pair.proxy.after_the_first_of(new) if one.epoch != new] == []
    assert pair.asterisk_runs()


async def test_sigterm_of_the_leader_under_load_drops_no_call(
    site: tuple[TwoEngines, SippCarrier], tmp_path: Path
) -> None:
    """All operators talk, three customers wait, and one comes in the very moment in which nobody leads."""
    pair, _phones = site
    await pair.b.launch()
    await pair.b.stands_by()
    async with AsyncExitStack() as stack:

        async def call(address: str) -> SippCaller:
            caller = await stack.enter_async_context(pair.call_in(tmp_path, address))
            await caller.answered()
            return caller

        talk, wait = numbers("+7916200000", len(NAMES)), numbers("+7916300000", 3)
        callers = {address: await call(address) for address in talk}
        for name in NAMES:
            await pair.set_state(pair.a, name, "ready")
        for address in talk:
            await pair.until_contact(address, "connected")
        callers |= {address: await call(address) for address in wait}
        for address in wait:
            await pair.until_contact(address, "queued")
        leaving = asyncio.create_task(pair.a.stop())
        late = "+79164000000"
        callers[late] = await call(late)
        assert await leaving == 0
        await pair.b.ready()
        await pair.until_contact(late, "queued")
        for address in (*talk, *wait, late):
            await pair.until_contact(address, "connected", within_s=30.0)
            await callers[address].until_hears(440.0)
            assert not callers[address].left_by_other_side, address
            callers[address].hang_up()
            await callers[address].over()
        for address in callers:
            await pair.until_contact(address, "closed")
        for name in NAMES:
            await pair.set_state(pair.b, name, "logged_out")
    assert pair.asterisk_runs()


def numbers(stem: str, count: int) -> list[str]:
    return [f"{stem}{index}" for index in range(count)]


async def test_an_engine_s_own_asterisk_goes_on_for_the_next_and_ends_with_the_last(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    """The other way to run two: the first engine's Asterisk. It is left only to an engine that takes over."""
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(postgres_server.fresh())
        first = await stack.enter_async_context(running_house(tmp_path / "first", demo=False, database_url=url))
        asterisk = first.endpoints.asterisk_pid
        settings = {"CORDBOARD_DATABASE_URL": url, "CORDBOARD_ASTERISK_OF": str(first.data)}
        second = House(tmp_path / "second", demo=False, settings=settings)
        stack.push_async_callback(second.close)
        await second.launch()
        await second.stands_by()
        told = first.endpoints
        async with SippCaller(tmp_path, told.sip, told.inbound_number) as caller:
            await caller.answered()
            assert await first.stop() == 0
            assert (await second.ready()).asterisk_pid == asterisk
            assert not caller.left_by_other_side
        await first.launch()
        await first.stands_by()
        await second.kill_engine()
        await first.ready()
        assert first.endpoints.asterisk_pid == asterisk
        assert await first.stop() == 0
        assert not first.runs(asterisk)


async def test_a_database_that_is_away_costs_the_lead_and_no_call(tmp_path: Path) -> None:
    """The engine waits for it in the same process, says so to whoever asks, and leads as soon as it is back."""
    postgres = await asyncio.to_thread(PostgresServer.start)
    try:
        async with (
            postgres.fresh() as url,
            running_house(tmp_path / "house", demo=False, database_url=url) as house,
            SippCaller(tmp_path, house.endpoints.sip, house.endpoints.inbound_number) as caller,
        ):
            await caller.answered()
            before = house.endpoints
            await asyncio.to_thread(postgres.crash)
            await house.stands_by()
            await asyncio.to_thread(postgres.start_again)
            assert await house.ready() == before
            assert not caller.left_by_other_side
    finally:
        await asyncio.to_thread(postgres.stop)


async def test_of_two_that_start_at_once_on_an_empty_database_one_leads(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(postgres_server.fresh())
        both = [
            House(tmp_path / name, demo=False, settings={"CORDBOARD_DATABASE_URL": url}) for name in ("one", "other")
        ]
        for house in both:
            stack.push_async_callback(house.close)
        await asyncio.gather(*(house.launch() for house in both))
        ready = [asyncio.create_task(house.ready(60.0)) for house in both]
        waits = [asyncio.create_task(house.stands_by(60.0)) for house in both]
        await asyncio.wait(ready, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        assert [task.done() for task in ready] == [not task.done() for task in waits]
        for task in (*ready, *waits):
            task.cancel()
        await asyncio.gather(*ready, *waits, return_exceptions=True)
