"""The same question asked by many at once is answered once; and again only when the answer has served for a while."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

SLOW_S = 0.05
K = TypeVar("K")
V = TypeVar("V")


class OneAtATime(Generic[K, V]):
    """`ask(key)` gives what `work(key)` gives; whoever asks while the answer is being made gets that one. What it raises, all get.

    An answer that took `SLOW_S` or more serves for `keep` times as long, so that those who ask all the time cost no more than that share.
    """

    def __init__(
        self,
        work: Callable[[K], Awaitable[V]],
        keep: float = 0.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._work = work
        self._keep = keep
        self._monotonic = monotonic
        self._running: dict[K, asyncio.Task[V]] = {}
        self._kept: dict[K, tuple[float, V]] = {}

    async def ask(self, key: K) -> V:
        if key in self._kept:
            until, answer = self._kept[key]
            if self._monotonic() < until:
                return answer
            del self._kept[key]
        if key not in self._running:
            self._running[key] = asyncio.create_task(self._answer(key))
        return await asyncio.shield(self._running[key])

    async def _answer(self, key: K) -> V:
        began = self._monotonic()
        try:
            answer = await self._work(key)
            if (took := self._monotonic() - began) >= SLOW_S and self._keep:
                self._kept[key] = began + took + self._keep * took, answer
            return answer
        finally:
            del self._running[key]
