"""Several contacts in one operator's hands, over HTTP: chats accepted, contacts passed on, pauses of the house, panes of each."""

import re
from dataclasses import replace
from datetime import timedelta

import httpx2
import pytest

from cordboard.access.user import User
from cordboard.agent_web.i18n import NBSP
from cordboard.dialer.lead import Lead, LeadState
from cordboard.queue.agent import AgentState
from cordboard.queue.channels.conversation import Notice
from cordboard.queue.contact import Contact, ContactState
from cordboard.queue.setup import PauseCode, QueueRules, QueueSetup
from tests.fakes.desk_house import ANNA, DeskHouse
from tests.fakes.wire import MovedClock

API = "/api/v1/desk"
QUEUES = {code: QueueRules(code, name, code.title()) for code, name in (("orders", "Заказы"), ("claims", "Жалобы"))}
SETUP = QueueSetup(QUEUES, pause_codes={"tea": PauseCode("tea", "Чай", "Tea", 600)})


@pytest.fixture
async def house(house: DeskHouse) -> DeskHouse:
    await house.desk.apply(SETUP)
    return house


async def chats(house: DeskHouse, browser: httpx2.AsyncClient, count: int = 2) -> list[Contact]:
    """So many visitors, each accepted."""
    taken = []
    for number in range(count):
        contact = await house.chat_in(f"Вопрос {number}", f"{number}" * 43, f"Гость {number}")
        assert (await browser.post(f"{API}/contacts/{contact.id}/accept")).status_code == 204
        taken.append(contact)
    return taken


async def test_two_chats_and_a_call_in_one_pair_of_hands(
    house: DeskHouse, maria: User, browser: httpx2.AsyncClient
) -> None:
    one, two = await chats(house, browser)
    call = await house.call_in()
    told = (await browser.get(f"{API}/state")).json()
    assert (told["state"], told["contact_id"], told["contact_state"]) == ("reserved", call.id, "offered")
    shown = [(task["contact_id"], task["kind"], task["phase"], task["contact_state"]) for task in told["tasks"]]
    assert shown == [
        (one.id, "chat", "busy", "connected"),
        (two.id, "chat", "busy", "connected"),
        (call.id, "voice", "reserved", "offered"),
    ]
    assert [task["until"] is None for task in told["tasks"]] == [True, True, False]


async def test_how_long_a_visitor_may_still_wait_for_an_answer_stands_beside_his_chat(
    house: DeskHouse, browser: httpx2.AsyncClient
) -> None:
    [chat] = await chats(house, browser, 1)
    target = int(house.desk.setup.rules(chat.queue).target(chat.kind))
    assert f'data-until-over="{target}"' in (await browser.get("/desk/panes")).text
    assert isinstance(house.clock, MovedClock)
    house.clock.pass_s(target + 1)
    assert "ждёт дольше обещанного" in (await browser.get("/desk/panes?lang=ru")).text
    answer = {"text": "Здравствуйте!", "client_id": "answer-1"}
    sent = await browser.post(f"{API}/chats/{chat.id}/messages", json=answer)
    assert sent.status_code in (200, 201), sent.text
    assert 'class="xs promise' not in (await browser.get("/desk/panes")).text


async def test_accepting_twice_is_once_and_a_call_is_not_accepted_here(
    house: DeskHouse, maria: User, browser: httpx2.AsyncClient
) -> None:
    [chat] = await chats(house, browser, 1)
    assert (await browser.post(f"{API}/contacts/{chat.id}/accept")).status_code == 204
    messages = (await browser.get(f"{API}/chats/{chat.id}/messages")).json()["messages"]
    assert [one["notice"] for one in messages].count(Notice.JOINED) == 1
    call = await house.call_in()
    refused = await browser.post(f"{API}/contacts/{call.id}/accept")
    assert (refused.status_code, refused.json()["detail"]) == (422, "На звонок отвечают в телефоне")
    assert (await browser.post(f"{API}/contacts/nothing/accept")).status_code == 409


async def test_a_declined_chat_waits_on_and_those_in_hand_go_on(
    house: DeskHouse, maria: User, browser: httpx2.AsyncClient
) -> None:
    [first] = await chats(house, browser, 1)
    second = await house.chat_in("И я", "z" * 43, "Вера")
    assert (await browser.post(f"{API}/contacts/{second.id}/decline")).status_code == 204
    waiting, agent = house.desk.contact(second.id), house.desk.agent(maria.id)
    assert waiting is not None
    assert agent is not None
    assert (waiting.state, waiting.arrived_at) == (ContactState.QUEUED, second.arrived_at)
    assert (agent.state, agent.next_state) == (AgentState.BUSY, AgentState.NOT_RESPONDING)
    page = (await browser.get("/desk")).text
    assert 'id="missed-note"' in page
    assert f'id="chat-{first.id}"' in page
    told = (await browser.post(f"{API}/state", json={"state": "ready"})).json()
    assert [task["contact_id"] for task in told["tasks"]] == [first.id, second.id]


