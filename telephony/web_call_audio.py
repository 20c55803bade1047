"""Sound of a call from the site: RTP as bytes, packets put in order, and one timeline over streams that begin again. Pure.

`InOrder` stands in for aiortc's own buffer, which holds 80 ms back and, after a single lost packet, 280 ms for the rest of the call
(shared/facts: measured). It holds nothing back until a packet is missing, and then one packet at most: the next one brings the
missing one, or the proof that it is lost. Two neighbours that changed places, the usual disorder, come out right; a loss costs
20 ms once and nothing afterwards. What comes in bursts goes on at once: the listener's own browser stretches and shrinks sound.
"""

import struct
from dataclasses import dataclass

ULAW = 0  # RTP payload type (RFC 3551)
RATE = 8000  # samples, and bytes of u-law, per second
FRAME = 160  # samples in 20 ms, as both sides cut them
HOLD = 1
RESTART = 100  # packets: a jump as wide as this is a stream that began again

_HEADER = struct.Struct("!BBHII")


@dataclass(frozen=True, slots=True)
class SoundPacket:
    """`timestamp` in samples, `payload` u-law. Both numbers wrap, at 16 and 32 bits."""

    sequence: int
    timestamp: int
    payload: bytes


def rtp_bytes(packet: SoundPacket, source: int, *, marker: bool = False) -> bytes:
    """One RTP packet of u-law; `source` is the stream's 32-bit name, `marker` its first packet."""
    return _HEADER.pack(0x80, ULAW | marker << 7, packet.sequence, packet.timestamp, source) + packet.payload


def rtp_read(datagram: bytes) -> SoundPacket | None:
    """The sound in a datagram; None for whatever is no RTP with u-law in it."""
    if len(datagram) < _HEADER.size:
        return None
    first, second, sequence, timestamp, _source = _HEADER.unpack_from(datagram)
    begin = _HEADER.size + 4 * (first & 0x0F)
    if first >> 6 != 2 or second & 0x7F != ULAW:
        return None
    if first & 0x10:
        if len(datagram) < begin + 4:
            return None
        begin += 4 + 4 * int.from_bytes(datagram[begin + 2 : begin + 4])
    end = len(datagram) - (datagram[-1] if first & 0x20 else 0)
    return SoundPacket(sequence, timestamp, datagram[begin:end]) if begin < end else None


class InOrder:
    """Packets in, packets out in the order of their numbers, each once. `lost` never came, `late` came twice or too late."""

    def __init__(self, hold: int = HOLD) -> None:
        self._hold = hold
        self._next: int | None = None
        self._held: dict[int, SoundPacket] = {}
        self.lost = 0
        self.late = 0

    def put(self, packet: SoundPacket) -> list[SoundPacket]:
        """What may be heard now that this packet is here."""
        out: list[SoundPacket] = []
        if self._next is None:
            self._next = packet.sequence
        ahead = (packet.sequence - self._next) & 0xFFFF
        if RESTART <= ahead <= 0x10000 - RESTART:
            out = [self._held[number] for number in sorted(self._held, key=self._distance)]
            self._held.clear()
            self._next = packet.sequence
        elif ahead >= 0x8000 or packet.sequence in self._held:
            self.late += 1
            return []
        self._held[packet.sequence] = packet
        return out + self._due()

    def _due(self) -> list[SoundPacket]:
        out: list[SoundPacket] = []
        assert self._next is not None
        while self._held:
            packet = self._held.pop(self._next, None)
            if packet is not None:
                out.append(packet)
                self._next = (self._next + 1) & 0xFFFF
            elif len(self._held) > self._hold:
                nearest = min(self._held, key=self._distance)
                self.lost += self._distance(nearest)
                self._next = nearest
            else:
                break
        return out

    def _distance(self, number: int) -> int:
        return (number - (self._next or 0)) & 0xFFFF


class Timeline:
    """Time that only grows, in samples. Asterisk begins new timestamps whenever somebody else is heard; a browser must not notice."""

    def __init__(self) -> None:
        self._heard: SoundPacket | None = None
        self._at = 0

    def at(self, packet: SoundPacket) -> int:
        """When this packet is to be heard. A gap of up to a second stays a gap; anything else follows at once."""
        before, self._heard = self._heard, packet
        if before is not None:
            step = (packet.timestamp - before.timestamp) & 0xFFFFFFFF
            self._at += step if 0 < step <= RATE else len(before.payload)
        return self._at
