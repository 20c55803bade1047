"""A list on its way: in as one, or not at all; stopped, undone, gone on with after a restart. On SQLite and PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from cordboard.dialer import lead_import as rules
from cordboard.dialer.csv_form import FileRefused, Kind
from cordboard.dialer.import_check import BATCH
from cordboard.dialer.import_store import ImportStore
from cordboard.dialer.imports import MAX_FILE, FileTooLarge, Imports
from cordboard.dialer.lead import Attempt, LeadState, Withdrawn
from cordboard.dialer.lead_import import ImportRefused, ImportState, LeadImport
from cordboard.dialer.priority import Weights
from cordboard.dialer.ranks_store import LeadRanks
from cordboard.storage.database import Database
from tests.fakes.dial_house import DialHouse
from tests.fakes.hours import NOON
from tests.fakes.wait import until

HEADER = "Телефон;Имя;Код;Город\n"


class ListHouse(DialHouse):
    """A dial house that takes lists."""

    def __init__(self, database: Database, folder: Path) -> None:
        super().__init__(database)
        self.folder, self.turned = folder, 0
        self.imports = self.again()

    def again(self, store: ImportStore | None = None) -> Imports:
        """The engine's lists after a restart: the same database and folder."""
        return Imports(store or self.store.imports, self.folder, self.clock, self.ids, "Europe/Moscow", self._turn)

    def _turn(self) -> None:
        self.turned += 1

    async def received(self, campaign_id: str, content: bytes) -> LeadImport:
        return await self.imports.receive(campaign_id, "oleg", "list.csv", chunks(content))

    async def become(self, imports: Imports, import_id: str, *states: ImportState) -> LeadImport:
        """Let the engine work until the import is in one of these states."""
        worker = asyncio.create_task(imports.run())

        async def there() -> LeadImport | None:
            one = await self.store.imports.find(import_id)
            return one if one and one.state in states else None

        try:
            return await until(there, f"an import that is {states}", within_s=60.0)
        finally:
            worker.cancel()
            with suppress(asyncio.CancelledError):
                await worker

    async def dial(self, campaign_id: str, source: str) -> None:
        lead = (await self.store.imports.by_source(campaign_id, [source]))[source]
        await self.store.begin_attempt(Attempt(self.ids(), lead.id, campaign_id, None, lead.phone, self.clock.now()))

    async def phones(self, campaign_id: str) -> set[str]:
        return {lead.phone for lead in await self.store.best(campaign_id, ["Europe/Moscow"], Weights(), 10_000)}


async def chunks(content: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(content), 10_000):
        yield content[at : at + 10_000]


@pytest.fixture
def house(database: Database, tmp_path: Path) -> ListHouse:
    return ListHouse(database, tmp_path / "imports")


def a_list(count: int, *bad: str) -> bytes:
    good = "".join(f"+7495{number:07};Клиент {number};k{number};Казань\n" for number in range(count))
    return (HEADER + good + "".join(bad)).encode("cp1251")


async def loaded(house: ListHouse, campaign_id: str, content: bytes) -> LeadImport:
    one = await house.received(campaign_id, content)
    assert one.form is not None
    await house.imports.start(one.id, one.form)
    return await house.become(house.imports, one.id, ImportState.LOADED, ImportState.CHECKED)


async def test_a_list_becomes_leads_with_all_that_it_says(house: ListHouse) -> None:
    campaign = await house.open()
    one = await loaded(house, campaign.id, a_list(2_500))
    assert (one.rows, one.good, one.bad, one.made, one.known) == (2_500, 2_500, 0, 2_500, 0)
    found = await house.store.imports.by_source(campaign.id, ["api:k7"])
    lead = found["api:k7"]
    assert (lead.phone, lead.zone, lead.state) == ("+74950000007", "Europe/Moscow", LeadState.FRESH)
    assert (lead.fields, lead.import_id) == ({"name": "Клиент 7", "Город": "Казань"}, one.id)
    ninth_row = house.clock.now() + timedelta(microseconds=9)  # by which equal leads keep the order of the file
    assert (lead.placed_at, lead.created_at) == (ninth_row, house.clock.now())
    assert len(await house.phones(campaign.id)) == 2_500
    assert house.turned >= 2
    assert [path.suffix for path in house.folder.iterdir()] == [".errors"]


async def test_a_list_tells_what_the_own_fields_of_the_campaign_are_worth(house: ListHouse) -> None:
    campaign = await house.open(knobs={"own_fields.1": "Маржа", "own_fields.3": "Визиты"})
    content = "Телефон;Код;Маржа;Визиты\n+74950000001;k1;1 250,5;3\n+74950000002;k2;много;\n"
    await loaded(house, campaign.id, content.encode("cp1251"))
    found = await house.store.imports.by_source(campaign.id, ["api:k1", "api:k2"])
    worth = {source: (lead.own_1, lead.own_2, lead.own_3) for source, lead in found.items()}
    assert worth == {"api:k1": (1_250_500, 0, 3_000), "api:k2": (0, 0, 0)}


