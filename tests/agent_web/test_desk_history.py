"""The pop before the answer: what of a long history the desk shows, to whom, and what any text looks like there."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from cordboard.agent_web.desk_pages import HISTORY_PAGE
from cordboard.queue.contact import Contact
from cordboard.shop.customer_change import CustomerEdit
from cordboard.storage.database import Database
from tests.fakes.desk_house import DeskHouse
from tests.fakes.hours import HandClock

NOTES = 55
OLDER = re.compile(r'data-older="([^"]+)"')


@pytest.fixture
async def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def house(sqlite_database: Database, tmp_path: Path, clock: HandClock) -> AsyncIterator[DeskHouse]:
    house = DeskHouse(sqlite_database, clock, tmp_path)
    await house.open()
    order = await house.order()
    async with sqlite_database.together():
        for number in range(NOTES):
            clock.move(seconds=1)
            await house.shop.add_note(order.customer_id, f"заметка-{number:02}.", None)
    yield house
    await house.desk.settle()


async def offered(house: DeskHouse) -> Contact:
    contact = await house.call_in()
    await house.desk.settle()
    found = house.desk.contact(contact.id)
    assert found is not None
    return found


async def test_a_page_of_history_and_more_of_it_on_asking(house: DeskHouse) -> None:
    user = await house.at_work()
    contact = await offered(house)
    async with house.page(user) as page:
        shown = (await page.get("/desk")).text
        assert "№ 48213" in shown  # before the answer
        assert shown.count("заметка-") == HISTORY_PAGE
        [before] = OLDER.findall(shown)
        query = {"contact": contact.id, "before": before}
        more = (await page.get("/desk/history", params=query)).text
        assert more.count("заметка-") == NOTES - HISTORY_PAGE
        assert "Заказ № 48213" in more
        assert OLDER.findall(more) == []
        assert not set(re.findall(r"заметка-\d+", shown)) & set(re.findall(r"заметка-\d+", more))
        assert (await page.get("/desk/history", params={**query, "before": "вчера"})).status_code == 422


async def test_only_whom_it_is_offered_to_sees_it(house: DeskHouse, clock: HandClock) -> None:
    await house.at_work()
    contact = await offered(house)
    other = await house.operator("Борис", "boris")
    async with house.page(other) as page:
        assert "48213" not in (await page.get("/desk")).text
        query = {"contact": contact.id, "before": (clock.now() + timedelta(hours=1)).isoformat()}
        assert (await page.get("/desk/history", params=query)).status_code == 404
        assert (await page.get("/desk/history", params={**query, "contact": "none"})).status_code == 404


async def test_any_text_is_shown_as_text(house: DeskHouse) -> None:
    nasty = "</textarea><script>alert(1)</script>\"' \u202eהנא 👩‍👩‍👧"
    user = await house.at_work()
    order = await house.order()
    await house.shop.book.edit(order.customer_id, CustomerEdit(name=nasty[:200], city=nasty[:100], note=nasty), None, 1)
    await offered(house)
    async with house.page(user) as page:
        shown = (await page.get("/desk")).text
        assert "<script>alert" not in shown
        assert "&lt;script&gt;alert(1)" in shown
