"""Scripts and runs in their tables, on both databases."""

import asyncio
from dataclasses import replace

import pytest

from cordboard.demo.scripts import CONFIRM, POSTPONE, SCRIPTS
from cordboard.knowledge.script import Answered, Begun, Run, Said, Waived, Words, advance, begin
from cordboard.knowledge.store import Crossed, ScriptStore
from cordboard.storage.database import Database
from tests.fakes.hours import HandClock


@pytest.fixture
async def store(database: Database) -> ScriptStore:
    store = ScriptStore(database, HandClock())
    await store.add_missing(SCRIPTS)
    return store


async def test_scripts_read_back_as_they_were(store: ScriptStore) -> None:
    assert await store.scripts() == sorted(SCRIPTS, key=lambda script: script.code)
    assert await store.script("confirm") == CONFIRM
    assert await store.script("gone") is None


async def test_a_change_is_a_new_edition_and_the_old_one_stays(store: ScriptStore) -> None:
    renamed = replace(CONFIRM, title=Words("Сверить заказ", "Check an order"))
    kept = await store.put(renamed, "oleg")
    assert (kept.edition, kept.title.ru) == (2, "Сверить заказ")
    assert await store.script("confirm") == kept
    assert await store.script("confirm", 1) == CONFIRM
    assert len(await store.scripts()) == len(SCRIPTS)


async def test_no_change_is_no_edition(store: ScriptStore) -> None:
    assert await store.put(CONFIRM, "oleg") == CONFIRM
    assert await store.script("confirm", 2) is None


async def test_what_a_supervisor_made_of_them_stands(store: ScriptStore) -> None:
    await store.put(replace(CONFIRM, active=False), "oleg")
    await store.add_missing(SCRIPTS)
    kept = await store.script("confirm")
    assert kept is not None
    assert (kept.edition, kept.active) == (2, False)


async def test_a_run_reads_back_as_it_was(store: ScriptStore) -> None:
    run = await store.begin(begin(CONFIRM, "c1"))
    for event in (Said(), Answered("later"), Begun("завтра 🙂 <b>")):
        run, _ = advance(CONFIRM, run, event)
        await store.keep(run)
    assert await store.run("c1") == run
    run, _ = advance(CONFIRM, run, Waived("oleg"))
    await store.keep(run)
    assert await store.run("c1") == run
    assert await store.run("c2") is None


async def test_of_two_beginnings_one_counts(store: ScriptStore) -> None:
    runs = await asyncio.gather(store.begin(begin(CONFIRM, "c1")), store.begin(begin(POSTPONE, "c1")))
    assert runs[0] == runs[1] == await store.run("c1")


async def test_of_two_who_move_it_on_the_second_is_told(store: ScriptStore) -> None:
    run = await store.begin(begin(CONFIRM, "c1"))
    moved, _ = advance(CONFIRM, run, Said())
    await store.keep(moved)
    with pytest.raises(Crossed):
        await store.keep(moved)
    assert await store.run("c1") == moved


async def test_a_run_that_nobody_began_cannot_be_moved_on(store: ScriptStore) -> None:
    with pytest.raises(Crossed):
        await store.keep(Run("c9", "confirm", 1, "ready", version=2))
