"""Each promise: kept it is silent, broken it is named."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cordboard.queue.channel import ChannelKind, Direction
from cordboard.queue.contact import Contact, ContactState
from cordboard.simulation import truth
from cordboard.simulation.load import screen_pops
from cordboard.simulation.truth import Call, End, Ring, Talk, outcome, violations

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
TALKED = Call(
    "1.1",
    truth.Direction.IN,
    "+79000000001",
    began_at=10.0,
    ended_at=20.0,
    end=End.TALKED,
    contact_id="c1",
    rings=(Ring("agent-a", 10.0, 10.1, 12.0),),
    talks=(Talk("agent-a", 12.0, 20.0),),
)
GONE = Call("1.2", truth.Direction.IN, "+79000000002", 10.0, 15.0, End.ABANDONED, "")


def contact(call: Call, state: ContactState, *, talked: bool) -> Contact:
    return Contact(
        id=f"c-{call.uniqueid}",
        kind=ChannelKind.VOICE,
        direction=Direction.INBOUND,
        queue="orders",
        state=state,
        wire_key=f"node/boot/{call.uniqueid}",
        address=call.person,
        name="",
        arrived_at=NOON,
        connected_at=NOON if talked else None,
    )


CLOSED = contact(TALKED, ContactState.CLOSED, talked=True)
LEFT = contact(GONE, ContactState.ABANDONED, talked=False)


def test_a_good_day_has_no_violations() -> None:
    assert violations([TALKED, GONE], [CLOSED, LEFT]) == []


@pytest.mark.parametrize(
    ("calls", "contacts", "told"),
    [
        ([TALKED], [], "call 1.1 has no contact"),
        ([TALKED], [CLOSED, CLOSED], "call 1.1 has 2 contacts"),
        ([], [LEFT], "a contact stands for call 1.2, which never was"),
        ([TALKED], [replace(CLOSED, state=ContactState.WRAP_UP)], "call 1.1 is over, its contact is still wrap_up"),
        ([TALKED], [replace(CLOSED, connected_at=None)], "its contact says that nobody did"),
        ([GONE], [replace(LEFT, connected_at=NOON)], "its contact says that it was"),
    ],
)
def test_a_contact_that_is_not_what_happened(calls: list[Call], contacts: list[Contact], told: str) -> None:
    (found,) = violations(calls, contacts)
    assert told in found


def test_nobody_rings_at_two_phones() -> None:
    twice = replace(TALKED, rings=(Ring("agent-a", 10.0, 10.1, 12.0), Ring("agent-b", 10.0, 11.0, 11.5)))
    assert violations([twice], [CLOSED]) == ["call 1.1 rang at agent-a and agent-b at once"]


def test_no_phone_serves_two() -> None:
    other = replace(TALKED, uniqueid="1.3", rings=(Ring("agent-a", 11.0, 11.0, 11.5),), talks=())
    contacts = [CLOSED, contact(other, ContactState.ABANDONED, talked=False)]
    assert violations([TALKED, replace(other, end=End.ABANDONED)], contacts) == [
        "agent-a held calls 1.1 and 1.3 at once"
    ]


def test_an_operator_who_was_shown_two_calls_is_named() -> None:
    assert violations([], [], ["operator7"]) == ["operator operator7 was shown two calls at once"]


def test_somebody_whom_we_did_not_reach_has_no_contact() -> None:
    unreached = Call("o1", truth.Direction.OUT, "+79010000001", 1.0, 2.0, End.UNREACHED, "")
    assert violations([unreached], []) == []


def test_the_outcome_counts_each_once_and_only_quick_answers_are_good() -> None:
    slow = replace(TALKED, uniqueid="1.4", began_at=-30.0)
    told = outcome([TALKED, slow, GONE], 10.0)
    assert (told.offered, told.answered, told.abandoned, told.unreached) == (3, 2, 1, 0)
    assert told.goodput == pytest.approx(0.1)


def test_a_screen_pop_is_from_the_trigger_to_that_operators_screen() -> None:
    offers = [("c1", "agent-b", 10.05), ("c1", "agent-a", 9.0), ("c1", "agent-a", 10.2)]
    assert screen_pops([TALKED], offers) == [pytest.approx(0.2)]
    assert screen_pops([TALKED], []) == []
