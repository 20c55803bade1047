"""A visitor on the page from which one calls: only by what stands on the page."""

import asyncio
import re

from playwright.async_api import expect

from tests.fakes.browser import Screen
from tests.fakes.wait import PATIENCE


class Visitor:
    """One visitor's page. `screen` is open to whatever a story needs beside."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.page = screen.page

    async def come(self, query: str = "") -> None:
        await self.screen.go(f"/call{query}")
        await expect(self.page.locator("#call")).to_be_enabled()

    async def call(self, *, name: str = "", phone: str = "") -> None:
        await self.page.fill("#name", name)
        await self.page.fill("#phone", phone)
        await self.page.click("#call")

    async def again(self) -> None:
        await self.page.click("#again")

    async def until_stage(self, stages: str, within_s: float = 20.0) -> None:
        """Wait for a stage of the call (a regular expression: `waiting`, `talking`, ...)."""
        body = self.page.locator("body")
        try:
            await expect(body).to_have_attribute(
                "data-stage", re.compile(f"^({stages})$"), timeout=within_s * PATIENCE * 1000
            )
        except AssertionError as error:
            told = await self.page.inner_text("main")
            raise AssertionError(f"{error}\n{told}\n{self.screen.complaints}") from None

    async def until_over(self, reason: str, within_s: float = 20.0) -> None:
        """Wait for the end, and that it is told with this reason."""
        await self.until_stage("ended", within_s)
        await expect(self.page.locator("body")).to_have_attribute("data-reason", reason)

    async def die(self) -> None:
        """The tab is killed: no script of it runs any more."""
        session = await self.page.context.new_cdp_session(self.page)
        async with self.page.expect_event("crash"):
            killing = asyncio.create_task(session.send("Page.crash"))  # its answer dies with the page
        killing.cancel()
        await asyncio.wait([killing])
