"""Power and messages without an operator, with the real desk and real tables."""

from datetime import timedelta

import pytest

from cordboard.dialer.abandonment import CapBook, Counts
from cordboard.dialer.campaign import Campaign, Setting
from cordboard.dialer.lead import Lead, LeadState
from cordboard.dialer.steering import Reason
from cordboard.queue.agent import AgentState
from cordboard.queue.channel import AttemptOutcome, CallSign, Direction
from cordboard.queue.contact import ContactState
from cordboard.storage import failpoint as failpoints
from cordboard.storage.database import Database
from tests.fakes.dial_house import DialHouse, phone

POWER: dict[str, Setting] = {"mode": "power", "power.ratio": 2.0}
NOTICE: dict[str, Setting] = {"mode": "agentless", "notice.text_ru": "Заказ {order_number} принят."}


@pytest.fixture
async def any_house(database: Database) -> DialHouse:
    """On each database."""
    return DialHouse(database)


async def power(house: DialHouse, *agents: str, served: int = 400, knobs: dict[str, Setting] | None = None) -> Campaign:
    """A power campaign that has served so many persons today."""
    campaign = await house.open(*agents, knobs=POWER | (knobs or {}))
    if served:
        await house.answered_by(served, campaign)
    return campaign


async def orders(house: DialHouse, many: int) -> list[Lead]:
    return [await house.lead_of(await house.order(number, 1000 * (many - number))) for number in range(many)]


def counts(house: DialHouse, campaign: Campaign) -> Counts:
    standing = house.dialer.cap.standing(campaign, ())
    assert standing is not None
    return standing.counts


# Power ----------------------------------------------------------------------------------------------------------------


async def test_power_rings_more_customers_than_there_are_operators_and_reserves_none(house: DialHouse) -> None:
    await power(house, "maria", "ilya")
    await orders(house, 9)
    await house.tick()
    assert house.telephones.numbers == [phone(number) for number in range(4)]
    assert {house.state_of("maria"), house.state_of("ilya")} == {AgentState.READY}
    await house.tick()
    assert len(house.telephones.dialed) == 4


async def test_who_answers_meets_the_first_free_operator_without_a_click(house: DialHouse) -> None:
    campaign = await power(house, "maria", "ilya")
    await orders(house, 9)
    await house.tick()
    attempt_id = house.ringing()
    contact = await house.talk(attempt_id)
    assert (contact.direction, contact.for_agent, contact.agent_id) == (Direction.OUTBOUND, None, "maria")
    assert house.offers()[-1] == ("auto_offer", contact.id, "maria")
    house.clock.pass_s(1)
    await house.tick()
    attempt = await house.store.attempt(attempt_id)
    assert attempt is not None
    assert attempt.connected_at == attempt.answered_at
    assert list(house.dialer.cap.waits_s) == [0.0]
    assert counts(house, campaign) == Counts(401, 0, 0)
    # One operator is left: two lines for him, and three ring.
    assert len(house.telephones.dialed) == 4


async def test_who_meets_nobody_is_abandoned_and_counts(house: DialHouse) -> None:
    campaign = await power(house, "maria")
    leads = await orders(house, 5)
    await house.tick()
    first, second = (attempt_id for attempt_id, _number in house.telephones.dialed)
    await house.talk(first)
    waits = await house.dialer.on_answered(second, second)
    assert waits is not None
    assert waits.state is ContactState.QUEUED
    await house.desk.customer_left(second, "nobody_came")
    await house.hang_up(second, AttemptOutcome.ABANDONED)
    assert counts(house, campaign) == Counts(401, 1, 0)  # who talks is seen at the next turn
    await house.tick()
    assert counts(house, campaign) == Counts(402, 1, 0)
    after = await house.store.lead(leads[1].id)
    assert after is not None
    assert (after.state, after.last_outcome) == (LeadState.RETRY_AT, AttemptOutcome.ABANDONED)


async def test_an_operator_who_came_too_late_is_none(house: DialHouse) -> None:
    campaign = await power(house, "maria")
    await orders(house, 5)
    await house.tick()
    attempt_id = house.ringing()
    await house.dialer.on_answered(attempt_id, attempt_id)
    house.clock.pass_s(3)
    await house.desk.talk_began(attempt_id, "maria")
    await house.tick()
    assert counts(house, campaign).abandoned == 1
    assert list(house.dialer.cap.waits_s) == [3.0]


async def test_without_room_under_the_cap_power_is_progressive(house: DialHouse) -> None:
    campaign = await power(house, "maria", "ilya", served=0)
    await orders(house, 9)
    await house.tick()
    assert len(house.telephones.dialed) == 2
    assert {house.state_of("maria"), house.state_of("ilya")} == {AgentState.RESERVED}
    why = (await house.dialer.next_leads(campaign.id))[0].wait
    assert why is not None
    midnight = house.clock.now().replace(hour=21, minute=0, second=0, microsecond=0)
    assert (why.reason, why.until) == (Reason.CAP, midnight)


async def test_no_more_ring_than_could_all_be_abandoned(house: DialHouse) -> None:
    await power(house, "maria", "ilya", "olga", served=65)  # room for two
    await orders(house, 9)
    await house.tick()
    made = [await house.store.attempt(attempt_id) for attempt_id, _number in house.telephones.dialed]
    assert sum(attempt is not None and attempt.is_unreserved for attempt in made) == 2
    assert len(made) == 4  # two lines for one operator, and one call for each of the others


