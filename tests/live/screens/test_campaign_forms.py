"""The settings of a campaign in a real browser: a change is applied, told and taken back; what is refused is said beside its field."""

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.async_api import Browser, Page, expect

from cordboard.access.permission import Role
from cordboard.agent_web.i18n import words
from cordboard.dialer.campaign import Campaign
from cordboard.dialer.lead import Attempt
from cordboard.dialer.rows import row_of
from cordboard.dialer.tables import attempt_table, lead_table
from cordboard.queue.channel import AttemptOutcome
from cordboard.storage.database import Database
from tests.fakes.steering_house import SteeringHouse
from tests.fakes.steering_screen import screen

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="session")]
TABS = ("mode", "hours", "limits", "retries", "sources", "cap", "blend")
TOLD = {
    "ru": ("Попыток по заказу за сутки", "Вернуть", "Настройки изменены.", "от 0 до 10080 мин", "Нужно число"),
    "en": ("Attempts for an order in 24 h", "Undo", "Settings changed.", "is 0 to 604800 s", "It must be a number"),
}


async def opened(page: Page, address: str, tab: str) -> None:
    await page.goto(address)
    await page.click("#mode")
    await page.click(f"#t-{tab}")


@pytest.mark.parametrize("language", ["ru", "en"])
async def test_a_limit_is_changed_told_refused_beside_its_field_and_put_back(
    house: SteeringHouse, base: str, browser: Browser, shots: Path, language: str
) -> None:
    label, undo, changed, refused, unreadable = TOLD[language]
    chief = await house.user(Role.SUPERVISOR, "Oleg", language)
    campaign = await house.campaign("Confirmations")
    form, log = "#s-limits", "[data-part=side]"
    async with screen(house, base, browser, chief, refusals=True) as page:
        await opened(page, f"{base}/campaigns/{campaign.id}", "limits")
        save = page.locator(f"{form} [type=submit]")
        await expect(save).to_be_disabled()
        await page.get_by_label(label).fill("3")
        await page.keyboard.press("Enter")
        await expect(page.locator(".toast")).to_contain_text(changed)
        await expect(page.locator(log)).to_contain_text(label)
        await expect(page.locator(log)).to_contain_text("6 → 3")
        await expect(save).to_be_disabled()
        assert (await house.dialer.campaign(campaign.id)).limits.lead_day == 3

        await page.fill("#k-limits-lead_day", "4")
        await page.fill("#k-limits-gap_s", "99999")
        await save.click()
        await expect(page.locator("#e-limits-gap_s")).to_contain_text(refused)
        await expect(page.locator("#k-limits-gap_s")).to_be_focused()
        await expect(page.locator("#k-limits-gap_s")).to_have_attribute("aria-invalid", "true")
        await page.screenshot(path=shots / f"forms-refused-{language}.png")
        assert (await house.dialer.campaign(campaign.id)).limits.lead_day == 3
        await page.fill("#k-limits-gap_s", "soon")
        await save.click()
        await expect(page.locator("#e-limits-gap_s")).to_contain_text(unreadable)
        await page.locator(f"{form} [data-reset]").click()
        await expect(page.locator("#k-limits-lead_day")).to_have_value("3")
        await expect(page.locator("#e-limits-gap_s")).to_be_hidden()

        await page.get_by_role("button", name=f"{undo}: {label}").click()
        await expect(page.locator("#k-limits-lead_day")).to_have_value("6")
        assert (await house.dialer.campaign(campaign.id)).limits.lead_day == 6


async def test_the_mode_shows_its_own_knobs_and_is_one_change_with_them(
    house: SteeringHouse, base: str, browser: Browser
) -> None:
    chief = await house.user(Role.SUPERVISOR, "Oleg", "en")
    campaign = await house.campaign("Confirmations")
    async with screen(house, base, browser, chief, refusals=True) as page:
        await opened(page, f"{base}/campaigns/{campaign.id}", "mode")
        save = page.locator("#s-mode [type=submit]")
        await expect(page.locator("#k-notice-text_ru")).to_be_hidden()
        await expect(page.locator("input[value=predictive]")).to_be_enabled()
        await page.get_by_label("a message without an operator").check()
        await save.click()
        await expect(page.locator("#e-notice-text_ru")).to_contain_text("a text or a recording")
        assert await house.dialer.changes(campaign.id) == []
        await page.fill("#k-notice-text_ru", "Заказ {order_number} ждёт вас.")
        await save.click()
        await expect(page.locator("[data-part=head]")).to_contain_text("a message without an operator")
        assert {change.field for change in await house.dialer.changes(campaign.id)} == {"mode", "notice.text_ru"}
        await page.locator(".toast").get_by_role("button", name="Undo").click()
        await expect(page.locator("[data-part=head]")).to_contain_text("one to one")
        await expect(page.locator("input[value=progressive]")).to_be_checked()
        assert (await house.dialer.campaign(campaign.id)).notice.text_ru == ""


