"""The sound end of a SIP phone: one UDP port that speaks RTP with G.711 µ-law, sends a tone to each far end and keeps what it hears.

SIPp does the signalling; far ends are told apart by their address, so one port serves a whole carrier.
"""

import asyncio
import struct
import time
from dataclasses import dataclass, field
from typing import Self, cast

from tests.fakes import ear

PACKET_S, SAMPLES, EVENT_TYPE = 0.02, 160, 101
KEYS = "0123456789*#ABCD"
STALL_S = 0.1
"""Sound that comes in lumps further apart than this is thrown away by Asterisk's recorder, some 0.4 s of each side a lump (measured)."""
KEEP_PACKETS = 50 * 60  # a minute of what was heard last
Address = tuple[str, int]


@dataclass(slots=True)
class Line:
    """One talk: what is said to one far end, and what came from it."""

    far: Address
    payload: bytes = b""  # whole seconds of the tone, looped
    said: int = 0
    heard: list[bytes] = field(default_factory=list)
    came_at: list[float] = field(default_factory=list)
    forgotten: int = 0  # samples
    stalled_s: float = 0.0  # how long in all nothing came, or went, that was due: a busy machine
    lost: int = 0
    last_sequence: int | None = None
    next_at: float = 0.0
    keys: str = ""  # the touch tones that came
    _key_at: bytes = b""

    def take(self, packet: bytes, at: float) -> None:
        if len(packet) >= 16 and packet[1] & 0x7F == EVENT_TYPE:
            self._take_key(packet)
        if len(packet) < 12 or packet[1] & 0x7F != 0:
            return
        (sequence,) = struct.unpack_from("!H", packet, 2)
        if self.last_sequence is not None:
            self.lost += (sequence - self.last_sequence - 1) % 0x10000
        self.last_sequence = sequence
        if self.came_at and at - self.came_at[-1] > STALL_S:
            self.stalled_s += at - self.came_at[-1]
        self.heard.append(packet[12:])
        self.came_at.append(at)
        self.forgotten += sum(map(len, self.heard[:-KEEP_PACKETS]))
        del self.heard[:-KEEP_PACKETS], self.came_at[:-KEEP_PACKETS]

    def _take_key(self, packet: bytes) -> None:
        """All packets of one key carry the same time, and its end is sent three times."""
        if packet[13] & 0x80 and packet[4:8] != self._key_at:
            self._key_at = packet[4:8]
            self.keys += KEYS[packet[12]]

    def next_packet(self, kind: int, payload: bytes, *, mark: bool = False, at: int | None = None) -> bytes:
        """`at` is the packet of the talk in which an event began: all its packets carry that time (RFC 4733)."""
        self.said += 1
        head = struct.pack(
            *("!BBHII", 0x80, kind | (0x80 if mark else 0), self.said & 0xFFFF),
            *((self.said if at is None else at) * SAMPLES, 0x0C0DB0A2),
        )
        return head + payload

    def next_sound(self) -> bytes:
        start = (self.said * SAMPLES) % len(self.payload)
        return self.next_packet(0, self.payload[start : start + SAMPLES])


class RtpPeer(asyncio.DatagramProtocol):
    """Use as `async with await RtpPeer.open() as peer`."""

    def __init__(self) -> None:
        self.lines: dict[Address, Line] = {}
        self._transport: asyncio.DatagramTransport | None = None
        self._clock: asyncio.Handle | None = None
        self._closed = asyncio.Event()

    @classmethod
    async def open(cls) -> Self:
        loop = asyncio.get_running_loop()
        _transport, peer = await loop.create_datagram_endpoint(cls, local_addr=("127.0.0.1", 0))
        peer._clock = loop.call_soon(peer._tick)
        return peer

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.close()

    async def close(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
        if self._transport is not None:
            self._transport.close()
            await self._closed.wait()

    @property
    def port(self) -> int:
        assert self._transport is not None
        return int(self._transport.get_extra_info("sockname")[1])

    # asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self.lines.setdefault(addr, Line(addr)).take(data, self.now())

    def connection_lost(self, exc: Exception | None) -> None:
        self._closed.set()

    def error_received(self, exc: Exception) -> None:
        """The far end closed its port (ICMP): the talk is over, and so is nothing else."""

    @staticmethod
    def now() -> float:
        """The clock by which packets are dated (s)."""
        return time.monotonic()

    # the test's side

    def say(self, far: Address, hz: float) -> None:
        """Send a tone to `far` from now on, in real time."""
        line = self.lines.setdefault(far, Line(far))
        line.payload = ear.ulaw_encode(ear.sine(hz, 1.0))
        line.next_at = asyncio.get_running_loop().time()

    def play(self, far: Address, sound: ear.Pcm) -> None:
        """Send this sound to `far` once, from now on, and then silence for a minute."""
        line = self.lines.setdefault(far, Line(far))
        before = b"\xff" * (line.said * SAMPLES)  # the payload is looped by what was said before
        line.payload = before + ear.ulaw_encode(sound) + b"\xff" * (60 * ear.TELEPHONE_RATE)
        line.next_at = asyncio.get_running_loop().time()

    def hush(self, far: Address) -> None:
        """Send nothing more to `far`."""
        if far in self.lines:
            self.lines[far].payload = b""

    def hear(self, far: Address, last_s: float = 1.0) -> ear.Heard:
        """What came from `far` in the last `last_s` seconds of sound."""
        line = self.lines.get(far)
        packets = line.heard[-round(last_s / PACKET_S) :] if line else []
        return ear.hear(ear.ulaw_decode(b"".join(packets)), ear.TELEPHONE_RATE)

    def sound(self, far: Address) -> ear.Pcm:
        """All that was kept of what came from `far` (a minute at most)."""
        line = self.lines.get(far)
        return ear.ulaw_decode(b"".join(line.heard if line else []))

    def forgotten(self, far: Address) -> int:
        """How many samples came from `far` before those that were kept."""
        line = self.lines.get(far)
        return line.forgotten if line else 0

    def sound_since(self, far: Address, at: float) -> tuple[ear.Pcm, list[float]]:
        """What was kept of what came from `far` since then, and when each packet came: an earlier talk may have had the same port."""
        line = self.lines.get(far)
        since = (
            [(packet, came) for packet, came in zip(line.heard, line.came_at, strict=True) if came >= at]
            if line
            else []
        )
        return ear.ulaw_decode(b"".join(packet for packet, _came in since)), [came for _packet, came in since]

    def heard_s(self, far: Address) -> float:
        """How many seconds of sound were kept from `far`."""
        line = self.lines.get(far)
        return len(line.heard) * PACKET_S if line else 0.0

    def press(self, far: Address, digits: str) -> None:
        """Send touch tones (RFC 4733): each as three packets and three end packets."""
        assert self._transport is not None
        line = self.lines.setdefault(far, Line(far))
        for digit in digits:
            event, began = KEYS.index(digit), line.said + 1
            for step in range(6):
                body = struct.pack("!BBH", event, 10 | (0x80 if step >= 3 else 0), min(step + 1, 4) * SAMPLES)
                self._transport.sendto(line.next_packet(EVENT_TYPE, body, mark=step == 0, at=began), far)

    def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        assert self._transport is not None
        now = loop.time()
        for line in self.lines.values():
            if line.payload and now - line.next_at > STALL_S:
                line.stalled_s += now - line.next_at
            while line.payload and line.next_at <= now:
                self._transport.sendto(line.next_sound(), line.far)
                line.next_at += PACKET_S
        self._clock = loop.call_at(now + PACKET_S / 2, self._tick)
