"""The order card over HTTP: prices by right, two people at one order or card, the customer's data, the way to the shop's own system."""

from dataclasses import replace
from typing import Any

import pytest

from cordboard.access.permission import Role
from cordboard.shop.delivering import Delivering
from cordboard.shop.message import ORDER
from cordboard.shop.posting import OrderPosted, PostedCustomer, PostedItem
from cordboard.shop.remote import RemoteShop
from cordboard.shop.store import ShopStore
from cordboard.storage.ids import random_ids
from cordboard.storage.outbox_store import Outbox
from tests.agent_web.conftest import Web
from tests.fakes.shop_system import ShopSystem, answer

POSTED = OrderPosted("e1", PostedCustomer("Анна Иванова", "+79123456789"), (PostedItem("LAMP", 2),), payment="card")


@pytest.fixture
async def shop(web: Web) -> Web:
    box = Outbox(web.house.shop._db, web.clock, random_ids)
    web.house = replace(
        web.house, shop=ShopStore(web.house.shop._db, web.clock, random_ids, box), post=Delivering(box, {})
    )
    web.open(most_off_percent=10)
    await web.house.shop.add_product("LAMP", "Лампа", 100_00, "Lamp", 5)
    await web.house.shop.add_product("DIM", "Диммер", 250_00, "Dimmer", 5)
    return web


async def order_path(shop: Web) -> str:
    order, _ = await shop.house.shop.put_order(POSTED)
    return f"/api/v1/orders/{order.id}"


def lamp(price: int, version: int = 1) -> dict[str, Any]:
    return {"version": version, "items": [{"article": "LAMP", "quantity": 2, "price": price}]}


async def test_an_operator_takes_ten_percent_off_and_a_supervisor_what_he_likes(shop: Web) -> None:
    path = await order_path(shop)
    async with shop.browser(await shop.user(Role.OPERATOR)) as browser:
        said = await browser.patch(path, json=lamp(89_99), headers={"Accept-Language": "ru"})
        assert (said.status_code, said.json()["errors"]) == (
            422,
            [{"field": "items[0].price", "reason": "вашей роли можно снизить цену не больше чем на 10 %"}],
        )
        agreed = await browser.patch(path, json=lamp(90_00))
        assert (agreed.status_code, agreed.json()["total"]) == (200, 180_00)
    async with shop.browser(await shop.user(Role.SUPERVISOR)) as browser:
        given = await browser.patch(path, json=lamp(0, 2))
        assert (given.status_code, given.json()["total"]) == (200, 0)


async def test_two_people_merge_and_what_both_changed_is_told_field_by_field(shop: Web) -> None:
    path = await order_path(shop)
    async with shop.program() as first, shop.browser(await shop.user(Role.OPERATOR)) as second:
        assert (await first.patch(path, json={"version": 1, "delivery": {"slot": "9-12"}})).status_code == 200
        mine = await second.patch(path, json={"version": 1, "merge": True, "payment": "cash"})
        assert (mine.status_code, mine.json()["delivery"]["slot"], mine.json()["payment"]) == (200, "9-12", "cash")
        late = await second.patch(path, json={"version": 1, "merge": True, "delivery": {"slot": "18-21"}})
        assert (late.status_code, late.headers["content-type"]) == (409, "application/problem+json")
        assert late.json()["current_version"] == 3
        assert late.json()["conflicts"] == [
            {"field": "delivery_slot", "seen": "", "theirs": "9-12", "yours": "18-21"},
        ]
        assert (await second.patch(path, json={"version": 1, "payment": "card"})).status_code == 409  # without merge


async def test_how_it_stands_with_the_shops_own_system(shop: Web) -> None:
    path = await order_path(shop)
    box = shop.house.shop.outbox
    assert box is not None
    async with ShopSystem().open() as theirs, shop.browser(await shop.user(Role.OPERATOR)) as browser:
        remote = RemoteShop(theirs.url)
        post = Delivering(box, {ORDER: remote.send})
        changed = await browser.patch(path, json={"version": 1, "payment": "cash"})
        assert (changed.json()["post"]["waiting"], changed.json()["post"]["trouble"]) == (1, None)
        good, theirs.says = theirs.says, answer("503 Busy", b"{}")
        await post.round()
        assert (await browser.get(path)).json()["post"]["trouble"] == "busy"
        assert (await browser.post(f"{path}/post")).status_code == 204
        theirs.says = good
        await post.round()
        told = (await browser.get(path)).json()["post"]
        assert (told["waiting"], told["trouble"]) == (0, None)
        assert told["delivered_at"] is not None
        assert (await browser.post("/api/v1/orders/none/post")).status_code == 404
        await remote.close()


async def test_a_card_is_changed_and_taken_back(shop: Web) -> None:
    order, _ = await shop.house.shop.put_order(POSTED)
    path = f"/api/v1/customers/{order.customer_id}"
    async with shop.browser(await shop.user(Role.OPERATOR)) as browser:
        known = (await browser.get(path)).json()
        assert (known["name"], known["version"], known["change_id"]) == ("Анна Иванова", 1, None)
        change = {"version": 1, "name": "  👩 Анна <b>  ", "phones": ["8 912 345-67-89", "+7 343 222-33-44"]}
        changed = await browser.patch(path, json=change)
        assert (changed.status_code, changed.json()["name"]) == (200, "👩 Анна <b>")
        assert changed.json()["phones"] == ["+79123456789", "+73432223344"]
        undone = await browser.post(f"{path}/undo", json={"change_id": changed.json()["change_id"]})
        assert (undone.json()["name"], undone.json()["version"]) == ("Анна Иванова", 3)
        assert (await browser.post(f"{path}/undo", json={"change_id": "none"})).status_code == 404
        assert (await browser.patch("/api/v1/customers/none", json={"version": 1})).status_code == 404
        late = await browser.patch(path, json={"version": 1, "name": "Другая"}, headers={"Accept-Language": "ru"})
        assert late.status_code == 200  # the name stands as it was seen


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "я" * 10_240}, "name"),
        ({"name": "   "}, "name"),
        ({"name": "\x00"}, "name"),
        ({"email": "нет"}, "email"),
        ({"phones": ["123"]}, "phones[0]"),
        ({"phones": []}, "phones"),
        ({"time_zone": "Moon/Base"}, "time_zone"),
        ({"language": "de"}, "language"),
        ({"segment": "vip"}, "segment"),
    ],
)
async def test_a_wrong_card_is_told_its_field_and_nothing_is_kept(
    shop: Web, change: dict[str, Any], field: str
) -> None:
    order, _ = await shop.house.shop.put_order(POSTED)
    path = f"/api/v1/customers/{order.customer_id}"
    async with shop.browser(await shop.user(Role.OPERATOR)) as browser:
        said = await browser.patch(path, json={"version": 1, "city": "Пермь", **change})
        assert (said.status_code, [error["field"] for error in said.json()["errors"]]) == (422, [field])
        assert (await browser.get(path)).json()["city"] == ""


async def test_who_may_not(shop: Web) -> None:
    order, _ = await shop.house.shop.put_order(POSTED)
    async with shop.browser(await shop.user(Role.QA)) as browser:
        assert (await browser.get(f"/api/v1/customers/{order.customer_id}")).status_code == 200
        assert (await browser.patch(f"/api/v1/customers/{order.customer_id}", json={"version": 1})).status_code == 403
    async with shop.asker() as stranger:
        assert (await stranger.get(f"/api/v1/customers/{order.customer_id}")).status_code == 401
