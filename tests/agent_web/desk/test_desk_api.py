"""What the operator's page asks of the desk, over HTTP, on a real desk and real tables."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from cordboard.access.permission import Role
from cordboard.access.user import User
from cordboard.queue.agent import AgentState
from cordboard.queue.contact import Contact
from cordboard.queue.setup import QueueRules, Reason
from cordboard.shop.order import OrderStatus
from cordboard.storage.database import Database
from tests.fakes.desk_house import ANNA, DeskHouse
from tests.fakes.wire import MovedClock

API = "/api/v1/desk"


@pytest.fixture
async def house(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[DeskHouse]:
    made = DeskHouse(sqlite_database, MovedClock(), tmp_path, websocket_url="wss://pbx.example.org:8089/ws")
    await made.open()
    yield made
    await made.desk.settle()  # what follows a contact up runs in the background, on this test's database


async def talk(house: DeskHouse, maria: User, key: str = "call-1", address: str = ANNA) -> Contact:
    contact = await house.call_in(key, address)
    await house.desk.talk_began(key, maria.id)
    return contact


async def wrap_up(house: DeskHouse, maria: User) -> Contact:
    contact = await talk(house, maria)
    await house.desk.talk_ended("call-1")
    return contact


def state_of(house: DeskHouse, user: User) -> AgentState:
    agent = house.desk.agent(user.id)
    assert agent is not None
    return agent.state


async def test_who_goes_ready_is_looked_at_so_that_a_call_goes_before_a_chat(
    house: DeskHouse, maria: User, browser: httpx2.AsyncClient
) -> None:
    await browser.post(f"{API}/state", json={"state": "logged_out"})
    await house.desk.device_changed(maria.id, up=False)
    await house.chat_in()
    call = await house.call_in()
    house.registered.add(
        maria.id
    )  # her page says ready as soon as it knows; the desk's own news are still on their way
    told = (await browser.post(f"{API}/state", json={"state": "ready"})).json()
    assert (told["contact_id"], told["device_up"]) == (call.id, True)


async def test_state_is_told_and_changed(house: DeskHouse, maria: User, browser: httpx2.AsyncClient) -> None:
    told = (await browser.get(f"{API}/state")).json()
    assert (told["state"], told["page_open"], told["contact_id"]) == ("ready", True, None)
    paused = (await browser.post(f"{API}/state", json={"state": "paused", "pause_code": "lunch"})).json()
    assert (paused["state"], paused["pause_code"]) == ("paused", "lunch")
    assert (await browser.post(f"{API}/state", json={"state": "ready"})).json()["state"] == "ready"
    assert (await browser.post(f"{API}/state", json={"state": "logged_out"})).json()["state"] == "logged_out"
    assert (await browser.post(f"{API}/state", json={"state": "asleep"})).status_code == 422


async def test_a_wish_during_a_contact_is_kept(house: DeskHouse, maria: User, browser: httpx2.AsyncClient) -> None:
    contact = await talk(house, maria)
    told = (await browser.post(f"{API}/state", json={"state": "paused", "pause_code": "rest"})).json()
    assert (told["state"], told["next_state"], told["contact_id"]) == ("busy", "paused", contact.id)
    assert told["contact_state"] == "connected"


async def test_the_softphone_s_secret_is_one_s_own(house: DeskHouse, maria: User, browser: httpx2.AsyncClient) -> None:
    told = (await browser.get(f"{API}/softphone")).json()
    assert told == {
        "uri": f"sip:{maria.sip_name}@pbx.example.org",
        "user": maria.sip_name,
        "password": maria.sip_secret,
        "websocket": "wss://pbx.example.org:8089/ws",
        "processing": False,
    }
    assert (await browser.get(f"{API}/softphone")).headers["cache-control"] == "no-store"


async def test_an_operator_with_a_desk_phone_gets_no_secret(house: DeskHouse) -> None:
    await house.access.create_user("ilya", "Илья", Role.OPERATOR, None, device_uri="sip:200@10.0.0.5")
    ilya = await house.access.user_by_login("ilya")
    assert ilya is not None
    async with await house.client(ilya) as browser:
        told = (await browser.get(f"{API}/softphone")).json()
    assert (told["websocket"], told["password"]) == ("", "")


async def test_somebody_without_a_seat(house: DeskHouse) -> None:
    user = await house.access.create_user("nina", "Нина", Role.OPERATOR, None)
    async with await house.client(user) as browser:
        assert (await browser.get(f"{API}/state")).status_code == 404
        assert (await browser.post(f"{API}/state", json={"state": "ready"})).status_code == 404


async def test_the_desk_is_for_operators(house: DeskHouse) -> None:
    oleg = await house.access.create_user("oleg", "Олег", Role.SUPERVISOR, None)
    async with await house.client(oleg) as browser:
        assert (await browser.get(f"{API}/softphone")).status_code == 403
        assert (await browser.get("/desk")).status_code == 403


async def test_declining(house: DeskHouse, maria: User, browser: httpx2.AsyncClient) -> None:
    contact = await house.call_in()
    assert (await browser.post(f"{API}/contacts/{contact.id}/decline")).status_code == 204
    assert state_of(house, maria) is AgentState.NOT_RESPONDING
    assert ("withdraw", contact.id, maria.id) in house.wire.told
    refused = await browser.post(f"{API}/contacts/{contact.id}/decline")
    assert (refused.status_code, refused.json()["detail"]) == (409, "Этот контакт уже не у вас")


async def test_hanging_up_is_asked_of_the_wire(house: DeskHouse, maria: User, browser: httpx2.AsyncClient) -> None:
    contact = await talk(house, maria)
    assert (await browser.post(f"{API}/contacts/{contact.id}/hangup")).status_code == 204
    assert ("hang_up", contact.id, "") in house.wire.told
    await house.desk.talk_ended("call-1")
    assert (await browser.post(f"{API}/contacts/{contact.id}/hangup")).status_code == 204  # over is over
    assert house.wire.told.count(("hang_up", contact.id, "")) == 1


async def test_somebody_else_s_contact_is_out_of_reach(house: DeskHouse, maria: User) -> None:
    contact = await talk(house, maria)
    ilya = await house.operator("Илья", "ilya")
    async with await house.client(ilya) as browser:
        for what, body in (("hangup", None), ("extend", None), ("disposition", {"code": "spam"}), ("customer", {})):
            answer = await browser.post(f"{API}/contacts/{contact.id}/{what}", json=body)
            assert answer.status_code == 409, what


async def test_a_newcomer_gets_a_card_with_the_number_of_the_call(
    house: DeskHouse, maria: User, browser: httpx2.AsyncClient
) -> None:
    contact = await talk(house, maria, address="+79995550011")
    url = f"{API}/contacts/{contact.id}/customer"
    assert (await browser.post(url, json={"newcomer": {"name": "  "}})).status_code == 422
    made = await browser.post(url, json={"newcomer": {"name": " Пётр ", "city": "Казань"}})
    [customer] = await house.shop.customers_by_phone("+79995550011")
    assert made.json() == {"customer_id": customer.id}
    assert (customer.name, customer.city) == ("Пётр", "Казань")
    known = house.desk.contact(contact.id)
    assert known is not None
    assert known.customer_id == customer.id


async def test_a_hidden_number_makes_no_card(house: DeskHouse, maria: User, browser: httpx2.AsyncClient) -> None:
    contact = await talk(house, maria, address="")
    answer = await browser.post(f"{API}/contacts/{contact.id}/customer", json={"newcomer": {"name": "Пётр"}})
    assert answer.status_code == 422


async def test_choosing_among_customers_and_orders(house: DeskHouse, maria: User, browser: httpx2.AsyncClient) -> None:
    order = await house.order()
    other = await house.shop.add_customer("Павел", [ANNA])
    contact = await talk(house, maria)
    url = f"{API}/contacts/{contact.id}/customer"
    assert (await browser.post(url, json={"customer_id": other.id})).status_code == 200
    assert (await browser.post(url, json={"customer_id": other.id, "order_id": order.id})).status_code == 404
    assert (await browser.post(url, json={"customer_id": "nobody"})).status_code == 404
    assert (await browser.post(url, json={"customer_id": order.customer_id})).status_code == 200
    known = house.desk.contact(contact.id)
    assert known is not None
    assert (known.customer_id, known.order_id) == (order.customer_id, order.id)


async def test_a_result_closes_the_contact_and_settles_the_order(
    house: DeskHouse, maria: User, browser: httpx2.AsyncClient
) -> None:
    order = await house.order()
    contact = await wrap_up(house, maria)
    body = {"code": "cancelled", "note": " передумала "}
    assert (await browser.post(f"{API}/contacts/{contact.id}/disposition", json=body)).status_code == 204
    closed = await house.desk.find_contact(contact.id)
    settled = await house.shop.order(order.id)
    assert closed is not None
    assert settled is not None
    assert (closed.disposition, closed.note, closed.state) == ("cancelled", "передумала", "closed")
    assert (settled.status, settled.cancel_reason) == (OrderStatus.CANCELLED, "передумала")
    assert state_of(house, maria) is AgentState.READY


async def test_a_result_that_says_nothing_of_the_order_leaves_it(
    house: DeskHouse, maria: User, browser: httpx2.AsyncClient
) -> None:
    order = await house.order()
    contact = await wrap_up(house, maria)
    await browser.post(f"{API}/contacts/{contact.id}/disposition", json={"code": "consulted"})
    kept = await house.shop.order(order.id)
    assert kept is not None
    assert kept.status is OrderStatus.NEW


async def test_a_callback_wants_a_time_that_is_to_come(
    house: DeskHouse, maria: User, browser: httpx2.AsyncClient
) -> None:
    contact = await wrap_up(house, maria)
    url = f"{API}/contacts/{contact.id}/disposition"
    at = house.clock.now() + timedelta(hours=3)
    for wrong in (None, (at - timedelta(hours=4)).isoformat(), "2026-11-22T15:00:00"):
        assert (await browser.post(url, json={"code": "postponed", "callback_at": wrong})).status_code == 422
    assert (await browser.post(url, json={"code": "postponed", "callback_at": at.isoformat()})).status_code == 204
    closed = await house.desk.find_contact(contact.id)
    assert closed is not None
    assert closed.callback_at == at


async def test_results_that_cannot_be(house: DeskHouse, maria: User, browser: httpx2.AsyncClient) -> None:
    contact = await talk(house, maria)
    url = f"{API}/contacts/{contact.id}/disposition"
    assert (await browser.post(url, json={"code": "abracadabra"})).status_code == 422
    assert (await browser.post(url, json={"code": "spam"})).status_code == 409  # they still talk
    assert (await browser.post(url, json={"code": "spam", "note": "x" * 2001})).status_code == 422


async def test_the_tree_of_the_queue_is_read_and_only_its_leaves_are_taken(
    house: DeskHouse, maria: User, browser: httpx2.AsyncClient
) -> None:
    await house.order()
    dear = Reason("too_dear", "Дорого", "Too dear", "cancelled")
    orders = QueueRules("orders", "Заказы", "Orders", dispositions=("order",), disposition_required=True)
    await house.desk.apply(replace(house.desk.setup, queues={"orders": orders}, reasons={"too_dear": dear}))
    contact = await wrap_up(house, maria)
    told = (await browser.get(f"{API}/contacts/{contact.id}/dispositions", headers={"accept-language": "en"})).json()
    assert (told["required"], [one["code"] for one in told["branches"]]) == (True, ["order"])
    cancelled = next(one for one in told["branches"][0]["results"] if one["code"] == "cancelled")
    assert cancelled["reasons"] == [{"code": "cancelled.too_dear", "label": "Too dear"}]
    page = (await browser.get("/desk/panes?lang=ru")).text
    assert 'value="cancelled.too_dear"' in page
    assert 'value="claim"' not in page
    path = f"{API}/contacts/{contact.id}/disposition"
    refused = [(await browser.post(path, json={"code": code})).json() for code in ("cancelled", "claim", "nonsense")]
    assert [one["fault"] for one in refused] == ["no_reason", "elsewhere", "unknown"]
    assert (await browser.post(path, json={"code": "cancelled.too_dear"})).status_code == 204
    order = await house.shop.order(contact.order_id or "")
    assert order is not None
    assert (order.status, order.cancel_reason) == (OrderStatus.CANCELLED, "Заказ отменён: Дорого")


async def test_more_time_for_the_result(house: DeskHouse, maria: User, browser: httpx2.AsyncClient) -> None:
    contact = await wrap_up(house, maria)
    before = house.desk.agent(maria.id)
    assert (await browser.post(f"{API}/contacts/{contact.id}/extend")).status_code == 204
    after = house.desk.agent(maria.id)
    assert before is not None
    assert after is not None
    was, now = before.task(contact.id), after.task(contact.id)
    assert was is not None
    assert now is not None
    assert was.until is not None
    assert now.until == was.until + timedelta(seconds=30)


async def test_notes(house: DeskHouse, maria: User, browser: httpx2.AsyncClient) -> None:
    order = await house.order()
    body = {"customer_id": order.customer_id, "text": "  <b>после обеда</b> "}
    assert (await browser.post(f"{API}/notes", json=body)).status_code == 204
    note = (await house.shop.timeline(order.customer_id))[0]
    assert (note.body, note.actor_name) == ("<b>после обеда</b>", "Мария Соколова")
    assert (await browser.post(f"{API}/notes", json=body | {"customer_id": "nobody"})).status_code == 404
    assert (await browser.post(f"{API}/notes", json=body | {"text": ""})).status_code == 422


async def test_drafts_survive_a_reload_and_a_transfer_and_become_notes_when_time_runs_out(
    house: DeskHouse, maria: User, browser: httpx2.AsyncClient
) -> None:
    order = await house.order()
    contact = await wrap_up(house, maria)
    drafts = f"{API}/contacts/{contact.id}/drafts"
    assert (await browser.put(f"{drafts}/comment", json={"text": "звонить после восьми"})).status_code == 204
    assert (await browser.put(f"{drafts}/note", json={"text": "любит торшеры"})).status_code == 204
    assert (await browser.put(f"{drafts}/note", json={"text": "  "})).status_code == 204
    assert (await browser.get(drafts)).json() == {"comment": "звонить после восьми", "note": ""}
    assert ">звонить после восьми</textarea>" in (await browser.get("/desk/panes?lang=ru")).text
    assert (await browser.put(f"{drafts}/poem", json={"text": "x"})).status_code == 422
    assert (await browser.put(f"{drafts}/note", json={"text": "x" * 2_001})).status_code == 422
    ilya = await house.operator("Илья Котов", "ilya")
    async with house.page(ilya) as other:
        assert (await other.get(drafts)).status_code == 409
    assert isinstance(house.clock, MovedClock)
    house.clock.pass_s(3_600)
    await house.desk.tick()
    await house.desk.settle()
    notes = [entry.body for entry in await house.shop.timeline(order.customer_id)]
    assert "звонить после восьми" in notes
    assert await house.drafts.of(contact.id) == {}


async def test_fragments_hold_every_pane_and_escape_what_people_typed(
    house: DeskHouse, maria: User, browser: httpx2.AsyncClient
) -> None:
    await house.order(name="<img src=x onerror=alert(1)>")
    await house.call_in()
    page = (await browser.get("/desk/panes")).text
    for pane in ("bar", "list", "main", "context", "dialogs"):
        assert f'<template data-pane="{pane}"' in page
    assert "<img" not in page
    assert "&lt;img src=x" in page
    assert 'data-phase="ringing"' in page
    assert (await browser.get("/desk/main")).text.count("<template") == 1
    assert (await browser.get("/desk/cellar")).status_code == 404


async def test_the_shell_speaks_the_reader_s_language(
    house: DeskHouse, maria: User, browser: httpx2.AsyncClient
) -> None:
    assert 'lang="ru"' in (await browser.get("/desk")).text
    english = (await browser.get("/desk?lang=en")).text
    assert 'lang="en"' in english
    assert "You are on line" in english
    assert (await browser.post("/api/v1/me/language", json={"language": "en"})).status_code == 204
    assert "You are on line" in (await browser.get("/desk")).text


async def test_static_files_are_kept_for_ever_under_their_version(house: DeskHouse, maria: User) -> None:
    from cordboard.agent_web.pages import static_url

    async with await house.client() as stranger:
        found = await stranger.get(static_url("js/desk.js"))
        assert (found.status_code, found.headers["content-type"].split(";")[0]) == (200, "text/javascript")
        assert "immutable" in found.headers["cache-control"]
        old = await stranger.get("/static/0000000000/js/desk.js")
        assert old.headers["cache-control"] == "no-cache"
        unchanged = await stranger.get("/i18n/en.json")
        again = await stranger.get("/i18n/en.json", headers={"If-None-Match": unchanged.headers["etag"]})
        assert again.status_code == 304
        for away in ("/static/x/../pages.py", "/static/x/%2e%2e/pages.py", "/static/x//etc/passwd", "/static/x/no.js"):
            assert (await stranger.get(away, follow_redirects=True)).status_code == 404
