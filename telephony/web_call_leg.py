"""One call's sound: a page on one side (aiortc), Asterisk on the other (plain RTP over loopback), u-law passed through untouched.

The only file that leans inside aiortc, in two places; `tests/telephony/test_web_call_leg.py` fails when aiortc changes them:
- a receiver's jitter buffer is replaced before sound flows (`web_call_audio.py` says why). The new one hands packets straight to
  Asterisk, so nothing is decoded and the receiver's decoder thread never wakes;
- on a machine without any network, loopback is offered, which aioice leaves out.
"""

import asyncio
import json
import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from random import Random

import aioice.ice
import av
from aiortc import (
    RTCConfiguration,
    RTCDataChannel,
    RTCIceServer,
    RTCPeerConnection,
    RTCRtpReceiver,
    RTCRtpSender,
    RTCRtpTransceiver,
    RTCSessionDescription,
)
from aiortc.jitterbuffer import JitterFrame
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from aiortc.rtp import RtpPacket
from av.stream import Stream

from .web_call_audio import RATE, InOrder, SoundPacket, Timeline, rtp_bytes, rtp_read
from .web_call_offer import OfferFault, OfferRefused
from .web_call_wire import KEEP, Gone, Leaving, Told, Up, Wished

log = logging.getLogger(__name__)

CONNECT_S = 15.0  # from the answer to the first sound
SILENCE_S = 6.0  # three beats of the page: longer than a change of network takes, a fifth of what ICE needs to notice
FAREWELL_S = 1.0  # for the last news to arrive
MOST_QUEUED = 10  # frames of 20 ms that may wait for the page; older ones are dropped
GREATEST_WORD = 64


class FromAsterisk(MediaStreamTrack):
    """What the page hears, paced by Asterisk's own clock. A track of packets: aiortc sends those as they are, without encoding."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._order, self._timeline = InOrder(hold=0), Timeline()
        self._queue: asyncio.Queue[tuple[int, bytes]] = asyncio.Queue()

    def feed(self, packet: SoundPacket) -> None:
        for due in self._order.put(packet):
            if self._queue.qsize() >= MOST_QUEUED:
                self._queue.get_nowait()
            self._queue.put_nowait((self._timeline.at(due), due.payload))

    async def recv(self) -> "av.Packet[Stream]":
        if self.readyState != "live":
            raise MediaStreamError
        at, payload = await self._queue.get()
        packet = av.Packet(payload)
        packet.pts, packet.time_base = at, Fraction(1, RATE)
        return packet


class ToAsterisk:
    """Stands in the place of aiortc's jitter buffer: whatever arrives goes on to Asterisk; aiortc itself gets nothing to decode."""

    def __init__(self, send: Callable[[SoundPacket], None]) -> None:
        self.order = InOrder()
        self._send = send

    def add(self, packet: RtpPacket) -> tuple[bool, JitterFrame | None]:
        for due in self.order.put(SoundPacket(packet.sequence_number, packet.timestamp, packet.payload)):
            self._send(due)
        return False, None


def replace_jitter_buffer(receiver: RTCRtpReceiver, buffer: ToAsterisk) -> None:
    """Raises AttributeError when aiortc keeps its buffer elsewhere by now."""
    place = "_RTCRtpReceiver__jitter_buffer"
    if not callable(getattr(getattr(receiver, place), "add", None)):
        raise AttributeError(place)
    setattr(receiver, place, buffer)


def offer_loopback_when_alone() -> None:
    """For a machine whose only network is itself. Once a process."""
    known = aioice.ice.get_host_addresses

    def addresses(use_ipv4: bool, use_ipv6: bool) -> list[str]:
        return known(use_ipv4, use_ipv6) or ["127.0.0.1"]

    aioice.ice.get_host_addresses = addresses


class _Socket(asyncio.DatagramProtocol):
    def __init__(self, hear: Callable[[bytes], None]) -> None:
        self._hear = hear

    def datagram_received(self, data: bytes, _address: object) -> None:
        self._hear(data)

    def error_received(self, _trouble: Exception) -> None:
        """Asterisk's port is not open yet, or not any more; its Hangup tells."""


