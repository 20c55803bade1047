"""Leads given by a program into a running campaign: all or none, once a key, read, bettered and withdrawn."""

from typing import Any

import httpx2
import pytest

from cordboard.access.permission import Role
from cordboard.dialer.campaign import Campaign
from cordboard.dialer.lead import AttemptStarted, LeadState
from cordboard.dialer.store import DialerStore
from cordboard.storage.database import Database
from cordboard.storage.ids import random_ids
from tests.agent_web.conftest import Web


@pytest.fixture
async def campaign(web: Web) -> Campaign:
    return await web.house.dialer.add_campaign("Обзвон", "orders", {"hours.opens_min": 0, "hours.closes_min": 1440})


def address(campaign: Campaign, key: str = "") -> str:
    return f"/api/v1/campaigns/{campaign.id}/leads" + (f"/{key}" if key else "")


def a_lead(key: str = "crm-1", **more: Any) -> dict[str, Any]:
    return {"external_id": key, "phones": ["8 (912) 345-67-89", "+7 343 234-56-78"], **more}


async def test_a_lead_is_given_once_a_key_and_stays_as_it_was(web: Web, campaign: Campaign) -> None:
    async with web.program() as program:
        first = await program.post(address(campaign), json={"leads": [a_lead(name="Анна", fields={"баллы": 5})]})
        again = await program.post(
            address(campaign), json={"leads": [a_lead(name="Пётр"), a_lead("crm-2", order_total=100)]}
        )
        third = await program.post(address(campaign), json={"leads": [a_lead()]})
    assert (first.status_code, again.status_code, third.status_code) == (201, 201, 200)
    (told,) = first.json()["leads"]
    assert (told["state"], told["phone"]) == ("fresh", "+79123456789")
    assert told["phones"] == ["+79123456789", "+73432345678"]
    assert told["fields"] == {"name": "Анна", "баллы": 5}
    assert (again.json()["created"], again.json()["known"]) == (1, 1)
    assert again.json()["leads"][0]["fields"] == {"name": "Анна", "баллы": 5}
    assert third.json()["leads"][0]["id"] == told["id"]


async def test_each_number_has_its_own_zone_unless_the_customers_is_told(web: Web, campaign: Campaign) -> None:
    body = {"leads": [a_lead(), a_lead("crm-2", time_zone="Asia/Omsk")]}
    async with web.program() as program:
        await program.post(address(campaign), json=body)
    own, told = [await web.house.dialer.given.find(campaign.id, key) for key in ("crm-1", "crm-2")]
    assert own is not None
    assert told is not None
    assert own.zones == ("Europe/Moscow", "Asia/Yekaterinburg")
    assert told.zones == ("Asia/Omsk", "Asia/Omsk")


async def test_every_bad_row_is_named_and_none_is_taken(web: Web, campaign: Campaign) -> None:
    rows = [
        a_lead("good"),
        a_lead("bad-phone", phones=["позвонить"]),
        a_lead("bad-zone", time_zone="Mars/Base"),
        a_lead("bad-field", fields={"a": [1]}),
        a_lead("bad-sum", order_total=-1),
        a_lead("no-phones", phones=[]),
        a_lead("a/b"),
        a_lead("odd", colour="red"),
        a_lead("nan", fields={"a": "x" * 201}),
    ]
    async with web.program() as program:
        answer = await program.post(address(campaign), json={"leads": rows})
        found = await program.get(address(campaign, "good"))
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    named = {error["field"].split(".")[0] for error in answer.json()["errors"]}
    assert named == {f"leads[{place}]" for place in range(1, len(rows))}
    assert found.status_code == 404


async def test_a_key_twice_in_a_request_is_an_error_at_both_places(web: Web, campaign: Campaign) -> None:
    async with web.program() as program:
        answer = await program.post(address(campaign), json={"leads": [a_lead("x"), a_lead("y"), a_lead("x")]})
    assert [error["field"] for error in answer.json()["errors"]] == ["leads[0].external_id", "leads[2].external_id"]


@pytest.mark.parametrize("count", [0, 1_001])
async def test_no_more_than_a_thousand_at_once_and_no_less_than_one(web: Web, campaign: Campaign, count: int) -> None:
    async with web.program() as program:
        answer = await program.post(address(campaign), json={"leads": [a_lead(f"k{n}") for n in range(count)]})
    assert answer.status_code == 422


async def test_a_thousand_are_taken(web: Web, campaign: Campaign) -> None:
    rows = [{"external_id": f"k{n}", "phones": [f"+7912{n:07}"]} for n in range(1_000)]
    async with web.program() as program:
        answer = await program.post(address(campaign), json={"leads": rows})
    assert (answer.status_code, answer.json()["created"]) == (201, 1_000)


