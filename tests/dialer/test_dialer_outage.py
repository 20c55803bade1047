"""What fails around the dialer: the desk, Asterisk, the wire, the engine itself. Nobody is dialed twice, no lead is lost.

A new engine is made by `house.restart()`: the same tables, an empty memory.
"""

from datetime import timedelta

import pytest

from cordboard.dialer.lead import LeadState
from cordboard.queue.agent import AgentState
from cordboard.queue.channel import AttemptOutcome, ChannelKind
from cordboard.queue.contact import ContactState
from tests.fakes.dial_house import DialHouse, phone
from tests.fakes.telephones import Fault


async def test_a_desk_that_cannot_take_the_answer_leaves_nobody_hanging(house: DialHouse) -> None:
    await house.open("maria")
    order = await house.order(1, 1_000)
    await house.tick()
    house.journal.broken = True
    with pytest.raises(OSError, match="disk full"):
        await house.dialer.on_answered(house.ringing())
    assert house.telephones.cancelled == [house.ringing()]
    assert (await house.lead_of(order)).last_outcome is AttemptOutcome.ABANDONED


async def test_an_answer_of_which_no_contact_came_counts_as_abandoned(house: DialHouse) -> None:
    """We died between writing that he answered and telling the desk; he heard nobody."""
    await house.open("maria")
    order = await house.order(1, 1_000)
    await house.tick()
    assert await house.store.answer(house.ringing()) is not None
    house.telephones.live.clear()
    await house.restart()
    ended = await house.store.attempt(house.ringing())
    assert ended is not None
    assert ended.outcome is AttemptOutcome.ABANDONED
    lead = await house.lead_of(order)
    assert (lead.state, lead.last_outcome) == (LeadState.RETRY_AT, AttemptOutcome.ABANDONED)


async def test_a_talk_that_had_its_result_is_none_abandoned_when_its_end_was_missed(house: DialHouse) -> None:
    await house.open("maria")
    order = await house.order(1, 1_000)
    await house.tick()
    contact = await house.talk(house.ringing())
    await house.desk.talk_ended(house.ringing())
    await house.desk.dispose("maria", contact.id, "confirmed")
    await house.desk.settle()
    house.telephones.live.clear()
    await house.restart()
    ended = await house.store.attempt(house.ringing())
    assert ended is not None
    assert ended.outcome is AttemptOutcome.PERSON
    assert (await house.lead_of(order)).state is LeadState.DONE


async def test_a_talk_lost_by_our_fault_is_a_callback_now(house: DialHouse) -> None:
    await house.open("maria")
    order = await house.order(1, 1_000)
    await house.order(2, 900)
    await house.tick()
    await house.talk(house.ringing())
    house.telephones.live.clear()
    await house.dialer.on_node_reset()
    await house.desk.reconcile(ChannelKind.VOICE, {}, alive="a new life")
    await house.desk.settle()
    lead = await house.lead_of(order)
    assert (lead.state, lead.is_callback, lead.due_at) == (LeadState.DUE, True, house.clock.now())
    await house.tick()
    assert house.telephones.numbers == [phone(1), phone(1)]
    await house.serve()
    await house.tick()
    assert house.telephones.numbers == [phone(1), phone(1), phone(2)]


async def test_a_call_that_was_ringing_when_asterisk_died_is_left_in_peace_for_15_minutes(house: DialHouse) -> None:
    await house.open("maria")
    await house.order(1, 1_000)
    await house.tick()
    house.telephones.live.clear()
    await house.dialer.on_node_reset()
    assert house.state_of("maria") is AgentState.READY
    await house.tick(pass_s=899)
    assert len(house.telephones.dialed) == 1
    await house.tick(pass_s=1)
    assert len(house.telephones.dialed) == 2


async def test_a_lost_end_is_found_out_by_asking(house: DialHouse) -> None:
    await house.open("maria")
    order = await house.order(1, 1_000)
    await house.tick()
    house.telephones.live.clear()  # it ended, and nobody told us
    await house.tick(pass_s=20)
    assert (await house.lead_of(order)).state is LeadState.DIALING
    await house.tick(pass_s=21)
    assert (await house.lead_of(order)).last_outcome is AttemptOutcome.UNKNOWN
    assert house.state_of("maria") is AgentState.READY


async def test_a_talk_that_nobody_will_close_does_not_hold_its_lead_for_ever(house: DialHouse) -> None:
    """The engine died between the answer's commit and the contact's."""
    await house.open("maria")
    order = await house.order(1, 1_000)
    await house.tick()
    await house.store.answer(house.ringing())
    house.telephones.live.clear()
    await house.restart()
    for _ in range(4):
        await house.tick(pass_s=6)
    assert (await house.lead_of(order)).state is LeadState.RETRY_AT


# The wire fails


async def test_a_call_that_surely_was_not_dialed_is_tried_again_in_a_minute(house: DialHouse) -> None:
    await house.open("maria")
    order = await house.order(1, 1_000)
    house.telephones.fault = Fault.REFUSED
    await house.tick()
    lead = await house.lead_of(order)
    assert (lead.state, lead.attempts, lead.last_outcome) == (LeadState.RETRY_AT, 0, AttemptOutcome.TRUNK_TROUBLE)
    assert house.state_of("maria") is AgentState.READY
    house.telephones.fault = Fault.NONE
    await house.tick(pass_s=60)
    assert len(house.telephones.dialed) == 1


