"""Call control over HTTP: the pause of a recording, a third in the talk, and how the page shows them."""

import httpx2
import pytest

from cordboard.access.user import User
from cordboard.dialer.do_not_call import Kind
from cordboard.queue.contact import Contact
from tests.fakes.desk_house import DeskHouse

NUMBER = "+74951234567"


@pytest.fixture
async def call(house: DeskHouse, maria: User) -> Contact:
    contact = await house.call_in("call-1")
    await house.desk.talk_began("call-1", maria.id)
    house.wire.told.clear()
    return contact


def at(call: Contact, what: str) -> str:
    return f"/api/v1/desk/contacts/{call.id}/{what}"


async def test_a_recording_is_paused_shown_and_goes_on(
    house: DeskHouse, browser: httpx2.AsyncClient, call: Contact
) -> None:
    paused = await browser.post(at(call, "recording/pause"))
    assert paused.status_code == 200
    assert "until" in paused.json()
    assert 'id="rec"' in (await browser.get("/desk")).text
    assert (await browser.post(at(call, "recording/resume"))).status_code == 204
    assert 'id="rec"' not in (await browser.get("/desk")).text
    assert [what for what, *_ in house.wire.told] == ["mask", "record"]


async def test_a_pause_that_was_not_made_is_a_problem_in_words(
    house: DeskHouse, browser: httpx2.AsyncClient, call: Contact
) -> None:
    house.wire.deaf = True
    refused = await browser.post(at(call, "recording/pause"))
    assert (refused.status_code, refused.headers["content-type"]) == (409, "application/problem+json")
    assert 'id="rec"' not in (await browser.get("/desk")).text


async def test_a_number_is_asked_joined_and_let_go(
    house: DeskHouse, browser: httpx2.AsyncClient, call: Contact
) -> None:
    assert (await browser.post(at(call, "third"), json={"number": "8 (495) 123-45-67"})).status_code == 204
    assert 'id="third-drop"' in (page := (await browser.get("/desk")).text)
    assert 'id="third-join"' not in page
    (talk,) = house.desk.thirds.all()
    assert talk.third is not None
    assert talk.third.number == NUMBER
    early = await browser.post(at(call, "third/complete"))
    assert early.status_code == 409
    await house.desk.thirds.answered(talk.third.id)
    assert 'id="third-join"' in (await browser.get("/desk")).text
    joined = {"customer_held": False, "third_held": False}
    assert (await browser.post(at(call, "third/parties"), json=joined)).status_code == 204
    assert (await browser.post(at(call, "third/drop"))).status_code == 204
    assert (await browser.post(at(call, "third/drop"))).status_code == 409
    assert 'id="third-drop"' not in (await browser.get("/desk")).text


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"agent": "x", "number": NUMBER}, 422),
        ({"number": "<script>"}, 422),
        ({"number": "112"}, 422),
        ({"agent": "nobody"}, 409),
        ({"number": NUMBER, "blind": "perhaps"}, 422),
    ],
)
async def test_whom_nobody_can_call_is_refused_and_the_talk_goes_on(
    house: DeskHouse, browser: httpx2.AsyncClient, call: Contact, body: dict[str, object], status: int
) -> None:
    refused = await browser.post(at(call, "third"), json=body)
    assert (refused.status_code, refused.headers["content-type"]) == (status, "application/problem+json")
    assert house.wire.told == []
    found = house.desk.contact(call.id)
    assert found is not None
    assert found.third is None


async def test_a_colleague_is_told_who_calls_him(house: DeskHouse, browser: httpx2.AsyncClient, call: Contact) -> None:
    ilya = await house.operator("Илья Петров", "ilya")
    await house.seat(ilya)
    assert (await browser.post(at(call, "third"), json={"agent": ilya.id})).status_code == 204
    async with house.page(ilya) as his:
        assert "Коллега зовёт вас в разговор" in (await his.get("/desk")).text
    assert "Илья Петров" in (await browser.get("/desk")).text


async def test_only_ones_own_call(house: DeskHouse, browser: httpx2.AsyncClient, call: Contact) -> None:
    ilya = await house.operator("Илья Петров", "ilya")
    async with house.page(ilya) as his:
        for what in ("recording/pause", "recording/resume", "third/drop", "third/complete", "rejoin"):
            assert (await his.post(at(call, what))).status_code == 409


async def test_a_number_that_wants_no_calls_and_a_queue_where_nobody_is_free_are_not_called(
    house: DeskHouse, browser: httpx2.AsyncClient, call: Contact
) -> None:
    await house.dialer.do_not_call.add(Kind.NUMBER, NUMBER, "oleg")
    forbidden = await browser.post(at(call, "third"), json={"number": NUMBER})
    assert (forbidden.status_code, forbidden.json()["fault"]) == (409, "do_not_call")
    unknown = await browser.post(at(call, "third"), json={"queue": "nowhere"})
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (422, "queue")
    assert (await browser.post(at(call, "third"), json={"queue": "orders"})).status_code == 409
    assert house.wire.told == []
    assert house.desk.thirds.all() == []
