"""What the operators' pages tell of themselves: figures for /metrics, advice to the operator, a mark on the supervisor's board."""

from pathlib import Path

import pytest

from cordboard.access.permission import Role
from cordboard.queue.contact import Contact
from cordboard.storage.database import Database
from tests.fakes.desk_house import DeskHouse
from tests.fakes.wire import MovedClock

CLEAN = {"lost_in_percent": 0.1, "lost_out_percent": 0.0, "jitter_ms": 4, "round_trip_ms": 40}
LOSSY = CLEAN | {"lost_in_percent": 30}
BAD = "плохой звук, его сеть"


async def board_of(house: DeskHouse) -> str:
    chief = await house.access.create_user("oleg", "Олег", Role.SUPERVISOR, None)
    async with house.page(chief) as page:
        return (await page.get("/board")).text


async def talk(house: DeskHouse, agent_id: str) -> Contact:
    contact = await house.call_in("call-1")
    await house.desk.talk_began("call-1", agent_id)
    return contact


async def test_bad_sound_is_told_to_both_and_forgotten_in_time(sqlite_database: Database, tmp_path: Path) -> None:
    clock = MovedClock()
    house = DeskHouse(sqlite_database, clock, tmp_path)
    await house.open()
    maria = await house.at_work()
    contact = await talk(house, maria.id)
    async with house.page(maria) as page:

        async def tell(sound: dict[str, float]) -> dict[str, object]:
            answer = await page.post(
                "/api/v1/desk/report",
                json={"sound": sound | {"contact_id": contact.id}, "card_ms": [20.5], "action_ms": [30, 40]},
            )
            assert answer.status_code == 200, answer.text
            told: dict[str, object] = answer.json()
            return told

        assert await tell(CLEAN) == {"mos": 4.4, "trouble": None, "advice": ""}
        told = await tell(LOSSY)
        assert told["trouble"] == "loss"
        assert "Пакеты теряются" in str(told["advice"])
        text = await board_of(house)
        assert BAD in text
        assert "потери 30" in text
        figures = (await page.get("/metrics")).text
        for name, count in (("sound_mos", 2), ("card_seconds", 2), ("action_seconds", 4)):
            assert f"cordboard_page_{name}_count {count}.0" in figures
        clock.pass_s(61)
        board = house.app.state.house.page_reports.weak(clock.now())
        assert board == {}
    await house.desk.settle()


@pytest.mark.parametrize(
    "wrong", [{"jitter_ms": -1}, {"lost_in_percent": 101}, {"round_trip_ms": "Infinity"}, {"contact_id": "x" * 41}]
)
async def test_nonsense_is_refused(sqlite_database: Database, tmp_path: Path, wrong: dict[str, object]) -> None:
    house = DeskHouse(sqlite_database, MovedClock(), tmp_path)
    await house.open()
    maria = await house.at_work()
    async with house.page(maria) as page:
        answer = await page.post("/api/v1/desk/report", json={"sound": CLEAN | {"contact_id": "c"} | wrong})
        assert answer.status_code == 422
    await house.desk.settle()


async def test_a_talk_of_somebody_else_counts_for_nobody(sqlite_database: Database, tmp_path: Path) -> None:
    house = DeskHouse(sqlite_database, MovedClock(), tmp_path)
    await house.open()
    maria = await house.at_work()
    contact = await talk(house, maria.id)
    ilya = await house.operator("Илья", "ilya")
    async with house.page(ilya) as page:
        answer = await page.post("/api/v1/desk/report", json={"sound": LOSSY | {"contact_id": contact.id}})
        assert answer.status_code == 200
    assert BAD not in await board_of(house)
    await house.desk.settle()
