"""One lead of a campaign: why it is not dialed, finding it; a draft of the weights; drain; the day: API and page."""

import json
from dataclasses import replace
from datetime import timedelta

import httpx2
import pytest

from cordboard.access.permission import Role
from cordboard.dialer.campaign import Campaign
from cordboard.dialer.lead import Lead
from cordboard.queue.channel import AttemptOutcome
from tests.fakes.hours import HandClock
from tests.fakes.steering_house import SteeringHouse

API = "/api/v1/campaigns"


async def lead_of(house: SteeringHouse, campaign: Campaign, number: int) -> Lead:
    order = await house.shop.order_by_number(str(number))
    assert order is not None
    (lead,) = await house.dialer.find(campaign.id, [], [order.id], 5)
    return lead


def said(page: httpx2.Response) -> str:
    return " ".join(page.text.replace("\u00a0", " ").split())


async def test_why_tells_the_place_the_terms_and_what_must_end(
    house: SteeringHouse, browser: httpx2.AsyncClient, campaign: Campaign
) -> None:
    second = await lead_of(house, campaign, 1)
    why = (await browser.get(f"{API}/{campaign.id}/leads/{second.id}/why")).json()
    assert (why["place"], why["state"], why["attempts"]) == (2, "fresh", 0)
    assert why["score"] == pytest.approx(10) == sum(why["terms"].values())
    assert why["waits"] == [{"reason": "paused", "until": None, "trunks": []}]
    page = said(await browser.get(f"/campaigns/{campaign.id}", params={"lead": second.id}))
    assert "место 2" in page
    assert 'data-reason="paused"' in page
    assert "само не кончится" in page


async def test_what_else_the_customer_is_called_about_is_told(
    house: SteeringHouse, browser: httpx2.AsyncClient, campaign: Campaign
) -> None:
    lead, debts, now = await lead_of(house, campaign, 1), await house.campaign("Долги"), house.clock.now()
    several = (lead.phone, "+74990000077")
    other = replace(
        lead, id="other", campaign_id=debts.id, source="api:1", order_id=None, customer_id=None, created_at=now
    )
    await house.store.add_leads([replace(other, phone=several[1], phones=several[::-1], zones=(lead.zone,) * 2)])
    (told,) = (await browser.get(f"{API}/{campaign.id}/leads/{lead.id}/why")).json()["others"]
    assert told == {"id": "other", "campaign_id": debts.id, "order_id": None, "is_open": True}
    page = said(await browser.get(f"/campaigns/{campaign.id}", params={"lead": lead.id}))
    assert f'data-other="other"><a class="grow hit" href="/campaigns/{debts.id}?lead=other"' in page
    for text in several:  # by any number, not only by the one that is dialed next
        found = (await browser.get(f"{API}/{debts.id}/find", params={"q": text})).json()
        assert [one["id"] for one in found] == ["other"]
    shown = said(await browser.get(f"/campaigns/{debts.id}", params={"lead": "other"}))
    assert "+7 499 000-00-77" in shown


async def test_what_is_not_a_lead_of_this_campaign_is_not_found(
    house: SteeringHouse, browser: httpx2.AsyncClient, campaign: Campaign
) -> None:
    other = await house.campaign("Другая")
    lead = await lead_of(house, campaign, 1)
    for address in (
        f"{API}/{campaign.id}/leads/none/why",
        f"{API}/{other.id}/leads/{lead.id}/why",
        f"/campaigns/{campaign.id}?lead=none",
        f"{API}/none/find?q=1",
        f"{API}/none/day",
    ):
        assert (await browser.get(address)).status_code == 404, address
    assert (await browser.get(f"{API}/{campaign.id}/find", params={"q": ""})).status_code == 422


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("2", ["2"]),
        ("№ 2", ["2"]),
        ("8 (495) 000-00-03", ["3"]),
        ("+74950000003", ["3"]),
        ("клиент 1", ["1"]),
        ("nobody", []),
    ],
)
async def test_a_lead_is_found_by_order_number_by_telephone_and_by_name(
    house: SteeringHouse, browser: httpx2.AsyncClient, campaign: Campaign, text: str, numbers: list[str]
) -> None:
    found = (await browser.get(f"{API}/{campaign.id}/find", params={"q": text})).json()
    orders = await house.shop.numbers_of([one["order_id"] for one in found])
    assert [orders[one["order_id"]] for one in found] == numbers
    page = said(await browser.get(f"/campaigns/{campaign.id}/parts", params={"q": text}))
    assert ("В этой кампании такого нет" in page) == (not numbers)
    for one in found:
        assert f'data-why="{one["id"]}"' in page.split('data-part="leads"')[0]


async def test_a_draft_re_orders_the_list_and_changes_nothing(
    house: SteeringHouse, browser: httpx2.AsyncClient, campaign: Campaign
) -> None:
    draft = {"order_sum": 0, "age": -2.5, "segments": {"vip": 20}}
    found = (await browser.post(f"{API}/{campaign.id}/preview", json={"weights": draft})).json()
    assert [one["customer_name"] for one in found] == ["Клиент 3", "Клиент 2", "Клиент 1"]
    page = said(await browser.get(f"/campaigns/{campaign.id}/parts", params={"draft": json.dumps(draft)}))
    listed = page.split('data-part="leads"')[1]
    assert listed.index("Клиент 3</a>") < listed.index("Клиент 2</a>") < listed.index("Клиент 1</a>")
    assert "черновик, сдвинулись: 3" in listed
    assert "Черновик. На линии пока прежние веса." in page
    assert (await house.dialer.campaign(campaign.id)).weights == campaign.weights
    assert await house.dialer.changes(campaign.id) == []


