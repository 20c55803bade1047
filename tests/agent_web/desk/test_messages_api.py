"""A supervisor's word to operators over HTTP, and an operator's own day, on a real desk and real tables."""

from collections.abc import AsyncIterator

import httpx2
import pytest

from cordboard.access.permission import Role
from cordboard.access.user import User
from tests.fakes.desk_house import ANNA, DeskHouse
from tests.fakes.wire import MovedClock

API = "/api/v1"


@pytest.fixture
async def supervisor(house: DeskHouse) -> AsyncIterator[httpx2.AsyncClient]:
    oleg = await house.access.create_user("oleg", "Олег Лебедев", Role.SUPERVISOR, "correct horse battery")
    async with house.page(oleg) as page:
        yield page


async def test_a_queue_s_operators_on_shift_are_told_and_each_says_that_he_has_seen_it(
    house: DeskHouse, maria: User, browser: httpx2.AsyncClient, supervisor: httpx2.AsyncClient
) -> None:
    await house.operator("Илья Котов", "ilya")
    sent = await supervisor.post(f"{API}/messages", json={"queue": "orders", "text": "  <b>Казань</b>: самовывоз "})
    assert (sent.status_code, sent.json()["to"]) == (201, 1), "who is not on his shift is not told"
    [told] = (await browser.get(f"{API}/desk/messages")).json()
    assert (told["sender"], told["text"]) == ("Олег Лебедев", "<b>Казань</b>: самовывоз")
    shown = (await browser.get("/desk/panes?lang=ru")).text
    assert "&lt;b&gt;Казань" in shown
    assert [(one["seen"], one["waiting"]) for one in (await supervisor.get(f"{API}/messages")).json()] == [
        (0, [maria.id])
    ]
    for _ in range(2):
        assert (await browser.post(f"{API}/desk/messages/{told['id']}/seen")).status_code == 204
    assert (await browser.get(f"{API}/desk/messages")).json() == []
    assert "прочли 1 из 1" in (await supervisor.get("/board/parts")).text


async def test_a_word_to_one_operator_waits_for_him_and_is_nobody_else_s(
    house: DeskHouse, browser: httpx2.AsyncClient, supervisor: httpx2.AsyncClient
) -> None:
    ilya = await house.operator("Илья Котов", "ilya")
    sent = (await supervisor.post(f"{API}/messages", json={"agent": ilya.id, "text": "Зайдите ко мне"})).json()
    assert (await browser.get(f"{API}/desk/messages")).json() == []
    assert (await browser.post(f"{API}/desk/messages/{sent['id']}/seen")).status_code == 404
    assert "Илья Котов" in (await supervisor.get("/board/parts")).text
    async with house.page(ilya) as his:
        assert [one["text"] for one in (await his.get(f"{API}/desk/messages")).json()] == ["Зайдите ко мне"]
    assert isinstance(house.clock, MovedClock)
    house.clock.pass_s(1)
    assert await house.messages.unseen(ilya.id, house.clock.now()) == [], "what is older says nothing any more"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"queue": "orders", "text": "   "}, 422),
        ({"queue": "orders", "text": "x" * 501}, 422),
        ({"text": "кому?"}, 422),
        ({"queue": "orders", "agent": "a", "text": "обоим?"}, 422),
        ({"queue": "gone", "text": "x"}, 404),
        ({"agent": "gone", "text": "x"}, 404),
        ({"queue": "orders", "text": "x"}, 409),
    ],
)
async def test_what_cannot_be_sent_is_refused(supervisor: httpx2.AsyncClient, body: object, status: int) -> None:
    assert (await supervisor.post(f"{API}/messages", json=body)).status_code == status


async def test_operators_tell_nobody_and_supervisors_read_nobody_s(
    browser: httpx2.AsyncClient, supervisor: httpx2.AsyncClient
) -> None:
    assert (await browser.post(f"{API}/messages", json={"queue": "orders", "text": "x"})).status_code == 403
    assert (await browser.get(f"{API}/messages")).status_code == 403
    assert (await supervisor.get(f"{API}/desk/messages")).status_code == 403
    assert (await supervisor.get(f"{API}/desk/figures")).status_code == 403


async def test_an_operator_s_own_day(house: DeskHouse, maria: User, browser: httpx2.AsyncClient) -> None:
    empty = (await browser.get(f"{API}/desk/figures")).json()
    assert (empty["contacts"], empty["aht_s"], empty["dispositions"]) == (0, None, {})
    assert isinstance(house.clock, MovedClock)
    contact = await house.call_in("call-1", ANNA)
    await house.desk.talk_began("call-1", maria.id)
    house.clock.pass_s(90)
    await house.desk.talk_ended("call-1")
    house.clock.pass_s(30)
    await house.desk.dispose(maria.id, contact.id, "consulted")
    house.clock.pass_s(120)
    told = (await browser.get(f"{API}/desk/figures")).json()
    assert (told["contacts"], told["by_channel"], told["dispositions"]) == (1, {"voice": 1}, {"consulted": 1})
    assert (told["talk_s"], told["wrap_up_s"], told["aht_s"]) == (90.0, 30.0, 120.0)
    assert told["occupancy"] == pytest.approx(120 / 240, abs=0.01)
    shown = (await browser.get("/desk/figures?lang=ru")).text
    assert "Проконсультирован" in shown
    assert "50" in shown
