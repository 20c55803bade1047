"""Capacity: how many contacts of each kind an agent may hold at once, and what may interrupt what. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from .channel import ChannelKind

_VOICE, _CHAT, _EMAIL = ChannelKind.VOICE, ChannelKind.CHAT, ChannelKind.EMAIL
_SMS, _MESSENGER = ChannelKind.SMS, ChannelKind.MESSENGER
_LIMITS: Mapping[ChannelKind, int] = {_VOICE: 1, _CHAT: 3, _EMAIL: 1, _SMS: 3, _MESSENGER: 3}
_TEXTS = frozenset({_CHAT, _SMS, _MESSENGER})
_INTERRUPTS: Mapping[ChannelKind, frozenset[ChannelKind]] = {
    _VOICE: frozenset(),
    _CHAT: frozenset({_VOICE}) | _TEXTS,
    _SMS: frozenset({_VOICE}) | _TEXTS,
    _MESSENGER: frozenset({_VOICE}) | _TEXTS,
    _EMAIL: frozenset({_VOICE}) | _TEXTS,
}


@dataclass(frozen=True, slots=True)
class Capacity:
    """`limits` is how many of a kind at once (none: 0); `interrupted_by` is what may come while a contact of that kind is in hand."""

    limits: Mapping[ChannelKind, int] = field(default_factory=lambda: dict(_LIMITS))
    interrupted_by: Mapping[ChannelKind, frozenset[ChannelKind]] = field(default_factory=lambda: dict(_INTERRUPTS))

    def limit(self, kind: ChannelKind) -> int:
        return self.limits.get(kind, 0)

    def lets_in(self, held: ChannelKind, coming: ChannelKind) -> bool:
        """Whether one that is coming may interrupt one that is held; of one kind only the limit counts."""
        return held is coming or coming in self.interrupted_by.get(held, frozenset())


class Room(StrEnum):
    """Whether hands that hold something have room for one more."""

    FREE = "free"
    FULL = "full"
    IN_THE_WAY = "in_the_way"


def room_for(capacity: Capacity, held: Collection[ChannelKind], coming: ChannelKind) -> Room:
    """FULL: as many of that kind as allowed. IN_THE_WAY: something in hand may not be interrupted by that kind."""
    same, barred = 0, False
    for kind in held:
        same += kind is coming
        barred = barred or not capacity.lets_in(kind, coming)
    if same >= capacity.limit(coming):
        return Room.FULL
    return Room.IN_THE_WAY if barred else Room.FREE
