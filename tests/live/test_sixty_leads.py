"""Sixty leads through a carrier where people answer, are busy, are away or refuse, and that is dead for a while.

The campaign tells a message without an operator, so that as many calls fly at once as it has channels. The hours are the
real ones, nine to nine; where customers live is chosen so that some have noon and some night.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import pytest_asyncio
import soundfile

from tests.fakes.house import House, running_house
from tests.fakes.sip_trace import SipMessage
from tests.fakes.sipp import Invite, SippCarrier
from tests.fakes.sipp_scenarios import NO_ANSWER, Behaviour, refuses
from tests.fakes.wait import until
from tests.fakes.working_day import Supervisor, order, post_orders, rows

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

OURS = "7916444"
CHANNELS, FEW = 8, 3
BEFORE = 20
"""So many are dialed before the carrier dies: nobody among them rings for long."""
AT_ONCE = timedelta(seconds=5)
TROUBLE = {"congestion", "trunk_trouble"}


@dataclass(frozen=True, slots=True)
class Kind:
    """Leads whose telephones do the same: the code of their numbers, what the carrier does, how their attempts end. `since`: behind
    which share of all leads they begin."""

    code: str
    many: int
    behaviour: Behaviour
    outcome: str
    since: float = 0.0


KINDS = (
    Kind("01", 15, Behaviour(ring_ms=100, talk_ms=800), "person"),
    Kind("02", 6, refuses(486), "busy"),
    Kind("03", 2, refuses(600), "busy"),
    Kind("04", 4, NO_ANSWER, "no_answer", since=0.55),
    Kind("05", 4, refuses(480), "no_answer"),
    Kind("06", 4, refuses(403), "rejected"),
    Kind("07", 4, refuses(603), "rejected"),
    Kind("08", 4, refuses(404), "invalid"),
    Kind("09", 2, refuses(484), "invalid"),
    Kind("10", 2, refuses(410), "invalid"),
    Kind("11", 2, refuses(503), "congestion"),
    Kind("12", 1, refuses(500), "trunk_trouble", since=0.3),
    Kind("13", 1, refuses(504), "trunk_trouble", since=0.7),
)
NIGHT, UNWANTED, ALL = 8, 1, 60
NIGHT, UNWANTED, ALL = 8, 1, 60
PLAN = [(rf"\+*{OURS}{kind.code}..", kind.behaviour) for kind in KINDS]


def zone_where_it_is(hour: int, now: datetime) -> str:
    """A zone where this hour of the day has begun now."""
    ahead = (hour - now.hour + 11) % 24 - 11
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/UTC"


@dataclass(frozen=True, slots=True)
class Planned:
    """A lead of this story, and how the attempts to reach it are to end."""

    number: str
    kopecks: int
    age: timedelta
    zone: str
    outcome: str = ""


def callable_ones(noon: str) -> list[Planned]:
    """In the order in which they are to be dialed, the kinds mixed evenly: three troubles in a row would pass for a dead trunk."""
    mixed = sorted(
        (kind.since + (1 - kind.since) * (index + 0.5) / kind.many, kind.code, index, kind.outcome)
        for kind in KINDS
        for index in range(kind.many)
    )
    return [
        Planned(f"+{OURS}{code}{index:02d}", *worth(place), noon, outcome)
        for place, (_share, code, index, outcome) in enumerate(mixed)
    ]


def worth(place: int) -> tuple[int, timedelta]:
    """Sum and age that make 600 points less 4 for each place, by a point a thousand roubles and half a point off an hour; by the sums
    or the ages alone the order would be another."""
    hours = (place * 11) % 30
    return 60_000_000 - 400_000 * place + 50_000 * hours, timedelta(hours=hours)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def carrier(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SippCarrier]:
    async with SippCarrier(tmp_path_factory.mktemp("carrier"), PLAN, otherwise=refuses(486), tone_hz=None) as one:
        yield one


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory, carrier: SippCarrier) -> AsyncIterator[House]:
    place = tmp_path_factory.mktemp("sixty") / "house"
    async with running_house(place, trunk=carrier.uri, dial_ring_s="15", calling_hours="09:00-21:00") as one:
        await asyncio.to_thread(record_a_message, one)
        yield one


def record_a_message(house: House) -> None:
    """The site's own recording: nothing has to be spoken for each of the sixty."""
    path = house.data / "prompts/ru/hello.wav"
    path.parent.mkdir(parents=True, exist_ok=True)
    hum = (3000 * np.sin(np.arange(8000) / 8000 * 2 * np.pi * 440)).astype(np.int16)
    soundfile.write(str(path), hum, 8000)


def calls_to_us(carrier: SippCarrier) -> list[Invite]:
    """Without the last copies of INVITEs that were sent into the dead trunk: SIP repeats them for half a minute, whoever gave up the call
    meanwhile, and takes them back as soon as anybody answers."""
    ours = [invite for invite in carrier.invites() if invite.number.lstrip("+").startswith(OURS)]
    words: dict[str, list[SipMessage]] = {}
    for message in carrier.sipp.messages():
        words.setdefault(message.call_id, []).append(message)
    return [invite for invite in ours if not was_taken_back(invite, words[invite.call_id])]


