"""One leg between a page (aiortc, no browser) and an Asterisk that is a bare UDP socket. Fails when aiortc moves what the leg leans on."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import aioice.ice
import numpy as np
import pytest
from aiortc import RTCPeerConnection

from cordboard.telephony.web_call_audio import FRAME, SoundPacket, rtp_bytes, rtp_read
from cordboard.telephony.web_call_leg import Leg, ToAsterisk, offer_loopback_when_alone, replace_jitter_buffer
from cordboard.telephony.web_call_offer import OfferFault, OfferRefused
from cordboard.telephony.web_call_wire import Gone, Told, Up
from tests.fakes.ear import hear, sine, ulaw_decode, ulaw_encode
from tests.fakes.offers import OFFER
from tests.fakes.wait import until
from tests.fakes.web_page import WebPage

PLACE = "_RTCRtpReceiver__jitter_buffer"


class BareAsterisk(asyncio.DatagramProtocol):
    """A port that takes RTP and says RTP."""

    def __init__(self) -> None:
        self.heard: list[SoundPacket] = []
        self.port = 0
        self._transport: asyncio.DatagramTransport | None = None

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        self.port = self._transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, _address: object) -> None:
        packet = rtp_read(data)
        assert packet is not None
        self.heard.append(packet)

    def say(self, port: int, number: int, payload: bytes) -> None:
        assert self._transport is not None
        packet = SoundPacket(number, number * FRAME, payload)
        self._transport.sendto(rtp_bytes(packet, 7), ("127.0.0.1", port))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class Call:
    """A page, a leg and an Asterisk, joined."""

    def __init__(self, **patience: float) -> None:
        self.told: list[Told] = []
        self.page, self.asterisk = WebPage(), BareAsterisk()
        self.leg = Leg("leg-1", self.told.append, Random(1), [], **patience)
        self.port = 0

    async def begin(self) -> None:
        await self.asterisk.open()
        answer, self.port = await self.leg.answer(await self.page.offer())
        await self.page.take(answer)
        await until(lambda: Up("leg-1") in self.told, "the page is connected")
        await self.leg.join(self.asterisk.port)

    async def page_heard(self, packets: int) -> None:
        await until(lambda: len(self.page.heard) >= packets, "Asterisk's sound at the page")

    async def asterisk_heard(self, packets: int) -> None:
        await until(lambda: len(self.asterisk.heard) >= packets, "the page's sound at Asterisk")

    def gone(self) -> list[str]:
        return [one.why for one in self.told if isinstance(one, Gone)]

    async def end(self) -> None:
        await self.page.close()
        await self.leg.close({})
        self.asterisk.close()


@pytest.fixture
async def call() -> AsyncIterator[Call]:
    one = Call()
    await one.begin()
    yield one
    await one.end()


async def test_each_hears_the_other(call: Call) -> None:
    call.page.mic.let_go(50)
    await call.asterisk_heard(50)
    heard = hear(ulaw_decode(b"".join(one.payload for one in call.asterisk.heard)), 8000)
    assert heard.is_tone(700.0), heard
    tone = ulaw_encode(sine(440.0, 1.0))
    for number in range(50):
        call.asterisk.say(call.port, number, tone[number * FRAME : (number + 1) * FRAME])
        await call.page_heard(number - 8)
    sound = np.frombuffer(b"".join(call.page.heard), dtype=np.int16)
    assert hear(sound, 8000).is_tone(440.0), hear(sound, 8000)


async def test_a_packet_is_at_asterisk_before_the_next_one_is_spoken(call: Call) -> None:
    """aiortc's own buffer would keep four packets back; ours keeps none."""
    for number in range(1, 20):
        call.page.mic.let_go()
        await call.asterisk_heard(number)


async def test_the_replaced_buffer_is_still_there_in_aiortc() -> None:
    peer = RTCPeerConnection()
    receiver = peer.addTransceiver("audio").receiver
    theirs = getattr(receiver, PLACE)
    assert (theirs.capacity, theirs._prefetch) == (16, 4), (
        "aiortc changed its buffer: measure again whether ours is needed"
    )
    replace_jitter_buffer(receiver, ToAsterisk(lambda _packet: None))
    assert isinstance(getattr(receiver, PLACE), ToAsterisk)
    with pytest.raises(AttributeError):
        replace_jitter_buffer(object(), ToAsterisk(lambda _packet: None))  # type: ignore[arg-type]
    await peer.close()


