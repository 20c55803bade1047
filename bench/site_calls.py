"""A call from the site: what its sound costs and delays on the way through the gateway, beside aiortc's own ways in the same run."""

import asyncio
import sys
import time
from typing import cast

from aiortc.jitterbuffer import JitterBuffer
from aiortc.rtp import RtpPacket

from bench.process_figures import cpu_ms
from bench.table import Row, table
from cordboard.telephony.web_call_audio import FRAME, InOrder, SoundPacket
from cordboard.telephony.web_call_process import MediaProcess
from cordboard.telephony.web_call_wire import News
from tests.fakes.wait import until
from tests.fakes.web_page import WebPage

FRAME_MS = 20.0
CALLS = 10
TALK_S = 6.0


# The buffers: by counting packets, not by the clock


def _ours(numbers: list[int]) -> float:
    """How many ms old the newest sound is when it comes out, at the end of the run."""
    order, out = InOrder(), 0
    for number in numbers:
        for due in order.put(SoundPacket(number, number * FRAME, b"x")):
            out = due.sequence
    return (numbers[-1] - out) * FRAME_MS


def _theirs(numbers: list[int]) -> float:
    buffer, out = JitterBuffer(capacity=16, prefetch=4), 0
    for number in numbers:
        packet = RtpPacket(payload_type=0, sequence_number=number, timestamp=number * FRAME)
        packet._data = b"x"  # type: ignore[attr-defined]  # where aiortc's receiver puts it
        _, frame = buffer.add(packet)
        if frame is not None:
            out = frame.timestamp // FRAME
    return (numbers[-1] - out) * FRAME_MS


def _buffer_rows() -> list[Row]:
    whole, lossy = list(range(1, 500)), [number for number in range(1, 500) if number != 100]
    note = "held back by the buffer; {:.0f} before the loss; aiortc's own: {:.0f} before, {:.0f} after"
    told = note.format(_ours(whole), _theirs(whole), _theirs(lossy))
    return [Row("site call: delay 8 s after one lost packet", _ours(lossy), "ms", "under 20", told)]


# The gateway's process, with pages and an Asterisk that sends back what it gets


class _Echo(asyncio.DatagramProtocol):
    """Asterisk's end of one leg: sound comes back as it went."""

    def __init__(self, port: int) -> None:
        self._gateway = ("127.0.0.1", port)
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, _address: object) -> None:
        assert self._transport is not None
        self._transport.sendto(data, self._gateway)


class _Hearing:
    def __init__(self) -> None:
        self.up: set[str] = set()

    def page_up(self, leg: str) -> None:
        self.up.add(leg)

    def page_gone(self, leg: str, why: str) -> None:
        raise AssertionError(f"a call broke: {why}")

    def page_wished(self, leg: str, wish: str) -> None:
        raise AssertionError("nobody wished for anything")


async def _one(media: MediaProcess, hearing: _Hearing, leg: str) -> tuple[WebPage, asyncio.DatagramTransport]:
    page = WebPage()
    answered = await media.open(leg, await page.offer())
    await page.take(answered.sdp)
    await until(lambda: leg in hearing.up, "connected", every_s=0.01)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Echo(answered.port), local_addr=("127.0.0.1", 0))
    media.join(leg, int(transport.get_extra_info("sockname")[1]))
    return page, transport


async def _talk(pages: list[WebPage], seconds: float) -> None:
    """Every page speaks a frame each 20 ms."""
    loop = asyncio.get_running_loop()
    at = loop.time()
    for _ in range(round(seconds * 1000 / FRAME_MS)):
        for page in pages:
            page.mic.let_go()
        at += FRAME_MS / 1000
        await asyncio.sleep(max(0.0, at - loop.time()))


async def _gateway_rows(calls: int, seconds: float) -> list[Row]:
    media, hearing = MediaProcess(), _Hearing()
    media.attach(hearing)
    began = time.perf_counter()
    pairs = [await _one(media, hearing, "leg-0")]
    first_s = time.perf_counter() - began
    pairs += [await _one(media, hearing, f"leg-{number}") for number in range(1, calls)]
    pages = [page for page, _ in pairs]
    try:
        assert media.pid is not None
        await _talk(pages, 1.0)
        heard = sum(len(page.heard) for page in pages)
        before, began = cpu_ms(media.pid), time.perf_counter()
        await _talk(pages, seconds)
        spent, lasted = cpu_ms(media.pid) - before, time.perf_counter() - began
        share = (sum(len(page.heard) for page in pages) - heard) / (50 * lasted * calls)
    finally:
        for number, (page, transport) in enumerate(pairs):
            media.close(f"leg-{number}", News("ended"))
            transport.close()
            await page.close()
        await media.stop()
    cost = spent / (lasted * 1000) * 100 / calls
    note = f"{calls} calls at once, {share:.0%} of the frames came back; so a core carries about {100 / cost:.0f}"
    return [
        Row("site call: gateway's processor time per call", cost, "% of a core", "under 4", note),
        Row("site call: first offer to connected", first_s, "s", "", "starts the gateway's process"),
    ]


def rows(small: bool = False) -> list[Row]:
    """About fifteen seconds."""
    gateway = asyncio.run(_gateway_rows(2 if small else CALLS, 2.0 if small else TALK_S))
    return [*_buffer_rows(), *gateway]


if __name__ == "__main__":
    print(table(rows("--small" in sys.argv)))
