"""A campaign's hours: by the site's clock, each lead first tried once, and what is long over is not read again."""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from cordboard.dialer.campaign import Campaign
from cordboard.dialer.week import Figures, Tally, Week, first_quarter, quarter_of, settled_to, week_of
from cordboard.dialer.week_keeper import WeekKeeper
from cordboard.dialer.week_store import WeekStore, tallies_query
from cordboard.queue.channel import AttemptOutcome
from cordboard.storage.database import Database
from tests.fakes.dial_house import DialHouse
from tests.fakes.wait import until

INDIA = ZoneInfo("Asia/Kolkata")
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)  # 17:30 there


def tally(at: datetime, attempts: int, over: int, persons: int, first: int) -> Tally:
    return Tally(quarter_of(at), attempts, over, persons, first)


def test_hours_are_those_of_the_sites_clock_also_where_it_differs_by_half_an_hour() -> None:
    tallies = [
        tally(NOW - timedelta(days=2), 5, 5, 1, 2),  # 17 there
        tally(NOW - timedelta(minutes=30), 4, 4, 2, 3),  # 17, today
        tally(NOW - timedelta(minutes=45), 3, 2, 1, 1),  # 16, today
    ]
    week = week_of(tallies, 10, NOW, INDIA)
    assert [line.hour for line in week.lines] == [16, 17]
    four, five = week.lines
    assert (four.today, four.before) == (Figures(3, 2, 1, 1), Figures())
    assert (five.today, five.before) == (Figures(4, 4, 2, 3), Figures(5, 5, 1, 2))
    assert (four.tried, five.tried, week.tried) == (13, 16, 16)
    assert (week.today.contact_rate, week.before.contact_rate) == (0.5, 0.2)
    assert Figures(1, 0, 0, 1).contact_rate is None


def test_the_days_begin_seven_midnights_before_todays() -> None:
    begin = datetime.fromtimestamp(first_quarter(NOW, INDIA) * 900, INDIA)
    assert begin == datetime(2026, 11, 14, tzinfo=INDIA)


@pytest.fixture
def house(database: Database) -> DialHouse:
    return DialHouse(database)


async def seen(house: DialHouse, campaign: Campaign) -> Week:
    return await until(lambda: house.dialer.week(campaign.id), "hours that are counted for the first time")


async def call(house: DialHouse, outcome: AttemptOutcome) -> None:
    await house.tick()
    await house.hang_up(house.ringing(), outcome)


async def test_what_the_table_tells_in_one_reading(house: DialHouse) -> None:
    campaign = await house.open("maria")
    for number in range(2):
        await house.order(number, 1_000)
    await call(house, AttemptOutcome.NO_ANSWER)
    await call(house, AttemptOutcome.BUSY)
    week = await seen(house, campaign)
    assert (week.today, week.before, week.tried) == (Figures(2, 2, 0, 2), Figures(), 2)
    house.clock.pass_s(4 * 3_600)
    await call(house, AttemptOutcome.NO_ANSWER)  # one of the two again
    week = await seen(house, campaign)
    assert (week.today.attempts + week.before.attempts, week.today.first + week.before.first, week.tried) == (3, 2, 2)
    house.clock.pass_s(3 * 86_400)
    await house.order(5, 1_000)
    later = await seen(house, campaign)
    assert (later.today, later.before.attempts, later.tried) == (Figures(), 3, 2)
    house.clock.pass_s(9 * 86_400)
    assert (await seen(house, campaign)).tried == 2  # long ago, and still tried
    assert (await seen(house, campaign)).before == Figures()


def keeper(house: DialHouse) -> WeekKeeper:
    """As an engine has it that was just started."""
    return WeekKeeper(WeekStore(house.db), house.clock, "Europe/Moscow", patience_s=60)


class FirstTable(WeekStore):
    """Remembers how far back it was asked to count."""

    since: datetime | None = None

    async def tallies(self, campaign_id: str, since: datetime) -> list[Tally]:
        self.since = since
        return await super().tallies(campaign_id, since)


