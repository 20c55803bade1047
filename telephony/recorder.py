"""Keeps recordings going: finishes each take when its call ends, sweeps up what a crash left behind, watches the disk."""

import asyncio
import logging
import re
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from ..storage.clock import Clock
from ..storage.failpoint import failpoint
from .recording import (
    TOLERANCE_S,
    FinishedRecording,
    KeepRecording,
    RawTake,
    RecordingNotKept,
    RecordingState,
    Talk,
    bare_recording,
    discard,
    finish,
)
from .recording_files import UnreadableTake, sides_of

log = logging.getLogger(__name__)

_POLL_S = 0.1
_RAW_NAME = re.compile(
    r"(?P<key>[A-Za-z0-9][A-Za-z0-9._-]*)-(?P<take>[0-9]{1,4})(?P<side>-[rt])?\.(?:raw|sln|slin|wav)"
)


class SpaceLevel(StrEnum):
    OK = "ok"
    LOW = "low"
    CRITICAL = "critical"


def space_level(free: int, total: int) -> SpaceLevel:
    """Alarm at 15 % free, loud alarm at 5 %."""
    share = free / total if total else 0.0
    return SpaceLevel.CRITICAL if share < 0.05 else SpaceLevel.LOW if share < 0.15 else SpaceLevel.OK


class StillOpen(StrEnum):
    """The answer "this call goes on, leave its files alone"."""

    STILL_OPEN = "still_open"


STILL_OPEN = StillOpen.STILL_OPEN
Known = Callable[[str, int], Awaitable[Talk | StillOpen | None]]
"""Who is (key, take) of a raw file's name? Its closed talk, STILL_OPEN, or None for a file that nobody knows."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """What one sweep did, and how much room the disk has."""

    finished: tuple[FinishedRecording, ...]
    space: SpaceLevel
    free_bytes: int


def takes_in(folder: Path) -> dict[tuple[str, int], tuple[Path, ...]]:
    """Raw files by key and take: `<key>-<take>.raw`, or `<key>-<take>-r.raw` (from the operator) and `-t.raw` (from the customer).

    Of a pair with one file gone, both names are given: the missing side is read as silence.
    """
    found: dict[tuple[str, int], tuple[Path, ...]] = {}
    for file in sorted(folder.iterdir()) if folder.is_dir() else ():
        name = _RAW_NAME.fullmatch(file.name)
        if not name:
            continue
        pair = tuple(file.with_name(f"{name['key']}-{name['take']}{side}{file.suffix}") for side in ("-r", "-t"))
        found[name["key"], int(name["take"])] = pair if name["side"] else (file,)
    return found


class Recorder:
    """The shell around `finish`: waits until Asterisk let go of the file, encodes in a thread, enters the row, drops the raw file."""

    def __init__(
        self,
        into: Path,
        store: KeepRecording,
        clock: Clock,
        *,
        at_once: int = 1,
        settle_s: float = 6.0,
        orphan_after_s: float = 60,
    ) -> None:
        self._into = into
        self._store = store
        self._clock = clock
        self._turn = asyncio.Semaphore(at_once)
        self._settle = timedelta(seconds=settle_s)
        self._settle_polls = max(1, round(settle_s / _POLL_S))
        self._orphan_after = timedelta(seconds=orphan_after_s)
        self._busy: set[tuple[Path, ...]] = set()

    async def keep(self, take: RawTake, *, at_rest: bool = False) -> FinishedRecording:
        """Finish a take whose call has ended; `at_rest`: nobody writes to its file any more. What cannot be kept is entered as failed, its
        raw file stays for the next sweep.

        Raises whatever the store raises; then too the raw file stays.
        """
        self._busy.add(take.files)
        try:
            if not at_rest:
                await self._settled(take)
            return await self._keep(take)
        finally:
            self._busy.discard(take.files)

    async def _keep(self, take: RawTake) -> FinishedRecording:
        async with self._turn:
            failpoint("recording_before_encode")
            try:
                finished = await asyncio.to_thread(finish, take, self._into)
            except (RecordingNotKept, UnreadableTake, OSError) as error:
                log.error("recording of contact %s, take %s not kept: %s", take.talk.contact_id, take.talk.take, error)
                finished = bare_recording(take.talk, RecordingState.FAILED)
        failpoint("recording_encoded")
        await self._store.add(finished)
        failpoint("recording_entered")
        if finished.state != RecordingState.FAILED:
            await asyncio.to_thread(discard, take)
        return finished

    async def _settled(self, take: RawTake) -> None:
        """Asterisk closes the file a moment after the hangup and writes in blocks of 32 KiB: wait until it holds the talk and rests.

        One that stays short of its talk is taken as it is when it has not grown for `settle_s`: on a machine short of breath the last
        blocks come seconds late, and what comes after us is lost with the raw file.
        """
        before, rests = -1.0, 0
        while rests < self._settle_polls:
            recorded = _seconds_in(take)
            rests = rests + 1 if recorded == before else 0
            if rests and recorded >= (take.talk.talk_s or 0.0) - TOLERANCE_S:
                return
            before = recorded
            await asyncio.sleep(_POLL_S)

    async def sweep(self, raw: Path, known: Known) -> Sweep:
        """Finish every raw file whose call is over (after a crash of ours, or a full disk), and look at the free space.

        A file that nobody knows and that rested for `orphan_after_s` is kept as an orphan.
        """
        finished = []
        for (key, number), files in (await asyncio.to_thread(takes_in, raw)).items():
            talk = None if files in self._busy else await known(key, number)
            if files in self._busy or isinstance(talk, StillOpen):
                continue
            written = _last_written(files)
            rests_for = self._clock.now() - written if written is not None else timedelta(0)
            if talk is None:
                if written is None or rests_for < self._orphan_after:
                    continue
                talk = Talk(key, number, written, None)
            if not talk.talk_s and await asyncio.to_thread(_holds_nothing, files):
                await asyncio.to_thread(discard, RawTake(talk, files))  # an offer that nobody took leaves an empty file
                continue
            at_rest = rests_for >= self._settle  # else the talk may have ended this very moment
            finished.append(await self.keep(RawTake(talk, files), at_rest=at_rest))
        room = await asyncio.to_thread(shutil.disk_usage, self._into if self._into.is_dir() else raw)
        return Sweep(tuple(finished), space_level(room.free, room.total), room.free)


def _seconds_in(take: RawTake) -> float:
    try:
        sides = sides_of(take.files, take.rate, take.operator_first)
    except (UnreadableTake, OSError):
        return 0.0
    return sides.frames / sides.rate


def _holds_nothing(files: tuple[Path, ...]) -> bool:
    return not any(file.exists() and file.stat().st_size for file in files)


def _last_written(files: tuple[Path, ...]) -> datetime | None:
    times = [file.stat().st_mtime for file in files if file.exists()]
    return datetime.fromtimestamp(max(times), UTC) if times else None
