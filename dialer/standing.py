"""How a campaign stands under its bound on abandonment, as its page tells it: the very counts that the bound is kept by. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from .abandonment import Cap, CapBook, Capped, Counts, Scope, Window, rate, scopes_of


@dataclass(frozen=True, slots=True)
class Standing:
    """`counts` and `rate` of the cap's own window, `today` and `today_rate` of the site's day; a rate is None before the first person.

    `room`: how many more calls may be placed now without a reserved operator; `by_group`: the group binds tighter than the campaign's own
    cap. `until`: when the window begins anew; None where it only rolls on.
    """

    cap: Cap
    counts: Counts
    rate: float | None
    today: Counts
    today_rate: float | None
    room: int
    by_group: bool
    until: datetime | None

    @property
    def over(self) -> bool:
        return self.rate is not None and self.rate > self.cap.limit

    @property
    def over_today(self) -> bool:
        return self.today_rate is not None and self.today_rate > self.cap.limit


def standing(book: CapBook, campaign: Capped, campaigns: Sequence[Capped], now: datetime) -> Standing:
    """`campaigns`: all there are, for the group's bound."""
    own, *group = scopes_of(campaign, campaigns)
    day = Scope(own.campaign_ids, replace(own.cap, window=Window.DAY.value), own.anchor)
    counts, today = book.counts(own, now), book.counts(day, now)
    room = book.room([own, *group], now)
    return Standing(
        cap=campaign.cap,
        counts=counts,
        rate=rate(counts, campaign.cap),
        today=today,
        today_rate=rate(today, campaign.cap),
        room=room,
        by_group=room < book.room([own], now),
        until=book.next_window(campaign.cap, now, campaign.created_at),
    )
