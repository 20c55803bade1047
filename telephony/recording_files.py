"""What a recorder leaves on disk, read as blocks of two channels: the operator left, the customer right. Pure over bytes and files.

Asterisk's MixMonitor writes either one file with both sides interleaved (option D) or one file a side (options r and t). A file may be
cut anywhere by a crash or a full disk, and a WAV header holds zero sizes until its recorder closes it: so the length is always read from
the sound itself, never from the header alone.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16]

BLOCK_FRAMES = 65_536
"""Frames read at once (8 s at 8 kHz, 256 KiB): what bounds the memory of an hour-long file."""

_WAV_HEADER = 44
_PCM = 1
_EXTENSIBLE = 0xFFFE


class UnreadableTake(Exception):
    """A file of the take is no sound that we can read: a format of the site that we do not know, or sides of two sample rates."""


@dataclass(frozen=True, slots=True)
class SoundFile:
    """Where the samples of one file lie: `frames` of `channels` signed 16-bit samples at `rate` Hz, from byte `offset` on."""

    path: Path
    offset: int
    channels: int
    rate: int
    frames: int


@dataclass(frozen=True, slots=True)
class TwoSides:
    """One take as found on disk. `frames` is the longer side's length; the shorter one is padded with silence when read."""

    operator: SoundFile
    customer: SoundFile
    operator_channel: int
    customer_channel: int

    @property
    def rate(self) -> int:
        return self.customer.rate

    @property
    def frames(self) -> int:
        return max(self.operator.frames, self.customer.frames)

    @property
    def unequal_frames(self) -> int:
        """How many frames one side lacks; 0 for a file that holds all there was."""
        return 0 if self.operator.path == self.customer.path else abs(self.operator.frames - self.customer.frames)


def look_at(path: Path, channels: int, rate: int) -> SoundFile:
    """Find the samples in `path`: a WAV says its own shape, anything else is raw with the given one. A cut last frame is left out.

    A file that is not there has no frames. Raises UnreadableTake for a WAV that is not 16-bit PCM, OSError when it cannot be read.
    """
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return SoundFile(path, 0, channels, rate, 0)
    with path.open("rb") as file:
        head = file.read(4096)
    offset, length = 0, size
    if path.suffix == ".wav" or (head[:4] == b"RIFF" and head[8:12] == b"WAVE"):
        if size <= _WAV_HEADER:  # killed before the header was whole: no sound yet, and that is an answer
            return SoundFile(path, size, channels, rate, 0)
        offset, length, channels, rate = _wav_shape(head, size)
    return SoundFile(path, offset, channels, rate, length // (2 * channels))


def _wav_shape(head: bytes, size: int) -> tuple[int, int, int, int]:
    """Offset and length in bytes of the samples, channels, rate. A length of zero, or one beyond the file's end, means "to the end"."""
    channels = rate = 0
    at = 12
    while at + 8 <= len(head):
        name, length = head[at : at + 4], struct.unpack_from("<I", head, at + 4)[0]
        if name == b"fmt " and at + 24 <= len(head):
            code, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", head, at + 8)
            if code not in (_PCM, _EXTENSIBLE) or bits != 16 or channels not in (1, 2) or rate <= 0:
                raise UnreadableTake(f"a WAV of format {code}, {bits} bits, {channels} channels, {rate} Hz")
        elif name == b"data":
            if not channels:
                break
            there = max(0, size - at - 8)
            return at + 8, length if 0 < length <= there else there, channels, rate
        at += 8 + length + length % 2
    raise UnreadableTake("a WAV without a readable header")


def sides_of(files: tuple[Path, ...], rate: int, operator_first: bool) -> TwoSides:
    """Say which channel of which file is whose. One file holds both sides interleaved, or with one channel the
    customer's alone; of two, each holds one side.

    `operator_first` tells the order of the channels, or of the files. Raises UnreadableTake and OSError.
    """
    match files:
        case (both,):
            sound = look_at(both, channels=2, rate=rate)
            if sound.channels == 1:  # a message that a customer left: there is no other side
                return TwoSides(replace(sound, frames=0), sound, 0, 0)
            return TwoSides(sound, sound, 0 if operator_first else 1, 1 if operator_first else 0)
        case (first, second):
            one, other = look_at(first, channels=1, rate=rate), look_at(second, channels=1, rate=rate)
            if one.channels != 1 or other.channels != 1:
                raise UnreadableTake("a file of one side has two channels")
            if one.frames and other.frames and one.rate != other.rate:
                raise UnreadableTake(f"the sides have {one.rate} and {other.rate} Hz")
            return TwoSides(one, other, 0, 0) if operator_first else TwoSides(other, one, 0, 0)
        case _:
            raise UnreadableTake(f"a take has one file or two, not {len(files)}")


def blocks(sides: TwoSides, block_frames: int = BLOCK_FRAMES) -> Iterator[Samples]:
    """The take from its start, as arrays of (up to block_frames, 2): operator left, customer right, the shorter side padded."""
    for start in range(0, sides.frames, block_frames):
        count = min(block_frames, sides.frames - start)
        block = np.zeros((count, 2), dtype=np.int16)
        if sides.operator is sides.customer:
            read = _read(sides.customer, start, count)
            block[: len(read), 0] = read[:, sides.operator_channel]
            block[: len(read), 1] = read[:, sides.customer_channel]
        else:
            for lane, sound in ((0, sides.operator), (1, sides.customer)):
                read = _read(sound, start, count)
                block[: len(read), lane] = read[:, 0]
        yield block


def _read(sound: SoundFile, start: int, count: int) -> Samples:
    """Up to `count` frames from frame `start`; fewer when the file ends first."""
    count = min(count, sound.frames - start)
    if count <= 0:
        return np.zeros((0, sound.channels), dtype=np.int16)
    step = 2 * sound.channels
    flat = np.fromfile(sound.path, dtype="<i2", count=count * sound.channels, offset=sound.offset + start * step)
    return flat[: len(flat) // sound.channels * sound.channels].reshape(-1, sound.channels).astype(np.int16, copy=False)
