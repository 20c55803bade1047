"""What the desks' pages measure of themselves: how soon a card is painted, how soon a press has its effect, how a talk sounds.

The last sound of each operator is kept in memory, for the board; the rest goes into histograms for /metrics.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry, Histogram

from ..telephony.sound_quality import Packets, Trouble, mos, trouble

FRESH = timedelta(minutes=1)
"""For so long a report of bad sound stands on the board: a page whose sound is bad says so each ten seconds."""

_SECONDS = (0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0, 5.0)


@dataclass(frozen=True, slots=True)
class Sound:
    """How an operator's talk sounded when his page last told."""

    at: datetime
    contact_id: str
    packets: Packets

    @property
    def mos(self) -> float:
        return mos(self.packets)

    @property
    def trouble(self) -> Trouble | None:
        return trouble(self.packets)


class PageReports:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._last: dict[str, Sound] = {}
        self._painted = Histogram(
            "cordboard_page_card_seconds",
            "From the news of an offer in the operator's page until its card is painted there; wanted: half within 0.15 s.",
            registry=registry,
            buckets=_SECONDS,
        )
        self._acted = Histogram(
            "cordboard_page_action_seconds",
            "From a press in the operator's page until the server has answered what it asked for.",
            registry=registry,
            buckets=_SECONDS,
        )
        self._mos = Histogram(
            "cordboard_page_sound_mos",
            "The estimated mean opinion score of talks, as the operators' pages tell it: once a talk, each 10 s where it is bad.",
            registry=registry,
            buckets=(1.5, 2.0, 2.5, 3.0, 3.6, 4.0, 4.3, 4.5),
        )

    def painted(self, ms: float) -> None:
        self._painted.observe(ms / 1000)

    def acted(self, ms: float) -> None:
        self._acted.observe(ms / 1000)

    def heard(self, user_id: str, sound: Sound) -> bool:
        """Keep it; True when it is news for the board: the sound became bad, or good."""
        before = self._last.get(user_id)
        self._last[user_id] = sound
        self._mos.observe(sound.mos)
        was_bad = before is not None and before.trouble is not None and sound.at - before.at < FRESH
        return was_bad != (sound.trouble is not None)

    def weak(self, now: datetime) -> dict[str, Sound]:
        """The operators whose sound is bad now, by their ids."""
        return {who: sound for who, sound in self._last.items() if now - sound.at < FRESH and sound.trouble is not None}
