"""The invariants I1-I11 as code, to be run after every fault, when the house has come to rest. Each gives its violations, readable.

I7 (nothing is accepted from a stale epoch) belongs to the stand-by engine and is held there; without an epoch in the tables it has
nothing to look at.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import pairwise

from cordboard.dialer.campaign import DialMode
from cordboard.dialer.lead import LeadState
from cordboard.dialer.lead_import import AT_WORK, ImportState
from cordboard.queue.agent import TaskPhase
from cordboard.queue.channel import AttemptOutcome, ChannelKind, Direction
from cordboard.queue.contact import ENDED_STATES, ContactState

from .books import Books, Row, Seen

Invariant = Callable[[Books, Seen], Iterator[str]]
LEFT_IN_PEACE = timedelta(minutes=15)
RECORDED = frozenset({"ok", "gaps", "partial", "long", "missing", "failed"})
TALKED_S = 1.0
"""A talk shorter than this may leave an empty file, which is no recording."""


def _bare(number: str) -> str:
    return number.lstrip("+")


def _name(contact: Row) -> str:
    return f"contact {contact['id'][:8]} ({contact['kind']}, {contact['state']})"


def i1_no_contact_is_lost(books: Books, seen: Seen) -> Iterator[str]:
    """Whatever was accepted has one row, and exactly one end; what must follow from the end has followed."""
    inbound = [each for each in books.contacts if each["direction"] == Direction.INBOUND]
    calls = Counter(_bare(each["address"]) for each in inbound if each["kind"] == ChannelKind.VOICE)
    for number, count in Counter(map(_bare, seen.callers)).items():
        if calls[number] != count:
            yield f"{count} calls of {number} were answered, {calls[number]} contacts are written"
    posted = Counter(each["external_id"] for each in books.orders)
    leads = Counter(each["order_id"] for each in books.leads if each["source"].startswith("order:"))
    known = {each["external_id"]: each["id"] for each in books.orders}
    for order in seen.orders:
        if posted[order] != 1:
            yield f"order {order} was accepted and is written {posted[order]} times"
        elif leads[known[order]] != 1:
            yield f"order {order} has {leads[known[order]]} leads"
    written = Counter((each["author"], each["client_id"]) for each in books.messages)
    for who in seen.said:
        if written[who] != 1:
            yield f"the message {who} was accepted and is written {written[who]} times"
    ends = Counter(each["noun_id"] for each in books.journal if each["state"] in ENDED_STATES)
    for contact in books.contacts:
        if contact["state"] not in ENDED_STATES:
            yield f"{_name(contact)} has no end"
        elif ends[contact["id"]] != 1:
            yield f"{_name(contact)} ended {ends[contact['id']]} times"
        elif not contact["followed_up"]:
            yield f"{_name(contact)} has ended, and nothing followed"
        elif contact["state"] == ContactState.LOST and contact["address"]:
            marks = {contact["id"], f"contact:{contact['id']}"}
            if not any({each["settled_by"], each["source"]} & marks for each in books.leads):
                yield f"{_name(contact)} was cut off by us, and nobody is to call him back"


def i2_nobody_is_booked_twice(books: Books, seen: Seen) -> Iterator[str]:
    """One telephone, one talk; a contact is in one agent's hands."""
    talks: dict[str, list[Row]] = defaultdict(list)
    for each in books.contacts:
        if each["kind"] == ChannelKind.VOICE and each["agent_id"] and each["connected_at"] and each["talk_ended_at"]:
            talks[each["agent_id"]].append(each)
    for agent_id, theirs in talks.items():
        for before, after in pairwise(sorted(theirs, key=lambda each: each["connected_at"])):
            if after["connected_at"] < before["talk_ended_at"]:
                yield f"agent {agent_id[:8]} talked in {_name(before)} and {_name(after)} at once"
    holders: dict[str, list[str]] = defaultdict(list)
    for agent in books.agents:
        for task in agent["tasks"]:
            holders[task["contact_id"] or task.get("attempt_id") or ""].append(agent["name"])
        if sum(task["kind"] == ChannelKind.VOICE for task in agent["tasks"]) > 1:
            yield f"{agent['name']} holds two calls"
    for contact_id, names in holders.items():
        if len(names) > 1:
            yield f"contact {contact_id[:8]} is with {names}"


