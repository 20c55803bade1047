"""Waiting, whole: callers told their place in Russian, one who keeps it and is called back in turn, one who leaves a message."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.fakes.house import House, running_house
from tests.fakes.prompt_ear import hears_in_order
from tests.fakes.sipp import SippCaller, SippCarrier
from tests.fakes.sipp_scenarios import Behaviour, refuses
from tests.fakes.wait import until
from tests.fakes.working_day import Seat, Supervisor, call_in, rows

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

KEPT, LATER = "+79167770101", "+79167770102"
EVERY_S = 15


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def carrier(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SippCarrier]:
    plan = [(r"\+*79167770101", Behaviour(ring_ms=300))]
    async with SippCarrier(tmp_path_factory.mktemp("carrier"), plan, otherwise=refuses(486), tone_hz=620.0) as one:
        yield one


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory, carrier: SippCarrier) -> AsyncIterator[House]:
    async with running_house(tmp_path_factory.mktemp("waiting") / "house", trunk=carrier.uri, ring_s="10") as one:
        yield one


async def queue_rules(supervisor: Supervisor, **rules: Any) -> None:
    """Set the one queue up as its page would."""
    body = {"name_ru": "Заказы", "name_en": "Orders", **rules}
    address = f"{supervisor.screen.base}/api/v1/queue-setup/queues/orders"
    answer = await supervisor.screen.page.request.put(address, data=body)
    assert answer.ok, await answer.text()


async def until_told(house: House, caller: SippCaller, *names: str, within_s: float = 60.0) -> None:
    """Wait until the caller has heard these prompts, one right after the other."""
    folder = house.data / "asterisk/share/prompts"

    def listen() -> bool:
        return hears_in_order(caller.peer.sound(caller.far), folder, "ru", names)

    await until(listen, f"{names} at the caller's ear", within_s=within_s, every_s=1.0)


async def test_callers_hear_their_place_and_the_expected_wait(
    house: House, supervisor: Supervisor, seat: Seat, tmp_path: Path
) -> None:
    await queue_rules(supervisor, announce_every_s=EVERY_S, keep_place=True)
    desk = await seat()
    async with call_in(house, tmp_path) as talks:
        await talks.answered()
        await desk.until_rings()
        await desk.answer()
        async with call_in(house, tmp_path, caller_id=KEPT) as first:
            await first.answered()
            async with call_in(house, tmp_path, caller_id=LATER) as second:
                await second.answered()
                # A call is thought to take four minutes until one has shown its length, and one operator is at work.
                await until_told(house, first, "you-are-next", "wait-4", "callback-offer")
                told = ("position", "n-2", "please-wait", "wait", "n-8", "minutes", "callback-offer")
                await until_told(house, second, *told)
                await until(lambda: second.hears().loudness > 0.005, "music again")
                second.hang_up()
                await second.over()
            first.hang_up()
            await first.over()
        await talks.until_hears(440.0)
        await desk.finish()


async def test_who_keeps_his_place_is_called_back_once_and_before_those_who_came_later(
    house: House, supervisor: Supervisor, carrier: SippCarrier, seat: Seat, tmp_path: Path
) -> None:
    await queue_rules(supervisor, announce_every_s=EVERY_S, keep_place=True)
    async with call_in(house, tmp_path, caller_id=KEPT) as early:
        await early.answered()
        await until(lambda: early.hears().loudness > 0.005, "music")
        early.press("1")
        await until_told(house, early, "callback-kept")
        await early.over()
        assert early.left_by_other_side
    async with call_in(house, tmp_path, caller_id=LATER) as late:
        await late.answered()
        await until(lambda: late.hears().loudness > 0.005, "music")
        desk = await seat()
        await desk.until_talks(within_s=40.0)
        assert [number.lstrip("+") for number in carrier.numbers()] == [KEPT.lstrip("+")]
        (invite,) = carrier.in_talk()
        await until(lambda: carrier.hears(invite).is_tone(440.0), "the operator at the customer's ear")
        await desk.screen.until_hears(620.0)
        await desk.screen.shoot("called-back")
        assert not late.hears().is_tone(440.0)
        await desk.hang_up()
        await desk.until_phase("wrap.*")
        await desk.write_result("consulted")
        await desk.until_rings(within_s=40.0)
        await desk.answer()
        await late.until_hears(440.0)
        await desk.finish()
    assert len(carrier.numbers()) == 1
    found = await rows(
        house, "SELECT state, lost_reason, direction FROM contact WHERE address = ? ORDER BY arrived_at, id", KEPT
    )
    assert sorted(found[-2:]) == sorted([("overflowed", "callback", "inbound"), ("closed", None, "outbound")])
    assert desk.screen.complaints == []


async def test_a_message_left_is_kept_under_its_contact(house: House, supervisor: Supervisor, tmp_path: Path) -> None:
    await queue_rules(supervisor, overflow=[{"when": "wait", "after_s": 3, "action": "voicemail"}])
    async with call_in(house, tmp_path, caller_id=LATER) as caller:
        await caller.answered()
        await until_told(house, caller, "nobody-free", "leave-message", "beep")
        said = caller.peer.heard_s(caller.far)
        await until(lambda: caller.peer.heard_s(caller.far) >= said + 4.0, "four seconds of message")
        caller.hang_up()
        await caller.over()

    async def kept() -> list[tuple[Any, ...]]:
        return await rows(
            house,
            "SELECT recording.state, contact.state, contact.lost_reason, recording.seconds FROM recording"
            " JOIN contact ON contact.id = recording.contact_id WHERE contact.address = ? AND contact.lost_reason = 'voicemail'",
            LATER,
        )

    ((recording, state, reason, seconds),) = await until(kept, "the recording of the message", within_s=40.0)
    assert (recording, state, reason) == ("ok", "overflowed", "voicemail")
    assert seconds >= 3.5
    await queue_rules(supervisor)


async def test_a_message_that_says_goodbye(house: House, supervisor: Supervisor, tmp_path: Path) -> None:
    await queue_rules(supervisor, overflow=[{"when": "wait", "after_s": 3, "action": "message"}])
    async with call_in(house, tmp_path, caller_id=LATER) as caller:
        await caller.answered()
        await until_told(house, caller, "nobody-free", "call-later", "goodbye")
        await caller.over()
        assert caller.left_by_other_side
    await queue_rules(supervisor)
