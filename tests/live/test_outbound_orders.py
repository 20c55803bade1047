"""Orders out, whole: the shop posts, the dialer calls a SIPp carrier, an operator in Chromium talks to whoever answers."""

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from tests.fakes.house import House, running_house
from tests.fakes.sipp import Invite, SippCaller, SippCarrier
from tests.fakes.sipp_scenarios import NO_ANSWER, Behaviour, refuses
from tests.fakes.wait import until
from tests.fakes.working_day import Seat, Supervisor, order, post_orders, rows

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

OURS = "7916555"  # the numbers of these stories; the demo's own customers are told "busy"
RINGS_UNTIL_TOLD_THEN_BUSY = Behaviour(code=486, ring_ms=None)
PLAN = [
    (rf"\+*{OURS}01..", RINGS_UNTIL_TOLD_THEN_BUSY),
    (rf"\+*{OURS}02..", Behaviour(ring_ms=300)),
    (rf"\+*{OURS}0301", refuses(486)),
    (rf"\+*{OURS}0302", NO_ANSWER),
    (rf"\+*{OURS}0303", refuses(404)),
    (rf"\+*{OURS}0304", refuses(603)),
    (rf"\+*{OURS}0305", refuses(503)),
    (rf"\+*{OURS}0306", refuses(502)),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def carrier(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SippCarrier]:
    async with SippCarrier(tmp_path_factory.mktemp("carrier"), PLAN, otherwise=refuses(486)) as one:
        yield one


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory, carrier: SippCarrier) -> AsyncIterator[House]:
    place = tmp_path_factory.mktemp("outbound") / "house"
    async with running_house(place, trunk=carrier.uri, dial_ring_s="15") as one:
        yield one


def calls_to(carrier: SippCarrier, prefix: str) -> list[Invite]:
    """The calls to numbers that begin so, in the order in which the carrier saw them."""
    return [invite for invite in carrier.invites() if invite.number.lstrip("+").startswith(prefix.lstrip("+"))]


async def called(carrier: SippCarrier, prefix: str, count: int, within_s: float = 60.0) -> list[Invite]:
    def enough() -> list[Invite] | None:
        found = calls_to(carrier, prefix)
        return found if len(found) >= count else None

    return await until(enough, f"call {count} to {prefix}", within_s=within_s)


def points(kopecks: int, age: timedelta, order_sum: float, per_hour: float) -> float:
    """The rule as the supervisor reads it: points a thousand roubles, points an hour."""
    return kopecks / 100_000 * order_sum + age.total_seconds() / 3600 * per_hour


async def test_orders_are_dialed_by_priority_and_by_new_weights_at_once(
    house: House, carrier: SippCarrier, supervisor: Supervisor, seat: Seat
) -> None:
    # Sums and ages go different ways, so that each rule has its own order; all are dearer than the demo's own.
    worth = {
        f"+{OURS}01{index:02d}": (
            50_000_000 + 700_000 * ((index * 7) % 10),
            timedelta(hours=3 * ((index * 3) % 10) + 1),
        )
        for index in range(10)
    }
    numbers = list(worth)
    random.Random(20261121).shuffle(numbers)
    bodies = [
        order(f"П-{number[-2:]}", number, name=f"Клиент {number[-2:]}", kopecks=worth[number][0], age=worth[number][1])
        for number in numbers
    ]
    await post_orders(house, *bodies)
    await supervisor.tell("weights", {"weights": {"order_sum": 1.0, "age": -0.5, "attempts": -500.0}})
    await supervisor.tell("start")
    await seat()

    first_rule = sorted(numbers, key=lambda number: -points(*worth[number], 1.0, -0.5))
    for count in range(1, 5):
        invites = await called(carrier, f"{OURS}01", count)
        carrier.tell(invites[-1])
    await called(carrier, f"{OURS}01", 5)
    # The fifth rings: from now on the oldest come first.
    await supervisor.tell("weights", {"weights": {"order_sum": 0.1, "age": 50.0}})
    rest = sorted(first_rule[5:], key=lambda number: -points(*worth[number], 0.1, 50.0))
    for count in range(5, 11):
        invites = await called(carrier, f"{OURS}01", count)
        carrier.tell(invites[-1])

    dialed = [f"+{invite.number.lstrip('+')}" for invite in calls_to(carrier, f"{OURS}01")[:10]]
    assert dialed == [*first_rule[:5], *rest]
    assert dialed != first_rule


