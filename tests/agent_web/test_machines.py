"""Who had answered, said on the pages: by the operator in a talk and after it, by those who listen to the sample."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest

from cordboard.access.permission import Role
from cordboard.access.user import User
from cordboard.dialer.campaign import Campaign, Setting
from cordboard.dialer.lead import Attempt
from cordboard.dialer.machine_estimate import Share
from cordboard.queue.channel import Arrival, ChannelKind, Direction
from cordboard.queue.contact import Contact
from cordboard.storage.database import Database
from cordboard.telephony.answer_sounds import read_sound
from cordboard.telephony.answer_verdict import Heard, Verdict
from cordboard.telephony.screening import Hearing
from cordboard.works_machines import KEPT_FOR, ScreenedCalls
from tests.fakes.answer_sounds import hiss
from tests.fakes.desk_house import ANNA, DeskHouse
from tests.fakes.wire import MovedClock

SOUND = hiss(1.0)
KNOBS: dict[str, Setting] = {"mode": "power", "machines.point": "balanced", "state": "running", "takes_orders": True}
ROUND_THE_CLOCK: dict[str, Setting] = {"hours.opens_min": 0, "hours.closes_min": 1440}


class Floor(DeskHouse):
    """A desk's house with a campaign that screens its calls; `draws` is what chance says next."""

    draws = 0.0
    books: ScreenedCalls
    campaign: Campaign

    async def open(self) -> None:
        await super().open()
        self.campaign = await self.dialer.add_campaign("Обзвон", "orders", KNOBS | ROUND_THE_CLOCK)
        data = Path(self.app.state.data)
        self.books = ScreenedCalls(self.dialer_store, self.dialer.cap, self.clock, data, lambda: self.draws)
        self.app.state.house = replace(self.app.state.house, screened=self.books)

    async def screened(self, number: int, heard: Heard) -> Attempt:
        """A call of the campaign that was heard out."""
        phone = f"+7900000412{number}"
        order = await self.order(f"4821{number}", phone)
        await self.dialer.on_order(order, phone)
        (lead,) = await self.dialer_store.leads_of_order(order.id)
        now, mode = self.clock.now(), "power"
        attempt = Attempt(f"attempt-{number}", lead.id, self.campaign.id, None, lead.phone, now, mode=mode)
        await self.dialer_store.begin_attempt(attempt)
        verdict = Verdict(heard, 0.98, 3.4, "voice")
        self.books.heard_out(Hearing(attempt.id, "balanced", verdict, SOUND))
        await self.books.settle()
        return attempt


@pytest.fixture
async def floor(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Floor]:
    made = Floor(sqlite_database, MovedClock(), tmp_path)
    made.app.state.data = tmp_path
    await made.open()
    yield made
    await made.desk.settle()


@pytest.fixture
async def maria(floor: Floor) -> User:
    return await floor.at_work()


@pytest.fixture
async def desk(floor: Floor, maria: User) -> AsyncIterator[httpx2.AsyncClient]:
    async with floor.page(maria) as page:
        yield page


@pytest.fixture
async def olga(floor: Floor) -> AsyncIterator[httpx2.AsyncClient]:
    user = await floor.access.create_user("olga", "Ольга Лебедева", Role.QA, "correct horse battery")
    async with floor.page(user) as page:
        yield page


async def talking(floor: Floor, maria: User, attempt_id: str | None) -> Contact:
    arrival = Arrival(ChannelKind.VOICE, Direction.OUTBOUND, "orders", "call-1", ANNA, "", attempt_id=attempt_id)
    contact = await floor.desk.arrive(arrival)
    await floor.desk.talk_began("call-1", maria.id)
    return contact


def told(contact: Contact) -> str:
    return f"/api/v1/desk/contacts/{contact.id}/answerer"


