"""The board through HTTP, on real tables, with the real desk and dialer behind it."""

from datetime import UTC, datetime

import pytest

from cordboard.access.permission import Role
from cordboard.agent_web.board_data import SHOWN_AGENTS, midnights
from cordboard.queue.agent import AgentState
from cordboard.queue.channel import AttemptOutcome
from tests.fakes.hours import HandClock
from tests.fakes.steering_house import SteeringHouse


def text(html: str) -> str:
    """The page without line breaks and with plain spaces."""
    return " ".join(html.replace("\u00a0", " ").split())


async def test_the_board_of_an_empty_house_says_so(house: SteeringHouse) -> None:
    chief = await house.user(Role.SUPERVISOR, "Олег Лебедев")
    async with await house.client(chief) as browser:
        page = await browser.get("/board")
    assert page.status_code == 200
    for words in ("Никто не ждёт.", "Операторов ещё нет.", "Кампаний ещё нет.", "звонков ещё не было"):
        assert words in text(page.text)


async def test_the_board_shows_who_waits_who_talks_and_every_figure_beside_its_target(house: SteeringHouse) -> None:
    chief = await house.user(Role.SUPERVISOR, "Олег Лебедев")
    first = await house.operator("Жанна Белова")
    await house.call_in("a")
    await house.desk.talk_began("a", first.id)
    await house.call_in("b", address="+74957650002")
    assert isinstance(house.clock, HandClock)
    house.clock.move(seconds=100)
    async with await house.client(chief) as browser:
        page = text((await browser.get("/board")).text)
    assert "50 %" in page  # one answered at once, one waits too long
    assert "ниже цели 80 %" in page
    assert "больше цели 1:30" in page
    assert "готовы 0 · говорят 1" in page
    assert "+7 495 765-00-02" in page
    assert "Ждут слишком долго" in page
    assert page.index("Разговор</span>") > page.index("Жанна Белова</b>")


async def test_the_parts_carry_no_page_around_them(house: SteeringHouse) -> None:
    chief = await house.user(Role.SUPERVISOR, "Олег")
    async with await house.client(chief) as browser:
        parts = await browser.get("/board/parts")
        assert "<html" not in parts.text
        assert (await browser.get("/board/parts?show=tiles")).status_code == 422
    names = ("tiles", "queues", "agents-head", "agents", "waiting", "campaigns", "robot")
    assert [name for name in names if f'data-part="{name}"' not in parts.text] == []


async def test_of_a_big_house_the_first_are_shown_and_others_found_by_name(house: SteeringHouse) -> None:
    chief = await house.user(Role.SUPERVISOR, "Олег")
    for number in range(SHOWN_AGENTS + 1):
        await house.desk.register(f"x{number}", f"Оператор {number:03}", f"sip-{number}", ["orders"])
    async with await house.client(chief) as browser:
        page = text((await browser.get("/board")).text)
        found = text((await browser.get("/board/parts", params={"name": " ОПЕРАТОР 100 "})).text)
        nobody = text((await browser.get("/board/parts", params={"show": "talking"})).text)
    assert page.count('data-send="ready"') == SHOWN_AGENTS
    assert f"Показаны {SHOWN_AGENTS} из {SHOWN_AGENTS + 1}." in page
    assert "Оператор 099" in page
    assert "Оператор 100" not in page
    assert found.count("Оператор 100</b>") == 1
    assert "Оператор 099" not in found
    assert "data-big" in found  # or the search would hide itself
    assert "Таких сейчас нет." in nobody


async def test_attention_is_counted_whoever_is_shown(house: SteeringHouse) -> None:
    chief = await house.user(Role.SUPERVISOR, "Олег")
    silent = await house.operator("Яна Белова")
    await house.operator("Анна Серова")
    await house.call_in("a")
    await house.desk.talk_began("a", silent.id)
    assert isinstance(house.clock, HandClock)
    house.clock.move(seconds=601)
    async with await house.client(chief) as browser:
        page = text((await browser.get("/board/parts")).text)
        needy = text((await browser.get("/board/parts", params={"show": "attention"})).text)
    assert "Требуют внимания · 1" in page
    assert "Анна Серова" in page
    assert "Анна Серова" not in needy
    assert "Яна Белова" in needy


async def test_english_reads_no_russian(house: SteeringHouse) -> None:
    chief = await house.user(Role.SUPERVISOR, "Oleg", "en")
    await house.operator("Jane")
    async with await house.client(chief) as browser:
        page = (await browser.get("/board")).text
    left = {letter for letter in page if "а" <= letter.lower() <= "я"}
    assert left == set()


