"""What would happen, over HTTP: asked, answered in a process beside, applied exactly, held against what then happens, taken back."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from cordboard.access.permission import Role
from cordboard.agent_web.i18n import NBSP
from cordboard.dialer.campaign import Campaign
from cordboard.dialer.what_if_kept import ClosedBy
from cordboard.dialer.what_if_question import Question, State
from tests.fakes.hours import HandClock
from tests.fakes.steering_house import SteeringHouse
from tests.fakes.wait import until

SEEDS = 4
QUICK = {"knobs": {"mode": "power", "power.ratio": 2.0}, "operators": 3, "minutes": 10}


@pytest.fixture(autouse=True)
def few_runs(house: SteeringHouse) -> None:
    house.dialer.what_if.seeds = SEEDS


def plain(text: str) -> str:
    return " ".join(text.replace(NBSP, " ").split())


def address(campaign: Campaign, *more: str) -> str:
    return "/".join((f"/api/v1/campaigns/{campaign.id}/what-ifs", *more))


async def answered(
    browser: httpx2.AsyncClient, campaign: Campaign, order: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A question, asked and answered."""
    asked = await browser.post(address(campaign), json=order or QUICK)
    assert asked.status_code == 202, asked.text
    made: dict[str, Any] = asked.json()

    async def over() -> dict[str, Any] | None:
        now: dict[str, Any] = (await browser.get(address(campaign, made["id"]))).json()
        return now if now["state"] not in ("waiting", "running") else None

    return await until(over, "the answer", within_s=120.0)


async def test_a_question_is_answered_for_both_sides_with_its_spread_and_what_it_stands_on(
    browser: httpx2.AsyncClient, campaign: Campaign
) -> None:
    told = await answered(browser, campaign)
    assert (told["state"], told["done"], told["runs"]) == ("done", 2 * SEEDS, 2 * SEEDS)
    assert told["knobs"] == {"mode": "power", "power.ratio": 2.0}
    assert (told["operators"], told["minutes"]) == (3, 10)
    assert told["stands_on"] == {"calls": 0, "answers": 0, "talks": 0, "wrap_ups": 0, "leads_seen": 0, "thin": True}
    for side in ("as_is", "changed"):
        assert set(told[side]) == {"runs", "utilisation", "abandonment", "wait_s", "calls_an_hour", "served_an_hour"}
        for name in set(told[side]) - {"runs"}:
            assert told[side][name]["low"] <= told[side][name]["middle"] <= told[side][name]["high"]
    # Nobody was served yet: the bound has no room, and power dials one to one. Three operators serve more than the one of as is.
    assert told["changed"]["abandonment"]["high"] == 0.0
    assert told["changed"]["served_an_hour"]["middle"] > told["as_is"]["served_an_hour"]["middle"]
    page = plain((await browser.get(f"/campaigns/{campaign.id}/what-ifs/{told['id']}")).text)
    assert "Режим: несколько линий на оператора" in page
    assert "По своим: звонков 0, ответов 0" in page
    assert "Этого мало: недостающее взято из обычных законов." in page
    assert f'data-what-if-apply="{told["id"]}"' in page


@pytest.mark.parametrize(
    ("order", "status", "field"),
    [
        ({"knobs": {"mode": "preview"}}, 409, "mode"),
        ({"knobs": {"limits.gap_s": 5}}, 409, "limits.gap_s"),
        ({"knobs": {"ring_timeout_s": 5}}, 409, "ring_timeout_s"),
        ({"knobs": {}}, 409, "knobs"),
        ({"knobs": {"mode": "power"}, "minutes": 2}, 409, "minutes"),
        ({"knobs": {"mode": "power"}, "operators": 1000}, 409, "operators"),
        ({"knobs": {"mode": "power"}, "operators": 2.5}, 422, "operators"),
        ({"knobs": {"mode": "power"}, "seats": 2}, 422, "seats"),
        ({"knobs": "all"}, 422, "knobs"),
    ],
)
async def test_a_question_that_cannot_be_asked_says_what_is_wrong(
    browser: httpx2.AsyncClient, campaign: Campaign, order: dict[str, Any], status: int, field: str
) -> None:
    for language in ("ru", "en"):
        refused = await browser.post(address(campaign), json=order, headers={"Accept-Language": language})
        assert refused.status_code == status
        assert refused.headers["content-type"] == "application/problem+json"
        assert [error["field"] for error in refused.json()["errors"]] == [field]
        is_russian = any("а" <= letter <= "я" for letter in refused.json()["errors"][0]["reason"].lower())
        assert is_russian == (language == "ru" and status == 409)


