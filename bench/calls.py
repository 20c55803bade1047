"""How long until they talk: from the agent chosen to the ring, the painted card, the talk; one real browser, calls in and out."""

import asyncio
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from statistics import median, quantiles

from playwright.async_api import Browser

from bench.table import Row, table
from tests.fakes.asterisk_tree import data_folder
from tests.fakes.browser import Screen, chromium
from tests.fakes.house import House, running_house
from tests.fakes.operator import OperatorDesk
from tests.fakes.sipp import SippCarrier
from tests.fakes.sipp_scenarios import Behaviour
from tests.fakes.working_day import Supervisor, call_in, order, post_orders
from tests.fakes.working_day import rows as select

CALLS, SMALL = 30, 3
AT_ONCE = Behaviour(ring_ms=1)
WATCH = Path(__file__).with_name("desk_watch.js")
DEAR_KOPECKS = 90_000_000  # dearer than the demo's own orders, so ours are dialed first


@dataclass(frozen=True, slots=True)
class CallIn:
    """Spans of one call in, in ms, by the one clock of this machine."""

    chosen_to_ring: float
    chosen_to_card: float
    click_to_sound: float
    click_to_talk: float

    @property
    def chosen_to_talk(self) -> float:
        """Without the time in which the operator made up their mind."""
        return self.chosen_to_ring + self.click_to_talk


async def journal_ms(house: House, event: str) -> dict[str, float]:
    """When this event last happened to each contact, in ms since 1970."""
    found = await select(
        house, "SELECT noun_id, at FROM journal WHERE noun = 'contact' AND event = ? ORDER BY id", event
    )
    return {contact: datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp() * 1000 for contact, at in found}


async def close_talk(desk: OperatorDesk, contact: str) -> None:
    """Hang up and write the result by the page's own requests, which is faster than hands."""
    address = f"{desk.screen.base}/api/v1/desk/contacts/{contact}"
    await desk.page.request.post(f"{address}/hangup")
    await desk.until_phase("wrap.*")
    answer = await desk.page.request.post(f"{address}/disposition", data={"code": "consulted"})
    if not answer.ok:
        raise RuntimeError(f"the result was refused: {answer.status}")


async def one_in(house: House, desk: OperatorDesk, folder: Path) -> tuple[str, dict[str, float]]:
    """A call in, answered as soon as it rings: its contact, and what the page saw when."""
    async with call_in(house, folder) as caller:
        await desk.until_rings()
        await desk.until_phone("ringing")
        await desk.answer()
        contact = await desk.contact()
        times: dict[str, float] = await desk.page.evaluate("window.benchTimes()")
        await close_talk(desk, contact)
        await caller.over()
    await desk.until_phase("ready")
    return contact, times


async def calls_in(house: House, desk: OperatorDesk, folder: Path, calls: int) -> tuple[list[CallIn], list[float]]:
    """The spans of each call; and from the news of the offer to the painted card, as the page itself measures it."""
    await one_in(house, desk, folder)  # the first call of a page warms everything up
    already = len(await desk.page.evaluate("window.cordboard.paintMs"))
    seen = [await one_in(house, desk, folder) for _ in range(calls)]
    paint_ms: list[float] = (await desk.page.evaluate("window.cordboard.paintMs"))[already:]
    chosen, talking = await journal_ms(house, "Offered"), await journal_ms(house, "Connected")
    return [
        CallIn(
            chosen_to_ring=page["phone ringing"] - chosen[contact],
            chosen_to_card=page["painted"] - chosen[contact],
            click_to_sound=page["phone in-call"] - page["click"],
            click_to_talk=talking[contact] - page["click"],
        )
        for contact, page in seen
    ], paint_ms


async def calls_out(house: House, browser: Browser, desk: OperatorDesk, folder: Path, calls: int) -> list[float]:
    """From the agent chosen to the talk, in ms; the page picks up by itself."""
    orders = [
        order(f"B-{index}", f"+7916555{index:04d}", kopecks=DEAR_KOPECKS, age=timedelta(minutes=index))
        for index in range(calls + 1)
    ]
    await post_orders(house, *orders)
    before = set(await journal_ms(house, "Offered"))
    supervisor = await Supervisor.at_work(house, await Screen.open(browser, house.endpoints.web, folder))
    await supervisor.tell("start")
    for number in count(1):
        await desk.until_talks(within_s=30.0)
        if number > calls:
            await supervisor.tell("pause")
        await close_talk(desk, await desk.contact())
        if number > calls:
            break
    chosen, talking = await journal_ms(house, "Offered"), await journal_ms(house, "Connected")
    spans = [talking[contact] - chosen[contact] for contact in chosen if contact not in before]
    return spans[1:]


async def measure(calls: int) -> tuple[list[CallIn], list[float], list[float]]:
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(data_folder())
        carrier = await stack.enter_async_context(SippCarrier(folder, otherwise=AT_ONCE, tone_hz=None))
        house = await stack.enter_async_context(running_house(folder / "house", trunk=carrier.uri))
        browser = await stack.enter_async_context(chromium(folder))
        desk = OperatorDesk(await Screen.open(browser, house.endpoints.web, folder))
        await desk.sit_down(house.login("operator"))
        await desk.go_ready()
        await desk.page.evaluate(WATCH.read_text())
        spans, paint_ms = await calls_in(house, desk, folder, calls)
        return spans, paint_ms, await calls_out(house, browser, desk, folder, calls)


def _row(what: str, spans: list[float], aim: str = "") -> Row:
    nine = quantiles(spans, n=10, method="inclusive")[8] if len(spans) > 1 else spans[0]
    return Row(what, median(spans), "ms", aim, f"median of {len(spans)}, nine of ten under {nine:.0f}")


def rows(small: bool = False) -> list[Row]:
    """About three minutes; `small`, half a minute."""
    inward, paint_ms, outward = asyncio.run(measure(SMALL if small else CALLS))
    return [
        _row("call in: agent chosen to in talk, without the operator's own delay", [c.chosen_to_talk for c in inward]),
        _row("call in: agent chosen to ringing in the browser", [c.chosen_to_ring for c in inward]),
        _row("call in: agent chosen to card painted", [c.chosen_to_card for c in inward]),
        _row("call in: the page hears of the ring, to card painted", paint_ms),
        _row("call in: click on Answer to picked up in the browser", [c.click_to_sound for c in inward]),
        _row("call in: click on Answer to in talk", [c.click_to_talk for c in inward]),
        _row("call out: agent chosen to in talk", outward),
    ]


if __name__ == "__main__":
    print(table(rows("--small" in sys.argv)))
