"""What the proxies of the tests share: connections that are passed on, both ways at once, until either end has gone."""

import asyncio
from collections.abc import Coroutine
from typing import Any


class Passing:
    """The connections that a proxy passes on just now. Each says `enter` in its own task; `stop` ends them all."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def enter(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def until_either_ends(*ways: Coroutine[Any, Any, None]) -> None:
    """Run both ways of a connection; when one has ended, the other is ended too."""
    tasks = [asyncio.create_task(way) for way in ways]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
