"""Orders over HTTP, as the shop's system and the desk ask for them. Nothing is half-saved, whatever comes."""

import json
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from cordboard.access.permission import Role
from cordboard.agent_web.order_schemas import OrderChange, OrderIn
from cordboard.shop.order import Order
from cordboard.storage.database import Database
from tests.agent_web.conftest import Web
from tests.fakes.hours import NOON

PROBLEM = "application/problem+json"


def body(**changes: Any) -> dict[str, Any]:
    return {
        "external_id": "e1",
        "customer": {"name": "Анна Иванова", "phone": "8 (912) 345-67-89", "city": "Екатеринбург"},
        "items": [{"article": "LAMP", "quantity": 2}, {"article": "DIM", "quantity": 1, "price": 20000}],
        "delivery": {"address": "Малышева, 51", "slot": "18-21"},
        "payment": "card",
        "comment": "Домофон не работает",
        **changes,
    }


@pytest.fixture
async def shop(web: Web) -> Web:
    await web.house.shop.add_product("LAMP", "Лампа", 100_00, "Lamp", 5)
    await web.house.shop.add_product("DIM", "Диммер", 250_00, "Dimmer", 5)
    web.house.shop.on_order.clear()
    return web


async def post(web: Web, **changes: Any) -> httpx2.Response:
    async with web.program() as program:
        return await program.post("/api/v1/orders", json=body(**changes))


async def test_a_posted_order_is_taken(shop: Web) -> None:
    answer = await post(shop, placed_at="2026-11-20T11:30:00+03:00", number="417", segment="vip", total=40000)
    assert answer.status_code == 201
    told = answer.json()
    assert answer.headers["location"] == f"/api/v1/orders/{told['id']}"
    assert (told["number"], told["status"], told["lead"], told["total"], told["version"]) == (
        "417",
        "new",
        "pending",
        40000,
        1,
    )
    assert told["placed_at"] == "2026-11-20T08:30:00Z"
    assert told["delivery"] == {"address": "Малышева, 51", "slot": "18-21"}
    assert [(item["article"], item["price"], item["sum"]) for item in told["items"]] == [
        ("LAMP", 10000, 20000),
        ("DIM", 20000, 20000),
    ]
    customer = await shop.house.shop.customer(told["customer_id"])
    assert customer is not None
    assert (customer.phones, customer.segment) == (("+79123456789",), "vip")
    async with shop.program() as program:
        assert (await program.get(answer.headers["location"])).json() == told


