"""Texts that are said to customers without an operator: each is spoken once, and kept as a file that the dialplan plays by its name.

A name is a digest of voice and words, so the same text is the same file, and no text is ever part of a path or of the dialplan.
"""

import asyncio
import hashlib
import itertools
import logging
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np
import soundfile

from .install import AsteriskTree, InstallError
from .prompt_files import LONGEST_S, SPEAKERS
from .speech import speak, to_telephone, write

log = logging.getLogger(__name__)

MOST_FILES = 5000
AT_ONCE = 2  # voices, however many texts are asked for: the machine is left to the calls
NAME_DIGITS = 24


class CannotSpeak(OSError):
    """Nothing can say this; the text is not repeated."""


class Said:
    """`home` is Asterisk's (files go to share/said); `own` holds the site's recordings as <language>/<name>.wav."""

    def __init__(self, find_tree: Callable[[], Awaitable[AsteriskTree]], home: Path, own: Path) -> None:
        self._find_tree = find_tree
        self._folder = home / "share/said"
        self._own = own
        self._voices = asyncio.Semaphore(AT_ONCE)
        self._parts = itertools.count()
        self._taken_before: dict[Path, tuple[str, tuple[int, int, int] | None]] = {}  # name, and the file as it was

    async def speak(self, text: str, language: str) -> str:
        """The name of the file with this text. Raises CannotSpeak."""
        words = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
        voice, pitch, speed = SPEAKERS.get(language, SPEAKERS["ru"])
        name = _digest(repr((voice, pitch, speed, words)).encode())
        if self._has(name):
            return name
        tree = await self._found()
        async with self._voices:
            await asyncio.to_thread(self._make, name, lambda path: speak(tree, voice, pitch, speed, words, path))
        return name

    async def recorded(self, name: str, language: str) -> str:
        """The name of the file with the site's own recording, in that language or, without one, in another. Raises CannotSpeak."""
        languages = (language, *(each for each in SPEAKERS if each != language))
        found = next((path for each in languages if (path := self._own / each / f"{name}.wav").is_file()), None)
        if found is None:
            raise CannotSpeak(f"there is no recording {name}.wav in {self._own}")
        stat = found.stat()
        now = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        name_taken, taken_as = self._taken_before.get(found, ("", None))
        if taken_as != now or not self._has(name_taken):
            name_taken = await asyncio.to_thread(self._taken, found)
            self._taken_before[found] = name_taken, now
        return name_taken

    def _taken(self, recording: Path) -> str:
        name = _digest(recording.read_bytes())
        if not self._has(name):
            self._make(name, lambda path: _to_telephone(recording, path))
        return name

    async def _found(self) -> AsteriskTree:
        try:
            return await self._find_tree()
        except InstallError as error:
            raise CannotSpeak(str(error)) from error

    def _has(self, name: str) -> bool:
        """Whether it is there; one that is used stays longest."""
        try:
            os.utime(self._folder / f"{name}.wav")
        except FileNotFoundError:
            return False
        return True

    def _make(self, name: str, fill: Callable[[Path], None]) -> None:
        if self._has(name):
            return
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o755)
        part = self._folder / f"{name}.{next(self._parts)}.part.wav"  # who makes the same beside us has his own
        try:
            fill(part)
            self._open_to_asterisk(part)
            part.rename(self._folder / f"{name}.wav")
        except (InstallError, RuntimeError) as error:
            raise CannotSpeak(str(error)) from error
        finally:
            part.unlink(missing_ok=True)
        self._forget_the_oldest()

    def _open_to_asterisk(self, part: Path) -> None:
        """When we are root, folder and file get the owner that Asterisk's home has."""
        part.chmod(0o644)
        if os.geteuid() == 0:
            owner = self._folder.parent.stat()
            for path in (self._folder, part):
                os.chown(path, owner.st_uid, owner.st_gid)

    def _forget_the_oldest(self) -> None:
        names = [name for name in os.listdir(self._folder) if name.endswith(".wav")]
        if len(names) > MOST_FILES:
            for path in sorted((self._folder / name for name in names), key=_used_at)[: MOST_FILES // 10]:
                path.unlink(missing_ok=True)


def _to_telephone(recording: Path, path: Path) -> None:
    """The site's recording as Asterisk can play it. Raises RuntimeError when it is no sound."""
    with soundfile.SoundFile(recording) as sound:
        rate = sound.samplerate
        samples = sound.read(LONGEST_S * rate, dtype="int16", always_2d=True)
    write(path, to_telephone(samples.astype(np.float64).mean(axis=1), rate))


def _used_at(path: Path) -> float:
    """When it was said last; never, when whoever makes files beside us has just moved or deleted it."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:NAME_DIGITS]
