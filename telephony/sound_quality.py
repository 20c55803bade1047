"""How a talk sounds to those who hold it, worked out of what its packets suffered. Pure.

The estimate is the simplification of ITU-T's E-model (G.107) by R. G. Cole and J. H. Rosenbluth, "Voice over IP performance monitoring",
ACM SIGCOMM Computer Communication Review 31(2), 2001: R = 94.2 - Id - Ie with Id = 0.024 d + 0.11 (d - 177.3) where d > 177.3 ms is the
delay from mouth to ear, and for G.711 with random loss e Ie = 30 ln(1 + 15 e). R becomes MOS as in annex B of G.107. What R below 70 means
is said by G.109: many users are dissatisfied.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import log

POOR_MOS = 3.6
"""R = 70: below it many users are dissatisfied (G.109)."""

_BEST = 94.2
_NOTICED_MS = 177.3
_PACKET_MS = 20.0
_LOSS_OF_NOTE, _JITTER_OF_NOTE_MS = 0.02, 40.0


class Trouble(StrEnum):
    """What spoils the sound most."""

    LOSS = "loss"
    DELAY = "delay"
    JITTER = "jitter"


@dataclass(frozen=True, slots=True)
class Packets:
    """What the packets of a talk suffered of late. Losses are shares (0..1) of what was sent to this end and from it, `jitter_ms` is
    that of what came, `round_trip_ms` to the other end and back."""

    lost_in: float
    lost_out: float
    jitter_ms: float
    round_trip_ms: float

    @property
    def lost(self) -> float:
        """The worse of both directions: a talk is as good as its worse half."""
        return max(self.lost_in, self.lost_out)

    @property
    def delay_ms(self) -> float:
        """From mouth to ear: the way, one packet, and a buffer of twice the jitter."""
        return self.round_trip_ms / 2 + _PACKET_MS + 2 * self.jitter_ms


def rating(packets: Packets) -> float:
    """The E-model's R: 0 nothing is understood, 94.2 as good as a fixed line."""
    return _BEST - _by_delay(packets.delay_ms) - _by_loss(packets.lost)


def mos(packets: Packets) -> float:
    """The mean opinion that listeners would have, 1 (bad) to 4.5."""
    r = min(100.0, max(0.0, rating(packets)))
    return max(1.0, 1 + 0.035 * r + 7e-6 * r * (r - 60) * (100 - r))


def trouble(packets: Packets) -> Trouble | None:
    """What is to be mended first; None while the sound is good enough."""
    if mos(packets) >= POOR_MOS:
        return None
    if _by_loss(packets.lost) >= _by_delay(packets.delay_ms) and packets.lost >= _LOSS_OF_NOTE:
        return Trouble.LOSS
    return Trouble.JITTER if packets.jitter_ms >= _JITTER_OF_NOTE_MS else Trouble.DELAY


def _by_delay(ms: float) -> float:
    return 0.024 * ms + 0.11 * max(0.0, ms - _NOTICED_MS)


def _by_loss(share: float) -> float:
    return 30 * log(1 + 15 * share)
