"""Promised calls are kept: by API and by keys on the telephone booked, moved, cancelled; dialed at their minute, and once.

Nobody waits for half hours here. While the house is stopped, all that was promised comes nearer by the same span, as if that much time had
gone by in the night.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from cordboard.telephony.spoken import digits_words
from tests.fakes.house import House, running_house
from tests.fakes.prompt_ear import until_told
from tests.fakes.sipp import Invite, SippCaller, SippCarrier
from tests.fakes.sipp_scenarios import Behaviour, refuses
from tests.fakes.wait import until
from tests.fakes.working_day import Seat, Supervisor, call_in, order, post_orders, rows

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

OURS = "7916558"
KEPT, MOVED, DROPPED, NEXT = (f"+{OURS}010{n}" for n in range(4))
SPOKEN, LOST, MADE = (f"+{OURS}020{n}" for n in range(3))
PLAN = [(rf"\+*{OURS}010[0-2]", Behaviour(ring_ms=300)), (rf"\+*{OURS}02..", Behaviour(ring_ms=300))]
AHEAD = timedelta(seconds=25)
"""What was promised first is so far off when the house is back: time enough to start it and to sit down."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def carrier(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SippCarrier]:
    async with SippCarrier(tmp_path_factory.mktemp("carrier"), PLAN, otherwise=refuses(486)) as one:
        yield one


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory, carrier: SippCarrier) -> AsyncIterator[House]:
    place = tmp_path_factory.mktemp("promised") / "house"
    async with running_house(place, trunk=carrier.uri, dial_ring_s="15", ring_s="10") as one:
        yield one


def calls_to(carrier: SippCarrier, number: str) -> list[Invite]:
    return [invite for invite in carrier.invites() if invite.number.lstrip("+") == number.lstrip("+")]


async def due(house: House, number: str) -> datetime:
    """When the lead of this number is to be called."""
    ((at,),) = await rows(house, "SELECT due_at FROM lead WHERE phone = ?", number)
    return datetime.fromisoformat(str(at)).replace(tzinfo=UTC)


async def until_nearly(house: House, number: str) -> datetime:
    """Stop the house, let time go by until the call to this number is nearly due, and start again. Returns when it is due now."""
    span = await due(house, number) - datetime.now(UTC) - AHEAD
    await house.stop()

    def bring_nearer() -> None:
        with closing(sqlite3.connect(house.data / "cordboard.sqlite3")) as db:
            for table, columns in (("lead", ("due_at", "due_by")), ("booking", ("starts_at", "ends_at"))):
                for row_id, *ats in db.execute(f"SELECT id, {', '.join(columns)} FROM {table}").fetchall():  # noqa: S608
                    for column, at in zip(columns, ats, strict=True):
                        if at is not None:
                            nearer = (datetime.fromisoformat(at) - span).strftime("%Y-%m-%d %H:%M:%S.%f")
                            db.execute(f"UPDATE {table} SET {column} = ? WHERE id = ?", (nearer, row_id))  # noqa: S608
            db.commit()

    await asyncio.to_thread(bring_nearer)
    await house.start()
    return await due(house, number)


async def slots_of_tomorrow(shop: Any) -> list[str]:
    tomorrow = datetime.now(ZoneInfo("Europe/Moscow")).date() + timedelta(days=1)
    answer = await shop.get("/api/v1/callbacks/slots", params={"day": tomorrow.isoformat()})
    return [slot["starts_at"] for slot in answer.json() if slot["free"] > 1]


async def state_of(house: House, number: str) -> list[tuple[Any, ...]]:
    return await rows(house, "SELECT state FROM booking WHERE phone = ?", number)


async def sit_until_called(carrier: SippCarrier, number: str, seat: Seat, at: datetime) -> None:
    """An operator is there before the minute; the call comes in it, and is talked through."""
    desk = await seat()
    assert datetime.now(UTC) < at, "the house took too long to come back: nothing is shown by this"
    (invite,) = await until(lambda: calls_to(carrier, number), f"the call that was promised to {number}", within_s=60.0)
    assert at <= invite.moment < at + timedelta(minutes=1)
    await desk.until_talks()
    await desk.finish("consulted")


