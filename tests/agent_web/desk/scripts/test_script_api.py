"""The talk's script over HTTP: on a real desk, shop, diary and tables."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from pydantic import BaseModel

from cordboard.access.permission import Role
from cordboard.agent_web.problem_texts import RUSSIAN
from cordboard.agent_web.script_api import REASONS, ScriptWanted, SpokenTime, StepDone
from cordboard.agent_web.scripts_api import ScriptIn
from cordboard.knowledge.script import NOT_WAIVED
from cordboard.shop.order import OrderEdit, OrderStatus
from tests.fakes.desk_house import ANNA, DeskHouse
from tests.fakes.script_table import API, Table


async def test_a_talk_has_its_script_with_the_order_s_words(table: Table) -> None:
    told = await table.script()
    assert (told["script"], told["step"], told["kind"], told["is_over"]) == ("confirm", "hello", "say", False)
    assert told["words"].startswith(
        "Анна Сергеевна Иванова, здравствуйте! Меня зовут Мария Соколова, магазин «Лампа и дом»."
    )
    assert "№ 48213" in told["words"]
    assert (told["missing"], told["owed"]) == ([], ["ready"])
    told = await table.steps("next", "yes")
    assert "Торшер «Север», латунь × 1" in told["words"]


async def test_what_is_not_known_is_missing_and_not_blank(table: Table) -> None:
    await table.house.shop.edit_order(table.order.id, OrderEdit(delivery_address=""), None, table.order.version)
    told = await table.steps("next", "yes", "yes")
    assert (told["step"], told["missing"]) == ("address", ["order.delivery_address"])
    assert "{order.delivery_address}" in told["words"]


async def test_the_order_is_confirmed_by_its_script(table: Table) -> None:
    told = await table.steps("next", "yes", "yes", "no")
    assert told["step"] == "new_address"
    answer = await table.does("begin", "ул. Ленина, 5, кв. 🙂")
    assert (answer.json()["step"], answer.json()["trouble"]) == ("slot", "")
    assert (await table.now()).delivery_address == "ул. Ленина, 5, кв. 🙂"
    await table.steps("yes", "next")
    assert (await table.does("begin")).json()["is_over"]
    assert (await table.now()).status is OrderStatus.CONFIRMED
    assert (await table.dispose("confirmed")).status_code in (204, 409)


async def test_a_required_step_cannot_be_skipped_nor_closed_around(table: Table) -> None:
    await table.steps("next")
    refused = await table.does("skip")
    assert (refused.status_code, refused.json()["fault"]) == (409, "required")
    assert refused.headers["content-type"] == "application/problem+json"
    await table.house.desk.talk_ended("call-1")
    closing = await table.dispose("confirmed")
    assert (closing.status_code, closing.json()["fault"]) == (409, "script")
    assert closing.json()["errors"] == [{"field": "script.ready", "reason": "Удобно сейчас пару минут поговорить?"}]
    assert (await table.now()).status is OrderStatus.NEW
    contact = table.house.desk.contact(table.contact.id)
    assert contact is not None
    assert contact.is_open


async def test_where_there_was_no_talk_nothing_had_to_be_asked(table: Table) -> None:
    await table.house.desk.talk_ended("call-1")
    assert (await table.dispose("no_talk")).status_code == 204


async def test_a_script_that_is_done_lets_the_talk_be_closed(table: Table) -> None:
    await table.steps("next", "yes", "yes", "yes", "yes", "next")
    await table.does("begin")
    await table.house.desk.talk_ended("call-1")
    assert (await table.dispose("confirmed")).status_code == 204


async def test_a_supervisor_lets_the_rest_go(house: DeskHouse, table: Table) -> None:
    await table.house.desk.talk_ended("call-1")
    url = f"/api/v1/contacts/{table.contact.id}/script/waive"
    assert (await table.page.post(url)).status_code == 403
    oleg = await house.access.create_user("oleg", "Олег Лебедев", Role.SUPERVISOR, "correct horse battery")
    async with house.page(oleg) as supervisor:
        assert (await supervisor.post("/api/v1/contacts/gone/script/waive")).status_code == 404
        assert (await supervisor.post(url)).status_code == 204
    told = await table.script()
    assert (told["waived"], told["owed"]) == (True, [])
    assert (await table.dispose("consulted")).status_code == 204


async def test_an_operator_asks_for_a_waiver_and_a_supervisor_answers_on_the_board(
    house: DeskHouse, table: Table
) -> None:
    ask = f"{table.url}/script/waiver-request"
    answer = f"/api/v1/contacts/{table.contact.id}/script/waiver-request"
    oleg = await house.access.create_user("oleg", "Олег Лебедев", Role.SUPERVISOR, "correct horse battery")
    async with house.page(oleg) as supervisor:
        assert "data-waive" not in (await supervisor.get("/board")).text
        assert (await supervisor.post(ask)).status_code == 403
        assert (await table.page.post(ask)).status_code == 204
        assert (await table.page.post(ask)).status_code == 204, "again is no harm"
        assert (await table.script())["waiver_asked"]
        board = (await supervisor.get("/board/parts")).text
        assert f'data-waive="{table.contact.id}"' in board
        assert "Мария Соколова" in board
        assert (await table.page.delete(answer)).status_code == 403
        assert (await supervisor.delete(answer)).status_code == 204
        told = await table.script()
        assert (told["waiver_asked"], told["trouble"]) == (False, NOT_WAIVED)
        assert (await table.page.post(ask)).status_code == 204
        assert (await supervisor.post(f"/api/v1/contacts/{table.contact.id}/script/waive")).status_code == 204
        assert "data-waive" not in (await supervisor.get("/board/parts")).text
    assert (await table.page.post(ask)).json()["fault"] == "nothing_owed"


async def test_a_reload_and_a_transfer_find_the_run_where_it_was(house: DeskHouse, table: Table) -> None:
    before = await table.steps("next", "yes")
    assert await table.script() == before
    ilya = await house.operator("Илья Котов", "ilya")
    await house.seat(ilya, "tab-2")
    await table.page.post(f"{table.url}/transfer", json={"agent": ilya.id})
    await house.desk.talk_began("call-1", ilya.id)
    async with house.page(ilya) as page:
        told = (await page.get(f"{table.url}/script")).json()
    assert (told["step"], told["version"]) == (before["step"], before["version"])
    assert (await table.page.get(f"{table.url}/script")).status_code == 409


async def test_of_two_tabs_the_second_is_told(table: Table) -> None:
    body = {"step": "hello", "version": 1, "does": "next"}
    assert (await table.page.post(f"{table.url}/script/step", json=body)).status_code == 200
    again = await table.page.post(f"{table.url}/script/step", json=body)
    assert (again.status_code, again.json()["detail"]) == (
        409,
        RUSSIAN["the script has moved on meanwhile; look again"],
    )
    assert (await table.script())["step"] == "ready"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"step": "hello", "version": 1, "does": "answer", "value": "yes"}, 409),
        ({"step": "hello", "version": 0, "does": "next"}, 422),
        ({"step": "hello", "version": 1, "does": "fly"}, 422),
        ({"step": "hello", "version": 1, "does": "next", "more": 1}, 422),
        ({"step": "hello", "version": 1, "does": "next", "value": "x" * 2001}, 422),
        ({"step": "ready", "version": 1, "does": "next"}, 409),
    ],
)
async def test_what_makes_no_sense_is_refused_and_nothing_moves(
    table: Table, body: dict[str, Any], status: int
) -> None:
    answer = await table.page.post(f"{table.url}/script/step", json=body)
    assert answer.status_code == status, answer.text
    assert (await table.script())["version"] == 1


async def test_an_action_that_the_shop_refuses_says_so_and_stays(table: Table) -> None:
    await table.steps("next", "yes", "yes", "yes", "yes", "next")
    order = await table.now()
    await table.house.shop.edit_order(
        order.id, OrderEdit(status=OrderStatus.CANCELLED, cancel_reason="иначе"), None, order.version
    )
    told = (await table.does("begin")).json()
    assert (told["step"], told["trouble"]) == ("confirm", "the order's state does not allow this")
    order = await table.now()
    await table.house.shop.edit_order(order.id, OrderEdit(status=OrderStatus.TO_CONFIRM), None, order.version)
    assert (await table.does("begin")).json()["step"] == "bye"


async def test_another_script_by_hand_and_a_claim_that_is_not_lost(table: Table) -> None:
    answer = await table.page.post(f"{table.url}/script", json={"code": "gone"})
    assert answer.status_code == 404
    answer = await table.page.post(f"{table.url}/script", json={"code": "quality"})
    assert (answer.json()["script"], answer.json()["step"]) == ("quality", "sorry")
    await table.steps("next", "yes")
    await table.does("write", "Трещина <b>на абажуре</b>")
    told = await table.steps("no", "fine", "refund")
    assert told["words"] == "Записываю обращение: Трещина <b>на абажуре</b>. Пожелание: вернуть деньги."
    await table.does("begin", "Трещина на абажуре")
    [entry] = [one for one in await table.house.shop.timeline(table.order.customer_id) if one.kind == "note"]
    assert entry.body == "Жалоба: Трещина на абажуре"


async def test_a_talk_that_no_script_is_for(house: DeskHouse) -> None:
    maria = await house.at_work()
    contact = await house.call_in(address="+79995550011")
    await house.desk.talk_began("call-1", maria.id)
    async with house.page(maria) as page:
        assert (await page.get(f"{API}/contacts/{contact.id}/script")).status_code == 404
        await house.desk.talk_ended("call-1")
        answer = await page.post(f"{API}/contacts/{contact.id}/disposition", json={"code": "consulted"})
        assert answer.status_code == 204


async def test_a_script_that_nobody_touched_follows_what_is_learned(house: DeskHouse) -> None:
    order = await house.order()
    await house.shop.add_customer("Павел Иванов", [ANNA], city="Пермь")
    maria = await house.at_work()
    contact = await house.call_in()
    await house.desk.talk_began("call-1", maria.id)
    async with house.page(maria) as page:
        assert (await page.get(f"{API}/contacts/{contact.id}/script")).status_code == 404
        await page.post(f"{API}/contacts/{contact.id}/customer", json={"customer_id": order.customer_id})
        assert (await page.get(f"{API}/contacts/{contact.id}/script")).json()["script"] == "confirm"


async def test_the_contract_has_examples_that_are_taken(house: DeskHouse) -> None:
    for model in (StepDone, ScriptWanted, SpokenTime, ScriptIn):
        for example in examples_of(model):
            model.model_validate(example)
    assert {detail for _status, detail in REASONS.values()} <= set(RUSSIAN)


def examples_of(model: type[BaseModel]) -> list[dict[str, Any]]:
    examples: list[dict[str, Any]] = model.model_json_schema()["examples"]
    return examples


@pytest.fixture
async def setter(house: DeskHouse) -> AsyncIterator[httpx2.AsyncClient]:
    oleg = await house.access.create_user("oleg", "Олег Лебедев", Role.SUPERVISOR, "correct horse battery")
    async with house.page(oleg) as page:
        yield page


async def test_scripts_are_listed_read_and_put(house: DeskHouse, setter: httpx2.AsyncClient) -> None:
    listed = (await setter.get("/api/v1/scripts")).json()
    assert [one["code"] for one in listed] == ["confirm", "postpone", "quality"]
    [example] = examples_of(ScriptIn)
    example = {**example, "rule": {"order_statuses": ["confirmed"], "queues": ["orders"]}}
    made = await setter.put("/api/v1/scripts/remind", json=example)
    assert (made.status_code, made.json()["edition"]) == (200, 1), made.text
    assert (await setter.put("/api/v1/scripts/remind", json=example)).json()["edition"] == 1
    assert (await setter.put("/api/v1/scripts/remind", json={**example, "active": False})).json()["edition"] == 2
    assert (await setter.get("/api/v1/scripts/remind")).json()["active"] is False
    assert (await setter.get("/api/v1/scripts/gone")).status_code == 404


async def test_a_script_that_cannot_be_run_is_refused_with_all_that_is_wrong(setter: httpx2.AsyncClient) -> None:
    words = {"ru": "Да {order.nmber}", "en": "Yes"}
    step = {"code": "a", "kind": "say", "words": words, "to": "nowhere"}
    answer = await setter.put("/api/v1/scripts/bad", json={"title": {"ru": "А", "en": "A"}, "steps": [step]})
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == ["steps[0].words.ru", "steps[0].to", "steps[0]"]
    assert (await setter.get("/api/v1/scripts/bad")).status_code == 404


async def test_a_running_talk_keeps_its_edition(table: Table, setter: httpx2.AsyncClient) -> None:
    await table.steps("next")
    script = (await setter.get("/api/v1/scripts/confirm")).json()
    body = {key: script[key] for key in ("rule", "active", "steps")} | {"title": {"ru": "Новый", "en": "New"}}
    assert (await setter.put("/api/v1/scripts/confirm", json=body)).json()["edition"] == 2
    told = await table.script()
    assert (told["edition"], told["title"], told["step"]) == (1, "Подтвердить заказ", "ready")


async def test_the_panel_is_on_the_desk_from_the_first_word_on(house: DeskHouse) -> None:
    await house.order()
    maria = await house.at_work()
    await house.call_in()
    async with house.page(maria) as page:
        assert 'data-part="script"' not in (await page.get("/desk/panes")).text
        await house.desk.talk_began("call-1", maria.id)
        shown = (await page.get("/desk/panes")).text
    assert 'data-part="script"' in shown
    assert 'data-step="hello"' in shown


async def test_what_a_customer_wrote_is_text_on_the_panel(table: Table) -> None:
    await table.page.post(f"{table.url}/script", json={"code": "quality"})
    await table.steps("next", "yes")
    await table.does("write", "<script>alert(1)</script>\u202e🙂")
    await table.steps("no", "fine", "refund")
    shown = (await table.page.get("/desk/panes")).text
    assert "<script>alert(1)" not in shown
    assert "&lt;script&gt;alert(1)" in shown
