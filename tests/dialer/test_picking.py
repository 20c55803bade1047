from dataclasses import replace
from datetime import UTC, datetime, timedelta

from cordboard.dialer.lead import Lead, LeadState
from cordboard.dialer.picking import PERSONAL_S, pairs
from cordboard.queue.agent import Agent, AgentState
from tests.fakes.seated import seated

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
QUEUES = {"campaign": "orders", "other": "claims"}


def an_agent(name: str, state: AgentState = AgentState.READY, queues: tuple[str, ...] = ("orders",)) -> Agent:
    return seated(name, state, NOW, queues=frozenset(queues))


def a_lead(name: str, campaign: str = "campaign") -> Lead:
    return Lead(name, campaign, name, f"+{name}", "UTC", NOW, NOW)


def a_callback(name: str, agent: str | None, due_s_ago: float = 0) -> Lead:
    due_at = NOW - timedelta(seconds=due_s_ago)
    return replace(a_lead(name), state=LeadState.DUE, is_callback=True, agent_id=agent, due_at=due_at)


def told(leads: list[Lead], free: list[Agent], others: list[Agent] | None = None) -> list[tuple[str, str]]:
    made = pairs(leads, QUEUES, free, [*free, *(others or [])], NOW)
    return [(lead.id, agent.id) for lead, agent in made]


MARIA, ILYA = an_agent("maria"), an_agent("ilya")


def test_the_best_lead_goes_to_the_longest_idle() -> None:
    assert told([a_lead("1"), a_lead("2"), a_lead("3")], [MARIA, ILYA]) == [("1", "maria"), ("2", "ilya")]


def test_an_agent_gets_leads_of_his_queues_only() -> None:
    assert told([a_lead("1", "other"), a_lead("2")], [MARIA, an_agent("olga", queues=("claims",))]) == [
        ("1", "olga"),
        ("2", "maria"),
    ]


def test_one_number_is_dialed_once_at_a_time() -> None:
    twin = replace(a_lead("2"), phone="+1")
    assert told([a_lead("1"), twin, a_lead("3")], [MARIA, ILYA]) == [("1", "maria"), ("3", "ilya")]


def test_a_personal_callback_finds_its_own_agent() -> None:
    assert told([a_callback("1", None), a_callback("2", "maria")], [MARIA, ILYA]) == [("1", "ilya"), ("2", "maria")]


def test_it_waits_for_him_while_he_is_here_for_its_own_minute() -> None:
    busy = an_agent("vera", AgentState.BUSY)
    assert told([a_callback("1", "vera", due_s_ago=PERSONAL_S - 1)], [MARIA], [busy]) == []
    assert told([a_callback("1", "vera", due_s_ago=PERSONAL_S)], [MARIA], [busy]) == [("1", "maria")]


def test_whose_agent_is_not_here_is_anyones_at_once() -> None:
    gone = an_agent("vera", AgentState.LOGGED_OUT)
    assert told([a_callback("1", "vera")], [MARIA], [gone]) == [("1", "maria")]
    assert told([a_callback("1", "nobody")], [MARIA]) == [("1", "maria")]


def test_nobody_free_and_nobody_to_call() -> None:
    assert told([a_lead("1")], []) == []
    assert told([], [MARIA]) == []
