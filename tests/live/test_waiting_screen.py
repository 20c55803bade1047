"""Who waits and why in a real browser: news come by themselves, a choice explains itself, an operator is sent to a pause of the setup."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from cordboard.access.permission import Role
from cordboard.queue.agent import AgentState
from cordboard.queue.setup import Seat
from cordboard.storage.clock import SystemClock
from cordboard.storage.database import Database
from tests.fakes.steering_house import SteeringHouse
from tests.fakes.steering_screen import screen, served
from tests.fakes.wait import until

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def house(page_database: Database, tmp_path: Path) -> SteeringHouse:
    house = SteeringHouse(page_database, SystemClock(), tmp_path)
    await house.open()
    return house


@pytest_asyncio.fixture(loop_scope="session")
async def page(house: SteeringHouse, shared_browser: Browser) -> AsyncIterator[Page]:
    """The page of a supervisor."""
    chief = await house.user(Role.SUPERVISOR, "Олег Лебедев")
    async with served(house) as base, screen(house, base, shared_browser, chief) as page:
        await page.goto(f"{base}/queues/waiting")
        yield page


async def test_a_call_appears_says_why_it_waits_and_goes_when_an_operator_is_sent_to_the_line(
    house: SteeringHouse, page: Page
) -> None:
    anna = await house.operator("Анна Белова")
    await house.setup.save_seat(Seat(anna.id, frozenset({"orders"})), None)
    await expect(page.locator("[data-part=where]")).to_contain_text("Анна Белова")
    await page.click(f"#send-paused-{anna.id}")
    await house.call_in("news")  # the menu stays open under the hand while the rest is drawn anew
    await expect(page.locator("[data-part=order]")).to_contain_text("765-43-21")
    await house.desk.customer_left("news", "hung_up")
    await page.get_by_role("button", name="Отдых для глаз").click()
    await expect(page.locator("[data-part=where] .pill", has_text="Отдых для глаз")).to_be_visible()
    agent = house.desk.agent(anna.id)
    assert agent is not None
    assert (agent.state, agent.pause_code) == (AgentState.PAUSED, "rest")
    call = await house.call_in("a")
    await expect(page.locator("[data-part=order]")).to_contain_text("765-43-21")
    await page.click(f"#pick-{call.id}")
    why = page.locator("[data-part=why]")
    await expect(why).to_contain_text("1 из 1")
    await expect(why.locator(".pair", has_text="Анна Белова")).to_contain_text("на перерыве")
    await page.click(f"#send-ready-{anna.id}")
    await until(lambda: ("offer", call.id, anna.id) in house.wire.told, "the offer")
    await expect(why).to_contain_text("Уже не ждёт")
    await house.desk.customer_left("a", "hung_up")
    await expect(why).to_contain_text("Этот контакт уже закончился.")
    await expect(page.locator("[data-part=order]")).to_contain_text("Никто не ждёт.")


async def test_an_operator_explains_himself_and_the_choice_outlives_a_reload(house: SteeringHouse, page: Page) -> None:
    boris = await house.operator("Борис Котов", ready=False)
    await house.call_in("a", queue="orders")
    await page.click(f"#pick-{boris.id}")
    why = page.locator("[data-part=why]")
    await expect(why).to_contain_text("не на смене")
    await page.reload()
    await expect(why).to_contain_text("не на смене")
    assert "agent=" in page.url
