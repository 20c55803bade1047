"""Several trunks under one dialer: the caps hold, over restarts too, a dead trunk is left, and its customers go by another."""

from collections import Counter

import pytest

from cordboard.dialer.campaign import Setting
from cordboard.dialer.lead import Attempt
from cordboard.dialer.reason import Reason, Wait
from cordboard.dialer.trunk import BadTrunk, Blocked, Hold
from cordboard.dialer.trunks import UnknownTrunk
from cordboard.queue.channel import AttemptOutcome
from cordboard.storage.database import Database
from tests.fakes.dial_house import DialHouse, phone
from tests.fakes.telephones import Fault

AGENTS = tuple(f"agent{number}" for number in range(8))
NOW_AGAIN: dict[str, Setting] = {f"rules.{outcome}.delay_s": 1 for outcome in ("congestion", "trunk_trouble", "busy")}


@pytest.fixture
def house(database: Database) -> DialHouse:
    return DialHouse(database, trunks=("first", "second"))


def used(house: DialHouse) -> list[int]:
    return [state.in_use for state in house.dialer.trunks.states()]


def went_by(house: DialHouse) -> Counter[str]:
    return Counter(house.telephones.trunks.values())


async def fill(house: DialHouse, orders: int) -> None:
    for number in range(1, orders + 1):
        await house.order(number, 1_000 * (orders - number + 1))


async def test_each_carries_what_it_may_and_the_rest_waits(house: DialHouse) -> None:
    campaign = await house.open(*AGENTS)
    await fill(house, 8)
    await house.dialer.trunks.load()
    await house.dialer.trunks.set_knobs("first", {"channels": 2}, "oleg")
    await house.dialer.trunks.set_knobs("second", {"channels": 3}, "oleg")
    await house.tick()
    assert went_by(house) == {"first": 2, "second": 3}
    (lead,) = await house.store.leads_of_order("order-8")
    waits = (await house.dialer.why(campaign.id, lead.id)).waits
    holds = (Hold("first", Blocked.CHANNELS), Hold("second", Blocked.CHANNELS))
    assert waits == (Wait(Reason.TRUNK, None, holds),)
    await house.tick(30)
    assert len(house.telephones.dialed) == 5
    await house.talk(house.telephones.dialed[0][0])
    await house.tick()
    assert len(house.telephones.dialed) == 5  # who talks holds his channel
    await house.hang_up(house.telephones.dialed[1][0], AttemptOutcome.BUSY)
    await house.tick()
    assert went_by(house) == {"first": 3, "second": 3}


async def test_channels_are_counted_over_a_restart(house: DialHouse) -> None:
    await house.open(*AGENTS)
    await fill(house, 8)
    await house.dialer.trunks.load()
    for name in ("first", "second"):
        await house.dialer.trunks.set_knobs(name, {"channels": 1}, "oleg")
    await house.tick()
    await house.talk(house.telephones.dialed[0][0])
    await house.restart()
    assert used(house) == [1, 1]
    await house.tick(1)
    assert len(house.telephones.dialed) == 2
    await house.hang_up(house.telephones.dialed[1][0], AttemptOutcome.NO_ANSWER)
    await house.tick(1)
    assert [house.telephones.trunks[each] for each, _number in house.telephones.dialed] == ["first", "second", "second"]


async def test_calls_are_no_faster_than_the_rate(house: DialHouse) -> None:
    campaign = await house.open(*AGENTS)
    await fill(house, 8)
    await house.dialer.trunks.load()
    await house.dialer.trunks.set_knobs("first", {"per_second": 2}, "oleg")
    await house.dialer.trunks.set_knobs("second", {"per_second": 0.1}, "oleg")
    began = house.clock.now()
    await house.tick()
    assert went_by(house) == {"first": 2, "second": 1}
    (lead,) = await house.store.leads_of_order("order-8")
    (wait,) = (await house.dialer.why(campaign.id, lead.id)).waits
    assert [hold.why for hold in wait.trunks] == [Blocked.RATE, Blocked.RATE]
    assert wait.until is not None
    assert (wait.until - began).total_seconds() == 1.1
    assert house.dialer.trunks.opens_in_s() == 1.1
    assert house.dialer.trunk_holds_until() is None  # no trouble
    await house.tick(1.0)
    assert went_by(house) == {"first": 2, "second": 1}
    await house.restart()  # the rows tell when the last calls began
    assert (house.clock.now() - began).total_seconds() == 9
    await house.tick()
    assert went_by(house) == {"first": 4, "second": 1}
    await house.tick(2)
    assert went_by(house) == {"first": 6, "second": 2}


