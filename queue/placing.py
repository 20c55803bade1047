"""Where a contact waits: its place by the rules of its queue, and the overflow rules that move it or end its waiting.

Pure: as in moves.py, each changes only the draft it is given and returns what the wires must do.
"""

from dataclasses import replace
from datetime import timedelta

from . import contact_events
from .book import Draft
from .channel import ChannelKind, Direction, Dismissal
from .commands import Command, Dismiss, FollowUp
from .contact import KEPT_PLACE, Contact, ContactState
from .noun import changed
from .overflow import dismissal_of, name_of, rule_for
from .routing import due_at, lift_s
from .setup import MAX_LIFT_S, OverflowAction, OverflowRule, QueueRules, QueueSetup


def is_awaited(contact: Contact) -> bool:
    """He answered a call of ours for which nobody was reserved, and is to have an operator within two seconds: nobody in reach of the
    greatest lift goes before him (so nobody starves for him either), and the operator is not asked for a click."""
    ours = contact.direction is Direction.OUTBOUND and contact.attempt_id is not None and not contact.is_kept_place
    return ours and contact.for_agent is None and contact.tries == 0 and contact.connected_at is None


def placed(contact: Contact, draft: Draft, queue: str | None = None) -> Contact:
    """The contact with its place in the one order and the needs of the queue; its age stays, and another queue makes it no later."""
    setup = draft.lineup.setup
    rules = setup.rules(queue or contact.queue)
    due = due_at(contact.arrived_at, contact.kind, rules, lift_s(contact.lifts, setup))
    if is_awaited(contact):
        due = contact.arrived_at - timedelta(seconds=MAX_LIFT_S)
    if queue is not None and contact.due_at is not None:
        due = min(due, contact.due_at)
    return changed(contact, due_at=due, needs=rules.needs)


def apply_setup(draft: Draft, setup: QueueSetup) -> list[Command]:
    """Another setup: whoever waits is placed by the new rules, with the age he has, and they may overflow at once."""
    draft.lineup.apply(setup, draft.now)
    commands: list[Command] = []
    for contact in list(draft.waiting()):
        goes = placed(contact, draft)
        if (goes.due_at, goes.needs) != (contact.due_at, contact.needs):
            draft.tell_contact(contact.id, contact_events.Placed(draft.now, goes.due_at or draft.now, goes.needs))
        commands += overflow(draft, draft.contact(contact.id), arriving=False)
        draft.look_again(contact.id)
    return commands


def overflow(draft: Draft, contact: Contact, *, arriving: bool) -> list[Command]:
    """Apply the queue's overflow rules to a contact that waits, one after the other, until none applies."""
    commands: list[Command] = []
    while contact.state is ContactState.QUEUED:
        rules = draft.lineup.setup.rules(contact.queue)
        if not rules.overflow and rules.hours is None and rules.max_waiting is None:
            break
        rule = rule_for(contact, rules, draft.conditions(contact), arriving=arriving)
        if rule is None:
            break
        commands += _apply(draft, contact, rule, rules)
        contact = draft.contact(contact.id)
    return commands


def _apply(draft: Draft, contact: Contact, rule: OverflowRule, rules: QueueRules) -> list[Command]:
    name = name_of(rule, rules.code)
    if rule.action is OverflowAction.OTHER_QUEUE:
        goes = placed(contact, draft, rule.target)
        met = contact_events.OverflowMet(draft.now, name, rule.target, goes.due_at, goes.needs)
        draft.tell_contact(contact.id, met)
        return []
    waits = draft.tell_contact(contact.id, contact_events.OverflowMet(draft.now, name))
    if rule.action is OverflowAction.CALLBACK:
        return [Dismiss(waits, Dismissal.CALLBACK)]
    how = dismissal_of(rule)
    gone = draft.tell_contact(contact.id, contact_events.Overflowed(draft.now, how.value))
    return [Dismiss(gone, how), FollowUp(gone)]


def call_booked(draft: Draft, contact: Contact) -> list[Command]:
    """The caller has booked a call for another time, and waits no more."""
    return [FollowUp(draft.tell_contact(contact.id, contact_events.Overflowed(draft.now, Dismissal.BOOKED.value)))]


def keep_place(draft: Draft, contact: Contact, new_id: str, number: str) -> list[Command]:
    """The caller hangs up and keeps his place: he waits on as a call that is to be made, as old as he was."""
    gone = draft.tell_contact(contact.id, contact_events.Overflowed(draft.now, Dismissal.CALLBACK.value))
    kept = replace(
        contact,
        id=new_id,
        kind=ChannelKind.VOICE,  # whoever waited in a chat is called as well
        wire_key=f"{KEPT_PLACE}{contact.id}",
        direction=Direction.OUTBOUND,
        state=ContactState.ARRIVED,
        address=number,
        agent_id=None,
        for_agent=None,
        personal_until=None,
        talked_with=None,
        offered_at=None,
        connected_at=None,
        tries=0,
    )
    draft.begin(kept)
    draft.tell_contact(new_id, contact_events.Queued(draft.now))
    return [FollowUp(gone)]
