"""How long a contact will probably wait: what is ahead of it, by the pace at which the queue's agents work it off. Pure."""

from dataclasses import dataclass, field

from .channel import ChannelKind

FIRST_GUESS_S = {ChannelKind.VOICE: 240.0, ChannelKind.CHAT: 480.0}
OTHER_GUESS_S = 300.0
_NEW_WEIGHT = 0.1


@dataclass(slots=True)
class Pace:
    """Mean seconds from the first word to free hands, by queue and kind: each new contact counts a tenth, all before it the rest."""

    _means: dict[tuple[str, ChannelKind], float] = field(default_factory=dict)

    def took(self, queue: str, kind: ChannelKind, handle_s: float) -> None:
        """Learn from a contact that was handled in `handle_s` (s)."""
        before = self._means.get((queue, kind))
        mean = handle_s if before is None else before + _NEW_WEIGHT * (handle_s - before)
        self._means[queue, kind] = max(1.0, mean)

    def handle_s(self, queue: str, kind: ChannelKind) -> float:
        """The mean time a contact takes there (s); a guess until one was handled."""
        return self._means.get((queue, kind), FIRST_GUESS_S.get(kind, OTHER_GUESS_S))


def expected_wait_s(position: int, handle_s: float, places: int) -> float | None:
    """Seconds until the contact at `position` (1 is next) is taken, while all `places` of the agents at work are full.

    A place comes free every `handle_s / places` s, and `position` of them are needed: the mean of an overloaded M/M/n queue.
    None when nobody is at work.
    """
    return None if places <= 0 else position * handle_s / places
