"""Choosing whom to dial next out of many leads, on both databases: by the weights, after a change of weights, among leads long done."""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from statistics import median

from bench.table import Row, table
from cordboard.dialer.campaign import Campaign, CampaignState
from cordboard.dialer.lead import Lead, LeadState
from cordboard.dialer.priority import Weights, order_key
from cordboard.dialer.store import DialerStore
from cordboard.storage.clock import SystemClock
from cordboard.storage.database import Database
from cordboard.storage.ids import random_ids
from tests.fakes.databases import PostgresServer, migrated

LEADS, SMALL = 100_000, 5_000
PAGE = 100
TIMES = 9
ZONES = ("Europe/Moscow", "Asia/Yekaterinburg", "Asia/Vladivostok")


def _leads(campaign_id: str, state: LeadState, first: int, how_many: int) -> list[Lead]:
    chance, now = Random(first), SystemClock().now()
    return [
        Lead(
            id=random_ids(),
            campaign_id=campaign_id,
            source=f"order:{number}",
            phone=f"+7495{number:07}",
            zone=chance.choice(ZONES),
            placed_at=now - timedelta(seconds=chance.randrange(30 * 86_400)),
            created_at=now,
            state=state,
            order_total=chance.randrange(30_000_000),
            attempts=chance.randrange(4),
        )
        for number in range(first, first + how_many)
    ]


async def _median_ms(work: Callable[[], Awaitable[object]]) -> float:
    await work()
    times = []
    for _ in range(TIMES):
        began = time.perf_counter()
        await work()
        times.append((time.perf_counter() - began) * 1000)
    return median(times)


async def _measure(url: str, name: str, leads: int) -> list[Row]:
    await migrated(url)
    database = Database.open(url)
    store = DialerStore(database, SystemClock(), random_ids)
    campaign = replace(Campaign(random_ids(), "Orders", "orders", SystemClock().now()), state=CampaignState.RUNNING)
    await store.add_campaign(campaign)
    fresh = _leads(campaign.id, LeadState.FRESH, 0, leads)
    began = time.perf_counter()
    for start in range(0, LEADS, 10_000):
        await store.add_leads(fresh[start : start + 10_000])
    rate = leads / (time.perf_counter() - began)
    other = Weights(order_sum=0.3, age=2, attempts=-50)

    async def page(weights: Weights) -> list[Lead]:
        return await store.best(campaign.id, await store.zones(campaign.id), weights, PAGE)

    one = await _median_ms(lambda: store.best(campaign.id, ZONES, campaign.weights, 10))
    hundred = await _median_ms(lambda: page(campaign.weights))
    turned = await _median_ms(lambda: page(other))
    now = SystemClock().now()
    if await page(other) != sorted(fresh, key=lambda lead: order_key(lead, other, now))[:PAGE]:
        raise AssertionError("the database and the rule disagree on the order")
    await store.add_leads(_leads(campaign.id, LeadState.DONE, leads, leads))
    piled = await _median_ms(lambda: page(campaign.weights))
    await database.close()
    note = f"median of {TIMES}"
    return [
        Row(f"next lead of {leads:,}, {name}", one, "ms", "50 at most", note),
        Row(f"next {PAGE} leads of {leads:,}, {name}", hundred, "ms", "100 at most", note),
        Row(f"the same by other weights, {name}", turned, "ms", "1,000 at most", "same order as the rule in Python"),
        Row(f"the same among {leads:,} done, {name}", piled / hundred, "times", "about 1", ""),
        Row(f"leads taken in, {name}", rate, "a second", "", "10,000 at once"),
    ]


async def _both(server: PostgresServer, leads: int) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        rows = await _measure(f"sqlite+aiosqlite:///{Path(folder) / 'bench.db'}", "SQLite", leads)
    async with server.fresh() as url:
        return rows + await _measure(url, "PostgreSQL", leads)


def rows(small: bool = False) -> list[Row]:
    """About a minute; `small`, with a twentieth of the leads."""
    server = PostgresServer.start()
    try:
        return asyncio.run(_both(server, SMALL if small else LEADS))
    finally:
        server.stop()


if __name__ == "__main__":
    print(table(rows()))
