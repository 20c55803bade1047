"""What each painting of a desk asks, drafts and messages: asked once where there is nothing, and found as soon as there is something."""

from datetime import timedelta

from sqlalchemy import event

from cordboard.queue.drafts_store import DraftStore
from cordboard.queue.messages_store import MessageStore
from cordboard.storage.database import Database
from tests.fakes.wire import MovedClock


class Asked:
    """How many statements the database was asked."""

    def __init__(self, db: Database) -> None:
        self.count = 0
        for engine in {db._engine.sync_engine, db._readers.sync_engine}:
            event.listen(engine, "before_cursor_execute", self._count)

    def _count(self, *_: object) -> None:
        self.count += 1


async def test_where_nothing_is_being_written_nobody_looks_again(database: Database) -> None:
    store = DraftStore(database, MovedClock())
    assert await store.of("k") == {}
    asked = Asked(database)
    assert await store.of("k") == {}
    assert asked.count == 0
    await store.keep("k", "note", "любит торшеры", "maria")
    assert await store.of("k") == {"note": "любит торшеры"}
    assert await store.of("other") == {}
    await store.keep("k", "note", "  ", "maria")
    assert await store.of("k") == {}


async def test_a_contact_without_drafts_ends_without_a_write(database: Database) -> None:
    store = DraftStore(database, MovedClock())
    await store.keep("k", "comment", "из-за цены", "maria")
    assert await DraftStore(database, MovedClock()).take("k") == {"comment": ("из-за цены", "maria")}  # after a restart
    assert await store.of("k") == {}
    asked = Asked(database)
    assert await store.take("k") == {}
    assert asked.count == 0


async def test_who_was_told_nothing_is_asked_once_and_hears_of_the_next_message(database: Database) -> None:
    clock, numbers = MovedClock(), iter(range(9))
    store = MessageStore(database, clock, lambda: f"m{next(numbers)}")
    since = clock.now() - timedelta(hours=1)
    assert await store.unseen("maria", since) == []
    asked = Asked(database)
    assert await store.unseen("maria", since) == []
    assert asked.count == 0
    told = await store.send("oleg", ["maria"], "Казань: только самовывоз")
    assert await store.unseen("maria", since) == [told]
    assert await store.unseen("anna", since) == []
    assert await store.see("maria", told.id)
    assert await store.unseen("maria", since) == []
