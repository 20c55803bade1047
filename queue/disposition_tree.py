"""The tree of dispositions: branches, the dispositions in them, a site's own reasons below those. A queue takes it or a part. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from .disposition import DISPOSITIONS, REASON, Branch, Disposition, disposition
from .setup import QueueSetup, Reason

MAX_PATH = 40
"""So long may a disposition with its reason be (queue/store.py)."""


class Refusal(StrEnum):
    """Why a contact cannot be closed with a code."""

    UNKNOWN = "unknown"
    ELSEWHERE = "elsewhere"
    NO_REASON = "no_reason"


@dataclass(frozen=True, slots=True)
class Leaf:
    """What can be chosen: a disposition, or a `reason` below it. `code` is what the contact keeps."""

    code: str
    means: Disposition
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Twig:
    """A disposition and what may be chosen of it: its reasons, or itself where it has none."""

    means: Disposition
    leaves: tuple[Leaf, ...]

    @property
    def is_leaf(self) -> bool:
        return self.leaves[0].reason is None


@dataclass(frozen=True, slots=True)
class Limb:
    """A branch with what a queue takes of it."""

    branch: Branch
    twigs: tuple[Twig, ...]


def nodes() -> frozenset[str]:
    """What a queue may name: branches and dispositions."""
    return frozenset({*Branch, *(one.code for one in DISPOSITIONS)})


def path_of(reason: Reason) -> str:
    return f"{reason.under}{REASON}{reason.code}"


def tree_of(setup: QueueSetup, queue: str) -> tuple[Limb, ...]:
    """What a contact of this queue may be closed with. A queue that names nothing takes all."""
    named, reasons = setup.rules(queue).dispositions, tuple(setup.reasons.values())
    taken = [one for one in DISPOSITIONS if _takes(named, one)]
    return tuple(
        Limb(branch, twigs)
        for branch in Branch
        if (twigs := tuple(_twig(one, reasons) for one in taken if one.branch is branch))
    )


def refusal(setup: QueueSetup, queue: str, code: str) -> Refusal | None:
    """Why this code is not for a contact of this queue; None when it is."""
    means, reason = disposition(code), code.partition(REASON)[2]
    if means is None or means not in DISPOSITIONS:
        return Refusal.UNKNOWN
    twig = _twig(means, setup.reasons.values())
    if all(leaf.code != code for leaf in twig.leaves):
        return Refusal.UNKNOWN if reason else Refusal.NO_REASON
    return None if _takes(setup.rules(queue).dispositions, means) else Refusal.ELSEWHERE


def is_required(setup: QueueSetup, queue: str) -> bool:
    """Whether a contact of this queue waits for its disposition, however long that takes."""
    return setup.rules(queue).disposition_required


def label_of(setup: QueueSetup, code: str, language: str) -> str:
    """What people read: the disposition, and its reason where the site still has it; '' for a code of nobody's."""
    means, reason = disposition(code), setup.reasons.get(code.partition(REASON)[2])
    if means is None:
        return ""
    label = means.label_en if language == "en" else means.label_ru
    if reason is None:
        return label
    return f"{label}: {reason.name_en if language == 'en' else reason.name_ru}"


def _takes(named: Collection[str], one: Disposition) -> bool:
    return not named or one.code in named or one.branch in named


def _twig(means: Disposition, reasons: Iterable[Reason]) -> Twig:
    leaves = tuple(Leaf(path_of(one), means, one) for one in reasons if one.under == means.code)
    return Twig(means, leaves or (Leaf(means.code, means),))
