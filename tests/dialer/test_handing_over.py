"""An operator leaves while a call is dialed for him: what becomes of the call, with the real desk and real tables."""

import pytest

from cordboard.dialer.lead import LeadState
from cordboard.dialer.pacing import Bereft, bereft
from cordboard.queue.agent import AgentState
from cordboard.queue.channel import AttemptOutcome, CallSign
from cordboard.queue.contact import ContactState
from cordboard.storage.database import Database
from tests.fakes.dial_house import DialHouse, phone
from tests.fakes.dial_modes import counts


@pytest.mark.parametrize(
    ("rung_s", "others_free", "fate"),
    [
        (None, 0, Bereft.GIVEN_UP),
        (None, 1, Bereft.GIVEN_UP),
        (0.0, 1, Bereft.HANDED_OVER),
        (14.9, 1, Bereft.HANDED_OVER),
        (0.0, 0, Bereft.ALONE),
        (14.9, 0, Bereft.ALONE),
        (15.0, 0, Bereft.GIVEN_UP),
        (15.0, 1, Bereft.GIVEN_UP),
    ],
)
def test_what_becomes_of_a_call_without_its_operator(rung_s: float | None, others_free: int, fate: Bereft) -> None:
    assert bereft(rung_s, others_free) is fate


async def dialed(house: DialHouse, *agents: str, rings: bool = True) -> str:
    """One order dialed for the first of these agents; the attempt."""
    await house.open(*agents)
    await house.order(1, 1_000)
    await house.tick()
    (attempt_id,) = (each for each, _number in house.telephones.dialed)
    if rings:
        await house.dialer.on_sign(attempt_id, CallSign.RANG, attempt_id)
    return attempt_id


async def leave(house: DialHouse, agent: str, how: str) -> None:
    if how == "pause":
        await house.desk.pause(agent, "lunch")
    else:
        await house.desk.log_out(agent)


@pytest.mark.parametrize("how", ["pause", "log_out"])
async def test_what_has_not_rung_is_given_up_and_tried_again_without_a_mark(house: DialHouse, how: str) -> None:
    attempt_id = await dialed(house, "maria", rings=False)
    await leave(house, "maria", how)
    await house.tick()
    assert house.telephones.cancelled == [attempt_id]
    assert house.state_of("maria") in (AgentState.PAUSED, AgentState.LOGGED_OUT)
    await house.hang_up(attempt_id, AttemptOutcome.CANCELLED)
    (lead,) = await house.store.leads_of_order("order-1")
    assert (lead.state, lead.last_outcome, lead.attempts) == (LeadState.RETRY_AT, AttemptOutcome.CANCELLED, 0)
    await house.desk.ready("maria")
    await house.tick(pass_s=60)
    assert house.telephones.numbers == [phone(1), phone(1)]


async def test_what_rings_is_handed_over_and_answered_without_a_click(house: DialHouse) -> None:
    attempt_id = await dialed(house, "maria", "ilya")
    await house.desk.log_out("maria")
    await house.order(2, 900_000)
    await house.tick(pass_s=3)
    assert house.telephones.cancelled == []
    assert house.telephones.numbers == [phone(1)]  # ilya is kept for who rings, not for the dearer one
    assert house.state_of("ilya") is AgentState.RESERVED
    contact = await house.talk(attempt_id)
    assert (contact.agent_id, contact.for_agent) == ("ilya", "ilya")
    assert house.offers()[-1] == ("auto_offer", contact.id, "ilya")
    await house.finish(attempt_id, "confirmed")
    assert house.state_of("ilya") is AgentState.READY
    attempt = await house.store.attempt(attempt_id)
    assert attempt is not None
    assert (attempt.outcome, attempt.agent_id) == (AttemptOutcome.PERSON, "maria")


async def test_what_rings_for_nobody_is_told_whose_call_it_was_and_counts(house: DialHouse) -> None:
    attempt_id = await dialed(house, "maria")
    (campaign,) = await house.dialer.campaigns()
    await house.desk.log_out("maria")
    await house.tick(pass_s=3)
    await house.tick()
    assert house.telephones.cancelled == []
    assert house.telephones.variables[attempt_id].items() >= {"CC_SORRY": "ru-1", "CC_LANG": "ru"}.items()
    assert len(house.spoken.texts) == 1
    contact = await house.dialer.on_answered(attempt_id, attempt_id)
    assert contact is not None
    assert (contact.state, contact.for_agent) == (ContactState.QUEUED, None)
    assert house.offers() == []
    await house.desk.customer_left(attempt_id, "nobody_came")
    await house.hang_up(attempt_id, AttemptOutcome.ABANDONED)
    assert counts(house, campaign).abandoned == 1


