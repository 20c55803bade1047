"""The page and the API of those who must not be called, and of the days on which nobody is."""

from datetime import timedelta

import httpx2
import pytest

from tests.fakes.steering_house import SteeringHouse

ADDRESS = "/api/v1/do-not-call"


async def test_a_number_that_is_added_is_shown_searched_for_and_taken_away(
    house: SteeringHouse, browser: httpx2.AsyncClient
) -> None:
    made = await browser.post(ADDRESS, json={"kind": "number", "value": "8 (495) 000-00-01", "reason": "сам просил"})
    assert made.status_code == 201
    entry = made.json()
    assert (entry["value"], entry["campaign_id"], entry["until"]) == ("+74950000001", None, None)
    page = (await browser.get("/do-not-call")).text
    assert "сам просил" in page
    assert "Олег Лебедев" in page
    assert (await browser.get(ADDRESS, params={"search": "0000001"})).json()["total"] == 1
    assert "Ничего похожего" in (await browser.get("/do-not-call/parts", params={"search": "Иванов"})).text
    assert (await browser.delete(f"{ADDRESS}/{entry['id']}")).status_code == 204
    assert (await browser.delete(f"{ADDRESS}/{entry['id']}")).status_code == 404
    assert (await browser.get(ADDRESS)).json() == {"entries": [], "total": 0}
    rows = await house.access.audit_rows(subject=entry["id"])
    assert sorted(row.action for row in rows) == ["do_not_call.add", "do_not_call.remove"]
    assert all("0000001" not in str(row.detail) for row in rows)


async def test_a_last_day_is_a_day_at_the_site(browser: httpx2.AsyncClient) -> None:
    made = await browser.post(ADDRESS, json={"kind": "prefix", "value": "+7 495", "last_day": "2031-01-31"})
    assert made.json()["until"] == "2031-01-31T21:00:00Z"  # midnight in Moscow


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "number", "value": "Иван"}, "value"),
        ({"kind": "prefix", "value": "+"}, "value"),
        ({"kind": "prefix", "value": "8495"}, "value"),
        ({"kind": "number", "value": "+74950000001", "last_day": "2020-01-01"}, "last_day"),
        ({"kind": "number", "value": "+74950000001", "reason": "x" * 201}, "reason"),
        ({"kind": "number", "value": "+74950000001", "who": "me"}, "who"),
        ({"kind": "everybody", "value": "+74950000001"}, "kind"),
    ],
)
async def test_what_cannot_stand_in_the_list_is_refused_by_its_field(
    browser: httpx2.AsyncClient, body: dict[str, str], field: str
) -> None:
    refused = await browser.post(ADDRESS, json=body)
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert [error["field"] for error in refused.json()["errors"]] == [field]
    assert (await browser.get(ADDRESS)).json()["total"] == 0


async def test_a_customer_and_a_campaign_must_be_there(house: SteeringHouse, browser: httpx2.AsyncClient) -> None:
    campaign = await house.campaign()
    order = await house.order(1, 1000, 1.0)
    asked = {"kind": "customer", "value": order.customer_id, "campaign_id": campaign.id}
    assert (await browser.post(ADDRESS, json={**asked, "value": "nobody"})).status_code == 404
    assert (await browser.post(ADDRESS, json={**asked, "campaign_id": "none"})).status_code == 404
    assert (await browser.post(ADDRESS, json=asked)).status_code == 201
    page = (await browser.get("/do-not-call")).text
    assert "Клиент 1" in page
    assert campaign.name in page
    (lead, *_) = (await browser.get(f"/api/v1/campaigns/{campaign.id}/leads")).json()
    assert (lead["wait"], lead["until"]) == ("do_not_call", None)
    assert "в списке «не звонить»" in (await browser.get(f"/campaigns/{campaign.id}")).text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251"])
async def test_a_list_is_brought_in_whole(browser: httpx2.AsyncClient, encoding: str) -> None:
    text = "телефон;почему\n8 (495) 000-00-01;сам просил\n+74950000002\n+7812*\n"
    brought = await browser.post(f"{ADDRESS}/import", content=text.encode(encoding))
    assert (brought.status_code, brought.json()) == (200, {"added": 3, "known": 0})
    assert (await browser.post(f"{ADDRESS}/import", content=text.encode(encoding))).json() == {"added": 0, "known": 3}
    (found,) = (await browser.get(ADDRESS, params={"search": "сам просил"})).json()["entries"]
    assert found["value"] == "+74950000001"


async def test_of_a_list_with_bad_lines_nothing_is_kept_and_each_is_named(browser: httpx2.AsyncClient) -> None:
    bad = await browser.post(
        f"{ADDRESS}/import", content="+74950000001\n=HYPERLINK(1)\nИван\n", headers={"accept-language": "ru"}
    )
    assert bad.status_code == 422
    assert bad.json()["errors"] == [
        {"field": "line 2", "reason": "Это не номер телефона"},
        {"field": "line 3", "reason": "Это не номер телефона"},
    ]
    assert (await browser.get(ADDRESS)).json()["total"] == 0


@pytest.mark.parametrize("body", [b"", b"\n\n", b"phone\n", b"\x98\xff\x00"])
async def test_a_list_without_lines_is_refused(browser: httpx2.AsyncClient, body: bytes) -> None:
    assert (await browser.post(f"{ADDRESS}/import", content=body)).status_code == 422


async def test_a_long_list_has_pages(house: SteeringHouse, browser: httpx2.AsyncClient) -> None:
    lines = "\n".join(f"+7495{number:07}" for number in range(120))
    await browser.post(f"{ADDRESS}/import", content=lines)
    first = (await browser.get("/do-not-call")).text
    assert first.count("data-remove=") == 50
    assert "page=2" in first
    assert (await browser.get("/do-not-call", params={"page": 3})).text.count("data-remove=") == 20
    some = (await browser.get(ADDRESS, params={"limit": 7, "offset": 118})).json()
    assert (len(some["entries"]), some["total"]) == (2, 120)


async def test_holidays_are_kept_and_dropped(house: SteeringHouse, browser: httpx2.AsyncClient) -> None:
    day = (house.clock.now() + timedelta(days=40)).date().isoformat()
    body = {"place": "RU", "day": day, "name": "Новый год"}
    assert (await browser.post("/api/v1/holidays", json=body)).status_code == 201
    assert (await browser.get("/api/v1/holidays")).json() == [body]
    assert "Новый год" in (await browser.get("/do-not-call")).text
    assert (await browser.delete("/api/v1/holidays", params={"place": "RU", "day": day})).status_code == 204
    assert (await browser.delete("/api/v1/holidays", params={"place": "RU", "day": day})).status_code == 404
    rows = await house.access.audit_rows(subject="RU")
    assert sorted(row.action for row in rows) == ["holiday.drop", "holiday.keep"]


async def test_a_holiday_nowhere_is_refused(browser: httpx2.AsyncClient) -> None:
    refused = await browser.post("/api/v1/holidays", json={"place": "Narnia", "day": "2027-01-01"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "place")


async def test_an_operator_sees_nothing_of_it(house: SteeringHouse) -> None:
    async with await house.client(await house.operator("Илья")) as his:
        assert (await his.get("/do-not-call")).status_code == 403
        assert (await his.post(ADDRESS, json={"kind": "prefix", "value": "+7"})).status_code == 403


async def test_the_page_speaks_english(browser: httpx2.AsyncClient) -> None:
    page = (await browser.get("/do-not-call", params={"lang": "en"})).text
    assert "Do not call" in page
    assert "Кому" not in page
