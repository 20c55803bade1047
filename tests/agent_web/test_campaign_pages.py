"""A campaign's page and API: the order of leads follows the weights at once, and every turn of a knob is written down."""

import httpx2
import pytest

from cordboard.access.permission import Role
from cordboard.dialer.campaign import Campaign
from tests.fakes.hours import HandClock
from tests.fakes.steering_house import SteeringHouse


def pass_time(house: SteeringHouse) -> None:
    """So that what comes next is later."""
    assert isinstance(house.clock, HandClock)
    house.clock.move(seconds=1)


async def names(browser: httpx2.AsyncClient, campaign: Campaign) -> list[str]:
    leads = (await browser.get(f"/api/v1/campaigns/{campaign.id}/leads")).json()
    return [lead["customer_name"] for lead in leads]


async def test_weights_turn_the_order_of_the_leads_at_once(browser: httpx2.AsyncClient, campaign: Campaign) -> None:
    address = f"/api/v1/campaigns/{campaign.id}/weights"
    dear = await browser.post(address, json={"weights": {"order_sum": 5, "age": 0}})
    assert dear.status_code == 200
    assert await names(browser, campaign) == ["Клиент 1", "Клиент 2", "Клиент 3"]
    fresh = await browser.post(address, json={"weights": {"order_sum": 0, "age": -2.5}})
    assert await names(browser, campaign) == ["Клиент 3", "Клиент 2", "Клиент 1"]
    others = {"attempts": -5, "promised": 1, "reservation": 1, "expired": 0, "own_1": 0, "own_2": 0, "own_3": 0}
    assert fresh.json() == {
        "before": {"order_sum": 5, "age": 0, **others, "segments": {}},
        "after": {"order_sum": 0, "age": -2.5, **others, "segments": {}},
    }


async def test_a_lead_tells_its_terms_and_why_it_is_not_dialed(browser: httpx2.AsyncClient, campaign: Campaign) -> None:
    await browser.post(f"/api/v1/campaigns/{campaign.id}/weights", json={"weights": {"order_sum": 1, "age": -1}})
    (first, *_) = (await browser.get(f"/api/v1/campaigns/{campaign.id}/leads", params={"limit": 1})).json()
    assert first["customer_name"] == "Клиент 2"
    terms = {name: points for name, points in first["terms"].items() if points}
    assert terms == {"order_sum": pytest.approx(15), "age": pytest.approx(-3)}
    assert first["score"] == pytest.approx(12)
    assert (first["wait"], first["order_total"]) == ("paused", 1_500_000)


async def test_the_page_shows_the_list_the_weights_and_the_log_with_its_undo(
    house: SteeringHouse, browser: httpx2.AsyncClient, campaign: Campaign
) -> None:
    await browser.post(f"/api/v1/campaigns/{campaign.id}/weights", json={"weights": {"age": 2.5}})
    page = await browser.get(f"/campaigns/{campaign.id}")
    words = " ".join(page.text.replace("\u00a0", " ").split())
    assert page.status_code == 200
    assert words.index("Клиент 1</a>") < words.index("Клиент 2</a>")
    assert "40 000 ₽" in words
    assert "Новых звонков сейчас нет: обзвон на паузе." in words
    assert 'data-weight="age"' in words
    assert 'value="2,5"' in words
    assert '<b class="sm">Возраст заказа</b> <span class="sm num"><span class="muted">−1</span> → 2,5</span>' in words
    (change, *_) = await house.dialer.changes(campaign.id)
    assert f'data-revert="{change.id}"' in words
    assert "Олег Лебедев" in words


async def test_a_change_is_taken_back_with_one_request(
    house: SteeringHouse, browser: httpx2.AsyncClient, campaign: Campaign
) -> None:
    await browser.post(f"/api/v1/campaigns/{campaign.id}/weights", json={"weights": {"age": 2.5}})
    (change, *_) = await house.dialer.changes(campaign.id)
    pass_time(house)
    back = await browser.post(f"/api/v1/campaigns/{campaign.id}/changes/{change.id}/revert")
    assert back.json()["weights"]["age"] == -1
    page = (await browser.get(f"/campaigns/{campaign.id}")).text
    assert f'data-revert="{change.id}"' not in page  # it no longer stands
    done = [row.action for row in await house.access.audit_rows() if row.action.startswith("campaign.")]
    assert done[:2] == ["campaign.revert", "campaign.weights"]
    other = await browser.post(f"/api/v1/campaigns/{campaign.id}/changes/none/revert")
    assert other.status_code == 404