async def test_hours_retries_and_the_cap_are_set_with_the_keyboard(
    house: SteeringHouse, base: str, browser: Browser
) -> None:
    chief = await house.user(Role.SUPERVISOR, "Олег")
    campaign = await house.campaign("Подтверждение")
    async with screen(house, base, browser, chief) as page:
        await opened(page, f"{base}/campaigns/{campaign.id}", "mode")
        await page.focus("#t-mode")
        await page.keyboard.press("ArrowRight")
        await page.select_option("#k-hours-sat", "own")
        await page.get_by_label("Суббота: Звоним с").fill("11:00")
        await page.keyboard.press("Enter")
        await expect(page.locator("[data-part=side]")).to_contain_text("11:00-18:00")
        await page.focus("#t-hours")
        await page.keyboard.press("ArrowRight")
        await page.keyboard.press("ArrowRight")
        await page.get_by_label("занято: через, мин").fill("12,5")
        await page.get_by_label("занято: попыток").fill("")
        await page.keyboard.press("Enter")
        await expect(page.locator("[data-part=side]")).to_contain_text("без предела")
        await page.click("#t-cap")
        await page.select_option("#k-cap-jurisdiction", "us-ftc")
        await expect(page.locator("#k-cap-window")).to_have_value("30d")
        await page.fill("#k-cap-limit", "2,5")
        await page.keyboard.press("Enter")
        await expect(page.locator("[data-part=side]")).to_contain_text("США")
    after = await house.dialer.campaign(campaign.id)
    assert after.hours.sat == "11:00-18:00"
    rule = next(rule for outcome, rule in after.rules.items() if outcome == "busy")
    assert (rule.delay_s, rule.max_attempts) == (750, None)
    assert (after.cap.jurisdiction, after.cap.limit, after.cap.window) == ("us-ftc", 0.025, "30d")


async def test_what_others_change_comes_in_and_what_is_being_typed_stays(
    house: SteeringHouse, base: str, browser: Browser
) -> None:
    chief = await house.user(Role.SUPERVISOR, "Олег")
    campaign = await house.campaign("Подтверждение")
    async with screen(house, base, browser, chief) as page:
        await opened(page, f"{base}/campaigns/{campaign.id}", "limits")
        await page.fill("#k-limits-lead_total", "9")
        await house.dialer.set_knobs(campaign.id, {"limits.lead_total": 5, "limits.lead_day": 2}, chief.id)
        await house.call_in("a")  # news
        await expect(page.locator("#k-limits-lead_day")).to_have_value("2")
        await expect(page.locator("#k-limits-lead_total")).to_have_value("9")
        await page.locator("#s-limits [type=submit]").click()
        await expect(page.locator("[data-part=side]")).to_contain_text("5 → 9")
    limits = (await house.dialer.campaign(campaign.id)).limits
    assert (limits.lead_total, limits.lead_day) == (9, 2)


async def past_calls(db: Database, house: SteeringHouse, campaign: Campaign) -> None:
    """Some days of calls: of each ten one is answered late, four in time, five not at all."""
    now = house.clock.now()
    async with db.write() as connection:
        (lead_id,) = (await connection.execute(sa.select(lead_table.c.id).limit(1))).one()
        for number in range(400):
            at = now - timedelta(minutes=25 * number + 5)
            person = number % 10 < 5
            attempt = Attempt(
                *(f"past-{number}", lead_id, campaign.id, "maria", f"+7495{number:07}"),
                intent_at=at,
                answered_at=at + timedelta(seconds=10) if person else None,
                ended_at=at + timedelta(seconds=60),
                outcome=AttemptOutcome.PERSON if person else AttemptOutcome.NO_ANSWER,
                connected_at=at + timedelta(seconds=30 if number % 10 == 0 else 11) if person else None,
            )
            await connection.execute(attempt_table.insert().values(**row_of(attempt)))


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
@pytest.mark.parametrize("language", ["ru", "en"])
async def test_the_gauge_and_the_hours_tell_of_the_same_calls_as_the_bound(
    house: SteeringHouse,
    base: str,
    browser: Browser,
    sqlite_database: Database,
    shots: Path,
    language: str,
    phone: bool,
) -> None:
    chief = await house.user(Role.SUPERVISOR, "Oleg", language)
    campaign = await house.campaign("Confirmations")
    await house.order(1, 10_000, 1)
    await house.dialer.set_knobs(campaign.id, {"cap.window": "24h", "cap.limit": 0.05}, chief.id)
    await past_calls(sqlite_database, house, campaign)
    await house.dialer.tick()
    size = "phone" if phone else "desk"
    async with screen(house, base, browser, chief, phone=phone) as page:
        await page.goto(f"{base}/campaigns/{campaign.id}")
        gauge = page.locator("[aria-labelledby=gg]")
        now_set = await house.dialer.campaign(campaign.id)
        standing = house.dialer.cap.standing(now_set, [now_set])
        assert standing is not None
        told = words("en" if language == "en" else "ru")
        assert standing.rate is not None
        assert standing.counts.answered > 20
        await expect(gauge).to_contain_text(told.percent(standing.rate, 2))
        await expect(gauge).to_contain_text(told.percent(0.05))
        await expect(page.locator(".by-hour tbody tr")).to_have_count(24)
        await page.screenshot(path=shots / f"figures-{language}-{size}.png", full_page=True)


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
@pytest.mark.parametrize("language", ["ru", "en"])
async def test_each_tab_fits_its_screen(
    house: SteeringHouse, base: str, browser: Browser, shots: Path, language: str, phone: bool
) -> None:
    chief = await house.user(Role.SUPERVISOR, "Oleg", language)
    campaign = await house.campaign("Confirmations")
    size = "phone" if phone else "desk"
    async with screen(house, base, browser, chief, phone=phone) as page:
        await page.goto(f"{base}/campaigns/{campaign.id}")
        await page.screenshot(path=shots / f"forms-closed-{language}-{size}.png", full_page=True)
        await page.click("#mode")
        for tab in TABS:
            await page.click(f"#t-{tab}")
            await expect(page.locator(f"#s-{tab}")).to_be_visible()
            await page.screenshot(path=shots / f"forms-{tab}-{language}-{size}.png")
            wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, tab