@pytest.mark.parametrize("draft", ["{", "5", '{"age": 5000}', '{"charm": 1}', '{"segments": {"": 1}}'])
async def test_a_draft_that_cannot_be_read_is_refused(
    browser: httpx2.AsyncClient, campaign: Campaign, draft: str
) -> None:
    assert (await browser.get(f"/campaigns/{campaign.id}/parts", params={"draft": draft})).status_code == 422


async def test_a_segment_gets_points_and_its_change_is_taken_back(
    house: SteeringHouse, browser: httpx2.AsyncClient, campaign: Campaign
) -> None:
    given = await browser.post(f"{API}/{campaign.id}/weights", json={"weights": {"segments": {"vip": 20}}})
    assert given.json()["after"]["segments"] == {"vip": 20}
    (change, *_) = await house.dialer.changes(campaign.id)
    assert (change.field, change.old, change.new) == ("weights.segment.vip", None, 20.0)
    page = said(await browser.get(f"/campaigns/{campaign.id}"))
    assert '<b class="sm">Важный клиент</b>' in page
    back = await browser.post(f"{API}/{campaign.id}/changes/{change.id}/revert")
    assert back.json()["weights"]["segments"] == {}


async def test_own_fields_have_their_names_and_a_weight_each(
    house: SteeringHouse, browser: httpx2.AsyncClient, campaign: Campaign
) -> None:
    named = await browser.post(f"{API}/{campaign.id}/own-fields", json={"own_fields": ["маржа", "", ""]})
    assert named.json()["own_fields"] == ["маржа", "", ""]
    page = said(await browser.get(f"/campaigns/{campaign.id}"))
    assert 'data-weight="own_1"' in page
    assert 'data-weight="own_2"' not in page
    refused = await browser.post(f"{API}/{campaign.id}/own-fields", json={"own_fields": ["a b", "", ""]})
    assert refused.status_code == 422


async def test_drain_finishes_what_rings_and_pauses_by_itself(
    house: SteeringHouse, browser: httpx2.AsyncClient, campaign: Campaign
) -> None:
    await house.operator("Илья")
    await browser.post(f"{API}/{campaign.id}/start")
    await house.dialer.tick()
    await house.dialer.settle()
    drained = await browser.post(f"{API}/{campaign.id}/drain")
    assert drained.json()["state"] == "draining"
    page = said(await browser.get(f"/campaigns/{campaign.id}"))
    assert "Дозванивает начатое" in page
    assert "1 звонок ещё идёт" in page
    await house.dialer.on_ended(house.telephones.dialed[-1][0], AttemptOutcome.BUSY)
    await house.dialer.tick()
    page = said(await browser.get(f"/campaigns/{campaign.id}"))
    assert "На паузе" in page
    assert "система" in page
    actions = [row.action for row in await house.access.audit_rows() if row.action.startswith("campaign.")]
    assert "campaign.drain" in actions


async def test_the_day_is_drawn_by_the_hour_and_the_gauge_stands_against_the_cap(
    house: SteeringHouse, browser: httpx2.AsyncClient, campaign: Campaign
) -> None:
    await house.operator("Илья")
    await browser.post(f"{API}/{campaign.id}/start")
    await house.dialer.tick()
    await house.dialer.settle()
    await house.dialer.on_ended(house.telephones.dialed[-1][0], AttemptOutcome.BUSY)
    day = (await browser.get(f"{API}/{campaign.id}/day")).json()
    assert (day["tried"], day["listed"], [hour["attempts"] for hour in day["hours"]]) == (1, 3, [1])
    assert day["hours"][0]["contact_rate"] == 0
    page = said(await browser.get(f"/campaigns/{campaign.id}"))
    assert 'class="hours"' in page
    assert "пройдено списка 33 %" in page
    assert "пока никто не ответил" in page


async def test_a_dead_trunk_is_told(house: SteeringHouse, browser: httpx2.AsyncClient, campaign: Campaign) -> None:
    await house.operator("Илья")
    await browser.post(f"{API}/{campaign.id}/start")
    for _ in range(3):
        await house.dialer.tick()
        await house.dialer.settle()
        await house.dialer.on_ended(house.telephones.dialed[-1][0], AttemptOutcome.TRUNK_TROUBLE)
    assert "не соединяет, пробуем в" in said(await browser.get(f"/campaigns/{campaign.id}"))
    assert isinstance(house.clock, HandClock)
    house.clock.move(seconds=timedelta(minutes=2).total_seconds())
    assert "не соединяет, пробуем в" not in said(await browser.get(f"/campaigns/{campaign.id}"))


async def test_english_reads_no_russian_but_names(house: SteeringHouse, campaign: Campaign) -> None:
    lead = await lead_of(house, campaign, 1)
    async with await house.client(await house.user(Role.SUPERVISOR, "Oleg", "en")) as browser:
        asked = {"lead": lead.id, "q": "2", "draft": json.dumps({"age": 3})}
        page = (await browser.get(f"/campaigns/{campaign.id}", params=asked)).text
    for own in ("Подтверждение заказов", "Клиент", "Казань"):
        page = page.replace(own, "")
    assert {letter for letter in page if "а" <= letter.lower() <= "я"} == set()


async def test_who_may_not_steer_sees_no_lead(house: SteeringHouse, campaign: Campaign) -> None:
    lead = await lead_of(house, campaign, 1)
    async with await house.client(await house.operator("Илья")) as browser:
        assert (await browser.get(f"{API}/{campaign.id}/leads/{lead.id}/why")).status_code == 403
        assert (await browser.get(f"{API}/{campaign.id}/find", params={"q": "1"})).status_code == 403
        assert (await browser.post(f"{API}/{campaign.id}/drain")).status_code == 403
        assert (await browser.post(f"{API}/{campaign.id}/preview", json={"weights": {}})).status_code == 403
