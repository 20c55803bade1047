"""`python -m bench.screens [FOLDER]`: the desk in five moments, both languages, two sizes, into docs/screens/ as webp. Pictures only.

A real house with its Asterisk, a telephone that calls in, a real Chromium with a microphone.
"""

import asyncio
import sys
from base64 import b64decode
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, expect

from tests.fakes.asterisk_tree import data_folder
from tests.fakes.browser import Screen, chromium
from tests.fakes.desk_moments import SIZES
from tests.fakes.house import House, running_house
from tests.fakes.operator import OperatorDesk
from tests.fakes.web_line import WebLine
from tests.fakes.working_day import CUSTOMER, call_in

FOLDER = Path(__file__).resolve().parents[1] / "docs/screens"
LANGUAGES = ("ru", "en")
MOST_BYTES = 150_000
QUALITY = 82


async def customer(house: House) -> None:
    """Somebody who has bought here before, and has placed an order an hour ago."""
    now = datetime.now(UTC)
    async with house.api() as shop:
        articles = [product["article"] for product in (await shop.get("/api/v1/products")).json()]
        for number, age, goods in (
            ("47980", timedelta(days=41), articles[3:4]),
            ("48213", timedelta(hours=1), articles[:3]),
        ):
            body: dict[str, Any] = {
                "external_id": f"picture-{number}",
                "number": number,
                "placed_at": (now - age).isoformat(),
                "customer": {
                    "name": "Анна Сергеевна Иванова",
                    "phone": CUSTOMER,
                    "email": "anna@example.org",
                    "city": "Екатеринбург",
                    "time_zone": "Asia/Yekaterinburg",
                    "language": "ru",
                },
                "items": [{"article": article, "quantity": 1 + place % 2} for place, article in enumerate(goods)],
                "delivery": {"address": "ул. Малышева, 51, кв. 18", "slot": "пн, 12-15"},
                "payment": "card_on_delivery",
                "comment": "Домофон не работает, позвонить",
            }
            answer = await shop.post("/api/v1/orders", json=body)
            if answer.status_code not in (200, 201):
                raise RuntimeError(f"the order was not taken: {answer.text}")


async def picture(screen: Screen, path: Path) -> None:
    """What a person sees, still; Chromium itself packs it."""
    await screen.page.evaluate("document.fonts.ready")
    session = await screen.page.context.new_cdp_session(screen.page)
    shot = await session.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    await session.detach()
    size = keep(path, b64decode(shot["data"]))
    print(f"{path.name}: {size / 1000:.0f} KB")
    if size > MOST_BYTES:
        raise RuntimeError(f"{path.name} is larger than {MOST_BYTES / 1000:.0f} KB")


def keep(path: Path, body: bytes) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.write_bytes(body)


async def moments(
    house: House, line: WebLine, browser: Browser, folder: Path, place: Path, language: str, size: str
) -> None:
    screen = await Screen.open(browser, line.address, place, language=language)
    await screen.page.set_viewport_size(SIZES[size])
    desk, who = OperatorDesk(screen), house.login("operator")
    await desk.sit_down(who)
    await screen.page.request.post(f"{screen.base}/api/v1/me/language", data={"language": language})
    await screen.go("/desk")

    async def shoot(name: str) -> None:
        await picture(screen, folder / f"desk-{name}-{language}-{size}.webp")

    await desk.go_ready()
    await shoot("ready")
    async with call_in(house, place) as caller:
        await desk.until_rings()
        await shoot("ringing")
        await desk.answer()
        script = screen.page.locator("[data-part=script]")
        await expect(script).to_have_attribute("data-step", "hello")
        await screen.page.keyboard.press("Alt+KeyS")
        await expect(script).to_have_attribute("data-step", "ready")
        await shoot("in-call")
        line.cut()
        await expect(screen.page.locator("#lost")).to_be_visible(timeout=30_000)
        await shoot("lost")
        line.mend()
        await expect(screen.page.locator("#lost")).to_be_hidden(timeout=30_000)
        await desk.hang_up()
        await caller.over()
    await desk.until_phase("wrap.*")
    await expect(screen.page.locator(".toast")).to_have_count(0, timeout=30_000)
    await shoot("wrap-up")
    await desk.go_home()


async def main(folder: Path) -> None:
    async with AsyncExitStack() as stack:
        place = stack.enter_context(data_folder())
        house = await stack.enter_async_context(
            running_house(place / "house", ring_s="60", wrap_up_s="20", demo_scripts="true")
        )
        browser = await stack.enter_async_context(chromium(place))
        line = await stack.enter_async_context(WebLine.to(house.endpoints.web))
        await customer(house)
        for language in LANGUAGES:
            for size in SIZES:
                await moments(house, line, browser, folder, place, language, size)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER))
