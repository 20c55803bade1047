"""The player in a real browser: sound is heard, the needle moves, keys and marks lead where they say."""

import re
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from cordboard.quality.store import LISTENED
from cordboard.storage.database import Database
from tests.fakes.browser import Screen
from tests.fakes.quality_house import QualityHouse, quality_house, served
from tests.fakes.wait import until

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="session")]
# The strongest frequency that the audio element gives out now, each side by itself; 0 for a side 20 dB below the other.
LISTEN = """() => {
  if (!window.sides) {
    const context = new AudioContext(), source = context.createMediaElementSource(document.querySelector("#sound"));
    const split = context.createChannelSplitter(2);
    window.sides = [0, 1].map(() => new AnalyserNode(context, { fftSize: 8192, smoothingTimeConstant: 0 }));
    source.connect(split); window.sides.forEach((side, n) => split.connect(side, n)); source.connect(context.destination);
  }
  const heard = window.sides.map(side => {
    const levels = new Float32Array(side.frequencyBinCount);
    side.getFloatFrequencyData(levels);
    const top = levels.reduce((best, level, n) => level > levels[best] ? n : best, 0);
    return { hz: top * side.context.sampleRate / side.fftSize, level: levels[top] };
  });
  const most = Math.max(...heard.map(side => side.level));
  return heard.map(side => side.level > Math.max(-70, most - 20) ? side.hz : 0);
}"""
PASSWORD = "long enough to stand here"


@pytest_asyncio.fixture(loop_scope="session")
async def home(page_database: Database, tmp_path: Path) -> QualityHouse:
    return await quality_house(page_database, tmp_path, PASSWORD)


async def _until_hears(page: Page, left_hz: float, right_hz: float) -> None:
    heard: list[float] = []

    async def listen() -> bool:
        heard[:] = await page.evaluate(LISTEN)
        return abs(heard[0] - left_hz) < 15 and abs(heard[1] - right_hz) < 15

    try:
        await until(listen, f"{left_hz} Hz left, {right_hz} Hz right", within_s=50)
    except AssertionError as error:
        raise AssertionError(f"{error}; last heard: {heard}") from None


async def test_a_recording_is_found_played_and_walked_through(
    home: QualityHouse, shared_browser: Browser, tmp_path: Path
) -> None:
    recording_id = await home.call("contact-1", 90.0)
    async with served(home.app) as base:
        screen = await Screen.open(shared_browser, base, tmp_path)
        await screen.sign_in("olga", PASSWORD)
        page = screen.page
        await page.get_by_role("link", name=re.compile("запись от")).click()
        wave = page.get_by_role("slider", name="Место в записи")
        await expect(wave).to_have_attribute("aria-valuetext", "0:00 из 1:30")
        assert await home.house.access.audit_rows(subject=recording_id) == []

        await page.get_by_role("button", name="Слушать", exact=True).click()
        await until(lambda: page.evaluate("document.querySelector('#sound').currentTime > 0.5"), "the sound moves on")
        await _until_hears(page, 440, 0)  # the operator begins, on the left
        await expect(page.get_by_role("button", name="Пауза")).to_be_visible()
        rows = await home.house.access.audit_rows(subject=recording_id)
        assert [(row.actor_id, row.action) for row in rows] == [(home.people["olga"].id, LISTENED)]

        await page.get_by_role("button", name="Пауза").click()
        await wave.focus()
        await page.keyboard.press("Home")
        await expect(wave).to_have_attribute("aria-valuenow", "0")
        await page.keyboard.press("ArrowRight")
        await page.keyboard.press("ArrowRight")
        await page.keyboard.press("ArrowLeft")
        await expect(wave).to_have_attribute("aria-valuetext", "0:05 из 1:30")
        await page.keyboard.press("BracketRight")
        assert await page.evaluate("document.querySelector('#sound').playbackRate") == 1.5
        await page.keyboard.press("Space")
        await _until_hears(page, 0, 700)  # the customer, from the fifth second on, on the right
        await page.keyboard.press("Space")

        box = await wave.bounding_box()
        assert box
        await page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 40)
        await expect(wave).to_have_attribute("aria-valuenow", re.compile(r"^4[456]$"))
        assert len(await home.house.access.audit_rows(subject=recording_id)) == 1
        assert screen.complaints == []
