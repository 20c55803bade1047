"""Recordings: from the raw file that Asterisk leaves to a kept Ogg/Opus file, its length, checksum and waveform.

The order of work is what makes it safe to die anywhere and be run again: encode beside the final name, fsync, decode it back,
rename, fsync the folder, write the row (recorder.py), and only then delete the raw file. A raw file that is still there is
work to do; nothing else is remembered.
"""

import hashlib
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

import soundfile

from .recording_files import BLOCK_FRAMES, Samples, TwoSides, blocks, sides_of
from .recording_measures import FRAME_S, Peaks, Speech

TOLERANCE_S = 0.5
_COMPRESSION = 0.96  # libsndfile's scale; for two channels it means 32 kb/s, plenty for a telephone's band
_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class RecordingState(StrEnum):
    """How far a recording can be believed."""

    OK = "ok"
    PARTIAL = "partial"  # shorter than the talk
    GAPS = "gaps"  # one side misses a part, filled with silence
    LONG = "long"  # longer than the talk: holds sound from outside it
    MISSING = "missing"  # no sound at all
    FAILED = "failed"  # the raw file could not be kept yet; it is still there and is tried again
    ORPHAN = "orphan"  # nobody knows the talk it belongs to


@dataclass(frozen=True, slots=True)
class Talk:
    """What a recording is of. `talk_s` None: not known. `take` counts the recordings of one contact from 1. `masked`: where (s) and how
    long (s) nothing was to be recorded."""

    contact_id: str
    take: int
    started_at: datetime
    talk_s: float | None
    direction: str = ""
    agent_id: str | None = None
    order_id: str | None = None
    customer_id: str | None = None
    masked: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class RawTake:
    """What is on disk for one talk: one interleaved file, or one a side. Raw files have `rate`; a WAV says its own.

    MixMonitor on the operator's leg (extensions.conf, cc-talk) writes what came from the operator first.
    """

    talk: Talk
    files: tuple[Path, ...]
    rate: int = 8000
    operator_first: bool = True


@dataclass(frozen=True, slots=True)
class FinishedRecording:
    """A recording as it is kept. `file` is None, `seconds` and `size_bytes` 0 where nothing could be kept.

    `peaks` are two rows (operator, customer) of equal length, one byte a column; `measures` is what recording_measures.py heard.
    """

    contact_id: str
    take: int
    agent_id: str | None
    order_id: str | None
    customer_id: str | None
    direction: str
    started_at: datetime
    state: str
    talk_s: float | None = None
    seconds: float = 0.0
    size_bytes: int = 0
    sha256: str = ""
    file: Path | None = None
    peaks: bytes = b""
    measures: Mapping[str, Any] = field(default_factory=dict)


class KeepRecording(Protocol):
    """Where finished recordings are entered. Adding the same contact and take again replaces what is known of it."""

    async def add(self, recording: FinishedRecording, /) -> str:
        """Returns the recording's id."""
        ...


class RecordingNotKept(Exception):
    """Encoding failed or what was written does not read back (a full disk, mostly). The raw file is untouched."""


def judge(seconds: float, unequal_s: float, talk_s: float | None) -> RecordingState:
    """Compare what was recorded with the talk: half a second either way is no news."""
    if seconds <= 0:
        return RecordingState.MISSING
    if talk_s is None:
        return RecordingState.ORPHAN
    if seconds < talk_s - TOLERANCE_S:
        return RecordingState.PARTIAL
    if unequal_s > TOLERANCE_S:
        return RecordingState.GAPS
    return RecordingState.LONG if seconds > talk_s + TOLERANCE_S else RecordingState.OK


def final_path(talk: Talk, into: Path) -> Path:
    """`into`/year/month/day/<contact>-<take>.ogg; no name and no number in it. Raises ValueError for an id that is no file name."""
    if not _SAFE_NAME.fullmatch(talk.contact_id):
        raise ValueError("a contact id that cannot be a file name")
    return into / f"{talk.started_at.astimezone(UTC):%Y/%m/%d}" / f"{talk.contact_id}-{talk.take}.ogg"


def _no_step(_name: str) -> None:
    return