async def test_start_and_pause_are_done_told_and_written_down(
    house: SteeringHouse, browser: httpx2.AsyncClient, campaign: Campaign
) -> None:
    await house.operator("Илья")
    started = await browser.post(f"/api/v1/campaigns/{campaign.id}/start")
    assert started.json()["state"] == "running"
    await house.dialer.tick()
    await house.dialer.settle()
    assert house.telephones.numbers == ["+74950000002"]
    pass_time(house)
    paused = await browser.post(f"/api/v1/campaigns/{campaign.id}/pause")
    assert paused.json()["state"] == "paused"
    rows = [row for row in await house.access.audit_rows() if row.action.startswith("campaign.")]
    assert [row.action for row in rows][:2] == ["campaign.pause", "campaign.start"]
    assert (rows[1].detail["from"]["state"], rows[1].detail["to"]["state"]) == ("paused", "running")
    page = (await browser.get(f"/campaigns/{campaign.id}")).text
    assert 'data-turn="start"' in page


@pytest.mark.parametrize(
    "body",
    [
        '{"weights": {"age": NaN}}',
        '{"weights": {"age": Infinity}}',
        '{"weights": {"age": 1000.5}}',
        '{"weights": {"age": "5"}}',
        '{"weights": {"age": true}}',
        '{"weights": {"charm": 1}}',
        '{"weights": 5}',
        "{}",
        "{",
    ],
)
async def test_weights_that_are_no_numbers_are_refused_and_change_nothing(
    house: SteeringHouse, browser: httpx2.AsyncClient, campaign: Campaign, body: str
) -> None:
    headers = {"content-type": "application/json"}
    refused = await browser.post(f"/api/v1/campaigns/{campaign.id}/weights", content=body, headers=headers)
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert (await house.dialer.campaign(campaign.id)).weights == campaign.weights
    assert await house.dialer.changes(campaign.id) == []


async def test_an_unknown_campaign_is_not_found(browser: httpx2.AsyncClient, campaign: Campaign) -> None:
    assert (await browser.get("/campaigns/none")).status_code == 404
    assert (await browser.get("/api/v1/campaigns/none/leads")).status_code == 404
    assert (await browser.post("/api/v1/campaigns/none/start")).status_code == 404
    assert (await browser.post("/api/v1/campaigns/none/weights", json={"weights": {}})).status_code == 404
    assert (await browser.get(f"/api/v1/campaigns/{campaign.id}/leads", params={"limit": 0})).status_code == 422


async def test_one_campaign_is_opened_at_once_and_several_are_listed(
    house: SteeringHouse, browser: httpx2.AsyncClient, campaign: Campaign
) -> None:
    only = await browser.get("/campaigns")
    assert (only.status_code, only.headers["location"]) == (303, f"/campaigns/{campaign.id}")
    pass_time(house)
    await house.campaign("Забытые корзины")
    several = await browser.get("/campaigns")
    assert "Подтверждение заказов" in several.text
    assert "Забытые корзины" in several.text
    assert [one["name"] for one in (await browser.get("/api/v1/campaigns")).json()] == [
        "Подтверждение заказов",
        "Забытые корзины",
    ]


async def test_who_may_not_steer_sees_no_campaign(house: SteeringHouse, campaign: Campaign) -> None:
    async with await house.client(await house.operator("Илья")) as browser:
        assert (await browser.get(f"/campaigns/{campaign.id}")).status_code == 403
        assert (await browser.post(f"/api/v1/campaigns/{campaign.id}/start")).status_code == 403
    assert await house.dialer.changes(campaign.id) == []


async def test_english_reads_no_russian_but_names(house: SteeringHouse, campaign: Campaign) -> None:
    async with await house.client(await house.user(Role.SUPERVISOR, "Oleg", "en")) as browser:
        await browser.post(f"/api/v1/campaigns/{campaign.id}/weights", json={"weights": {"age": 2.5}})
        page = (await browser.get(f"/campaigns/{campaign.id}")).text
    for own in ("Подтверждение заказов", "Клиент", "Казань"):
        page = page.replace(own, "")
    assert {letter for letter in page if "а" <= letter.lower() <= "я"} == set()
