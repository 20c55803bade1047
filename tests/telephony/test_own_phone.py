"""Where the dialplan reaches an operator whose page did not come back."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cordboard.queue.agent import Agent, Stance
from cordboard.queue.channel import Arrival, ChannelKind, Direction, NotDone
from cordboard.queue.contact import arrive
from cordboard.telephony.own_phone import variables_for

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
MARIA = Agent("maria", "Maria", "agent-1", Stance.READY, AT, own_number="+79160000009")
CONTACT = arrive("k", Arrival(ChannelKind.VOICE, Direction.INBOUND, "orders", "n/b/1", "+79000000001"), AT)


def way(_number: str) -> tuple[str, str]:
    return "trunk-2", "+74951234567"


def test_an_ordinary_offer_needs_nothing_of_it() -> None:
    assert variables_for(CONTACT, MARIA, lambda _: True, way) == {}


def test_he_is_called_by_the_trunk_for_his_number_and_sees_one_of_ours() -> None:
    told = variables_for(replace(CONTACT, own_phone=True), MARIA, lambda _: True, way)
    assert told == {"CC_OWN": "79160000009@trunk-2", "CC_SHOW": "+74951234567"}


def test_a_number_that_the_site_does_not_call_is_not_called() -> None:
    with pytest.raises(NotDone):
        variables_for(replace(CONTACT, own_phone=True), MARIA, lambda _: False, way)
