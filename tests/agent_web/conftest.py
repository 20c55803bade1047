"""A whole web application over real rooms on one SQLite, and its users."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from cordboard.access.permission import Role
from cordboard.access.store import AccessStore
from cordboard.access.user import User
from cordboard.agent_web.app import create_app
from cordboard.agent_web.house import House
from cordboard.dialer.campaign import Campaign
from cordboard.storage.database import Database
from cordboard.storage.ids import random_ids
from tests.fakes.hours import HandClock
from tests.fakes.passwords import quick_keeper
from tests.fakes.steering_house import SteeringHouse

PASSWORD = "correct horse battery"
ORIGIN = "http://cordboard.test"


@dataclass
class Web:
    """The application `app` of a `house` whose health and users' changes are in the test's hand."""

    house: House
    clock: HandClock
    health: dict[str, Any] = field(default_factory=lambda: {"status": "ok", "parts": {"database": "ok"}})
    users_changed: int = 0
    app: FastAPI = field(init=False)

    def open(self, **site: Any) -> "Web":
        """Make the application; `site` changes what the installation says of itself."""
        told = {"health": self._health, "on_users_changed": self._on_users_changed} | site
        self.house = replace(self.house, site=replace(self.house.site, **told))
        self.app = create_app(self.house)
        return self

    async def _health(self) -> dict[str, Any]:
        return self.health

    async def _on_users_changed(self) -> None:
        self.users_changed += 1

    async def user(self, role: Role, login: str = "") -> User:
        return await self.house.access.create_user(login or role.value, f"Some {role.value}", role, PASSWORD)

    @asynccontextmanager
    async def asker(
        self, *, client: tuple[str, int] = ("127.0.0.1", 5000), **headers: str
    ) -> AsyncIterator[httpx2.AsyncClient]:
        """Somebody without a name; what breaks in the application arrives as an answer, as over a real wire."""
        transport = httpx2.ASGITransport(app=self.app, raise_app_exceptions=False, client=client)
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN, headers=told) as asker:
            yield asker

    @asynccontextmanager
    async def browser(self, user: User) -> AsyncIterator[httpx2.AsyncClient]:
        """A signed-in user's browser, on a page of ours."""
        async with self.asker(Origin=ORIGIN, Sec_Fetch_Site="same-origin") as browser:
            browser.cookies.set("cordboard", await self.house.access.open_session(user.id, "test"))
            yield browser

    @asynccontextmanager
    async def program(self, role: Role = Role.API) -> AsyncIterator[httpx2.AsyncClient]:
        """The shop's own system, with a key."""
        async with self.asker(
            Authorization=f"Bearer {await self.house.access.create_api_key('shop', role)}"
        ) as program:
            yield program


@pytest.fixture
def web(sqlite_database: Database, tmp_path: Path) -> Web:
    clock = HandClock()
    rooms = SteeringHouse(sqlite_database, clock, tmp_path)
    access = AccessStore(sqlite_database, clock, random_ids, keeper=quick_keeper())
    return Web(replace(rooms.house, access=access), clock).open()


@pytest.fixture
async def house(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[SteeringHouse]:
    """The supervisor's; tests of other people make their own."""
    house = SteeringHouse(sqlite_database, HandClock(), tmp_path)
    await house.open()
    yield house
    await house.desk.settle()
    await house.dialer.settle()


@pytest.fixture
async def campaign(house: SteeringHouse) -> Campaign:
    """Paused, with a dear old order (1), a middling one (2) and a cheap fresh one (3)."""
    campaign = await house.campaign()
    for number, rubles, hours in ((1, 40_000, 30.0), (2, 15_000, 3.0), (3, 3_000, 0.1)):
        await house.order(number, rubles, hours)
    return campaign


@pytest.fixture
async def browser(house: SteeringHouse) -> AsyncIterator[httpx2.AsyncClient]:
    """The supervisor's."""
    async with await house.client(await house.user(Role.SUPERVISOR, "Олег Лебедев")) as browser:
        yield browser