def test_aiortc_stands_in_one_file() -> None:
    """What leans on a library's inside must be found in one place when the library moves."""
    root = Path(__file__).parents[2]
    leaning = [
        path.name
        for path in root.glob("*/*.py")
        if re.search(r"^\s*(from|import) (aiortc|aioice)", path.read_text(), re.M)
    ]
    assert [name for name in leaning if not (root / "bench" / name).exists()] == ["web_call_leg.py"]


def test_a_machine_without_network_offers_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda use_ipv4, use_ipv6: [])
    offer_loopback_when_alone()
    assert aioice.ice.get_host_addresses(True, True) == ["127.0.0.1"]
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda use_ipv4, use_ipv6: ["192.0.2.7"])
    offer_loopback_when_alone()
    assert aioice.ice.get_host_addresses(True, True) == ["192.0.2.7"]


async def test_the_news_come_and_the_newest_is_not_missed(call: Call) -> None:
    call.leg.say({"stage": "waiting", "position": 2})
    await until(lambda: {"stage": "waiting", "position": 2} in call.page.news, "the place in line")


async def test_a_page_that_says_goodbye_is_gone_at_once(call: Call) -> None:
    await until(lambda: call.page.channel.readyState == "open", "the channel")
    call.page.channel.send("bye")
    await until(call.gone, "gone")
    assert call.gone() == ["left"]


async def test_a_page_that_closes_its_connection_is_gone_at_once(call: Call) -> None:
    await call.page.close()
    await until(call.gone, "gone")
    assert call.gone() == ["left"]


async def test_the_last_news_arrives_before_the_end(call: Call) -> None:
    await until(lambda: call.page.channel.readyState == "open", "the channel")
    await call.leg.close({"stage": "ended", "reason": "over"})
    assert {"stage": "ended", "reason": "over"} in call.page.news
    assert call.gone() == []


async def test_silence_ends_the_call_and_a_beat_keeps_it() -> None:
    call = Call(silence_s=0.4)
    await call.begin()
    await until(lambda: call.page.channel.readyState == "open", "the channel")
    for _ in range(4):
        call.page.channel.send("beat")
        call.leg.say({"stage": "waiting"})
        await until(lambda: call.page.news, "an answer")
        call.page.news.clear()
    assert call.gone() == []
    await until(call.gone, "the silence is noticed")
    assert call.gone() == ["silent"]
    await call.end()


async def test_an_offer_from_nowhere_ends_at_the_deadline() -> None:
    told: list[Told] = []
    leg = Leg("leg-1", told.append, Random(1), [], connect_s=0.2)
    await leg.answer(OFFER.replace("a=candidate:1 1 udp 1 192.0.2.7 5000 typ host\r\n", ""))
    await until(lambda: told, "gone")
    assert told == [Gone("leg-1", "no_path")]
    await leg.close({})


@pytest.mark.parametrize(
    "sdp",
    [
        "v=0\r\nm=audio x",
        "rubbish",
        OFFER.replace("UDP/TLS/RTP/SAVPF 111 0 8", ""),
        OFFER.replace("a=rtpmap:0 PCMU/8000", "a=rtpmap:x PCMU/8000"),
        OFFER.replace("PCMU", "XYZ"),
        OFFER.replace("a=ice-pwd:0123456789abcdef01234567\r\n", ""),
    ],
)
async def test_rubbish_is_refused_and_leaves_nothing_behind(sdp: str) -> None:
    told: list[Told] = []
    leg = Leg("leg-1", told.append, Random(1), [])
    with pytest.raises(OfferRefused) as refused:
        await leg.answer(sdp)
    assert refused.value.fault is OfferFault.UNREADABLE
    await leg.close({})
    assert [one for one in told if isinstance(one, Up)] == []
