"""Messages without an operator, with the real desk and real tables."""

from datetime import timedelta

import pytest

from cordboard.dialer.abandonment import Counts
from cordboard.dialer.campaign import Campaign, Setting
from cordboard.dialer.lead import Lead, LeadState
from cordboard.dialer.steering import Reason
from cordboard.queue.channel import AttemptOutcome, CallSign, Direction
from cordboard.storage import failpoint as failpoints
from tests.fakes.dial_house import DialHouse, phone
from tests.fakes.dial_modes import NOTICE, counts, orders


async def notice(
    house: DialHouse, many: int = 1, knobs: dict[str, Setting] | None = None
) -> tuple[Campaign, list[Lead]]:
    """A campaign of messages, and its calls on their way; nobody is at a desk."""
    campaign = await house.open(knobs=NOTICE | (knobs or {}))
    leads = await orders(house, many)
    await house.tick()
    return campaign, leads


async def told(house: DialHouse, sign: CallSign | None) -> str:
    """The last call is answered, hears the message, and shows this sign."""
    attempt_id = house.ringing()
    await house.dialer.on_sign(attempt_id, CallSign.TOLD)
    if sign is not None:
        await house.dialer.on_sign(attempt_id, sign, attempt_id)
    return attempt_id


async def test_a_message_needs_no_operator_and_has_the_fields_of_the_order(house: DialHouse) -> None:
    await notice(house)
    assert house.telephones.numbers == [phone(0)]
    assert house.spoken.texts[0].startswith("Заказ 17 принят. Чтобы подтвердить, нажмите один.")
    sent = house.telephones.variables[house.ringing()]
    assert (sent["CC_TELL"], sent["CC_LANG"], sent["CC_NUM"]) == ("ru-1", "ru", phone(0))


async def test_no_more_channels_at_once_than_the_campaign_has(house: DialHouse) -> None:
    await notice(house, 9, {"notice.channels": 3})
    await house.tick()
    assert len(house.telephones.dialed) == 3
    await house.hang_up(house.ringing(), AttemptOutcome.BUSY)
    await house.tick()
    assert len(house.telephones.dialed) == 4


@pytest.mark.parametrize(
    ("sign", "code", "state", "settles"),
    [
        (CallSign.CONFIRMED, "confirmed", LeadState.DONE, True),
        (CallSign.DECLINED, "cancelled", LeadState.DONE, True),
        (CallSign.SILENT, "no_key", LeadState.RETRY_AT, False),
        (None, "no_key", LeadState.RETRY_AT, False),  # he hung up in the middle
    ],
)
async def test_what_a_key_means(
    house: DialHouse, sign: CallSign | None, code: str, state: LeadState, settles: bool
) -> None:
    campaign, leads = await notice(house)
    attempt_id = await told(house, sign)
    if sign is not None:
        await house.dialer.on_sign(attempt_id, sign)  # the wire repeats itself
    await house.hang_up(attempt_id, AttemptOutcome.PERSON)
    lead = await house.store.lead(leads[0].id)
    assert lead is not None
    assert (lead.disposition, lead.state) == (code, state)
    assert house.settled == ([(lead.id, code)] if settles else [])
    assert counts(house, campaign) == Counts()  # a message is no promise of an operator
    attempt = await house.store.attempt(attempt_id)
    assert attempt is not None
    assert attempt.outcome is AttemptOutcome.PERSON


async def test_silence_closes_where_hearing_was_all(house: DialHouse) -> None:
    _campaign, leads = await notice(house, 1, {"notice.on_silence": "close"})
    await told(house, CallSign.SILENT)
    lead = await house.store.lead(leads[0].id)
    assert lead is not None
    assert lead.state is LeadState.DONE


async def test_silence_is_tried_again_by_its_rule_and_not_for_ever(house: DialHouse) -> None:
    _campaign, leads = await notice(house, 1, {"results.no_key.delay_s": 600, "results.no_key.max_attempts": 2})
    for _ in range(2):
        await house.hang_up(await told(house, CallSign.SILENT), AttemptOutcome.PERSON)
        await house.tick(pass_s=600)
    assert len(house.telephones.dialed) == 2
    lead = await house.store.lead(leads[0].id)
    assert lead is not None
    assert lead.state is LeadState.DONE


