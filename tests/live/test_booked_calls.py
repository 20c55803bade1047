"""A customer books a call on a page the size of a phone: moved, cancelled, and another that is dialed at once and only once."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route, expect

from tests.fakes.browser import Screen
from tests.fakes.house import House, running_house
from tests.fakes.sipp import Invite, SippCarrier
from tests.fakes.sipp_scenarios import Behaviour, refuses
from tests.fakes.wait import until
from tests.fakes.working_day import Seat, Supervisor, order, post_orders, rows

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

OURS = "7916557"
PLAN = [(rf"\+*{OURS}02..", Behaviour(ring_ms=300))]
SIZES = {"phone": (360, 740), "desktop": (1366, 768)}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def carrier(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SippCarrier]:
    async with SippCarrier(tmp_path_factory.mktemp("carrier"), PLAN, otherwise=refuses(486)) as one:
        yield one


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory, carrier: SippCarrier) -> AsyncIterator[House]:
    place = tmp_path_factory.mktemp("booked") / "house"
    # All of this file's customers come from one address.
    async with running_house(place, trunk=carrier.uri, dial_ring_s="15", callback_per_address="50") as one:
        yield one


class Customer:
    """A customer's telephone with a browser in it; `complaints` are those of the page."""

    def __init__(self, page: Page, base: str, shots: Path, name: str) -> None:
        self.page, self._base, self._shots, self._name = page, base.rstrip("/"), shots, name
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    @classmethod
    async def come(cls, browser: Browser, base: str, shots: Path, language: str, size: str) -> "Customer":
        width, height = SIZES[size]
        context = await browser.new_context(
            locale={"ru": "ru-RU", "en": "en-GB"}[language],
            viewport={"width": width, "height": height},
            timezone_id="Asia/Yekaterinburg",
        )
        one = cls(await context.new_page(), base, shots, f"callback-{language}-{size}")
        await one.page.goto(f"{one._base}/callback")
        await expect(one.page.locator("#zone")).to_have_value("Asia/Yekaterinburg")
        return one

    async def shoot(self, what: str) -> None:
        assert not await self.page.evaluate("document.documentElement.scrollWidth > innerWidth"), what
        self._shots.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=self._shots / f"{self._name}-{what}.png", full_page=True)

    async def choose(self, day: int, slot: int) -> str:
        """The day and the slot, counted from the first; the slot's time as it is shown."""
        value = await self.page.locator(".days button").nth(day).get_attribute("value")
        button = self.page.locator(
            f".days button[value='{value}']"
        )  # late in the evening the first day may go meanwhile
        await button.click()
        await expect(button).to_have_attribute("aria-pressed", "true")
        label = self.page.locator("#times .slots.three label").nth(slot)
        await label.click()
        return await label.locator("b").inner_text()

    async def book(self, phone: str, name: str) -> None:
        await self.page.fill("#phone", phone)
        await self.page.fill("#name", name)
        await self.page.click("#book")

    async def until_told(self, text: str) -> None:
        await expect(self.page.locator("main")).to_contain_text(text)

    async def go_home(self) -> None:
        assert self.complaints == []
        await self.page.context.close()


def calls_to(carrier: SippCarrier, number: str) -> list[Invite]:
    return [invite for invite in carrier.invites() if invite.number.lstrip("+") == number.lstrip("+")]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["ru", "en"])
async def test_booked_moved_and_cancelled_on_the_page(
    house: House, browser: Browser, shots: Path, language: str, size: str
) -> None:
    number = f"+{OURS}01{list(SIZES).index(size)}{['ru', 'en'].index(language)}"
    customer = await Customer.come(browser, house.endpoints.web, shots, language, size)
    await customer.shoot("form")
    await customer.book("12", "")
    await expect(customer.page.locator("#phone")).to_have_attribute("aria-invalid", "true")
    await customer.shoot("wrong")
    first = await customer.choose(2, 20)
    await customer.book(number, "Анна Иванова" if language == "ru" else "Ann Ivanova")
    await customer.until_told(first)
    await customer.shoot("booked")
    await customer.page.click("#move")
    second = await customer.choose(3, 24)
    await customer.shoot("moving")
    await customer.page.click("#book")
    await customer.until_told({"ru": "Перенесено", "en": "Moved"}[language])
    await customer.until_told(second)
    found = await rows(house, "SELECT state, due_at FROM lead WHERE phone = ?", number)
    assert [state for state, _due_at in found] == ["retry_at"]
    await customer.page.click("#cancel")
    await customer.until_told({"ru": "Звонок отменён", "en": "The call is cancelled"}[language])
    await customer.shoot("cancelled")
    found = await rows(house, "SELECT state, due_at FROM lead WHERE phone = ?", number)
    assert found == [("done", None)]
    await customer.go_home()


