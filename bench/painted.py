"""From the ring to the card on the glass while the engine is busy: real Chromium pages among simulated operators, on PostgreSQL.

Few operators with short talks take as many calls a second as 2,500 with usual ones, so that each page is called often enough to count.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from playwright.async_api import Browser, Error

from bench.table import Row, table
from cordboard.agent_web.security import cookie_name
from cordboard.simulation.habits import Habits
from cordboard.simulation.load import Load
from cordboard.simulation.measures import spread
from cordboard.simulation.operators import Operator, Tally
from cordboard.simulation.plan import Plan
from cordboard.simulation.premises import Seat
from cordboard.simulation.truth import Call
from tests.fakes.browser import Screen, chromium
from tests.fakes.databases import PostgresServer
from tests.fakes.wait import until

AGENTS, PAGES, RATE, SECONDS = 80, 2, 12.0, 240.0
SMALL_AGENTS, SMALL_RATE, SMALL_SECONDS = 10, 1.0, 20.0
HABITS = Habits(talk_s=2.0, ring_s=0.5, wrap_up_s=1.0)
LOOK_S = 0.25
MARKS = "performance.getEntriesByName('painted').map(mark => [mark.detail, performance.timeOrigin + mark.startTime])"
IN_HAND = "(({phase, contact}) => [phase ?? '', contact ?? ''])(document.querySelector('[data-pane=main]').dataset)"


@dataclass
class Glass:
    """What the pages painted: (operator's name on the wire, contact, the moment in s of the monotonic clock)."""

    painted: list[tuple[str, str, float]] = field(default_factory=list)

    def waits_ms(self, calls: Sequence[Call]) -> list[float]:
        """From the order to ring a page's telephone to its card, for each card."""
        rung: dict[tuple[str, str], list[float]] = {}
        for call in calls:
            for ring in call.rings:
                rung.setdefault((ring.agent, call.contact_id), []).append(ring.ordered_at)
        orders = [
            (at, max((one for one in rung.get((who, what), ()) if one <= at), default=None))
            for who, what, at in self.painted
        ]
        return [(at - ordered) * 1000 for at, ordered in orders if ordered is not None]


class PageOperator(Operator):
    """The desk in a real browser; its telephone is the node's. The result of a talk is posted, as the others do."""

    def __init__(
        self, browser: Browser, glass: Glass, web: str, seat: Seat, tally: Tally, random: Random, wrap_up_s: float
    ) -> None:
        super().__init__(web, seat, tally, random, wrap_up_s)
        self._web, self._browser, self._glass = web, browser, glass
        self._wrap_s = wrap_up_s
        self._screen: Screen | None = None
        self._working: asyncio.Task[None] | None = None

    async def open(self) -> None:
        self._screen = await Screen.open(self._browser, self._web, Path(), language="en")
        cookie = {"name": cookie_name(secure=False), "value": self.seat.token, "url": self._web}
        await self._screen.page.context.add_cookies([cookie])  # type: ignore[list-item]  # a TypedDict of Playwright's own
        await self._screen.go("/desk")
        await until(self._is_live, "the page's live line")
        self.connected.set()
        self._working = asyncio.create_task(self._work())

    async def _is_live(self) -> bool:
        assert self._screen is not None
        return bool(await self._screen.page.evaluate("window.cordboard?.live ?? false"))

    async def _work(self) -> None:
        """Write a result for each talk that is over."""
        assert self._screen is not None
        written = ""
        while True:
            await asyncio.sleep(LOOK_S)
            phase, contact = await self._screen.page.evaluate(IN_HAND)
            if phase == "wrap_up" and contact != written:
                written = contact
                await asyncio.sleep(self._wrap_s)
                await self.post(f"/api/v1/desk/contacts/{contact}/disposition", {"code": "consulted"})

    async def close(self) -> None:
        if self._working is not None:
            self._working.cancel()
            with suppress(asyncio.CancelledError):
                await self._working
        if self._screen is not None:
            ahead = time.time() - time.monotonic()
            for contact, at_ms in await self._screen.page.evaluate(MARKS):
                self._glass.painted.append((self.seat.user.sip_name, contact, at_ms / 1000 - ahead))
            with suppress(Error):
                await self._screen.page.context.close()
        await super().close()


class SeenLoad(Load):
    """A load of which some operators sit before a real page."""

    def __init__(self, plan: Plan, browser: Browser, glass: Glass, pages: int) -> None:
        super().__init__(plan, lambda words: print(words, file=sys.stderr))
        self._browser, self._glass, self._pages_left = browser, glass, pages

    def operator(self, seat: Seat) -> Operator:
        if not self._pages_left:
            return super().operator(seat)
        self._pages_left -= 1
        given: tuple[Any, ...] = (self.engine.web, seat, self.tally, Random(1), self.plan.habits.wrap_up_s)
        return PageOperator(self._browser, self._glass, *given)


async def measure(*, small: bool) -> list[Row]:
    agents, rate, seconds = (SMALL_AGENTS, SMALL_RATE, SMALL_SECONDS) if small else (AGENTS, RATE, SECONDS)
    glass, kept = Glass(), list[Call]()

    def keep(calls: list[Call]) -> list[Call]:
        kept.extend(calls)
        return calls

    server = PostgresServer.start(durable=True)
    try:
        with tempfile.TemporaryDirectory(prefix="cb-painted-") as folder:
            async with server.fresh() as url, chromium(Path(folder)) as browser:
                plan = Plan(agents, rate, seconds, database_url=url, habits=HABITS)
                report = await SeenLoad(plan, browser, glass, PAGES).run(keep)
    finally:
        server.stop()
    if report.violations:
        raise RuntimeError(f"the load broke its promises: {report.violations[:3]}")
    waits = glass.waits_ms(kept)
    p99 = (spread(waits).p99 or 0.0) if waits else 0.0
    what = f"{rate:g} calls a second: the order to ring to the card painted in Chromium"
    return [
        Row(f"{what}, half within", median(waits), "ms", "150 at most", f"{len(waits)} calls at {PAGES} pages"),
        Row(f"{what}, 99 of 100 within", p99, "ms", "300 at most", f"engine at {report.engine.cpu:.2f} of a core"),
    ]


def rows(small: bool = False) -> list[Row]:
    """About five minutes; `small`, half a minute."""
    return asyncio.run(measure(small=small))


if __name__ == "__main__":
    print(table(rows("--small" in sys.argv)))
