"""Notices a peer that is gone without a word: a half-open link says nothing, and TCP alone would not tell for minutes."""

import asyncio
from typing import Protocol

from .ami_delivery import AmiStats, AmiTuning


class Watched(Protocol):
    """A session: when its last byte came (the loop's clock, seconds), and what can be done to it."""

    heard_at: float

    def ping(self) -> None: ...
    def abort(self, reason: str) -> None: ...


async def watch(wire: Watched, tuning: AmiTuning, stats: AmiStats) -> None:
    """Pings every `ping_s` and ends the session once no byte has come for `dead_after_s`."""
    loop = asyncio.get_running_loop()
    ping_at = loop.time() + tuning.ping_s
    heard_from = loop.time()
    while True:
        now = loop.time()
        dead_at = max(wire.heard_at, heard_from) + tuning.dead_after_s
        if now >= dead_at:
            stats.dead_peers += 1
            wire.abort(f"the peer was silent for {tuning.dead_after_s:g} s")
            return
        if now >= ping_at:
            ping_at = now + tuning.ping_s
            wire.ping()
        wake_at = min(dead_at, ping_at)
        await asyncio.sleep(wake_at - now)
        if loop.time() - wake_at > tuning.ping_s:
            heard_from = loop.time()  # we stood still, not the peer: it has had no ping to answer
