"""The queues' setup through HTTP: checked, told field by field, versioned, audited, taken back; nobody else may."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from cordboard.access.permission import Role
from cordboard.access.user import User
from cordboard.agent_web.app import create_app
from cordboard.queue.setup import QueueSetup
from cordboard.storage.database import Database
from tests.fakes.hours import HandClock
from tests.fakes.steering_house import SteeringHouse

API = "/api/v1/queue-setup"
ORDERS: dict[str, Any] = {"name_ru": "Заказы", "name_en": "Orders"}
RU = {"accept-language": "ru"}


@pytest.fixture
async def house(sqlite_database: Database, tmp_path: Path) -> SteeringHouse:
    house = SteeringHouse(sqlite_database, HandClock(), tmp_path)
    await house.open()
    await house.setup.first("orders")
    return house


@pytest.fixture
async def chief(house: SteeringHouse) -> User:
    return await house.user(Role.SUPERVISOR, "Олег Лебедев")


@pytest.fixture
async def browser(house: SteeringHouse, chief: User) -> AsyncIterator[httpx2.AsyncClient]:
    async with await house.client(chief) as browser:
        yield browser


async def test_a_queue_is_made_changed_and_works_at_once(
    house: SteeringHouse, browser: httpx2.AsyncClient, chief: User
) -> None:
    heard: list[QueueSetup] = []

    async def hear(setup: QueueSetup) -> None:
        heard.append(setup)

    house.setup.on_change.append(hear)
    made = await browser.put(f"{API}/queues/claims", json={**ORDERS, "name_ru": "Претензии", "version": 0}, headers=RU)
    assert made.status_code == 200
    told = made.json()
    assert told["change_id"] == told["version"]
    nobody = "У очереди нет ни одного оператора: контакты уйдут по правилу «некому отвечать»"
    assert [one["reason"] for one in told["findings"] if one["key"] == "claims"] == [nobody]
    changed = await browser.put(f"{API}/queues/claims", json={**ORDERS, "weight": 2, "version": told["version"]})
    assert changed.status_code == 200
    assert [setup.queues["claims"].weight for setup in heard] == [1.0, 2.0]
    row = (await house.access.audit_rows(action="queue_setup.change", subject=str(changed.json()["change_id"])))[0]
    assert row.actor_id == chief.id


async def test_what_is_refused_is_told_beside_its_field_in_the_askers_language(browser: httpx2.AsyncClient) -> None:
    wrong = {
        **ORDERS,
        "weight": 99,
        "needs": [{"skill": "en", "level": 9}],
        "overflow": [{"when": "wait", "action": "other_queue", "after_s": 30, "target": "orders"}],
        "hours": {"time_zone": "Mars/Base", "week": [[600, 540], None, None, None, None, None, None]},
    }
    for language, first in (("ru", "Нужно число от 0,1 до 10"), ("en", "It must be a number from 0.1 to 10")):
        refused = await browser.put(f"{API}/queues/orders", json=wrong, headers={"accept-language": language})
        assert refused.status_code == 422
        assert refused.headers["content-type"] == "application/problem+json"
        told = {error["field"]: error["reason"] for error in refused.json()["errors"]}
        assert told["weight"] == first
    assert set(told) == {
        "weight", "needs[0].skill", "needs[0].level", "overflow[0].target", "hours.time_zone", "hours.week[0]",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("queues/orders", {"name_ru": "x"}),
        ("queues/orders", {**ORDERS, "weight": "NaN"}),
        ("queues/orders", {**ORDERS, "colour": "red"}),
        ("queues/orders", {**ORDERS, "name_ru": "а\u0000б"}),
        ("queues/orders", {**ORDERS, "target_s": {"smoke": 5}}),
        ("queues/orders", {**ORDERS, "hours": {"time_zone": "UTC", "week": [[1, 2, 3]]}}),
        ("queues/orders", {**ORDERS, "hours": {"time_zone": "UTC", "week": [[1, 2]], "holidays": ["soon"]}}),
        ("queues/orders", {**ORDERS, "overflow": [{"when": "wait", "action": "message"}] * 21}),
        ("queues/orders", {**ORDERS, "version": -1}),
        ("queues/No%20Way", ORDERS),
        (f"queues/{'x' * 300}", ORDERS),
        ("skills/en", {"name_ru": "Английский"}),
        ("skills/en", {"name_ru": " ", "name_en": "English"}),
        ("pause-codes/tea", {"name_ru": "Чай", "name_en": "Tea", "limit_s": 0}),
        ("pause-codes/tea", {"name_ru": "Чай", "name_en": "Tea", "limit_s": 10**30}),
        ("seats/nobody", {"queues": ["orders"]}),
        ("capacity", {"limits": {"chat": 26}, "interrupted_by": {}}),
        ("capacity", {"limits": {"chat": -1}, "interrupted_by": {}}),
        ("capacity", {"limits": {}, "interrupted_by": {"chat": ["voice", "smoke"]}}),
        ("lifts", {"lifts_s": {"vip": 301}, "dear_order": 1}),
        ("lifts", {"lifts_s": {"king": 1}, "dear_order": 1}),
    ],
)
async def test_bad_input_is_a_clear_answer_and_changes_nothing(
    house: SteeringHouse, browser: httpx2.AsyncClient, path: str, body: dict[str, Any]
) -> None:
    before = await house.setup.load()
    answer = await browser.put(f"{API}/{path}", json=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"], answer.text
    assert await house.setup.load() == before


async def test_who_looked_at_an_older_version_is_told_to_look_again(browser: httpx2.AsyncClient) -> None:
    first = await browser.put(f"{API}/skills/en", json={"name_ru": "Английский", "name_en": "English", "version": 0})
    assert first.status_code == 200
    late = await browser.put(f"{API}/skills/en", json={"name_ru": "Язык", "name_en": "Language", "version": 0})
    assert late.status_code == 409
    assert late.json()["detail"] == "somebody else changed this meanwhile; load the page again"


async def test_everything_is_set_read_and_taken_back(house: SteeringHouse, browser: httpx2.AsyncClient) -> None:
    operator = await house.operator("Анна Белова")
    assert (
        await browser.put(f"{API}/skills/en", json={"name_ru": "Английский", "name_en": "English"})
    ).status_code == 200
    pause = {"name_ru": "Чай", "name_en": "Tea", "limit_s": 300}
    assert (await browser.put(f"{API}/pause-codes/tea", json=pause)).status_code == 200
    own = {"limits": {"chat": 5}, "interrupted_by": {"chat": ["voice"]}}
    seat = {"queues": ["orders"], "skills": {"en": 3}, "capacity": own}
    assert (await browser.put(f"{API}/seats/{operator.id}", json=seat)).status_code == 200
    assert (await browser.put(f"{API}/capacity", json=own)).status_code == 200
    lifts = {"lifts_s": {"vip": 90}, "dear_order": 500_00}
    assert (await browser.put(f"{API}/lifts", json=lifts)).status_code == 200
    setup = (await browser.get(API)).json()
    assert setup["seats"][operator.id] == {"agent_id": operator.id, **seat}
    assert (setup["capacity"], setup["lifts"]) == (own, lifts)
    assert (await browser.delete(f"{API}/skills/en")).status_code == 200
    assert (await browser.get(API)).json()["seats"][operator.id]["skills"] == {}
    latest = (await browser.get(f"{API}/changes", params={"limit": 1})).json()[0]
    assert [edit["noun"] for edit in latest["edits"]] == ["seat", "skill"]
    back = await browser.post(f"{API}/changes/{latest['id']}/revert")
    assert back.status_code == 200
    assert (await browser.get(API)).json() == setup
    assert (await browser.delete(f"{API}/pause-codes/tea")).status_code == 200
    assert (await browser.delete(f"{API}/pause-codes/tea")).status_code == 404
    assert (await browser.post(f"{API}/changes/999999/revert")).status_code == 404
    assert (await browser.post(f"{API}/changes/soon/revert")).status_code == 422


async def test_reasons_are_set_below_dispositions_and_a_queue_forces_its_branch(
    house: SteeringHouse, browser: httpx2.AsyncClient
) -> None:
    dear = {"name_ru": "Дорого", "name_en": "Too dear", "under": "cancelled", "version": 0}
    assert (await browser.put(f"{API}/reasons/too_dear", json=dear)).status_code == 200
    forced = ORDERS | {"dispositions": ["order"], "disposition_required": True}
    assert (await browser.put(f"{API}/queues/orders", json=forced)).status_code == 200
    read = (await browser.get(API)).json()
    assert (read["reasons"]["too_dear"]["under"], read["queues"]["orders"]["dispositions"]) == ("cancelled", ["order"])
    told = await browser.put(f"{API}/reasons/lost", json=dear | {"under": "nowhere"}, headers=RU)
    assert (told.status_code, told.json()["errors"]) == (
        422,
        [{"field": "under", "reason": "Такого итога нет: nowhere"}],
    )
    assert "Дорого" in (await browser.get("/queues/results")).text
    assert 'value="order" checked' in (await browser.get("/queues/q/orders")).text
    assert (await browser.delete(f"{API}/reasons/too_dear")).status_code == 200
    assert (await browser.delete(f"{API}/reasons/too_dear")).status_code == 404


async def test_a_queue_with_contacts_or_a_campaign_stays(house: SteeringHouse, browser: httpx2.AsyncClient) -> None:
    assert (await browser.put(f"{API}/queues/claims", json=ORDERS)).status_code == 200
    await house.call_in("a", queue="claims")
    busy = await browser.delete(f"{API}/queues/claims")
    assert (busy.status_code, busy.json()["detail"]) == (
        409,
        "there are contacts in this queue; wait until it is empty",
    )
    await house.desk.customer_left("a", "hung_up")
    assert (await browser.delete(f"{API}/queues/claims")).status_code == 200
    await house.campaign()
    assert (await browser.delete(f"{API}/queues/orders")).status_code == 409
    await house.desk.settle()


async def test_a_queue_that_others_overflow_into_stays_and_the_answer_names_them(browser: httpx2.AsyncClient) -> None:
    assert (await browser.put(f"{API}/queues/night", json=ORDERS)).status_code == 200
    rule = {"when": "no_agents", "action": "other_queue", "target": "night"}
    assert (await browser.put(f"{API}/queues/orders", json={**ORDERS, "overflow": [rule]})).status_code == 200
    refused = await browser.delete(f"{API}/queues/night", headers=RU)
    assert refused.status_code == 422
    (error,) = refused.json()["errors"]
    assert error["field"] == "queue/orders/overflow[0].target"
    assert error["reason"].startswith("Очередь «Заказы»: ")


async def test_only_those_who_set_queues_up_may(house: SteeringHouse) -> None:
    for role in (Role.OPERATOR, Role.QA):
        async with await house.client(await house.user(role, role.value)) as other:
            assert (await other.put(f"{API}/queues/orders", json=ORDERS)).status_code == 403
            assert (await other.get("/queues")).status_code == 403
    async with await house.client(await house.user(Role.ADMIN, "Ирина")) as admin:
        assert (await admin.get("/queues")).status_code == 200


async def test_a_change_sent_by_a_strangers_page_is_refused(house: SteeringHouse, browser: httpx2.AsyncClient) -> None:
    before = await house.setup.changes()
    evil = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    assert (await browser.put(f"{API}/queues/orders", json={**ORDERS, "weight": 5}, headers=evil)).status_code == 403
    assert (await browser.post(f"{API}/changes/{before[0].id}/revert", headers=evil)).status_code == 403
    assert await house.setup.changes() == before


async def test_the_contract_names_examples_and_errors(browser: httpx2.AsyncClient) -> None:
    contract = (await browser.get("/api/openapi.json")).json()
    put = contract["paths"][f"{API}/queues/{{code}}"]["put"]
    assert {"200", "403", "409", "422"} <= set(put["responses"])
    assert contract["components"]["schemas"]["QueueBody"]["examples"][0]["overflow"]


async def test_a_house_without_a_setup_says_so(house: SteeringHouse, chief: User) -> None:
    house.app = create_app(replace(house.house, setup=None))
    async with await house.client(chief) as browser:
        for path in (API, "/queues"):
            assert (await browser.get(path, headers={"accept": "application/json"})).status_code == 404
