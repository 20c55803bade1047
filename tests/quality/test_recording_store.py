from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cordboard.access.password import PasswordKeeper
from cordboard.access.store import AccessStore
from cordboard.quality.recording import STATES, Finished, RecordingFilter
from cordboard.quality.store import LISTENED, RecordingStore
from cordboard.storage.database import Database
from cordboard.telephony.recording import FinishedRecording, KeepRecording, RecordingState

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@dataclass
class SetClock:
    at: datetime = NOON

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return 0.0


@dataclass
class Counted:
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(10_000)))

    def __call__(self) -> str:
        return f"00000000-0000-4000-8000-{next(self.numbers):012}"


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def access(database: Database, clock: SetClock) -> AccessStore:
    return AccessStore(database, clock, Counted(), keeper=PasswordKeeper())


@pytest.fixture
def store(database: Database, clock: SetClock, access: AccessStore, tmp_path: Path) -> RecordingStore:
    return RecordingStore(database, clock, Counted(), access, tmp_path)


def _finished(data: Path, contact: str = "contact-1", **changed: Any) -> FinishedRecording:
    file = data / "recordings" / f"{contact}-1.ogg"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"OggS sound")
    whole = FinishedRecording(
        contact_id=contact,
        take=1,
        agent_id="agent-1",
        order_id="order-1",
        customer_id="customer-1",
        direction="inbound",
        started_at=NOON,
        state="ok",
        talk_s=61.0,
        seconds=61.2,
        size_bytes=10,
        sha256="ab" * 32,
        file=file,
        peaks=bytes(range(8)),
        measures={"operator_talk_s": 30.5, "marks": [{"at_s": 1.0, "kind": "silence", "length_s": 9.0}]},
    )
    return replace(whole, **changed)


def test_telephony_and_quality_fit_each_other(store: RecordingStore, tmp_path: Path) -> None:
    """The rooms do not know each other; their shapes and their words for states must agree."""
    keeps: KeepRecording = store
    finished: Finished = _finished(tmp_path)
    assert tuple(state.value for state in RecordingState) == STATES
    assert (keeps, finished.contact_id) == (store, "contact-1")


async def test_a_recording_is_read_back_as_it_was_entered(store: RecordingStore, tmp_path: Path) -> None:
    given = _finished(tmp_path)
    recording_id = await store.add(given)
    found = await store.recording(recording_id)
    assert found
    same = "contact_id take agent_id order_id customer_id direction started_at state talk_s seconds size_bytes sha256 measures"
    for name in same.split():
        assert getattr(found, name) == getattr(given, name), name
    assert found.path == "recordings/contact-1-1.ogg"
    assert store.file_of(found) == given.file
    assert await store.peaks(recording_id) == given.peaks
    assert await store.recording("nobody") is None
    assert await store.peaks("nobody") is None


async def test_the_same_take_again_is_the_same_recording(store: RecordingStore, tmp_path: Path) -> None:
    failed = _finished(
        tmp_path, state="failed", file=None, seconds=0.0, size_bytes=0, sha256="", peaks=b"", measures={}
    )
    first = await store.add(failed)
    again = await store.add(_finished(tmp_path, agent_id=None))
    assert first == again
    found = await store.recording(first)
    assert found
    assert (found.state, found.agent_id, found.seconds) == ("ok", "agent-1", 61.2)
    assert await store.add(failed) == first
    assert await store.recording(first) == found
    assert await store.add(_finished(tmp_path, take=2)) != first


async def test_what_the_contact_was_about_may_be_said_later(store: RecordingStore, tmp_path: Path) -> None:
    recording_id = await store.add(_finished(tmp_path, order_id=None, customer_id=None))
    await store.link("contact-1", order_id="order-9", customer_id="customer-9")
    found = await store.recording(recording_id)
    assert found
    assert (found.order_id, found.customer_id) == ("order-9", "customer-9")


async def test_a_list_pages_from_the_newest_without_gaps_or_doubles(store: RecordingStore, tmp_path: Path) -> None:
    for n in range(7):  # pairs share an instant, so that the tie is broken by id
        await store.add(_finished(tmp_path, f"contact-{n}", started_at=NOON + timedelta(minutes=n // 2)))
    everything = await store.list(limit=100)
    assert [found.started_at for found in everything] == sorted(
        (found.started_at for found in everything), reverse=True
    )
    seen: list[str] = []
    while page := await store.list(limit=3, before=seen[-1] if seen else None):
        seen += [found.id for found in page]
    assert seen == [found.id for found in everything]
    assert len(set(seen)) == 7
    assert await store.list(before="unknown") == ()


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (RecordingFilter(), "abc"),
        (RecordingFilter(agent_id="agent-2"), "b"),
        (RecordingFilter(order_id="order-3"), "c"),
        (RecordingFilter(customer_id="customer-1"), "abc"),
        (RecordingFilter(contact_id="a"), "a"),
        (RecordingFilter(state="partial"), "b"),
        (RecordingFilter(since=NOON), "bc"),
        (RecordingFilter(until=NOON), "a"),
        (RecordingFilter(since=NOON, until=NOON + timedelta(hours=1)), "b"),
        (RecordingFilter(min_seconds=61.2), "ac"),
        (RecordingFilter(agent_id="agent-2", state="ok"), ""),
    ],
)
async def test_a_list_is_narrowed(store: RecordingStore, tmp_path: Path, wanted: RecordingFilter, found: str) -> None:
    await store.add(_finished(tmp_path, "a", started_at=NOON - timedelta(hours=1)))
    await store.add(_finished(tmp_path, "b", agent_id="agent-2", state="partial", seconds=20.0))
    await store.add(_finished(tmp_path, "c", order_id="order-3", started_at=NOON + timedelta(hours=1)))
    assert sorted(row.contact_id for row in await store.list(wanted=wanted)) == list(found)


async def test_pieces_of_one_page_view_are_one_listening(
    store: RecordingStore, access: AccessStore, clock: SetClock, tmp_path: Path
) -> None:
    one, other = await store.add(_finished(tmp_path)), await store.add(_finished(tmp_path, "contact-2"))
    assert [await store.listened(one, "olga", "view-1") for _ in range(4)] == [True, False, False, False]
    assert await store.listened(one, "olga", "view-2")
    assert await store.listened(one, "ivan", "view-1")
    assert await store.listened(other, "olga", "view-1")
    clock.at += timedelta(minutes=59)
    assert not await store.listened(one, "olga", "view-1")
    clock.at += timedelta(minutes=1)
    assert await store.listened(one, "olga", "view-1")
    assert not await store.listened(one, "olga", "view-1")
    rows = await access.audit_rows(action=LISTENED, subject=one)
    assert sorted(row.actor_id or "" for row in rows) == ["ivan", "olga", "olga", "olga"]


async def test_without_a_view_every_fetch_is_a_listening(
    store: RecordingStore, access: AccessStore, tmp_path: Path
) -> None:
    recording_id = await store.add(_finished(tmp_path))
    assert [await store.listened(recording_id, "olga") for _ in range(2)] == [True, True]
    assert len(await access.audit_rows(action=LISTENED)) == 2


async def test_only_files_under_the_data_folder_are_kept_or_found(store: RecordingStore, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="subpath"):
        await store.add(_finished(tmp_path, file=tmp_path.parent / "elsewhere.ogg"))
    recording_id = await store.add(_finished(tmp_path))
    found = await store.recording(recording_id)
    assert found
    assert store.file_of(replace(found, path="../../etc/passwd")) is None
    assert store.file_of(replace(found, path="recordings/gone.ogg")) is None
    assert store.file_of(replace(found, path=None)) is None
