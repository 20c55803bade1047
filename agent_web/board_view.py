"""What the supervisor's board says about figures, queues and agents: status, words and alerts for each. Pure.

Texts here are msgids; the templates say them in the reader's language.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from ..queue.agent import Agent, AgentState, in_order
from ..queue.channel import ChannelKind
from ..queue.contact import Contact, ContactState
from ..queue.metrics import waited_s
from ..queue.pauses import Allowance
from ..reports.wallboard import QueueStanding, Standing
from .agents_shown import NO_LIMIT, STATE_PILL, alert_of, since_s
from .i18n import N_
from .page_reports import Sound
from .setup_words import CHANNELS

TILE_CLASS = {Standing.GOOD: "", Standing.NEAR: "w", Standing.BAD: "x", Standing.UNKNOWN: "n"}

# pill, its icon and its words
QUEUE_PILL = {
    QueueStanding.NOBODY: ("bad", "alert", N_("Некому отвечать")),
    QueueStanding.TOO_LONG: ("bad", "alert", N_("Ждут слишком долго")),
    QueueStanding.BELOW: ("bad", "down-arrow", N_("Ниже цели")),
    QueueStanding.NEAR: ("warn", "down-arrow", N_("Чуть ниже")),
    QueueStanding.GOOD: ("ok", "check", N_("В цели")),
    QueueStanding.QUIET: ("idle", "flat", N_("Звонков ещё не было")),
}

_DIALING = ("reserved", N_("Набираем ему"))
_HOLDING = ("hold", N_("Удержание"))
_NEXT = {
    AgentState.READY: N_("потом на линию"),
    AgentState.PAUSED: N_("потом перерыв"),
    AgentState.LOGGED_OUT: N_("потом домой"),
}


@dataclass(frozen=True, slots=True)
class ContactLine:
    """A contact in a few words. `queue`: its code; `waited_s` is the whole wait so far."""

    id: str
    who: str
    address: str
    queue: str
    order_number: str | None
    icon: str
    waited_s: int
    offered_to: str | None


@dataclass(frozen=True, slots=True)
class AgentLine:
    """A row of the agents' table. `can` are the states he may be sent to.
    `contacts` are all in his hands, the foremost first; `hands` counts them: a channel's icon, its name and how many. `pause` is a code.
    `sound`: how his talk sounds, where that is bad."""

    id: str
    name: str
    status: str
    label: str
    since_s: int
    contacts: tuple[ContactLine, ...]
    hands: tuple[tuple[str, str, int], ...]
    pause: str
    next: str
    alert: str
    today: int
    can: tuple[str, ...]
    sound: Sound | None = None


def contact_line(
    contact: Contact, orders: Mapping[str, str], names: Mapping[str, str], now: datetime, holders: Mapping[str, str]
) -> ContactLine:
    """The numbers of `orders`, the `names` of customers and those of agents (`holders`), by their ids."""
    return ContactLine(
        id=contact.id,
        who=names.get(contact.customer_id or "") or contact.name,
        address=contact.address,
        queue=contact.queue,
        order_number=orders.get(contact.order_id or ""),
        icon="phone-in" if contact.kind is ChannelKind.VOICE else CHANNELS[contact.kind][0],
        waited_s=int(waited_s(contact, now)),
        offered_to=holders.get(contact.agent_id or "") if contact.state is ContactState.OFFERED else None,
    )


def agent_lines(
    agents: Iterable[Agent],
    contacts: Mapping[str, Contact],
    lines: Mapping[str, ContactLine],
    served: Mapping[str, int],
    now: datetime,
    allowed: Mapping[str, Allowance],
    weak: Mapping[str, Sound] = MappingProxyType({}),
) -> list[AgentLine]:
    """A row each. `contacts` and `lines` by contact; by agent: `served`, how many today, and `weak`, how bad the sound is."""
    return [
        _agent_line(
            agent,
            contacts.get(agent.contact_id or ""),
            lines,
            served.get(agent.id, 0),
            now,
            allowed.get(agent.id, NO_LIMIT),
            weak,
        )
        for agent in agents
    ]


def _agent_line(
    agent: Agent,
    contact: Contact | None,
    lines: Mapping[str, ContactLine],
    served: int,
    now: datetime,
    allowed: Allowance,
    weak: Mapping[str, Sound],
) -> AgentLine:
    status, label = STATE_PILL[agent.state]
    if agent.state is AgentState.RESERVED and agent.contact_id is None:
        status, label = _DIALING
    if contact is not None and contact.state is ContactState.HELD:
        status, label = _HOLDING
    return AgentLine(
        id=agent.id,
        name=agent.name,
        status=status,
        label=label,
        since_s=since_s(agent, now),
        contacts=tuple(lines[held] for task in in_order(agent.tasks) if (held := task.contact_id or "") in lines),
        hands=tuple((*CHANNELS[kind], count) for kind, count in Counter(task.kind for task in agent.tasks).items()),
        pause=agent.pause_code or "",
        next=_NEXT.get(agent.next_state, "") if agent.next_state else "",
        alert=alert_of(agent, now, allowed, weak),
        today=served,
        can=_sendable(agent),
        sound=weak.get(agent.id) if agent.state is AgentState.BUSY else None,
    )


def _sendable(agent: Agent) -> tuple[str, ...]:
    """The states that a supervisor may send this agent to: all but the one he is in, or has ahead."""
    ahead = agent.next_state or agent.state
    wanted = (AgentState.READY, AgentState.PAUSED, AgentState.LOGGED_OUT)
    if agent.state in (AgentState.RESERVED, AgentState.BUSY, AgentState.WRAP_UP) and agent.next_state is None:
        ahead = AgentState.READY
    return tuple(state.value for state in wanted if state is not ahead)
