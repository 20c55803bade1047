"""What a customer's last contacts say for going first: a fresh claim, a call that he was promised. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from .contact import Contact
from .disposition import disposition
from .setup import Lift

CLAIM_LASTS = timedelta(days=7)
PROMISE_LASTS = timedelta(days=1)
LOOK_BACK = 5
"""How many of his last contacts are looked at."""


def lifts_of_past(past: Iterable[Contact], now: datetime) -> frozenset[Lift]:
    """CLAIM: he made one within CLAIM_LASTS. PROMISED: a call was promised for about now, and he calls himself."""
    found = set()
    for contact in past:
        ended = contact.closed_at
        if _is_claim(contact) and ended is not None and now - ended <= CLAIM_LASTS:
            found.add(Lift.CLAIM)
        if contact.callback_at is not None and abs(contact.callback_at - now) <= PROMISE_LASTS:
            found.add(Lift.PROMISED)
    return frozenset(found)


def _is_claim(contact: Contact) -> bool:
    chosen = disposition(contact.disposition or "")
    return chosen is not None and chosen.code == "claim"
