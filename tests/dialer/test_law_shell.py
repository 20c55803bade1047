"""The dialer keeps to the law without standing still: who is forbidden is passed by, and a page can say why."""

from datetime import timedelta

from cordboard.dialer.dialer import Dialer
from cordboard.dialer.do_not_call import Kind
from cordboard.dialer.lead import LeadState
from cordboard.dialer.reason import Reason, Wait
from cordboard.queue.channel import AttemptOutcome
from tests.fakes.dial_house import DialHouse, an_order, phone


async def waits(house: DialHouse, campaign_id: str) -> dict[str, Wait | None]:
    return {each.lead.phone: each.wait for each in await house.dialer.next_leads(campaign_id, 100)}


async def test_a_forbidden_number_is_passed_by_in_the_same_second(house: DialHouse) -> None:
    campaign = await house.open("maria")
    for number in range(60):
        await house.order(number, 100_000 - number)
    await house.dialer.do_not_call.add(Kind.PREFIX, "+749500000", "oleg")  # all but none
    await house.order(70, 1)
    await house.dialer.do_not_call.add(Kind.NUMBER, phone(70), "oleg", campaign_id="another")
    assert (await waits(house, campaign.id))[phone(1)] == Wait(Reason.DO_NOT_CALL)
    await house.dialer.on_order(an_order(71, 1, house.clock.now()), "+74991234567")
    await house.tick()
    assert house.telephones.numbers == ["+74991234567"]
    assert (await waits(house, campaign.id))[phone(1)] == Wait(Reason.DO_NOT_CALL)
    held = {group.reason: group.count for group in await house.dialer.held_back(campaign.id)}
    assert held == {Reason.DO_NOT_CALL: 61}


async def test_a_lead_over_its_limit_says_which_and_until_when_and_starves_nobody(house: DialHouse) -> None:
    campaign = await house.open("maria", knobs={"limits.lead_day": 1})
    await house.order(1, 100_000)
    await house.tick()
    began = house.clock.now()
    await house.hang_up(house.ringing(), AttemptOutcome.BUSY)
    await house.order(2, 1)
    await house.tick(pass_s=301)  # the busy one would be tried again, and is worth more
    assert house.telephones.numbers == [phone(1), phone(2)]
    assert (await waits(house, campaign.id))[phone(1)] == Wait(Reason.LEAD_DAY, began + timedelta(hours=24))
    await house.hang_up(house.ringing(), AttemptOutcome.INVALID)
    await house.tick(pass_s=86_400)
    assert house.telephones.numbers == [phone(1), phone(2), phone(1)]


async def test_whoever_asks_not_to_be_called_is_not_called_for_any_other_order_of_his(house: DialHouse) -> None:
    campaign = await house.open("maria")
    await house.order(1, 5_000)
    await house.dialer.on_order(an_order(2, 1_000, house.clock.now()), phone(1))
    await house.tick()
    await house.serve("do_not_call")
    await house.tick(pass_s=3600)
    assert house.telephones.numbers == [phone(1)]
    (entry,), total = await house.dialer.do_not_call.page()
    assert (entry.value, entry.by, total) == (phone(1), "maria", 1)
    assert (await waits(house, campaign.id)) == {phone(1): Wait(Reason.DO_NOT_CALL)}


async def test_a_promised_call_is_kept_although_the_limits_are_used_up(house: DialHouse) -> None:
    await house.open("maria", knobs={"limits.lead_total": 1, "limits.lead_day": 1, "limits.number_day": 1})
    order = await house.order(1, 5_000)
    await house.tick()
    await house.talk(house.ringing())
    await house.finish(house.ringing(), "postponed", house.clock.now() + timedelta(minutes=30))
    await house.tick(pass_s=1801)
    assert len(house.telephones.dialed) == 2
    await house.hang_up(house.ringing(), AttemptOutcome.NO_ANSWER)
    await house.tick(pass_s=3601)
    assert len(house.telephones.dialed) == 2
    assert (await house.lead_of(order)).held_by == "lead_total"


async def test_after_a_jump_of_the_clock_nobody_is_dialed_until_a_supervisor_starts(house: DialHouse) -> None:
    campaign = await house.open("maria")
    apart = 0.0
    house.dialer = Dialer(
        house.store, house.desk, house.telephones, house.clock, house.ids, "Europe/Moscow", jumped=lambda: apart
    )
    await house.order(1, 5_000)
    apart = 3600.0
    await house.tick()
    await house.tick(pass_s=3600)
    assert house.telephones.dialed == []
    assert (await waits(house, campaign.id))[phone(1)] == Wait(Reason.CLOCK)
    await house.dialer.start(campaign.id, "oleg")
    await house.tick(pass_s=1)
    assert len(house.telephones.dialed) == 1


async def test_a_clock_that_was_put_right_is_believed_after_a_minute(house: DialHouse) -> None:
    await house.open("maria")
    apart = -3600.0
    house.dialer = Dialer(
        house.store, house.desk, house.telephones, house.clock, house.ids, "Europe/Moscow", jumped=lambda: apart
    )
    await house.order(1, 5_000)
    await house.tick()
    apart = 0.0
    await house.tick(pass_s=1)
    await house.tick(pass_s=59)
    assert house.telephones.dialed == []
    await house.tick(pass_s=1)
    assert len(house.telephones.dialed) == 1


async def test_the_city_of_the_customer_says_when_he_may_be_called(house: DialHouse) -> None:
    await house.open("maria", knobs={"hours.opens_min": 540, "hours.closes_min": 1260})
    order = an_order(1, 5_000, house.clock.now())
    await house.dialer.on_order(order, "+79161234567", city="Владивосток")
    lead = await house.lead_of(order)
    assert (lead.zone, lead.state) == ("Asia/Vladivostok", LeadState.FRESH)
    await house.tick()
    assert house.telephones.dialed == []