def i3_nobody_is_dialed_twice(books: Books, seen: Seen) -> Iterator[str]:
    """At most one INVITE an attempt; after an unknown outcome a customer is left in peace; a promised callback has its lead, once."""
    attempts = Counter(_bare(each["number"]) for each in books.attempts)
    kept_places = Counter(
        _bare(each["address"])
        for each in books.contacts
        if each["kind"] == ChannelKind.VOICE and each["direction"] == Direction.INBOUND
    )
    for number, count in Counter(map(_bare, seen.invites)).items():
        if count > attempts[number] + kept_places[number]:
            yield f"{number} was dialed {count} times for {attempts[number]} attempts"
    by_lead: dict[str, list[Row]] = defaultdict(list)
    for each in sorted(books.attempts, key=lambda each: each["intent_at"]):
        by_lead[each["lead_id"]].append(each)
        if each["ended_at"] is None:
            yield f"attempt {each['id'][:8]} has no end"
    for lead_id, theirs in by_lead.items():
        for before, after in pairwise(theirs):
            soon = before["ended_at"] is None or after["intent_at"] - before["ended_at"] < LEFT_IN_PEACE
            if before["outcome"] == AttemptOutcome.UNKNOWN and soon:
                yield f"lead {lead_id[:8]} was dialed again at once after an unknown outcome"
    for contact in books.contacts:
        if contact["state"] == ContactState.CLOSED and contact["callback_at"] is not None:
            promised = [
                each
                for each in books.leads
                if each["id"] == contact["lead_id"]
                or each["settled_by"] == contact["id"]
                or each["source"] == f"contact:{contact['id']}"
                or (contact["order_id"] and each["order_id"] == contact["order_id"])
            ]
            if len(promised) != 1:
                yield f"{_name(contact)} was promised a call, {len(promised)} leads are to make it"


def i4_whoever_heard_nobody_is_counted(books: Books, seen: Seen) -> Iterator[str]:
    """A person who answered and spoke to none of us counts as abandoned, whoever's fault it was; unless he was to hear a message."""
    spoken = {each["attempt_id"] for each in books.contacts if each["attempt_id"] and each["connected_at"] is not None}
    fair = (AttemptOutcome.ABANDONED, AttemptOutcome.MACHINE)
    for each in books.attempts:
        if each["mode"] == DialMode.AGENTLESS:
            continue
        if each["answered_at"] is not None and each["id"] not in spoken and each["outcome"] not in fair:
            yield f"attempt {each['id'][:8]} was answered and heard by nobody, and counts as {each['outcome']}"


def i5_recordings_are_true(books: Books, seen: Seen) -> Iterator[str]:
    """Each talk has its recording, in a state that says how good it is; no file is nobody's, and none is forgotten."""
    kept = {each["contact_id"] for each in books.recordings}
    for contact in books.contacts:
        if contact["kind"] == ChannelKind.VOICE and contact["talk_s"] >= TALKED_S and contact["id"] not in kept:
            yield f"{_name(contact)} talked {contact['talk_s']:.1f} s and has no recording"
    files = set(seen.kept)
    for each in books.recordings:
        if each["state"] not in RECORDED:
            yield f"recording {each['id'][:8]} is {each['state']}"
        if each["path"] is not None and each["path"] not in files:
            yield f"the file of recording {each['id'][:8]} is gone"
    for path in files - {each["path"] for each in books.recordings}:
        yield f"the file {path} is in no table"
    for name in seen.raw:
        yield f"the raw recording {name} was forgotten"


def i6_time_runs_forward(books: Books, seen: Seen) -> Iterator[str]:
    """No length is negative, no end before its beginning."""
    for each in books.contacts:
        order = [each[name] for name in ("arrived_at", "closed_at") if each[name] is not None]
        talk = [each[name] for name in ("arrived_at", "connected_at", "talk_ended_at") if each[name] is not None]
        if order != sorted(order) or each["talk_s"] < 0:
            yield f"{_name(each)} ended before it began"
        if talk != sorted(talk):
            yield f"{_name(each)} talked before it began"
    for each in books.attempts:
        steps = [each[name] for name in ("intent_at", "answered_at", "ended_at") if each[name] is not None]
        if steps != sorted(steps):
            yield f"attempt {each['id'][:8]} goes back in time"
    for each in books.recordings:
        if each["seconds"] < 0 or (each["talk_s"] or 0) < 0:
            yield f"recording {each['id'][:8]} is shorter than nothing"