async def test_a_dead_trunk_is_left_and_its_customers_go_by_the_other(house: DialHouse) -> None:
    await house.open(*AGENTS[:1], knobs=NOW_AGAIN)
    await fill(house, 6)
    answered: set[str] = set()
    for _ in range(60):
        await house.tick(1)
        if house.telephones.live:
            attempt_id, number = house.telephones.dialed[-1]
            if house.telephones.trunks[attempt_id] == "first":
                await house.fail(attempt_id)
            else:
                await house.hang_up(attempt_id, AttemptOutcome.INVALID)
                answered.add(number)
    assert answered == {phone(number) for number in range(1, 7)}
    attempts = await house.all_attempts()
    for number in answered:
        ways = [one.trunk for one in sorted(attempts, key=lambda one: one.intent_at) if one.number == number]
        assert ways in (["first", "second"], ["second"])
    for order in range(1, 7):
        (lead,) = await house.store.leads_of_order(f"order-{order}")
        assert lead.attempts == 1  # what the trunk did is nobody's attempt
    dead = house.dialer.trunks.states()[0]
    assert dead.last is not None
    assert (dead.last.outcome, dead.last.cause, dead.last.tech_cause) == (AttemptOutcome.CONGESTION, 34, "503")


async def test_a_brake_stands_over_a_restart(house: DialHouse) -> None:
    await house.open("maria", knobs=NOW_AGAIN)
    await fill(house, 5)
    for _ in range(3):
        await house.tick()
        await house.fail(house.ringing())
    assert went_by(house) == {"first": 3}
    await house.restart()
    dead, sound = house.dialer.trunks.states()
    assert dead.hold(house.clock.now()) is not None
    assert (dead.brake.troubles, sound.brake.troubles) == (3, 0)
    await house.tick()
    assert went_by(house) == {"first": 3, "second": 1}


async def test_our_own_wires_trouble_is_not_a_trunks(house: DialHouse) -> None:
    await house.open("maria", knobs=NOW_AGAIN)
    await fill(house, 5)
    house.telephones.fault = Fault.REFUSED
    for _ in range(4):
        await house.tick(70)
    assert house.telephones.tries == 4
    assert used(house) == [0, 0]
    assert [state.brake.troubles for state in house.dialer.trunks.states()] == [0, 0]
    await house.restart()
    assert [state.brake.troubles for state in house.dialer.trunks.states()] == [0, 0]


async def test_the_pool_shows_the_nearest_number_and_the_row_keeps_it(house: DialHouse) -> None:
    await house.open("maria", knobs={"caller_id": "+74950000100"})
    await house.order(1, 1_000)
    await house.dialer.trunks.load()
    await house.dialer.trunks.set_knobs("first", {"caller_ids": ["+78121110001", "+74951110001"]}, "oleg")
    await house.tick()
    assert house.telephones.shown[house.ringing()] == "+74951110001"
    attempt = await house.store.attempt(house.ringing())
    assert attempt is not None
    assert (attempt.trunk, attempt.caller_id) == ("first", "+74951110001")
    await house.dialer.trunks.set_knobs("first", {"caller_ids": []}, "oleg")
    await house.hang_up(house.ringing(), AttemptOutcome.BUSY)
    await house.order(2, 1_000)
    await house.tick()
    assert house.telephones.shown[house.ringing()] == "+74950000100"  # no pool: the campaign's own


async def test_who_turned_which_knob_and_back(house: DialHouse) -> None:
    trunks = house.dialer.trunks
    await trunks.load()
    await trunks.set_knobs("second", {"channels": 20, "per_second": 5}, "oleg")
    house.clock.pass_s(1)
    await trunks.set_knobs("second", {"channels": 20, "caller_ids": ["+74951110001"]}, "olga")
    changes = await trunks.changes()
    told = [(each.trunk, each.actor_id, each.field, each.old, each.new) for each in changes]
    assert told[0] == ("second", "olga", "caller_ids", [], ["+74951110001"])
    assert sorted(told[1:]) == [("second", "oleg", "channels", 500, 20), ("second", "oleg", "per_second", 200.0, 5.0)]
    state = await trunks.revert(changes[0].id, "oleg")
    assert state.trunk.caller_ids == ()
    assert state.trunk.channels == 20
    assert len(await trunks.changes()) == 4
    await house.restart()
    assert [state.trunk.channels for state in house.dialer.trunks.states()] == [500, 20]


