"""A call in, whole: a telephone with a 700 Hz voice, an operator in Chromium with a 440 Hz voice, a real Asterisk between them."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.fakes.browser import Screen
from tests.fakes.ear import hear_file, length_s
from tests.fakes.house import House, running_house
from tests.fakes.operator import OperatorDesk
from tests.fakes.sipp import SippCaller
from tests.fakes.wait import until

pytestmark = pytest.mark.live

CUSTOMER = "+79161234567"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with running_house(tmp_path / "house") as one:
        yield one


def order(number: str, phone: str = CUSTOMER, name: str = "Анна Иванова", price: int = 150_000) -> dict[str, Any]:
    return {
        "external_id": f"live-{number}",
        "number": number,
        "placed_at": datetime.now(UTC).isoformat(),
        "customer": {"name": name, "phone": phone, "language": "ru", "time_zone": "Europe/Moscow"},
        "items": [{"article": "", "quantity": 1, "price": price}],
    }


async def post_order(house: House, body: dict[str, Any]) -> None:
    """As the shop's own system does it; the article is any that the demo's shop sells."""
    async with house.api() as shop:
        products = (await shop.get("/api/v1/products")).json()
        body["items"][0]["article"] = products[0]["article"]
        answer = await shop.post("/api/v1/orders", json=body)
        assert answer.status_code == 201, answer.text


async def desk_of(house: House, browser: Browser, shots: Path, index: int = 0, language: str = "ru") -> OperatorDesk:
    screen = await Screen.open(browser, house.endpoints.web, shots, language=language)
    desk = OperatorDesk(screen)
    await desk.sit_down(house.login("operator", index))
    await desk.go_ready()
    return desk


def call_in(house: House, folder: Path, caller_id: str = CUSTOMER, name: str = "") -> SippCaller:
    return SippCaller(folder, house.endpoints.sip, house.endpoints.inbound_number, caller_id=caller_id, name=name)


async def the_recording(house: House, browser: Browser, shots: Path, folder: Path) -> tuple[dict[str, Any], Path]:
    """The newest recording as quality control gets it: its row and its sound."""
    screen = await Screen.open(browser, house.endpoints.web, shots)
    who = house.login("qa")
    await screen.sign_in(who.login, who.password)

    async def newest() -> dict[str, Any] | None:
        answer = await screen.page.request.get(f"{house.endpoints.web}/api/v1/recordings?limit=1")
        rows = (await answer.json()) if answer.ok else []
        return rows[0] if rows else None

    row = await until(newest, "the recording in the list of quality control", within_s=30.0)
    sound = await screen.page.request.get(f"{house.endpoints.web}/api/v1/recordings/{row['id']}/audio")
    assert sound.ok, await sound.text()
    kept = folder / "recording.ogg"
    await asyncio.to_thread(kept.write_bytes, await sound.body())
    return row, kept


async def test_a_customer_calls_and_both_hear_each_other(
    house: House, browser: Browser, tmp_path: Path, shots: Path
) -> None:
    await post_order(house, order("К-7001"))
    desk = await desk_of(house, browser, shots)
    async with call_in(house, tmp_path) as caller:
        await caller.answered()
        await desk.until_rings()
        # The card is there before the answer.
        await desk.screen.until_shows("[data-pane=main]", "Анна Иванова")
        await desk.screen.until_shows("[data-pane=main]", "К-7001")
        await desk.screen.shoot("inbound-ringing")
        await desk.answer()
        await desk.screen.until_hears(700.0)
        await caller.until_hears(440.0)
        await desk.screen.shoot("inbound-talking")
        await desk.hang_up()
        await caller.over()
        await desk.until_phase("wrap.*")
        await desk.screen.shoot("inbound-wrap-up")
        await desk.write_result("consulted")
        await desk.until_phase("ready")
    row, sound = await the_recording(house, browser, shots, tmp_path)
    left, right = hear_file(sound)
    assert left.is_tone(440.0), left
    assert right.is_tone(700.0), right
    assert abs(length_s(sound) - float(row["talk_s"])) <= 0.5
    assert desk.screen.complaints == []


async def test_hold_gives_music_and_mute_gives_silence(
    house: House, browser: Browser, tmp_path: Path, shots: Path
) -> None:
    desk = await desk_of(house, browser, shots)
    async with call_in(house, tmp_path) as caller:
        await caller.answered()
        await desk.until_rings()
        await desk.answer()
        await caller.until_hears(440.0)
        await desk.page.click("#mute")
        await until(lambda: not caller.hears(0.5).is_tone(440.0), "the muted operator is not heard")
        await desk.screen.until_hears(700.0)
        await desk.page.click("#mute")
        await caller.until_hears(440.0)
        await desk.page.click("#hold")
        await desk.until_phase("held")
        await until(lambda: _is_music(caller), "music at the customer's ear")
        await desk.page.click("#hold")
        await desk.until_phase("talking")
        await caller.until_hears(440.0)
        caller.hang_up()
        await desk.until_phase("wrap.*")


def _is_music(caller: SippCaller) -> bool:
    heard = caller.hears()
    return heard.loudness > 0.005 and not heard.is_tone(440.0)


async def test_a_customer_who_waits_hears_music_and_may_leave(
    house: House, browser: Browser, tmp_path: Path, shots: Path
) -> None:
    async with call_in(house, tmp_path) as caller:
        await caller.answered()
        await until(lambda: caller.hears().loudness > 0.005, "music while waiting")
        caller.hang_up()
        await caller.over()
    desk = await desk_of(house, browser, shots)
    await expect(desk.page.locator("#fig-waiting")).to_have_text("0")


async def test_a_customer_who_leaves_while_it_rings(
    house: House, browser: Browser, tmp_path: Path, shots: Path
) -> None:
    desk = await desk_of(house, browser, shots)
    async with call_in(house, tmp_path) as caller:
        await caller.answered()
        await desk.until_rings()
        caller.hang_up()
        await caller.over()
        await desk.until_phase("ready")


async def test_a_silent_operator_is_taken_off_the_line_and_another_is_found(
    tmp_path: Path, browser: Browser, shots: Path
) -> None:
    async with running_house(tmp_path / "house", ring_s="5") as house:
        silent = await desk_of(house, browser, shots)
        async with call_in(house, tmp_path) as caller:
            await caller.answered()
            await silent.until_rings()
            other = await desk_of(house, browser, shots, index=1)
            await other.until_rings(within_s=30.0)
            await other.answer()
            await caller.until_hears(440.0)
            assert await silent.phase() not in {"ready", "ringing", "talking"}
            await silent.screen.shoot("not-responding")
            await other.finish()


async def test_a_closed_page_gives_the_customer_back_to_the_queue(
    house: House, browser: Browser, tmp_path: Path, shots: Path
) -> None:
    first = await desk_of(house, browser, shots)
    async with call_in(house, tmp_path) as caller:
        await caller.answered()
        await first.until_rings()
        await first.answer()
        await caller.until_hears(440.0)
        await first.page.close()
        second = await desk_of(house, browser, shots, index=1)
        await second.until_rings(within_s=40.0)
        await second.answer()
        await caller.until_hears(440.0)
        await second.finish()


async def test_an_unknown_number_becomes_a_new_customer(
    house: House, browser: Browser, tmp_path: Path, shots: Path
) -> None:
    desk = await desk_of(house, browser, shots, language="en")
    async with call_in(house, tmp_path, caller_id="+78125550199", name="Eve <script>alert(1)</script>") as caller:
        await caller.answered()
        await desk.until_rings()
        await desk.answer()
        await desk.screen.shoot("unknown-caller")
        assert await desk.page.locator("[data-pane=main] script").count() == 0
        await desk.finish()
    assert desk.screen.complaints == []


@pytest.mark.parametrize("number", ["100&PJSIP/900@trunk", "1${SHELL(id)}", "nobody", "%0d%0aAction: Command", "900"])
async def test_numbers_that_are_not_ours_are_refused(number: str, house: House, tmp_path: Path) -> None:
    async with SippCaller(tmp_path, house.endpoints.sip, number, name="%0d%0aX-Evil: 1") as caller:
        assert await caller.refused() in {400, 403, 404, 484}
