"""The supervisor's pages in a real browser: news arrive by themselves, weights re-order the list in sight, silence turns figures grey."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Browser, FilePayload, expect

from cordboard.access.permission import Role
from cordboard.dialer.lead import CallsForbidden, Disposed
from cordboard.queue.channel import AttemptOutcome
from tests.fakes.steering_house import SteeringHouse
from tests.fakes.steering_screen import screen

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="session")]
DRAFT = {
    "ru": ("Черновик.", "черновик, сдвинулись: 2", "Вернуть: Возраст заказа"),
    "en": ("A draft.", "draft, moved: 2", "Undo: Order age"),
}


async def test_a_call_appears_on_the_board_and_an_agent_is_sent_to_a_break_and_back(
    house: SteeringHouse, base: str, browser: Browser
) -> None:
    chief = await house.user(Role.SUPERVISOR, "Олег Лебедев")
    operator = await house.operator("Илья Котов", ready=False)
    async with screen(house, base, browser, chief) as page:
        await page.goto(f"{base}/board")
        await expect(page.locator("[data-part=waiting]")).to_contain_text("Никто не ждёт.")
        await house.call_in("a")
        await expect(page.locator("[data-part=waiting]")).to_contain_text("765-43-21")
        await page.locator("[data-part=waiting] .timer").first.wait_for()
        await house.desk.customer_left("a", "hung_up")
        await expect(page.locator("[data-part=waiting]")).to_contain_text("Никто не ждёт.")
        row = page.locator("[data-part=agents] tr", has_text="Илья Котов")
        await page.click(f"#send-ready-{operator.id}")
        await expect(row).to_contain_text("На линии")
        await page.click(f"#send-paused-{operator.id}")
        await expect(row).to_contain_text("Решение супервизора")
        await page.locator(".toast", has_text="на перерыв").get_by_role("button", name="Вернуть").click()
        await expect(row).to_contain_text("На линии")


@pytest.mark.parametrize("language", ["ru", "en"])
async def test_a_weight_re_orders_the_list_as_a_draft_is_applied_and_undone_from_the_log(
    house: SteeringHouse, base: str, browser: Browser, shots: Path, language: str
) -> None:
    draft, moved, undo = DRAFT[language]
    chief = await house.user(Role.SUPERVISOR, "Oleg", language)
    campaign = await house.campaign("Confirmations")
    await house.order(1, 40_000, 30, name="Dear and old")
    await house.order(2, 3_000, 0.1, name="Cheap and fresh")
    first = "tr[data-lead]:first-child"
    async with screen(house, base, browser, chief) as page:
        await page.goto(f"{base}/campaigns/{campaign.id}")
        await expect(page.locator(first)).to_contain_text("Dear and old")
        await expect(page.locator("#apply")).to_be_disabled()
        await page.focus("#w-age")
        await page.keyboard.press("Home")
        await expect(page.locator(first)).to_contain_text("Cheap and fresh")
        await expect(page.locator("[data-part=weights]")).to_contain_text(draft)
        await expect(page.locator("[data-part=leads]")).to_contain_text(moved)
        await page.screenshot(path=shots / f"weights-draft-{language}.png", full_page=True)
        assert (await house.dialer.campaign(campaign.id)).weights.age == -1
        await page.click("#undo")
        await expect(page.locator(first)).to_contain_text("Dear and old")
        await expect(page.locator("#n-age")).to_have_value("-1")
        await page.fill("#n-age", "-10")
        await page.keyboard.press("Tab")
        await expect(page.locator(first)).to_contain_text("Cheap and fresh")
        await page.click("#apply")
        await expect(page.locator("[data-part=weights]")).not_to_contain_text(draft)
        await expect(page.locator(first)).to_contain_text("Cheap and fresh")
        assert (await house.dialer.campaign(campaign.id)).weights.age == -10
        await expect(page.locator("[data-part=side]")).to_contain_text("Oleg")
        await expect(page.locator("[data-part=side]")).to_contain_text("−1 → −10")
        await page.screenshot(path=shots / f"weights-applied-{language}.png", full_page=True)
        await page.get_by_role("button", name=undo).click()
        await expect(page.locator(first)).to_contain_text("Dear and old")
        await expect(page.locator("#n-age")).to_have_value("-1")
        await page.screenshot(path=shots / f"weights-reverted-{language}.png", full_page=True)
        await page.fill("#n-age", "plenty")
        await page.keyboard.press("Enter")
        await expect(page.locator("#e-age")).to_be_visible()
        assert (await house.dialer.campaign(campaign.id)).weights.age == -1


async def test_five_leads_are_not_dialed_for_five_reasons_and_each_says_which(
    house: SteeringHouse, base: str, browser: Browser
) -> None:
    chief = await house.user(Role.SUPERVISOR, "Oleg", "en")
    campaign = await house.campaign("Confirmations")
    await house.operator("Ilya")
    for number in range(1, 6):
        await house.order(number, 10_000 * (6 - number), 1, name=f"Customer {number}")
    await house.dialer.start(campaign.id, chief.id)
    await house.dialer.tick()
    await house.dialer.settle()
    await house.dialer.on_ended(house.telephones.dialed[-1][0], AttemptOutcome.BUSY)  # 1 is tried again later
    await house.dialer.tick()
    await house.dialer.settle()  # 2 is being dialed, and 3 will be, when its turn comes
    for number, event in ((4, CallsForbidden()), (5, Disposed("confirmed", "elsewhere", closes=True))):
        order = await house.shop.order_by_number(str(number))
        assert order is not None
        (lead,) = await house.dialer.find(campaign.id, [], [order.id], 1)
        await house.store.tell_lead(lead.id, event)
    await house.dialer.drain(campaign.id, chief.id)
    expected = {
        1: "waiting for a retry",
        2: "being dialed right now",
        3: "finishing what was begun",
        4: "on the do-not-call list",
        5: "settled",
    }
    async with screen(house, base, browser, chief) as page:
        await page.goto(f"{base}/campaigns/{campaign.id}")
        for number, reason in expected.items():
            await page.keyboard.press("/")
            await page.keyboard.press("Control+a")
            await page.keyboard.type(str(number) if number != 3 else "ustomer 3")
            await page.keyboard.press("Enter")
            found = page.locator("[data-part=why] [data-why]", has_text=f"Customer {number}")
            await found.click()
            shown = page.locator("[data-lead-shown]")
            await expect(shown).to_contain_text(f"Customer {number}")
            await expect(shown).to_contain_text(reason)
        await page.keyboard.press("Escape")
        await expect(page.locator("[data-lead-shown]")).to_have_count(0)
        await page.locator("[data-part=leads] [data-why]", has_text="Customer 3").click()
        await expect(page.locator("[data-lead-shown]")).to_contain_text("place 1")


async def test_dialing_is_started_drained_and_paused_with_the_big_buttons(
    house: SteeringHouse, base: str, browser: Browser
) -> None:
    chief = await house.user(Role.SUPERVISOR, "Oleg", "en")
    campaign = await house.campaign("Confirmations")
    await house.operator("Ilya")
    await house.order(1, 10_000, 1)
    async with screen(house, base, browser, chief) as page:
        await page.goto(f"{base}/campaigns/{campaign.id}")
        await page.click("#turn")
        await expect(page.locator("[data-part=head]")).to_contain_text("Running")
        await house.dialer.tick()
        await house.dialer.settle()
        await page.click("#drain")
        await expect(page.locator("[data-part=head]")).to_contain_text("Finishing calls")
        await expect(page.locator("[data-part=head]")).to_contain_text("1 call is still on")
        await house.dialer.on_ended(house.telephones.dialed[-1][0], AttemptOutcome.BUSY)
        await house.dialer.tick()
        await house.call_in("a")  # news
        await expect(page.locator("[data-part=head]")).to_contain_text("Paused")
        await expect(page.locator("[data-part=side]")).to_contain_text("system")


async def test_without_news_the_figures_stay_grey_and_the_bar_says_since_when(
    house: SteeringHouse, base: str, browser: Browser
) -> None:
    chief = await house.user(Role.SUPERVISOR, "Oleg", "en")
    async with screen(house, base, browser, chief) as page:
        await page.clock.install()
        await page.goto(f"{base}/board")
        await expect(page.locator("#stale")).to_be_hidden()
        await page.clock.run_for(11_000)
        await expect(page.locator("#stale")).to_contain_text("Figures as of")
        await expect(page.locator("main.stale .tile").first).to_be_visible()
        await house.operator("Jane")  # news
        await expect(page.locator("#stale")).to_be_visible()
        await page.clock.run_for(1_500)
        await expect(page.locator("#stale")).to_be_hidden()
        await expect(page.locator("[data-part=agents]")).to_contain_text("Jane")


async def test_a_password_is_shown_once_and_gone_with_its_dialog(
    house: SteeringHouse, base: str, browser: Browser
) -> None:
    admin = await house.user(Role.ADMIN, "Irene", "en")
    async with screen(house, base, browser, admin) as page:
        await page.goto(f"{base}/people")
        await page.fill("[name=name]", "Mary Smith")
        await page.fill("[name=login]", "mary.s")
        await page.get_by_role("button", name="Add").click()
        await expect(page.locator("#d-secret")).to_contain_text("Mary Smith, login mary.s")
        password = await page.input_value("#secret")
        assert await house.access.check_password("mary.s", password) is not None
        await page.get_by_role("button", name="Done").click()
        await expect(page.locator("[data-part=people]")).to_contain_text("Mary Smith")
        assert password not in await page.content()
        await expect(page.locator("#secret")).to_have_value("")


@pytest.mark.parametrize("language", ["ru", "en"])
async def test_a_list_is_loaded_its_columns_corrected_and_taken_back(
    house: SteeringHouse, base: str, browser: Browser, shots: Path, language: str
) -> None:
    chief = await house.user(Role.SUPERVISOR, "Oleg", language)
    campaign = await house.campaign("Осенняя рассылка")
    rows = [f"8 (912) 345-67-{number:02};Клиент {number};{number * 100},50;=HYPERLINK(1)" for number in range(10, 40)]
    text = "Контактный;Клиент;Сумма;Город\n" + "\n".join([*rows, "позвонить Анне;Анна;1;Омск"]) + "\n"
    worker = asyncio.create_task(house.imports.run())
    state = "[data-part=state]"
    async with screen(house, base, browser, chief) as page:
        await page.goto(f"{base}/campaigns/{campaign.id}")
        await page.locator(f"a[href='/campaigns/{campaign.id}/import']").click()
        file = FilePayload(name="осень.csv", mimeType="text/csv", buffer=text.encode("cp1251"))
        await page.set_input_files("#file", files=[file])
        await page.screenshot(path=shots / f"list-file-{language}.png")
        await page.click("#upload [type=submit]")
        await expect(page.locator(state)).to_have_attribute("data-state", "received")
        await expect(page.locator("#c2")).to_have_value("order_total")
        await page.select_option("#c0", "phone")
        await page.screenshot(path=shots / f"list-columns-{language}.png")
        await page.click("#form [type=submit]")
        await expect(page.locator(f"{state}[data-state=checked]")).to_contain_text("31", timeout=60_000)
        await page.screenshot(path=shots / f"list-errors-{language}.png", full_page=True)
        await page.click("[data-act=accept]")
        await page.locator(f"{state}[data-state=loaded]").wait_for(timeout=60_000)
        assert len(await house.dialer.next_leads(campaign.id)) == 30
        await page.screenshot(path=shots / f"list-loaded-{language}.png")
        await page.click("[data-act=stop]")
        await page.locator(f"{state}[data-state=taken_back]").wait_for(timeout=60_000)
        assert await house.dialer.next_leads(campaign.id) == []
        await page.goto(f"{base}/campaigns/{campaign.id}/import")
        await page.screenshot(path=shots / f"list-lists-{language}.png")
    worker.cancel()
    await asyncio.wait([worker])
