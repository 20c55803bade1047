"""Three trunks, whole: nobody at the first, the second refuses every call, the third carries all, no faster and no more than it may."""

import json
import re
import socket
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
import pytest_asyncio

from tests.fakes.browser import Screen
from tests.fakes.house import House, running_house
from tests.fakes.sipp import SippCarrier
from tests.fakes.sipp_scenarios import refuses
from tests.fakes.wait import until
from tests.fakes.working_day import Supervisor, order, post_orders, rows

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

OURS = "7916888"
LEADS = 24
CHANNELS, PER_SECOND = 3, 2
POOL = ("+78121110001", "+79161110001")
RING_MS = 2_500
SOON = {f"rules.{outcome}.delay_s": 2 for outcome in ("congestion", "trunk_trouble")}


def closed_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def refusing(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SippCarrier]:
    async with SippCarrier(tmp_path_factory.mktemp("refusing"), otherwise=refuses(503), tone_hz=None) as one:
        yield one


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def carrying(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SippCarrier]:
    """Everybody's telephone rings for a while and is then busy."""
    busy = refuses(486, ring_ms=RING_MS)
    async with SippCarrier(tmp_path_factory.mktemp("carrying"), otherwise=busy, tone_hz=None) as one:
        yield one


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(
    tmp_path_factory: pytest.TempPathFactory, refusing: SippCarrier, carrying: SippCarrier
) -> AsyncIterator[House]:
    more = json.dumps({"second": {"uri": refusing.uri}, "third": {"uri": carrying.uri}})
    place = tmp_path_factory.mktemp("trunks") / "house"
    async with running_house(place, trunk=f"sip:127.0.0.1:{closed_port()}", trunks=more, dial_ring_s="15") as one:
        yield one


async def set_trunk(supervisor: Supervisor, name: str, knobs: dict[str, object]) -> None:
    address = f"{supervisor.screen.base}/api/v1/trunks/{name}"
    answer = await supervisor.screen.page.request.patch(address, data=knobs)
    assert answer.ok, await answer.text()


def most_at_once(carrier: SippCarrier) -> int:
    """Channels at the carrier: from an INVITE to its final answer."""
    steps: list[tuple[datetime, int]] = []
    over: set[str] = set()
    for invite in carrier.invites():
        steps.append((invite.moment, 1))
    for one in carrier.sipp.messages():
        if one.sent and one.method == "INVITE" and one.code >= 200 and one.call_id not in over:
            over.add(one.call_id)
            steps.append((datetime.fromisoformat(one.at).astimezone(), -1))
    most = now = 0
    for _at, step in sorted(steps):
        now += step
        most = max(most, now)
    return most


def most_within(moments: Sequence[datetime], span: timedelta) -> int:
    return max(sum(first <= each < first + span for each in moments) for first in moments)


