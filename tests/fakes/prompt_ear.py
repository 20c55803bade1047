"""Which prompts are in what somebody heard, and when: each is sought by correlation."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from tests.fakes.ear import TELEPHONE_RATE, Pcm
from tests.fakes.sipp import SippCaller
from tests.fakes.wait import until

SURE = 0.75
PAUSE, SLACK = TELEPHONE_RATE, TELEPHONE_RATE // 10
"""Between two prompts of one announcement, in samples: the longest silence, and how much the first may seem to outlast."""


@dataclass(frozen=True, slots=True)
class Found:
    """Where a prompt begins (s) and how like it the sound is there (1.0: the very same)."""

    name: str
    at_s: float
    likeness: float


def prompt_sound(folder: Path, language: str, name: str) -> Pcm:
    """A prompt of `DIR/asterisk/share/prompts`, as Asterisk plays it."""
    (path,) = (folder / language).glob(f"{name}.*")
    raw = {"format": "RAW", "subtype": "GSM610", "samplerate": TELEPHONE_RATE, "channels": 1}
    samples, rate = soundfile.read(str(path), dtype="int16", **(raw if path.suffix == ".gsm" else {}))
    assert rate == TELEPHONE_RATE
    return np.asarray(samples, dtype=np.int16)


def find(heard: Pcm, prompt: Pcm, name: str = "") -> Found:
    """The place where the sound is most like the prompt. A hangup may cost its last moment."""
    likeness = _likeness(heard, prompt)
    if not len(likeness):
        return Found(name, 0.0, 0.0)
    best = int(np.argmax(likeness))
    return Found(name, best / TELEPHONE_RATE, float(likeness[best]))


def places(heard: Pcm, prompt: Pcm) -> list[int]:
    """Every place where the prompt begins in the sound, earliest first, in samples: it may be said more than once."""
    likeness = _likeness(heard, prompt)
    sure = np.flatnonzero(likeness >= SURE)
    takes = np.split(sure, np.flatnonzero(np.diff(sure) > SLACK) + 1) if len(sure) else []
    return [int(take[np.argmax(likeness[take])]) for take in takes]


def _likeness(heard: Pcm, prompt: Pcm) -> npt.NDArray[np.float64]:
    """How like the prompt the sound is from each of its samples on: normalised cross-correlation. Empty for a sound that is shorter."""
    sound, wanted = np.append(heard, np.zeros(SLACK)).astype(np.float64), prompt.astype(np.float64)
    if len(sound) < len(wanted) or not len(wanted):
        return np.zeros(0)
    size = _quick_size(len(sound))  # what wraps round falls behind the last place that is looked at
    product = np.fft.irfft(np.fft.rfft(sound, size) * np.conj(np.fft.rfft(wanted, size)), size)
    product = product[: len(sound) - len(wanted) + 1]
    power = np.concatenate(([0.0], np.cumsum(sound**2)))
    there = power[len(wanted) :] - power[: -len(wanted)]
    likeness: npt.NDArray[np.float64] = product / np.sqrt(np.maximum(there, 1.0) * max(float(np.sum(wanted**2)), 1.0))
    return likeness


def _quick_size(least: int) -> int:
    """The next size that is quick to transform: three, five or eight times a power of two."""
    return min(odd << max(0, -(-least // odd) - 1).bit_length() for odd in (3, 5, 8))


def hears_in_order(heard: Pcm, folder: Path, language: str, names: Iterable[str]) -> bool:
    """Whether the first prompt is in it, wherever it is, and each other one right after the one before."""
    first, *others = (prompt_sound(folder, language, name) for name in names)
    return any(_follow(heard, begin + len(first) - SLACK, others) for begin in places(heard, first))


def _follow(heard: Pcm, begin: int, prompts: Sequence[Pcm]) -> bool:
    """Whether the prompts are heard from `begin` (samples) on, one right after the other. The same digit may be said twice: the first
    place counts, not the best."""
    for prompt in prompts:
        begin = max(0, begin)
        there = places(heard[begin : begin + len(prompt) + PAUSE], prompt)
        if not there:
            return False
        begin += there[0] + len(prompt) - SLACK
    return True


def all_heard(heard: Pcm, folder: Path, language: str) -> list[Found]:
    """Every prompt of the folder that is in it, by time."""
    names = {path.stem for path in (folder / language).iterdir()}
    found = [find(heard, prompt_sound(folder, language, name), name) for name in names]
    return sorted((one for one in found if one.likeness >= SURE), key=lambda one: one.at_s)


async def until_told(data: Path, caller: SippCaller, *names: str, language: str = "ru") -> None:
    """Wait until the caller has heard these prompts of the house in `data`, one right after the other. Raises AssertionError that names all
    that he did hear."""
    folder = data / "asterisk/share/prompts"
    first = prompt_sound(folder, language, names[0])
    known = 0  # in samples of the talk: the first prompt does not begin before this

    def listen() -> bool:
        nonlocal known
        heard, gone = caller.peer.sound(caller.far), caller.peer.forgotten(caller.far)
        if find(heard[max(0, known - gone) :], first).likeness < SURE:
            known = max(known, gone + len(heard) - len(first))
            return False
        return hears_in_order(heard, folder, language, names)

    try:
        await until(listen, f"{names} at the caller's ear", within_s=60.0, every_s=0.5)
    except AssertionError as error:
        heard = all_heard(caller.peer.sound(caller.far), folder, language)
        told = ", ".join(f"{one.name} {one.at_s:.1f} s ({one.likeness:.2f})" for one in heard)
        raise AssertionError(
            f"{error}; of {len(caller.peer.sound(caller.far)) / TELEPHONE_RATE:.1f} s: {told}; "
            f"{caller.peer.lines[caller.far].lost} packets lost"
        ) from None
