"""A call that is agreed in the script: when, in the customer's words, and what is held, promised or given up."""

from datetime import datetime
from zoneinfo import ZoneInfo

import httpx2

from tests.fakes.script_table import API, Table
from tests.fakes.wire import MovedClock

YEKATERINBURG = ZoneInfo("Asia/Yekaterinburg")


async def test_a_call_is_agreed_in_the_customer_s_words_and_promised_by_the_result(table: Table) -> None:
    await table.steps("next", "later")
    told = (await table.does("begin", "завтра после шести")).json()
    assert told["step"] == "later_bye"
    at = datetime.fromisoformat(told["agreed_at"]).astimezone(YEKATERINBURG)
    assert (at.hour, at.minute) == (18, 0)
    assert (at.date() - table.house.clock.now().astimezone(YEKATERINBURG).date()).days == 1
    assert "18:00" in told["words"]
    await table.house.desk.talk_ended("call-1")
    assert (await table.dispose("postponed")).status_code == 204
    closed = await table.house.desk.find_contact(table.contact.id)
    assert closed is not None
    assert closed.callback_at == at


async def agreed(table: Table) -> datetime:
    """A call is agreed in the script, at a half hour that takes one."""
    slot = (await free_at_six(table))[0]
    await table.house.bookings.set_places("orders", datetime.fromisoformat(slot), 1)
    await table.steps("next", "later")
    return datetime.fromisoformat((await table.does("begin", slot)).json()["agreed_at"])


async def free_at_six(table: Table) -> list[str]:
    asked = {"contact_id": table.contact.id, "text": "завтра в 18:00"}
    told = (await table.page.post(f"{API}/callback-times", json=asked)).json()
    return [slot["starts_at"] for slot in told["slots"]]


async def test_what_is_agreed_is_held_at_once_and_given_up_by_another_result(table: Table) -> None:
    at = await agreed(table)
    assert await free_at_six(table) == []
    await table.house.desk.talk_ended("call-1")
    assert await free_at_six(table) == []
    assert (await table.dispose("consulted")).status_code == 204
    await table.house.desk.settle()
    offers = await table.house.bookings.offers(str(YEKATERINBURG), at.astimezone(YEKATERINBURG).date(), "orders")
    assert [slot.taken for slot in offers if slot.window.starts_at == at] == [0]


async def test_another_script_gives_up_what_was_agreed_in_the_first(table: Table) -> None:
    await agreed(table)
    await table.page.post(f"{API}/contacts/{table.contact.id}/script", json={"code": "quality"})
    assert await free_at_six(table) != []


async def test_a_promise_is_kept_when_the_time_for_the_result_runs_out(table: Table) -> None:
    at = await agreed(table)
    await table.house.desk.talk_ended("call-1")
    assert isinstance(table.house.clock, MovedClock)
    table.house.clock.pass_s(3_600)
    await table.house.desk.tick()
    await table.house.desk.settle()
    closed = await table.house.desk.find_contact(table.contact.id)
    assert closed is not None
    assert (closed.disposition, closed.callback_at) == ("no_disposition", at)


async def test_a_time_that_is_taken_or_not_understood_books_nothing(table: Table) -> None:
    await table.steps("next", "later")
    told = (await table.does("begin", "завтра в шесть утра")).json()
    assert (told["step"], told["trouble"]) == ("later", "no call can be promised at that time; choose another")
    told = (await table.does("begin", "не завтра")).json()
    assert (told["step"], told["trouble"], told["agreed_at"]) == ("later", "this time was not understood", None)
    told = (await table.does("begin", "2026-13-77")).json()
    assert told["trouble"] == "this time was not understood"


async def test_spoken_times_are_said_back_with_what_is_free(table: Table) -> None:
    async def ask(text: str) -> httpx2.Response:
        return await table.page.post(f"{API}/callback-times", json={"contact_id": table.contact.id, "text": text})

    told = (await ask("завтра после шести")).json()
    assert told["zone"] == "Asia/Yekaterinburg"
    assert told["said"].endswith("с 18:00 до 21:00")
    assert [slot["label"] for slot in told["slots"]] == ["18:00", "18:30", "19:00", "19:30", "20:00", "20:30"]
    assert (await ask("завтра ночью")).json()["detail"].startswith("Слово «ночью» непонятно")
    assert (await ask("пожалуйста")).status_code == 422
    assert (await ask("завтра в 7 утра")).json()["slots"] == []
    weekend = (await ask("на следующей неделе вечером")).json()
    assert len(weekend["slots"]) == 8


async def test_a_full_half_hour_is_not_offered(table: Table) -> None:
    told = (
        await table.page.post(f"{API}/callback-times", json={"contact_id": table.contact.id, "text": "завтра в 18:00"})
    ).json()
    [slot] = told["slots"]
    await table.house.bookings.set_places("orders", datetime.fromisoformat(slot["starts_at"]), 0)
    told = (
        await table.page.post(f"{API}/callback-times", json={"contact_id": table.contact.id, "text": "завтра в 18:00"})
    ).json()
    assert told["slots"] == []
    await table.steps("next", "later")
    told = (await table.does("begin", slot["starts_at"])).json()
    assert told["trouble"] == "no call can be promised at that time; choose another"