async def test_the_last_day_chosen_is_shown_though_an_earlier_answer_comes_later(
    house: House, browser: Browser, shots: Path
) -> None:
    customer = await Customer.come(browser, house.endpoints.web, shots, "ru", "phone")
    held: list[Route] = []

    async def hold_the_first(route: Route) -> None:
        if held:
            await route.continue_()
        else:
            held.append(route)

    days = customer.page.locator(".days button")
    await expect(customer.page.locator("#times.busy-times")).to_have_count(0)
    await customer.page.route("**/callback", hold_the_first)
    await days.nth(1).click()
    await until(lambda: held, "the first choice is on its way")
    await days.nth(2).click()
    await expect(days.nth(2)).to_have_attribute("aria-pressed", "true")
    async with customer.page.expect_response("**/callback"):
        await held[0].continue_()
    await customer.page.evaluate("new Promise(requestAnimationFrame)")
    await expect(days.nth(2)).to_have_attribute("aria-pressed", "true")
    await customer.go_home()


async def test_as_soon_as_possible_is_dialed_first_and_once(
    house: House, carrier: SippCarrier, browser: Browser, shots: Path, supervisor: Supervisor, seat: Seat
) -> None:
    number = f"+{OURS}0201"
    desk = await seat()
    await supervisor.tell("start")
    customer = await Customer.come(browser, house.endpoints.web, shots, "ru", "phone")
    await customer.page.locator("[value=soon]").check()
    await customer.book(number, "Пётр Орлов")
    await customer.until_told("Договорились")
    await until(lambda: calls_to(carrier, number), "the call that was promised", within_s=60.0)
    await desk.until_talks()
    await desk.screen.until_shows("[data-pane=main]", "Пётр Орлов")
    await supervisor.screen.go("/callbacks")
    await supervisor.screen.until_shows("main", "уже звонили")
    await supervisor.screen.shoot("callbacks")
    await desk.finish("consulted")

    await post_orders(house, order("З-202", f"+{OURS}0202", kopecks=90_000_000))
    await until(lambda: calls_to(carrier, f"+{OURS}0202"), "the next call", within_s=60.0)
    assert len(calls_to(carrier, number)) == 1
    await customer.page.reload()
    await customer.until_told("Готово")
    await customer.go_home()
    await desk.until_talks()
    await desk.finish("confirmed")


@pytest.mark.parametrize("language", ["ru", "en"])
async def test_a_supervisor_moves_it_to_another_day_and_the_customers_link_shows_it(
    house: House, browser: Browser, shots: Path, language: str
) -> None:
    number = f"+{OURS}030{['ru', 'en'].index(language)}"
    customer = await Customer.come(browser, house.endpoints.web, shots, language, "phone")
    await customer.choose(2, 20)
    await customer.book(number, "Анна Иванова")
    await expect(customer.page.locator("#cancel")).to_be_visible()
    await customer.until_told("Екатеринбург" if language == "ru" else "Yekaterinburg")
    ((lead_id,),) = await rows(house, "SELECT id FROM lead WHERE phone = ?", number)
    supervisor = await Screen.open(browser, house.endpoints.web, shots, language=language)
    who = house.login("supervisor")
    await supervisor.sign_in(who.login, who.password)
    address = f"/callbacks/{lead_id}/move?lang={language}"
    await supervisor.go(address)
    other = await supervisor.page.locator("main nav .btn").nth(4).get_attribute("href")
    await supervisor.go(f"{other}&lang={language}")
    await expect(supervisor.page.locator("main nav .btn").nth(4)).to_have_attribute("aria-current", "date")
    await supervisor.shoot(f"callback-move-{language}")
    slot = supervisor.page.locator(".move-to .btn").nth(24)
    time, instant = await slot.locator("b").inner_text(), await slot.get_attribute("value")
    await slot.click()
    await supervisor.until_shows("main", "Анна Иванова")
    await supervisor.go(address)
    await supervisor.until_shows("main", {"ru": "Кто переносил", "en": "Who moved it"}[language])
    await supervisor.shoot(f"callback-moved-{language}")
    ((due,),) = await rows(house, "SELECT due_at FROM lead WHERE phone = ?", number)
    assert str(due)[:16] == str(instant)[:16].replace("T", " ")
    await customer.page.reload()
    await customer.until_told(time)
    await customer.page.click("#cancel")
    await customer.until_told({"ru": "Звонок отменён", "en": "The call is cancelled"}[language])
    await customer.go_home()
    await supervisor.page.context.close()
