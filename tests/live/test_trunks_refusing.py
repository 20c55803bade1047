"""Two trunks, whole: the first refuses every call with 403 before a ring, the second carries all; who calls us takes a channel."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.fakes.house import House, running_house
from tests.fakes.sipp import SippCarrier
from tests.fakes.sipp_scenarios import refuses, turns_away
from tests.fakes.wait import until
from tests.fakes.working_day import Supervisor, call_in, order, post_orders, rows

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

OURS = "7916777"
LEADS = 14


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def refusing(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SippCarrier]:
    async with SippCarrier(tmp_path_factory.mktemp("refusing"), otherwise=turns_away(403), tone_hz=None) as one:
        yield one


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def carrying(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SippCarrier]:
    busy = refuses(486, ring_ms=1_000)
    async with SippCarrier(tmp_path_factory.mktemp("carrying"), otherwise=busy, tone_hz=None) as one:
        yield one


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(
    tmp_path_factory: pytest.TempPathFactory, refusing: SippCarrier, carrying: SippCarrier
) -> AsyncIterator[House]:
    more = json.dumps({"second": {"uri": carrying.uri}})
    place = tmp_path_factory.mktemp("refused") / "house"
    async with running_house(place, trunk=refusing.uri, trunks=more, dial_ring_s="15") as one:
        yield one


async def trunk(supervisor: Supervisor, name: str) -> dict[str, Any]:
    answer = await supervisor.screen.page.request.get(f"{supervisor.screen.base}/api/v1/trunks")
    return next(one for one in await answer.json() if one["name"] == name)


async def test_a_customer_who_calls_us_takes_a_channel_of_his_trunk(
    house: House, supervisor: Supervisor, tmp_path: Path
) -> None:
    async def taken(count: int) -> bool:
        now = await trunk(supervisor, "trunk")
        return (now["by_others"], now["in_use"]) == (count, count)

    async with call_in(house, tmp_path) as caller:
        await caller.answered()
        await until(lambda: taken(1), "the caller's channel is counted")
        await supervisor.screen.go("/trunks")
        await supervisor.screen.until_shows("[data-trunk-row=trunk]", "не обзвон: 1")
        await supervisor.screen.shoot("trunks-inbound")
        await supervisor.screen.page.click("[data-lang=en]")
        await supervisor.screen.until_shows("[data-trunk-row=trunk]", "not the dialer's: 1")
        await supervisor.screen.shoot("trunks-inbound-en")
        await supervisor.screen.page.click("[data-lang=ru]")
        await supervisor.screen.until_shows("h1", "Линии связи")
    await until(lambda: taken(0), "the channel is free again")


async def test_a_trunk_that_refuses_everybody_burns_no_lead(
    house: House, refusing: SippCarrier, carrying: SippCarrier, supervisor: Supervisor
) -> None:
    knobs = {"mode": "agentless", "notice.text_ru": "Здравствуйте!", "notice.channels": 4}
    await supervisor.tell(
        "knobs", {"knobs": knobs | {"rules.rejected.max_attempts": 1, "rules.trunk_trouble.delay_s": 2}}
    )
    numbers = [f"+{OURS}{index:04}" for index in range(LEADS)]
    await post_orders(house, *(order(f"О-{number[-4:]}", number, kopecks=90_000_000) for number in numbers))
    await supervisor.tell("start")

    async def all_reached() -> bool:
        busy = await rows(house, "SELECT count(*) FROM lead WHERE phone LIKE ? AND last_outcome = 'busy'", f"+{OURS}%")
        return bool(busy[0][0] == LEADS)

    await until(all_reached, "every customer's telephone has rung", within_s=180.0, every_s=1.0)
    await supervisor.screen.go("/trunks")
    await supervisor.screen.until_shows("[data-trunk-row=trunk]", "SIP 403")
    await supervisor.screen.until_shows("[data-trunk-row=trunk]", "не соединяет")
    await supervisor.screen.shoot("trunks-refusing")
    await supervisor.tell("pause")
    ended = await rows(house, "SELECT DISTINCT trunk, outcome FROM attempt WHERE ended_at IS NOT NULL")
    assert set(ended) == {("trunk", "trunk_trouble"), ("second", "busy")}
    assert len(refusing.invites()) >= 8
    counted = await rows(house, "SELECT DISTINCT attempts, last_outcome FROM lead WHERE phone LIKE ?", f"+{OURS}%")
    assert counted == [(1, "busy")]  # one refusal would have been the end of a lead
    rung = sorted(f"+{one.number.lstrip('+')}" for one in carrying.invites() if OURS in one.number)
    assert rung == numbers
