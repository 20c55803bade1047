"""Many askers, one answer."""

import asyncio

import pytest

from cordboard.storage.one_at_a_time import OneAtATime


class Work:
    """Answers with how often it was asked, when `go` is set."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.go = asyncio.Event()

    async def __call__(self, key: str) -> int:
        self.asked.append(key)
        await self.go.wait()
        if key == "bad":
            raise LookupError(key)
        return len(self.asked)


async def test_who_asks_meanwhile_gets_the_same_answer_and_who_asks_later_a_new_one() -> None:
    work = Work()
    once = OneAtATime(work)
    waiting = [asyncio.create_task(once.ask("a")) for _ in range(3)]
    other = asyncio.create_task(once.ask("b"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert work.asked == ["a", "b"]
    waiting[0].cancel()  # the one who asked first has gone; the others are answered all the same
    work.go.set()
    assert [await one for one in (*waiting[1:], other)] == [2, 2, 2]
    assert await once.ask("a") == 3


async def test_a_slow_answer_serves_for_as_many_times_as_it_took() -> None:
    at, asked = [0.0], list[str]()

    async def slow(key: str) -> int:
        asked.append(key)
        at[0] += 0.5 if key == "slow" else 0.01
        return len(asked)

    once = OneAtATime(slow, keep=10, monotonic=lambda: at[0])
    assert [await once.ask("slow"), await once.ask("slow")] == [1, 1]
    at[0] += 4.9
    assert await once.ask("slow") == 1
    at[0] += 0.2
    assert await once.ask("slow") == 2
    assert [await once.ask("quick"), await once.ask("quick")] == [3, 4]


async def test_what_goes_wrong_all_are_told_and_the_next_tries_again() -> None:
    work = Work()
    once = OneAtATime(work)
    work.go.set()
    both = await asyncio.gather(once.ask("bad"), once.ask("bad"), return_exceptions=True)
    assert [type(one) for one in both] == [LookupError, LookupError]
    with pytest.raises(LookupError):
        await once.ask("bad")
    assert work.asked == ["bad", "bad"]
