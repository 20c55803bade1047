"""One customer is called once, however many campaigns want him: who counts as the same. Pure.

The lead that is dialed first leads, which is the first by priority; while its call goes on, all others of the same customer wait. After
it `limits.gap_s` and `limits.number_day` count over all campaigns (attempt_limits.py).
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256

from .lead import Lead

AGAIN_S = 60
"""So long (s) a lead of his is put aside before it is looked at again."""

Calls = Mapping[str, frozenset[str]]
"""Whose leads are in a call now: the leads' ids, by each key of their customers."""


def keys_of(customer_id: str | None, numbers: Iterable[str]) -> frozenset[str]:
    """By these two leads are found to be of one customer: his id, and each of his numbers (E.164)."""
    return frozenset({*numbers, *([f"customer:{customer_id}"] if customer_id else ())})


def keys_of_lead(lead: Lead, number: str) -> frozenset[str]:
    return keys_of(lead.customer_id, (number, lead.phone, *lead.phones))


def is_in_other_call(lead: Lead, number: str, calls: Calls) -> bool:
    """Whether another lead of the same customer is being dialed or talked to."""
    return any(calls.get(key, frozenset()) - {lead.id} for key in keys_of_lead(lead, number))


def turns(keys: Iterable[str]) -> list[int]:
    """Numbers of 64 bits with a sign, in the one order in which everybody takes them."""
    return sorted(int.from_bytes(sha256(key.encode()).digest()[:8], signed=True) for key in keys)
