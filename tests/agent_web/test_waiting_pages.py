"""Who waits and why, through HTTP: one order over calls and texts, the reasons in words, operators with all that is in their hands."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from cordboard.access.permission import Role
from cordboard.queue.capacity import Capacity
from cordboard.queue.channel import Arrival, ChannelKind, Direction
from cordboard.queue.contact import Contact
from cordboard.queue.setup import OverflowAction, OverflowRule, OverflowWhen, QueueRules, Seat, Skill
from cordboard.queue.skill import Need, Relaxing
from cordboard.storage.database import Database
from tests.fakes.hours import HandClock
from tests.fakes.steering_house import SteeringHouse

CLAIMS = QueueRules(
    "claims",
    "Претензии",
    "Claims",
    needs=(Need("en", 4),),
    relaxing=Relaxing(60, 1),
    overflow=(OverflowRule(OverflowWhen.WAIT, OverflowAction.OTHER_QUEUE, 600, "orders"),),
)


@pytest.fixture
async def house(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[SteeringHouse]:
    house = SteeringHouse(sqlite_database, HandClock(), tmp_path)
    await house.open()
    await house.setup.save_skill(Skill("en", "Английский", "English"), None)
    await house.setup.save_queue(CLAIMS, None)
    yield house
    await house.desk.settle()


def text(html: str) -> str:
    return " ".join(html.replace("\u00a0", " ").split())


def part(html: str, name: str) -> str:
    """One live part of the page."""
    begin = html.index(f'data-part="{name}"')
    return text(html[begin : html.index("</section>", begin)])


async def show(house: SteeringHouse, query: str = "", language: str = "ru") -> str:
    chief = await house.user(Role.SUPERVISOR, f"Oleg {len(await house.access.users())}", language)
    async with await house.client(chief) as browser:
        answer = await browser.get(f"/queues/waiting{query}")
    assert answer.status_code == 200
    return answer.text


async def chat(house: SteeringHouse, key: str, queue: str = "orders", name: str = "Мария Лис") -> Contact:
    return await house.desk.arrive(Arrival(ChannelKind.CHAT, Direction.INBOUND, queue, f"chat/{key}", "", name))


def move(house: SteeringHouse, seconds: float) -> None:
    assert isinstance(house.clock, HandClock)
    house.clock.move(seconds=seconds)


async def test_an_empty_house_says_so(house: SteeringHouse) -> None:
    page = await show(house)
    for name, words in (("order", "Никто не ждёт."), ("where", "Операторов ещё нет."), ("why", "Выберите контакт")):
        assert words in part(page, name)


async def test_calls_and_chats_stand_in_one_order_by_their_promise(house: SteeringHouse) -> None:
    """A chat is promised 40 s, a call 20 s: the call that came 25 s later than the chat is due after it."""
    await chat(house, "1")
    move(house, 10)
    early = await house.call_in("a", address="+74957650001")
    move(house, 15)
    await house.call_in("b", address="+74957650002")
    order = part(await show(house), "order")
    places = [order.index(who) for who in ("765-00-01", "Мария Лис", "765-00-02")]
    assert places == sorted(places)
    move(house, 30)
    assert "опоздали на 0:25" in part(await show(house), "order")
    assert early.id in order


async def test_who_gave_no_name_is_called_by_his_channel(house: SteeringHouse) -> None:
    await house.call_in("a", address="")
    await chat(house, "1", name="")
    order = part(await show(house), "order")
    assert "Номер скрыт" in order
    assert "Посетитель сайта" in order


async def test_why_nobody_takes_a_contact_is_said_of_each_operator(house: SteeringHouse) -> None:
    anna, boris, vera = [await house.operator(name, queues=()) for name in ("Анна", "Борис", "Вера")]
    await house.setup.save_seat(Seat(anna.id, frozenset({"claims"}), {"en": 2}), None)
    await house.setup.save_seat(Seat(boris.id, frozenset({"claims"}), {"en": 5}), None)
    await house.setup.save_seat(Seat(vera.id, frozenset({"orders"})), None)
    await house.desk.pause(boris.id, "lunch")
    waiting = await house.call_in("a", queue="claims", address="+74957650001")
    why = part(await show(house, f"?contact={waiting.id}"), "why")
    assert "1 из 1" in why
    assert "Английский 4+" in why
    assert "смягчится в" in why
    assert "не хватает навыка: Английский 4" in why
    assert why.index("Борис") < why.index("на перерыве")
    assert "не берут: 1" in why
    assert "ждёт дольше 10:00 → передать в очередь «Заказы»" in why
    move(house, 61)
    page = await show(house, f"?contact={waiting.id}")
    assert "Английский 3+" in part(page, "order")
    assert "уже смягчено" in part(page, "order")


async def test_why_an_operator_has_what_he_has(house: SteeringHouse) -> None:
    anna = await house.operator("Анна")
    await house.setup.save_seat(Seat(anna.id, frozenset({"orders"}), {"en": 3}), None)
    await house.call_in("a")
    await house.desk.talk_began("a", anna.id)
    await house.call_in("b", address="+74957650002")
    await chat(house, "1", "claims")
    why = part(await show(house, f"?agent={anna.id}"), "why")
    assert why.index("765-00-02") < why.index("больше таких контактов сразу нельзя")
    assert why.index("Мария Лис") < why.index("не берёт эту очередь")
    assert "Английский 3" in why


async def test_hands_that_are_kept_are_told_on_both_sides(house: SteeringHouse) -> None:
    """He is in a chat that no call may interrupt: his hands are kept for the call, and the next chat waits behind it."""
    anna = await house.operator("Анна")
    await house.desk.page_opened(anna.id, "tab")  # chats come to a page
    careful = Capacity({ChannelKind.VOICE: 1, ChannelKind.CHAT: 3}, {})
    await house.setup.save_seat(Seat(anna.id, frozenset({"orders"}), {}, careful), None)
    await chat(house, "1", name="Первый")
    await house.desk.talk_began("chat/1", anna.id)
    call = await house.call_in("a", address="+74957650001")
    move(house, 1)
    await chat(house, "2", name="Второй")
    why = part(await show(house, f"?contact={call.id}"), "why")
    assert "Анна придержан для него" in why
    assert "то, что в руках, прерывать нельзя" in why
    assert "Руки придержаны для контакта: +7 495 765-00-01" in part(await show(house, f"?agent={anna.id}"), "why")


async def test_operators_are_shown_with_all_their_tasks_and_a_pause_over_its_limit(house: SteeringHouse) -> None:
    anna, boris = await house.operator("Анна"), await house.operator("Борис")
    await house.setup.seats_of([anna.id, boris.id])
    for key, name in (("1", "Мария Лис"), ("2", "Пётр Ильин")):
        await chat(house, key, name=name)
        await house.desk.talk_began(f"chat/{key}", anna.id)
    await house.desk.pause(boris.id, "rest")
    move(house, 15 * 60 + 30)
    where = part(await show(house), "where")
    assert "Мария Лис" in where
    assert "Пётр Ильин" in where
    assert "Отдых для глаз" in where
    assert "дольше предела на 0:30" in where
    assert "Обучение" in where  # to be sent to


async def test_a_crowd_is_cut_and_the_rest_is_counted(house: SteeringHouse) -> None:
    for number in range(205):
        await house.call_in(f"c{number}", address=f"+7495{number:07}")
    order = part(await show(house), "order")
    assert order.count("data-pick") == 200
    assert "205" in order
    assert "и ещё 5" in order


async def test_a_supervisor_forces_a_state_with_a_pause_of_the_setup(house: SteeringHouse) -> None:
    anna = await house.operator("Анна")
    chief = await house.user(Role.SUPERVISOR, "Олег")
    async with await house.client(chief) as browser:
        path = f"/api/v1/agents/{anna.id}/state"
        done = await browser.post(path, json={"state": "paused", "pause_code": "rest"})
        assert done.status_code == 200
        unknown = await browser.post(path, json={"state": "paused", "pause_code": "siesta"})
        assert (unknown.status_code, unknown.json()["detail"]) == (
            422,
            "there is no such pause here; choose another",
        )
        out = await browser.post(path, json={"state": "logged_out"})
        assert out.json()["at_once"]
        assert (await browser.post("/api/v1/agents/none/state", json={"state": "ready"})).status_code == 404
    rows = await house.access.audit_rows(action="agent.state")
    assert {row.detail["to"] for row in rows} == {"paused", "logged_out"}


async def test_english_reads_no_russian(house: SteeringHouse) -> None:
    anna = await house.operator("Anna")
    await house.setup.save_seat(Seat(anna.id, frozenset({"claims", "orders"})), None)
    await house.desk.pause(anna.id, "lunch")
    waiting = await house.call_in("a", queue="claims")
    for query in ("", f"?contact={waiting.id}", f"?agent={anna.id}"):
        page = await show(house, query, "en")
        assert {letter for letter in page if "а" <= letter.lower() <= "я"} == set()


@pytest.mark.parametrize("query", ["?contact=none", "?agent=none", "?agent=", "?contact=%D0%B9&agent=x"])
async def test_whoever_is_not_there_any_more_is_no_error(house: SteeringHouse, query: str) -> None:
    await show(house, query)


async def test_who_may_not_view_the_queue_is_turned_away(house: SteeringHouse) -> None:
    async with await house.client(await house.user(Role.QA, "Эксперт")) as browser:
        assert (await browser.get("/queues/waiting")).status_code == 403
        assert (await browser.get("/queues/waiting/parts")).status_code == 403


async def test_a_name_with_markup_stays_a_name(house: SteeringHouse) -> None:
    named = await chat(house, "1", name="<script>alert(1)</script>")
    assert "<script>alert" not in await show(house, f"?contact={named.id}")


async def test_a_queue_that_moved_its_contact_on_says_what_it_did(house: SteeringHouse) -> None:
    """The contact keeps its age in the other queue; there its rules begin anew."""
    await house.setup.save_queue(replace(CLAIMS, overflow=(replace(CLAIMS.overflow[0], after_s=30),)), None)
    waiting = await house.call_in("a", queue="claims")
    move(house, 31)
    await house.desk.tick()
    page = await show(house, f"?contact={waiting.id}")
    assert "Заказы" in part(page, "order")
    assert "0:31" in part(page, "order")
