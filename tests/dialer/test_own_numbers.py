"""A number that an operator dials himself, with the real desk and real tables: all that holds for every call holds for it."""

from datetime import timedelta

import pytest

from cordboard.dialer.by_hand import CannotDial, Refusal
from cordboard.dialer.campaign import DialMode
from cordboard.dialer.do_not_call import Kind
from cordboard.dialer.law import Law
from cordboard.dialer.lead import LeadState
from cordboard.dialer.own_numbers import OWN_CALLS, OwnNumber
from cordboard.queue.agent import AgentState
from cordboard.queue.channel import AttemptOutcome
from tests.dialer.test_law_store import with_law
from tests.fakes.dial_house import DialHouse, phone
from tests.fakes.telephones import Fault
from tests.fakes.tolls import KopeckASecond


async def dial(house: DialHouse, number: int = 1, agent_id: str = "maria") -> str:
    """The attempt's id."""
    await house.dialer.dial_number(agent_id, OwnNumber(phone(number)))
    await house.dialer.settle()
    return house.telephones.dialed[-1][0]


async def refusal(house: DialHouse, number: int = 1, agent_id: str = "maria") -> CannotDial:
    before = len(house.telephones.dialed)
    with pytest.raises(CannotDial) as refused:
        await house.dialer.dial_number(agent_id, OwnNumber(phone(number)))
    await house.dialer.settle()
    assert len(house.telephones.dialed) == before
    return refused.value


async def test_he_dials_talks_and_the_result_ends_it(house: DialHouse) -> None:
    campaign = await house.open("maria", "ilya", knobs={"mode": "predictive"})
    attempt_id = await dial(house)
    assert house.telephones.numbers == [phone(1)]
    assert house.state_of("maria") is AgentState.RESERVED
    contact = await house.talk(attempt_id)
    assert (contact.agent_id, contact.queue, contact.address) == ("maria", campaign.queue, phone(1))
    await house.finish(attempt_id, "no_talk")
    attempt = await house.store.attempt(attempt_id)
    assert attempt is not None
    assert attempt.mode == DialMode.MANUAL
    lead = await house.store.lead(attempt.lead_id)
    assert lead is not None
    assert lead.state is LeadState.DONE, "nobody calls him again for it"
    await house.tick(pass_s=90_000)
    assert house.telephones.numbers == [phone(1)]


@pytest.mark.parametrize(
    "outcome", [AttemptOutcome.BUSY, AttemptOutcome.NO_ANSWER, AttemptOutcome.INVALID, AttemptOutcome.TRUNK_TROUBLE]
)
async def test_nobody_was_reached_and_nobody_tries_by_himself(house: DialHouse, outcome: AttemptOutcome) -> None:
    await house.open("maria")
    attempt_id = await dial(house)
    await house.hang_up(attempt_id, outcome)
    assert house.state_of("maria") is AgentState.READY
    await house.tick(pass_s=90_000)
    assert len(house.telephones.dialed) == 1


async def test_a_call_that_was_promised_in_it_is_made(house: DialHouse) -> None:
    await house.open("maria")
    attempt_id = await dial(house)
    await house.talk(attempt_id)
    await house.finish(attempt_id, "postponed", callback_at=house.clock.now() + timedelta(hours=1))
    await house.tick(pass_s=3_600)
    await house.tick()
    assert house.telephones.numbers == [phone(1), phone(1)]


async def test_a_queue_without_a_campaign_gets_one_for_its_operators_own_calls(house: DialHouse) -> None:
    await house.sit_down("maria")
    await dial(house)
    (campaign,) = await house.dialer.campaigns()
    assert (campaign.name, campaign.mode, campaign.takes_orders) == (OWN_CALLS, DialMode.MANUAL, False)
    assert (await refusal(house, 2)).refusal is Refusal.NOT_READY, "he is dialing"
    assert len(await house.dialer.campaigns()) == 1


async def test_the_last_number_is_remembered_over_a_restart(house: DialHouse) -> None:
    await house.open("maria", "ilya")
    assert await house.dialer.last_number("maria") == ""
    for number in (1, 2):
        await house.hang_up(await dial(house, number), AttemptOutcome.BUSY)
        house.clock.pass_s(60)
    assert [await house.dialer.last_number(name) for name in ("maria", "ilya")] == [phone(2), ""]
    await house.restart()
    assert [await house.dialer.last_number(name) for name in ("maria", "ilya")] == [phone(2), ""]


async def test_he_gives_it_up_while_it_rings(house: DialHouse) -> None:
    await house.open("maria")
    with pytest.raises(CannotDial):
        await house.dialer.give_up_number("maria")
    attempt_id = await dial(house)
    dialed = await house.dialer.number_dialed("maria")
    assert dialed is not None
    assert dialed.number == phone(1)
    await house.dialer.give_up_number("maria")
    assert house.telephones.cancelled == [attempt_id]


async def test_hours_limits_wishes_and_other_calls_stand_against_it(house: DialHouse) -> None:
    campaign = await house.open("maria", "ilya")
    await house.dialer.do_not_call.add(Kind.NUMBER, phone(7), "oleg")
    assert (await refusal(house, 7)).refusal is Refusal.DO_NOT_CALL
    await house.hang_up(await dial(house), AttemptOutcome.BUSY)
    often = await refusal(house)
    assert often.refusal is Refusal.OFTEN
    assert often.until == house.clock.now() + timedelta(seconds=campaign.limits.gap_s)
    house.clock.pass_s(campaign.limits.gap_s)
    await dial(house)
    assert (await refusal(house, 1, "ilya")).refusal is Refusal.SAME_CUSTOMER
    await house.dialer.set_knobs(campaign.id, {"hours.opens_min": 0, "hours.closes_min": 1}, "oleg")
    closed = await refusal(house, 2, "ilya")
    assert (closed.refusal, closed.until is not None) == (Refusal.HOURS, True)


async def test_the_limit_of_a_day_holds(house: DialHouse) -> None:
    campaign = await house.open("maria", knobs={"limits.number_day": 2, "limits.gap_s": 0})
    for _ in range(2):
        await house.hang_up(await dial(house), AttemptOutcome.NO_ANSWER)
    assert (await refusal(house)).refusal is Refusal.OFTEN
    await house.hang_up(await dial(house, 2), AttemptOutcome.BUSY)
    assert campaign.limits.number_day == 2


async def test_where_the_site_does_not_call_and_what_a_day_may_cost(house: DialHouse) -> None:
    await house.open("maria", "ilya")
    law = Law(KopeckASecond(kopecks_a_day=60, barred=phone(3)), "Europe/Moscow")
    await with_law(house, law).restart()
    assert (await refusal(house, 3)).refusal is Refusal.DESTINATION
    await dial(house)
    spent = await refusal(house, 2, "ilya")
    assert (spent.refusal, spent.until is not None) == (Refusal.ACCOUNT, True)


async def test_who_is_not_free_has_no_line_or_no_such_queue_is_told(house: DialHouse) -> None:
    await house.open("maria")
    assert (await refusal(house, 1, "nobody")).refusal is Refusal.GONE
    with pytest.raises(CannotDial):
        await house.dialer.dial_number("maria", OwnNumber(phone(1), queue="service"))
    await house.desk.pause("maria", "lunch")
    assert (await refusal(house)).refusal is Refusal.NOT_READY
    await house.desk.ready("maria")
    house.telephones.fault = Fault.REFUSED
    await house.dialer.dial_number("maria", OwnNumber(phone(1)))
    await house.dialer.settle()
    assert (await refusal(house, 2)).refusal is Refusal.TRUNK
    assert house.state_of("maria") is AgentState.READY
