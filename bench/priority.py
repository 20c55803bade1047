"""Choosing whom to dial next out of many leads, on both databases: by the weights, after a change of them, beside leads long done, in the
hard cases (a third placed at the same moment, weights of every sign, most zones asleep), and what a page counts."""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import cycle, product
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import sqlalchemy as sa

from bench.table import Row, table
from cordboard.dialer.campaign import Campaign, CampaignState
from cordboard.dialer.lead import Attempt, Lead, LeadState
from cordboard.dialer.priority import Weights, order_key
from cordboard.dialer.store import DialerStore
from cordboard.dialer.tables import lead_table
from cordboard.storage.clock import SystemClock
from cordboard.storage.database import Database
from cordboard.storage.ids import random_ids
from tests.fakes.databases import PostgresServer, migrated

LEADS, SMALL = 1_000_000, 20_000
PAGE = 100
TIMES = 9
_c = lead_table.c
AT_ONCE = 20_000
ZONES = (
    *("Europe/Kaliningrad", "Europe/Moscow", "Europe/Samara", "Asia/Yekaterinburg", "Asia/Omsk", "Asia/Krasnoyarsk"),
    *("Asia/Irkutsk", "Asia/Chita", "Asia/Vladivostok", "Asia/Magadan", "Asia/Kamchatka"),
)
SQLITE_UUID = (
    "lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-a' || "
    "substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))"
)
SIGNS = [
    Weights(order_sum=0.7 * a, age=1.3 * b, attempts=9.0 * c, promised=2.0 * d, reservation=-2.0 * d, own_1=0.5 * c)
    for a, b, c, d in product((1, -1), repeat=4)
]
SAME_TIME = [Weights(0, sign, 0, 0, 0, own_1=share / 1000) for share in range(3) for sign in (1.0, -1.0)]


def _lead(campaign_id: str, state: LeadState, number: int, chance: Random, now: datetime) -> Lead:
    """Three in ten were placed in the same second, as after a sale that began at noon."""
    placed_s = 86_400 if chance.random() < 0.3 else chance.randrange(30 * 86_400)
    lead = Lead(
        id=random_ids(),
        campaign_id=campaign_id,
        source=f"order:{number}",
        phone=f"+7495{number:07}",
        zone=chance.choice(ZONES),
        placed_at=now - timedelta(seconds=placed_s),
        created_at=now,
        state=state,
        order_total=chance.randrange(300_000) * 100,
        attempts=chance.randrange(4),
        segment=chance.choice(("", "", "vip", "opt")),
        own_1=chance.randrange(100_000),
    )
    moments = [
        now + timedelta(seconds=chance.randrange(-86_400, 5 * 86_400)) if chance.random() < 0.5 else None for _ in "ab"
    ]
    return replace(lead, promised_at=moments[0], reserved_until=moments[1])


def _leads(campaign_id: str, state: LeadState, first: int, how_many: int) -> list[Lead]:
    chance, now = Random(first), SystemClock().now().replace(microsecond=0)
    return [_lead(campaign_id, state, number, chance, now) for number in range(first, first + how_many)]


async def _ms(work: Callable[[], Awaitable[object]], times: int = TIMES) -> list[float]:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        await work()
        taken.append((time.perf_counter() - began) * 1000)
    return taken


def _drawn(below: int, is_sqlite: bool) -> sa.ColumnElement[int]:
    """A number of 0 to `below` - 1, drawn by the database for each row."""
    if is_sqlite:
        return sa.func.abs(sa.func.random()) % below
    return sa.cast(sa.func.floor(sa.func.random() * below), sa.BigInteger)


