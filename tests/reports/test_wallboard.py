"""The wallboard's fold, on a handful of contacts and agents."""

from datetime import UTC, datetime, timedelta

import pytest

from cordboard.queue.agent import Agent, AgentState
from cordboard.queue.channel import ChannelKind, Direction
from cordboard.queue.contact import Contact, ContactState
from cordboard.queue.metrics import Service
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
    contacts: list[Contact],
    agents: list[Agent],
    ended: dict[str, Service] | None = None,
    promises: Promises | None = None,
) -> Wallboard:
    return wallboard(contacts, ended or {}, agents, promises or Promises(), NOW, Targets())


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


def test_the_day_that_has_ended_and_what_is_open_add_up() -> None:
    waits = contact("b", "orders", ContactState.QUEUED, 30)
    ended = {"orders": Service(in_time=6, offered=8, gone=2, over=8), "claims": Service(offered=1, gone=1, over=1)}
    now = board([waits], [], ended=ended)
    assert now.waiting.value == 1
    assert now.level.value == pytest.approx(6 / 10)
    assert now.abandoned.value == pytest.approx(3 / 9)
    assert [(line.queue, line.level.value) for line in now.queues] == [("claims", 0), ("orders", pytest.approx(6 / 9))]


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
