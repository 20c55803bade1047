import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cordboard.telephony.recorder import STILL_OPEN, Recorder, SpaceLevel, StillOpen, space_level, takes_in
from cordboard.telephony.recording import FinishedRecording, KeepRecording, RawTake, Talk
from tests.fakes.takes import both_sides, hears, tone, wav

NOW = datetime(2026, 11, 21, 16, 50, tzinfo=UTC)


class StandingClock:
    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0


class Books:
    """A store in memory, by contact and take; refuses to write while `broken`."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, int], FinishedRecording] = {}
        self.broken = False

    async def add(self, recording: FinishedRecording, /) -> str:
        if self.broken:
            raise ConnectionError("the database is gone")
        self.rows[recording.contact_id, recording.take] = recording
        return f"{recording.contact_id}/{recording.take}"


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    folder.mkdir()
    return folder


@pytest.fixture
def books() -> Books:
    return Books()


@pytest.fixture
def recorder(tmp_path: Path, books: KeepRecording) -> Recorder:
    return Recorder(tmp_path / "kept", books, StandingClock(), settle_s=0.3)


def _raw(folder: Path, name: str, seconds: float = 1.0, age_s: float = 600) -> Path:
    file = folder / name
    file.write_bytes(both_sides(seconds))
    written = (NOW - timedelta(seconds=age_s)).timestamp()
    os.utime(file, (written, written))
    return file


def _talk(contact: str, talk_s: float | None = 1.0) -> Talk:
    return Talk(contact, 1, NOW, talk_s, "inbound", "agent-1")


async def test_a_take_is_entered_and_only_then_its_raw_file_goes(recorder: Recorder, books: Books, raw: Path) -> None:
    take = RawTake(_talk("c1"), (_raw(raw, "c1-1.raw"),))
    books.broken = True
    with pytest.raises(ConnectionError):
        await recorder.keep(take)
    assert take.files[0].exists()
    books.broken = False
    kept = await recorder.keep(take)
    assert books.rows == {("c1", 1): kept}
    assert kept.state == "ok"
    assert not take.files[0].exists()


async def test_what_cannot_be_kept_is_entered_as_failed_and_tried_again(
    recorder: Recorder, books: Books, raw: Path
) -> None:
    file = raw / "c1-1.wav"
    file.write_bytes(wav(tone(440, 1.0).tobytes(), channels=3))
    assert (await recorder.keep(RawTake(_talk("c1"), (file,)))).state == "failed"
    assert file.exists()
    file.write_bytes(wav(both_sides(1.0), channels=2))

    async def known(key: str, take: int) -> Talk:
        return _talk(key)

    (kept,) = (await recorder.sweep(raw, known)).finished
    assert kept.state == "ok"
    assert books.rows["c1", 1] == kept
    assert takes_in(raw) == {}


async def test_it_waits_until_asterisk_let_go_of_the_file(tmp_path: Path, books: Books, raw: Path) -> None:
    """The last block is written while the recorder already waits."""
    sound = both_sides(2.0)
    file = raw / "c1-1.raw"
    file.write_bytes(sound[:32768])
    waiting = asyncio.create_task(
        Recorder(tmp_path / "kept", books, StandingClock(), settle_s=60).keep(RawTake(_talk("c1", 2.0), (file,)))
    )
    await asyncio.sleep(0)
    with file.open("ab") as still_open:
        still_open.write(sound[32768:])
    assert ((await waiting).state, (await waiting).seconds) == ("ok", 2.0)


async def test_blocks_that_come_late_are_waited_for_as_long_as_the_file_grows(
    tmp_path: Path, books: Books, raw: Path
) -> None:
    """A starved Asterisk writes the talk's end in blocks far apart, together later than one wait."""
    sound = both_sides(8.0)
    file = raw / "c1-1.raw"
    file.write_bytes(sound[:32768])
    waiting = asyncio.create_task(
        Recorder(tmp_path / "kept", books, StandingClock(), settle_s=1.0).keep(RawTake(_talk("c1", 8.0), (file,)))
    )
    for begin in range(32768, len(sound), 32768):
        await asyncio.sleep(0.4)
        with file.open("ab") as still_open:
            still_open.write(sound[begin : begin + 32768])
    assert ((await waiting).state, (await waiting).seconds) == ("ok", 8.0)


