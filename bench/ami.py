"""The AMI adapter beside bare panoramisk: events a second from bytes to handler; and how soon a dead or reset peer is noticed."""

import asyncio
import sys
import time
from collections.abc import Callable
from random import Random
from statistics import median
from typing import Any

from panoramisk import Manager
from panoramisk.ami_protocol import AMIProtocol

from bench.table import Row, table
from cordboard.telephony.ami import Ami, LinkState
from cordboard.telephony.ami_delivery import AmiStats, Delivery, Inbox
from cordboard.telephony.ami_events import Event, Resync
from cordboard.telephony.ami_frames import Framer
from tests.fakes.asterisk_wire import FakeAsterisk, FakeChannel
from tests.fakes.asterisk_words import BANNER, encode
from tests.fakes.wait import until

CALLS, ROUNDS, CHUNK = 1_500, 5, 65_536
PEERS, RESETS = 5, 10
TALK = ("Newchannel", "Newstate", "BridgeEnter", "UserEvent", "Hold", "Unhold", "BridgeLeave", "Hangup")


def capture(calls: int) -> tuple[bytes, int]:
    """What Asterisk would say about so many calls, through our filter: the bytes and the number of events."""
    asterisk = FakeAsterisk()
    messages = [BANNER]
    for number in range(calls):
        channel = FakeChannel(f"node1-1795255200.{number}", f"PJSIP/trunk-{number:08x}", caller_name="Иванова Ольга")
        channel.caller_number, channel.context, channel.exten = "+74951234567", "cc-in", "100"
        channel.variables = {
            "CC_CALL": channel.uniqueid,
            "CC_STATE": "talk-agent-1",
            "CC_AGENT": "agent-1",
            "CC_REC": "r",
        }
        about = [("Privilege", "call,all"), ("Timestamp", "1795255201.512345"), *asterisk.about(channel)]
        extra = [
            ("BridgeUniqueid", "b-1"),
            ("BridgeNumChannels", "2"),
            ("Cause", "16"),
            ("UserEvent", "CCTalk"),
            ("Cc", "1"),
        ]
        messages += [encode([("Event", name), *about, *extra]) for name in TALK]
    return b"".join(messages), calls * len(TALK)


def ours(stream: bytes) -> int:
    """Events that reach an asynchronous handler, one after the other."""
    seen = 0

    async def on_event(event: Event) -> None:
        nonlocal seen
        seen += 1

    async def run() -> None:
        framer, inbox = Framer(), Inbox(sys.maxsize)
        for start in range(0, len(stream), CHUNK):
            for message in framer.feed(stream[start : start + CHUNK]):
                if isinstance(message, bytes):
                    inbox.put(message)
        inbox.close()
        await Delivery("node1", on_event, AmiStats(), 10).run(inbox, "boot")

    asyncio.run(run())
    return seen


def bare(stream: bytes) -> int:
    """Events that reach a plain callback of panoramisk."""
    seen = 0

    def on_event(manager: Manager, message: Any) -> None:
        nonlocal seen
        seen += 1

    manager = Manager()
    manager.register_event("*", on_event)
    protocol = AMIProtocol()
    protocol.connection_made(None)
    protocol.factory, protocol.encoding = manager, "utf8"
    for start in range(0, len(stream), CHUNK):
        protocol.data_received(stream[start : start + CHUNK])
    return seen


def rate(parse: Callable[[bytes], int], stream: bytes, events: int) -> float:
    """Events a second of processor time, so that a busy machine does not decide."""
    began = time.process_time()
    seen = parse(stream)
    spent = time.process_time() - began
    if seen != events:
        raise RuntimeError(f"{parse.__name__} delivered {seen} of {events} events")
    return events / spent


def parse_rows(rounds: int) -> list[Row]:
    """Both on the same bytes in turns, so that the ratio is of one run."""
    stream, events = capture(CALLS)
    pairs = [(rate(ours, stream, events), rate(bare, stream, events)) for _ in range(rounds)]
    note = f"{events} events, {len(stream) // events} bytes each, median of {rounds}, one core"
    return [
        Row("AMI events, bytes to typed event in the handler", median(a for a, _ in pairs), "a second", note=note),
        Row(
            "the same, times bare panoramisk",
            median(a / b for a, b in pairs),
            "x",
            "above 1",
            "ours does more: types, order",
        ),
    ]


async def _nothing(_: Event | Resync) -> None:
    return None


class _Peer:
    """A fake Asterisk and a link to it with the real times."""

    def __init__(self, seed: int) -> None:
        self.asterisk = FakeAsterisk()
        self.random = Random(seed)
        self.down_at = self.up_at = 0.0

    async def start(self) -> None:
        await self.asterisk.start()
        address = ("127.0.0.1", self.asterisk.port, "engine", "s3cret")
        self.link = Ami(
            "node1", *address, on_event=_nothing, on_resync=_nothing, on_link=self._on_link, random=self.random
        )
        await self.link.start()

    async def _on_link(self, state: LinkState) -> None:
        if state is LinkState.DOWN:
            self.down_at = time.monotonic()
        if state is LinkState.UP:
            self.up_at = time.monotonic()

    async def stop(self) -> None:
        await self.link.stop()
        await self.asterisk.stop()


async def silence() -> list[float]:
    """Seconds from the moment a peer falls silent to the loss being told; the peers are in different phases of pinging."""
    peers = [_Peer(seed) for seed in range(PEERS)]
    for peer in peers:
        await peer.start()
        await asyncio.sleep(2.0 / PEERS)
    began = time.monotonic()
    for peer in peers:
        peer.asterisk.behaviour.silent = True
    for peer in peers:
        await until(lambda peer=peer: peer.down_at > began, "the loss", every_s=0.01)  # type: ignore[misc]
    times = [peer.down_at - began for peer in peers]
    for peer in peers:
        await peer.stop()
    return times


async def resets(times_over: int) -> list[float]:
    """Seconds from an RST to being up and resynced again."""
    peer = _Peer(1)
    await peer.start()
    times = []
    for _ in range(times_over):
        await asyncio.sleep(2.1)  # a settled link: the back-off begins anew
        began = time.monotonic()
        peer.asterisk.reset()
        await until(lambda began=began: peer.up_at > began, "the return", every_s=0.01)  # type: ignore[misc]
        times.append(peer.up_at - began)
    await peer.stop()
    return times


def rows(small: bool = False) -> list[Row]:
    """About a minute; `small`, a quarter of one."""
    silent, reset = asyncio.run(silence()), asyncio.run(resets(2 if small else RESETS))
    return [
        *parse_rows(1 if small else ROUNDS),
        Row(
            "AMI peer silent, until told", max(silent), "s", "6 at most", f"slowest of {PEERS}; bare panoramisk: never"
        ),
        Row("AMI reset, until up and resynced", max(reset), "s", "1 at most", f"slowest of {len(reset)}"),
    ]


def main() -> None:
    """Prints the rows."""
    print(table(rows()))


if __name__ == "__main__":
    main()