async def test_what_was_counted_once_is_not_counted_at_the_next_start(house: DialHouse) -> None:
    campaign = await house.open("maria")
    for number in range(3):
        await house.order(number, 1_000)
    begun = quarter_of(house.clock.now())
    await call(house, AttemptOutcome.NO_ANSWER)
    house.clock.pass_s(4 * 3_600)
    await call(house, AttemptOutcome.BUSY)
    week = await keeper(house).week(campaign.id)
    assert week is not None
    assert (week.today.attempts + week.before.attempts, week.tried) == (2, 2)
    table = FirstTable(house.db)
    again = WeekKeeper(table, house.clock, "Europe/Moscow", patience_s=60)
    assert await again.week(campaign.id) == week
    assert table.since is not None
    assert quarter_of(table.since) == begun + 1  # the first call's quarter is kept, the second one's may still change
    house.clock.pass_s(4 * 3_600)
    await call(house, AttemptOutcome.NO_ANSWER)
    seen_again, anew = await again.week(campaign.id), await keeper(house).week(campaign.id)
    assert seen_again == anew
    assert anew is not None
    assert anew.today.attempts + anew.before.attempts == 3


async def test_leads_tried_before_the_week_are_remembered_over_starts(house: DialHouse) -> None:
    campaign = await house.open("maria")
    for number in range(2):
        await house.order(number, 1_000)
    for days in (0, 20, 20):
        house.clock.pass_s(days * 86_400)
        await call(house, AttemptOutcome.NO_ANSWER)
        week = await keeper(house).week(campaign.id)
        assert week is not None
    house.clock.pass_s(20 * 86_400)
    for _start in range(2):
        assert await keeper(house).week(campaign.id) == Week((), Figures(), Figures(), 2)


def test_a_quarter_is_settled_when_nobody_can_be_in_talk_any_more() -> None:
    now = quarter_of(NOW)
    over, talking = Tally(now - 30, 3, 3, 1, 3), Tally(now - 20, 2, 1, 0, 0)
    assert settled_to([over], NOW) == now - 12
    assert settled_to([over, talking], NOW) == now - 20
    assert settled_to([Tally(now - 97, 2, 1, 0, 0), over], NOW) == now - 12  # that one is waited for no longer


class SlowTable(WeekStore):
    """Answers once `open` is set."""

    def __init__(self, db: Database) -> None:
        super().__init__(db)
        self.open = asyncio.Event()

    async def tallies(self, campaign_id: str, since: datetime) -> list[Tally]:
        await self.open.wait()
        return await super().tallies(campaign_id, since)


async def test_a_page_does_not_wait_for_the_first_count_of_a_big_campaign(sqlite_database: Database) -> None:
    house = DialHouse(sqlite_database)
    campaign = await house.open("maria")
    table = SlowTable(sqlite_database)
    impatient = WeekKeeper(table, house.clock, "Europe/Moscow", patience_s=0)
    assert await impatient.week(campaign.id) is None
    table.open.set()
    patient = WeekKeeper(table, house.clock, "Europe/Moscow", patience_s=60)
    assert await patient.week(campaign.id) == Week((), Figures(), Figures(), 0)


async def test_the_reading_goes_by_indexes_and_never_through_a_whole_table(database: Database) -> None:
    house = DialHouse(database)
    campaign = await house.open("maria")
    query = tallies_query(database.is_sqlite, campaign.id, NOW)
    text = str(query.compile(dialect=database.engine.dialect, compile_kwargs={"literal_binds": True}))
    async with database.read() as connection:
        if database.is_sqlite:
            plan = [row[-1] for row in await connection.execute(sa.text(f"EXPLAIN QUERY PLAN {text}"))]
        else:
            await connection.execute(
                sa.text("SET LOCAL enable_seqscan = off")
            )  # an empty table is read whole otherwise
            plan = [row[0] for row in await connection.execute(sa.text(f"EXPLAIN {text}"))]
    told = "\n".join(plan)
    assert "ix_attempt_campaign_id" in told
    assert "ix_attempt_lead_id" in told
    assert "SCAN attempt" not in told
    assert "Seq Scan" not in told
