"""kill -9: the talk outlives the engine; Asterisk's death costs one talk, which becomes a callback."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.fakes.browser import Screen
from tests.fakes.ear import hear_file
from tests.fakes.house import House, running_house
from tests.fakes.operator import OperatorDesk
from tests.fakes.raw_ami import RawAmi
from tests.fakes.wait import until
from tests.fakes.working_day import CUSTOMER, Seat, Supervisor, call_in, newest_recording, order, post_orders

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with running_house(tmp_path_factory.mktemp("survival") / "house") as one:
        yield one


async def test_the_talk_outlives_the_engine(house: House, seat: Seat, quality: Screen, tmp_path: Path) -> None:
    await post_orders(house, order("К-7100"))
    desk = await seat()
    async with call_in(house, tmp_path) as caller:
        await caller.answered()
        await desk.until_rings()
        await desk.answer()
        await caller.until_hears(440.0)
        contact = await desk.contact()
        asterisk = house.endpoints.asterisk_pid

        await house.kill_engine()
        heard_before = caller.peer.heard_s(caller.far)
        await until(lambda: caller.peer.heard_s(caller.far) >= heard_before + 1.0, "sound goes on")
        assert caller.hears().is_tone(440.0)
        await desk.screen.until_hears(700.0)
        assert await desk.phone() == "in-call"
        await desk.screen.shoot("engine-gone")

        endpoints = await house.start()
        assert endpoints.asterisk_pid == asterisk
        await desk.until_phase("talking", within_s=15.0)
        assert await desk.contact() == contact
        await desk.screen.until_shows("[data-pane=main]", "К-7100")
        assert caller.hears().is_tone(440.0)
        await desk.hang_up()
        await caller.over()
        await desk.until_phase("wrap.*")
        await desk.write_result("consulted")
        await desk.until_phase("ready")
    _recording, sound = await newest_recording(quality, tmp_path)
    left, right = hear_file(sound)
    assert left.is_tone(440.0), left
    assert right.is_tone(700.0), right


async def test_an_operator_answers_while_the_engine_is_dead(house: House, seat: Seat, tmp_path: Path) -> None:
    """Nobody can show her a card; her telephone rings all the same, and the next engine takes the talk over."""
    desk = await seat()
    await until(lambda: mirrored(house), "she is in Asterisk's own queue")
    await house.kill_engine()
    async with call_in(house, tmp_path) as caller:
        await caller.answered()
        answer = desk.page.locator("#lost [data-alone]")
        await answer.wait_for(timeout=30_000)
        await desk.screen.shoot("engine-gone-ringing")
        await answer.click()
        await caller.until_hears(440.0)
        await desk.screen.until_hears(700.0)
        await house.start()
        await desk.until_phase("talking", within_s=15.0)
        assert caller.hears().is_tone(440.0)
        await desk.hang_up()
        await caller.over()
        await desk.until_phase("wrap.*")
        await desk.write_result("consulted")
        await desk.until_phase("ready")


async def mirrored(house: House) -> bool:
    """Whether Asterisk would ring anybody."""
    ami = await RawAmi.connect(house.ports["ami"])
    try:
        await ami.action("Login", Username="engine", Secret=house.ami_secret)
        await ami.action("QueueStatus", Queue="fallback")
        await ami.event("the whole list", lambda event: event.get("Event") == "QueueStatusComplete")
        return any(event.get("Event") == "QueueMember" and event["Paused"] == "0" for event in ami.events)
    finally:
        await ami.close()


async def test_asterisk_dies_and_the_lost_talk_is_a_callback(
    house: House, seat: Seat, supervisor: Supervisor, tmp_path: Path
) -> None:
    await post_orders(house, order("К-7101"))
    desk = await seat()
    other = await seat(1)
    async with call_in(house, tmp_path) as caller:
        await caller.answered()
        talking, free = (desk, other) if await _rings_at(desk, other) else (other, desk)
        await talking.answer()
        await caller.until_hears(440.0)
        dead = house.kill_asterisk()
        await until(lambda: house.endpoints.asterisk_pid != dead, "another Asterisk", within_s=15.0)
        await free.until_phone("registered", within_s=15.0)
        await free.until_phase("ready", within_s=15.0)
        await talking.screen.shoot("asterisk-died")

    async def promised() -> bool:
        return any(lead["is_callback"] and lead["phone"] == CUSTOMER for lead in await supervisor.leads())

    await until(promised, "the lost talk among the callbacks", within_s=15.0)
    # The new Asterisk takes calls.
    async with call_in(house, tmp_path, caller_id="+79161234568") as caller:
        await caller.answered()
        await free.until_rings(within_s=30.0)
        await free.answer()
        await caller.until_hears(440.0)
        await free.finish()


async def _rings_at(desk: OperatorDesk, other: OperatorDesk) -> bool:
    """Whether it is the first of the two whose page rings."""

    async def ringing() -> tuple[bool, bool] | None:
        both = (await desk.phase() == "ringing", await other.phase() == "ringing")
        return both if any(both) else None

    return (await until(ringing, "one of two operators rings"))[0]