async def test_a_customer_answers_and_a_promised_callback_is_dialed_at_its_minute_once(
    house: House, carrier: SippCarrier, supervisor: Supervisor, seat: Seat
) -> None:
    number, zone = f"+{OURS}0201", ZoneInfo("Asia/Yekaterinburg")
    await post_orders(house, order("П-201", number, name="Пётр Орлов", kopecks=90_000_000, zone=str(zone)))
    desk = await seat()
    await supervisor.tell("start")
    invite = await carrier.until_in_talk(number, within_s=60.0)
    await supervisor.tell("pause")
    await desk.until_talks()
    await desk.screen.until_shows("[data-pane=main]", "Пётр Орлов")
    await desk.screen.until_shows("[data-pane=main]", "П-201")
    await desk.screen.until_hears(700.0)
    await until(lambda: carrier.hears(invite).is_tone(440.0), "the operator's voice at the customer called")
    await desk.screen.shoot("outbound-talking")
    await desk.hang_up()
    await desk.until_phase("wrap.*")

    # "Call me at ..." in the customer's own time: the next whole minute that is not too near to be written.
    at = (datetime.now(UTC) + timedelta(seconds=75)).replace(second=0, microsecond=0)
    await desk.promise_callback(at.astimezone(zone))
    await desk.until_phase("ready|dialing")
    await supervisor.tell("start")
    second = await called(carrier, number, 2, within_s=180.0)
    assert at <= second[1].moment < at + timedelta(minutes=1)
    await desk.until_talks()
    await desk.hang_up()
    await desk.until_phase("wrap.*")
    await desk.write_result("confirmed")

    # Once: another order goes out after it, and the promised one has not been dialed again.
    await post_orders(house, order("П-202", f"+{OURS}0202", kopecks=90_000_000))
    await called(carrier, f"{OURS}0202", 1)
    assert len(calls_to(carrier, number)) == 2
    await desk.until_talks()
    await desk.finish("confirmed")


async def test_what_did_not_come_to_a_talk_is_told_apart(
    house: House, carrier: SippCarrier, supervisor: Supervisor, seat: Seat
) -> None:
    wanted = {"0301": "busy", "0302": "no_answer", "0303": "invalid", "0304": "rejected", "0305": "congestion"}
    wanted["0306"] = "trunk_trouble"
    bodies = [
        order(f"П-{end}", f"+{OURS}{end}", name=f"Клиент {end}", kopecks=80_000_000 - 1_000_000 * index)
        for index, end in enumerate(wanted)
    ]
    await post_orders(house, *bodies)
    await seat()
    await supervisor.tell("start")

    async def outcomes() -> dict[str, str] | None:
        found = await rows(
            house,
            "SELECT number, outcome FROM attempt WHERE number LIKE ? AND outcome IS NOT NULL ORDER BY intent_at",
            f"%{OURS}03%",
        )
        first = {str(number)[-4:]: str(outcome) for number, outcome in reversed(found)}
        return first if len(first) == len(wanted) else None

    assert await until(outcomes, "an outcome for each attempt", within_s=120.0) == wanted
    # One INVITE an attempt: nothing was sent twice.
    attempts = await rows(house, "SELECT count(*) FROM attempt WHERE number LIKE ?", f"%{OURS}03%")
    assert attempts[0][0] == len(calls_to(carrier, f"{OURS}03"))


@pytest.mark.parametrize(
    "number", ["900", "nobody", "100%26PJSIP%2F900%40trunk", "1%24%7BSHELL(id)%7D", "%250d%250aAction"]
)
async def test_a_caller_reaches_no_number_but_ours(
    number: str, house: House, carrier: SippCarrier, tmp_path: Path
) -> None:
    before = len(carrier.invites())
    async with SippCaller(tmp_path, house.endpoints.sip, number, name="%0d%0aX-Evil: 1") as caller:
        assert await caller.refused() in {400, 403, 404, 484}
        await caller.over()
    assert len(carrier.invites()) == before


async def test_what_is_no_sip_at_all_comes_to_nothing(house: House, carrier: SippCarrier, tmp_path: Path) -> None:
    """Asterisk drops such an INVITE without a word; a proper one, sent after it, shows that it has been read by then."""
    before, contacts = len(carrier.invites()), await rows(house, "SELECT count(*) FROM contact")
    for number in ("100&PJSIP/900@trunk", "1${SHELL(id)}", "%0d%0aAction: Command"):
        async with SippCaller(tmp_path, house.endpoints.sip, number) as strange:
            await strange.sipp.until_said("^INVITE ", sent=True)
            async with SippCaller(tmp_path, house.endpoints.sip, "nobody") as proper:
                await proper.refused()
            assert strange.final_code == 0 or strange.final_code >= 400
    assert len(carrier.invites()) == before
    assert await rows(house, "SELECT count(*) FROM contact") == contacts