async def test_who_may_not_view_the_queue_is_turned_away(house: SteeringHouse) -> None:
    operator = await house.operator("Илья")
    async with await house.client(operator) as browser:
        assert (await browser.get("/board")).status_code == 403
        sent = await browser.post(f"/api/v1/agents/{operator.id}/state", json={"state": "paused"})
        assert sent.status_code == 403
    async with await house.client() as stranger:
        assert (await stranger.get("/board/parts", headers={"accept": "text/plain"})).status_code == 401


async def test_a_supervisor_sends_an_agent_to_a_pause_and_it_is_written_down(house: SteeringHouse) -> None:
    chief = await house.user(Role.SUPERVISOR, "Олег")
    operator = await house.operator("Илья")
    async with await house.client(chief) as browser:
        done = await browser.post(
            f"/api/v1/agents/{operator.id}/state", json={"state": "paused", "pause_code": "lunch"}
        )
        assert done.status_code == 200
        page = text((await browser.get("/board")).text)
    assert done.json() == {
        "before": {"state": "ready", "pause_code": None, "next_state": None},
        "after": {"state": "paused", "pause_code": "lunch", "next_state": None},
        "at_once": True,
    }
    assert "Обед</span>" in page
    (row,) = await house.access.audit_rows(action="agent.state")
    assert (row.actor_id, row.subject) == (chief.id, operator.id)
    assert row.detail == {"from": "ready", "to": "paused", "pause_code": "lunch"}


async def test_an_agent_in_talk_is_sent_away_only_after_it(house: SteeringHouse) -> None:
    chief = await house.user(Role.SUPERVISOR, "Олег")
    operator = await house.operator("Илья")
    await house.call_in("a")
    await house.desk.talk_began("a", operator.id)
    async with await house.client(chief) as browser:
        done = await browser.post(f"/api/v1/agents/{operator.id}/state", json={"state": "logged_out"})
        page = text((await browser.get("/board")).text)
    assert (done.json()["at_once"], done.json()["after"]["next_state"]) == (False, "logged_out")
    assert "потом домой" in page
    agent = house.desk.agent(operator.id)
    assert agent is not None
    assert agent.state is AgentState.BUSY


@pytest.mark.parametrize(
    ("agent", "body", "status"),
    [
        ("nobody", {"state": "ready"}, 404),
        ("nobody", {"state": "busy"}, 422),
        ("nobody", {"state": "paused", "pause_code": "<b>"}, 422),
        ("nobody", {}, 422),
    ],
)
async def test_a_wrong_order_is_refused_in_words(
    house: SteeringHouse, agent: str, body: dict[str, str], status: int
) -> None:
    chief = await house.user(Role.SUPERVISOR, "Олег")
    async with await house.client(chief) as browser:
        refused = await browser.post(f"/api/v1/agents/{agent}/state", json=body)
    assert refused.status_code == status
    assert refused.headers["content-type"] == "application/problem+json"
    assert await house.access.audit_rows(action="agent.state") == []


async def test_promised_calls_are_counted_and_the_overdue_among_them(house: SteeringHouse) -> None:
    chief = await house.user(Role.SUPERVISOR, "Олег")
    operator = await house.operator("Илья")
    await house.campaign(running=True)
    await house.order(1, 5000, hours_ago=1)
    await house.dialer.tick()
    await house.dialer.settle()
    ((attempt, _number),) = house.telephones.dialed
    contact = await house.dialer.on_answered(attempt)
    assert contact is not None
    await house.desk.talk_began(attempt, operator.id)
    await house.desk.talk_ended(attempt)
    await house.dialer.on_ended(attempt, AttemptOutcome.PERSON, 16, None)
    promised = datetime(2026, 11, 20, 15, tzinfo=UTC)
    await house.desk.dispose(operator.id, contact.id, "postponed", "", promised)
    await house.desk.settle()
    async with await house.client(chief) as browser:
        page = text((await browser.get("/board")).text)
        assert '<span class="lab">Обещанные звонки</span><span class="big num">1</span>' in page
        assert "просроченных нет" in page
    assert isinstance(house.clock, HandClock)
    house.clock.move(hours=6, minutes=2)
    async with await house.client(chief) as browser:
        assert "просрочено 1, цель 0" in text((await browser.get("/board")).text)


async def test_who_left_the_house_is_not_on_the_board(house: SteeringHouse) -> None:
    chief = await house.user(Role.SUPERVISOR, "Олег")
    await house.operator("Илья Котов", ready=False, queues=())
    await house.operator("Жанна Белова", ready=False)
    async with await house.client(chief) as browser:
        page = (await browser.get("/board")).text
    assert "Жанна Белова" in page
    assert "Илья Котов" not in page


def test_the_day_begins_at_the_sites_own_midnight() -> None:
    evening = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)
    begin, end = midnights(evening, "Europe/Moscow")
    assert begin.astimezone(UTC) == datetime(2026, 11, 20, 21, tzinfo=UTC)
    assert end.astimezone(UTC) == datetime(2026, 11, 21, 21, tzinfo=UTC)
