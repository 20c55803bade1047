"""Why a contact waits and why an operator has what he has: the decisions of queue/why.py in words. Pure; texts are msgids.

The templates say them in the reader's language.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ..queue.contact import Contact, ContactState
from ..queue.overflow import name_of
from ..queue.routing import Obstacle
from ..queue.setup import OverflowAction, OverflowRule, OverflowWhen, QueueSetup
from ..queue.why import AgentWhy, ContactWhy, OperatorWhy
from .i18n import N_, Words
from .setup_words import ACTIONS, CHANNELS, WHEN, queue_label, skill_label
from .waiting_view import named_needs

SHOWN = 30

# the status pill of an operator, and what stands between him and the contact
OBSTACLES = {
    Obstacle.OTHER_QUEUE: ("idle", N_("не берёт эту очередь")),
    Obstacle.LOGGED_OUT: ("offline", N_("не на смене")),
    Obstacle.PAUSED: ("break", N_("на перерыве")),
    Obstacle.NOT_RESPONDING: ("noresp", N_("не отвечал на звонок")),
    Obstacle.UNREACHABLE: ("noresp", N_("не на связи: страница закрыта или телефон не подключён")),
    Obstacle.LATER: ("idle", N_("срок звонка ещё не пришёл")),
    Obstacle.PERSONAL: ("idle", N_("контакт ждёт другого оператора")),
    Obstacle.SKILL: ("warn", N_("не хватает навыка")),
    Obstacle.FULL: ("talking", N_("больше таких контактов сразу нельзя")),
    Obstacle.IN_THE_WAY: ("talking", N_("то, что в руках, прерывать нельзя")),
    Obstacle.KEPT: ("reserved", N_("придержан для того, кто раньше")),
}
MAY = ("ready", N_("может взять"))


@dataclass(frozen=True, slots=True)
class PairLine:
    """One operator and one contact. `name`: the other side; `lacks`: what skills are missing, as (skill, level)."""

    id: str
    icon: str
    name: str
    status: str
    reason: str
    lacks: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class RuleLine:
    """An overflow rule; `done`: the contact has been through it."""

    when: str
    after_s: int | None
    action: str
    target: str
    done: bool


@dataclass(frozen=True, slots=True)
class ContactPane:
    """`counts`: how many operators stand behind each reason, the most first. `more`: operators of the queue that are not listed."""

    id: str
    icon: str
    who: str
    address: str
    queue: str
    waits: bool
    position: int
    waiting: int
    at_work: int
    expected_s: int | None
    left_s: int
    passable_until: datetime
    is_passable: bool
    needs: tuple[tuple[str, int], ...]
    relaxes_at: datetime | None
    own_agent: str
    personal_until: datetime | None
    not_before: datetime | None
    rules: tuple[RuleLine, ...]
    counts: tuple[tuple[str, str, int], ...]
    agents: tuple[PairLine, ...]
    more: int
    elsewhere: int
    ahead: tuple[str, ...]
    kept_agent: str


@dataclass(frozen=True, slots=True)
class OperatorPane:
    id: str
    name: str
    queues: str
    skills: tuple[tuple[str, int], ...]
    contacts: tuple[PairLine, ...]
    kept_for: str


@dataclass(frozen=True, slots=True)
class Names:
    """What everybody is called: operators and open contacts by id, in the reader's language."""

    people: Mapping[str, str]
    contacts: Mapping[str, str]
    setup: QueueSetup
    words: Words


def contact_pane(why: ContactWhy, names: Names, now: datetime) -> ContactPane:
    contact, place = why.contact, why.place
    pairs = sorted(why.agents, key=lambda pair: (pair.obstacle is not None, names.people.get(pair.agent_id, "")))
    return ContactPane(
        id=contact.id,
        icon=CHANNELS[contact.kind][0],
        who=names.contacts.get(contact.id, ""),
        address=contact.address,
        queue=queue_label(names.setup, contact.queue, names.words),
        waits=contact.state is ContactState.QUEUED,
        position=place.position if place is not None else 0,
        waiting=place.waiting if place is not None else 0,
        at_work=place.agents if place is not None else 0,
        expected_s=int(place.expected_s) if place is not None and place.expected_s is not None else None,
        left_s=int(why.target_left_s),
        passable_until=why.passable_until,
        is_passable=why.passable_until > now,
        needs=named_needs(why.needs, names.setup, names.words),
        relaxes_at=why.relaxes_at,
        own_agent=names.people.get(contact.for_agent or "", ""),
        personal_until=why.personal_until,
        not_before=why.not_before,
        rules=tuple(_rule_line(rule, contact, names) for rule in why.overflow),
        counts=tuple((*OBSTACLES[obstacle], count) for obstacle, count in why.obstacles.most_common()),
        agents=tuple(_pair_line(pair, pair.agent_id, "", names) for pair in pairs[:SHOWN]),
        more=max(0, len(pairs) - SHOWN),
        elsewhere=why.elsewhere,
        ahead=tuple(names.contacts.get(each, "") for each in why.ahead[:5]),
        kept_agent=names.people.get(why.kept_agent or "", ""),
    )


def operator_pane(why: OperatorWhy, contacts: Mapping[str, Contact], names: Names) -> OperatorPane:
    agent = why.agent
    return OperatorPane(
        id=agent.id,
        name=agent.name,
        queues=", ".join(sorted(queue_label(names.setup, code, names.words) for code in agent.queues)),
        skills=tuple(
            sorted((skill_label(names.setup, code, names.words), level) for code, level in agent.skills.items())
        ),
        contacts=tuple(
            _pair_line(pair, pair.contact_id, CHANNELS[contacts[pair.contact_id].kind][0], names)
            for pair in why.contacts
            if pair.contact_id in contacts
        ),
        kept_for=names.contacts.get(why.kept_for or "", ""),
    )


def _pair_line(pair: AgentWhy, other: str, icon: str, names: Names) -> PairLine:
    status, reason = MAY if pair.obstacle is None else OBSTACLES[pair.obstacle]
    name = names.contacts.get(other) or names.people.get(other, "")
    return PairLine(other, icon, name, status, reason, named_needs(pair.lacks, names.setup, names.words))


def _rule_line(rule: OverflowRule, contact: Contact, names: Names) -> RuleLine:
    timed = rule.when in (OverflowWhen.WAIT, OverflowWhen.EXPECTED_WAIT)
    moves = rule.action is OverflowAction.OTHER_QUEUE and rule.target
    return RuleLine(
        when=WHEN[rule.when],
        after_s=int(rule.after_s) if timed else None,
        action=ACTIONS[rule.action],
        target=queue_label(names.setup, rule.target or "", names.words) if moves else "",
        done=name_of(rule, contact.queue) in contact.overflowed,
    )