async def test_a_later_call_waits_for_its_time(web: Web, campaign: Campaign) -> None:
    async with web.program() as program:
        answer = await program.post(
            address(campaign),
            json={"leads": [a_lead(call_at="2199-01-01T00:00:00Z"), a_lead("past", call_at="2020-01-01T00:00:00Z")]},
        )
    later, at_once = answer.json()["leads"]
    assert (later["state"], later["due_at"]) == ("retry_at", "2199-01-01T00:00:00Z")
    assert (at_once["state"], at_once["due_at"]) == ("fresh", None)


async def test_a_lead_is_bettered_and_withdrawn(web: Web, campaign: Campaign) -> None:
    async with web.program() as program:
        await program.post(address(campaign), json={"leads": [a_lead(fields={"баллы": 5})]})
        better = await program.patch(
            address(campaign, "crm-1"), json={"phones": ["+7 495 123-45-67"], "order_total": 700}
        )
        fields = await program.patch(address(campaign, "crm-1"), json={"fields": {"баллы": 6}})
        gone = await program.delete(address(campaign, "crm-1"))
        again = await program.delete(address(campaign, "crm-1"))
        read = await program.get(address(campaign, "crm-1"))
    assert (better.json()["phones"], better.json()["order_total"]) == (["+74951234567"], 700)
    assert better.json()["fields"] == {"баллы": 5}
    assert fields.json()["fields"] == {"баллы": 6}
    assert (gone.json()["state"], again.status_code, read.json()["state"]) == ("done", 200, "done")


async def test_own_fields_of_the_campaign_count_for_the_order(web: Web, campaign: Campaign) -> None:
    await web.house.dialer.set_knobs(campaign.id, {"own_fields.1": "баллы", "weights.own_1": 2}, "oleg")

    async def points(external_id: str) -> float:
        lead = await web.house.dialer.given.find(campaign.id, external_id)
        assert lead is not None
        return (await web.house.dialer.why(campaign.id, lead.id)).terms["own_1"]

    async with web.program() as program:
        await program.post(address(campaign), json={"leads": [a_lead(fields={"баллы": 5}), a_lead("plain")]})
        assert [await points("crm-1"), await points("plain")] == [10, 0]
        await program.patch(address(campaign, "crm-1"), json={"fields": {"баллы": "6,5"}})
        assert await points("crm-1") == 13
        await program.patch(address(campaign, "crm-1"), json={"order_total": 100})
        assert await points("crm-1") == 13


@pytest.mark.parametrize(
    "body", [{}, {"time_zone": "Asia/Omsk"}, {"phones": []}, {"order_total": "5"}, {"state": "done"}]
)
async def test_an_empty_or_strange_change_is_refused(web: Web, campaign: Campaign, body: dict[str, Any]) -> None:
    async with web.program() as program:
        await program.post(address(campaign), json={"leads": [a_lead()]})
        assert (await program.patch(address(campaign, "crm-1"), json=body)).status_code == 422


async def test_a_lead_in_a_call_is_not_changed_but_may_be_withdrawn(
    web: Web, campaign: Campaign, sqlite_database: Database
) -> None:
    async with web.program() as program:
        answer = await program.post(address(campaign), json={"leads": [a_lead()]})
        store = DialerStore(sqlite_database, web.clock, random_ids)
        await store.tell_lead(answer.json()["leads"][0]["id"], AttemptStarted())
        changed = await program.patch(address(campaign, "crm-1"), json={"order_total": 5})
        gone = await program.delete(address(campaign, "crm-1"))
    assert changed.status_code == 409
    assert (gone.status_code, gone.json()["state"]) == (200, LeadState.DIALING.value)


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_an_unknown_key_or_campaign_is_404(web: Web, campaign: Campaign, method: str) -> None:
    async with web.program() as program:
        for place in (address(campaign, "none"), "/api/v1/campaigns/none/leads/crm-1"):
            answer: httpx2.Response = await program.request(method, place, json={"order_total": 5})
            assert answer.status_code == 404


async def test_the_contract_has_examples_that_are_taken(web: Web, campaign: Campaign) -> None:
    async with web.program() as program:
        schemas = (await program.get("/api/openapi.json")).json()["components"]["schemas"]
        (example,) = schemas["LeadsIn"]["examples"]
        assert (await program.post(address(campaign), json=example)).status_code == 201
        for change in schemas["LeadChange"]["examples"]:
            assert (await program.patch(address(campaign, "crm-10417"), json=change)).status_code == 200


async def test_who_was_changed_by_whom_is_in_the_audit(web: Web, campaign: Campaign, sqlite_database: Database) -> None:
    async with web.program(Role.API) as program:
        await program.post(address(campaign), json={"leads": [a_lead()]})
        await program.delete(address(campaign, "crm-1"))
    from sqlalchemy import text

    async with sqlite_database.read() as connection:
        actions = (await connection.execute(text("SELECT action FROM audit"))).scalars().all()
    assert "lead.withdraw" in actions
