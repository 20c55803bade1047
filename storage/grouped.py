"""Many ask for the same kind of work, and it is done for all who ask meanwhile at once: one transaction instead of one for each."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


def _whatever(_error: Exception) -> bool:
    return True


class Grouped(Generic[K, V]):
    """`ask(wish)` gives what `work` made of the wish: `work` gets the wishes of at most `most` who asked while it was at work, in their
    order, and answers each. A single wish waits for nobody.

    When `work` raises for several, and `may_part` says that nothing of it can have been done, each wish is tried alone, so that what
    cannot be done fails alone; else all get the error. Whoever gives up waiting does not stop the work.
    """

    def __init__(
        self,
        work: Callable[[Sequence[K]], Awaitable[Sequence[V]]],
        most: int,
        may_part: Callable[[Exception], bool] = _whatever,
    ) -> None:
        self._work = work
        self._most = most
        self._may_part = may_part
        self._waiting: list[tuple[K, asyncio.Future[V]]] = []
        self._worker: asyncio.Task[None] | None = None

    async def ask(self, wish: K) -> V:
        answer: asyncio.Future[V] = asyncio.get_running_loop().create_future()
        self._waiting.append((wish, answer))
        if self._worker is None:
            # In a context of its own: the work is no part of the transaction that whoever asked first may be in.
            self._worker = asyncio.create_task(self._drive(), context=Context())
        return await answer

    async def _drive(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                await self._serve(group)
        finally:
            self._worker = None
            left, self._waiting = self._waiting, []
            for _wish, answer in left:  # only when the loop itself ends
                answer.cancel()

    async def _serve(self, group: Sequence[tuple[K, asyncio.Future[V]]]) -> None:
        try:
            made = await self._work([wish for wish, _answer in group])
        except Exception as error:
            if len(group) > 1 and self._may_part(error):
                for each in group:
                    await self._serve([each])
                return
            for _wish, answer in group:
                if not answer.done():
                    answer.set_exception(error)
            return
        except BaseException:
            for _wish, answer in group:
                answer.cancel()
            raise
        for (_wish, answer), value in zip(group, made, strict=True):
            if not answer.done():
                answer.set_result(value)
