"""The wallboard's fold, on a handful of contacts and agents."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cordboard.queue.agent import Agent, AgentState
from cordboard.queue.channel import ChannelKind, Direction
from cordboard.queue.contact import Contact, ContactState
from cordboard.reports.wallboard import (
    Promises,
    QueueStanding,
    Standing,
    Targets,
    Wallboard,
    at_least,
    at_most,
    wallboard,
)
from tests.fakes.seated import seated

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def contact(name: str, queue: str, state: ContactState, age_s: float, waited: float | None = None) -> Contact:
    born = NOW - timedelta(seconds=age_s)
    return Contact(
        id=name,
        kind=ChannelKind.VOICE,
        direction=Direction.INBOUND,
        queue=queue,
        state=state,
        wire_key=name,
        address="+79000004127",
        name="",
        arrived_at=born,
        connected_at=None if waited is None else born + timedelta(seconds=waited),
        closed_at=NOW - timedelta(seconds=1) if state is ContactState.ABANDONED else None,
    )


def agent(name: str, state: AgentState, *queues: str) -> Agent:
    return seated(name, state, NOW, queues=frozenset(queues))


def board(
    contacts: list[Contact], agents: list[Agent], ended: list[Contact] | None = None, promises: Promises | None = None
) -> Wallboard:
    return wallboard(contacts, ended or [], agents, promises or Promises(), NOW, Targets())


def test_tiles_count_what_is_there_now() -> None:
    now = board(
        [
            contact("a", "orders", ContactState.QUEUED, 161),
            contact("b", "orders", ContactState.OFFERED, 10),
            contact("c", "orders", ContactState.CONNECTED, 60, waited=5),
        ],
        [agent("x", AgentState.BUSY, "orders"), agent("y", AgentState.READY, "orders"), agent("z", AgentState.PAUSED)],
        promises=Promises(today=14, overdue=2),
    )
    assert now.waiting.value == 2
    assert now.waiting.standing is Standing.GOOD
    assert now.longest_s.value == pytest.approx(161)
    assert now.longest_s.standing is Standing.BAD
    assert (now.crew.on_line, now.crew.ready, now.crew.talking, now.crew.paused) == (2, 1, 1, 1)
    assert (now.promised_today, now.overdue.value, now.overdue.standing) == (14, 2, Standing.BAD)
    assert now.level.value == pytest.approx(1 / 2)


def test_an_empty_house_has_no_shares_and_no_alarms() -> None:
    now = board([], [])
    assert now.level.standing is Standing.UNKNOWN
    assert now.abandoned.value is None
    assert now.waiting.standing is Standing.GOOD
    assert now.queues == ()


def test_a_contact_read_twice_is_counted_once() -> None:
    talking = contact("a", "orders", ContactState.CONNECTED, 60, waited=5)
    closed = replace(talking, state=ContactState.CLOSED, closed_at=NOW, talk_ended_at=NOW, talk_s=55)
    waits = contact("b", "orders", ContactState.QUEUED, 30)
    left = replace(waits, state=ContactState.ABANDONED, closed_at=NOW)
    now = board([talking, waits], [], ended=[closed, left])
    assert now.waiting.value == 0
    assert now.abandoned.value == pytest.approx(1 / 2)


@pytest.mark.parametrize(
    ("contacts", "agents", "standing"),
    [
        ([], [("x", AgentState.READY)], QueueStanding.QUIET),
        ([("a", ContactState.QUEUED, 3.0, None)], [("x", AgentState.PAUSED)], QueueStanding.NOBODY),
        ([("a", ContactState.QUEUED, 91.0, None)], [("x", AgentState.BUSY)], QueueStanding.TOO_LONG),
        ([("a", ContactState.CONNECTED, 91.0, 30.0)], [("x", AgentState.BUSY)], QueueStanding.BELOW),
        ([("a", ContactState.CONNECTED, 91.0, 20.0)], [("x", AgentState.BUSY)], QueueStanding.GOOD),
    ],
)
def test_a_queue_says_the_worst_first(
    contacts: list[tuple[str, ContactState, float, float | None]],
    agents: list[tuple[str, AgentState]],
    standing: QueueStanding,
) -> None:
    now = board(
        [contact(name, "orders", state, age, waited) for name, state, age, waited in contacts],
        [agent(name, state, "orders") for name, state in agents],
    )
    assert [(line.queue, line.standing) for line in now.queues] == [("orders", standing)]


def test_queues_of_the_agents_are_shown_while_nobody_calls() -> None:
    now = board([], [agent("x", AgentState.READY, "orders", "delivery"), agent("y", AgentState.PAUSED, "orders")])
    assert [(line.queue, line.crew.on_line, line.longest_s) for line in now.queues] == [
        ("delivery", 1, None),
        ("orders", 1, None),
    ]


@pytest.mark.parametrize(
    ("value", "standing"),
    [(None, Standing.UNKNOWN), (0.8, Standing.GOOD), (0.72, Standing.NEAR), (0.71, Standing.BAD)],
)
def test_a_lower_limit(value: float | None, standing: Standing) -> None:
    assert at_least(value, 0.8).standing is standing


@pytest.mark.parametrize(
    ("value", "standing"), [(None, Standing.UNKNOWN), (90, Standing.GOOD), (135, Standing.NEAR), (136, Standing.BAD)]
)
def test_an_upper_limit(value: float | None, standing: Standing) -> None:
    assert at_most(value, 90).standing is standing
