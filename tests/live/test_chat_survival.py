"""kill -9 in the middle of a chat: what was written meanwhile arrives when the house is back, and the talk goes on with whom it was."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.fakes.browser import Screen
from tests.fakes.house import House, running_house
from tests.fakes.wait import until
from tests.fakes.working_day import Seat

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with running_house(tmp_path_factory.mktemp("chat") / "house") as one:
        yield one


async def until_shows(screen: Screen, wanted: list[str]) -> None:
    async def same() -> bool:
        return [text.strip() for text in await screen.page.locator(".msg .text").all_inner_texts()] == wanted

    await until(same, f"the messages {wanted}", within_s=30.0)


async def test_a_chat_outlives_the_engine(house: House, browser: Browser, seat: Seat, shots: Path) -> None:
    desk = await seat()
    visitor = await Screen.open(browser, house.endpoints.web, shots)
    await visitor.go("/chat")
    await visitor.page.fill("#first", "Где мой заказ?")
    await visitor.page.click("#intro [type=submit]")
    await desk.page.click("#accept")
    field = desk.page.locator("[data-pane=main] .composer textarea")
    await expect(field).to_be_enabled()
    await field.fill("Сейчас посмотрю")
    await field.press("Enter")
    await until_shows(visitor, ["Где мой заказ?", "Сейчас посмотрю"])

    await house.kill_engine()
    for text in ("раз", "два"):
        await visitor.page.fill("#text", text)
        await visitor.page.press("#text", "Enter")
    await expect(visitor.page.locator("#lost")).to_be_visible(timeout=15_000)
    await field.fill("Заказ у курьера")
    await field.press("Enter")
    await expect(visitor.page.locator(".msg.pending")).to_have_count(2)

    await house.start()
    await expect(visitor.page.locator("#lost")).to_be_hidden(timeout=30_000)
    await expect(visitor.page.locator(".msg.pending")).to_have_count(0, timeout=30_000)
    await expect(desk.page.locator(".msg.pending")).to_have_count(0, timeout=30_000)
    await desk.until_phase("talking", within_s=30.0)

    async def all_there() -> bool:
        texts = await visitor.page.locator(".msg .text").all_inner_texts()
        return sorted(texts) == sorted(["Где мой заказ?", "Сейчас посмотрю", "раз", "два", "Заказ у курьера"])

    await until(all_there, "each message once", within_s=30.0)
    shown = await visitor.page.locator(".msg .text").all_inner_texts()
    assert shown.index("раз") < shown.index("два")
    await until_shows(desk.screen, shown)
    await visitor.page.reload()
    await until_shows(visitor, shown)
    await expect(visitor.page.locator(".line")).to_have_count(1)  # the operator joined once
    await desk.page.click("#end")
    await expect(visitor.page.locator("#over")).to_be_visible()
    await desk.until_phase("wrap.*")
    await desk.write_result("consulted")
    await desk.until_phase("ready")
