import hashlib
import subprocess
import sys
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import soundfile

from cordboard.telephony.recording import (
    RawTake,
    RecordingNotKept,
    RecordingState,
    Talk,
    discard,
    final_path,
    finish,
    judge,
)
from cordboard.telephony.recording_files import UnreadableTake
from tests.fakes.takes import CUSTOMER_HZ, OPERATOR_HZ, both_sides, hears, tone, wav

TALK = Talk(
    "8d1f7c1e-0000-4000-8000-000000000001",
    1,
    datetime(2026, 11, 21, 16, 42, tzinfo=UTC),
    3.0,
    "inbound",
    "agent",
    "order",
)


@pytest.fixture
def take(tmp_path: Path) -> RawTake:
    """Three seconds of both tones, interleaved as Asterisk does it."""
    file = tmp_path / "raw" / f"{TALK.contact_id}-1.raw"
    file.parent.mkdir()
    file.write_bytes(both_sides(3.0))
    return RawTake(TALK, (file,), operator_first=False)


def test_a_take_becomes_an_opus_file_with_the_operator_left_and_the_customer_right(
    take: RawTake, tmp_path: Path
) -> None:
    kept = finish(take, tmp_path / "kept")
    assert kept.file == tmp_path / "kept/2026/11/21" / f"{TALK.contact_id}-1.ogg"
    left, right, seconds = hears(kept.file)
    assert left == pytest.approx(OPERATOR_HZ, abs=2)
    assert right == pytest.approx(CUSTOMER_HZ, abs=2)
    assert seconds == pytest.approx(3.0, abs=0.02)
    assert (kept.state, kept.seconds, kept.talk_s) == ("ok", 3.0, 3.0)
    assert (kept.contact_id, kept.take, kept.agent_id, kept.order_id) == (TALK.contact_id, 1, "agent", "order")
    content = kept.file.read_bytes()
    assert (kept.size_bytes, kept.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert soundfile.info(kept.file).subtype == "OPUS"
    assert len(kept.peaks) == 2400
    assert min(kept.peaks) > 80
    assert take.files[0].exists()


def test_two_files_of_one_side_each_make_the_same(tmp_path: Path) -> None:
    heard, said = tmp_path / "x-1-r.raw", tmp_path / "x-1-t.raw"
    heard.write_bytes(tone(CUSTOMER_HZ, 3.0).tobytes())
    said.write_bytes(tone(OPERATOR_HZ, 3.0).tobytes())
    kept = finish(RawTake(TALK, (heard, said), operator_first=False), tmp_path / "kept")
    assert kept.file
    left, right, _ = hears(kept.file)
    assert left == pytest.approx(OPERATOR_HZ, abs=2)
    assert right == pytest.approx(CUSTOMER_HZ, abs=2)
    assert kept.state == RecordingState.OK


def test_each_side_stays_on_its_side(tmp_path: Path) -> None:
    """What one side says may not be heard on the other: 40 dB apart."""
    heard, said = tmp_path / "x-1-r.raw", tmp_path / "x-1-t.raw"
    heard.write_bytes(tone(CUSTOMER_HZ, 3.0).tobytes())
    said.write_bytes(np.zeros(24000, dtype="<i2").tobytes())
    kept = finish(RawTake(TALK, (heard, said), operator_first=False), tmp_path / "kept")
    assert kept.file
    sound, _ = soundfile.read(kept.file)
    assert np.sqrt(np.mean(sound[:, 0] ** 2)) < np.sqrt(np.mean(sound[:, 1] ** 2)) / 100


@pytest.mark.parametrize(
    ("seconds", "unequal", "talk", "state"),
    [
        (3.0, 0.0, 3.0, "ok"),
        (2.5, 0.0, 3.0, "ok"),
        (3.5, 0.4, 3.0, "ok"),
        (2.49, 0.0, 3.0, "partial"),
        (2.49, 2.0, 3.0, "partial"),
        (3.0, 0.51, 3.0, "gaps"),
        (3.51, 0.0, 3.0, "long"),
        (0.0, 0.0, 3.0, "missing"),
        (0.0, 0.0, None, "missing"),
        (3.0, 1.0, None, "orphan"),
        (0.3, 0.0, 0.0, "ok"),
    ],
)
def test_a_recording_is_judged_by_the_talk(seconds: float, unequal: float, talk: float | None, state: str) -> None:
    assert judge(seconds, unequal, talk) == state


def test_a_cut_file_is_kept_as_far_as_it_goes(take: RawTake, tmp_path: Path) -> None:
    take.files[0].write_bytes(both_sides(3.0)[:40001])
    kept = finish(take, tmp_path / "kept")
    assert (kept.state, kept.seconds) == ("partial", 1.25)
    assert kept.file
    assert hears(kept.file)[2] == pytest.approx(1.25, abs=0.02)


def test_a_wav_that_was_never_closed_is_kept_whole(tmp_path: Path) -> None:
    file = tmp_path / "x-1.wav"
    file.write_bytes(wav(both_sides(3.0), channels=2, said=0))
    kept = finish(RawTake(TALK, (file,)), tmp_path / "kept")
    assert (kept.state, kept.seconds) == ("ok", 3.0)


def test_a_side_that_stopped_is_padded_and_said(tmp_path: Path) -> None:
    heard, said = tmp_path / "x-1-r.raw", tmp_path / "x-1-t.raw"
    heard.write_bytes(tone(CUSTOMER_HZ, 3.0).tobytes())
    said.write_bytes(tone(OPERATOR_HZ, 2.0).tobytes())
    kept = finish(RawTake(TALK, (heard, said), operator_first=False), tmp_path / "kept")
    assert (kept.state, kept.seconds) == ("gaps", 3.0)


@pytest.mark.parametrize("content", [None, b"", b"\x01"])
def test_nothing_recorded_is_missing(take: RawTake, tmp_path: Path, content: bytes | None) -> None:
    take.files[0].unlink()
    if content is not None:
        take.files[0].write_bytes(content)
    kept = finish(take, tmp_path / "kept")
    assert (kept.state, kept.file, kept.seconds, kept.size_bytes, kept.sha256) == ("missing", None, 0, 0, "")
    assert not (tmp_path / "kept").exists()


def test_three_samples_are_kept_too(take: RawTake, tmp_path: Path) -> None:
    take.files[0].write_bytes(both_sides(3.0)[:12])
    kept = finish(take, tmp_path / "kept")
    assert (kept.state, kept.seconds, len(kept.peaks), kept.measures) == ("partial", 0.0, 6, {})


def test_a_long_take_is_read_in_blocks(tmp_path: Path) -> None:
    """Five minutes (9.6 MB raw) are encoded, checked and measured with less than 5 MB held at once."""
    file = tmp_path / "x-1.raw"
    file.write_bytes(both_sides(10.0) * 30)
    tracemalloc.start()
    kept = finish(RawTake(replace(TALK, talk_s=300.0), (file,)), tmp_path / "kept")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (kept.state, kept.seconds) == ("ok", 300.0)
    assert peak < 5_000_000


def test_an_unreadable_take_is_refused_and_stays(tmp_path: Path) -> None:
    file = tmp_path / "x-1.wav"
    file.write_bytes(wav(tone(440, 1.0).tobytes(), channels=3))
    with pytest.raises(UnreadableTake):
        finish(RawTake(TALK, (file,)), tmp_path / "kept")
    assert file.exists()


@pytest.mark.parametrize("name", ["../up", "a/b", "", ".hidden", "+79000004127", "a" * 65, "a b"])
def test_a_contact_id_that_is_no_file_name_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="file name"):
        final_path(replace(TALK, contact_id=name), tmp_path)