async def test_a_sweep_waits_for_a_talk_that_ended_this_moment(tmp_path: Path, books: Books, raw: Path) -> None:
    """Its row is closed, its keeper has not begun yet, and Asterisk still has the last block in hand."""
    sound = both_sides(2.0)
    file = _raw(raw, "c1-1.raw", age_s=0)
    file.write_bytes(sound[:32768])

    async def known(key: str, take: int) -> Talk:
        return _talk(key, 2.0)

    sweeping = asyncio.create_task(Recorder(tmp_path / "kept", books, StandingClock(), settle_s=60).sweep(raw, known))
    await asyncio.sleep(0.2)
    with file.open("ab") as still_open:
        still_open.write(sound[32768:])
    (kept,) = (await sweeping).finished
    assert (kept.state, kept.seconds) == ("ok", 2.0)


async def test_a_sweep_keeps_what_a_crash_left_and_leaves_open_calls_alone(
    recorder: Recorder, books: Books, raw: Path
) -> None:
    closed, still, fresh, strange = (
        _raw(raw, name, age_s=age)
        for name, age in (("c1-1.raw", 5), ("c2-1.raw", 600), ("c3-1.raw", 5), ("c4-2.raw", 600))
    )
    (raw / "notes.txt").write_text("not a recording")

    async def known(key: str, take: int) -> Talk | StillOpen | None:
        return _talk("c1") if key == "c1" else STILL_OPEN if key == "c2" else None

    swept = await recorder.sweep(raw, known)
    assert {(kept.contact_id, kept.take): kept.state for kept in swept.finished} == {
        ("c1", 1): "ok",
        ("c4", 2): "orphan",
    }
    assert set(books.rows) == {("c1", 1), ("c4", 2)}
    assert [file.exists() for file in (closed, still, fresh, strange)] == [False, True, True, False]
    orphan = books.rows["c4", 2]
    assert orphan.file
    assert hears(orphan.file)[2] == pytest.approx(1.0, abs=0.02)
    assert orphan.started_at == NOW - timedelta(seconds=600)
    assert swept.free_bytes > 0
    assert (await recorder.sweep(raw, known)).finished == ()


async def test_an_empty_file_of_no_talk_is_dropped_without_a_word(recorder: Recorder, books: Books, raw: Path) -> None:
    """A try that nobody answered leaves one. Where there was a talk, the emptiness is news."""
    for name in ("c1-1.raw", "c1-2.raw", "c9-1.raw"):
        _raw(raw, name, seconds=0)

    async def known(key: str, take: int) -> Talk | StillOpen | None:
        return Talk("c1", take, NOW, 60.0 if take == 2 else 0.0) if key == "c1" else None

    (missing,) = (await recorder.sweep(raw, known)).finished
    assert (missing.take, missing.state) == (2, "missing")
    assert takes_in(raw) == {}


async def test_a_sweep_does_not_touch_a_take_that_is_being_kept(tmp_path: Path, books: Books, raw: Path) -> None:
    file = _raw(raw, "c1-1.raw")
    recorder = Recorder(tmp_path / "kept", books, StandingClock(), settle_s=0.3)

    async def known(key: str, take: int) -> Talk | StillOpen | None:
        return None

    keeping = asyncio.create_task(recorder.keep(RawTake(_talk("c1"), (file,))))
    await asyncio.sleep(0)
    assert (await recorder.sweep(raw, known)).finished == ()
    assert (await keeping).state == "ok"


def test_names_of_raw_files(tmp_path: Path) -> None:
    names = (
        "8d1f-00-1.raw",
        "c-2-r.wav",
        "c-2-t.wav",
        "lost-3-t.sln",
        "1763744.12-1.slin",
        "x.raw",
        "-1.raw",
        "y-1.ogg",
        "z-1.raw.tmp",
    )
    for name in names:
        (tmp_path / name).touch()
    found = {key: tuple(file.name for file in files) for key, files in takes_in(tmp_path).items()}
    assert found == {
        ("8d1f-00", 1): ("8d1f-00-1.raw",),
        ("c", 2): ("c-2-r.wav", "c-2-t.wav"),
        ("lost", 3): ("lost-3-r.sln", "lost-3-t.sln"),
        ("1763744.12", 1): ("1763744.12-1.slin",),
    }
    assert takes_in(tmp_path / "nowhere") == {}


@pytest.mark.parametrize(
    ("free", "level"), [(100, "ok"), (15, "ok"), (14, "low"), (5, "low"), (4, "critical"), (0, "critical")]
)
def test_the_disk_is_watched(free: int, level: str) -> None:
    assert space_level(free, 100) == level
    assert space_level(0, 0) is SpaceLevel.CRITICAL
