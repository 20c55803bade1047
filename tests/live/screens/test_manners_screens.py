"""In a real browser: a save taken back as one, our numbers chosen and refused beside their field, what else a customer is called about."""

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from cordboard.access.permission import Role
from cordboard.dialer.campaign import Campaign, settings
from cordboard.dialer.lead import Lead
from cordboard.queue.channel import AttemptOutcome
from tests.fakes.steering_house import SteeringHouse
from tests.fakes.steering_screen import screen

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="session")]
TOLD = {
    "ru": (
        "Вернуть все 3",
        "Вернуть",
        "меняли и позже",
        "Ни одна линия не показывает +78121110001",
        "по другому поводу",
    ),
    "en": ("Undo all 3", "Undo", "changed again since", "no trunk may show +78121110001", "about something else"),
}


async def anna_in_two_campaigns(house: SteeringHouse) -> tuple[Campaign, Lead, Campaign]:
    """Her lead in the first campaign; in the second one she has another number before the same."""
    orders = await house.campaign("Подтверждение заказов")
    order = await house.order(1, 40_000, 1, name="Анна Иванова")
    (lead,) = await house.dialer.find(orders.id, [], [order.id], 1)
    debts = await house.dialer.add_campaign("Долги", "orders", {"hours.opens_min": 0, "hours.closes_min": 1440})
    other = replace(lead, id="debt", campaign_id=debts.id, source="api:1", order_id=None, customer_id=None)
    numbers = ("+74990000077", lead.phone)
    await house.store.add_leads([replace(other, phone=numbers[0], phones=numbers, zones=(lead.zone,) * 2)])
    return orders, lead, debts


@pytest.mark.parametrize("language", ["ru", "en"])
async def test_a_save_of_three_settings_is_taken_back_with_one_click(
    house: SteeringHouse, base: str, browser: Browser, shots: Path, language: str
) -> None:
    all_three, undo, again, _foreign, _other = TOLD[language]
    chief = await house.user(Role.SUPERVISOR, "Oleg", language)
    campaign = await house.campaign("Confirmations")
    before = settings(campaign)
    await house.dialer.set_knobs(
        campaign.id, {"limits.lead_day": 3, "limits.gap_s": 600, "limits.reached_h": 24}, chief.id
    )
    await house.dialer.set_knobs(campaign.id, {"limits.gap_s": 120}, chief.id)
    async with screen(house, base, browser, chief, height=1100) as page:
        await page.goto(f"{base}/campaigns/{campaign.id}")
        log = page.locator("[data-part=side] [data-change]")
        await expect(log).to_have_count(2)
        await expect(log.nth(1)).to_contain_text(again)
        await expect(log.nth(1).locator("[data-revert]")).to_have_count(0)
        await page.screenshot(path=shots / f"manners-save-{language}.png", full_page=True)
        await log.nth(0).get_by_role("button", name=undo).click()
        await expect(log.nth(2).get_by_role("button", name=all_three)).to_contain_text(all_three)
        await log.nth(2).locator("[data-revert]").click()
        await expect(log).to_have_count(4)
        assert settings(await house.dialer.campaign(campaign.id)) == before


@pytest.mark.parametrize("language", ["ru", "en"])
async def test_our_numbers_are_chosen_and_a_foreign_one_is_refused_beside_its_field(
    house: SteeringHouse, base: str, browser: Browser, shots: Path, language: str
) -> None:
    *_, foreign, _other = TOLD[language]
    chief = await house.user(Role.SUPERVISOR, "Oleg", language)
    campaign = await house.campaign("Confirmations")
    await house.dialer.trunks.load()
    await house.dialer.trunks.set_knobs("trunk", {"caller_ids": ["+74951110001", "+74951110002"]}, chief.id)
    async with screen(house, base, browser, chief, refusals=True, height=1000) as page:
        await page.goto(f"{base}/campaigns/{campaign.id}")
        await page.click("#mode")
        box, save = page.locator("#k-caller_id"), page.locator("#s-mode [type=submit]")
        await box.fill("+78121110001")
        await save.click()
        await expect(page.locator("#e-caller_id")).to_contain_text(foreign)
        await expect(box).to_be_focused()
        await expect(box).to_have_attribute("aria-invalid", "true")
        await page.locator("#s-mode").scroll_into_view_if_needed()
        await page.screenshot(path=shots / f"manners-numbers-{language}.png")
        await box.fill("")
        await page.click("[data-add='+74951110002']")
        await page.click("[data-add='+74951110001']")
        await page.click("[data-add='+74951110002']")
        await expect(box).to_have_value("+74951110002\n+74951110001")
        await save.click()
        await expect(page.locator("[data-part=side]")).to_contain_text("+74951110001")
        assert (await house.dialer.campaign(campaign.id)).caller_ids == ("+74951110002", "+74951110001")


@pytest.mark.parametrize("language", ["ru", "en"])
async def test_a_lead_is_found_by_its_second_number_and_says_what_else_and_until_when(
    house: SteeringHouse, base: str, browser: Browser, shots: Path, language: str
) -> None:
    *_, other = TOLD[language]
    chief = await house.user(Role.SUPERVISOR, "Oleg", language)
    orders, lead, debts = await anna_in_two_campaigns(house)
    await house.operator("Ilya")
    await house.dialer.start(orders.id, chief.id)
    await house.dialer.tick()
    await house.dialer.settle()
    ((attempt_id, _number),) = house.telephones.dialed
    await house.dialer.on_answered(attempt_id)
    await house.store.connect(attempt_id, house.clock.now())
    await house.dialer.on_ended(attempt_id, AttemptOutcome.PERSON)
    async with screen(house, base, browser, chief, height=1000) as page:
        await page.goto(f"{base}/campaigns/{debts.id}")
        await page.fill("#q", lead.phone)
        await page.keyboard.press("Enter")
        await page.click("[data-why=debt]")
        why = page.locator("[data-lead-shown=debt]")
        await expect(why.locator("[data-reason=reached] .num")).to_contain_text(":")
        await expect(why).to_contain_text(other)
        await expect(why.locator(f"[data-other='{lead.id}']")).to_contain_text("Подтверждение заказов")
        await page.screenshot(path=shots / f"manners-why-{language}.png", full_page=True)
        await page.click(f"[data-other='{lead.id}'] a")
        await expect(page.locator(f"[data-lead-shown='{lead.id}'] [data-other=debt]")).to_contain_text("Долги")
