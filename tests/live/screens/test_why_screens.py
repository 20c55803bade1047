"""Why five leads are not dialed, in a real browser: the clock stands, so that every "until" can be read."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from cordboard.access.permission import Role
from cordboard.dialer.campaign import Campaign
from cordboard.dialer.do_not_call import Kind
from cordboard.queue.channel import AttemptOutcome
from cordboard.queue.setup import QueueRules
from cordboard.storage.clock import Clock
from tests.fakes.steering_house import SteeringHouse
from tests.fakes.steering_screen import screen
from tests.fakes.wire import MovedClock

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="session")]
# It is 15:00 of a Saturday in Moscow. What is said of each, and until when.
TOLD = {
    "ru": {
        "hours": ("у клиента не время звонить", "до 22 нояб, 02:00"),
        "do_not_call": ("в списке «не звонить»", "само не кончится"),
        "no_agents": ("нет свободных операторов", "когда кончится, неизвестно"),
        "cap": ("предел брошенных звонков", "до 22 нояб, 00:00"),
        "trunk": ("линии связи сейчас не берут новых звонков", "до 15:00:05"),
    },
    "en": {
        "hours": ("outside the customer's hours", "until 22 Nov, 02:00"),
        "do_not_call": ("on the do-not-call list", "does not end by itself"),
        "no_agents": ("no free operators", "nobody knows until when"),
        "cap": ("limit of abandoned calls", "until 22 Nov, 00:00"),
        "trunk": ("the trunks take no new calls now", "until 15:00:05"),
    },
}


@pytest.fixture
def clock() -> Clock:
    return MovedClock()


async def two_campaigns(house: SteeringHouse) -> tuple[Campaign, Campaign]:
    """Orders 1 to 3 in one that nobody works for; 4 to 8 in one whose only operator has a call, and whose bound has no room."""
    await house.setup.save_queue(QueueRules("claims", "Претензии", "Claims"), None)
    orders = await house.campaign("Подтверждение заказов", running=True)
    for number in (1, 2):
        await house.order(number, 10_000 * number, 1, name=f"Customer {number}")
    await house.order(3, 90_000, 1, name="Customer 3", city="Владивосток", phone="+74232000003")
    await house.dialer.set_knobs(
        orders.id, {"takes_orders": False, "hours.opens_min": 540, "hours.closes_min": 1200}, "oleg"
    )
    claims = await house.dialer.add_campaign(
        "Претензии",
        "claims",
        {
            "takes_orders": True,
            "state": "running",
            "mode": "power",
            "hours.opens_min": 0,
            "hours.closes_min": 1440,
        },
    )
    for number in range(4, 9):
        await house.order(number, 10_000 * number, 1, name=f"Customer {number}")
    return orders, claims


async def why(page: Page, number: int) -> Locator:
    """What is said of this order's lead."""
    await page.keyboard.press("/")
    await page.keyboard.press("Control+a")
    await page.keyboard.type(f"ustomer {number}")
    await page.keyboard.press("Enter")
    await page.locator("[data-part=why] [data-why]", has_text=f"Customer {number}").click()
    shown = page.locator("[data-lead-shown]")
    await expect(shown).to_contain_text(f"Customer {number}")
    return shown


async def turn(house: SteeringHouse) -> str:
    """The dialer's turn: the attempt that is on its way then."""
    await house.dialer.tick()
    await house.dialer.settle()
    return house.telephones.dialed[-1][0]


@pytest.mark.parametrize("language", ["ru", "en"])
async def test_five_leads_wait_for_five_reasons_and_each_says_until_when(
    house: SteeringHouse, base: str, browser: Browser, shots: Path, language: str
) -> None:
    chief = await house.user(Role.SUPERVISOR, "Oleg", language)
    orders, claims = await two_campaigns(house)
    await house.operator("Ilya", queues=("claims",))
    await house.dialer.do_not_call.add(Kind.NUMBER, "+74950000002", chief.id)
    ringing = await turn(house)
    assert [number for _id, number in house.telephones.dialed] == ["+74950000008"]
    async with screen(house, base, browser, chief, height=1000, zone="Europe/Moscow") as page:

        async def says(number: int, *reasons: str) -> None:
            shown = await why(page, number)
            for reason in reasons:
                text, until = TOLD[language][reason]
                await expect(shown.locator(f"[data-reason={reason}]")).to_contain_text(text)
                await expect(shown.locator(f"[data-reason={reason}] > .num")).to_have_text(until)
            await expect(shown.locator("[data-reason]").first).to_have_attribute("data-reason", reasons[0])
            await page.screenshot(path=shots / f"why-{reasons[0]}-{language}.png")

        await page.goto(f"{base}/campaigns/{orders.id}")
        await says(3, "hours", "no_agents")
        await says(2, "do_not_call")
        await says(1, "no_agents")
        await page.goto(f"{base}/campaigns/{claims.id}")
        await says(4, "cap")
        for _ in range(2):
            await house.dialer.on_ended(ringing, AttemptOutcome.TRUNK_TROUBLE, 34, "503")
            ringing = await turn(house)
        await house.dialer.on_ended(ringing, AttemptOutcome.TRUNK_TROUBLE, 34, "503")
        await says(4, "trunk")
