"""Wait on a state, never on time: ask again until the answer is there, and say what was awaited when it does not come."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar, overload

T = TypeVar("T")

PATIENCE = 3.0
"""How much longer than said a wait may last: on a busy machine everything comes later, and a wait measures nothing."""


@overload
async def until(
    probe: Callable[[], Awaitable[T | None]], what: str, *, within_s: float = 20.0, every_s: float = 0.05
) -> T: ...


@overload
async def until(probe: Callable[[], T | None], what: str, *, within_s: float = 20.0, every_s: float = 0.05) -> T: ...


async def until(probe: Callable[[], object], what: str, *, within_s: float = 20.0, every_s: float = 0.05) -> object:
    """The first truthy answer of `probe`. Raises AssertionError naming `what` when none came in PATIENCE times `within_s` (s)."""
    deadline = asyncio.get_running_loop().time() + within_s * PATIENCE
    while True:
        answer = probe()
        if isinstance(answer, Awaitable):
            answer = await answer
        if answer:
            return answer
        if asyncio.get_running_loop().time() >= deadline:
            raise AssertionError(f"waited {within_s * PATIENCE:.0f} s in vain: {what}")
        await asyncio.sleep(every_s)
