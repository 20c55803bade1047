"""A predictive campaign's page in a real browser: what its pacer believes; what would happen is read, applied, compared, and taken back."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from cordboard.access.permission import Role
from cordboard.dialer.campaign import Campaign
from cordboard.dialer.lead import Attempt
from cordboard.queue.channel import AttemptOutcome
from cordboard.queue.contact import ContactState
from cordboard.storage.database import Database
from tests.fakes.hours import HandClock
from tests.fakes.steering_house import SteeringHouse
from tests.fakes.steering_screen import screen, served

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="session")]

OPERATORS, LEADS = 3, 60
WORDS = {
    "ru": ("сравниваем", "настройки вернули или сменили снова", "Почему сейчас столько:"),
    "en": ("comparing", "settings were reverted or changed again", "Why so many now:"),
}


@pytest_asyncio.fixture(loop_scope="session")
async def house(page_database: Database, tmp_path: Path) -> SteeringHouse:
    house = SteeringHouse(page_database, HandClock(), tmp_path)
    await house.open()
    house.dialer.what_if.seeds = 4
    return house


@pytest_asyncio.fixture(loop_scope="session")
async def base(house: SteeringHouse) -> AsyncIterator[str]:
    async with served(house) as address:
        yield address


async def work(house: SteeringHouse, seconds: int) -> None:
    """So many seconds of an ordinary floor: a telephone rings for 12 s, every second person answers, talks for 20 s, is written up in 6."""
    clock = house.clock
    assert isinstance(clock, HandClock)
    for _ in range(seconds):
        clock.move(seconds=1)
        for attempt in await house.dialer.in_flight():
            if attempt.answered_at is not None:
                if (clock.now() - attempt.answered_at).total_seconds() >= 20:
                    await house.desk.talk_ended(attempt.id)
                    await house.dialer.on_ended(attempt.id, AttemptOutcome.PERSON)
            elif (clock.now() - attempt.intent_at).total_seconds() >= 12:
                await ring_out(house, attempt)
        for contact in house.desk.contacts():
            ended_at = contact.talk_ended_at
            if contact.state is ContactState.WRAP_UP and ended_at and (clock.now() - ended_at).total_seconds() >= 6:
                await house.desk.dispose(str(contact.agent_id), contact.id, "consulted")
        await house.dialer.tick()
        await house.dialer.settle()


async def ring_out(house: SteeringHouse, attempt: Attempt) -> None:
    """Who has an odd number answers, and an operator has him at once if there is one."""
    if int(attempt.number[-1]) % 2 == 0:
        await house.dialer.on_ended(attempt.id, AttemptOutcome.NO_ANSWER)
        return
    contact = await house.dialer.on_answered(attempt.id, attempt.id)
    if contact is not None and contact.agent_id is not None:
        await house.desk.talk_began(attempt.id, contact.agent_id)


async def shoot(page: Page, folder: Path, name: str) -> None:
    await page.screenshot(path=folder / f"{name}.png", full_page=True)


@pytest.mark.parametrize("language", ["ru", "en"])
async def test_read_applied_compared_and_taken_back(
    house: SteeringHouse, base: str, shared_browser: Browser, tmp_path: Path, language: str
) -> None:
    comparing, closed, why = WORDS[language]
    shots = Path(os.environ.get("CORDBOARD_SHOTS") or tmp_path)
    chief = await house.user(Role.SUPERVISOR, "Oleg", language)
    campaign: Campaign = await house.campaign("Осенние заказы")
    for number in range(OPERATORS):
        await house.operator(f"Илья {number}")
    for number in range(LEADS):
        await house.order(number, 1000 * (LEADS - number), 1)
    async with screen(house, base, shared_browser, chief, refusals=True) as page:
        await page.goto(f"{base}/campaigns/{campaign.id}")
        await expect(page.locator("[data-part=pacing]")).to_be_hidden()
        # Read: nothing is changed by it.
        await page.select_option("#wi-mode", "predictive")
        await page.fill("#wi-minutes", "10")
        await page.fill("#wi-ring_timeout_s", "5")
        await page.click("#what-if-form [type=submit]")
        await expect(page.locator("#wi-e-ring_timeout_s")).to_be_visible()
        await page.fill("#wi-ring_timeout_s", "25")
        await page.click("#what-if-form [type=submit]")
        await expect(page.locator("#what-if-answer [data-state=done]")).to_be_visible(timeout=180_000)
        await expect(page.locator("#what-if-answer tr[data-metric]")).to_have_count(5)
        assert (await house.dialer.campaign(campaign.id)).mode.value == "progressive"
        await shoot(page, shots, f"what-if-read-{language}")
        # Applied: exactly that.
        await page.click("[data-what-if-apply]")
        await expect(page.locator("[data-part=forecasts]")).to_contain_text(comparing)
        now_set = await house.dialer.campaign(campaign.id)
        assert (now_set.mode.value, now_set.ring_timeout_s) == ("predictive", 25)
        # Compared: what happens is beside it.
        await house.dialer.start(campaign.id, chief.id)
        await work(house, 75)
        await house.call_in("news")
        await expect(page.locator("[data-part=pacing] #pacing-why")).to_contain_text(why)
        real = page.locator("[data-part=forecasts] tr[data-metric=calls_an_hour] td").last
        await expect(real).not_to_have_text("—")
        await shoot(page, shots, f"what-if-compared-{language}")
        # Taken back, with one click.
        await page.click("[data-part=forecasts] [data-revert]")
        await expect(page.locator("[data-part=pacing]")).to_be_hidden()
        await work(house, 1)
        await house.desk.customer_left("news", "hung_up")
        await expect(page.locator("[data-part=forecasts]")).to_contain_text(closed)
        now_set = await house.dialer.campaign(campaign.id)
        assert (now_set.mode.value, now_set.ring_timeout_s) == ("progressive", 30)
        await expect(page.locator("#wi-mode")).to_have_value("progressive")
