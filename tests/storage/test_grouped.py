"""Many ask, and are served together."""

import asyncio
from collections.abc import Sequence

import pytest

from cordboard.storage.grouped import Grouped


class Work:
    """Doubles numbers, when `go` is set; `bad` ones cannot be done, alone or with others."""

    def __init__(self, bad: int | None = None) -> None:
        self.groups: list[list[int]] = []
        self.bad = bad
        self.begun, self.go = asyncio.Event(), asyncio.Event()

    async def __call__(self, wishes: Sequence[int]) -> list[int]:
        self.groups.append([*wishes])
        self.begun.set()
        await self.go.wait()
        if self.bad in wishes:
            raise LookupError(self.bad)
        return [2 * wish for wish in wishes]


async def test_who_asks_meanwhile_is_served_with_all_who_did_in_their_order() -> None:
    work = Work()
    grouped = Grouped(work, 3)
    asked = [asyncio.create_task(grouped.ask(1))]
    await work.begun.wait()
    asked += [asyncio.create_task(grouped.ask(number)) for number in (2, 3, 4, 5)]
    await asyncio.sleep(0)
    work.go.set()
    assert await asyncio.gather(*asked) == [2, 4, 6, 8, 10]
    assert work.groups == [[1], [2, 3, 4], [5]]


async def test_what_cannot_be_done_fails_alone() -> None:
    work = Work(bad=2)
    work.go.set()
    grouped = Grouped(work, 10)
    answers = await asyncio.gather(*(grouped.ask(number) for number in (1, 2, 3)), return_exceptions=True)
    assert [answers[0], type(answers[1]), answers[2]] == [2, LookupError, 6]
    assert await grouped.ask(4) == 8


async def test_where_nobody_knows_what_was_done_nothing_is_tried_again() -> None:
    work = Work(bad=2)
    work.go.set()
    grouped = Grouped(work, 10, lambda _error: False)
    answers = await asyncio.gather(*(grouped.ask(number) for number in (1, 2, 3)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [LookupError] * 3
    assert work.groups == [[1, 2, 3]]


async def test_who_gives_up_stops_nothing() -> None:
    work = Work()
    grouped = Grouped(work, 10)
    asked = [asyncio.create_task(grouped.ask(number)) for number in (1, 2)]
    await work.begun.wait()
    asked[0].cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked[0]
    work.go.set()
    assert await asked[1] == 4