def was_taken_back(invite: Invite, words: Sequence[SipMessage]) -> bool:
    """Cancelled at the first word of the other side."""
    cancels = [datetime.fromisoformat(one.at).astimezone() for one in words if one.start.startswith("CANCEL ")]
    return bool(cancels) and cancels[0] - invite.moment < AT_ONCE


def most_at_once(spans: Sequence[tuple[datetime, datetime]]) -> int:
    """How many of these lasted at the same moment, ends not counted."""
    return max(sum(begun <= at < over for begun, over in spans) for at, _over in spans)


def lines_of(carrier: SippCarrier) -> list[tuple[datetime, datetime]]:
    """From the first to the last word of each call, as the carrier heard it."""
    words: dict[str, list[datetime]] = {}
    for message in carrier.sipp.messages():
        words.setdefault(message.call_id, []).append(datetime.fromisoformat(message.at).astimezone())
    return [(min(said), max(said)) for said in words.values()]


async def attempts(house: House, which: str = OURS) -> list[dict[str, Any]]:
    found = await rows(
        house,
        "SELECT number, outcome, intent_at, ended_at FROM attempt WHERE number LIKE ? ORDER BY intent_at",
        f"%{which}%",
    )
    return [
        {"number": number, "outcome": outcome, "begun": _instant(begun), "over": _instant(over or begun)}
        for number, outcome, begun, over in found
    ]


def _instant(text: str) -> datetime:
    """As SQLite keeps it."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


async def why(house: House, supervisor: Supervisor, number: str) -> list[dict[str, Any]]:
    """What keeps the lead of this number, as the supervisor is told."""
    ((lead_id,),) = await rows(house, "SELECT id FROM lead WHERE phone = ?", number)
    path = f"{supervisor.screen.base}/api/v1/campaigns/{supervisor.campaign_id}/leads/{lead_id}/why"
    answer = await supervisor.screen.page.request.get(path)
    assert answer.ok, await answer.text()
    waits: list[dict[str, Any]] = (await answer.json())["waits"]
    return waits


async def none_flies(house: House) -> bool:
    return await rows(house, "SELECT count(*) FROM attempt WHERE ended_at IS NULL") == [(0,)]


async def test_sixty_leads_end_as_the_carrier_ended_them_in_order_in_hours_and_within_the_lines(
    house: House, carrier: SippCarrier, supervisor: Supervisor
) -> None:
    now = datetime.now(UTC)
    noon, night = zone_where_it_is(12, now), zone_where_it_is(1, now)
    leads = callable_ones(noon)
    asleep = [Planned(f"+{OURS}90{n:02d}", 99_000_000 + n, timedelta(0), night) for n in range(NIGHT)]
    unwanted = [Planned(f"+{OURS}91{n:02d}", 98_000_000 + n, timedelta(0), noon) for n in range(UNWANTED)]
    everybody = [*leads, *asleep, *unwanted]
    assert len(everybody) == ALL
    answer = await supervisor.screen.page.request.post(
        f"{supervisor.screen.base}/api/v1/do-not-call", data={"kind": "number", "value": unwanted[0].number}
    )
    assert answer.ok, await answer.text()
    await supervisor.tell("weights", {"weights": {"order_sum": 1.0, "age": -0.5, "attempts": 0.0}})
    knobs = {"mode": "agentless", "notice.recording": "hello", "notice.channels": CHANNELS, "limits.gap_s": 0}
    await supervisor.tell("knobs", {"knobs": {**knobs, **after_trouble(delay_s=3600)}})
    backwards = sorted(everybody, key=lambda lead: lead.number)
    await post_orders(
        house,
        *(
            order(f"Ш-{one.number[-4:]}", one.number, kopecks=one.kopecks, age=one.age, zone=one.zone)
            for one in backwards
        ),
    )

    # Twenty of them, while the carrier is well.
    assert [wait["reason"] for wait in await why(house, supervisor, leads[0].number)] == ["paused"]
    await supervisor.tell("start")
    await until(lambda: len(calls_to_us(carrier)) >= BEFORE, "the first twenty", within_s=30.0, every_s=0.02)
    await supervisor.tell("pause")
    await until(lambda: none_flies(house), "the end of the first calls", within_s=20.0)
    first = len(await attempts(house))
    busy = next(lead for lead in leads if lead.outcome == "busy")
    assert (await why(house, supervisor, busy.number))[0]["reason"] == "retry_at"

    # The carrier is dead: a few feel it, nobody is blamed for it, and all others wait for the trunk.
    await carrier.go_dead()
    dead_from = datetime.now(UTC)
    await supervisor.tell("knobs", {"knobs": {**after_trouble(delay_s=5), "notice.channels": FEW}})
    await supervisor.tell("start")

    async def braked() -> list[dict[str, Any]] | None:
        told = await why(house, supervisor, leads[-1].number)
        return told if [wait["reason"] for wait in told] == ["trunk"] else None

    told = await until(braked, "a lead that waits for the trunk", within_s=40.0, every_s=0.2)
    assert told[0]["until"] is not None
    await carrier.come_back()
    alive_from = datetime.now(UTC)
    await supervisor.tell("knobs", {"knobs": {"notice.channels": CHANNELS}})

    # The rest, until everybody has been called.
    wanted = {lead.number for lead in leads}

    async def all_called() -> bool:
        seen = {f"+{invite.number.lstrip('+')}" for invite in calls_to_us(carrier)}
        return seen >= wanted and {each["number"] for each in await attempts(house) if each["outcome"]} >= wanted

    await until(all_called, "an end for each of them", within_s=90.0, every_s=0.2)
    kept = {one.number: await why(house, supervisor, one.number) for one in (*asleep, *unwanted)}
    await supervisor.tell("pause")
    await until(lambda: none_flies(house), "the end of the last calls", within_s=30.0)

    made, calls = await attempts(house), calls_to_us(carrier)
    felt = check_outcomes(leads, made, calls, dead_from)
    assert BEFORE <= first < BEFORE + CHANNELS
    assert max(one["begun"] for one in felt) < alive_from
    reached = {invite.call_id for invite in calls}
    late = {invite.number.lstrip("+") for invite in carrier.invites() if invite.call_id not in reached}
    assert {number for number in late if number.startswith(OURS)} <= {one["number"].lstrip("+") for one in felt}
    check_order([lead.number for lead in leads], made, calls, {one["number"] for one in felt})
    check_hours(wanted, noon, calls)
    assert most_at_once(lines_of(carrier)) <= CHANNELS
    every = await attempts(house, "")
    assert most_at_once([(each["begun"], each["over"]) for each in every]) <= CHANNELS
    check_why(kept, night, unwanted[0].number)


def after_trouble(delay_s: int) -> dict[str, Any]:
    """What follows when the trunk could not carry a call: three tries, so far apart."""
    rule = {"delay_s": delay_s, "counts": True, "max_attempts": 3}
    return {f"rules.{outcome}.{name}": value for outcome in sorted(TROUBLE) for name, value in rule.items()}


def check_outcomes(
    leads: Sequence[Planned], made: Sequence[dict[str, Any]], calls: Sequence[Invite], dead_from: datetime
) -> list[dict[str, Any]]:
    """Each attempt ended as its lead's telephone does, but for those that met a dead carrier: these are returned. One INVITE an attempt."""
    felt: list[dict[str, Any]] = []
    for lead in leads:
        mine = [each for each in made if each["number"] == lead.number]
        rang = sum(f"+{invite.number.lstrip('+')}" == lead.number for invite in calls)
        lost, reached = mine[: len(mine) - rang], mine[len(mine) - rang :]
        assert len(mine) >= rang >= 1, lead.number
        assert {each["outcome"] for each in reached} == {lead.outcome}, lead.number
        assert {each["outcome"] for each in lost} <= TROUBLE, lead.number
        assert all(each["begun"] >= dead_from for each in lost), lead.number
        felt += lost
    assert FEW <= len(felt) <= 2 * FEW, "a dead trunk was tried by a few calls"
    return felt


