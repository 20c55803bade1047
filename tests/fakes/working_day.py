"""What the live stories do again and again: post orders as the shop's system, put people to work, look things up as they would."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.fakes.browser import Screen
from tests.fakes.ear import Heard
from tests.fakes.house import House
from tests.fakes.operator import OperatorDesk
from tests.fakes.sipp import SippCaller
from tests.fakes.wait import until

Seat = Callable[..., Awaitable[OperatorDesk]]
"""The fixture `seat`: `await seat(index=0, language="ru")` puts an operator of the demo to work."""
CUSTOMER = "+79161234567"


def order(
    number: str,
    phone: str = CUSTOMER,
    *,
    name: str = "Анна Иванова",
    kopecks: int = 150_000,
    age: timedelta = timedelta(0),
    zone: str = "Europe/Moscow",
) -> dict[str, Any]:
    """An order as the shop's own system posts it; `age` is how long ago it was placed."""
    return {
        "external_id": f"live-{number}",
        "number": number,
        "placed_at": (datetime.now(UTC) - age).isoformat(),
        "customer": {"name": name, "phone": phone, "language": "ru", "time_zone": zone},
        "items": [{"article": "", "quantity": 1, "price": kopecks}],
    }


async def post_orders(house: House, *bodies: dict[str, Any]) -> None:
    """Post them in this order; the article is any that the demo's shop sells."""
    async with house.api() as shop:
        article = (await shop.get("/api/v1/products")).json()[0]["article"]
        for body in bodies:
            body["items"][0]["article"] = article
            answer = await shop.post("/api/v1/orders", json=body)
            assert answer.status_code == 201, answer.text


def call_in(house: House, folder: Path, caller_id: str = CUSTOMER, name: str = "") -> SippCaller:
    """A customer who dials the shop's number."""
    where = house.last_endpoints
    return SippCaller(folder, where.sip, where.inbound_number, caller_id=caller_id, name=name)


def is_music(caller: SippCaller) -> bool:
    heard = caller.hears()
    return heard.loudness > 0.005 and not heard.is_tone(440.0)


def is_mix(heard: Heard, *tones: float) -> bool:
    """Two voices at once: the strongest is one of them, and it is not alone."""
    return heard.loudness >= 0.02 and heard.purity < 0.9 and any(abs(heard.hz - hz) <= 15.0 for hz in tones)


async def hears_mix(desk: OperatorDesk, *tones: float) -> bool:
    return is_mix(await desk.screen.hears(), *tones)


async def who_rings(*desks: OperatorDesk) -> tuple[OperatorDesk, OperatorDesk]:
    """The one whose telephone rings, and the other."""

    async def ringing() -> OperatorDesk | None:
        phases = {desk: await desk.phase() for desk in desks}
        return next((desk for desk, phase in phases.items() if phase == "ringing"), None)

    first = await until(ringing, "somebody's telephone rings")
    return first, next(desk for desk in desks if desk is not first)


class Supervisor:
    """Steers the one campaign, with the supervisor's own session."""

    def __init__(self, screen: Screen, campaign_id: str) -> None:
        self.screen, self.campaign_id = screen, campaign_id

    @classmethod
    async def at_work(cls, house: House, screen: Screen) -> "Supervisor":
        who = house.login("supervisor")
        await screen.sign_in(who.login, who.password)
        answer = await screen.page.request.get(f"{screen.base}/api/v1/campaigns")
        return cls(screen, (await answer.json())[0]["id"])

    async def tell(self, what: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """POST to the campaign: start, pause, weights."""
        address = f"{self.screen.base}/api/v1/campaigns/{self.campaign_id}/{what}"
        answer = await self.screen.page.request.post(address, data=body)
        assert answer.ok, await answer.text()
        told: dict[str, Any] = await answer.json()
        return told

    async def leads(self) -> list[dict[str, Any]]:
        """Whom we dial next, in order, with those who wait."""
        answer = await self.screen.page.request.get(
            f"{self.screen.base}/api/v1/campaigns/{self.campaign_id}/leads?limit=200"
        )
        assert answer.ok, await answer.text()
        found: list[dict[str, Any]] = await answer.json()
        return found


async def rows(house: House, query: str, *values: object) -> list[tuple[Any, ...]]:
    """What stands in the house's database, read beside the engine."""

    def read() -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(f"file:{house.data / 'cordboard.sqlite3'}?mode=ro", uri=True, timeout=10)) as db:
            return db.execute(query, values).fetchall()

    return await asyncio.to_thread(read)


async def newest_recording(quality: Screen, folder: Path) -> tuple[str, Path]:
    """The newest recording as quality control gets it: its id, and its sound in a file. Waits until it is listed."""

    async def listed() -> str | None:
        await quality.go("/quality")
        link = quality.page.locator("main tbody tr:first-child a[href^='/quality/']")
        return (await link.first.get_attribute("href")) if await link.count() else None

    path = await until(listed, "a recording in the list of quality control", within_s=40.0, every_s=0.5)
    await quality.go(path)
    source = await quality.page.locator("#sound").get_attribute("src")
    assert source is not None
    answer = await quality.page.request.get(quality.base + source)
    assert answer.ok, answer.status
    kept = folder / "recording.ogg"
    await asyncio.to_thread(kept.write_bytes, await answer.body())
    return path.removeprefix("/quality/").partition("?")[0], kept
