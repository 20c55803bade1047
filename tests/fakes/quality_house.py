"""A real house with recordings in it, for the pages of quality: real stores, real sound; only the telephone wire leads nowhere."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn
from fastapi import FastAPI

from cordboard.access.permission import Role
from cordboard.access.store import AccessStore
from cordboard.access.user import User
from cordboard.agent_web.app import create_app
from cordboard.agent_web.house import House, Site
from cordboard.agent_web.live import LiveHub
from cordboard.dialer.dialer import Dialer
from cordboard.dialer.store import DialerStore
from cordboard.quality.store import RecordingStore
from cordboard.queue.desk import Desk
from cordboard.queue.store import QueueStore
from cordboard.shop.posting import OrderPosted, PostedCustomer, PostedItem
from cordboard.shop.store import ShopStore
from cordboard.storage.database import Database
from cordboard.storage.ids import random_ids
from cordboard.telephony.recording import FinishedRecording, RawTake, Talk, finish
from tests.fakes.passwords import quick_keeper
from tests.fakes.takes import tone

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@dataclass
class SetClock:
    """Stands still until it is told to move."""

    at: datetime = NOON

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return (self.at - NOON).total_seconds()


class NoWire:
    """A dialer's wire that leads nowhere; the pages of quality never dial."""

    async def originate(
        self,
        attempt_id: str,
        number: str,
        *,
        ring_timeout_s: int,
        caller_id: str,
        variables: Mapping[str, str],
        trunk: str,
    ) -> None:
        raise ConnectionError("no wire")

    async def cancel(self, attempt_id: str) -> None:
        return

    async def equip(self, attempt_id: str, variables: Mapping[str, str]) -> None:
        return

    async def known(self, attempt_id: str) -> bool | None:
        return False

    def channels_on(self, trunk: str) -> frozenset[str]:
        return frozenset()


async def _healthy() -> dict[str, Any]:
    return {"status": "ok", "parts": {}}


@dataclass
class QualityHouse:
    """`people` by login: olga (qa), oleg (operator)."""

    house: House
    clock: SetClock
    data: Path
    app: FastAPI
    people: dict[str, User] = field(default_factory=dict)

    async def call(
        self,
        contact: str,
        seconds: float = 3.0,
        *,
        number: str | None = "48190",
        state: str | None = None,
        **changed: Any,
    ) -> str:
        """A talk of oleg with Анна Иванова about an order, kept; the recording's id. The operator hums 440 Hz, the customer 700."""
        order = await self.house.shop.order_by_number(number) if number else None
        if number and order is None:
            customer = PostedCustomer("Анна Иванова", "+79123454127")
            posted = OrderPosted(f"shop-{number}", customer, (PostedItem("TR-118", 1),), number=number)
            order, _ = await self.house.shop.put_order(posted)
        talk = Talk(contact, 1, self.clock.now(), seconds, "inbound", self.people["oleg"].id)
        talk = replace(talk, order_id=order.id if order else None, customer_id=order.customer_id if order else None)
        if state in ("missing", "failed"):
            bare = FinishedRecording(
                contact, 1, talk.agent_id, talk.order_id, talk.customer_id, "inbound", talk.started_at, state
            )
            return await self.house.recordings.add(bare)
        raw = self.data / "raw" / f"{contact}-1.raw"
        raw.parent.mkdir(exist_ok=True)
        raw.write_bytes(conversation(seconds).astype("<i2").tobytes())
        kept = finish(RawTake(replace(talk, **changed), (raw,), operator_first=True), self.data / "recordings")
        return await self.house.recordings.add(kept)


def conversation(seconds: float) -> Any:
    """Two humming voices that take turns every four seconds, with a pause; operator first."""
    sound = np.stack((tone(440, seconds), tone(700, seconds)), axis=1)
    at = np.arange(len(sound)) / 8000
    turns = np.stack((at % 9 < 4, (at % 9 >= 4.4) & (at % 9 < 8)), axis=1)
    swell = 0.55 + 0.45 * np.sin(2 * np.pi * 3.1 * at)
    return (sound * turns * swell[:, None]).astype(np.int16)


async def quality_house(database: Database, data: Path, password: str | None = None) -> QualityHouse:
    """A house on `database` with its two people, one product, and no recording yet. Without a password nobody can sign in."""
    clock = SetClock()
    access = AccessStore(database, clock, random_ids, keeper=quick_keeper())
    shop = ShopStore(database, clock, random_ids)
    desk = Desk(QueueStore(database), {}, clock, random_ids)
    dialer = Dialer(DialerStore(database, clock, random_ids), desk, NoWire(), clock, random_ids)
    site = Site("Север", "", False, "0.1.0", False, _healthy, time_zone="Europe/Moscow")
    recordings = RecordingStore(database, clock, random_ids, access, data)
    house = House(clock, access, shop, desk, dialer, recordings, LiveHub(clock), site)
    built = QualityHouse(house, clock, data, create_app(house))
    await shop.add_product("TR-118", "Торшер", 899000, "Floor lamp", 12)
    for login, name, role in (("olga", "Ольга Лебедева", Role.QA), ("oleg", "Олег Жданов", Role.OPERATOR)):
        built.people[login] = await access.create_user(login, name, role, password)
    return built


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    """The app on a free port of loopback; its address."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        running = asyncio.create_task(server.serve(sockets=[door]))
        try:
            yield f"http://127.0.0.1:{door.getsockname()[1]}"
        finally:
            server.should_exit = True
            await running


async def many_calls(house: QualityHouse, count: int, state: str | None = None) -> list[str]:
    """Talks a minute apart, the oldest first."""
    ids = []
    for n in range(count):
        house.clock.at = NOON + timedelta(minutes=n)
        ids.append(await house.call(f"contact-{n}", 1.0, state=state))
    return ids