async def test_the_same_list_again_makes_no_second_lead(house: ListHouse) -> None:
    campaign = await house.open()
    await loaded(house, campaign.id, a_list(10))
    again = await loaded(house, campaign.id, a_list(12))
    assert (again.made, again.known) == (2, 10)


async def test_bad_rows_stop_it_until_somebody_decides(house: ListHouse) -> None:
    campaign = await house.open()
    content = a_list(3, "позвонить Анне;Анна;a;Казань\n", "+74951234567;Пётр\n", '"+74951234568;x;y;z\n')
    one = await loaded(house, campaign.id, content)
    assert (one.state, one.rows, one.good, one.bad) == (ImportState.CHECKED, 6, 3, 3)
    assert await house.phones(campaign.id) == set()
    errors = await house.imports.errors(one.id, 10)
    assert [(error.row, error.column, error.reason) for error in errors] == [
        (5, "Телефон", "there are letters in the phone number"),
        (6, "", "the row is cut short"),
        (7, "", "a quote is never closed"),
    ]
    await house.imports.accept(one.id)
    after = await house.become(house.imports, one.id, ImportState.LOADED)
    assert (after.made, len(await house.phones(campaign.id))) == (3, 3)
    assert len(await house.imports.errors(one.id, 10)) == 3


async def test_who_says_so_before_gets_the_good_rows_at_once(house: ListHouse) -> None:
    campaign = await house.open()
    one = await house.received(campaign.id, a_list(3, "x;y;z;w\n"))
    assert one.form is not None
    await house.imports.start(one.id, one.form, skip_bad=True)
    assert (await house.become(house.imports, one.id, ImportState.LOADED)).made == 3


async def test_a_list_without_a_good_row_loads_nothing(house: ListHouse) -> None:
    campaign = await house.open()
    one = await house.received(campaign.id, (HEADER + "нет;a;b;c\n").encode())
    assert one.form is not None
    await house.imports.start(one.id, one.form, skip_bad=True)
    after = await house.become(house.imports, one.id, ImportState.CHECKED)
    assert (after.good, after.reason) == (0, rules.NO_GOOD_ROW)
    with pytest.raises(ImportRefused):
        await house.imports.accept(one.id)


async def test_columns_corrected_after_a_bad_check_are_read_anew(house: ListHouse) -> None:
    campaign = await house.open()
    one = await house.received(campaign.id, b"mobile,phone\nAnn,+74951234567\nBob,+74951234568\n")
    assert one.form is not None
    await house.imports.start(one.id, replace(one.form, columns=(Kind.PHONE, Kind.SKIP)))
    assert (await house.become(house.imports, one.id, ImportState.CHECKED)).bad == 2
    await house.imports.start(one.id, replace(one.form, columns=(Kind.NAME, Kind.PHONE)))
    assert (await house.become(house.imports, one.id, ImportState.LOADED)).made == 2


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04" + b"x" * 100, b"\0\1\2" * 1_000])
async def test_what_is_no_list_is_refused_and_not_kept(house: ListHouse, content: bytes) -> None:
    campaign = await house.open()
    with pytest.raises(FileRefused):
        await house.received(campaign.id, content)
    assert list(house.folder.iterdir()) == []
    assert await house.imports.of_campaign(campaign.id) == []


