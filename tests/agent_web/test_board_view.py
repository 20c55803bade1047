"""The supervisor's board on agents with several contacts: all of them, and who waits in the one order."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from cordboard.agent_web.agents_shown import Asked, pick
from cordboard.agent_web.board_view import agent_lines, contact_line
from cordboard.queue.agent import Agent, Stance, Task, TaskPhase
from cordboard.queue.channel import ChannelKind, Direction
from cordboard.queue.contact import Contact, ContactState
from cordboard.reports.wallboard import waiting_now

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def contact(name: str, kind: ChannelKind, state: ContactState, age_s: float = 30, due_s: float = 0) -> Contact:
    born = NOW - timedelta(seconds=age_s)
    due = NOW + timedelta(seconds=due_s)
    return Contact(name, kind, Direction.INBOUND, "orders", state, name, "", name, born, agent_id="a1", due_at=due)


def test_an_operator_with_several_contacts_shows_them_all_the_foremost_first() -> None:
    chats = [contact(f"chat {n}", ChannelKind.CHAT, ContactState.CONNECTED) for n in (1, 2)]
    call = contact("call", ChannelKind.VOICE, ContactState.CONNECTED)
    tasks = tuple(Task(one.kind, TaskPhase.BUSY, NOW, contact_id=one.id) for one in (*chats, call))
    agent = Agent("a1", "Мария", "agent-a1", Stance.READY, NOW, tasks=tasks, queues=frozenset({"orders"}))
    held = [*chats, call]
    lines = {one.id: contact_line(one, {}, {}, NOW, {}) for one in held}
    by_id = {one.id: one for one in held}
    (shown,) = agent_lines([agent], by_id, lines, {"a1": 4}, NOW, {})
    assert shown.today == 4
    assert [line.who for line in shown.contacts] == ["call", "chat 1", "chat 2"]
    assert [(icon, count) for icon, _, count in shown.hands] == [("chat", 2), ("phone", 1)]
    absent = replace(agent, id="a2", stance=Stance.NOT_RESPONDING)
    (missed,) = agent_lines([absent], by_id, lines, {}, NOW, {})
    assert (missed.status, missed.alert) == ("talking", "пропустил звонок")
    asked = pick([agent, absent], Asked.ATTENTION, "мари", 10, NOW, {})
    assert (asked.agents, asked.matching, asked.everybody, asked.attention) == ((absent,), 1, 2, 1)


def test_who_waits_is_listed_in_the_order_in_which_he_is_served() -> None:
    """Not by age: a call that came later is due before a chat."""
    chat = contact("chat", ChannelKind.CHAT, ContactState.QUEUED, age_s=30, due_s=10)
    call = contact("call", ChannelKind.VOICE, ContactState.QUEUED, age_s=15, due_s=5)
    late = contact("late", ChannelKind.CHAT, ContactState.OFFERED, age_s=90, due_s=-50)
    assert [one.id for one in waiting_now([chat, call, late])] == ["late", "call", "chat"]