async def test_an_operator_says_in_the_talk_and_after_it_who_it_was(
    floor: Floor, maria: User, desk: httpx2.AsyncClient
) -> None:
    attempt = await floor.screened(1, Heard.NOT_SURE)
    contact = await talking(floor, maria, attempt.id)
    assert 'data-answerer="machine" aria-pressed="false"' in (await desk.get("/desk")).text
    assert (await desk.post(told(contact), json={"answerer": "machine"})).status_code == 204
    assert 'data-answerer="machine" aria-pressed="true"' in (await desk.get("/desk")).text
    await floor.desk.talk_ended("call-1")
    assert 'data-answerer="machine" aria-pressed="true"' in (await desk.get("/desk")).text
    assert (await desk.post(told(contact), json={"answerer": "person"})).status_code == 204
    call = await floor.books.call(attempt.id)
    assert call is not None
    assert (call.by_agent, call.agent_id) == ("person", maria.id)
    assert (await floor.books.estimate(floor.campaign.id)).passed == Share(0, 1)
    file = floor.books.file_of(call)
    assert file is not None
    assert read_sound(file) == SOUND


async def test_who_was_not_screened_has_no_buttons_and_is_refused(
    floor: Floor, maria: User, desk: httpx2.AsyncClient
) -> None:
    contact = await talking(floor, maria, None)
    assert "data-answerer" not in (await desk.get("/desk")).text
    refused = await desk.post(told(contact), json={"answerer": "machine"})
    assert (refused.status_code, refused.json()["detail"]) == (422, "Этот звонок не проверяли на автоответчик")
    assert (await desk.post(told(contact), json={"answerer": "fax"})).status_code == 422


async def test_machines_are_drawn_at_random_and_those_who_listen_give_the_share(
    floor: Floor, olga: httpx2.AsyncClient
) -> None:
    drawn = [(await floor.screened(n, Heard.MACHINE)).id for n in (1, 2)]
    floor.draws = 0.5
    missed = (await floor.screened(3, Heard.MACHINE)).id
    assert floor.dialer.cap.estimate(floor.campaign.id).waiting == 2
    page = (await olga.get("/quality/machines")).text
    assert [each in page for each in (*drawn, missed)] == [True, True, False]
    for attempt_id, who in zip(drawn, ("person", "machine"), strict=True):
        assert (
            await olga.post(f"/api/v1/screened-calls/{attempt_id}/answerer", json={"answerer": who})
        ).status_code == 204
    page = (await olga.get(f"/quality/machines?campaign={floor.campaign.id}")).text
    assert "50,0" in page
    assert "(1 из 2)" in page
    assert floor.dialer.cap.as_kept(floor.campaign).cap.false_machine == 0.5
    refused = await olga.post(f"/api/v1/screened-calls/{missed}/answerer", json={"answerer": "person"})
    assert refused.status_code == 422
    assert (await olga.post("/api/v1/screened-calls/nobody/answerer", json={"answerer": "person"})).status_code == 404


async def test_the_sound_is_for_those_who_may_listen_and_is_written_down(
    floor: Floor, olga: httpx2.AsyncClient, desk: httpx2.AsyncClient
) -> None:
    attempt = await floor.screened(1, Heard.MACHINE)
    address = f"/api/v1/screened-calls/{attempt.id}/sound"
    heard = await olga.get(address)
    assert (heard.status_code, heard.headers["content-type"]) == (200, "audio/flac")
    assert [row.action for row in await floor.access.audit_rows(subject=attempt.id)] == ["screened.listened"]
    assert (await desk.get(address)).status_code == 403
    assert (await desk.get("/quality/machines")).status_code == 403
    (listed,) = (await olga.get("/api/v1/screened-calls")).json()
    assert (listed["attempt_id"], listed["answerer"], listed["sound"]) == (attempt.id, None, address)


async def test_old_sounds_go_and_a_call_of_nobody_s_is_not_written_down(floor: Floor, olga: httpx2.AsyncClient) -> None:
    attempt = await floor.screened(1, Heard.MACHINE)
    floor.books.heard_out(Hearing("nobody", "balanced", Verdict(Heard.MACHINE, 0.98, 3.4, "voice"), SOUND))
    await floor.books.settle()
    call = await floor.books.call(attempt.id)
    assert call is not None
    file = floor.books.file_of(call)
    assert file is not None
    assert isinstance(floor.clock, MovedClock)
    floor.clock.pass_s(KEPT_FOR.total_seconds() + 1)
    await floor.books.sweep()
    assert not file.exists()
    assert await floor.books.sample(10) == []
    assert await floor.books.call("nobody") is None