async def test_each_contact_has_its_own_result_and_its_own_time(
    house: DeskHouse, maria: User, browser: httpx2.AsyncClient
) -> None:
    one, two = await chats(house, browser)
    assert (await browser.post(f"{API}/contacts/{one.id}/hangup")).status_code == 204
    before = house.desk.agent(maria.id)
    assert (await browser.post(f"{API}/contacts/{one.id}/extend")).status_code == 204
    assert (await browser.post(f"{API}/contacts/{two.id}/extend")).status_code == 409
    after = house.desk.agent(maria.id)
    assert before is not None
    assert after is not None
    was, now = before.task(one.id), after.task(one.id)
    assert was is not None
    assert now is not None
    assert was.until is not None
    assert now.until == was.until + timedelta(seconds=30)
    said = await browser.post(f"{API}/contacts/{one.id}/disposition", json={"code": "consulted", "note": "о лампе"})
    assert said.status_code == 204
    closed = await house.desk.find_contact(one.id)
    assert closed is not None
    assert (closed.state, closed.disposition, closed.note) == (ContactState.CLOSED, "consulted", "о лампе")
    assert [each.id for each in house.desk.contacts_with(maria.id)] == [two.id]


async def test_passing_on_to_a_colleague_and_into_a_queue(
    house: DeskHouse, maria: User, browser: httpx2.AsyncClient
) -> None:
    one, two = await chats(house, browser)
    ilya = await house.operator("Илья Ветров", "ilya")
    await house.seat(ilya, "tab-ilya")
    assert 'data-queue="claims"' in (await browser.get("/desk")).text
    asked = {"contact": one.id}
    assert f'data-agent="{ilya.id}"' in (await browser.get("/desk/colleagues", params=asked)).text
    assert ilya.id not in (await browser.get("/desk/colleagues", params=asked | {"name": "Мария"})).text
    assert (await browser.get("/desk/colleagues", params={"contact": "of-nobody"})).status_code == 404
    assert (await browser.post(f"{API}/contacts/{one.id}/transfer", json={"agent": ilya.id})).status_code == 204
    moved = house.desk.contact(one.id)
    assert moved is not None
    assert (moved.state, moved.agent_id, moved.arrived_at) == (ContactState.OFFERED, ilya.id, one.arrived_at)
    assert (await browser.post(f"{API}/contacts/{two.id}/transfer", json={"queue": "claims"})).status_code == 204
    waits = house.desk.contact(two.id)
    assert waits is not None
    assert (waits.state, waits.queue, waits.arrived_at) == (ContactState.QUEUED, "claims", two.arrived_at)
    assert house.desk.contacts_with(maria.id) == ()


async def test_a_call_is_passed_on_alike(house: DeskHouse, maria: User, browser: httpx2.AsyncClient) -> None:
    call = await house.call_in()
    await house.desk.talk_began("call-1", maria.id)
    assert (await browser.post(f"{API}/contacts/{call.id}/transfer", json={"queue": "claims"})).status_code == 204
    assert ("return", call.id, maria.id) in house.wire.told


async def test_passing_on_to_nowhere(house: DeskHouse, maria: User, browser: httpx2.AsyncClient) -> None:
    [chat] = await chats(house, browser, 1)
    url = f"{API}/contacts/{chat.id}/transfer"
    for wrong in ({}, {"queue": "claims", "agent": "x"}):
        assert (await browser.post(url, json=wrong)).status_code == 422
    for gone in ({"queue": "nowhere"}, {"agent": "nobody"}, {"agent": maria.id}):
        refused = await browser.post(url, json=gone)
        assert refused.status_code == 409, gone
        assert refused.json()["detail"].startswith("Туда сейчас не передать")
    assert [each.id for each in house.desk.contacts_with(maria.id)] == [chat.id]


async def test_a_pause_is_one_of_the_house_s(house: DeskHouse, maria: User, browser: httpx2.AsyncClient) -> None:
    told = (await browser.post(f"{API}/state", json={"state": "paused", "pause_code": "tea"})).json()
    assert (told["state"], told["pause_code"]) == ("paused", "tea")
    page = (await browser.get("/desk")).text
    assert 'data-limit="600"' in page
    assert "Чай: не дольше 10:00" in page
    refused = await browser.post(f"{API}/state", json={"state": "paused", "pause_code": "lunch"})
    assert (refused.status_code, refused.json()["detail"]) == (422, "Такой паузы здесь нет, выберите другую")
    await browser.post(f"{API}/state", json={"state": "ready"})
    assert (await browser.post(f"{API}/state", json={"state": "paused"})).json()["pause_code"] == "tea"
    await house.desk.apply(QueueSetup(QUEUES))
    told = (await browser.post(f"{API}/state", json={"state": "paused", "pause_code": "lunch"})).json()
    assert told["pause_code"] == "lunch"


