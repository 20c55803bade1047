"""The card before the call and the list that is dialed by hand, as the operator's page asks for them."""

import httpx2

from cordboard.access.user import User
from cordboard.queue.agent import AgentState
from cordboard.shop.order import Order
from tests.fakes.desk_house import ANNA, DeskHouse

API = "/api/v1/desk"
ROUND_THE_CLOCK: dict[str, str | int | bool] = {
    "hours.opens_min": 0,
    "hours.closes_min": 1440,
    "state": "running",
    "takes_orders": True,
}


async def campaign(house: DeskHouse, mode: str) -> Order:
    """A campaign in that mode, with one order to call about."""
    await house.dialer.add_campaign("Подтверждение", "orders", {**ROUND_THE_CLOCK, "mode": mode})
    order = await house.order()
    await house.dialer.on_order(order, ANNA)
    await house.dialer.tick()
    return order


async def test_the_card_is_on_the_desk_and_is_dialed(
    house: DeskHouse, maria: User, browser: httpx2.AsyncClient
) -> None:
    assert (await browser.get(f"{API}/preview")).json() is None
    order = await campaign(house, "preview")
    card = (await browser.get(f"{API}/preview")).json()
    assert (card["customer_name"], card["order_number"], card["phone"]) == (
        "Анна Сергеевна Иванова",
        order.number,
        ANNA,
    )
    page = (await browser.get("/desk/main")).text
    assert f'data-attempt="{card["attempt_id"]}"' in page
    assert "Анна Сергеевна Иванова" in page
    answer = await browser.post(f"{API}/preview/dial", json={"attempt_id": card["attempt_id"]})
    assert answer.status_code == 204
    await house.dialer.settle()
    assert house.telephones.dialed == [(card["attempt_id"], ANNA)]
    assert "data-card" not in (await browser.get("/desk/main")).text


async def test_a_card_is_passed_over_once(house: DeskHouse, maria: User, browser: httpx2.AsyncClient) -> None:
    await campaign(house, "preview")
    chosen = {"attempt_id": (await browser.get(f"{API}/preview")).json()["attempt_id"]}
    assert (await browser.post(f"{API}/preview/skip", json=chosen)).status_code == 204
    again = await browser.post(f"{API}/preview/skip", json=chosen)
    assert (again.status_code, again.json()["detail"]) == (409, "Этот клиент уже не ваш")
    agent = house.desk.agent(maria.id)
    assert agent is not None
    assert agent.state is AgentState.READY
    assert (await browser.post(f"{API}/preview/dial", json={})).status_code == 422


async def test_the_list_has_a_button_for_each_and_every_refusal_is_a_sentence(
    house: DeskHouse, maria: User, browser: httpx2.AsyncClient
) -> None:
    await campaign(house, "manual")
    (lead,) = await house.dialer.leads_to_dial(maria.id)
    assert f'data-dial="{lead.id}"' in (await browser.get("/desk/main")).text
    await house.desk.pause(maria.id, "break")
    refused = await browser.post(f"{API}/leads/{lead.id}/dial")
    assert (refused.status_code, refused.json()["detail"]) == (
        409,
        "Сначала выйдите на линию: набираем для свободного оператора",
    )
    await house.desk.ready(maria.id)
    assert (await browser.post(f"{API}/leads/{lead.id}/dial")).status_code == 204
    await house.dialer.settle()
    assert [number for _attempt, number in house.telephones.dialed] == [ANNA]
    assert (await browser.post(f"{API}/leads/nobody/dial")).status_code == 409