class Leg:
    """One page's call. `tell` hears Up once, and Gone once when the page's side ends by itself."""

    def __init__(
        self,
        leg_id: str,
        tell: Callable[[Told], None],
        random: Random,
        ice_servers: list[str],
        *,
        connect_s: float = CONNECT_S,
        silence_s: float = SILENCE_S,
    ) -> None:
        self.id = leg_id
        self._connect_s, self._silence_s = connect_s, silence_s
        self._tell = tell
        servers = [RTCIceServer(urls=[url]) for url in ice_servers]
        self._peer = RTCPeerConnection(RTCConfiguration(iceServers=servers))
        self._page = FromAsterisk()
        self._source = random.getrandbits(32)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._asterisk: asyncio.DatagramTransport | None = None
        self._channel: RTCDataChannel | None = None
        self._news: dict[str, object] | None = None
        self._watch: asyncio.Task[None] | None = None
        self._started = False
        self._up = asyncio.Event()
        self._page_gone = asyncio.Event()
        self._heard_at = asyncio.get_running_loop().time()
        self._over = False
        self._peer.on("connectionstatechange", self._peer_changed)
        self._peer.on("datachannel", self._take_channel)

    async def answer(self, sdp: str) -> tuple[str, int]:
        """The answer to a page's offer, and the port where Asterisk must send. Raises OfferRefused."""
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setblocking(False)
        transceiver = self._peer.addTransceiver(self._page, direction="sendrecv")
        replace_jitter_buffer(transceiver.receiver, ToAsterisk(self._to_asterisk))
        _speak_ulaw_only(transceiver)
        try:
            await self._peer.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
            await self._peer.setLocalDescription(await self._peer.createAnswer())
        except Exception as error:  # aiortc's parser trips over rubbish in as many ways as there is rubbish
            log.info("an offer could not be read: %s", type(error).__name__)
            raise OfferRefused(OfferFault.UNREADABLE) from error
        self._watch = asyncio.create_task(self._watch_page(), name=f"web call {self.id}")
        return self._peer.localDescription.sdp, int(self._socket.getsockname()[1])

    async def join(self, port: int) -> None:
        """Asterisk's leg is there and listens on `port`."""
        self._socket.connect(("127.0.0.1", port))
        loop = asyncio.get_running_loop()
        self._asterisk, _ = await loop.create_datagram_endpoint(lambda: _Socket(self._from_asterisk), sock=self._socket)

    def say(self, news: dict[str, object]) -> None:
        """Tell the page; it hears the newest as soon as it can."""
        self._news = news
        if self._channel is not None and self._channel.readyState == "open":
            self._channel.send(json.dumps(news))

    async def close(self, news: dict[str, object]) -> None:
        """The last news, and the end."""
        self._over = True
        self.say(news)
        if self._channel is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._page_gone.wait(), FAREWELL_S)
        await self._end()

    async def _end(self) -> None:
        self._over = True
        if self._watch is not None:
            self._watch.cancel()
        if self._asterisk is not None:
            self._asterisk.close()
        else:
            self._socket.close()
        await self._peer.close()

    # Sound

    def _to_asterisk(self, packet: SoundPacket) -> None:
        self._hear()
        if self._asterisk is not None and not self._asterisk.is_closing():
            self._asterisk.sendto(rtp_bytes(packet, self._source, marker=not self._started))
            self._started = True

    def _from_asterisk(self, datagram: bytes) -> None:
        packet = rtp_read(datagram)
        if packet is not None:
            self._page.feed(packet)

    # The page

    def _hear(self) -> None:
        self._heard_at = asyncio.get_running_loop().time()

    def _take_channel(self, channel: RTCDataChannel) -> None:
        self._channel = channel
        channel.on("message", self._take_word)
        if self._news is not None:
            self.say(self._news)

    def _take_word(self, word: object) -> None:
        """`beat`: the page lives. `bye`: it is leaving. `keep`: call me back."""
        if not isinstance(word, str) or len(word) > GREATEST_WORD:
            return
        self._hear()
        if word == "bye":
            self._leave(Leaving.LEFT)
        elif word == KEEP and not self._over:
            self._tell(Wished(self.id, KEEP))

    def _peer_changed(self) -> None:
        match self._peer.connectionState:
            case "connected" if not self._up.is_set():
                self._hear()
                self._up.set()
                self._tell(Up(self.id))
            case "failed":
                self._leave(Leaving.SILENT if self._up.is_set() else Leaving.NO_PATH)
            case "closed":
                self._leave(Leaving.LEFT)

    def _leave(self, why: Leaving) -> None:
        self._page_gone.set()
        if not self._over:
            self._over = True
            self._tell(Gone(self.id, why.value))

    async def _watch_page(self) -> None:
        try:
            await asyncio.wait_for(self._up.wait(), self._connect_s)
        except TimeoutError:
            self._leave(Leaving.NO_PATH)
            return
        loop = asyncio.get_running_loop()
        while True:
            left = self._heard_at + self._silence_s - loop.time()
            if left <= 0:
                break
            await asyncio.sleep(left)
        self._leave(Leaving.SILENT)


def _speak_ulaw_only(transceiver: RTCRtpTransceiver) -> None:
    """Before the offer is taken, or aiortc settles on opus, which Asterisk's end would hear as noise."""
    codecs = RTCRtpSender.getCapabilities("audio").codecs
    transceiver.setCodecPreferences([codec for codec in codecs if codec.mimeType == "audio/PCMU"])