def finish(take: RawTake, into: Path, step: Callable[[str], None] = _no_step) -> FinishedRecording:
    """Make the kept file of a take; the raw files stay (see `discard`). Running it again, after a crash anywhere, ends the same way.

    `step` is told the name of each step before it is taken. Blocking. Raises UnreadableTake, RecordingNotKept, OSError.
    """
    final = final_path(take.talk, into)
    step("read")
    sides = sides_of(take.files, take.rate, take.operator_first)
    if final.exists():
        step("recheck")
        if sides.frames == 0 or _reads_back(final, sides.frames, sides.rate):
            return _described(take.talk, final, _decoded(final), _unequal_s(sides))
    if sides.frames == 0:
        return bare_recording(take.talk, RecordingState.MISSING)
    step("encode")
    final.parent.mkdir(parents=True, exist_ok=True)
    beside = final.with_suffix(".part")
    try:
        _encode(sides, beside)
        step("fsync")
        _fsync(beside)
        step("verify")
        if not _reads_back(beside, sides.frames, sides.rate):
            raise RecordingNotKept("what was written does not read back at its length")
    except (OSError, RecordingNotKept):
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise
    step("rename")
    beside.replace(final)
    step("fsync_folder")
    _fsync(final.parent)
    step("describe")
    return _described(take.talk, final, (sides.rate, sides.frames, blocks(sides)), _unequal_s(sides))


def discard(take: RawTake) -> None:
    """Delete the raw files, once the kept one is entered in the books. Safe to repeat."""
    for file in take.files:
        file.unlink(missing_ok=True)


def _unequal_s(sides: TwoSides) -> float:
    return sides.unequal_frames / sides.rate


def bare_recording(talk: Talk, state: RecordingState) -> FinishedRecording:
    """A recording of which nothing is kept (or nothing yet)."""
    names = ("contact_id", "take", "agent_id", "order_id", "customer_id", "direction", "started_at", "talk_s")
    return FinishedRecording(**{name: getattr(talk, name) for name in names}, state=state.value)


def _encode(sides: TwoSides, target: Path) -> None:
    try:
        with soundfile.SoundFile(
            target, "w", samplerate=sides.rate, channels=2, format="OGG", subtype="OPUS", compression_level=_COMPRESSION
        ) as sound:
            for block in blocks(sides):
                sound.write(block)
    except (soundfile.LibsndfileError, AssertionError) as error:  # soundfile asserts that all was written
        raise RecordingNotKept(f"the encoder stopped: {error}") from error


def _reads_back(file: Path, frames: int, rate: int) -> bool:
    """Decode the whole file: two channels at `rate`, as long as the raw sound to within one frame of Opus (20 ms)."""
    try:
        found_rate, _, sound = _decoded(file)
        decoded = sum(len(block) for block in sound)
    except soundfile.LibsndfileError:
        return False
    return found_rate == rate and abs(decoded - frames) <= rate * FRAME_S


def _decoded(file: Path) -> tuple[int, int, Iterator[Samples]]:
    """Rate, frames and blocks of a kept file."""
    info = soundfile.info(file)

    def sound() -> Iterator[Samples]:
        with soundfile.SoundFile(file) as opened:
            yield from opened.blocks(blocksize=BLOCK_FRAMES, dtype="int16", always_2d=True)

    return info.samplerate, info.frames, sound()


def _described(
    talk: Talk, final: Path, sound: tuple[int, int, Iterable[Samples]], unequal_s: float
) -> FinishedRecording:
    rate, frames, read = sound
    peaks, speech = Peaks(frames), Speech(rate)
    for block in read:
        peaks.add(block)
        speech.add(block)
    with final.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    heard = speech.measures()
    measures: dict[str, Any] = asdict(heard) if heard else {}
    seconds = frames / rate
    if talk.masked:
        measures["marks"] = [
            *measures.get("marks", ()),
            *({"at_s": a, "kind": "masked", "length_s": n} for a, n in talk.masked),
        ]
    return replace(
        bare_recording(talk, judge(seconds, unequal_s, talk.talk_s)),
        seconds=round(seconds, 3),
        size_bytes=final.stat().st_size,
        sha256=digest,
        file=final,
        peaks=peaks.as_bytes(),
        measures=measures,
    )


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