def check_order(wanted: Sequence[str], made: Sequence[dict[str, Any]], calls: Sequence[Invite], felt: set[str]) -> None:
    """First attempts were begun strictly by priority; their INVITEs came in that order, but for those that left at the same moment."""
    assert list(dict.fromkeys(each["number"] for each in made)) == list(wanted)
    came = list(dict.fromkeys(f"+{invite.number.lstrip('+')}" for invite in calls))
    due, seen = [one for one in wanted if one not in felt], [one for one in came if one not in felt]
    assert sorted(seen) == sorted(due)
    assert max(abs(due.index(one) - place) for place, one in enumerate(seen)) < CHANNELS
    begun = {each["number"]: each["begun"] for each in reversed(made)}
    for earlier, later in zip(seen, seen[1:], strict=False):
        assert due.index(earlier) < due.index(later) or begun[earlier] - begun[later] < timedelta(seconds=1)


def check_hours(wanted: set[str], zone: str, calls: Sequence[Invite]) -> None:
    """Only those were called whose day it is, between nine and nine of their own clocks."""
    assert {f"+{invite.number.lstrip('+')}" for invite in calls} == wanted
    assert all(time(9) <= invite.moment.astimezone(ZoneInfo(zone)).time() < time(21) for invite in calls)


def check_why(kept: dict[str, list[dict[str, Any]]], night: str, unwanted: str) -> None:
    """Who sleeps is told to be called at nine; who wants no call is told to be on the list."""
    assert [wait["reason"] for wait in kept.pop(unwanted)] == ["do_not_call"]
    assert len(kept) == NIGHT
    for waits in kept.values():
        assert waits[0]["reason"] == "hours"
        opens = datetime.fromisoformat(waits[0]["until"]).astimezone(ZoneInfo(night))
        assert (opens.time(), opens.date()) == (time(9), datetime.now(ZoneInfo(night)).date())
