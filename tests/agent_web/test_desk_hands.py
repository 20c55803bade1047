"""Several contacts in one pair of hands: which stands in the middle, what the rows say, to whom one may be passed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cordboard.agent_web.desk_hands import Countdown, Phase, colleagues, hands, in_front, phase_of
from cordboard.agent_web.desk_pauses import FIRST_CODES, pause_code, pause_codes, quick_pause
from cordboard.agent_web.desk_view import Record, desk_view
from cordboard.queue.agent import Agent, Stance, Task, TaskPhase
from cordboard.queue.capacity import Capacity
from cordboard.queue.channel import ChannelKind, Direction
from cordboard.queue.contact import Contact, ContactState
from cordboard.queue.setup import PauseCode, QueueSetup

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
STATES = {
    TaskPhase.RESERVED: ContactState.OFFERED,
    TaskPhase.BUSY: ContactState.CONNECTED,
    TaskPhase.WRAP_UP: ContactState.WRAP_UP,
}


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def task(contact_id: str | None, kind: ChannelKind, phase: TaskPhase, age_s: float = 10) -> Task:
    until = None if phase is TaskPhase.BUSY else ago(age_s) + timedelta(seconds=30)
    return Task(kind, phase, ago(age_s), until, contact_id)


def agent(*tasks: Task, name: str = "a1", stance: Stance = Stance.READY, capacity: Capacity | None = None) -> Agent:
    return Agent(
        name,
        name,
        f"agent-{name}",
        stance,
        ago(60),
        tasks=tasks,
        page_open=True,
        device_up=True,
        queues=frozenset({"orders"}),
        capacity=capacity or Capacity(),
    )


def contact(of: Task) -> Contact:
    return Contact(
        of.contact_id or "",
        of.kind,
        Direction.INBOUND,
        "orders",
        STATES[of.phase],
        f"wire/{of.contact_id}",
        "",
        "Денис",
        ago(40),
        agent_id="a1",
        connected_at=None if of.phase is TaskPhase.RESERVED else ago(20),
    )


CALL = task("call", ChannelKind.VOICE, TaskPhase.BUSY)
CHAT = task("chat", ChannelKind.CHAT, TaskPhase.BUSY)
OFFERED = task("offered", ChannelKind.CHAT, TaskPhase.RESERVED)
RESULT = task("result", ChannelKind.CHAT, TaskPhase.WRAP_UP)
DIALED = task(None, ChannelKind.VOICE, TaskPhase.RESERVED)


@pytest.mark.parametrize(
    ("tasks", "wanted", "front"),
    [
        ((), (), None),
        ((), ("gone",), None),
        ((DIALED,), (), None),
        ((CHAT, CALL), (), "call"),
        ((CHAT, CALL), ("chat",), "chat"),
        ((CHAT, CALL), ("gone", "chat", "call"), "chat"),
        ((CHAT, OFFERED), (), "offered"),
        ((CHAT, OFFERED), ("chat",), "chat"),
        ((CHAT, DIALED), (), "chat"),
        ((RESULT, CHAT), ("gone",), "chat"),
    ],
)
def test_the_operator_s_choice_stays_in_the_middle(
    tasks: tuple[Task, ...], wanted: tuple[str, ...], front: str | None
) -> None:
    assert in_front(agent(*tasks), wanted) == front


def test_each_contact_has_its_own_phase_and_the_agent_his() -> None:
    held = replace(contact(CALL), state=ContactState.HELD)
    hands_full = agent(CALL, CHAT, OFFERED, RESULT)
    assert phase_of(hands_full, held) is Phase.HELD
    assert [phase_of(hands_full, contact(one)) for one in (CHAT, OFFERED, RESULT)] == [
        Phase.TALKING,
        Phase.RINGING,
        Phase.WRAP_UP,
    ]
    assert phase_of(agent(DIALED), None) is Phase.DIALING
    assert phase_of(agent(stance=Stance.NOT_RESPONDING), None) is Phase.NOT_RESPONDING
    assert phase_of(agent(CHAT), contact(CALL)) is Phase.READY  # it left his hands this moment


def test_the_rows_keep_the_order_in_which_the_contacts_came() -> None:
    tasks = (RESULT, CHAT, DIALED, OFFERED, CALL)
    known = {one.contact_id: contact(one) for one in tasks if one.contact_id}
    known["call"] = replace(known["call"], customer_id="k1", order_id="o1")
    rows = hands(agent(*tasks), known.get, {"k1": "Анна"}, {"o1": "48213"}, lambda one: len(one.id), "chat", NOW)
    assert [row.contact.id for row in rows] == ["result", "chat", "offered", "call"]
    assert [(row.who, row.order_number) for row in rows][2:] == [("Денис", ""), ("Анна", "48213")]
    assert [row.age_s for row in rows] == [20, 20, 40, 20]
    assert [row.left for row in rows] == [Countdown(20, 30), None, Countdown(20, 30), None]
    assert [row.shown for row in rows] == [False, True, False, False]
    assert [row.key for row in rows] == ["result/wrap", "chat/talk", "offered/talk", "call/talk"]
    assert rows[1].unread == 4


@pytest.mark.parametrize(
    ("phase", "direction", "left_s"),
    [
        (TaskPhase.RESERVED, Direction.INBOUND, 20),
        (TaskPhase.RESERVED, Direction.OUTBOUND, None),
        (TaskPhase.BUSY, Direction.INBOUND, None),
    ],
)
def test_an_offer_says_what_is_left_of_the_promise(phase: TaskPhase, direction: Direction, left_s: int | None) -> None:
    one = task("call", ChannelKind.VOICE, phase)
    about = replace(contact(one), direction=direction)
    (row,) = hands(agent(one), {"call": about}.get, {}, {}, lambda _one: 0, None, NOW, lambda _one: 60.0)
    assert row.promised_s == left_s


def test_the_view_tells_the_middle_from_the_headline() -> None:
    ringing = task("call", ChannelKind.VOICE, TaskPhase.RESERVED)
    held = agent(CHAT, ringing)
    known = {one.contact_id: contact(one) for one in held.tasks if one.contact_id}
    rows = hands(held, known.get, {}, {}, lambda _one: 0, "chat", NOW)
    view = desk_view(held, known["chat"], Record(), {}, "ru", (0, 0), NOW, rows)
    assert (view.phase, view.headline, view.is_call) == (Phase.TALKING, Phase.RINGING, False)
    assert (view.held("voice"), view.held("chat"), view.held("email")) == (1, 1, 0)
    assert (view.talk_s, view.ring, view.key) == (20, None, "chat/talk")
    assert desk_view(held, known["call"], Record(), {}, "ru", (0, 0), NOW, rows).ring == Countdown(20, 30)


def test_a_contact_is_passed_to_those_at_work_the_free_ones_first() -> None:
    full = Capacity(limits={ChannelKind.CHAT: 1, ChannelKind.VOICE: 1})
    people = [
        agent(name="a1"),
        agent(replace(CHAT, contact_id="other"), name="boris", capacity=full),
        agent(name="zoya"),
        agent(name="away", stance=Stance.PAUSED),
        agent(name="voice only", capacity=Capacity(limits={ChannelKind.VOICE: 1})),
        replace(agent(name="gone"), page_open=False),
        replace(agent(name="no queue"), queues=frozenset()),
    ]
    assert [(one.name, one.free) for one in colleagues(people, contact(CHAT))] == [("zoya", True), ("boris", False)]


def test_the_pauses_are_the_house_s_own() -> None:
    own = QueueSetup(pause_codes={"tea": PauseCode("tea", "Чай", "Tea", 600)})
    assert pause_codes(QueueSetup()) == FIRST_CODES
    assert (quick_pause(QueueSetup()), quick_pause(own)) == ("rest", "tea")
    assert pause_code(own, "tea") == PauseCode("tea", "Чай", "Tea", 600)
    assert pause_code(own, "rest") is None
    assert pause_code(QueueSetup(), "lunch") is FIRST_CODES[0]
