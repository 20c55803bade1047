"""Work in lanes: in one lane one thing after the other, in their order; lanes do not wait for each other."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

Work = Callable[[], Awaitable[None]]


class Lanes:
    """Leaving the block waits until everything is done; when the block is cancelled, so is what still runs.

    `put` waits while `most` things are on their way. Work must not raise.
    """

    def __init__(self, most: int) -> None:
        self._room = asyncio.Semaphore(most)
        self._waiting: dict[str, deque[Work]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            for task in self._tasks:
                task.cancel()
        try:
            while self._tasks:
                await asyncio.wait(self._tasks)
        except asyncio.CancelledError:
            for task in self._tasks:
                task.cancel()
            raise

    async def put(self, lane: str, work: Work) -> None:
        await self._room.acquire()
        queue = self._waiting.get(lane)
        if queue is not None:
            queue.append(work)
            return
        self._waiting[lane] = deque([work])
        task = asyncio.create_task(self._drive(lane))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _drive(self, lane: str) -> None:
        queue = self._waiting[lane]
        try:
            while queue:
                try:
                    await queue[0]()
                finally:
                    queue.popleft()
                    self._room.release()
        finally:
            del self._waiting[lane]