async def test_the_page_says_who_stands_in_the_middle(
    house: DeskHouse, maria: User, browser: httpx2.AsyncClient
) -> None:
    one, two = await chats(house, browser)
    call = await house.call_in()

    async def middle(*wanted: str) -> str:
        page = (await browser.get("/desk/main", params=[("contact", each) for each in wanted])).text
        found = re.search(r'data-contact="([^"]*)"', page)
        return found.group(1) if found else ""

    assert await middle() == call.id
    assert await middle(one.id) == one.id
    assert await middle("gone", two.id, one.id) == two.id
    assert (await browser.get("/desk/main", params=[("contact", str(n)) for n in range(21)])).status_code == 422
    rows = re.findall(r'data-open="([^"]*)"', (await browser.get("/desk/list")).text)
    assert rows == [call.id, one.id, two.id]  # what is offered stands above


async def test_missed_offers_of_the_day(house: DeskHouse, maria: User, browser: httpx2.AsyncClient) -> None:
    await house.order()
    call = await house.call_in()
    await browser.post(f"{API}/contacts/{call.id}/decline")
    page = (await browser.get("/desk/main")).text
    assert "Пропущено сегодня" in page
    assert "Анна Сергеевна Иванова" in page
    assert "отклонили" in page
    house.clock.pass_s(86_400)  # type: ignore[attr-defined]
    assert "Пропущено сегодня" not in (await browser.get("/desk/main")).text


async def test_a_visitor_becomes_a_customer_or_is_found(
    house: DeskHouse, maria: User, browser: httpx2.AsyncClient
) -> None:
    order = await house.order("48213")
    one, two = await chats(house, browser)
    url = f"{API}/contacts/{one.id}/customer"
    assert (await browser.post(url, json={"number": "№ 48213"})).json() == {"customer_id": order.customer_id}
    known = house.desk.contact(one.id)
    assert known is not None
    assert known.order_id == order.id
    assert (await browser.post(url, json={"number": "8 900 000-41-27"})).json() == {"customer_id": order.customer_id}
    lost = await browser.post(url, json={"number": "99999"})
    assert (lost.status_code, lost.json()["detail"]) == (404, "Ни заказа, ни клиента с таким номером нет")
    other = f"{API}/contacts/{two.id}/customer"
    wrong = await browser.post(other, json={"newcomer": {"name": "Вера", "phone": "завтра"}})
    assert wrong.status_code == 422
    made = (await browser.post(other, json={"newcomer": {"name": "Вера", "phone": "+7 916 555-00-11"}})).json()
    customer = await house.shop.customer(made["customer_id"])
    assert customer is not None
    assert (customer.name, customer.phones) == ("Вера", ("+79165550011",))


async def test_a_visitor_without_a_number_has_a_card_all_the_same(
    house: DeskHouse, maria: User, browser: httpx2.AsyncClient
) -> None:
    [chat] = await chats(house, browser, 1)
    url = f"{API}/contacts/{chat.id}/customer"
    made = (await browser.post(url, json={"newcomer": {"name": "Гость"}})).json()
    customer = await house.shop.customer(made["customer_id"])
    assert customer is not None
    assert customer.phones == ()
    assert "Гость" in (await browser.get("/desk/context")).text


async def test_who_takes_the_call_is_told_of_the_customers_other_leads(
    house: DeskHouse, maria: User, browser: httpx2.AsyncClient
) -> None:
    debts = await house.dialer.add_campaign("Долги", "orders", {})
    order = await house.order()
    now = house.clock.now()
    lead = Lead("debt", debts.id, "api:1", "+74990000077", "Europe/Moscow", now, now, order_total=150_000)
    await house.dialer_store.add_leads(
        [
            replace(lead, phones=(lead.phone, ANNA), zones=(lead.zone,) * 2),
            replace(lead, id="over", source="api:2", phone=ANNA, state=LeadState.DONE),
            replace(lead, id="stranger", source="api:3"),
            replace(lead, id="same", source="order:1", phone=ANNA, order_id=order.id),
        ]
    )
    await house.call_in()
    text = (await browser.get("/desk/context")).text
    assert re.findall(r'data-other="([a-z]+)"', text) == [
        "debt"
    ]  # by any number; what is over is history, and his order is what they talk about
    told = " ".join(text.replace(NBSP, " ").split())
    assert "Ему звонят и по другому поводу" in told
    assert "<b>Долги</b> · 1 500 ₽" in told