async def test_twice_the_same_is_once_and_another_body_is_an_update(shop: Web) -> None:
    told: list[bool] = []

    async def listen(_order: Order, created: bool) -> None:
        told.append(created)

    shop.house.shop.on_order.append(listen)
    first, again = await post(shop), await post(shop)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    update = await post(shop, payment="cash")
    assert (update.status_code, update.json()["id"], update.json()["payment"]) == (200, first.json()["id"], "cash")
    assert update.json()["version"] == 2
    assert told == [True, False]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"items": [{"article": "GHOST", "quantity": 1}]}, "items[0].article"),
        ({"items": [{"article": "LAMP", "quantity": 1}, {"article": "GHOST", "quantity": 1}]}, "items[1].article"),
        ({"items": [{"article": "LAMP", "quantity": 0}]}, "items[0].quantity"),
        ({"items": [{"article": "LAMP", "quantity": -3}]}, "items[0].quantity"),
        ({"items": [{"article": "LAMP", "quantity": 1.5}]}, "items[0].quantity"),
        ({"items": [{"article": "LAMP", "quantity": True}]}, "items[0].quantity"),
        ({"items": [{"article": "LAMP", "quantity": 1, "price": -1}]}, "items[0].price"),
        ({"items": [{"article": "LAMP", "quantity": 1, "price": 10**30}]}, "items[0].price"),
        ({"items": []}, "items"),
        ({"items": [{"article": "LAMP", "quantity": 1}] * 2}, "items[1].article"),
        ({"items": "LAMP"}, "items"),
        ({"total": -1}, "total"),
        ({"total": 5}, "total"),
        ({"customer": {"name": "Анна", "phone": "12345"}}, "customer.phone"),
        ({"customer": {"name": "Анна", "phone": ""}}, "customer.phone"),
        ({"customer": {"name": "Анна", "phone": "+7912\r\nX: 1"}}, "customer.phone"),
        ({"customer": {"name": "", "phone": "+79123456789"}}, "customer.name"),
        ({"customer": {"name": "A\0B", "phone": "+79123456789"}}, "customer.name"),
        ({"customer": {"name": "\ud800", "phone": "+79123456789"}}, "customer.name"),
        ({"customer": {"name": "Анна", "phone": "+79123456789", "time_zone": "Mars/Olympus"}}, "customer.time_zone"),
        ({"customer": None}, "customer"),
        ({"external_id": ""}, "external_id"),
        ({"external_id": "  "}, "external_id"),
        ({"external_id": "x" * 101}, "external_id"),
        ({"external_id": 7}, "external_id"),
        ({"placed_at": "yesterday"}, "placed_at"),
        ({"placed_at": "2026-11-20T11:30:00"}, "placed_at"),
        ({"placed_at": "2027-01-01T00:00:00Z"}, "placed_at"),
        ({"placed_at": "0001-01-01T00:00:00+14:00"}, "placed_at"),
        ({"commment": "опечатка"}, "commment"),
        ({"delivery": {"address": "x" * 501}}, "delivery.address"),
    ],
)
async def test_a_wrong_order_is_told_its_field_and_leaves_nothing(
    shop: Web, changes: dict[str, Any], field: str
) -> None:
    async with shop.program() as program:
        text = json.dumps(body(**changes))
        answer = await program.post("/api/v1/orders", content=text, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (422, PROBLEM)
    assert field in [error["field"] for error in answer.json()["errors"]]
    assert all(error["reason"] for error in answer.json()["errors"])
    assert "+7912" not in answer.text
    assert await shop.house.shop.orders() == []
    assert await shop.house.shop.customers_by_phone("+79123456789") == []


async def test_who_may_post(shop: Web) -> None:
    async with shop.asker() as asker:
        assert (await asker.post("/api/v1/orders", json=body())).status_code == 401
    operator = await shop.user(Role.OPERATOR)
    async with shop.browser(operator) as browser:
        assert (await browser.post("/api/v1/orders", json=body())).status_code == 403
    assert await shop.house.shop.orders() == []


async def test_an_operator_edits_and_takes_it_back(shop: Web) -> None:
    order = (await post(shop)).json()
    async with shop.browser(await shop.user(Role.OPERATOR)) as browser:
        path = f"/api/v1/orders/{order['id']}"
        change = {
            "version": 1,
            "items": [{"article": "LAMP", "quantity": 3}],
            "delivery": {"slot": "9-12"},
            "status": "confirmed",
        }
        edited = await browser.patch(path, json=change)
        assert edited.status_code == 200
        told = edited.json()
        assert (told["total"], told["delivery"], told["status"], told["lead"]) == (
            30000,
            {"address": "Малышева, 51", "slot": "9-12"},
            "confirmed",
            "none",
        )
        undone = await browser.post(f"{path}/undo", json={"change_id": told["change_id"]})
        assert undone.status_code == 200
        same = {"version", "change_id"}
        assert {k: v for k, v in undone.json().items() if k not in same} == {
            k: v for k, v in order.items() if k not in same
        }
        again = await browser.post(f"{path}/undo", json={"change_id": told["change_id"]})
        assert (again.status_code, again.json()["current_version"]) == (409, 3)


async def test_conflicts_are_told(shop: Web) -> None:
    order = (await post(shop)).json()
    path = f"/api/v1/orders/{order['id']}"
    async with shop.program() as program:
        assert (await program.patch(path, json={"version": 1, "payment": "cash"})).status_code == 200
        late = await program.patch(path, json={"version": 1, "payment": "card"})
        assert (late.status_code, late.json()["current_version"]) == (409, 2)
        cancel = await program.patch(path, json={"version": 2, "status": "cancelled"})
        assert (cancel.status_code, cancel.json()["errors"]) == (
            422,
            [{"field": "cancel_reason", "reason": "say why the order is cancelled"}],
        )
        assert (
            await program.patch(path, json={"version": 2, "status": "cancelled", "cancel_reason": "дорого"})
        ).status_code == 200
        closed = await program.patch(path, json={"version": 3, "payment": "card"})
        assert (closed.status_code, closed.json()["errors"][0]["reason"]) == (
            409,
            "an order that is cancelled can no longer be changed",
        )
        assert (await program.post("/api/v1/orders", json=body(payment="sbp"))).status_code == 409


async def test_unknown_orders_and_changes(shop: Web) -> None:
    order = (await post(shop)).json()
    other = (await post(shop, external_id="e2")).json()
    async with shop.program() as program:
        assert (await program.get("/api/v1/orders/none")).status_code == 404
        assert (await program.get("/api/v1/orders/a%00b")).status_code == 400
        assert (await program.patch("/api/v1/orders/none", json={"version": 1})).status_code == 404
        change = (await program.patch(f"/api/v1/orders/{order['id']}", json={"version": 1, "payment": "cash"})).json()
        wrong = await program.post(f"/api/v1/orders/{other['id']}/undo", json={"change_id": change["change_id"]})
        assert wrong.status_code == 404
        nothing = await program.patch(f"/api/v1/orders/{other['id']}", json={"version": 1})
        assert (nothing.status_code, nothing.json()["version"], nothing.json()["change_id"]) == (200, 1, None)


async def test_the_list_is_newest_first_by_page_and_state(shop: Web) -> None:
    for number in range(3):
        at = (NOON - timedelta(hours=number)).isoformat()
        await post(shop, external_id=f"e{number}", placed_at=at)
    async with shop.program() as program:

        async def ids(**query: Any) -> list[str]:
            return [order["external_id"] for order in (await program.get("/api/v1/orders", params=query)).json()]

        assert await ids() == ["e0", "e1", "e2"]
        assert await ids(limit=1) == ["e0"]
        assert await ids(before=NOON.isoformat()) == ["e1", "e2"]
        assert await ids(status="cancelled") == []
        assert await ids(status=["new", "cancelled"], external_id="e1") == ["e1"]
        assert await ids(external_id="nobody") == []
        for wrong in ({"limit": 0}, {"limit": 1000}, {"status": "x"}, {"before": "noon"}, {"external_id": "a\1b"}):
            assert (await program.get("/api/v1/orders", params=wrong)).status_code == 422
        assert (await program.get("/api/v1/orders", params={"external_id": "a\0b"})).status_code == 400


async def test_products_are_found(shop: Web) -> None:
    async with shop.program() as program:
        found = (await program.get("/api/v1/products", params={"search": "ЛАМПА"})).json()
    assert [(product["article"], product["price"]) for product in found] == [("LAMP", 10000)]


async def test_the_description_has_examples_and_error_shapes(shop: Web) -> None:
    async with shop.asker() as asker:
        told = (await asker.get("/api/openapi.json")).json()
    post_order = told["paths"]["/api/v1/orders"]["post"]
    assert {"200", "201", "401", "403", "409", "413", "422"} <= post_order["responses"].keys()
    for status in ("401", "403", "409", "413", "422"):
        assert post_order["responses"][status]["content"] == {
            PROBLEM: {"schema": {"$ref": "#/components/schemas/ProblemBody"}}
        }
    schemas = told["components"]["schemas"]
    assert {"type", "title", "status", "detail", "errors"} <= schemas["ProblemBody"]["properties"].keys()
    assert {"field", "reason"} == schemas["FieldError"]["properties"].keys()
    for example in schemas["OrderIn"]["examples"]:
        OrderIn.model_validate(example)
    for example in schemas["OrderChange"]["examples"]:
        OrderChange.model_validate(example)
    assert told["components"]["securitySchemes"]["API key"] == {
        "type": "http",
        "scheme": "bearer",
        "description": "`Authorization: Bearer <key>`. Pages use a session cookie instead.",
    }


async def test_every_reference_in_the_description_leads_somewhere(shop: Web) -> None:
    def references(part: Any) -> set[str]:
        if isinstance(part, dict):
            own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
            return own.union(*(references(value) for value in part.values()))
        return set().union(*(references(value) for value in part)) if isinstance(part, list) else set()

    async with shop.asker() as asker:
        told = (await asker.get("/api/openapi.json")).json()
    names = {f"#/components/schemas/{name}" for name in told["components"]["schemas"]}
    assert references(told) <= names


async def test_on_a_full_disk_no_order_is_promised_and_nothing_half_kept(shop: Web, sqlite_database: Database) -> None:
    async with shop.program() as program:
        async with sqlite_database.write() as connection:
            pages = (await connection.execute(text("PRAGMA page_count"))).scalar_one()
            await connection.execute(text(f"PRAGMA max_page_count = {pages}"))
        number = 0
        while (
            answer := await program.post("/api/v1/orders", json=body(external_id=f"full-{number}"))
        ).status_code == 201:
            number += 1
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2"), answer.text
        assert answer.json()["detail"] == "nothing can be kept or looked up at the moment; try again"
        async with sqlite_database.write() as connection:
            orders = (await connection.execute(text("SELECT count(*) FROM orders"))).scalar_one()
            items = (await connection.execute(text("SELECT count(*) FROM order_item"))).scalar_one()
            assert (orders, items) == (number, 2 * number)
            await connection.execute(text("PRAGMA max_page_count = 1000000"))
        again = await program.post("/api/v1/orders", json=body(external_id=f"full-{number}"))
        assert again.status_code == 201