async def test_zero_brings_an_operator_who_gives_the_result(house: DialHouse) -> None:
    await house.open("maria", knobs=NOTICE)
    (lead,) = await orders(house, 1)
    await house.tick()
    attempt_id = await told(house, CallSign.OPERATOR)
    contact = house.desk.contact_by_wire(attempt_id)
    assert contact is not None
    assert (contact.direction, contact.agent_id, contact.lead_id) == (Direction.OUTBOUND, "maria", lead.id)
    await house.desk.talk_began(attempt_id, "maria")
    await house.finish(attempt_id, "changed")
    after = await house.store.lead(lead.id)
    assert after is not None
    assert (after.state, after.disposition) == (LeadState.DONE, "changed")


@pytest.mark.parametrize("mode", ["agentless", "manual"])
async def test_a_call_that_was_promised_is_made_by_an_operator_in_every_mode(house: DialHouse, mode: str) -> None:
    campaign = await house.open("maria")
    order = await house.order(1, 1_000)
    await house.tick()
    await house.talk(house.ringing())
    await house.finish(house.ringing(), "postponed", callback_at=house.clock.now() + timedelta(minutes=5))
    await house.dialer.set_knobs(campaign.id, {**NOTICE, "mode": mode}, "oleg")
    await house.tick(pass_s=301)
    attempt = await house.store.attempt(house.ringing())
    assert attempt is not None
    assert (len(house.telephones.dialed), attempt.agent_id, attempt.is_notice) == (2, "maria", False)
    assert house.spoken.texts == []
    await house.serve()
    assert (await house.lead_of(order)).state is LeadState.DONE


async def test_a_lead_that_lacks_a_field_of_the_message_is_left_out(house: DialHouse) -> None:
    house.spoken.fields = {"shop_name": "Shop"}
    _campaign, leads = await notice(house)
    assert house.telephones.dialed == []
    lead = await house.store.lead(leads[0].id)
    assert lead is not None
    assert (lead.state, lead.disposition) == (LeadState.DONE, "no_facts")


async def test_without_a_voice_nobody_is_called_and_the_page_says_why(house: DialHouse) -> None:
    house.spoken.dumb = True
    campaign, _leads = await notice(house)
    assert house.telephones.dialed == []
    why = (await house.dialer.next_leads(campaign.id))[0].wait
    assert why is not None
    assert why.reason is Reason.WORDS
    house.spoken.dumb = False
    await house.tick(pass_s=60)
    assert len(house.telephones.dialed) == 1


@pytest.mark.parametrize("point", ["key_heard", "key_settled"])
async def test_a_key_that_we_died_at_is_told_again_and_works_once(
    house: DialHouse, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The dialplan has written the key down, and the next engine reads it."""
    _campaign, leads = await notice(house)
    monkeypatch.setattr(failpoints, "_armed", {point: failpoints.Armed(failpoints.Effect.RAISE)})
    monkeypatch.setattr(failpoints, "_ready", True)
    with pytest.raises(failpoints.FailpointReached):
        await told(house, CallSign.CONFIRMED)
    monkeypatch.undo()
    await house.restart()
    await house.dialer.on_sign(house.ringing(), CallSign.CONFIRMED)
    lead = await house.store.lead(leads[0].id)
    assert lead is not None
    assert (lead.state, lead.disposition) == (LeadState.DONE, "confirmed")
    assert {code for _lead, code in house.settled} == {"confirmed"}


async def test_a_late_wish_for_an_operator_is_counted_and_forgiven(house: DialHouse) -> None:
    await notice(house)
    attempt_id = await told(house, CallSign.CONFIRMED)
    await house.hang_up(attempt_id, AttemptOutcome.PERSON)
    await house.dialer.on_sign(attempt_id, CallSign.OPERATOR, attempt_id)
    await house.dialer.on_sign("nobody", CallSign.CONFIRMED)
    assert house.desk.contacts() == ()
    assert (house.dialer.strays["wish_late"], house.dialer.strays["sign_unknown"]) == (1, 1)
