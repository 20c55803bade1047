"""The same question asked by many at once is answered once."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class OneAtATime(Generic[K, V]):
    """`ask(key)` gives what `work(key)` gives; whoever asks while the answer is being made gets that one. What it raises, all get."""

    def __init__(self, work: Callable[[K], Awaitable[V]]) -> None:
        self._work = work
        self._running: dict[K, asyncio.Task[V]] = {}

    async def ask(self, key: K) -> V:
        if key not in self._running:
            self._running[key] = asyncio.create_task(self._answer(key))
        return await asyncio.shield(self._running[key])

    async def _answer(self, key: K) -> V:
        try:
            return await self._work(key)
        finally:
            del self._running[key]