async def test_what_a_trunk_cannot_be_changes_nothing(house: DialHouse) -> None:
    trunks = house.dialer.trunks
    await trunks.load()
    refused_knobs: list[dict[str, object]] = [
        {"channels": 0},
        {"channels": 5, "per_second": 0},
        {"channels": True},
        {"channels": "5"},
        {"per_second": "fast"},
        {"withdrawn": "often"},
        {"withdrawn": True},
        {"caller_ids": "+74951110001"},
        {"caller_ids": ["+7495 111"]},
        {"colour": "red"},
    ]
    for knobs in refused_knobs:
        with pytest.raises(BadTrunk) as refused:
            await trunks.set_knobs("first", knobs, "oleg")
        assert refused.value.field in knobs
    with pytest.raises(UnknownTrunk):
        await trunks.set_knobs("third", {"channels": 5}, "oleg")
    with pytest.raises(UnknownTrunk):
        await trunks.revert("no-such-change", "oleg")
    assert await trunks.changes() == []
    assert trunks.states()[0].trunk.channels == 500


async def test_calls_that_are_not_the_dialers_go_by_a_trunk_that_carries(house: DialHouse) -> None:
    await house.open("maria", knobs=NOW_AGAIN)
    await fill(house, 4)
    await house.dialer.trunks.load()
    await house.dialer.trunks.set_knobs("second", {"caller_ids": ["+74951110001"]}, "oleg")
    assert house.dialer.trunks.way(phone(1), "+74950000100") == ("first", "+74950000100")
    for _ in range(3):
        await house.tick()
        await house.fail(house.ringing())
    assert house.dialer.trunks.way(phone(1), "+74950000100") == ("second", "+74951110001")


async def test_whom_the_law_forbids_takes_nothing_of_the_rate(house: DialHouse) -> None:
    await house.open("maria")
    await fill(house, 1)
    await house.dialer.trunks.load()
    lead = (await house.store.leads_of_order("order-1"))[0]
    attempt = Attempt("one", lead.id, lead.campaign_id, None, lead.phone, house.clock.now())
    taken = house.dialer.trunks.take(attempt, (), ())
    assert taken is not None
    assert (taken.trunk, used(house)) == ("first", [1, 0])
    await house.dialer.trunks.reconcile()
    assert used(house) == [1, 0]  # its row is still to come
    house.dialer.trunks.never_began(taken)
    assert used(house) == [0, 0]
    assert house.dialer.trunks.states()[0].sent == ()
    house.dialer.trunks.written(taken)
    again = house.dialer.trunks.take(attempt, (), ())
    assert again is not None
    house.dialer.trunks.written(again)
    await house.dialer.trunks.reconcile()
    assert used(house) == [0, 0]  # nothing was written, whoever said what


async def test_calls_that_are_not_the_dialers_take_channels_too(house: DialHouse) -> None:
    """Customers who call us, and those whom the queue calls back, are on the same line; the cap is the carrier's."""
    campaign = await house.open(*AGENTS)
    await fill(house, 8)
    await house.dialer.trunks.load()
    for name in ("first", "second"):
        await house.dialer.trunks.set_knobs(name, {"channels": 3}, "oleg")
    house.telephones.others = {"first": {"inbound-1", "inbound-2"}, "second": {"back-1"}}
    assert used(house) == [2, 1]
    await house.tick()
    assert went_by(house) == {"first": 1, "second": 2}
    assert used(house) == [3, 3]
    assert [state.by_others for state in house.dialer.trunks.states()] == [2, 1]
    (lead,) = await house.store.leads_of_order("order-8")
    holds = (Hold("first", Blocked.CHANNELS), Hold("second", Blocked.CHANNELS))
    assert (await house.dialer.why(campaign.id, lead.id)).waits == (Wait(Reason.TRUNK, None, holds),)
    house.telephones.others["first"] |= {"inbound-3", "inbound-4"}  # they come whatever our cap says
    assert used(house) == [5, 3]
    await house.tick(5)
    assert len(house.telephones.dialed) == 3
    house.telephones.others = {}
    await house.tick()
    assert went_by(house) == {"first": 3, "second": 3}
