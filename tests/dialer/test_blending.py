"""Outbound beside inbound, and campaigns beside campaigns: the rules, and the dialer that keeps them."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.dialer.blending import QueueNow, yields
from cordboard.dialer.knobs import BlendKnobs
from cordboard.dialer.lead import Lead
from cordboard.dialer.sharing import Credits, after, choose, in_turns
from cordboard.dialer.steering import Reason
from cordboard.queue.channel import AttemptOutcome
from tests.fakes.dial_house import NEVER_CLOSED, DialHouse, phone

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("knobs", "queue", "answer"),
    [
        (BlendKnobs(), QueueNow(0.0, 9999.0), False),  # not set: it never yields for that
        (BlendKnobs(service_level_floor=0.8), QueueNow(0.79), True),
        (BlendKnobs(service_level_floor=0.8), QueueNow(0.8), False),
        (BlendKnobs(service_level_floor=0.8), QueueNow(None), False),
        (BlendKnobs(expected_wait_s=60), QueueNow(1.0, 61.0), True),
        (BlendKnobs(expected_wait_s=60), QueueNow(1.0, 60.0), False),
        (BlendKnobs(expected_wait_s=60), QueueNow(1.0, None), False),
    ],
)
def test_when_outbound_yields(knobs: BlendKnobs, queue: QueueNow, answer: bool) -> None:
    assert yields(knobs, queue) is answer


@given(st.lists(st.integers(1, 40), min_size=2, max_size=7), st.integers(1, 400))
def test_over_many_picks_each_share_holds_within_one(weights: list[int], picks: int) -> None:
    shares = {f"c{number}": float(weight) for number, weight in enumerate(weights)}
    whole, served = sum(weights), Counter[str]()
    credits: Credits = {}
    for pick in range(1, picks + 1):
        chosen = choose(credits, shares)
        credits = after(credits, shares, chosen)
        served[chosen] += 1
        for name, weight in shares.items():
            assert abs(served[name] - pick * weight / whole) < 1 + 1e-6


def a_lead(campaign: str, number: int, *, is_callback: bool = False) -> Lead:
    return Lead(f"{campaign}-{number}", campaign, f"s{number}", phone(number), "UTC", NOW, NOW, is_callback=is_callback)


def test_leads_take_turns_by_share_and_a_promise_goes_before_all() -> None:
    ranked = [a_lead("a", n) for n in range(6)] + [a_lead("b", n) for n in range(6)]
    ranked.insert(9, a_lead("b", 99, is_callback=True))
    turns = in_turns(ranked, {"a": 2.0, "b": 1.0}, {})
    assert turns[0].id == "b-99"
    assert Counter(lead.campaign_id for lead in turns[1:7]) == {"a": 4, "b": 2}
    assert [lead.id for lead in turns if lead.campaign_id == "a"] == [f"a-{n}" for n in range(6)]
    assert sorted(lead.id for lead in turns) == sorted(lead.id for lead in ranked)


async def test_two_campaigns_share_an_operator_three_to_one(house: DialHouse) -> None:
    first = await house.open("maria", knobs={"blend.share": 3.0})
    second = await house.dialer.add_campaign("More", "orders", NEVER_CLOSED | {"blend.share": 1.0})
    for number in range(20):
        await house.order(number, 1_000)  # in both campaigns, one telephone each
    made: Counter[str] = Counter()
    for turn in range(1, 13):
        await house.tick()
        attempt = await house.store.attempt(house.ringing())
        assert attempt is not None
        made[attempt.campaign_id] += 1
        await house.hang_up(attempt.id, AttemptOutcome.NO_ANSWER)
        assert abs(made[first.id] - turn * 0.75) <= 1
    assert made == {first.id: 9, second.id: 3}


async def late_call(house: DialHouse, key: str) -> None:
    """A caller waits for a minute before an operator takes him."""
    await house.desk.pause("maria", "tea")
    contact = await house.caller(key)
    house.clock.pass_s(60)
    await house.desk.ready("maria")
    await house.desk.talk_began(key, "maria")
    await house.desk.talk_ended(key)
    await house.desk.dispose("maria", contact.id, "consulted")
    await house.desk.settle()


async def test_a_low_service_level_holds_new_calls_until_it_is_old_and_no_promise(house: DialHouse) -> None:
    campaign = await house.open("maria", knobs={"blend.service_level_floor": 0.8})
    await house.order(1, 1_000)
    await late_call(house, "in-1")
    await house.restart()  # the next engine knows of it, too
    await house.tick()
    assert house.telephones.dialed == []
    why = (await house.dialer.next_leads(campaign.id))[0].wait
    assert why is not None
    assert why.reason is Reason.SERVICE_LEVEL
    await house.tick(pass_s=1801)
    assert house.telephones.numbers == [phone(1)]
    await house.talk(house.ringing())
    await house.finish(house.ringing(), "postponed", callback_at=house.clock.now() + timedelta(minutes=5))
    await late_call(house, "in-2")
    await house.order(2, 9_000)
    await house.tick(pass_s=301)
    assert house.telephones.numbers == [phone(1), phone(1)]  # the promised call, and not the new order
