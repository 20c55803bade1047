"""A customer is passed on blind, and a queue is asked: whoever is at each end of it hears what he should, and no customer is dropped."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.fakes.browser import Screen
from tests.fakes.house import House, running_house
from tests.fakes.operator import OperatorDesk
from tests.fakes.sipp import SippCarrier
from tests.fakes.sipp_scenarios import Behaviour, refuses
from tests.fakes.wait import until
from tests.fakes.working_day import Seat, call_in, hears_mix, is_mix, is_music, who_rings

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

TAKES, BUSY, FORBIDDEN = "+79165590011", "+79165590012", "+442079460123"
REFUSED = "Failed to load resource: the server responded with a status of 422 (Unprocessable Entity)"
OUTSIDE_HZ = 1000.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def carrier(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SippCarrier]:
    plan = [(rf"\+*{BUSY[1:]}", refuses(486))]
    async with SippCarrier(
        tmp_path_factory.mktemp("carrier"), plan, otherwise=Behaviour(ring_ms=50), tone_hz=OUTSIDE_HZ
    ) as one:
        yield one


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory, carrier: SippCarrier) -> AsyncIterator[House]:
    async with running_house(tmp_path_factory.mktemp("passing") / "house", trunk=carrier.uri, ring_s="10") as one:
        yield one


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def claims(house: House, browser: Browser, shots: Path) -> str:
    """A second queue, made by the administrator, that both operators serve."""
    screen, admin = await Screen.open(browser, house.endpoints.web, shots), house.login("admin")
    await screen.sign_in(admin.login, admin.password)
    request, base = screen.page.request, f"{screen.base}/api/v1"
    users = await (await request.get(f"{base}/users")).json()
    operators = [one["id"] for one in users if one["role"] == "operator"]
    made = [await request.put(f"{base}/queue-setup/queues/claims", data={"name_ru": "Жалобы", "name_en": "Claims"})]
    for one in operators:
        made.append(await request.put(f"{base}/queue-setup/seats/{one}", data={"queues": ["orders", "claims"]}))
    assert all(answer.ok for answer in made), [await answer.text() for answer in made]
    await screen.page.context.close()
    return "claims"


async def test_a_customer_is_given_to_a_colleague_and_by_him_to_a_queue(
    house: House, seat: Seat, claims: str, tmp_path: Path
) -> None:
    desk, colleague = await seat(), await seat(1)
    async with call_in(house, tmp_path) as caller:
        await caller.answered()
        first, second = await who_rings(desk, colleague)
        await first.answer()
        await caller.until_hears(440.0)
        contact = await first.contact()

        # To the colleague, who sees who comes: it rings, and the customer hears music until he answers.
        await first.page.keyboard.press("Alt+KeyT")
        await first.page.check("#transfer-form [data-agent]")
        await first.page.click("#transfer-form [type=submit]")
        await second.until_rings()
        await until(lambda: is_music(caller), "music at the customer's ear")
        await first.until_phase("ready")
        await second.answer()
        await second.screen.until_hears(700.0)
        await caller.until_hears(440.0)
        assert await second.contact() == contact

        # To a queue: whoever is free there.
        await second.page.keyboard.press("Alt+KeyT")
        await second.page.check(f"#transfer-form [data-queue={claims}]")
        await second.page.click("#transfer-form [type=submit]")
        await first.until_rings()
        await until(lambda: is_music(caller), "music at the customer's ear")
        await first.answer()
        await first.screen.until_hears(700.0)
        await caller.until_hears(440.0)
        await second.until_phase("ready")
        await first.finish()
        await caller.over()
    assert (first.screen.complaints, second.screen.complaints) == ([], [])


async def test_a_queue_is_asked_and_its_operator_is_held_and_let_go(
    house: House, seat: Seat, claims: str, tmp_path: Path
) -> None:
    desk, colleague = await seat(), await seat(1)
    async with call_in(house, tmp_path) as caller:
        await caller.answered()
        first, second = await who_rings(desk, colleague)
        await first.answer()
        await first.page.keyboard.press("Alt+KeyC")
        await first.page.check(f"#consult-form [data-queue={claims}]")
        await first.page.click("#consult-form [value=consult]")
        await second.screen.until_shows("[data-part=idle] #answer")
        await second.page.click("#answer")
        await first.screen.until_hears(440.0)
        await second.screen.until_hears(440.0)
        await until(lambda: is_music(caller), "the customer hears nothing of it")

        await first.page.click("#third-join")
        await until(lambda: caller.hears().is_tone(440.0), "both operators at the customer's ear")
        await until(lambda: hears_mix(second, 440.0, 700.0), "both at the ear of the one who was asked")

        # Each is held by himself: first the customer, then the one who was asked.
        await first.page.click("#third-swap")
        await until(lambda: is_music(caller), "the customer hears music again")
        await second.screen.until_hears(440.0)
        await first.page.click("#third-swap")
        await until(lambda: silent_of(second, 440.0, 700.0), "neither of them at his ear")
        await first.screen.until_hears(700.0)
        await caller.until_hears(440.0)
        await first.page.click("#third-drop")
        await second.until_phase("ready")
        await first.screen.until_hears(700.0)
        await first.finish()
        await caller.over()
    assert (first.screen.complaints, second.screen.complaints) == ([], [])


async def test_a_customer_is_given_to_a_number_outside_at_once_and_is_back_when_nobody_takes_him(
    house: House, seat: Seat, carrier: SippCarrier, tmp_path: Path
) -> None:
    desk = await seat()
    async with call_in(house, tmp_path) as caller:
        await caller.answered()
        await desk.until_rings()
        await desk.answer()
        contact = await desk.contact()
        for number, said in ((BUSY, "Там занято"), (FORBIDDEN, "звонить нельзя")):
            await desk.call_third(number, "blind")
            await expect(desk.page.locator(".toast", has_text=said)).to_be_visible()
            await expect(desk.page.locator("[data-part=third]")).to_have_count(0)
            assert (await desk.phase(), await desk.contact()) == ("talking", contact)
            await caller.until_hears(440.0)
            await desk.screen.until_hears(700.0)
            await desk.screen.shoot("transfer-back")
            await desk.page.keyboard.press("Escape")
        assert BUSY[1:] in [one.number.lstrip("+") for one in carrier.invites()]
        assert FORBIDDEN[1:] not in [one.number.lstrip("+") for one in carrier.invites()]

        await desk.call_third(TAKES, "blind")
        third = await carrier.until_in_talk(TAKES)
        await caller.until_hears(OUTSIDE_HZ)
        await until(lambda: carrier.hears(third).is_tone(700.0), "the customer at the ear of who was called")
        await desk.until_phase("wrap.*")
        await desk.write_result("consulted")
        caller.hang_up()
        await caller.over()
        await until(lambda: not carrier.in_talk(), "the call outside ends with the customer's")
    assert desk.screen.complaints == [REFUSED], "only the number that may not be called"


async def silent_of(desk: OperatorDesk, *tones: float) -> bool:
    """None of these voices is at the operator's ear."""
    heard = await desk.screen.hears()
    return not any(heard.is_tone(hz) for hz in tones) and not is_mix(heard, *tones)
