"""Preview and manual dialing, with the real desk and real tables."""

from datetime import timedelta

import pytest

from cordboard.dialer.by_hand import CannotDial, Refusal
from cordboard.dialer.campaign import Setting
from cordboard.dialer.lead import LeadState
from cordboard.queue.agent import AgentState
from cordboard.queue.channel import AttemptOutcome
from tests.fakes.dial_house import DialHouse, an_order, phone
from tests.fakes.telephones import Fault

PREVIEW: dict[str, Setting] = {"mode": "preview", "preview.timeout_s": 20, "preview.skip_s": 600}
MANUAL: dict[str, Setting] = {"mode": "manual"}


def card_of(house: DialHouse, agent_id: str) -> tuple[str, str]:
    """The attempt's id and the number on the operator's card."""
    card = house.dialer.card(agent_id)
    assert card is not None
    return card.attempt_id, card.lead.phone


async def test_the_operator_sees_the_card_before_anything_is_dialed(house: DialHouse) -> None:
    await house.open("maria", "ilya", knobs=PREVIEW)
    await house.order(1, 2_000)
    await house.order(2, 1_000)
    await house.tick()
    await house.tick()
    assert house.telephones.dialed == []
    assert [card_of(house, name)[1] for name in ("maria", "ilya")] == [phone(1), phone(2)]
    assert house.state_of("maria") is AgentState.RESERVED


async def test_he_dials_it_and_talks(house: DialHouse) -> None:
    await house.open("maria", knobs=PREVIEW)
    order = await house.order(1, 2_000)
    await house.tick()
    attempt_id, _number = card_of(house, "maria")
    await house.dialer.dial_card("maria", attempt_id)
    assert house.dialer.card("maria") is None
    await house.dialer.settle()
    assert house.telephones.dialed == [(attempt_id, phone(1))]
    contact = await house.talk(attempt_id)
    assert contact.agent_id == "maria"
    await house.finish(attempt_id, "confirmed")
    assert (await house.lead_of(order)).state is LeadState.DONE


async def test_he_skips_it_and_it_rests(house: DialHouse) -> None:
    await house.open("maria", knobs=PREVIEW)
    order = await house.order(1, 2_000)
    await house.order(2, 1_000)
    await house.tick()
    await house.dialer.skip_card("maria", card_of(house, "maria")[0])
    lead = await house.lead_of(order)
    assert (lead.state, lead.attempts, lead.due_at) == (
        LeadState.RETRY_AT,
        0,
        house.clock.now() + timedelta(seconds=600),
    )
    await house.tick()
    assert card_of(house, "maria")[1] == phone(2)
    await house.tick(pass_s=600)
    assert card_of(house, "maria")[1] == phone(1)


@pytest.mark.parametrize(("then", "dialed"), [("dial", 1), ("skip", 0)])
async def test_a_card_that_nobody_touches_is_dialed_or_skipped(house: DialHouse, then: str, dialed: int) -> None:
    await house.open("maria", knobs={**PREVIEW, "preview.then": then})
    order = await house.order(1, 2_000)
    await house.tick()
    await house.tick(pass_s=19)
    assert house.telephones.dialed == []
    await house.tick(pass_s=1)
    assert len(house.telephones.dialed) == dialed
    lead = await house.lead_of(order)
    assert lead.state is (LeadState.DIALING if dialed else LeadState.RETRY_AT)


async def test_a_card_is_gone_with_its_operator_its_campaign_or_its_engine(house: DialHouse) -> None:
    campaign = await house.open("maria", knobs=PREVIEW)
    order = await house.order(1, 2_000)
    await house.tick()
    attempt_id, _number = card_of(house, "maria")
    await house.restart()
    assert house.state_of("maria") is AgentState.READY
    with pytest.raises(CannotDial):
        await house.dialer.dial_card("maria", attempt_id)
    await house.tick()
    again = card_of(house, "maria")[0]
    assert again != attempt_id
    with pytest.raises(CannotDial):
        await house.dialer.skip_card("maria", attempt_id)
    await house.dialer.pause(campaign.id, "oleg")
    await house.tick()
    assert house.dialer.card("maria") is None
    assert house.state_of("maria") is AgentState.READY
    assert (await house.lead_of(order)).state is LeadState.FRESH
    assert house.telephones.dialed == []


async def test_the_list_is_dialed_by_hand_and_by_nobody_else(house: DialHouse) -> None:
    await house.open("maria", "ilya", knobs=MANUAL)
    for number in (1, 2):
        await house.order(number, 1_000 * number)
    await house.tick()
    assert house.telephones.dialed == []
    leads = await house.dialer.leads_to_dial("maria")
    assert [lead.phone for lead in leads] == [phone(2), phone(1)]
    await house.dialer.dial_lead("maria", leads[1].id)
    await house.dialer.settle()
    assert house.telephones.numbers == [phone(1)]
    assert [lead.phone for lead in await house.dialer.leads_to_dial("ilya")] == [phone(2)]
    await house.serve()


async def refusal(house: DialHouse, lead_id: str, agent_id: str = "maria") -> Refusal:
    with pytest.raises(CannotDial) as refused:
        await house.dialer.dial_lead(agent_id, lead_id)
    return refused.value.refusal


async def test_every_check_of_a_lead_holds_for_the_hand_too(house: DialHouse) -> None:
    campaign = await house.open("maria", "ilya", knobs={**MANUAL, "hours.opens_min": 540, "hours.closes_min": 1260})
    night = an_order(1, 2_000, house.clock.now())
    await house.dialer.on_order(night, phone(1), "Asia/Vladivostok")  # 22:00 there
    here = await house.lead_of(await house.order(2, 1_000))
    assert await refusal(house, (await house.lead_of(night)).id) is Refusal.HOURS
    assert await refusal(house, "nobody") is Refusal.GONE
    await house.desk.pause("maria", "tea")
    assert await refusal(house, here.id) is Refusal.NOT_READY
    await house.desk.ready("maria")
    await house.dialer.dial_lead("maria", here.id)
    await house.dialer.settle()
    assert await refusal(house, here.id, "ilya") is Refusal.NOT_NOW
    await house.hang_up(house.ringing(), AttemptOutcome.BUSY)
    assert await refusal(house, here.id) is Refusal.NOT_NOW  # it rests
    await house.dialer.pause(campaign.id, "oleg")
    assert await refusal(house, here.id) is Refusal.GONE


async def test_a_trunk_in_trouble_is_not_tried_by_hand(house: DialHouse) -> None:
    await house.open("maria", knobs=MANUAL)
    lead = await house.lead_of(await house.order(1, 1_000))
    house.telephones.fault = Fault.REFUSED
    await house.dialer.dial_lead("maria", lead.id)
    await house.dialer.settle()
    other = await house.lead_of(await house.order(2, 1_000))
    assert await refusal(house, other.id) is Refusal.TRUNK