async def test_a_file_that_is_too_large_is_not_kept(house: ListHouse) -> None:
    campaign, block = await house.open(), b"+74951234567\n" * 800_000

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(MAX_FILE // len(block) + 1):
            yield block

    with pytest.raises(FileTooLarge):
        await house.imports.receive(campaign.id, "oleg", "huge.csv", endless())
    assert list(house.folder.iterdir()) == []


async def test_undo_takes_all_back_while_nobody_was_called(house: ListHouse) -> None:
    campaign = await house.open()
    one = await loaded(house, campaign.id, a_list(1_500))
    withdrawn = (await house.store.imports.by_source(campaign.id, ["api:k1"]))["api:k1"]
    await house.store.tell_lead(withdrawn.id, Withdrawn())
    await house.imports.stop(one.id)
    after = await house.become(house.imports, one.id, ImportState.TAKEN_BACK)
    assert after.made == 0
    assert await house.store.counts(campaign.id) == []


async def test_what_was_dialed_cannot_be_undone(house: ListHouse) -> None:
    campaign = await house.open()
    one = await loaded(house, campaign.id, a_list(3))
    await house.dial(campaign.id, "api:k1")
    with pytest.raises(ImportRefused, match="called already"):
        await house.imports.stop(one.id)


class DyingStore(ImportStore):
    """The engine dies when two batches are in."""

    poured = 0

    async def pour(self, import_id: str, batch: str, size: int, read_to: int, at: datetime) -> LeadImport | None:
        if self.poured == 2:
            raise asyncio.CancelledError
        self.poured += 1
        return await super().pour(import_id, batch, size, read_to, at)


async def half_loaded(house: ListHouse, campaign_id: str) -> LeadImport:
    """The engine died after two of four batches."""
    one = await house.received(campaign_id, a_list(3 * BATCH + 500))
    assert one.form is not None
    await house.imports.start(one.id, one.form)
    with pytest.raises(asyncio.CancelledError):
        await house.again(DyingStore(house.db, LeadRanks(house.db, house.clock))).run()
    half = await house.store.imports.find(one.id)
    assert half is not None
    assert (half.state, half.made) == (ImportState.LOADING, 2 * BATCH)
    return half


async def test_a_load_goes_on_after_a_restart_and_makes_each_lead_once(house: ListHouse) -> None:
    campaign = await house.open()
    half = await half_loaded(house, campaign.id)
    after = await house.become(house.again(), half.id, ImportState.LOADED)
    assert (after.made, after.known) == (3 * BATCH + 500, 0)
    assert len(await house.phones(campaign.id)) == 3 * BATCH + 500


async def test_a_load_whose_file_is_gone_is_taken_back(house: ListHouse) -> None:
    campaign = await house.open()
    half = await half_loaded(house, campaign.id)
    for path in house.folder.iterdir():
        path.unlink()
    after = await house.become(house.again(), half.id, ImportState.TAKEN_BACK)
    assert (after.reason, await house.store.counts(campaign.id)) == (rules.FILE_GONE, [])


async def test_a_load_that_is_stopped_is_taken_back_but_who_was_called_stays(house: ListHouse) -> None:
    campaign = await house.open()
    half = await half_loaded(house, campaign.id)
    await house.dial(campaign.id, "api:k1")
    imports = house.again()
    await imports.stop(half.id)
    after = await house.become(imports, half.id, ImportState.TAKEN_BACK)
    assert after.made == 1
    assert [(state, count) for state, _zone, count in await house.store.counts(campaign.id)] == [(LeadState.DIALING, 1)]


async def test_a_check_that_was_cut_off_begins_anew(house: ListHouse) -> None:
    campaign = await house.open()
    one = await house.received(campaign.id, a_list(5))
    assert one.form is not None
    await house.imports.start(one.id, one.form)
    (house.folder / f"{one.id}.old.staged.part").write_text("torn")
    assert (await house.become(house.again(), one.id, ImportState.LOADED)).made == 5
    assert [path.suffix for path in house.folder.iterdir()] == [".errors"]


async def test_a_check_without_its_file_fails(house: ListHouse) -> None:
    campaign = await house.open()
    one = await house.received(campaign.id, a_list(5))
    assert one.form is not None
    await house.imports.start(one.id, one.form)
    (house.folder / f"{one.id}.list").unlink()
    assert (await house.become(house.imports, one.id, ImportState.FAILED)).reason == rules.FILE_GONE


async def test_a_cancelled_list_leaves_nothing(house: ListHouse) -> None:
    campaign = await house.open()
    one = await house.received(campaign.id, a_list(5))
    after = await house.imports.stop(one.id)
    assert after is not None
    assert after.state is ImportState.CANCELLED
    assert list(house.folder.iterdir()) == []


ONE = LeadImport("i", "c", NOON, "a", "f.csv", 10)
MOVES: dict[str, Callable[[LeadImport], LeadImport]] = {
    "accepted": rules.accepted,
    "loaded": rules.loaded,
    "taken_back": rules.taken_back,
    "checked": lambda one: rules.checked(one, rows=1, good=1, bad=0),
    "poured": lambda one: rules.poured(one, read_to=5, made=1, known=0),
    "stopped": lambda one: rules.stopped(one, dialed=False),
}
ALLOWED = {
    ("checked", "accepted"),
    ("loading", "loaded"),
    ("loading", "poured"),
    ("taking_back", "taken_back"),
    ("checking", "checked"),
    *((state, "stopped") for state in ("received", "checking", "checked", "loading", "loaded")),
}


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("state", ImportState)
def test_each_state_allows_only_its_own_moves(state: ImportState, move: str) -> None:
    one = replace(ONE, state=state, good=1)
    if (state.value, move) in ALLOWED:
        MOVES[move](one)
    else:
        with pytest.raises(ImportRefused):
            MOVES[move](one)