async def test_a_call_that_lives_although_its_sending_failed_is_kept(house: DialHouse) -> None:
    await house.open("maria")
    await house.order(1, 1_000)
    house.telephones.fault = Fault.ANSWER_LOST
    await house.tick()
    house.telephones.fault = Fault.NONE
    assert house.state_of("maria") is AgentState.RESERVED
    await house.serve()
    assert len(house.telephones.dialed) == 1


async def test_a_call_whose_order_was_answered_by_a_broken_wire_goes_on_when_the_wire_is_back(house: DialHouse) -> None:
    await house.open("maria")
    order = await house.order(1, 1_000)
    house.telephones.fault = Fault.CUT
    await house.tick()
    assert ((await house.lead_of(order)).state, house.state_of("maria")) == (LeadState.DIALING, AgentState.RESERVED)
    house.telephones.fault = Fault.NONE
    await house.serve()
    assert (await house.lead_of(order)).state is LeadState.DONE
    assert len(house.telephones.dialed) == 1


async def test_a_call_that_ended_while_its_wire_was_broken_is_unknown_and_left_in_peace(house: DialHouse) -> None:
    await house.open("maria")
    order = await house.order(1, 1_000)
    house.telephones.fault = Fault.CUT
    await house.tick()
    house.telephones.live.clear()
    house.telephones.fault = Fault.NONE
    await house.tick(pass_s=60)
    assert (await house.lead_of(order)).last_outcome is AttemptOutcome.UNKNOWN
    await house.tick(pass_s=800)
    assert len(house.telephones.dialed) == 1


async def test_a_wire_that_is_down_costs_one_lead_and_not_the_list(house: DialHouse) -> None:
    campaign = await house.open("maria")
    orders = [await house.order(number, 1_000) for number in range(10)]
    house.telephones.fault = Fault.DOWN
    for _ in range(40):
        await house.tick(pass_s=8)
    assert house.telephones.tries == 1
    states = [(await house.lead_of(order)).state for order in orders]
    assert states.count(LeadState.FRESH) == 9
    assert [scored.wait.reason for scored in await house.dialer.next_leads(campaign.id, 1) if scored.wait] == ["trunk"]
    house.telephones.fault = Fault.NONE
    await house.tick(pass_s=60)
    assert len(house.telephones.dialed) == 1


async def test_a_dead_trunk_is_felt_for_with_single_calls(house: DialHouse) -> None:
    await house.open("maria", "ilya", "vera")
    for number in range(30):
        await house.order(number, 1_000)
    for _ in range(40):
        await house.tick(pass_s=3)
        for attempt_id in sorted(house.telephones.live):
            await house.hang_up(attempt_id, AttemptOutcome.TRUNK_TROUBLE)
    assert len(house.telephones.dialed) < 10


# A new engine


async def test_a_restart_while_it_rings_dials_nothing_twice_and_the_answer_still_reaches_the_operator(
    house: DialHouse,
) -> None:
    await house.open("maria")
    await house.order(1, 1_000)
    await house.tick()
    await house.restart()
    for _ in range(5):
        await house.tick(pass_s=1)
    assert len(house.telephones.dialed) == 1
    await house.serve()
    assert len(house.telephones.dialed) == 1


async def test_a_call_that_ended_while_we_were_away_is_unknown_and_waits(house: DialHouse) -> None:
    await house.open("maria")
    order = await house.order(1, 1_000)
    await house.tick()
    house.telephones.live.clear()
    await house.restart()
    assert (await house.lead_of(order)).last_outcome is AttemptOutcome.UNKNOWN
    assert house.state_of("maria") is AgentState.READY
    await house.tick(pass_s=890)
    assert len(house.telephones.dialed) == 1


async def test_what_cannot_be_asked_at_the_start_is_asked_later(house: DialHouse) -> None:
    await house.open("maria")
    order = await house.order(1, 1_000)
    await house.tick()
    house.telephones.live.clear()
    house.telephones.fault = Fault.DOWN
    await house.restart()
    assert (await house.lead_of(order)).state is LeadState.DIALING
    house.telephones.fault = Fault.NONE
    await house.tick(pass_s=60)
    assert (await house.lead_of(order)).last_outcome is AttemptOutcome.UNKNOWN


async def test_an_end_that_was_followed_up_twice_works_once(house: DialHouse) -> None:
    """The engine died between the lead's commit and the desk's note that the follow-up is done."""
    await house.open("maria")
    order = await house.order(1, 1_000)
    await house.tick()
    attempt_id = house.ringing()
    contact = await house.talk(attempt_id)
    at = house.clock.now() + timedelta(minutes=10)
    await house.finish(attempt_id, "postponed", callback_at=at)
    await house.tick(pass_s=600)
    await house.hang_up(house.ringing(), AttemptOutcome.NO_ANSWER)
    before = await house.lead_of(order)
    ended = await house.desk.find_contact(contact.id)
    assert ended is not None
    assert ended.state is ContactState.CLOSED
    await house.dialer.on_contact_ended(ended)
    assert await house.lead_of(order) == before


async def test_a_talk_that_goes_on_over_a_restart_is_closed_as_ever(house: DialHouse) -> None:
    await house.open("maria")
    order = await house.order(1, 1_000)
    await house.tick()
    await house.talk(house.ringing())
    await house.restart()
    for _ in range(4):
        await house.tick(pass_s=6)
    await house.finish(house.ringing(), "confirmed")
    assert (await house.lead_of(order)).state is LeadState.DONE
