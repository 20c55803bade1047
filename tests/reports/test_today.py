"""The day's sums are those of the contacts themselves: over pages, over what ends while the day is read in, over midnight."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from cordboard.queue.contact import Contact
from cordboard.queue.metrics import service, was_answered
from cordboard.reports.today import DayFigures, Today
from cordboard.storage.database import Database
from tests.fakes.hours import NOON, HandClock
from tests.fakes.steering_house import SteeringHouse

BEGIN = NOON - timedelta(hours=9)
WITHIN_S = 20.0


class Day:
    """A desk with one operator, and callers who are served or leave."""

    def __init__(self, db: Database, data: Path) -> None:
        self.clock = HandClock()
        self.house = SteeringHouse(db, self.clock, data)
        self.today = Today(self.house.desk, WITHIN_S)
        self.calls = 0

    async def open(self) -> "Day":
        await self.house.open()
        self.maria = (await self.house.operator("Мария")).id
        return self

    async def served(self, waited_s: float = 1) -> None:
        desk, key = self.house.desk, self._key()
        contact = await self.house.call_in(key)
        self.clock.move(seconds=waited_s)
        await desk.talk_began(key, self.maria)
        self.clock.move(seconds=60)
        await desk.talk_ended(key)
        await desk.dispose(self.maria, contact.id, "consulted", "")

    async def left(self, waited_s: float = 30) -> None:
        key = self._key()
        await self.house.desk.pause(self.maria, "tea")
        await self.house.call_in(key, queue="claims")
        self.clock.move(seconds=waited_s)
        await self.house.desk.customer_left(key, "hung_up")
        await self.house.desk.ready(self.maria)

    def _key(self) -> str:
        self.calls += 1
        return f"call {self.calls}"

    async def counted_anew(self) -> DayFigures:
        """The same from the contacts themselves."""
        ended = await self.house.desk.closed_since(BEGIN, 1_000)
        queues = {contact.queue for contact in ended}
        by_queue = {q: service([c for c in ended if c.queue == q], WITHIN_S, self.clock.now()) for q in queues}
        served = Counter(contact.agent_id or "" for contact in ended if was_answered(contact))
        return DayFigures(by_queue, dict(served))


@pytest.fixture
async def day(database: Database, tmp_path: Path) -> Day:
    return await Day(database, tmp_path).open()


async def test_what_ended_before_and_after_the_first_look_adds_up(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cordboard.reports.today.PAGE", 2)
    for waited_s in (1, 25, 3):
        await day.served(waited_s)
    await day.left()
    await day.left(waited_s=2)  # too short to count
    first = await day.today.since(BEGIN)
    assert first == await day.counted_anew()
    assert first.served == {day.maria: 3}
    assert (first.service["orders"].in_time, first.service["orders"].offered) == (2, 3)
    assert (first.service["claims"].gone, first.service["claims"].over) == (1, 1)
    await day.served()
    await day.left()
    later = await day.today.since(BEGIN)
    assert later == await day.counted_anew() != first


async def test_what_ends_while_the_day_is_read_in_counts_once(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cordboard.reports.today.PAGE", 1)
    await day.served()
    await day.served()
    read, more = day.house.desk.closed_since, iter((day.served, day.left))

    async def while_others_end(*asked: object) -> list[Contact]:
        if (end := next(more, None)) is not None:
            await end()
        return await read(*asked)  # type: ignore[arg-type]

    monkeypatch.setattr(day.house.desk, "closed_since", while_others_end)
    figures = await day.today.since(BEGIN)
    monkeypatch.undo()
    assert figures == await day.counted_anew()
    assert figures.served == {day.maria: 3}


async def test_a_new_day_begins_with_nothing(day: Day) -> None:
    await day.served()
    assert (await day.today.since(BEGIN)).served == {day.maria: 1}
    day.clock.move(hours=24)
    await day.served()
    assert (await day.today.since(BEGIN + timedelta(days=1))).served == {day.maria: 1}


async def test_a_reading_that_fails_is_begun_anew(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    await day.served()

    async def fails(*_asked: object) -> list[Contact]:
        raise ConnectionError

    monkeypatch.setattr(day.house.desk, "closed_since", fails)
    with pytest.raises(ConnectionError):
        await day.today.since(BEGIN)
    monkeypatch.undo()
    assert await day.today.since(BEGIN) == await day.counted_anew()
