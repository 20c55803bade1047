"""Spoken dialogs, whole: callers with keys book a call from the queue and after hours, move it, cancel it, leave it, and lose the engine.

The booking service is the tests' small one (tests/fakes/booking_house.py); everything else is the house.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from cordboard.telephony.booking_by_phone import Slot
from cordboard.telephony.spoken import day_words, digits_words, span_words
from tests.fakes.booking_house import read, slots_ahead, zone_at_noon
from tests.fakes.house import House, running_house
from tests.fakes.prompt_ear import until_told
from tests.fakes.sipp import SippCaller
from tests.fakes.wait import until
from tests.fakes.working_day import Seat, Supervisor, call_in, order, post_orders, rows

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

# Freephone numbers of no country: the house takes its own time zone for theirs.
BOOKS, AT_NIGHT, LEAVES, WAITS, ENGINE, ENGLISH = (f"+800123456{number:02}" for number in range(6))
ZONE_NAME = zone_at_noon(datetime.now(UTC))
ZONE = ZoneInfo(ZONE_NAME)
ALL_DAY_CLOSED = {"time_zone": "Europe/Moscow", "week": [None] * 7, "holidays": []}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    folder = tmp_path_factory.mktemp("ivr") / "house"
    async with running_house(folder, module="tests.fakes.booking_house", ring_s="10", time_zone=ZONE_NAME) as one:
        yield one


async def queue_rules(supervisor: Supervisor, **rules: Any) -> None:
    """Set the one queue up as its page would."""
    body = {"name_ru": "Заказы", "name_en": "Orders", "keep_place": True, **rules}
    address = f"{supervisor.screen.base}/api/v1/queue-setup/queues/orders"
    answer = await supervisor.screen.page.request.put(address, data=body)
    assert answer.ok, await answer.text()


def booked(house: House) -> dict[str, list[str]]:
    """The slot of each booking, by number; [] for as soon as possible."""
    return {one["number"]: one["slot"] for one in read(house.data / "bookings.json")}


def plain(slot: Slot) -> list[str]:
    return [slot.starts.isoformat(), slot.ends.isoformat()]


def when(slot: Slot, language: str = "ru") -> tuple[str, ...]:
    starts, ends = slot.starts.astimezone(ZONE), slot.ends.astimezone(ZONE)
    today = datetime.now(UTC).astimezone(ZONE).date()
    return (*day_words(starts.date(), today, language), *span_words(starts, ends, language))


async def ended(house: House, number: str) -> tuple[Any, ...]:
    """(state, reason) of the newest contact of this number, once it has ended."""

    async def look() -> tuple[Any, ...] | None:
        query = "SELECT state, lost_reason FROM contact WHERE address = ? ORDER BY arrived_at DESC LIMIT 1"
        ((state, reason),) = await rows(house, query, number)
        return (state, reason) if state in ("overflowed", "abandoned", "closed") else None

    return await until(look, f"the end of the contact of {number}")


async def music(caller: SippCaller) -> None:
    await caller.answered()
    await until(lambda: caller.hears().loudness > 0.005, "music")


async def greet(house: House, caller: SippCaller, number: str) -> None:
    """From the queue, by key two, in Russian by key one; the number is right."""
    await music(caller)
    caller.press("2")
    await until_told(house.data, caller, "in-russian")
    caller.press("1")
    await until_told(house.data, caller, "call-to-number", *digits_words(number), "number-or-other")
    caller.press("1#")


async def test_a_caller_books_from_the_queue_and_hears_it_said_back(
    house: House, supervisor: Supervisor, tmp_path: Path
) -> None:
    await queue_rules(supervisor)
    slot = slots_ahead(datetime.now(UTC), ZONE)[1]
    async with call_in(house, tmp_path, caller_id=BOOKS) as caller:
        await greet(house, caller, BOOKS)
        await until_told(house.data, caller, "call-soon", "in-3", "press-1", "call-tomorrow", "press-3")
        caller.press("3")
        spans = [
            span_words(one.starts.astimezone(ZONE), one.ends.astimezone(ZONE), "ru")
            for one in slots_ahead(datetime.now(UTC), ZONE)[:2]
        ]
        await until_told(house.data, caller, "free-times", *spans[0], "press-1", *spans[1], "press-2")
        caller.press("2")
        await until_told(
            house.data, caller, "we-call", *when(slot), "on-number", *digits_words(BOOKS), "confirm-or-change"
        )
        assert booked(house) == {}
        caller.press("1")
        await until_told(house.data, caller, "booked")
        await caller.over()
        assert caller.left_by_other_side
    assert booked(house) == {BOOKS: plain(slot)}
    assert await ended(house, BOOKS) == ("overflowed", "booked")


async def test_he_calls_again_and_moves_it(house: House, supervisor: Supervisor, tmp_path: Path) -> None:
    await queue_rules(supervisor)
    before, after = slots_ahead(datetime.now(UTC), ZONE)[1], slots_ahead(datetime.now(UTC), ZONE)[3]
    async with call_in(house, tmp_path, caller_id=BOOKS) as caller:
        await music(caller)
        caller.press("2")
        await until_told(house.data, caller, "in-russian")
        caller.press("1")
        await until_told(house.data, caller, "booked-already", *when(before), "move-or-cancel")
        caller.press("1")
        await until_told(house.data, caller, "call-day-after", "press-4")
        caller.press("4")
        await until_told(house.data, caller, "free-times")
        caller.press("1")
        await until_told(house.data, caller, "we-call", *when(after), "on-number")
        caller.press("1")
        await until_told(house.data, caller, "moved")
        await caller.over()
    assert booked(house) == {BOOKS: plain(after)}
    assert await ended(house, BOOKS) == ("overflowed", "booked")


async def test_he_cancels_it_waits_on_and_an_operator_answers(
    house: House, supervisor: Supervisor, seat: Seat, tmp_path: Path
) -> None:
    await queue_rules(supervisor)
    async with call_in(house, tmp_path, caller_id=BOOKS) as caller:
        await music(caller)
        caller.press("2")
        await until_told(house.data, caller, "in-russian")
        desk = await seat()  # free from now on, and not offered to whom is in a dialog
        caller.press("1")
        await until_told(house.data, caller, "booked-already")
        assert not caller.hears().is_tone(440.0)
        caller.press("2")
        await until_told(house.data, caller, "cancelled", "stay-for-operator")
        await desk.until_rings()
        await desk.answer()
        await caller.until_hears(440.0)
        await desk.finish()
    assert booked(house) == {}


async def test_a_hangup_in_the_middle_books_nothing(house: House, supervisor: Supervisor, tmp_path: Path) -> None:
    await queue_rules(supervisor)
    async with call_in(house, tmp_path, caller_id=LEAVES) as caller:
        await greet(house, caller, LEAVES)
        await until_told(house.data, caller, "call-soon", "in-3", "press-1")
        caller.press("1")
        await until_told(house.data, caller, "we-call-soon", "in-3", "on-number")
        caller.hang_up()
        await caller.over()
    assert (await ended(house, LEAVES))[0] == "abandoned"
    assert booked(house) == {}


async def test_after_hours_he_books_in_english(house: House, supervisor: Supervisor, tmp_path: Path) -> None:
    await queue_rules(supervisor, hours=ALL_DAY_CLOSED, overflow=[{"when": "closed", "after_s": 0, "action": "book"}])
    slot = slots_ahead(datetime.now(UTC), ZONE)[0]
    async with call_in(house, tmp_path, caller_id=AT_NIGHT) as caller:
        await caller.answered()
        await until_told(house.data, caller, "in-english", language="en")
        caller.press("2")
        await until_told(house.data, caller, "closed", "book-offer", "press-2", language="en")
        caller.press("2")
        await until_told(
            house.data, caller, "call-to-number", *digits_words(AT_NIGHT), "number-or-other", language="en"
        )
        caller.press("1#")
        await until_told(house.data, caller, "call-tomorrow", "press-3", language="en")
        caller.press("3")
        await until_told(
            house.data,
            caller,
            "free-times",
            *span_words(slot.starts.astimezone(ZONE), slot.ends.astimezone(ZONE), "en"),
            "press-1",
            language="en",
        )
        caller.press("1")
        await until_told(house.data, caller, "we-call", *when(slot, "en"), "on-number", language="en")
        caller.press("1")
        await until_told(house.data, caller, "booked", language="en")
        await caller.over()
        assert caller.left_by_other_side
    assert booked(house) == {AT_NIGHT: plain(slot)}
    assert await ended(house, AT_NIGHT) == ("overflowed", "book")


async def test_after_hours_a_customer_hears_of_his_order_in_his_language(
    house: House, supervisor: Supervisor, tmp_path: Path
) -> None:
    await queue_rules(supervisor, hours=ALL_DAY_CLOSED, overflow=[{"when": "closed", "after_s": 0, "action": "book"}])
    await post_orders(house, order("90417", WAITS))
    async with call_in(house, tmp_path, caller_id=WAITS) as caller:
        await caller.answered()
        await until_told(house.data, caller, "closed", "order-offer", "press-1", "book-offer", "press-2")
        caller.press("1")
        await until_told(house.data, caller, "order-number", *digits_words("90417"), "order-new", "order-offer")
        caller.hang_up()
        await caller.over()


async def test_the_engine_dies_in_the_middle_and_nobody_is_dropped(
    house: House, supervisor: Supervisor, tmp_path: Path
) -> None:
    await queue_rules(supervisor)
    async with call_in(house, tmp_path, caller_id=ENGINE) as caller:
        await greet(house, caller, ENGINE)
        await until_told(house.data, caller, "call-soon")
        await house.kill_engine()
        await until(lambda: caller.hears().loudness > 0.005, "music", within_s=30.0)
        assert not caller.left_by_other_side
        await house.start()

        async def waits() -> bool:
            query = "SELECT state, not_before FROM contact WHERE address = ?"
            return await rows(house, query, ENGINE) == [("queued", None)]

        await until(waits, "he waits again, held back by nothing", within_s=40.0)
        caller.hang_up()
        await caller.over()
    assert ENGINE not in booked(house)
