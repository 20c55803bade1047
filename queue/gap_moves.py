"""Moves after a gap in what we heard: the book is made to agree with the wire (reconcile.py). Pure, as moves.py is."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from . import contact_events, moves
from .agent import Stance, TaskPhase
from .book import Draft
from .capacity import Room
from .channel import ChannelKind
from .commands import Command
from .contact import Contact, ContactState
from .deadlines import DeskRules
from .reconcile import LegState, LiveLeg, Verdict, discrepancies


def correct(
    draft: Draft, open_contacts: Sequence[Contact], legs: Mapping[str, LiveLeg], alive: str, rules: DeskRules
) -> list[Command]:
    """Make the draft agree with the wire, agents included: first all that has parted, then all that talks, then what rings, each
    judged as it then is."""
    commands: list[Command] = []
    broken: list[str] = []
    rings: list[tuple[str, contact_events.Offered]] = []
    for contact_id, event in discrepancies(_as_now(draft, open_contacts), legs, alive, draft.now):
        if isinstance(event, contact_events.Offered):
            rings.append((contact_id, event))
        elif not isinstance(event, contact_events.Connected):
            broken += [contact_id] if isinstance(event, contact_events.AgentLegBroke) else []
            commands += _part(draft, draft.contact(contact_id), event, legs, rules)
    for contact_id, event in discrepancies(_as_now(draft, open_contacts), legs, alive, draft.now):
        contact = draft.contact(contact_id)
        if isinstance(event, contact_events.Connected) and not _on_another_call(draft, event.agent_id, contact):
            commands += moves.connect(draft, contact, event.agent_id, event.at)
    for contact_id, event in rings:
        if draft.contact(contact_id).state is ContactState.QUEUED and _may_be_offered(draft, event.agent_id):
            moves.offer(draft, contact_id, event.agent_id, rules)  # the wire has done it already
    return [*commands, *(one for contact_id in broken for one in moves.rejoin(draft, draft.contact(contact_id), rules))]


def _as_now(draft: Draft, judged: Iterable[Contact]) -> Iterator[Contact]:
    """One after the other, for correcting one may change the next."""
    for contact in judged:
        found = draft.open_contact(contact.id)
        if found is not None:
            yield found


def _part(
    draft: Draft, contact: Contact, event: Verdict, legs: Mapping[str, LiveLeg], rules: DeskRules
) -> list[Command]:
    match event:
        case contact_events.CustomerLeft() | contact_events.NodeLost():
            return moves.end(draft, contact, event, rules)
        case contact_events.AgentLegBroke():
            back = moves.break_leg(draft, contact)
            # A leg that waits is there already, one that talks with another agent stays with him.
            return back if legs[contact.wire_key].state is LegState.RINGING else []
        case _:
            moves.take_back(draft, contact.id)
            return []


def _may_be_offered(draft: Draft, agent_id: str) -> bool:
    agent = draft.known_agent(agent_id)
    return agent is not None and agent.stance is Stance.READY and agent.room(ChannelKind.VOICE) is Room.FREE


def _on_another_call(draft: Draft, agent_id: str, contact: Contact) -> bool:
    """He talks, or is not done with a call: until then the book cannot believe in another call of his."""
    calls = (task for task in draft.agent(agent_id).tasks if task.kind is ChannelKind.VOICE)
    return contact.kind is ChannelKind.VOICE and any(task.phase is not TaskPhase.RESERVED for task in calls)