async def test_dead_trunks_are_left_and_the_sound_one_is_not_overrun(
    house: House, refusing: SippCarrier, carrying: SippCarrier, supervisor: Supervisor
) -> None:
    await set_trunk(supervisor, "third", {"channels": CHANNELS, "per_second": PER_SECOND, "caller_ids": list(POOL)})
    await supervisor.tell(
        "knobs", {"knobs": {"mode": "agentless", "notice.text_ru": "Здравствуйте!", "notice.channels": 12} | SOON}
    )
    numbers = [f"+{OURS}{index:04}" for index in range(LEADS)]
    await post_orders(house, *(order(f"Т-{number[-4:]}", number, kopecks=90_000_000) for number in numbers))
    await supervisor.tell("start")

    async def all_reached() -> bool:
        busy = await rows(house, "SELECT count(*) FROM lead WHERE phone LIKE ? AND last_outcome = 'busy'", f"+{OURS}%")
        return bool(busy[0][0] == LEADS)

    await supervisor.screen.go("/trunks")
    await until(lambda: len(carrying.invites()) >= 5, "calls by the third trunk", within_s=120.0)
    await supervisor.screen.until_shows("[data-trunk-row=second]", "SIP 503")
    await supervisor.screen.until_shows("[data-trunk-row=third]", re.compile("[123] из 3"))
    await supervisor.screen.shoot("trunks")
    await until(all_reached, "every customer's telephone has rung", within_s=180.0, every_s=1.0)
    await supervisor.tell("pause")

    ended = await rows(house, "SELECT trunk, outcome, caller_id FROM attempt WHERE ended_at IS NOT NULL")
    assert {outcome for trunk, outcome, _shown in ended if trunk == "trunk"} <= {"trunk_trouble", "congestion"}
    assert {outcome for trunk, outcome, _shown in ended if trunk == "second"} == {"congestion"}
    assert {outcome for trunk, outcome, _shown in ended if trunk == "third"} == {"busy"}
    assert {shown for trunk, _outcome, shown in ended if trunk == "third"} <= set(POOL)
    counted = await rows(house, "SELECT DISTINCT attempts, last_outcome FROM lead WHERE phone LIKE ?", f"+{OURS}%")
    assert counted == [(1, "busy")]  # what the dead trunks did is nobody's attempt, and nobody's "no answer"

    invites = carrying.invites()
    assert sorted(f"+{one.number.lstrip('+')}" for one in invites if OURS in one.number) == numbers  # each rang once
    shown = {number for one in invites for number in POOL if number.lstrip("+") in one.caller}
    assert all(any(number.lstrip("+") in one.caller for number in POOL) for one in invites)
    assert shown == {"+79161110001"}  # of the pool, the one of their own country and code
    assert most_at_once(carrying) <= CHANNELS
    # Free channels would let three out at once. By our own book: a busy machine hands one over late, and the next seems to come early.
    ours = await rows(house, "SELECT intent_at FROM attempt WHERE trunk = 'third'")
    assert len(ours) == len(numbers)
    assert most_within([datetime.fromisoformat(at) for (at,) in ours], timedelta(seconds=0.9)) <= PER_SECOND
    # Three in a row pull the brake; from then on single calls feel the way, further and further apart.
    tries = [one.moment for one in refusing.invites()]
    assert len(tries) >= 3
    assert all(later - earlier >= timedelta(seconds=4) for earlier, later in pairwise(tries[12:]))


async def test_the_supervisor_sees_and_sets_them(house: House, supervisor: Supervisor) -> None:
    screen: Screen = supervisor.screen
    await screen.go("/trunks")
    await screen.page.fill("#c-second", "0")
    await screen.page.click("#save-second")
    await screen.until_shows("#e-channels-second", "от 1 до 5000")
    await screen.page.fill("#c-second", "7")
    await screen.page.fill("#n-second", "+7 495")
    await screen.page.click("#save-second")
    await screen.until_shows("#e-caller_ids-second", "Каждый номер")
    await screen.page.fill("#n-second", "+74951110001\n+74951110002")
    await screen.page.click("#save-second")
    await screen.until_shows("[data-part=trunk-log]", "+74951110001, +74951110002")
    await screen.until_shows("[data-trunk-row=second]", "из 7")
    await screen.shoot("trunks-set")
    revert = screen.page.locator("[data-revert]", has_text="Вернуть").first
    before = await screen.page.locator("[data-part=trunk-log] li").count()
    await revert.click()

    async def logged() -> bool:
        return await screen.page.locator("[data-part=trunk-log] li").count() == before + 1

    await until(logged, "the change put back stands in the log")
    changes = await rows(house, "SELECT trunk, field FROM trunk_change ORDER BY at DESC LIMIT 1")
    assert changes[0][0] == "second"
    await screen.go(f"/campaigns/{supervisor.campaign_id}")
    await screen.until_shows("[data-part=side]", "Линия third")
    # The part may be painted anew at any moment: the page's own script finds and scrolls in one step.
    await screen.page.evaluate("document.querySelector('[data-trunk=third]').scrollIntoView()")
    await screen.shoot("trunks-campaign")
    await screen.go("/trunks")
    await screen.page.click("[data-lang=en]")
    await screen.until_shows("h1", "Trunks")
    await screen.shoot("trunks-en")
