"""A real Chromium with a tone in its microphone, an ear at its loudspeaker, and the operator's hands on its page."""

import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser, Page, async_playwright, expect

from tests.fakes.ear import Heard, microphone
from tests.fakes.wait import PATIENCE, until

expect.set_options(timeout=10_000 * PATIENCE)

CHROMIUM = "chromium-headless-shell"
"""Chromium without its windows: the same pages, scripts and sound for three quarters of the processor."""
EAR = Path(__file__).with_name("ear.js")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--mute-audio",
    "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection", "--in-process-gpu", "--disable-gpu-compositing", "--disable-lcd-text",
    "--disable-partial-raster",
]  # fmt: skip
STILL: Literal["reduce"] = "reduce"
"""Painted in software, the lamp of a ringing line costs an eighth of a processor for as long as a page shows it."""


@asynccontextmanager
async def chromium(folder: Path, mic_hz: float = 440.0) -> AsyncIterator[Browser]:
    """A browser of its own (the microphone's file belongs to the process, not to a page)."""
    wav = microphone(folder / f"mic-{mic_hz:.0f}.wav", mic_hz)
    flags = [*FLAGS, f"--use-file-for-fake-audio-capture={wav}"]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=_as_others(folder), headless=True, args=flags)
        try:
            yield browser
        finally:
            await browser.close()


def _as_others(folder: Path) -> Path:
    """The program. Where we are root it would put itself before all others (nice -8), telephones and Asterisk too: it loses that right."""
    program = shutil.which(CHROMIUM)
    assert program is not None, f"{CHROMIUM} is not installed (make test does it)"
    if os.geteuid() != 0:
        return Path(program)
    script = folder / "chromium-as-others"
    script.write_text(f'#!/bin/sh\nexec setpriv --inh-caps=-sys_nice --bounding-set=-sys_nice {program} "$@"\n')
    script.chmod(0o755)
    return script


@dataclass(slots=True)
class Screen:
    """One page of one person."""

    page: Page
    base: str
    complaints: list[str]
    shots: Path

    @classmethod
    async def open(cls, browser: Browser, base: str, shots: Path, *, language: str = "ru") -> "Screen":
        """A fresh visitor: no cookie, no memory. Errors of the page's scripts and its console are kept in `complaints`."""
        context = await browser.new_context(
            locale={"ru": "ru-RU", "en": "en-US"}[language],
            viewport={"width": 1366, "height": 768},
            ignore_https_errors=True,
            permissions=["microphone"],
            accept_downloads=False,
            reduced_motion=STILL,
        )
        await context.add_init_script(path=EAR)
        page = await context.new_page()
        screen = cls(page, base.rstrip("/"), [], shots)
        page.on("pageerror", lambda error: screen.complaints.append(str(error)))
        page.on("console", lambda line: screen.complaints.append(line.text) if line.type == "error" else None)
        return screen

    async def go(self, path: str) -> None:
        await self.page.goto(self.base + path)

    async def sign_in(self, login: str, password: str) -> None:
        """Through the form, as a person does; ends on the page that is this person's work."""
        await self.go("/sign-in")
        await self.page.fill("[name=login]", login)
        await self.page.fill("[name=password]", password)
        await self.page.click("button[type=submit]")
        await expect(self.page).not_to_have_url(re.compile("/sign-in"))

    async def shoot(self, name: str) -> Path:
        """A screenshot of what a person sees, as `name`.png."""
        self.shots.mkdir(parents=True, exist_ok=True)
        path = self.shots / f"{name}.png"
        await self.page.screenshot(path=path)
        return path

    async def hears(self) -> Heard:
        """What comes out of this page's loudspeaker now."""
        heard = await self.page.evaluate("window.testEar()")
        return Heard(float(heard["hz"]), float(heard["loudness"]), float(heard["purity"]))

    async def until_hears(self, hz: float, within_s: float = 20.0) -> Heard:
        async def listen() -> Heard | None:
            heard = await self.hears()
            return heard if heard.is_tone(hz) else None

        try:
            return await until(listen, f"{hz:.0f} Hz at the page's ear", within_s=within_s)
        except AssertionError as error:
            raise AssertionError(f"{error}; last heard: {await self.hears()}; complaints: {self.complaints}") from None

    async def until_shows(self, selector: str, text: str | re.Pattern[str] = "", within_s: float = 20.0) -> None:
        """Wait until the first element that fits is visible and, if `text` is given, contains it."""
        place = self.page.locator(selector).first
        await expect(place).to_be_visible(timeout=within_s * PATIENCE * 1000)
        if text:
            await expect(place).to_contain_text(text, timeout=within_s * PATIENCE * 1000)