class _Bench:
    def __init__(self, url: str, name: str, leads: int) -> None:
        self.database, self.name, self.how_many = Database.open(url), name, leads
        self.store = DialerStore(self.database, SystemClock(), random_ids)
        self.campaign = replace(
            Campaign(random_ids(), "Orders", "orders", SystemClock().now()), state=CampaignState.RUNNING
        )

    async def page(self, weights: Weights, zones: Sequence[str] = ()) -> list[Lead]:
        """As the page and the dialer ask: which zones are there, then the best of those that are open."""
        there = await self.store.zones(self.campaign.id)
        return await self.store.best(self.campaign.id, zones or there, weights, PAGE)

    async def anew(self, weightings: Sequence[Weights], zones: Sequence[str] = ()) -> list[float]:
        """Milliseconds of the first page by each of the weights, none of which was asked for before."""
        some = iter(weightings)
        return await _ms(lambda: self.page(next(some), zones), len(weightings))

    async def fill(self) -> float:
        """All leads that wait: a tenth is given, and copied by the database until only the last tenth is missing, which is given too.
        Returns how many a second were taken in of that one."""
        tenth = self.how_many // 10
        await self._give(0, tenth)
        for copy in range(1, 9):
            await self._copy(LeadState.FRESH, copy, _c.source.like("order:%"))
        per_second = await self._give(tenth, tenth)
        self.store = DialerStore(self.database, SystemClock(), random_ids)  # as an engine that starts on a full table
        await self._swept()
        return per_second

    async def pile_up(self) -> None:
        """As many again that are long done."""
        await self._copy(LeadState.DONE, 9, _c.state == LeadState.FRESH.value)
        await self._swept()

    async def _give(self, first: int, how_many: int) -> float:
        """How many a second."""
        taken = 0.0
        for start in range(first, first + how_many, AT_ONCE):
            some = _leads(self.campaign.id, LeadState.FRESH, start, min(AT_ONCE, first + how_many - start))
            began = time.perf_counter()
            await self.store.add_leads(some)
            taken += time.perf_counter() - began
        return how_many / taken

    async def _copy(self, state: LeadState, copy: int, which: sa.ColumnElement[bool]) -> None:
        """Other customers with other sums, placed and promised as those were. Made by the database itself: making and sending each
        lead took most of a run."""
        lite = self.database.is_sqlite
        drawn: dict[str, sa.ColumnElement[Any]] = {
            "id": sa.literal_column(SQLITE_UUID if lite else "gen_random_uuid()::text"),
            "source": sa.literal(f"copy{copy}-") + _c.source,
            "phone": sa.func.replace(_c.phone, "+7", f"+7{copy}"),
            "state": sa.literal(state.value),
            "order_total": _drawn(300_000, lite) * 100,
            "own_1": _drawn(100_000, lite),
        }
        copied = sa.select(*(drawn.get(column.name, column).label(column.name) for column in _c))
        async with self.database.write() as connection:
            await connection.execute(lead_table.insert().from_select(list(_c.keys()), copied.where(which)))

    async def _swept(self) -> None:
        if not self.database.is_sqlite:  # as a server does by itself a minute later
            async with self.database.engine.connect() as connection:
                await (await connection.execution_options(isolation_level="AUTOCOMMIT")).execute(
                    sa.text("VACUUM ANALYZE lead")
                )

    async def dialing(self) -> list[float]:
        """Milliseconds of choosing while one lead after another is dialed."""
        taken = []
        for number in range(60):
            began = time.perf_counter()
            lead = (await self.page(self.campaign.weights))[number % 10]
            taken.append((time.perf_counter() - began) * 1000)
            await self.store.begin_attempt(
                Attempt(random_ids(), lead.id, self.campaign.id, None, lead.phone, SystemClock().now())
            )
        return taken

    async def rows(self) -> list[Row]:
        await self.store.add_campaign(self.campaign)
        rate = await self.fill()
        weights, most = self.campaign.weights, "100 at most" if self.database.is_sqlite else "50 at most"
        anew = await self.anew([*SIGNS, *SAME_TIME, *(replace(each, segments=(("vip", 9.0),)) for each in SIGNS[:3])])
        one_zone = await self.anew([replace(each, own_2=1.0) for each in SIGNS[:6]], ZONES[4:5])
        await self._as_the_rule()
        await self.page(weights)
        steady = await _ms(lambda: self.page(weights), 3 * TIMES)
        dialing = await self.dialing()
        some = cycle(SIGNS[:4])
        turned = await _ms(lambda: self.page(next(some)))
        rank = await self._rank()
        counts = await _ms(lambda: self.store.counts(self.campaign.id))
        await self.pile_up()
        await self.page(weights)
        piled = await _ms(lambda: self.page(weights), 3 * TIMES)
        piled_anew = await self.anew([replace(each, own_3=1.0) for each in SIGNS[:5]])
        await self.database.close()
        of, name = f"of {self.how_many:,}, {self.name}", self.name
        worst = f"worst of {len(anew)} of every sign; median {median(anew):.0f}"
        return [
            Row(f"next {PAGE} leads {of}", median(steady), "ms", most, f"worst of {len(steady)}: {max(steady):.0f}"),
            Row(
                f"the same while they are dialed, {name}",
                median(dialing),
                "ms",
                most,
                f"worst of 60: {max(dialing):.0f}",
            ),
            Row(f"by weights never asked for, {name}", max(anew), "ms", "1,000 at most", worst),
            Row(f"the same, ten of eleven zones asleep, {name}", max(one_zone), "ms", "1,000 at most", "worst of 6"),
            Row(f"by weights asked for a moment ago, {name}", median(turned), "ms", "", "back and forth between four"),
            Row(f"the place of one lead {of}", rank, "ms", "", "exact, counted"),
            Row(
                f"leads by state and zone {of}",
                median(counts),
                "ms",
                "",
                "a page's figures; kept for ten times as long",
            ),
            Row(f"next {PAGE} among as many done, {name}", median(piled) / median(steady), "times", "about 1", ""),
            Row(f"by new weights among as many done, {name}", max(piled_anew), "ms", "1,000 at most", "worst of 5"),
            Row(f"leads taken in, {name}", rate, "a second", "", f"{AT_ONCE:,} at once, the last tenth of them"),
        ]

    async def _rank(self) -> float:
        zones = await self.store.zones(self.campaign.id)
        lead = (await self.page(SIGNS[0]))[PAGE // 2]
        return median(await _ms(lambda: self.store.rank(self.campaign.id, zones, SIGNS[3], lead)))

    async def _as_the_rule(self) -> None:
        """Against every lead of a tenth of the list, read one by one: the first of them stand in the order of the rule."""
        weights = SIGNS[5]
        found = await self.page(weights, ZONES[:1])
        now = SystemClock().now()
        if len(found) != PAGE or found != sorted(found, key=lambda lead: order_key(lead, weights, now)):
            raise AssertionError("the database and the rule disagree on the order")
        if await self.store.rank(self.campaign.id, ZONES[:1], weights, found[-1]) != PAGE - 1:
            raise AssertionError("somebody was passed over")


async def _measure(url: str, name: str, leads: int) -> list[Row]:
    await migrated(url)
    return await _Bench(url, name, leads).rows()


async def _both(server: PostgresServer, leads: int) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        rows = await _measure(f"sqlite+aiosqlite:///{Path(folder) / 'bench.db'}", "SQLite", leads)
    async with server.fresh() as url:
        return rows + await _measure(url, "PostgreSQL", leads)


def rows(small: bool = False) -> list[Row]:
    """Some minutes, most of them to fill the tables; `small`, with a fiftieth of the leads."""
    server = PostgresServer.start()
    try:
        return asyncio.run(_both(server, SMALL if small else LEADS))
    finally:
        server.stop()


if __name__ == "__main__":
    print(table(rows()))