async def test_one_question_a_person_and_it_can_be_cancelled(
    house: SteeringHouse, browser: httpx2.AsyncClient, campaign: Campaign
) -> None:
    slow = QUICK | {"operators": 100, "minutes": 240}
    first = (await browser.post(address(campaign), json=slow)).json()
    again = await browser.post(address(campaign), json=slow)
    assert (again.status_code, again.headers["retry-after"]) == (429, "5")
    async with await house.client(await house.user(Role.SUPERVISOR, "Анна")) as other:
        second = (await other.post(address(campaign), json=slow)).json()
        assert (second["state"], second["before"]) == ("waiting", 1)
        question = house.dialer.what_if.question(campaign.id, first["id"])
        await until(lambda: question.state is State.RUNNING, "its turn")
        assert (await browser.delete(address(campaign, first["id"]))).status_code == 204
        assert (await browser.get(address(campaign, first["id"]))).json()["state"] == "cancelled"
        following = house.dialer.what_if.question(campaign.id, second["id"])
        await until(lambda: following.state is State.RUNNING, "the next one's turn")
        await other.delete(address(campaign, second["id"]))
    await house.dialer.what_if.settle()
    assert (await browser.post(address(campaign, first["id"], "apply"))).status_code == 409
    assert (await browser.get(address(campaign, "none"))).status_code == 404


async def test_the_loop_goes_on_while_it_is_answered(
    house: SteeringHouse, browser: httpx2.AsyncClient, campaign: Campaign
) -> None:
    """What is played through holds up nobody: between two looks at the answer the loop turns many times."""
    asked = (await browser.post(address(campaign), json=QUICK | {"operators": 40, "minutes": 60})).json()
    question: Question = house.dialer.what_if.question(campaign.id, asked["id"])
    await until(lambda: question.done >= 1, "a run", within_s=60.0)
    turns, done = 0, question.done
    while question.done == done and question.state is State.RUNNING:
        await asyncio.sleep(0)
        turns += 1
    assert turns > 50
    house.dialer.what_if.cancel(question)
    await house.dialer.what_if.settle()


