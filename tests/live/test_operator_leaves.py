"""An operator ends his shift while a telephone rings for him: another takes the call, or it is given up after 15 s of ringing."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
import pytest_asyncio

from tests.fakes.house import House, running_house
from tests.fakes.operator import OperatorDesk
from tests.fakes.sip_trace import SipMessage
from tests.fakes.sipp import Invite, SippCarrier
from tests.fakes.sipp_scenarios import Behaviour, refuses
from tests.fakes.wait import until
from tests.fakes.working_day import Seat, Supervisor, order, post_orders, rows

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

OURS = "7916559"
UNTIL_TOLD = Behaviour(ring_ms=None)
PLAN = [(rf"\+*{OURS}....", UNTIL_TOLD)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def carrier(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SippCarrier]:
    async with SippCarrier(tmp_path_factory.mktemp("carrier"), PLAN, otherwise=refuses(486)) as one:
        yield one


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory, carrier: SippCarrier) -> AsyncIterator[House]:
    place = tmp_path_factory.mktemp("leaves") / "house"
    async with running_house(place, trunk=carrier.uri, dial_ring_s="60") as one:
        yield one


async def rings(house: House, carrier: SippCarrier, supervisor: Supervisor, number: str) -> Invite:
    """Until the telephone of this number rings for the operator who is there; nothing more is dialed then."""
    await post_orders(house, order(f"У-{number[-3:]}", number, name="Пётр Орлов", kopecks=90_000_000))
    await supervisor.tell("start")

    def found() -> Invite | None:
        return next((one for one in carrier.invites() if one.number.lstrip("+") == number.lstrip("+")), None)

    invite = await until(found, f"the call to {number}", within_s=60.0)
    await supervisor.tell("pause")
    return invite


async def leave(desk: OperatorDesk) -> None:
    answer = await desk.page.request.post(f"{desk.screen.base}/api/v1/desk/state", data={"state": "logged_out"})
    assert answer.ok, await answer.text()


def said(carrier: SippCarrier, invite: Invite, start: str) -> SipMessage | None:
    messages = (one for one in carrier.sipp.messages() if one.call_id == invite.call_id)
    return next((one for one in messages if one.start.startswith(start)), None)


async def test_another_operator_takes_the_call_of_one_who_left(
    house: House, carrier: SippCarrier, supervisor: Supervisor, seat: Seat
) -> None:
    number = f"+{OURS}0001"
    first = await seat()
    invite = await rings(house, carrier, supervisor, number)
    second = await seat(1)
    await leave(first)
    await second.until_phase("dialing")
    assert said(carrier, invite, "CANCEL") is None
    carrier.tell(invite)
    await second.until_talks()
    await second.screen.until_shows("[data-pane=main]", "Пётр Орлов")
    await second.finish("confirmed")
    assert await rows(house, "SELECT outcome FROM attempt WHERE number = ?", number) == [("person",)]


async def test_without_another_it_is_given_up_when_it_has_rung_for_fifteen_seconds(
    house: House, carrier: SippCarrier, supervisor: Supervisor, seat: Seat
) -> None:
    number = f"+{OURS}0002"
    desk = await seat()
    invite = await rings(house, carrier, supervisor, number)
    await leave(desk)
    cancel = await until(lambda: said(carrier, invite, "CANCEL"), "the call given up", within_s=40.0)
    assert datetime.fromisoformat(cancel.at).astimezone() - invite.moment >= timedelta(seconds=15)

    async def told() -> list[tuple[str]] | None:
        return [
            (str(one),) for (one,) in await rows(house, "SELECT outcome FROM attempt WHERE number = ?", number) if one
        ]

    assert await until(told, "how it ended") == [("no_answer",)]
