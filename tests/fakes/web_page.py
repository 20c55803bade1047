"""A page that calls, without a browser: aiortc at the other end of a call from the site, with a tone of its own."""

import asyncio
import json
from fractions import Fraction

import av
from aiortc import RTCConfiguration, RTCDataChannel, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av.stream import Stream

from tests.fakes.ear import sine, ulaw_encode

FRAME = 160


class ToneTrack(MediaStreamTrack):
    """Frames of u-law, one for each `let_go`: the test is the clock."""

    kind = "audio"

    def __init__(self, hz: float) -> None:
        super().__init__()
        whole = ulaw_encode(sine(hz, 1.0))
        self._frames = [whole[at : at + FRAME] for at in range(0, len(whole), FRAME)]
        self._ready: asyncio.Queue[int] = asyncio.Queue()
        self._count = 0

    def let_go(self, frames: int = 1) -> None:
        for _ in range(frames):
            self._ready.put_nowait(self._count)
            self._count += 1

    async def recv(self) -> "av.Packet[Stream]":
        if self.readyState != "live":
            raise MediaStreamError
        number = await self._ready.get()
        packet = av.Packet(self._frames[number % len(self._frames)])
        packet.pts, packet.time_base = number * FRAME, Fraction(1, 8000)
        return packet


class WebPage:
    """`await page.offer()`, then `await page.take(answer)`; `news` is what the call's channel brought."""

    def __init__(self, hz: float = 700.0) -> None:
        self.peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.mic = ToneTrack(hz)
        self.news: list[dict[str, object]] = []
        self.heard: list[bytes] = []
        transceiver = self.peer.addTransceiver(self.mic, direction="sendrecv")
        codecs = RTCRtpSender.getCapabilities("audio").codecs
        transceiver.setCodecPreferences([codec for codec in codecs if codec.mimeType == "audio/PCMU"])
        self.channel: RTCDataChannel = self.peer.createDataChannel("call")
        self.channel.on("message", self._hear)
        self.peer.on("track", self._listen)
        self._listening: asyncio.Task[None] | None = None

    def _hear(self, word: str) -> None:
        self.news.append(json.loads(word))

    def _listen(self, track: MediaStreamTrack) -> None:
        self._listening = asyncio.create_task(self._keep(track))

    async def _keep(self, track: MediaStreamTrack) -> None:
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            assert isinstance(frame, av.AudioFrame)
            self.heard.append(frame.to_ndarray().tobytes())

    async def offer(self) -> str:
        await self.peer.setLocalDescription(await self.peer.createOffer())
        return str(self.peer.localDescription.sdp)

    async def take(self, answer: str) -> None:
        await self.peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    async def close(self) -> None:
        await self.peer.close()
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.wait([self._listening])
