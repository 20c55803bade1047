"""The collector sets aside what lives, and still finds what dies in a cycle afterwards."""

import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest

from cordboard.storage.collector import YOUNG, Collector


class Knot:
    """Holds itself: only the collector can free it."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """The collector belongs to the whole process, so to the other tests too."""
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def test_what_died_before_is_freed_and_what_lives_is_set_aside() -> None:
    dead, alive = weakref.ref(Knot()), Knot()
    Collector().tidy()
    assert dead() is None
    assert gc.get_freeze_count() > 0
    assert not any(one is alive for one in gc.get_objects())


def test_what_dies_after_it_was_set_aside_is_freed_when_the_heap_has_grown() -> None:
    collector = Collector(growth=1.0, floor=1_000)
    collector.collect_all()
    knot = Knot()
    collector.tidy()
    seen = weakref.ref(knot)
    del knot
    collector.tidy()
    collector.collect_all_if_grown()
    assert seen() is not None  # not looked at: that is the bargain
    grown = [[number] for number in range(2_000)]
    collector.tidy()
    collector.collect_all_if_grown()
    assert seen() is None
    assert len(grown) == 2_000


async def test_no_full_collection_comes_by_itself() -> None:
    running = asyncio.create_task(Collector().run())
    await asyncio.sleep(0)
    running.cancel()
    assert gc.get_threshold() == YOUNG
    assert gc.get_freeze_count() > 0
