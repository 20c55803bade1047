"""Which script is for this talk: the one whose rule names most of what is so. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from .script import Rule, Script


class Trait(StrEnum):
    """What a rule may name, the more telling first: of two rules that name as much, the more telling one wins."""

    CLAIM_KIND = "claim_kind"
    ORDER_STATUS = "order_status"
    CAMPAIGN = "campaign"
    QUEUE = "queue"


@dataclass(frozen=True, slots=True)
class Situation:
    """What is so in this talk; '' is nothing."""

    queue: str
    campaign: str = ""
    order_status: str = ""
    claim_kind: str = ""


@dataclass(frozen=True, slots=True)
class Tried:
    """One script and this talk: `fits`, by what its rule names, or `misses` by it."""

    script: Script
    fits: tuple[Trait, ...]
    misses: tuple[Trait, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """`why`: every script that was looked at, the chosen one first, then those that fit, then those that do not."""

    script: Script | None
    why: tuple[Tried, ...]


def choose(scripts: Iterable[Script], situation: Situation) -> Choice:
    """The most specific script that fits; of two alike the one whose code comes first."""
    tried = [_try(script, situation) for script in scripts if script.active]
    tried.sort(
        key=lambda one: (bool(one.misses), -len(one.fits), _order(one), _breadth(one.script.rule), one.script.code)
    )
    chosen = tried[0].script if tried and not tried[0].misses else None
    return Choice(chosen, tuple(tried))


def _try(script: Script, situation: Situation) -> Tried:
    named = [(trait, wanted, so) for trait, wanted, so in _traits(script.rule, situation) if wanted]
    fits = tuple(trait for trait, wanted, so in named if so in wanted)
    return Tried(script, fits, tuple(trait for trait, _wanted, _so in named if trait not in fits))


def _traits(rule: Rule, situation: Situation) -> tuple[tuple[Trait, frozenset[str], str], ...]:
    return (
        (Trait.CLAIM_KIND, rule.claim_kinds, situation.claim_kind),
        (Trait.ORDER_STATUS, rule.order_statuses, situation.order_status),
        (Trait.CAMPAIGN, rule.campaigns, situation.campaign),
        (Trait.QUEUE, rule.queues, situation.queue),
    )


def _order(tried: Tried) -> tuple[int, ...]:
    return tuple(list(Trait).index(trait) for trait in tried.fits)


def _breadth(rule: Rule) -> int:
    """A rule of few alternatives is the more specific."""
    return len(rule.queues) + len(rule.campaigns) + len(rule.order_statuses) + len(rule.claim_kinds)
