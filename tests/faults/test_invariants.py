"""Each invariant is quiet over a good day and speaks up over a hand-made violation."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from .books import Books, Row, Seen
from .invariants import INVARIANTS, violations

T0 = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def contact(name: str, **more: Any) -> Row:
    row = {
        "id": name,
        "kind": "voice",
        "direction": "inbound",
        "state": "closed",
        "address": f"+7900{name}",
        "agent_id": "maria",
        "attempt_id": None,
        "lead_id": None,
        "order_id": None,
        "arrived_at": at(0),
        "connected_at": at(1),
        "talk_ended_at": at(11),
        "closed_at": at(20),
        "talk_s": 10.0,
        "callback_at": None,
        "followed_up": True,
    }
    return row | more


def lead(name: str, **more: Any) -> Row:
    row = {
        "id": name,
        "source": f"order:{name}",
        "order_id": name,
        "state": "done",
        "settled_by": None,
        "import_id": None,
    }
    return row | more


def attempt(name: str, **more: Any) -> Row:
    row = {
        "id": name,
        "lead_id": "o1",
        "number": "+7901",
        "intent_at": at(0),
        "answered_at": at(5),
        "ended_at": at(30),
        "outcome": "person",
        "mode": "progressive",
    }
    return row | more


def good() -> tuple[Books, Seen]:
    """One call in, one order out, one chat message."""
    books = Books(
        contacts=[
            contact("1"),
            contact(
                "2", direction="outbound", attempt_id="t1", address="+7901", connected_at=at(30), talk_ended_at=at(40)
            ),
        ],
        journal=[
            {"noun": "contact", "noun_id": each, "event": event, "state": state}
            for each in ("1", "2")
            for event, state in (("Arrived", "arrived"), ("Disposed", "closed"))
        ],
        agents=[{"name": "Maria", "tasks": []}],
        attempts=[attempt("t1")],
        leads=[lead("o1")],
        recordings=[
            {
                "id": f"r{each}",
                "contact_id": each,
                "state": "ok",
                "path": f"recordings/{each}.ogg",
                "seconds": 10.0,
                "talk_s": 10.0,
            }
            for each in ("1", "2")
        ],
        messages=[{"author": "visitor", "client_id": "m1"}],
        orders=[{"id": "o1", "external_id": "x1"}],
    )
    seen = Seen(
        callers=["+79001"],
        invites=["7901"],
        orders=["x1"],
        said=[("visitor", "m1")],
        kept=["recordings/1.ogg", "recordings/2.ogg"],
    )
    return books, seen


def a_list(state: str) -> Row:
    return {"id": "l", "state": state, "good": 3, "made": 2, "known": 1}


def task(contact_id: str | None = "1", phase: str = "busy") -> Row:
    return {"kind": "voice", "phase": phase, "contact_id": contact_id, "attempt_id": None}


def redialed(books: Books) -> None:
    """The same lead again half a minute after nobody knew how its call had ended."""
    books.attempts[0].update(outcome="unknown")
    books.attempts.append(attempt("t2", intent_at=at(60), answered_at=None, ended_at=at(70), outcome="busy"))


def half_taken_back(books: Books) -> None:
    books.imports.append(a_list("taken_back"))
    books.leads[0].update(import_id="l")


Wrong = Callable[[Books, Seen], object]
WRONGS: list[tuple[str, str, Wrong]] = [
    ("I1", "0 contacts are written", lambda b, s: b.contacts.pop(0)),
    ("I1", "2 contacts are written", lambda b, s: b.contacts.append(contact("9", address="+79001"))),
    ("I1", "is written 0 times", lambda b, s: b.orders.clear()),
    ("I1", "has 0 leads", lambda b, s: b.leads.clear()),
    ("I1", "has 2 leads", lambda b, s: b.leads.append(lead("o1"))),
    ("I1", "the message", lambda b, s: b.messages.append(b.messages[0])),
    ("I1", "has no end", lambda b, s: b.contacts[0].update(state="queued")),
    ("I1", "ended 2 times", lambda b, s: b.journal.append(b.journal[1])),
    ("I1", "nothing followed", lambda b, s: b.contacts[0].update(followed_up=False)),
    ("I1", "nobody is to call him back", lambda b, s: b.contacts[0].update(state="lost")),
    ("I2", "at once", lambda b, s: b.contacts[1].update(connected_at=at(5))),
    ("I2", "holds two calls", lambda b, s: b.agents[0].update(tasks=[task("1"), task("2")])),
    ("I2", "is with", lambda b, s: b.agents.extend({"name": name, "tasks": [task("1")]} for name in ("a", "b"))),
    ("I3", "was dialed 2 times", lambda b, s: s.__dict__.update(invites=["7901", "7901"])),
    ("I3", "has no end", lambda b, s: b.attempts[0].update(ended_at=None)),
    (
        "I3",
        "after an unknown outcome",
        lambda b, s: redialed(b),
    ),
    ("I3", "was promised a call", lambda b, s: b.contacts[0].update(callback_at=at(99))),
    ("I4", "heard by nobody", lambda b, s: b.contacts[1].update(connected_at=None)),
    ("I5", "has no recording", lambda b, s: b.recordings.pop()),
    ("I5", "is unknown", lambda b, s: b.recordings[0].update(state="unknown")),
    ("I5", "is gone", lambda b, s: s.__dict__.update(kept=["recordings/1.ogg"])),
    ("I5", "is in no table", lambda b, s: s.__dict__.update(kept=[*s.kept, "recordings/3.ogg"])),
    ("I5", "was forgotten", lambda b, s: s.__dict__.update(raw=["1-1.raw"])),
    ("I6", "ended before it began", lambda b, s: b.contacts[0].update(closed_at=at(-1))),
    ("I6", "talked before it began", lambda b, s: b.contacts[0].update(connected_at=at(12))),
    ("I6", "goes back in time", lambda b, s: b.attempts[0].update(ended_at=at(1))),
    ("I6", "shorter than nothing", lambda b, s: b.recordings[0].update(seconds=-1.0)),
    ("I8", "broke off", lambda b, s: s.__dict__.update(dropped=["+79001"])),
    ("I9", "the journal says wrap_up", lambda b, s: b.journal[1].update(state="wrap_up")),
    ("I9", "after it was closed", lambda b, s: b.journal.append(b.journal[0])),
    ("I9", "are open at once", lambda b, s: b.attempts.extend(attempt(name, ended_at=None) for name in ("t2", "t3"))),
    ("I9", "no attempt stands for it", lambda b, s: b.leads[0].update(state="dialing")),
    ("I10", "Asterisk still has", lambda b, s: s.__dict__.update(channels=["PJSIP/trunk-1"])),
    ("I10", "and there is none", lambda b, s: b.agents[0].update(tasks=[task("1")])),
    ("I11", "is loading still", lambda b, s: b.imports.append(a_list("loading"))),
    ("I11", "of its leads are there", lambda b, s: half_taken_back(b)),
    ("I11", "0 are there", lambda b, s: b.imports.append(a_list("loaded"))),
    ("I10", "which has ended", lambda b, s: b.agents[0].update(tasks=[task("1", "wrap_up")])),
]


def test_a_good_day_is_quiet() -> None:
    assert violations(*good()) == []


@pytest.mark.parametrize(("number", "words", "wrong"), WRONGS, ids=[f"{number}-{words}" for number, words, _ in WRONGS])
def test_a_violation_is_told(number: str, words: str, wrong: Wrong) -> None:
    books, seen = good()
    wrong(books, seen)
    assert any(line.startswith(f"{number}: ") and words in line for line in violations(books, seen))


def test_every_invariant_has_been_seen_to_bite() -> None:
    assert {number for number, _, _ in WRONGS} == set(INVARIANTS)
