"""What a supervisor sees and steers."""

from datetime import timedelta

import pytest

from cordboard.dialer.campaign import CampaignRefused
from cordboard.dialer.priority import Weights
from cordboard.dialer.steering import Reason, UnknownCampaign
from cordboard.queue.channel import AttemptOutcome
from tests.fakes.dial_house import DialHouse, an_order, phone


async def test_the_list_is_in_the_order_of_dialing_with_points_term_by_term(house: DialHouse) -> None:
    campaign = await house.open()
    await house.order(1, 10_000, hours_ago=2)
    await house.order(2, 9_000)
    scored = await house.dialer.next_leads(campaign.id, 10)
    assert [(each.lead.phone, each.score) for each in scored] == [(phone(2), 9.0), (phone(1), 8.0)]
    assert {name: value for name, value in scored[1].terms.items() if value} == {"order_sum": 10.0, "age": -2.0}
    await house.dialer.set_weights(campaign.id, Weights(1, 0, 0), "oleg")
    assert [each.lead.phone for each in await house.dialer.next_leads(campaign.id, 1)] == [phone(1)]


async def test_why_nothing_is_dialed(house: DialHouse) -> None:
    campaign = await house.open("maria", knobs={"state": "paused"})
    await house.order(1, 1_000)

    async def reason() -> Reason | None:
        wait = (await house.dialer.next_leads(campaign.id, 1))[0].wait
        return wait.reason if wait else None

    assert await reason() is Reason.PAUSED
    await house.dialer.start(campaign.id, "oleg")
    assert await reason() is None
    await house.desk.pause("maria", "tea")
    assert await reason() is Reason.NO_AGENTS


async def test_those_who_wait_stand_behind_with_the_reason_and_its_end(house: DialHouse) -> None:
    campaign = await house.open("maria", knobs={"hours.opens_min": 540, "hours.closes_min": 1260})
    await house.order(1, 9_000)
    await house.tick()
    await house.hang_up(house.ringing(), AttemptOutcome.BUSY)
    await house.desk.pause("maria", "tea")
    asleep = an_order(2, 90_000, house.clock.now())
    await house.dialer.on_order(asleep, phone(2), "Asia/Vladivostok")
    await house.order(3, 1_000)
    waits = [(each.lead.phone, each.wait) for each in await house.dialer.next_leads(campaign.id, 10)]
    assert [number for number, _wait in waits] == [phone(3), phone(2), phone(1)]
    reasons = [(wait.reason, wait.until) for _number, wait in waits if wait]
    morning = house.clock.now().replace(hour=23, minute=0, second=0)
    assert reasons == [
        (Reason.NO_AGENTS, None),
        (Reason.HOURS, morning),
        (Reason.RETRY_AT, house.clock.now() + timedelta(seconds=300)),
    ]
    held = await house.dialer.held_back(campaign.id)
    assert {(group.reason, group.count) for group in held} == {(Reason.HOURS, 1), (Reason.RETRY_AT, 1)}


async def test_each_change_has_its_author_and_can_be_taken_back(house: DialHouse) -> None:
    campaign = await house.open()
    await house.dialer.set_weights(campaign.id, Weights(2, -1, -5), "oleg")
    house.clock.pass_s(60)
    await house.dialer.pause(campaign.id, "irina")
    changes = await house.dialer.changes(campaign.id)
    assert [(change.actor_id, change.field, change.old, change.new) for change in changes] == [
        ("irina", "state", "running", "paused"),
        ("oleg", "weights.order_sum", 1.0, 2.0),
    ]
    house.clock.pass_s(60)
    reverted = await house.dialer.revert(changes[1].id, "irina")
    assert reverted.weights == Weights()
    assert [change.new for change in await house.dialer.changes(campaign.id)] == [1.0, "paused", 2.0]


async def test_a_change_that_changes_nothing_is_not_written_down(house: DialHouse) -> None:
    campaign = await house.open()
    await house.dialer.start(campaign.id, "oleg")
    assert await house.dialer.changes(campaign.id) == []


async def test_figures_of_the_day(house: DialHouse) -> None:
    campaign = await house.open("maria")
    for number in range(3):
        await house.order(number, 1_000)
    await house.tick()
    await house.serve()
    await house.tick()
    await house.hang_up(house.ringing(), AttemptOutcome.NO_ANSWER)
    await house.tick()
    counters = await house.dialer.counters(campaign.id)
    assert (counters.attempts, counters.in_flight, counters.answered, counters.contact_rate) == (3, 1, 1, 0.5)
    assert counters.by_outcome == {AttemptOutcome.PERSON: 1, AttemptOutcome.NO_ANSWER: 1}
    assert counters.leads == {"done": 1, "retry_at": 1, "dialing": 1}
    house.clock.pass_s(86_400)
    assert (await house.dialer.counters(campaign.id)).contact_rate is None


async def test_what_does_not_exist_and_what_must_not_be(house: DialHouse) -> None:
    campaign = await house.open()
    with pytest.raises(UnknownCampaign):
        await house.dialer.start("none", "oleg")
    with pytest.raises(UnknownCampaign):
        await house.dialer.next_leads("none")
    with pytest.raises(UnknownCampaign):
        await house.dialer.revert("none", "oleg")
    with pytest.raises(CampaignRefused):
        await house.dialer.set_knobs(campaign.id, {"ring_timeout_s": 3}, "oleg")


async def test_promised_calls_up_to_an_hour(house: DialHouse) -> None:
    campaign = await house.open("maria")
    await house.order(1, 1_000)
    await house.tick()
    await house.talk(house.ringing())
    at = house.clock.now() + timedelta(hours=1)
    await house.finish(house.ringing(), "postponed", callback_at=at)
    assert await house.dialer.promised(campaign.id, at) == []
    assert await house.dialer.promised(campaign.id, at + timedelta(seconds=1)) == [at]
