"""The page and the API of the trunks: what they carry, what is set of them, who did, and back."""

import html
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from cordboard.access.permission import Role
from cordboard.queue.channel import AttemptOutcome
from cordboard.storage.database import Database
from tests.fakes.hours import HandClock
from tests.fakes.steering_house import SteeringHouse

ADDRESS = "/api/v1/trunks"


@pytest.fixture
async def house(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[SteeringHouse]:
    house = SteeringHouse(sqlite_database, HandClock(), tmp_path)
    await house.open()
    yield house
    await house.desk.settle()
    await house.dialer.settle()


@pytest.fixture
async def browser(house: SteeringHouse) -> AsyncIterator[httpx2.AsyncClient]:
    """The supervisor's."""
    async with await house.client(await house.user(Role.SUPERVISOR, "Олег Лебедев")) as browser:
        yield browser


def said(answer: httpx2.Response) -> str:
    return html.unescape(answer.text)


async def dialed(house: SteeringHouse, orders: int) -> None:
    await house.campaign(running=True)
    for number in range(1, orders + 1):
        await house.operator(f"Оператор {number}")
        await house.order(number, 1_000, 1.0)
    await house.dialer.tick()
    await house.dialer.settle()


async def test_what_is_set_acts_is_written_down_and_put_back(house: SteeringHouse, browser: httpx2.AsyncClient) -> None:
    assert [(one["name"], one["channels"], one["state"]) for one in (await browser.get(ADDRESS)).json()] == [
        ("trunk", 500, "up")
    ]
    order = {"channels": 1, "per_second": 2.5, "caller_ids": ["+74951234567", "+78121234567"], "withdrawn": 0.25}
    done = await browser.patch(f"{ADDRESS}/trunk", json=order)
    assert done.status_code == 200
    assert {name: done.json()[name] for name in order} == order
    await dialed(house, 2)
    assert len(house.telephones.dialed) == 1
    assert set(house.telephones.shown.values()) == {"+74951234567"}
    (trunk,) = (await browser.get(ADDRESS)).json()
    assert (trunk["in_use"], trunk["ringing"], trunk["state"], trunk["until"]) == (1, 1, "channels", None)
    page = said(await browser.get("/trunks"))
    for text in ("все каналы заняты", "Олег Лебедев", "trunk: Каналов, не больше", "+74951234567, +78121234567"):
        assert text in page
    changes = (await browser.get(f"{ADDRESS}/changes")).json()
    assert {(one["field"], str(one["old"])) for one in changes} == {
        ("channels", "500"),
        ("per_second", "200"),
        ("caller_ids", "[]"),
        ("withdrawn", "0.6"),
    }
    of_channels = next(one["id"] for one in changes if one["field"] == "channels")
    assert f"rev-{of_channels}" in page
    back = await browser.post(f"{ADDRESS}/changes/{of_channels}/revert")
    assert (back.json()["channels"], back.json()["per_second"]) == (500, 2.5)
    assert f"rev-{of_channels}" not in said(await browser.get("/trunks/parts"))
    actions = [row.action for row in await house.access.audit_rows(subject="trunk")]
    assert sorted(actions) == ["trunk.revert", "trunk.set"]


@pytest.mark.parametrize(
    ("order", "field"),
    [
        ({"channels": 0}, "channels"),
        ({"channels": -3}, "channels"),
        ({"channels": 1.5}, "channels"),
        ({"channels": "5"}, "channels"),
        ({"channels": True}, "channels"),
        ({"channels": None}, "channels"),
        ({"per_second": 0}, "per_second"),
        ({"per_second": -1}, "per_second"),
        ({"withdrawn": -0.1}, "withdrawn"),
        ({"withdrawn": 1.1}, "withdrawn"),
        ({"withdrawn": "0.5"}, "withdrawn"),
        ({"caller_ids": ["74951234567"]}, "caller_ids"),
        ({"caller_ids": ["+7 495 123-45-67"]}, "caller_ids"),
        ({"caller_ids": ["+74951234567", "+74951234567"]}, "caller_ids"),
        ({"caller_ids": [7]}, "caller_ids[0]"),
        ({"caller_ids": "+74951234567"}, "caller_ids"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_what_a_trunk_cannot_be_is_refused_whole_by_its_field(
    browser: httpx2.AsyncClient, order: dict[str, object], field: str
) -> None:
    refused = await browser.patch(f"{ADDRESS}/trunk", json={"per_second": 7} | order)
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert [error["field"] for error in refused.json()["errors"]] == [field]
    (trunk,) = (await browser.get(ADDRESS)).json()
    assert (trunk["channels"], trunk["per_second"], trunk["caller_ids"]) == (500, 200, [])
    assert (await browser.get(f"{ADDRESS}/changes")).json() == []


async def test_the_reason_is_said_in_the_readers_language(browser: httpx2.AsyncClient) -> None:
    refused = await browser.patch(f"{ADDRESS}/trunk", json={"channels": 0}, headers={"accept-language": "ru"})
    assert refused.json()["errors"] == [{"field": "channels", "reason": "Каналов бывает от 1 до 5000"}]
    refused = await browser.patch(f"{ADDRESS}/trunk", json={"channels": 0}, headers={"accept-language": "en"})
    assert refused.json()["errors"] == [{"field": "channels", "reason": "calls at once are from 1 to 5,000"}]


async def test_an_unknown_trunk_or_change_is_not_found(browser: httpx2.AsyncClient) -> None:
    for answer in (
        await browser.patch(f"{ADDRESS}/second", json={"channels": 5}),
        await browser.post(f"{ADDRESS}/changes/none/revert"),
    ):
        assert answer.status_code == 404
        assert "no such trunk" in answer.json()["detail"]


async def test_a_dead_trunk_is_shown_with_its_cause_and_in_the_reasons(
    house: SteeringHouse, browser: httpx2.AsyncClient
) -> None:
    await dialed(house, 4)
    for attempt_id, _number in house.telephones.dialed[:3]:
        await house.dialer.on_ended(attempt_id, AttemptOutcome.CONGESTION, 34, "503")
    (trunk,) = (await browser.get(ADDRESS)).json()
    assert trunk["state"] == "trouble"
    assert trunk["until"] is not None
    assert (trunk["last"]["outcome"], trunk["last"]["cause"], trunk["last"]["tech_cause"]) == ("congestion", 34, "503")
    page = said(await browser.get("/trunks"))
    assert "не соединяет" in page
    assert "Q.850 34, SIP 503" in page
    (campaign,) = await house.dialer.campaigns()
    await house.order(9, 9_000, 1.0)
    lead = (await house.dialer.next_leads(campaign.id, 1))[0].lead
    why = (await browser.get(f"/api/v1/campaigns/{campaign.id}/leads/{lead.id}/why")).json()
    (wait,) = [one for one in why["waits"] if one["reason"] == "trunk"]
    assert wait["trunks"] == [{"trunk": "trunk", "why": "trouble", "until": trunk["until"]}]
    shown = said(await browser.get(f"/campaigns/{campaign.id}?lead={lead.id}"))
    assert "trunk: не соединяет" in shown
    assert 'data-trunk="trunk"' in shown


async def test_who_may_not_steer_sees_no_form_and_sets_nothing(house: SteeringHouse) -> None:
    async with await house.client(await house.user(Role.OPERATOR, "Мария")) as operator:
        assert (await operator.get("/trunks")).status_code == 403
        assert (await operator.get(ADDRESS)).status_code == 403
        assert (await operator.patch(f"{ADDRESS}/trunk", json={"channels": 5})).status_code == 403
    async with await house.client() as nobody:
        assert (await nobody.patch(f"{ADDRESS}/trunk", json={"channels": 5})).status_code == 401


async def test_the_page_speaks_english(house: SteeringHouse) -> None:
    async with await house.client(await house.user(Role.SUPERVISOR, "Eve", language="en")) as browser:
        page = said(await browser.get("/trunks"))
    for text in ("Trunks", "Channels, at most", "Numbers that the customer sees", "Nobody has changed anything yet"):
        assert text in page