class Crash(Exception):
    """The process is gone."""


STEPS = ("read", "encode", "fsync", "verify", "rename", "fsync_folder", "describe")


def test_the_steps_are_these(take: RawTake, tmp_path: Path) -> None:
    seen: list[str] = []
    finish(take, tmp_path / "kept", seen.append)
    assert tuple(seen) == STEPS


@pytest.mark.parametrize("at", [*STEPS, "recheck"])
@pytest.mark.parametrize("torn", [False, True])
def test_after_a_crash_at_any_step_the_next_run_ends_the_same_way(
    take: RawTake, tmp_path: Path, at: str, torn: bool
) -> None:
    def crash(step: str) -> None:
        if step == at:
            raise Crash(at)

    if at == "recheck":
        finish(take, tmp_path / "kept")
    with pytest.raises(Crash):
        finish(take, tmp_path / "kept", crash)
    assert take.files[0].exists()
    if torn:  # what was not synced may be gone after a power cut
        for half in (tmp_path / "kept").rglob("*.part"):
            half.write_bytes(half.read_bytes()[: half.stat().st_size // 2])
    kept = finish(take, tmp_path / "kept")
    discard(take)
    assert kept.state == "ok"
    assert kept.file
    assert hashlib.sha256(kept.file.read_bytes()).hexdigest() == kept.sha256
    assert hears(kept.file)[2] == pytest.approx(3.0, abs=0.02)
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == [kept.file]


def test_a_kept_file_that_rotted_is_made_again_while_the_raw_one_is_there(take: RawTake, tmp_path: Path) -> None:
    kept = finish(take, tmp_path / "kept")
    assert kept.file
    kept.file.write_bytes(kept.file.read_bytes()[:500])
    again = finish(take, tmp_path / "kept")
    assert hears(kept.file)[2] == pytest.approx(3.0, abs=0.02)
    assert again.state == "ok"


def test_run_again_when_all_is_done_it_describes_the_kept_file(take: RawTake, tmp_path: Path) -> None:
    first = finish(take, tmp_path / "kept")
    discard(take)
    discard(take)
    again = finish(take, tmp_path / "kept")
    assert (again.sha256, again.seconds, again.state) == (first.sha256, first.seconds, first.state)
    assert len(again.peaks) == len(first.peaks)


_FULL_DISK = """
import resource, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from cordboard.telephony.recording import RawTake, RecordingNotKept, Talk, finish
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
take = RawTake(Talk("x", 1, datetime(2026, 1, 1, tzinfo=UTC), 3.0), (Path(sys.argv[1]),))
try:
    finish(take, Path(sys.argv[2]))
except (RecordingNotKept, OSError) as error:
    print("refused", type(error).__name__)
"""


def test_a_disk_without_room_keeps_nothing_half_and_loses_nothing(take: RawTake, tmp_path: Path) -> None:
    """No file may grow past 4 KB in a child process, as on a full disk (the whole needs some 12 KB)."""
    run = subprocess.run(
        [sys.executable, "-c", _FULL_DISK, str(take.files[0]), str(tmp_path / "kept")],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert run.stdout.startswith("refused"), run.stderr
    assert take.files[0].exists()
    assert not [file for file in (tmp_path / "kept").rglob("*") if file.is_file()]
    assert finish(take, tmp_path / "kept").state == "ok"


def test_what_reads_back_short_is_not_kept(take: RawTake, tmp_path: Path) -> None:
    def truncate(step: str) -> None:
        if step == "verify":
            (half,) = (tmp_path / "kept").rglob("*.part")
            half.write_bytes(half.read_bytes()[: half.stat().st_size // 2])

    with pytest.raises(RecordingNotKept):
        finish(take, tmp_path / "kept", truncate)
    assert take.files[0].exists()
    assert not list((tmp_path / "kept").rglob("*.*"))
