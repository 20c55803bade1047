"""Who waits and who is where, line by line: the one order over all channels, and every operator with all that is in his hands. Pure.

Texts here are msgids; the templates say them in the reader's language.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ..queue.agent import Agent, AgentState, Task, TaskPhase
from ..queue.channel import ChannelKind
from ..queue.contact import Contact, ContactState
from ..queue.metrics import waited_s
from ..queue.routing import is_personal, needs_now, order_key
from ..queue.setup import Lift, QueueSetup
from ..queue.skill import Need
from .agents_shown import STATE_PILL
from .i18n import N_, Words, phone
from .setup_words import CHANNELS, LIFTS, pause_label, queue_label, skill_label

PHASES = {
    TaskPhase.RESERVED: ("ringing", N_("Звонят")),
    TaskPhase.BUSY: ("talking", N_("Разговор")),
    TaskPhase.WRAP_UP: ("wrap", N_("Итог")),
}
TEXT_PHASES = PHASES | {
    TaskPhase.RESERVED: ("ringing", N_("Предложен")),
    TaskPhase.BUSY: ("talking", N_("В переписке")),
}
NAMELESS = {True: N_("Номер скрыт"), False: N_("Посетитель сайта")}


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """`left_s`: until its promised wait, lifts included, is over; below 0 it is late. `needs`: what is needed now, as (skill, level).

    `eased`: less is needed than at first. `only_for`: the one operator it waits for at this moment.
    `kept`: the customer has hung up and is called when his turn comes. `in_dialog`: he is held back, a spoken dialog has him.
    """

    id: str
    place: int
    icon: str
    channel: str
    called: str
    queue: str
    waited_s: int
    left_s: int
    lifts: tuple[str, ...]
    needs: tuple[tuple[str, int], ...]
    eased: bool
    only_for: str
    offered_to: str
    in_dialog: bool
    kept: bool


@dataclass(frozen=True, slots=True)
class TaskLine:
    icon: str
    status: str
    label: str
    who: str
    since_s: int


@dataclass(frozen=True, slots=True)
class WhereLine:
    """`over_s`: by how much the pause is longer than its code allows; 0 while it is not."""

    id: str
    name: str
    status: str
    label: str
    since_s: int
    over_s: int
    next: str
    queues: str
    tasks: tuple[TaskLine, ...]
    can: tuple[str, ...]


_NEXT = {
    AgentState.READY: N_("потом на линию"),
    AgentState.PAUSED: N_("потом перерыв"),
    AgentState.LOGGED_OUT: N_("потом домой"),
}


def called(contact: Contact, customers: Mapping[str, str], words: Words) -> str:
    """How a contact is named where there is room for one word. `customers`: their names by id."""
    known = customers.get(contact.customer_id or "") or contact.name or phone(contact.address)
    return known or words.say(NAMELESS[contact.kind is ChannelKind.VOICE])


def in_order(contacts: Iterable[Contact]) -> list[Contact]:
    """Those who wait or are being offered, in the order in which routing takes them."""
    there = [each for each in contacts if each.state in (ContactState.QUEUED, ContactState.OFFERED)]
    return sorted(there, key=order_key)


def waiting_lines(
    contacts: Iterable[Contact],
    setup: QueueSetup,
    people: Mapping[str, str],
    customers: Mapping[str, str],
    now: datetime,
    words: Words,
) -> list[WaitingLine]:
    """`contacts` in their order; `people`: operators' names by id, `customers`: customers' names by id."""
    return [
        _waiting_line(place, contact, setup, people, customers, now, words)
        for place, contact in enumerate(contacts, start=1)
    ]


def _waiting_line(
    place: int,
    contact: Contact,
    setup: QueueSetup,
    people: Mapping[str, str],
    customers: Mapping[str, str],
    now: datetime,
    words: Words,
) -> WaitingLine:
    icon, channel = CHANNELS[contact.kind]
    needs = needs_now(contact, setup.rules(contact.queue), now)
    offered = contact.state is ContactState.OFFERED
    due = contact.due_at or contact.arrived_at
    return WaitingLine(
        id=contact.id,
        place=place,
        icon=icon,
        channel=channel,
        called=called(contact, customers, words),
        queue=queue_label(setup, contact.queue, words),
        waited_s=int(waited_s(contact, now)),
        left_s=int((due - now).total_seconds()),
        lifts=tuple(LIFTS[Lift(lift)][0] for lift in contact.lifts),
        needs=named_needs(needs, setup, words),
        eased=bool(contact.needs) and needs != tuple(sorted(contact.needs)),
        only_for=people.get(contact.for_agent or "", "") if is_personal(contact, now) else "",
        offered_to=people.get(contact.agent_id or "", "") if offered else "",
        in_dialog=not contact.is_kept_place and contact.not_before is not None and contact.not_before > now,
        kept=contact.is_kept_place,
    )


def named_needs(needs: Iterable[Need], setup: QueueSetup, words: Words) -> tuple[tuple[str, int], ...]:
    return tuple((skill_label(setup, need.skill, words), need.level) for need in needs)


def where_lines(
    agents: Sequence[Agent],
    contacts: Mapping[str, Contact],
    setup: QueueSetup,
    customers: Mapping[str, str],
    now: datetime,
    words: Words,
) -> list[WhereLine]:
    return [_where_line(agent, contacts, setup, customers, now, words) for agent in agents]


def _where_line(
    agent: Agent,
    contacts: Mapping[str, Contact],
    setup: QueueSetup,
    customers: Mapping[str, str],
    now: datetime,
    words: Words,
) -> WhereLine:
    since_s = _age(agent.since, now)
    status, label = STATE_PILL[agent.state]
    if agent.state is AgentState.PAUSED:
        label = pause_label(agent.pause_code, setup, words)
    pause = setup.pause_codes.get(agent.pause_code or "") if agent.state is AgentState.PAUSED else None
    limit = pause.limit_s if pause is not None else None
    return WhereLine(
        id=agent.id,
        name=agent.name,
        status=status,
        label=label,
        since_s=since_s,
        over_s=max(0, since_s - limit) if limit is not None else 0,
        next=_NEXT.get(agent.next_state, "") if agent.next_state else "",
        queues=", ".join(sorted(queue_label(setup, code, words) for code in agent.queues)),
        tasks=tuple(_task_line(task, contacts, customers, now, words) for task in agent.tasks),
        can=sendable(agent),
    )


def _task_line(
    task: Task, contacts: Mapping[str, Contact], customers: Mapping[str, str], now: datetime, words: Words
) -> TaskLine:
    contact = contacts.get(task.contact_id or "")
    status, label = (PHASES if task.kind is ChannelKind.VOICE else TEXT_PHASES)[task.phase]
    if contact is not None and contact.state is ContactState.HELD:
        status, label = "hold", N_("Удержание")
    who = called(contact, customers, words) if contact is not None else ""
    return TaskLine(CHANNELS[task.kind][0], status, label, who, _age(task.since, now))


def sendable(agent: Agent) -> tuple[str, ...]:
    """The states that a supervisor may send this agent to: all but the one he is in, or has ahead. A pause may become another."""
    ahead = agent.next_state or agent.state
    wanted = (AgentState.READY, AgentState.PAUSED, AgentState.LOGGED_OUT)
    return tuple(state.value for state in wanted if state is not ahead or state is AgentState.PAUSED)


def _age(since: datetime, now: datetime) -> int:
    return max(0, int((now - since).total_seconds()))
