"""Whom we do not call, in a real browser: added, searched for, brought in as a list, taken away; holidays kept and dropped."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from cordboard.access.permission import Role
from cordboard.dialer.reason import Reason
from tests.fakes.steering_house import SteeringHouse
from tests.fakes.steering_screen import screen

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(params=["ru", "en"], loop_scope="session")
async def page(
    house: SteeringHouse, base: str, browser: Browser, request: pytest.FixtureRequest
) -> AsyncIterator[Page]:
    """The supervisor's, who reads the language of the test."""
    user = await house.user(Role.SUPERVISOR, "Олег Лебедев", request.param)
    async with screen(house, base, browser, user, height=900, refusals=True) as page:
        yield page


async def test_a_supervisor_keeps_the_list(house: SteeringHouse, base: str, page: Page, shots: Path) -> None:
    campaign = await house.campaign()
    await house.order(1, 1000, 1.0)
    await house.campaign("Брошенные корзины")
    await page.goto(f"{base}/campaigns/{campaign.id}")
    await page.click("#dnc")
    await page.fill("#a-value", "1")
    await page.click("#add [type=submit]")
    await expect(page.locator("#e-value")).to_be_visible()
    await page.fill("#a-value", "8 (495) 000-00-01")
    await page.fill("#a-reason", "просил письмом")
    await page.screenshot(path=shots / "dnc-filled.png")
    await page.click("#add [type=submit]")
    row = page.locator("[data-part=entries] tbody tr")
    await expect(row).to_have_count(1)
    await expect(row).to_contain_text("просил письмом")
    await expect(page.locator("#e-value")).to_be_hidden()
    (lead, *_) = await house.dialer.next_leads(campaign.id)
    assert lead.wait
    assert lead.wait.reason is Reason.DO_NOT_CALL

    await page.fill("#b-text", "+74950000002;позвонили дважды\nИван\n+7812*\n")
    await page.click("#bring [type=submit]")
    await expect(page.locator("#b-err")).to_contain_text(re.compile("(строка|line) 2"))
    await page.screenshot(path=shots / "dnc-refused.png")
    await page.fill("#b-text", "+74950000002;позвонили дважды;2031-01-31\n+7812*\n")
    await page.click("#bring [type=submit]")
    await expect(row).to_have_count(3)

    day = (house.clock.now() + timedelta(days=30)).date()
    await page.fill("#h-day", day.isoformat())
    await page.fill("#h-name", "Новый год")
    await page.click("#keep [type=submit]")
    await expect(page.locator("[data-part=days] li")).to_have_count(1)
    await page.screenshot(path=shots / "dnc-kept.png", full_page=True)

    await page.fill("#search", "дважды")
    await page.press("#search", "Enter")
    await expect(row).to_have_count(1)
    await page.goto(f"{base}/do-not-call")
    await page.locator("tr", has_text="письмом").locator("[data-remove]").click()
    await page.click("#sure")
    await expect(row).to_have_count(2)
    await page.click("[data-day]")
    await expect(page.locator("[data-part=days] li")).to_have_count(0)
    assert (await house.dialer.next_leads(campaign.id))[0].wait != lead.wait
    await page.goto(f"{base}/campaigns/{campaign.id}")
    await page.screenshot(path=shots / "dnc-campaign.png")


async def test_on_a_narrow_screen_nothing_hangs_over(base: str, page: Page, shots: Path) -> None:
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.goto(f"{base}/do-not-call")
    await page.screenshot(path=shots / "dnc-narrow.png", full_page=True)
    assert await page.evaluate("document.querySelector('#main').scrollWidth") <= 390
