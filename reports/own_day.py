"""What the contacts that one operator has ended today add up to. Pure; formulas: queue/metrics.py."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from ..queue.channel import ChannelKind
from ..queue.contact import Contact
from ..queue.metrics import Share, handled_s, was_answered


@dataclass(frozen=True, slots=True)
class OwnDay:
    """Contacts that he has talked in, by channel; seconds of talk (hold in it) and of wrap-up in the `closed` ones; how often each
    disposition was chosen."""

    by_channel: Mapping[ChannelKind, int] = field(default_factory=dict)
    talk_s: float = 0.0
    wrap_up_s: float = 0.0
    closed: int = 0
    dispositions: Mapping[str, int] = field(default_factory=dict)

    @property
    def contacts(self) -> int:
        return sum(self.by_channel.values())

    @property
    def aht_s(self) -> float | None:
        """AHT (s); None while nothing is closed."""
        return Share(self.talk_s + self.wrap_up_s, self.closed).value


NO_DAY = OwnDay()
Key = TypeVar("Key")


def with_contact(day: OwnDay, ended: Contact) -> OwnDay:
    """The day after one more contact of his has ended; who was never spoken to does not count."""
    if not was_answered(ended):
        return day
    talk_s, wrap_up_s = handled_s(ended) or (0.0, 0.0)
    return OwnDay(
        by_channel=_counted(day.by_channel, ended.kind),
        talk_s=day.talk_s + talk_s,
        wrap_up_s=day.wrap_up_s + wrap_up_s,
        closed=day.closed + (handled_s(ended) is not None),
        dispositions=_counted(day.dispositions, ended.disposition) if ended.disposition else day.dispositions,
    )


def _counted(counts: Mapping[Key, int], key: Key) -> dict[Key, int]:
    return {**counts, key: counts.get(key, 0) + 1}
