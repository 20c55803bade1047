"""People: who may come in, passwords shown once, the robot's switch."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from cordboard.access.permission import Role
from cordboard.access.user import User
from cordboard.storage.database import Database
from tests.fakes.hours import HandClock
from tests.fakes.steering_house import SteeringHouse


@pytest.fixture
async def admin(house: SteeringHouse) -> User:
    return await house.user(Role.ADMIN, "Ирина Зуева")


@pytest.fixture
async def browser(house: SteeringHouse, admin: User) -> AsyncIterator[httpx2.AsyncClient]:
    async with await house.client(admin) as browser:
        yield browser


async def test_a_hired_operator_is_listed_and_signs_in_with_the_password_shown_once(
    house: SteeringHouse, browser: httpx2.AsyncClient
) -> None:
    hired = {"login": "maria.s", "name": "Мария Соколова", "role": "operator", "language": "ru"}
    made = await browser.post("/api/v1/users", json=hired)
    assert made.status_code == 201
    page = (await browser.get("/people")).text
    assert "Мария Соколова" in page
    assert made.json()["password"] not in page
    assert await house.access.check_password("maria.s", made.json()["password"]) is not None


async def test_a_new_password_ends_the_old_one_and_its_sessions(
    house: SteeringHouse, browser: httpx2.AsyncClient
) -> None:
    operator = await house.operator("Илья")
    async with await house.client(operator) as his:
        drawn = await browser.post(f"/api/v1/users/{operator.id}/password")
        assert drawn.status_code == 200
        assert (await his.get("/people", headers={"accept": "text/plain"})).status_code == 401
    told = drawn.json()
    assert (told["login"], told["name"]) == (operator.login, "Илья")
    assert await house.access.check_password(operator.login, told["password"]) is not None
    (row, *_) = await house.access.audit_rows(action="user.password")
    assert (row.subject, row.detail) == (operator.id, {})


async def test_one_does_not_shut_oneself_out(browser: httpx2.AsyncClient, admin: User) -> None:
    assert (await browser.post(f"/api/v1/users/{admin.id}/password")).status_code == 409
    assert (await browser.post("/api/v1/users/none/password")).status_code == 404
    page = (await browser.get("/people")).text
    assert page.count(" disabled") == 2


async def test_only_an_administrator_sees_people(house: SteeringHouse) -> None:
    chief = await house.user(Role.SUPERVISOR, "Олег")
    async with await house.client(chief) as browser:
        assert (await browser.get("/people")).status_code == 403
        assert (await browser.get("/people/parts")).status_code == 403
        assert (await browser.post(f"/api/v1/users/{chief.id}/password")).status_code == 403


async def test_the_robot_is_switched_in_the_demo(house: SteeringHouse, browser: httpx2.AsyncClient) -> None:
    assert 'data-robot="true"' in (await browser.get("/people")).text
    switched = await browser.post("/api/v1/demo/robot", json={"on": True})
    assert switched.json() == {"on": True}
    assert house.robot.on
    assert 'data-robot="false"' in (await browser.get("/people/parts")).text
    (row,) = await house.access.audit_rows(action="demo.robot")
    assert row.detail == {"on": True}


async def test_there_is_no_robot_outside_the_demo(sqlite_database: Database, tmp_path: Path) -> None:
    house = SteeringHouse(sqlite_database, HandClock(), tmp_path, demo=False)
    async with await house.client(await house.user(Role.ADMIN, "Ирина")) as browser:
        assert 'data-part="robot"' not in (await browser.get("/people")).text
        assert 'data-part="robot"' not in (await browser.get("/board")).text
        assert (await browser.post("/api/v1/demo/robot", json={"on": True})).status_code == 404
