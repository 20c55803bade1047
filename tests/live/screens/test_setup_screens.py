"""Setting queues up in a real browser: findings beside their fields, changes that act on the desk at once and are taken back."""

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from cordboard.access.permission import Role
from cordboard.queue.channel import ChannelKind
from cordboard.queue.setup import QueueRules, Seat, Skill
from tests.fakes.steering_house import SteeringHouse
from tests.fakes.steering_screen import screen
from tests.fakes.wait import until

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def house(house: SteeringHouse) -> SteeringHouse:
    """With a queue beside the first one."""
    await house.setup.save_queue(QueueRules("claims", "Претензии", "Claims"), None)
    return house


async def test_an_operator_ticked_for_a_queue_gets_the_call_that_waits_there(
    house: SteeringHouse, base: str, browser: Browser
) -> None:
    chief = await house.user(Role.SUPERVISOR, "Олег Лебедев")
    anna = await house.operator("Анна Белова")
    await house.setup.save_seat(Seat(anna.id, frozenset({"orders"})), None)
    waiting = await house.call_in("a", queue="claims")
    async with screen(house, base, browser, chief, refusals=True) as page:
        await page.goto(f"{base}/queues/operators")
        await expect(page.locator("[data-part=findings]")).to_contain_text("У очереди нет ни одного оператора")
        assert not [told for told in house.wire.told if told[1] == waiting.id]
        await page.check(f"#q-{anna.id}-claims")
        await until(lambda: ("offer", waiting.id, anna.id) in house.wire.told, "the offer to the new hands")
        await expect(page.locator("[data-part=findings]")).not_to_contain_text("У очереди нет")
        await page.locator(".toast", has_text="Анна Белова").get_by_role("button", name="Вернуть").click()
        await expect(page.locator(f"#q-{anna.id}-claims")).not_to_be_checked()
        assert (await house.setup.load()).seats[anna.id].queues == {"orders"}


async def test_a_queue_is_edited_its_faults_stand_by_their_fields_and_the_change_is_taken_back(
    house: SteeringHouse, base: str, browser: Browser
) -> None:
    chief = await house.user(Role.SUPERVISOR, "Oleg", "en")
    await house.setup.save_skill(Skill("en", "Английский", "English"), None)
    async with screen(house, base, browser, chief, refusals=True) as page:
        await page.goto(f"{base}/queues/q/orders")
        await page.fill("#f-weight", "99")
        await page.click("[data-add=overflow]")
        rule = page.locator("[data-row=overflow]").first
        await rule.locator("[name=action]").select_option("other_queue")
        await page.click("[data-add=needs]")
        await page.uncheck("#always")
        await page.locator("[data-from]").first.fill("23:00")
        await page.get_by_role("button", name="Save").click()
        await expect(page.locator("[data-at=weight] .finding")).to_have_text("It must be a number from 0.1 to 10")
        await expect(rule.locator(".finding")).to_have_text("Choose the queue to move to")
        await expect(page.locator("[data-day]").first.locator(".finding")).to_contain_text("Opening must come before")
        await expect(page.locator("#f-weight")).to_be_focused()
        await page.fill("#f-weight", "2.5")
        await rule.locator("[name=target]").select_option("claims")
        await page.locator("[data-from]").first.fill("10:00")
        await page.get_by_role("button", name="Save").click()
        await page.locator(".toast", has_text="at work already").wait_for()
        await expect(page.locator("[data-at=weight] .finding")).to_have_count(0)
        rules = (await house.setup.load()).queues["orders"]
        assert (rules.weight, rules.overflow[0].target, len(rules.needs)) == (2.5, "claims", 1)
        assert rules.hours is not None
        assert rules.hours.week[0] == (600, 1260)
        await page.locator(".toast").get_by_role("button", name="Undo").click()
        await expect(page.locator("#f-weight")).to_have_value("1")
        assert (await house.setup.load()).queues["orders"] == QueueRules("orders", "Заказы", "Orders")


async def test_who_saves_what_somebody_else_has_changed_is_told_and_overwrites_nothing(
    house: SteeringHouse, base: str, browser: Browser
) -> None:
    chief = await house.user(Role.SUPERVISOR, "Олег Лебедев")
    async with screen(house, base, browser, chief, refusals=True) as page:
        await page.goto(f"{base}/queues/q/orders")
        await house.setup.save_queue(QueueRules("orders", "Заказы", "Orders", weight=3), None)
        await page.fill("#f-sticky_s", "60")
        await page.get_by_role("button", name="Сохранить").click()
        await expect(page.locator(".toast")).to_contain_text("изменил кто-то другой")
    assert (await house.setup.load()).queues["orders"].weight == 3


async def test_a_skill_and_a_pause_are_made_in_their_lists_and_removed(
    house: SteeringHouse, base: str, browser: Browser
) -> None:
    chief = await house.user(Role.SUPERVISOR, "Олег Лебедев")
    async with screen(house, base, browser, chief, refusals=True) as page:
        await page.goto(f"{base}/queues/skills")
        new = page.locator("tr[data-item]").last
        await new.locator("[name=code]").fill("No good")
        await new.locator("[name=name_ru]").fill("Английский")
        await new.locator("[name=name_en]").fill("English")
        await new.get_by_role("button", name="Завести").click()
        await expect(new.locator(".finding")).to_contain_text("строчные латинские")
        await new.locator("[name=code]").fill("en")
        await new.locator("[name=name_en]").press("Enter")
        await expect(page.locator("#save-en")).to_be_visible()
        assert "en" in (await house.setup.load()).skills
        await page.click("#drop-en")
        await expect(page.locator("#save-en")).to_have_count(0)
        await page.goto(f"{base}/queues/pauses")
        lunch = page.locator("tr[data-item]", has=page.locator("#save-lunch"))
        await lunch.locator("[name=limit_s]").fill("30")
        await lunch.get_by_role("button", name="Сохранить").click()
        await page.locator(".toast", has_text="работает").wait_for()
        assert (await house.setup.load()).pause_codes["lunch"].limit_s == 1800


async def test_chats_are_let_be_interrupted_by_the_matrix_and_one_operator_has_his_own(
    house: SteeringHouse, base: str, browser: Browser
) -> None:
    chief = await house.user(Role.SUPERVISOR, "Oleg", "en")
    anna = await house.operator("Anna")
    await house.setup.seats_of([anna.id])
    async with screen(house, base, browser, chief, refusals=True) as page:
        await page.goto(f"{base}/queues/capacity")
        await page.uncheck("input[name='interrupted_by.chat'][value=voice]")
        await page.get_by_role("button", name="Save").click()
        await page.locator(".toast", has_text="at work").wait_for()
        await page.goto(f"{base}/queues/operators/{anna.id}")
        await page.check("#own")
        await page.fill("[name='capacity.limits.chat']", "9")
        await page.get_by_role("button", name="Save").click()
        await page.locator(".toast", has_text="at work").wait_for()
    setup = await house.setup.load()
    assert "voice" not in setup.capacity.interrupted_by[ChannelKind.CHAT]
    own = setup.seats[anna.id].capacity
    assert own is not None
    assert own.limit(ChannelKind.CHAT) == 9
    assert setup.seats[anna.id].queues == {"orders", "claims"}
