"""Answering machines, as the dialer has them: what the wire is told, what is not given up, what their verdicts count for."""

import pytest

from cordboard.dialer.abandonment import Counts
from cordboard.dialer.campaign import Setting
from cordboard.dialer.lead import LeadState
from cordboard.queue.channel import AttemptOutcome, CallSign
from tests.fakes.dial_house import DialHouse
from tests.fakes.dial_modes import counts, orders, power

DETECTS: dict[str, Setting] = {"machines.point": "balanced"}


async def flying(house: DialHouse, knobs: dict[str, Setting]) -> str:
    """A call of a power campaign; its attempt."""
    await power(house, "maria", knobs=knobs)
    await orders(house, 3)
    await house.tick()
    return house.ringing()


async def test_detection_is_off_until_somebody_turns_it_on(house: DialHouse) -> None:
    attempt_id = await flying(house, {})
    assert "CC_AMD" not in house.telephones.variables[attempt_id]


async def test_the_wire_hears_of_the_point_and_of_the_message(house: DialHouse) -> None:
    attempt_id = await flying(house, DETECTS | {"machines.text_ru": "Заказ {order_number} ждёт вас."})
    sent = house.telephones.variables[attempt_id]
    assert sent["CC_AMD"] == "balanced"
    assert "Заказ 17 ждёт вас." in house.spoken.texts
    assert sent["CC_LEAVE"].startswith("ru-")


@pytest.mark.parametrize("text", ["Вас ждёт {items}.", ""])
async def test_a_message_that_cannot_be_said_is_not_left_and_the_call_is_made(house: DialHouse, text: str) -> None:
    attempt_id = await flying(house, DETECTS | {"machines.text_ru": text})
    assert "CC_LEAVE" not in house.telephones.variables[attempt_id]
    assert house.telephones.variables[attempt_id]["CC_AMD"] == "balanced"


async def test_other_modes_are_not_screened(house: DialHouse) -> None:
    await house.open("maria", knobs=DETECTS)
    await orders(house, 1)
    await house.tick()
    assert "CC_AMD" not in house.telephones.variables[house.ringing()]


async def test_who_has_picked_up_is_not_given_up(house: DialHouse) -> None:
    attempt_id = await flying(house, DETECTS)
    await house.dialer.on_sign(attempt_id, CallSign.PICKED_UP, attempt_id)
    await house.dialer._attempts.withdraw(attempt_id)
    assert attempt_id not in house.telephones.cancelled
    house.clock.pass_s(1.5)
    assert house.dialer._attempts.picked_up_s(attempt_id) == pytest.approx(1.5)
    await house.hang_up(attempt_id, AttemptOutcome.MACHINE)
    assert house.dialer._attempts.picked_up_s(attempt_id) is None


async def test_a_machine_is_tried_again_by_its_own_rule_and_counts_as_its_share_of_persons(house: DialHouse) -> None:
    campaign = await power(house, "maria", knobs=DETECTS)
    (lead, *_) = await orders(house, 1)
    await house.tick()
    await house.hang_up(house.ringing(), AttemptOutcome.MACHINE)
    after = await house.store.lead(lead.id)
    assert after is not None
    assert (after.state, after.last_outcome) == (LeadState.RETRY_AT, AttemptOutcome.MACHINE)
    assert counts(house, campaign) == Counts(400, 0, 1)


async def test_a_tone_has_a_rule_of_its_own_and_counts_for_nothing(house: DialHouse) -> None:
    campaign = await power(house, "maria", knobs=DETECTS)
    (lead, *_) = await orders(house, 1)
    await house.tick()
    await house.hang_up(house.ringing(), AttemptOutcome.TONE)
    after = await house.store.lead(lead.id)
    assert after is not None
    assert after.last_outcome is AttemptOutcome.TONE
    assert counts(house, campaign) == Counts(400, 0, 0)


async def test_who_leaves_while_he_is_heard_is_abandoned(house: DialHouse) -> None:
    campaign = await power(house, "maria", knobs=DETECTS)
    await orders(house, 1)
    await house.tick()
    attempt_id = house.ringing()
    await house.dialer.on_sign(attempt_id, CallSign.PICKED_UP, attempt_id)
    await house.hang_up(attempt_id, AttemptOutcome.ABANDONED)
    assert counts(house, campaign) == Counts(401, 1, 0)
