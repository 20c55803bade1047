"""Failpoints: named places around every promise of the house, where a test may let the process die, stand still or fail.

`CORDBOARD_FAILPOINTS="journal_before_commit=kill;message_committed=stop@3;order_committed=raise;*=note"` arms them for one process:
`kill` is SIGKILL of ourselves, `stop` SIGSTOP, `raise` a FailpointReached, `note` one line of the log at the first pass. `@3` is the
third pass since the house was ready; `@start` is the first pass before that, while it takes up what an earlier process left. A site never
sets it; unarmed, a failpoint is one look into an empty dictionary.
"""

import logging
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

log = logging.getLogger(__name__)

VARIABLE = "CORDBOARD_FAILPOINTS"
POINTS: Mapping[str, str] = {
    "journal_before_commit": "a move is decided, and nothing of it is written",
    "journal_after_commit": "a move is written, and nobody knows of it",
    "before_offer": "an offer is written, the wire has not been told",
    "after_offer": "the wire has been told of an offer",
    "before_withdraw": "an offer is taken back in the journal, it rings still",
    "after_withdraw": "the wire has been told that an offer is taken back",
    "before_return": "a customer is given back to the queue in the journal, his leg has not been moved",
    "after_return": "a customer's leg has been moved back to the queue",
    "before_hang_up": "a move ends a call in the journal, the wire has not been told",
    "after_hang_up": "the wire has been told to end a call",
    "before_agent_hangs_up": "an agent pressed End, the wire has not been told",
    "after_agent_hangs_up": "the wire has been told that an agent ends the talk",
    "before_follow_up": "a contact has ended, nothing has followed from it",
    "after_follow_up": "all has followed from an ended contact, and it is not written that it has",
    "after_reserve": "an agent is reserved for a call, there is no intent yet",
    "after_intent_commit": "the intent to dial is written, nothing is sent",
    "after_originate_sent": "the order to dial is on the wire, its answer has not been read",
    "after_originate_answer": "Asterisk has taken the order to dial, nobody here has been told",
    "before_answer_kept": "a person answered, and it is not written",
    "after_answer_kept": "it is written that a person answered, his contact has not arrived",
    "before_attempt_end": "a call that we dialed is over, and it is not written",
    "after_attempt_end": "the end of an attempt is written, its agent is reserved still",
    "operator_met": "an operator has a customer whom we called on the line, and his attempt does not know it",
    "key_heard": "a key was pressed in a message of ours, nothing has followed from it",
    "key_settled": "the shop knows what a key in a message decided, the lead does not",
    "card_shown": "an operator is kept for a card, nobody has decided whether it is dialed",
    "card_taken_up": "an operator wants his card dialed, he is let go of it and there is no call yet",
    "list_staged": "every row of a list has been read, and it is not written that it was",
    "list_before_commit": "some leads of a list are made, and not committed",
    "list_poured": "some leads of a list are committed, more are to come",
    "list_taken_back": "some leads of a list are gone again, more are to go",
    "booking_confirmed": "a caller confirmed by a key what he books, and nothing is booked",
    "booking_made": "a caller's call is booked, his contact waits still",
    "abandoned_heard": "a person answered and nobody of us was there in time",
    "before_lead_told": "a result is in the journal, its lead does not know of it",
    "after_lead_told": "a lead knows the result of a talk",
    "recording_before_encode": "a talk is over, its raw recording is as Asterisk left it",
    "recording_encoded": "a recording is encoded, and in no table",
    "recording_entered": "a recording is in its table, the raw file is still there",
    "recording_linked": "a recording knows its order and its customer",
    "message_before_commit": "a chat message has come, and is not written",
    "message_committed": "a chat message is written, and shown to nobody",
    "order_before_commit": "an order has come, and is not written",
    "order_committed": "an order is written, and no lead was made of it",
    "lead_made": "an order has its leads, the shop has not been answered",
}


class FailpointReached(Exception):
    """Raised by a failpoint that is armed with `raise`."""


class BadFailpoints(ValueError):
    """The variable cannot be read, or names a failpoint that there is not."""


class Effect(StrEnum):
    KILL = "kill"
    STOP = "stop"
    RAISE = "raise"
    NOTE = "note"


@dataclass
class Armed:
    """What happens at a point, and at which pass (0: at the first before the house is ready); `passes` counts those since."""

    effect: Effect
    at_pass: int = 1
    passes: int = 0

    def reached(self, *, ready: bool) -> bool:
        """Count one more pass; whether it is the one."""
        if not ready:
            return self.at_pass == 0
        self.passes += 1
        return self.passes == self.at_pass


def parse(text: str) -> dict[str, Armed]:
    """Raises BadFailpoints. The name `*` stands for every point that is not named."""
    armed: dict[str, Armed] = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        name, _, rest = part.partition("=")
        effect, _, count = rest.partition("@")
        if name not in (*POINTS, "*"):
            raise BadFailpoints(f"there is no failpoint {name!r}")
        if effect not in tuple(Effect) or (count not in ("", "start") and not (count.isdecimal() and int(count))):
            raise BadFailpoints(
                f"failpoint {name}: {rest!r} is none of kill, stop, raise, note, with or without @pass or @start"
            )
        for each in POINTS if name == "*" else (name,):
            if name != "*" or each not in armed:
                armed[each] = Armed(Effect(effect), 0 if count == "start" else int(count or 1))
    return armed


_armed = parse(os.environ.get(VARIABLE, ""))
_ready = False


def house_is_ready() -> None:
    """From now on passes count."""
    global _ready
    _ready = True


def failpoint(name: str) -> None:
    """Nothing, unless `name` is armed in this process. Raises FailpointReached."""
    if name in _armed and _armed[name].reached(ready=_ready):
        _act(name, _armed[name].effect)


def _act(name: str, effect: Effect) -> None:
    log.warning("failpoint %s: %s", name, effect)
    match effect:
        case Effect.KILL:
            os.kill(os.getpid(), signal.SIGKILL)
        case Effect.STOP:
            os.kill(os.getpid(), signal.SIGSTOP)
        case Effect.RAISE:
            raise FailpointReached(name)
