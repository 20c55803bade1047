"""When a call first rang is kept with its end, and a forecast plays it through."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from cordboard.dialer.campaign import Campaign
from cordboard.dialer.lead import Attempt
from cordboard.dialer.what_if import ENOUGH, Job, Learned, side_of
from cordboard.dialer.what_if_past import learned_of
from cordboard.dialer.what_if_run import played
from cordboard.dialer.what_if_world import world_of
from cordboard.queue.channel import AttemptOutcome, CallSign
from tests.fakes.dial_house import DialHouse

HOME = ZoneInfo("Europe/Moscow")
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


async def dialed(house: DialHouse) -> str:
    await house.open("maria")
    await house.order(1, 1_000)
    await house.tick()
    return house.ringing()


async def ended(house: DialHouse, attempt_id: str) -> Attempt:
    await house.hang_up(attempt_id, AttemptOutcome.NO_ANSWER)
    (attempt,) = await house.all_attempts()
    return attempt


async def test_the_first_ring_is_kept_and_no_later_one(house: DialHouse) -> None:
    attempt_id = await dialed(house)
    house.clock.pass_s(4.0)
    await house.dialer.on_sign(attempt_id, CallSign.RANG, attempt_id)
    house.clock.pass_s(3.0)
    await house.dialer.on_sign(attempt_id, CallSign.RANG, attempt_id)
    house.clock.pass_s(20.0)
    attempt = await ended(house, attempt_id)
    assert attempt.rang_at == attempt.intent_at + timedelta(seconds=4.0)


@pytest.mark.parametrize("restarted", [False, True])
async def test_of_a_call_whose_first_ring_was_not_heard_none_is_kept(house: DialHouse, restarted: bool) -> None:
    attempt_id = await dialed(house)
    house.clock.pass_s(4.0)
    if restarted:
        await house.dialer.on_sign(attempt_id, CallSign.RANG, attempt_id)
        await house.restart()
    attempt = await ended(house, attempt_id)
    assert (attempt.ended_at is not None, attempt.rang_at) == (True, None)


def test_a_campaign_s_set_up_and_ring_are_learned_apart() -> None:
    plain = Attempt("a", "l", "c", None, "+7", NOW)

    def after(seconds: float) -> datetime:
        return NOW + timedelta(seconds=seconds)

    person = {"outcome": AttemptOutcome.PERSON, "ended_at": after(60)}
    calls = [
        replace(plain, rang_at=after(1.5), answered_at=after(9.5), **person),  # type: ignore[arg-type]
        replace(plain, answered_at=after(10.0), **person),  # type: ignore[arg-type]  # of a time before rings were kept
        replace(plain, rang_at=after(2.5), ended_at=after(25), outcome=AttemptOutcome.NO_ANSWER),
    ]
    learned = learned_of(calls, [], [], HOME)
    assert (learned.set_up_s, learned.ring_s, learned.answer_s) == ((1.5, 2.5), (8.0, 7.0), (9.5, 10.0))


def learned_with(set_up_s: float) -> Learned:
    chance = np.random.default_rng(3)
    ring_s, talk_s, wrap_up_s = (
        tuple(float(each) for each in chance.lognormal(mean, spread, 200))
        for mean, spread in ((2.0, 0.4), (3.6, 0.5), (2.0, 0.4))
    )
    return Learned(
        by_hour=((100, 30),) * 24,
        answer_s=tuple(set_up_s + each for each in ring_s),
        ring_s=ring_s,
        set_up_s=(set_up_s,) * ENOUGH,
        talk_s=talk_s,
        wrap_up_s=wrap_up_s,
    )


def test_where_the_carrier_rings_at_once_fewer_calls_are_foretold() -> None:
    campaign = Campaign("c", "Orders", "orders", NOW)
    side = replace(
        side_of(campaign, operators=12, lines=60, answered=2_000, abandoned=10, warm=True), mode="predictive"
    )

    def job(set_up_s: float) -> Job:
        return Job(learned_with(set_up_s), 10.5, 20, 20, None, side, 400, 2, 36_000.0)

    assert world_of(job(0.1), side).set_up(np.random.default_rng(1)) == 0.1
    for seed in (1, 2):  # each draws the campaign's calls anew, the same for both
        at_once, late = (played(job(set_up_s), side, seed).calls_an_hour for set_up_s in (0.1, 5.0))
        assert 1.1 * at_once < late
