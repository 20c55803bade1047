"""Numbers that an operator dials himself, calls that his queues missed, and who is parked: over HTTP, and as his page shows them."""

import httpx2

from cordboard.access.user import User
from cordboard.dialer.do_not_call import Kind
from cordboard.queue.agent import AgentState
from cordboard.queue.channel import AttemptOutcome
from tests.fakes.desk_house import ANNA, DeskHouse

API = "/api/v1/desk"
OTHER = "+74951234567"


async def dial(house: DeskHouse, browser: httpx2.AsyncClient, number: str) -> httpx2.Response:
    answer = await browser.post(f"{API}/numbers/dial", json={"number": number})
    await house.dialer.settle()
    return answer


async def test_a_number_is_dialed_shown_given_up_and_offered_again(
    house: DeskHouse, maria: User, browser: httpx2.AsyncClient
) -> None:
    assert (await browser.get(f"{API}/numbers/last")).json() == {"number": ""}
    page = (await browser.get("/desk")).text
    assert 'id="dial"' in page
    assert 'id="redial"' not in page
    assert (await dial(house, browser, "8 (495) 123-45-67")).status_code == 204
    ((attempt_id, number),) = house.telephones.dialed
    assert number == OTHER
    assert "data-give-up" in (await browser.get("/desk/main")).text
    assert (await browser.post(f"{API}/numbers/give-up")).status_code == 204
    assert house.telephones.cancelled == [attempt_id]
    await house.dialer.on_ended(attempt_id, AttemptOutcome.CANCELLED)
    assert (await browser.post(f"{API}/numbers/give-up")).status_code == 409
    assert (await browser.get(f"{API}/numbers/last")).json() == {"number": OTHER}
    assert 'id="redial"' in (await browser.get("/desk")).text


async def test_every_refusal_is_a_sentence_and_the_field_is_named(
    house: DeskHouse, maria: User, browser: httpx2.AsyncClient
) -> None:
    wrong = await dial(house, browser, "позвони <b>маме</b> 😀")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "number")
    assert "маме" not in wrong.text
    await house.dialer.do_not_call.add(Kind.NUMBER, ANNA, "oleg")
    forbidden = await dial(house, browser, ANNA)
    assert forbidden.status_code == 409
    assert (forbidden.json()["fault"], forbidden.json()["detail"]) == (
        "do_not_call",
        "Этот клиент просил ему не звонить",
    )
    assert (await dial(house, browser, OTHER)).status_code == 204
    await house.dialer.on_ended(house.telephones.dialed[-1][0], AttemptOutcome.BUSY)
    soon = await dial(house, browser, OTHER)
    assert soon.json()["fault"] == "often"
    assert "Снова можно в 12:01" in soon.json()["detail"]
    await house.desk.pause(maria.id, "lunch")
    assert (await dial(house, browser, OTHER)).json()["fault"] == "not_ready"
    assert (await browser.post(f"{API}/numbers/dial", json={})).status_code == 422


async def test_a_missed_call_stands_on_the_desk_and_is_called_back_with_one_press(
    house: DeskHouse, maria: User, browser: httpx2.AsyncClient
) -> None:
    order = await house.order()
    await house.desk.pause(maria.id, "lunch")
    contact = await house.call_in()
    await house.desk.customer_left("call-1", "cause_16")
    await house.desk.ready(maria.id)
    (missed,) = (await browser.get(f"{API}/missed-calls")).json()
    assert (missed["contact_id"], missed["number"], missed["times"]) == (contact.id, ANNA, 1)
    page = (await browser.get("/desk/main")).text
    assert f'id="back-{contact.id}"' in page
    assert "Анна Сергеевна Иванова" in page
    assert (await dial(house, browser, ANNA)).status_code == 204
    talk = await house.dialer.on_answered(house.telephones.dialed[-1][0], "n/b/9")
    assert talk is not None
    assert (talk.customer_id, talk.agent_id) == (order.customer_id, maria.id)
    await house.desk.talk_began("n/b/9", maria.id)
    assert (await browser.get(f"{API}/missed-calls")).json() == []


async def test_a_customer_is_parked_and_a_colleague_fetches_him(
    house: DeskHouse, maria: User, browser: httpx2.AsyncClient
) -> None:
    ilya = await house.operator("Илья Громов", "ilya")
    await house.seat(ilya, "ilya's tab")
    contact = await house.call_in(name="Анна")
    await house.desk.talk_began("call-1", maria.id)
    assert 'id="park"' in (await browser.get("/desk/main")).text
    assert (await browser.post(f"{API}/contacts/{contact.id}/park")).status_code == 204
    agent = house.desk.agent(maria.id)
    assert agent is not None
    assert agent.state is AgentState.READY
    async with house.page(ilya) as colleague:
        (parked,) = (await colleague.get(f"{API}/parked")).json()
        assert (parked["contact_id"], parked["parked_by"], parked["number"]) == (contact.id, maria.id, ANNA)
        assert f'data-fetch="{contact.id}"' in (page := (await colleague.get("/desk/list")).text)
        assert "Мария Соколова" in page
        assert (await colleague.post(f"{API}/parked/{contact.id}/fetch")).status_code == 204
        again = await colleague.post(f"{API}/parked/{contact.id}/fetch")
        assert (again.status_code, again.json()["detail"]) == (409, "Этого клиента на парковке уже нет")
    found = house.desk.contact(contact.id)
    assert found is not None
    assert found.agent_id == ilya.id
    assert (await browser.post(f"{API}/contacts/{contact.id}/park")).status_code == 409
