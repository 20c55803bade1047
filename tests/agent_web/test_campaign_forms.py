"""The settings of a campaign: forms show what stands, what is refused is named, what was changed is told as it was typed."""

from collections.abc import AsyncIterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import httpx2
import pytest

from cordboard.access.permission import Role
from cordboard.agent_web.campaign_changes import value_text
from cordboard.agent_web.campaign_choices import dialable
from cordboard.agent_web.campaign_forms import FORMS, OUTCOME_RULES, RESULT_RULES, SPECS, knob_label
from cordboard.agent_web.campaign_reasons import in_russian
from cordboard.agent_web.campaign_settings import hint_text, shown
from cordboard.agent_web.i18n import NBSP, words
from cordboard.dialer.abandonment import PRESETS
from cordboard.dialer.attempt_limits import AttemptLimits
from cordboard.dialer.campaign import (
    DIALED_MODES,
    GROUPS,
    Campaign,
    CampaignRefused,
    DialMode,
    Setting,
    check_campaign,
    settings,
    with_settings,
)
from cordboard.storage.database import Database
from tests.fakes.hours import HandClock
from tests.fakes.steering_house import SteeringHouse

NOT_IN_A_FORM = ("weights.", "own_fields.", "name", "queue", "state")
BAD: tuple[tuple[str, Setting], ...] = (
    ("mode", "guess"),
    ("mode", "agentless"),
    ("ring_timeout_s", 3),
    ("ring_timeout_s", 20.5),
    ("power.ratio", 3.1),
    ("power.ratio", "2"),
    ("power.sorry_ru", "{nobody}"),
    ("power.sorry_en", "{"),
    ("notice.text_ru", "a" * 1001),
    ("notice.text_en", 5),
    ("notice.recording", "../secret"),
    ("notice.recording", "a" * 61),
    ("notice.channels", 0),
    ("notice.on_silence", "shout"),
    ("preview.timeout_s", 1),
    ("preview.then", "wait"),
    ("preview.skip_s", 1),
    ("hours.opens_min", 1300),
    ("hours.sat", "18:00-10:00"),
    ("limits.lead_total", 0),
    ("limits.lead_day", 1001),
    ("limits.number_day", "many"),
    ("limits.gap_s", -1),
    ("sources.unconfirmed_min", 0),
    ("sources.missed_calls_s", 3601),
    ("cap.jurisdiction", "mars"),
    ("cap.limit", 0.5),
    ("cap.window", "week"),
    ("cap.group", "g" * 41),
    ("cap.false_machine", 2),
    ("machines.point", "always"),
    ("machines.text_ru", "{nobody}"),
    ("machines.text_en", "a" * 1001),
    ("blend.service_level_floor", 80),
    ("blend.expected_wait_s", 3601),
    ("blend.share", 0),
    ("rules.busy.delay_s", -1),
    ("rules.busy.max_attempts", -1),
    ("rules.busy.growth", 11),
    ("rules.unknown.delay_s", 60),
    ("results.no_talk.growth", 0.5),
    ("results.no_talk.delay_s", None),
)