async def test_who_comes_in_time_takes_a_call_that_nobody_was_kept_for(house: DialHouse) -> None:
    attempt_id = await dialed(house, "maria")
    await house.desk.log_out("maria")
    await house.tick(pass_s=3)
    await house.desk.ready("maria")
    await house.tick()
    assert house.state_of("maria") is AgentState.RESERVED
    assert (await house.talk(attempt_id)).agent_id == "maria"


async def test_a_call_without_its_operator_takes_room_from_power(house: DialHouse) -> None:
    attempt_id = await dialed(house, "maria")
    (campaign,) = await house.dialer.campaigns()
    served = 70  # room for two
    await house.answered_by(served, campaign)
    (campaign,) = await house.dialer.campaigns()
    before = house.dialer.cap.room(campaign, [campaign])
    await house.desk.log_out("maria")
    await house.tick(pass_s=3)
    assert house.dialer.cap.room(campaign, [campaign]) == before - 1
    await house.hang_up(attempt_id, AttemptOutcome.NO_ANSWER)
    assert house.dialer.cap.room(campaign, [campaign]) == before


async def test_after_fifteen_seconds_of_ringing_it_is_given_up_and_was_no_answer(house: DialHouse) -> None:
    attempt_id = await dialed(house, "maria", "ilya")
    await house.desk.pause("ilya", "lunch")
    await house.desk.log_out("maria")
    await house.tick(pass_s=14)
    assert house.telephones.cancelled == []
    await house.tick(pass_s=1)
    assert house.telephones.cancelled == [attempt_id]
    await house.hang_up(attempt_id, AttemptOutcome.CANCELLED)
    (lead,) = await house.store.leads_of_order("order-1")
    assert lead.last_outcome is AttemptOutcome.NO_ANSWER


async def test_who_left_in_the_breath_before_the_answer_is_not_offered_it(house: DialHouse) -> None:
    attempt_id = await dialed(house, "maria", "ilya")
    await house.desk.log_out("maria")
    contact = await house.talk(attempt_id)  # no turn of the dialer in between
    assert contact.agent_id == "ilya"
    assert house.offers() == [("auto_offer", contact.id, "ilya")]
    assert house.state_of("maria") is AgentState.LOGGED_OUT


async def test_who_answered_is_not_hung_up_on(house: DialHouse) -> None:
    attempt_id = await dialed(house, "maria", rings=False)
    await house.dialer.on_answered(attempt_id, attempt_id)
    await house.desk.talk_began(attempt_id, "maria")
    await house.desk.log_out("maria")  # when her hands are free
    await house.tick(pass_s=30)
    assert house.telephones.cancelled == []


async def test_a_page_that_is_lost_for_a_moment_has_not_left(house: DialHouse) -> None:
    await house.open()
    await house.desk.register("olga", "Olga", "agent-olga", ["orders"], needs_page=True)
    await house.desk.page_opened("olga", "tab")
    await house.desk.device_changed("olga", up=True)
    await house.desk.ready("olga")
    await house.order(1, 1_000)
    await house.tick()
    ((attempt_id, _number),) = house.telephones.dialed
    await house.desk.page_closed("olga", "tab")
    await house.tick(pass_s=2)
    await house.tick(pass_s=2)
    assert house.telephones.cancelled == []
    await house.tick(pass_s=3)
    assert house.telephones.cancelled == [attempt_id]


async def test_the_next_engine_looks_after_it_too(sqlite_database: Database) -> None:
    house = DialHouse(sqlite_database)
    attempt_id = await dialed(house, "maria", "ilya")
    await house.desk.pause("maria", "lunch")
    await house.restart()  # whoever is not logged out comes back as he was
    await house.desk.pause("maria", "lunch")
    await house.tick(pass_s=2)
    assert house.telephones.cancelled == []
    assert (await house.talk(attempt_id)).agent_id == "ilya"


async def test_a_call_of_a_draining_campaign_that_never_rang_was_no_unanswered_one(house: DialHouse) -> None:
    attempt_id = await dialed(house, "maria", rings=False)
    (campaign,) = await house.dialer.campaigns()
    house.clock.pass_s(60)
    await house.dialer.drain(campaign.id, "oleg")
    await house.desk.log_out("maria")
    await house.tick()
    await house.hang_up(attempt_id, AttemptOutcome.CANCELLED)
    (lead,) = await house.store.leads_of_order("order-1")
    assert lead.last_outcome is AttemptOutcome.CANCELLED