async def test_a_booked_call_comes_at_its_minute_a_moved_one_at_the_new_one_a_cancelled_one_never(
    house: House, carrier: SippCarrier, supervisor: Supervisor, seat: Seat
) -> None:
    async with house.api() as shop:
        first, second, *_ = await slots_of_tomorrow(shop)
        booked = {}
        for number in (KEPT, MOVED, DROPPED):
            answer = await shop.post("/api/v1/callbacks", json={"phone": number, "name": "Анна", "starts_at": first})
            assert answer.status_code == 201, answer.text
            booked[number] = answer.json()["id"]
        answer = await shop.patch(f"/api/v1/callbacks/{booked[MOVED]}", json={"starts_at": second})
        assert answer.status_code == 200, answer.text
        answer = await shop.delete(f"/api/v1/callbacks/{booked[DROPPED]}")
        assert answer.status_code == 200, answer.text
    await supervisor.tell("start")

    at = await until_nearly(house, KEPT)
    await sit_until_called(carrier, KEPT, seat, at)
    assert await due(house, MOVED) == at + timedelta(minutes=30)
    assert calls_to(carrier, MOVED) == []

    at = await until_nearly(house, MOVED)
    await sit_until_called(carrier, MOVED, seat, at)
    # Once: the next order goes out, and none of the promised ones has been dialed again.
    await post_orders(house, order("О-103", NEXT, kopecks=99_000_000))
    await until(lambda: calls_to(carrier, NEXT), "the next call", within_s=60.0)
    assert [len(calls_to(carrier, number)) for number in (KEPT, MOVED, DROPPED)] == [1, 1, 0]
    assert [await state_of(house, number) for number in (KEPT, MOVED, DROPPED)] == [
        [("done",)],
        [("done",)],
        [("cancelled",)],
    ]


async def books_the_first_time_of_tomorrow(house: House, caller: SippCaller, number: str) -> None:
    """Everything but the last key, which confirms. All is listened to."""
    await begins(house, caller)
    await until_told(house.data, caller, "call-to-number", *digits_words(number), "number-or-other")
    caller.press("1#")
    await until_told(house.data, caller, "call-tomorrow", "press-3")
    caller.press("3")
    await until_told(house.data, caller, "free-times")
    caller.press("1")
    await until_told(house.data, caller, "we-call", "tomorrow")
    await until_told(house.data, caller, "on-number", *digits_words(number), "confirm-or-change")


async def begins(house: House, caller: SippCaller) -> None:
    """From the music to the first question."""
    await caller.answered()
    await until(lambda: caller.hears().loudness > 0.005, "music")
    caller.press("2")
    await until_told(house.data, caller, "in-russian")
    caller.press("1")


async def books_without_listening(house: House, caller: SippCaller) -> None:
    """The same by somebody in a hurry, who presses his keys as each question begins."""
    await begins(house, caller)
    for question, keys in (("call-to-number", "1#"), ("call-tomorrow", "3"), ("free-times", "1")):
        await until_told(house.data, caller, question)
        caller.press(keys)
    await until_told(house.data, caller, "we-call")


async def keep_places(supervisor: Supervisor) -> None:
    """The queue lets callers choose a time."""
    body = {"name_ru": "Заказы", "name_en": "Orders", "keep_place": True}
    address = f"{supervisor.screen.base}/api/v1/queue-setup/queues/orders"
    answer = await supervisor.screen.page.request.put(address, data=body)
    assert answer.ok, await answer.text()


async def test_a_call_booked_by_keys_comes_at_its_minute_and_is_completed_once(
    house: House, carrier: SippCarrier, supervisor: Supervisor, seat: Seat, tmp_path: Path
) -> None:
    await keep_places(supervisor)
    async with call_in(house, tmp_path, caller_id=SPOKEN) as caller:
        await books_the_first_time_of_tomorrow(house, caller, SPOKEN)
        caller.press("1")
        await until_told(house.data, caller, "booked")
        await caller.over()
    assert await rows(house, "SELECT state, source FROM booking WHERE phone = ?", SPOKEN) == [("booked", "phone")]
    assert calls_to(carrier, SPOKEN) == []
    await supervisor.tell("start")
    at = await until_nearly(house, SPOKEN)
    await sit_until_called(carrier, SPOKEN, seat, at)

    async def kept() -> bool:
        return await state_of(house, SPOKEN) == [("done",)]

    await until(kept, "the booking completed")
    ended = await rows(house, "SELECT outcome FROM attempt WHERE number = ?", SPOKEN)
    assert ended == [("person",)]
    assert await rows(house, "SELECT state, disposition FROM lead WHERE phone = ?", SPOKEN) == [("done", "consulted")]


@pytest.mark.parametrize(
    ("point", "number", "bookings"), [("booking_confirmed", LOST, []), ("booking_made", MADE, [("booked",)])]
)
async def test_the_engine_dies_at_the_key_that_confirms_and_it_is_booked_once_or_not_at_all(
    house: House,
    carrier: SippCarrier,
    supervisor: Supervisor,
    tmp_path: Path,
    point: str,
    number: str,
    bookings: list[tuple[str]],
) -> None:
    await keep_places(supervisor)
    await house.stop()
    await house.start(failpoints=f"{point}=kill")
    async with call_in(house, tmp_path, caller_id=number) as caller:
        await books_without_listening(house, caller)
        caller.press("1")
        await house.ended(within_s=30.0)
        assert not caller.left_by_other_side
        await house.start()

        async def waits() -> bool:
            return await rows(house, "SELECT state FROM contact WHERE address = ?", number) == [("queued",)]

        await until(waits, "he waits again", within_s=40.0)
        caller.hang_up()
        await caller.over()
    assert await state_of(house, number) == bookings
    assert len(await rows(house, "SELECT id FROM lead WHERE phone = ?", number)) == len(bookings)
    assert calls_to(carrier, number) == []