@pytest.fixture
async def house(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[SteeringHouse]:
    house = SteeringHouse(sqlite_database, HandClock(), tmp_path)
    await house.open()
    yield house
    await house.desk.settle()
    await house.dialer.settle()


@pytest.fixture
async def campaign(house: SteeringHouse) -> Campaign:
    return await house.campaign()


@pytest.fixture
async def browser(house: SteeringHouse) -> AsyncIterator[httpx2.AsyncClient]:
    async with await house.client(await house.user(Role.SUPERVISOR, "Олег Лебедев")) as browser:
        yield browser


async def turn(browser: httpx2.AsyncClient, campaign: Campaign, knobs: dict[str, Setting], **headers: str) -> Any:
    return await browser.post(f"/api/v1/campaigns/{campaign.id}/knobs", json={"knobs": knobs}, headers=headers)


async def test_every_knob_stands_in_a_form_or_has_a_place_of_its_own(campaign: Campaign) -> None:
    knobs = {knob for knob in settings(campaign) if not knob.startswith(NOT_IN_A_FORM)}
    assert knobs == set(SPECS)
    assert len(knobs) > 4 * len(OUTCOME_RULES + RESULT_RULES) + len(fields(AttemptLimits)) + 5 * len(GROUPS) - 10


async def test_the_page_holds_each_knob_with_its_value_its_label_and_a_place_for_its_error(
    browser: httpx2.AsyncClient, campaign: Campaign
) -> None:
    page = (await browser.get(f"/campaigns/{campaign.id}")).text
    for knob in SPECS:
        key = knob.replace(".", "-")
        assert page.count(f'data-knob="{knob}"') == 1, knob
        assert page.count(f'id="e-{key}"') == 1, knob
        assert f'for="k-{key}"' in page or f'id="k-{key}"' in page or knob == "mode", knob
    assert page.count('role="tab"') == page.count('role="tabpanel"') == len(FORMS)
    assert 'id="k-limits-gap_s"' in page


async def test_every_mode_can_be_chosen(browser: httpx2.AsyncClient, campaign: Campaign) -> None:
    page = (await browser.get(f"/campaigns/{campaign.id}")).text
    assert '<input type="radio" name="mode" value="predictive">' in page
    assert '<input type="radio" name="mode" value="progressive" checked>' in page
    assert all(dialable(mode) for mode in DialMode)
    assert (await turn(browser, campaign, {"mode": "predictive"})).status_code == 200


async def test_who_only_looks_can_turn_nothing(house: SteeringHouse, campaign: Campaign) -> None:
    async with await house.client(await house.operator("Илья")) as browser:
        assert (await browser.get(f"/api/v1/campaigns/{campaign.id}/knobs")).status_code == 403
        assert (await turn(browser, campaign, {"power.ratio": 2})).status_code == 403


async def test_the_knobs_are_read_as_they_were_turned(browser: httpx2.AsyncClient, campaign: Campaign) -> None:
    knobs: dict[str, Setting] = {"mode": "power", "power.ratio": 1.25, "limits.lead_day": None, "hours.sat": "closed"}
    assert (await turn(browser, campaign, knobs)).status_code == 200
    read = (await browser.get(f"/api/v1/campaigns/{campaign.id}/knobs")).json()
    assert {knob: read[knob] for knob in knobs} == knobs
    assert (await browser.get("/api/v1/campaigns/none/knobs")).status_code == 404


@pytest.mark.parametrize(("knob", "value"), BAD)
def test_what_is_refused_is_named_also_among_others_and_said_in_both_languages(knob: str, value: Setting) -> None:
    plain = Campaign("c", "Подтверждение", "orders", HandClock().now())
    with pytest.raises(CampaignRefused) as refused:
        check_campaign(with_settings(plain, {"takes_orders": True, knob: value, "weights.age": 2}))
    expected = "notice.text_ru" if value == "agentless" else knob
    assert refused.value.field == expected
    if value not in ("guess", None):
        assert in_russian(refused.value.reason) != refused.value.reason
    assert not any("а" <= letter <= "я" for letter in refused.value.reason.lower())


async def test_one_bad_knob_leaves_all_of_its_form_as_it_was(
    house: SteeringHouse, browser: httpx2.AsyncClient, campaign: Campaign
) -> None:
    knobs: dict[str, Setting] = {"limits.lead_day": 3, "limits.gap_s": -60, "limits.lead_total": 9}
    refused = await turn(browser, campaign, knobs, **{"accept-language": "ru"})
    assert refused.status_code == 409
    (error,) = refused.json()["errors"]
    assert error == {"field": "limits.gap_s", "reason": "Между двумя звонками от 0 до 10080 мин, это неделя"}
    assert (await house.dialer.campaign(campaign.id)).limits == campaign.limits
    assert await house.dialer.changes(campaign.id) == []
    english = await turn(browser, campaign, knobs, **{"accept-language": "en"})
    assert english.json()["errors"][0]["reason"] == "the time between two calls is 0 to 604800 s"


async def test_a_change_is_told_in_the_units_of_its_form(browser: httpx2.AsyncClient, campaign: Campaign) -> None:
    knobs: dict[str, Setting] = {
        "cap.limit": 0.025,
        "rules.busy.delay_s": 900,
        "hours.sat": "closed",
        "limits.lead_day": None,
    }
    await turn(browser, campaign, knobs)
    text = (await browser.get(f"/campaigns/{campaign.id}")).text.replace(NBSP, " ")
    for what, old, new in (
        ("Предел брошенных", "3 %", "2,5 %"),
        ("занято: через", "5 мин", "15 мин"),
        ("Суббота", "как обычно", "не звоним"),
        ("Попыток по заказу за сутки", "6", "без предела"),
    ):
        assert f'<b class="sm">{what}</b> <span class="sm num"><span class="muted">{old}</span> → {new}</span>' in text


async def test_a_country_put_back_leaves_the_limit_that_was_set_meanwhile(
    house: SteeringHouse, browser: httpx2.AsyncClient, campaign: Campaign
) -> None:
    await turn(browser, campaign, {"cap.limit": 0.01})
    await turn(browser, campaign, {"cap.jurisdiction": "us-ftc", "cap.limit": 0.01, "cap.window": "30d"})
    change = next(each for each in await house.dialer.changes(campaign.id) if each.field == "cap.jurisdiction")
    back = await browser.post(f"/api/v1/campaigns/{campaign.id}/changes/{change.id}/revert")
    assert back.status_code == 200
    cap = (await house.dialer.campaign(campaign.id)).cap
    assert (cap.jurisdiction, cap.limit, cap.window) == ("ru", 0.01, "day")


async def test_each_country_brings_its_limit_and_window_into_the_form(
    browser: httpx2.AsyncClient, campaign: Campaign
) -> None:
    page = (await browser.get(f"/campaigns/{campaign.id}")).text
    assert page.count("data-brings=") == len(PRESETS)
    assert """<option value="us-ftc" data-brings='{"cap.limit": 0.03, "cap.window": "30d"}'>""" in page


def test_hints_tell_what_a_knob_may_be_in_the_unit_that_is_shown() -> None:
    ru, en = words("ru"), words("en")
    assert hint_text(SPECS["limits.gap_s"], ru).replace(NBSP, " ") == "от 0 до 10 080 мин; во всех кампаниях вместе"
    assert hint_text(SPECS["cap.limit"], en).replace(NBSP, " ") == "0 to 10 %"
    assert shown(SPECS["cap.limit"], 0.025, ru) == "2,5"
    assert shown(SPECS["limits.gap_s"], 600, en) == "10"
    assert shown(SPECS["limits.lead_day"], None, en) == ""


def test_values_and_names_are_in_the_readers_words() -> None:
    en = words("en")
    assert knob_label("results.no_talk.max_attempts", en) == "No conversation: attempts"
    assert knob_label("results.no_key.delay_s", en) == "No key pressed: again in"
    assert knob_label("weights.age", en) is None
    assert value_text("mode", "power", en) == "several lines an operator"
    assert value_text("hours.opens_min", 540, en) == "9:00"
    assert value_text("hours.sun", "10:00-18:00", en) == "10:00-18:00"
    assert value_text("notice.text_ru", "т" * 100, en) == "т" * 60 + "…"
    assert value_text("rules.busy.max_attempts", 0, en) == "0"


def test_modes_that_can_be_dialed_are_those_of_the_dialer() -> None:
    assert {mode for mode in DialMode if dialable(mode)} == DIALED_MODES


async def test_a_save_is_one_line_with_one_button_and_says_what_was_changed_again(
    house: SteeringHouse, browser: httpx2.AsyncClient, campaign: Campaign
) -> None:
    await turn(browser, campaign, {"limits.lead_day": 3, "limits.gap_s": 600, "hours.sat": "closed"})
    text = " ".join((await browser.get(f"/campaigns/{campaign.id}")).text.replace(NBSP, " ").split())
    assert text.count("data-revert=") == 1
    assert "Вернуть все 3" in text
    first = (await house.dialer.changes(campaign.id))[0]
    await turn(browser, campaign, {"limits.gap_s": 60})
    text = " ".join((await browser.get(f"/campaigns/{campaign.id}")).text.replace(NBSP, " ").split())
    assert text.count("data-revert=") == 1
    assert "меняли и позже" in text
    address = f"/api/v1/campaigns/{campaign.id}/changes/{first.id}/revert"
    back = await browser.post(address, headers={"accept-language": "ru"})
    assert (back.status_code, back.json()["detail"]) == (
        409,
        "Эти настройки меняли и позже: сначала верните позднюю правку",
    )
    assert back.json()["errors"] == [{"field": "limits.gap_s", "reason": "С тех пор её меняли снова"}]


async def test_our_numbers_are_offered_and_a_foreign_one_is_refused_beside_its_field(
    house: SteeringHouse, browser: httpx2.AsyncClient, campaign: Campaign
) -> None:
    await house.dialer.trunks.load()
    await house.dialer.trunks.set_knobs("trunk", {"caller_ids": ["+74951110001", "+74951110002"]}, "oleg")
    text = (await browser.get(f"/campaigns/{campaign.id}")).text
    assert 'data-add="+74951110002"' in text
    refused = await turn(browser, campaign, {"caller_id": "+78121110001"}, **{"accept-language": "ru"})
    wrong = {"field": "caller_id", "reason": "Ни одна линия не показывает +78121110001"}
    assert (refused.status_code, refused.json()["errors"]) == (409, [wrong])
    await turn(browser, campaign, {"caller_id": "+74951110001\n+74951110002"})
    assert (await house.dialer.campaign(campaign.id)).caller_ids == ("+74951110001", "+74951110002")