async def test_applied_exactly_compared_and_taken_back(
    house: SteeringHouse, browser: httpx2.AsyncClient, campaign: Campaign
) -> None:
    assert isinstance(house.clock, HandClock)
    await house.operator("Илья")
    told = await answered(browser, campaign)
    applied = await browser.post(address(campaign, told["id"], "apply"))
    assert applied.json()["state"] == "applied"
    now_set = await house.dialer.campaign(campaign.id)
    assert (now_set.mode.value, now_set.power.ratio) == ("power", 2.0)
    (change, *_) = await house.dialer.changes(campaign.id)
    assert change.id == applied.json()["change_id"] or change.save_id
    assert (await browser.post(address(campaign, told["id"], "apply"))).status_code == 409  # once only
    for _ in range(120):
        house.clock.move(seconds=1)
        await house.dialer.what_if.turn()
    (kept,) = (await browser.get(address(campaign))).json()
    assert kept["happened"]["utilisation"] == 0.0
    assert kept["operators_seen"] == pytest.approx(1.0)
    page = plain((await browser.get(f"/campaigns/{campaign.id}")).text)
    assert "Прогноз и что вышло" in page
    assert "операторов ждали 3, было 1" in page
    assert f'data-forecast="{told["id"]}"' in page
    back = await browser.post(f"/api/v1/campaigns/{campaign.id}/changes/{applied.json()['change_id']}/revert")
    assert back.json()["mode"] == "progressive"
    house.clock.move(seconds=1)
    await house.dialer.what_if.turn()

    async def closed() -> dict[str, Any] | None:
        """A dear answer is given again for a while (asking.py)."""
        (found,) = (await browser.get(address(campaign))).json()
        return found if found["closed_by"] else None

    kept = await until(closed, "the comparison's end")
    assert (kept["closed_by"], kept["happened"]["calls_an_hour"]) == ("change", 0.0)
    page = plain((await browser.get(f"/campaigns/{campaign.id}")).text)
    assert "настройки вернули или сменили снова" in page
    assert f'data-revert="{applied.json()["change_id"]}"' not in page
    done = [row.action for row in await house.access.audit_rows() if row.action.startswith("campaign.")]
    assert done == ["campaign.revert", "campaign.what_if"]


async def test_what_was_changed_meanwhile_is_not_applied_over(
    house: SteeringHouse, browser: httpx2.AsyncClient, campaign: Campaign
) -> None:
    told = await answered(browser, campaign)
    await house.dialer.set_knobs(campaign.id, {"ring_timeout_s": 40}, "chief")
    late = await browser.post(address(campaign, told["id"], "apply"), headers={"Accept-Language": "ru"})
    assert (late.status_code, late.json()["detail"]) == (409, "Кампанию тем временем изменили: посчитайте заново")
    assert (await house.dialer.campaign(campaign.id)).mode.value == "progressive"
    assert (await browser.get(address(campaign))).json() == []


async def test_operators_alone_are_only_supposed(browser: httpx2.AsyncClient, campaign: Campaign) -> None:
    told = await answered(browser, campaign, {"operators": 5, "lines": 9, "minutes": 10})
    assert (told["knobs"], told["operators"], told["lines"]) == ({}, 5, 9)
    assert (await browser.post(address(campaign, told["id"], "apply"))).status_code == 409
    page = (await browser.get(f"/campaigns/{campaign.id}/what-ifs/{told['id']}")).text
    assert "data-what-if-apply" not in page


async def test_a_forecast_whose_time_is_over_is_closed_and_outlives_the_engine(
    house: SteeringHouse, browser: httpx2.AsyncClient, campaign: Campaign
) -> None:
    assert isinstance(house.clock, HandClock)
    told = await answered(browser, campaign)
    await browser.post(address(campaign, told["id"], "apply"))
    house.clock.move(seconds=timedelta(minutes=11).total_seconds())
    await house.dialer.what_if.turn()
    (kept,) = await house.store.what_ifs.of_campaign(campaign.id, 5)
    assert kept.closed_by is ClosedBy.TIME
    assert kept.closed_at == kept.ends_at
    assert kept.happened is not None
    assert await house.store.what_ifs.open() == []


async def test_english_reads_no_russian(house: SteeringHouse, campaign: Campaign) -> None:
    async with await house.client(await house.user(Role.SUPERVISOR, "Oleg", "en")) as browser:
        told = await answered(browser, campaign)
        page = (await browser.get(f"/campaigns/{campaign.id}/what-ifs/{told['id']}")).text
        assert "Apply exactly this" in page
        assert {letter for letter in page if "а" <= letter.lower() <= "я"} == set()


async def test_who_may_not_steer_asks_nothing(house: SteeringHouse, campaign: Campaign) -> None:
    async with await house.client(await house.operator("Илья")) as browser:
        assert (await browser.post(address(campaign), json=QUICK)).status_code == 403
        assert (await browser.get(address(campaign))).status_code == 403
