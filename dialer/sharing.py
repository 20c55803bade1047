"""Operators shared by several campaigns by weight. Pure.

Each pick credits every campaign that has somebody to call with its part of the pick, and charges the chosen one a whole pick. Chosen is,
of those with credit, the one that would be the first to fall a whole pick behind; so over any number of picks each has had its part
within one. Campaigns of equal weight do not share at all: there the best lead over all of them goes first (priority.py).
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from math import ceil, inf

from .lead import Lead

Credits = Mapping[str, float]
"""By campaign: the picks it is owed, or, below 0, had too early."""
_TINY = 1e-9


def choose(credits: Credits, shares: Mapping[str, float]) -> str:
    """Whose turn it is. `shares`: the weights of those who have somebody to call; not empty."""
    whole = sum(shares.values())
    parts = {each: weight / whole for each, weight in shares.items()}

    def falls_behind_in(each: str) -> float:
        owed = credits.get(each, 0.0)
        return ceil((1 - owed) / parts[each] - _TINY) if owed + parts[each] > _TINY else inf

    return min(sorted(shares), key=lambda each: (falls_behind_in(each), -credits.get(each, 0.0)))


def after(credits: Credits, shares: Mapping[str, float], chosen: str) -> Credits:
    """The credits when `chosen` had its turn."""
    whole = sum(shares.values())
    credited = {each: credits.get(each, 0.0) + weight / whole for each, weight in shares.items()}
    return {**credits, **credited, chosen: credited[chosen] - 1}


def are_equal(shares: Iterable[float]) -> bool:
    return len(set(shares)) <= 1


def in_turns(ranked: Sequence[Lead], shares: Mapping[str, float], credits: Credits) -> list[Lead]:
    """The leads as the campaigns take turns, each campaign's own in their order. Promised callbacks keep their place before all."""
    lines: dict[str, deque[Lead]] = {}
    for lead in ranked:
        if not lead.is_callback:
            lines.setdefault(lead.campaign_id, deque()).append(lead)
    ordered = [lead for lead in ranked if lead.is_callback]
    while lines:
        able = {each: shares[each] for each in lines}
        chosen = choose(credits, able)
        credits = after(credits, able, chosen)
        ordered.append(lines[chosen].popleft())
        if not lines[chosen]:
            del lines[chosen]
    return ordered


def charged(credits: Credits, shares: Mapping[str, float], ranked: Sequence[Lead], placed: Iterable[Lead]) -> Credits:
    """The credits after these calls, of all campaigns that have a lead in `ranked`."""
    able = {each: shares[each] for each in {lead.campaign_id for lead in ranked if not lead.is_callback}}
    for lead in placed:
        if not lead.is_callback:
            credits = after(credits, able, lead.campaign_id)
    return credits