async def test_the_counts_and_the_calls_in_flight_outlive_a_restart(any_house: DialHouse) -> None:
    house = any_house
    campaign = await power(house, "maria", "ilya", served=97)  # room for three
    await orders(house, 12)
    await house.tick()
    rings = [attempt_id for attempt_id, _number in house.telephones.dialed]
    assert len(rings) == 3  # two lines an operator would be four
    await house.dialer.on_answered(rings[0], rings[0])
    await house.desk.customer_left(rings[0], "hung_up")
    await house.hang_up(rings[0], AttemptOutcome.PERSON)
    await house.talk(rings[1])
    await house.restart()
    assert counts(house, campaign) == Counts(98, 1, 0)
    assert (
        house.dialer.cap.room(campaign, [campaign]) == 0
    )  # one was abandoned, one rings, one has not been seen to talk
    await house.tick()
    assert counts(house, campaign) == Counts(99, 1, 0)
    assert len(house.telephones.dialed) == 4
    book = CapBook("Europe/Moscow")
    await house.store.fill_cap(book, house.clock.now())
    assert book.in_flight([campaign.id]) == len(house.telephones.dialed) - 2


async def test_an_old_engine_s_calls_are_not_withdrawn_before_they_rang_enough_for_us(house: DialHouse) -> None:
    await power(house, "maria")
    await orders(house, 5)
    await house.tick()
    await house.restart()
    await house.desk.pause("maria", "tea")
    await house.tick(pass_s=13)  # she sat down a second after we came
    assert house.telephones.cancelled == []
    await house.tick(pass_s=1)
    assert len(house.telephones.cancelled) == 2


async def test_when_no_operator_is_left_calls_are_withdrawn_before_the_first_ring_or_after_15_s(
    house: DialHouse,
) -> None:
    await power(house, "maria")
    leads = await orders(house, 5)
    await house.tick()
    rings, silent = (attempt_id for attempt_id, _number in house.telephones.dialed)
    await house.dialer.on_sign(rings, CallSign.RANG)
    await house.desk.pause("maria", "tea")
    await house.tick(pass_s=5)
    assert house.telephones.cancelled == [silent]
    await house.hang_up(silent, AttemptOutcome.CANCELLED)
    await house.tick(pass_s=9)
    assert house.telephones.cancelled == [silent]
    await house.tick(pass_s=1)
    assert house.telephones.cancelled == [silent, rings]
    await house.hang_up(rings, AttemptOutcome.CANCELLED)
    after = [await house.store.lead(lead.id) for lead in leads[:2]]
    # His telephone rang for a quarter of a minute: to him that is a call nobody was there for, and not to be repeated in a minute.
    assert [lead and lead.last_outcome for lead in after] == [AttemptOutcome.NO_ANSWER, AttemptOutcome.CANCELLED]


async def test_a_promised_callback_keeps_an_operator_even_in_power(house: DialHouse) -> None:
    await power(house, "maria", "ilya")
    await orders(house, 1)
    await house.tick()
    first = house.ringing()
    await house.talk(first)
    await house.finish(first, "postponed", callback_at=house.clock.now() + timedelta(minutes=5))
    await house.tick(pass_s=301)
    attempt = await house.store.attempt(house.ringing())
    assert attempt is not None
    assert attempt.id != first
    assert attempt.agent_id == "maria"


async def test_who_pressed_nine_in_the_apology_is_called_by_no_campaign(house: DialHouse) -> None:
    await power(house, "maria")
    leads = await orders(house, 2)
    await house.tick()
    attempt_id, number = house.telephones.dialed[0]
    await house.dialer.on_answered(attempt_id, attempt_id)
    await house.desk.customer_left(attempt_id, "nobody_came")
    await house.desk.settle()
    await house.dialer.on_sign(attempt_id, CallSign.OPTED_OUT)
    await house.hang_up(attempt_id, AttemptOutcome.ABANDONED)
    after = await house.store.lead(leads[0].id)
    assert after is not None
    assert (after.phone, after.state) == (number, LeadState.DO_NOT_CALL)
    assert house.opted_out == [number]


async def test_the_apology_names_the_shop_and_without_a_voice_the_call_goes_out_all_the_same(house: DialHouse) -> None:
    await power(house, "maria", knobs={"power.sorry_ru": "Звонил {shop_name}."})
    await orders(house, 2)
    await house.tick()
    assert house.spoken.texts == ["Звонил Shop.", "Звонил Shop."]
    assert house.telephones.variables[house.ringing()]["CC_SORRY"] == "ru-2"
    for attempt_id, _number in list(house.telephones.dialed):
        await house.hang_up(attempt_id, AttemptOutcome.BUSY)
    house.spoken.dumb = True
    await house.tick(pass_s=300)
    assert len(house.telephones.dialed) == 4
    assert "CC_SORRY" not in house.telephones.variables[house.ringing()]


# Messages without an operator -------------------------------------------------------------------------------------------


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


async def test_an_end_that_we_did_not_hear_written_is_counted_by_the_sweep(house: DialHouse) -> None:
    campaign = await power(house, "maria")
    await orders(house, 5)
    await house.tick()
    lost, other = (attempt_id for attempt_id, _number in house.telephones.dialed)
    for attempt_id in (lost, other):
        await house.dialer.on_answered(attempt_id, attempt_id)
    await house.store.end_attempt(lost, AttemptOutcome.ABANDONED, 16, None)  # written, and the answer to us lost
    before = counts(house, campaign)
    house.telephones.live.discard(lost)
    await house.tick(pass_s=5)
    assert counts(house, campaign).abandoned == before.abandoned + 1
