"""The pages where queues are set up: each opens in both languages and shows what there is, findings among it."""

from dataclasses import replace
from pathlib import Path

import pytest

from cordboard.access.permission import Role
from cordboard.queue.capacity import Capacity
from cordboard.queue.channel import ChannelKind
from cordboard.queue.setup import (
    OpeningHours,
    OverflowAction,
    OverflowRule,
    OverflowWhen,
    QueueRules,
    Seat,
    Skill,
)
from cordboard.queue.skill import Need
from cordboard.storage.database import Database
from tests.fakes.hours import HandClock
from tests.fakes.steering_house import SteeringHouse

PATHS = (
    "/queues", "/queues/new", "/queues/q/claims", "/queues/skills", "/queues/pauses", "/queues/capacity", "/queues/lifts",
    "/queues/operators", "/queues/history",
)  # fmt: skip


@pytest.fixture
async def house(sqlite_database: Database, tmp_path: Path) -> SteeringHouse:
    house = SteeringHouse(sqlite_database, HandClock(), tmp_path)
    await house.open()
    await house.setup.first("orders")
    await house.setup.save_skill(Skill("en", "Английский", "English"), None)
    overflow = (OverflowRule(OverflowWhen.FULL, OverflowAction.OTHER_QUEUE, 0, "orders"),)
    hours = OpeningHours("Europe/Moscow", ((540, 1265),) + (None,) * 6)
    rules = QueueRules("claims", "Претензии", "Claims", needs=(Need("en", 5),), overflow=overflow, hours=hours)
    await house.setup.save_queue(rules, None)
    return house


def text(html: str) -> str:
    return " ".join(html.replace("\u00a0", " ").split())


@pytest.mark.parametrize("path", PATHS)
async def test_a_page_opens_in_both_languages(house: SteeringHouse, path: str) -> None:
    async with await house.client(await house.user(Role.SUPERVISOR, "Oleg")) as browser:
        assert (await browser.get(path)).status_code == 200
    async with await house.client(await house.user(Role.SUPERVISOR, "Jane", "en")) as browser:
        page = (await browser.get(path)).text
    names = ("Заказы", "Претензии", "Английский", "Отдых для глаз", "Обед", "Обучение")  # both names can be edited
    for name in names:
        page = page.replace(f'value="{name}"', "")
    assert {letter for letter in page if "а" <= letter.lower() <= "я"} == set()


async def test_what_there_is_and_what_is_wrong_with_it_is_shown(house: SteeringHouse) -> None:
    anna = await house.operator("Анна Белова")
    own = Capacity({ChannelKind.CHAT: 7})
    await house.setup.save_seat(Seat(anna.id, frozenset({"claims"}), {"en": 2}, own), None)
    chief = await house.user(Role.SUPERVISOR, "Олег Лебедев")
    rules = (await house.setup.load()).queues["claims"]
    await house.setup.save_queue(replace(rules, weight=2), chief.id)
    async with await house.client(chief) as browser:
        page = text((await browser.get("/queues")).text)
        editor = text((await browser.get("/queues/q/claims")).text)
        grid = text((await browser.get("/queues/operators")).text)
        operator = text((await browser.get(f"/queues/operators/{anna.id}")).text)
        history = text((await browser.get("/queues/history")).text)
    assert "Навыка «Английский» на уровне 5 нет ни у кого из операторов очереди" in page
    assert "Английский 5+" in page
    assert 'value="21:05"' in editor
    assert '"field": "overflow[0].when"' in editor
    assert f'data-seat="{anna.id}"' in grid
    assert ">своя</a>" in grid
    assert (
        'name="capacity.limits.chat" data-kind="num" data-scale="1" data-empty="0" inputmode="numeric" value="7"'
        in (operator)
    )
    assert 'Очередь «Претензии»</b> <span class="sm sub">вес: 1 → 2' in history
    assert "Олег Лебедев, " in history


async def test_many_operators_stand_on_pages_and_are_found_by_name(house: SteeringHouse) -> None:
    for number in range(60):
        await house.operator(f"Оператор {number:02}", ready=False, queues=())
    async with await house.client(await house.user(Role.SUPERVISOR, "Oleg")) as browser:
        first = (await browser.get("/queues/operators")).text
        second = (await browser.get("/queues/operators", params={"page": 2})).text
        found = (await browser.get("/queues/operators", params={"find": "ОПЕРАТОР 57"})).text
        nobody = (await browser.get("/queues/operators", params={"find": "<script>"})).text
        wrong = await browser.get("/queues/operators", params={"page": 0}, headers={"accept": "application/json"})
    assert (first.count("<tr data-seat"), second.count("<tr data-seat"), found.count("<tr data-seat")) == (50, 10, 1)
    assert "Оператор 57" in second
    assert "Никого с таким именем." in nobody
    assert '<script>"' not in nobody
    assert wrong.status_code == 422


async def test_what_is_not_there_is_not_found(house: SteeringHouse) -> None:
    async with await house.client(await house.user(Role.SUPERVISOR, "Oleg")) as browser:
        for path in ("/queues/q/none", "/queues/operators/none"):
            assert (await browser.get(path, headers={"accept": "text/html"})).status_code == 404


async def test_a_name_with_markup_stays_a_name(house: SteeringHouse) -> None:
    name = "<script>alert('1')</script>\"x"
    await house.setup.save_queue(QueueRules("orders", name, name), None)
    async with await house.client(await house.user(Role.SUPERVISOR, "Oleg")) as browser:
        for path in ("/queues", "/queues/q/orders", "/queues/history", "/queues/operators"):
            assert "<script>alert" not in (await browser.get(path)).text