def i8_no_talk_is_dropped(books: Books, seen: Seen) -> Iterator[str]:
    """The engine's fault ends no talk."""
    for what in seen.dropped:
        yield f"the talk of {what} broke off"


def i9_the_journal_agrees_with_the_tables(books: Books, seen: Seen) -> Iterator[str]:
    """The last event of each noun left it as its row says; nothing follows an end."""
    last: dict[tuple[str, str], str] = {}
    for entry in books.journal:
        key = (entry["noun"], entry["noun_id"])
        if entry["noun"] == "contact" and last.get(key) in ENDED_STATES:
            yield f"contact {entry['noun_id'][:8]} heard {entry['event']} after it was {last[key]}"
        last[key] = entry["state"]
    for each in books.contacts:
        told = last.get(("contact", each["id"]))
        if told != each["state"]:
            yield f"{_name(each)}: the journal says {told}"
    for number, rows in Counter(_bare(each["number"]) for each in books.attempts if each["ended_at"] is None).items():
        if rows > 1:
            yield f"{rows} calls to {number} are open at once"
    open_leads = {each["lead_id"] for each in books.attempts if each["ended_at"] is None}
    for lead in books.leads:
        if lead["state"] == LeadState.DIALING and lead["id"] not in open_leads:
            yield f"lead {lead['id'][:8]} is being dialed, and no attempt stands for it"


def i10_what_is_shown_is_true(books: Books, seen: Seen) -> Iterator[str]:
    """At rest: Asterisk has no channels, so nobody rings or talks; nobody is held for a contact that has ended."""
    for channel in seen.channels:
        yield f"Asterisk still has {channel}"
    live = {each["id"] for each in books.contacts if each["state"] not in ENDED_STATES}
    for agent in books.agents:
        for task in agent["tasks"]:
            calls = task["kind"] == ChannelKind.VOICE and task["phase"] in (TaskPhase.BUSY, TaskPhase.RESERVED)
            if calls and not seen.channels:
                yield f"{agent['name']} is {task['phase']} with a call, and there is none"
            if task["contact_id"] is not None and task["contact_id"] not in live:
                yield f"{agent['name']} is held for contact {task['contact_id'][:8]}, which has ended"


def i11_a_list_is_whole(books: Books, seen: Seen) -> Iterator[str]:
    """At rest a list has all its leads or none; those it is said to have brought are there."""
    leads = Counter(each["import_id"] for each in books.leads if each["import_id"])
    for each in books.imports:
        state, name = ImportState(each["state"]), f"list {each['id'][:8]}"
        if state in AT_WORK:
            yield f"{name} is {state} still"
        elif state is not ImportState.LOADED and leads[each["id"]]:
            yield f"{name} is {state}, and {leads[each['id']]} of its leads are there"
        elif state is ImportState.LOADED and not each["made"] == leads[each["id"]] == each["good"] - each["known"]:
            yield f"{name} of {each['good']} rows made {each['made']} leads, {leads[each['id']]} are there"


INVARIANTS: dict[str, Invariant] = {
    "I1": i1_no_contact_is_lost,
    "I2": i2_nobody_is_booked_twice,
    "I3": i3_nobody_is_dialed_twice,
    "I4": i4_whoever_heard_nobody_is_counted,
    "I5": i5_recordings_are_true,
    "I6": i6_time_runs_forward,
    "I8": i8_no_talk_is_dropped,
    "I9": i9_the_journal_agrees_with_the_tables,
    "I10": i10_what_is_shown_is_true,
    "I11": i11_a_list_is_whole,
}


def violations(books: Books, seen: Seen) -> list[str]:
    """Every violation of every invariant, the number first; an empty list is a good end."""
    return [f"{number}: {line}" for number, rule in INVARIANTS.items() for line in rule(books, seen)]
