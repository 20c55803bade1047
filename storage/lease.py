"""The lease: which of the engines on one database leads. The rules, pure; seconds, and instants by the database's clock.

A leader renews its lease every RENEW_S and believes in it for a shorter time than others wait for its end. Two witnesses must agree
that it is dead: the database's clock is past `expires`, and the taker has itself seen the row unchanged for TTL_S. So a clock that
somebody sets makes nobody a second leader; and after 2 * TTL_S without a change the row is dead whatever the clock says.
The epoch grows with every leader, never else: a write or an action of an older epoch is known by it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

TTL_S = 6.0
RENEW_S = 1.0
LOOK_S = 0.5
"""How often one that stands by looks."""
SPARE_S = 1.0
"""So long before the end a leader falls silent: clocks may run differently, and an action needs time to arrive."""
AWAITED_S = 3.0


@dataclass(frozen=True, slots=True)
class Lease:
    """`holder` None: given up. `awaited` is when one that stands by looked last."""

    epoch: int
    holder: str | None
    expires: datetime
    awaited: datetime | None = None

    def same_term_as(self, other: "Lease | None") -> bool:
        """Nobody has taken, renewed or given it up between the two."""
        return other is not None and replace(self, awaited=None) == replace(other, awaited=None)


def may_take(lease: Lease, taker: str, now: datetime, unchanged_s: float, *, alone: bool = False) -> bool:
    """Whether `taker` may lead now, having seen the lease unchanged for `unchanged_s`.

    At once when it was given up, when its holder was an earlier life of the taker (whose data folder the taker has locked), and when
    the taker is `alone`: the operating system says that nobody else can have the database.
    """
    if alone or lease.holder is None or lease.holder == taker:
        return True
    return unchanged_s >= TTL_S and (lease.expires <= now or unchanged_s >= 2 * TTL_S)


def taken(lease: Lease, taker: str, now: datetime) -> Lease:
    return Lease(lease.epoch + 1, taker, now + timedelta(seconds=TTL_S))


def renewed(lease: Lease, epoch: int, now: datetime) -> Lease | None:
    """None when it is not this epoch's any more. A leader asks only while its own `sure_until` has not passed.

    The rule that the tests try in any order; LeaseStore.renew is the same as one statement.
    """
    if lease.epoch != epoch or lease.holder is None:
        return None
    return replace(lease, expires=now + timedelta(seconds=TTL_S))


def given_up(lease: Lease, epoch: int) -> Lease | None:
    """None when there is nothing to give up."""
    return replace(lease, holder=None) if lease.epoch == epoch and lease.holder is not None else None


def is_awaited(lease: Lease, now: datetime) -> bool:
    """Whether another engine stands by."""
    return lease.awaited is not None and (now - lease.awaited).total_seconds() < AWAITED_S


def sure_until(asked_at: float) -> float:
    """Until when (by a steady clock, s) a leader may act whose lease was taken or renewed not before `asked_at`."""
    return asked_at + TTL_S - SPARE_S
