"""Pauses with limits: how much of a day one kind has taken, and what the one that goes on may still take."""

from datetime import UTC, datetime, timedelta

import pytest

from cordboard.queue.agent import AgentState
from cordboard.queue.pauses import Allowance, PauseMoment, allowance, earlier_s
from cordboard.queue.setup import PauseCode, QueueSetup
from cordboard.reports.pauses_today import PausesToday
from tests.fakes.small_desk import House

NINE = datetime(2026, 11, 29, 9, tzinfo=UTC)
PAUSED, READY, BUSY = AgentState.PAUSED, AgentState.READY, AgentState.BUSY


def at(minute: float) -> datetime:
    return NINE + timedelta(minutes=minute)


def moment(minute: float, state: AgentState, code: str | None = None) -> PauseMoment:
    return PauseMoment(at(minute), "maria", state, code)


DAY = [
    moment(0, READY),
    moment(10, PAUSED, "rest"),
    moment(12, PAUSED),  # her page was loaded again: the pause goes on
    moment(15, READY),  # 5 minutes
    moment(20, BUSY, "rest"),  # chosen in mid-talk
    moment(30, PAUSED),  # and it begins when the hands are free
    moment(33, PAUSED, "lunch"),  # 3 minutes, then another pause
    moment(60, PAUSED, "rest"),
    moment(64, READY),  # 4 minutes
    moment(90, PAUSED, "rest"),
]


@pytest.mark.parametrize(("code", "now_since", "minutes"), [("rest", 90, 12), ("lunch", 90, 27), ("rest", 60, 8)])
def test_what_pauses_of_one_kind_took_before_this_one(code: str, now_since: float, minutes: float) -> None:
    assert earlier_s(DAY, code, at(now_since)) == minutes * 60


@pytest.mark.parametrize(
    ("limit_s", "day_limit_s", "earlier", "allowed"),
    [
        (None, None, 500, Allowance(None, 500)),
        (900, None, 500, Allowance(900, 500)),
        (900, 3_600, 500, Allowance(900, 500)),
        (900, 1_200, 500, Allowance(700, 500, of_day=True)),
        (None, 1_200, 500, Allowance(700, 500, of_day=True)),
        (900, 1_200, 5_000, Allowance(0, 5_000, of_day=True)),
    ],
)
def test_the_nearer_limit_counts(
    limit_s: int | None, day_limit_s: int | None, earlier: float, allowed: Allowance
) -> None:
    assert allowance(PauseCode("rest", "О", "R", limit_s, day_limit_s), earlier) == allowed


def test_what_lies_before_midnight_is_not_of_this_day() -> None:
    assert allowance(PauseCode("rest", "О", "R", None, 600), 0, before_today_s=300).whole_s == 900


async def test_a_day_s_pauses_are_read_from_the_journal_once_a_pause() -> None:
    house = await House().open("maria")
    rest = PauseCode("rest", "Отдых", "Rest", None, 600)
    setup = QueueSetup(pause_codes={"rest": rest})
    begin = house.clock.now()
    reads = []

    async def read(agent_ids: object, since: datetime) -> list[PauseMoment]:
        reads.append(agent_ids)
        return await house.desk.pauses(["maria"], since)

    today = PausesToday(read)
    for _ in range(2):
        await house.desk.pause("maria", "rest")
        house.clock.pass_s(120)
        await house.desk.ready("maria")
        house.clock.pass_s(10)
    await house.desk.pause("maria", "rest")
    for _ in range(3):
        allowed = await today.allowances(house.desk.agents(), setup, begin)
    assert allowed["maria"] == Allowance(360, 240, of_day=True)
    assert len(reads) == 1
