"""An operator at the desk: sits down, goes ready, answers, talks, writes the result. Only by what stands on the page."""

import re
from datetime import datetime

from playwright.async_api import expect

from tests.fakes.browser import Screen
from tests.fakes.house import Login
from tests.fakes.wait import PATIENCE, until


class OperatorDesk:
    """One operator's page. `screen` is open to whatever a story needs beside."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.page = screen.page

    async def sit_down(self, who: Login) -> None:
        await self.screen.sign_in(who.login, who.password)
        await expect(self.page.locator("#status")).to_be_visible()

    async def go_ready(self) -> None:
        """Through the status menu; ends when the operator is on the line, where somebody may have waited for him."""
        await self.page.click("#status")
        await self.page.click("#go-ready")
        await self.until_phase("ready|dialing|ringing|talking")

    async def go_home(self) -> None:
        """End the shift and close the browser's window, whatever stands on the page."""
        if not self.page.is_closed():
            address = f"{self.screen.base}/api/v1/desk/state"  # a kept connection may be closed in this very moment
            await self.page.request.post(address, data={"state": "logged_out"}, max_retries=3)
        await self.page.context.close()

    async def until_phase(self, phases: str, within_s: float = 20.0) -> None:
        """Wait until the middle pane is in one of these phases (a regular expression: `ready`, `ringing`, `talking`, `wrap.*`)."""
        pane = self.page.locator("[data-pane=main]").first
        await expect(pane).to_have_attribute(
            "data-phase", re.compile(f"^({phases})$"), timeout=within_s * PATIENCE * 1000
        )

    async def phase(self) -> str:
        return await self.page.locator("[data-pane=main]").first.get_attribute("data-phase") or ""

    async def contact(self) -> str:
        """The contact on the screen; empty when there is none."""
        return await self.page.locator("[data-pane=main]").first.get_attribute("data-contact") or ""

    async def phone(self) -> str:
        """The state of the page's telephone: off, connecting, registered, ringing, in-call, failed."""
        return str(await self.page.evaluate("window.cordboard?.phone ?? 'not loaded'"))

    async def until_phone(self, state: str, within_s: float = 20.0) -> None:
        """Wait for a state of the page's telephone. (The page's policy forbids Playwright's own wait_for_function.)"""

        async def look() -> bool:
            return await self.phone() == state

        try:
            await until(look, f"telephone of the page {state}", within_s=within_s)
        except AssertionError as error:
            raise AssertionError(f"{error}; it is {await self.phone()}; complaints: {self.screen.complaints}") from None

    async def until_rings(self, within_s: float = 20.0) -> None:
        await self.until_phase("ringing", within_s)
        await expect(self.page.locator("#answer")).to_be_visible()

    async def answer(self) -> None:
        await self.page.click("#answer")
        await self.until_phone("in-call")
        await self.until_phase("talking")

    async def until_talks(self, within_s: float = 20.0) -> None:
        """Wait for a talk that needs no pressing: the customer answered and the page picked up by itself."""
        await self.until_phone("in-call", within_s)
        await self.until_phase("talking", within_s)

    async def call_third(self, number: str, how: str = "consult") -> None:
        """A number outside is asked into the talk, or (`blind`) given the customer at once."""
        await self.page.keyboard.press("Alt+KeyC")
        await self.page.fill("#consult-number", number)
        await self.page.click(f"#consult-form [value={how}]")

    async def hang_up(self) -> None:
        await self.page.click("#end")

    async def write_result(self, code: str, *, note: str = "") -> None:
        """Choose the disposition and press Done."""
        await self.page.check(f"#wrap [name=code][value={code}]")
        if note:
            await self.page.fill("#wn", note)
        await self.page.click("#done")
        await expect(self.page.locator("#wrap")).to_have_count(0, timeout=20_000)

    async def promise_callback(self, at: datetime) -> None:
        """The result "call back later": `at` is the wall-clock time of the customer."""
        await self.page.check("#wrap [name=code][value=postponed]")
        await self.page.check(f"#wrap [name=day][value='{at.date().isoformat()}']")
        await self.page.fill("#at", f"{at:%H:%M}")
        await self.page.click("#done")
        await expect(self.page.locator("#wrap")).to_have_count(0, timeout=20_000)

    async def finish(self, code: str = "consulted") -> None:
        """Hang up, write the result, and be on the line again (where the dialer may be at work for him already)."""
        await self.hang_up()
        await self.until_phase("wrap.*")
        await self.write_result(code)
        await self.until_phase("ready|dialing")
