"""Which prompts are in what somebody heard, and when: each is sought by correlation."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from tests.fakes.ear import TELEPHONE_RATE, Pcm

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
    """The place where the sound is most like the prompt: normalised cross-correlation. A hangup may cost its last moment."""
    sound, wanted = np.append(heard, np.zeros(SLACK)).astype(np.float64), prompt.astype(np.float64)
    if len(sound) < len(wanted) or not len(wanted):
        return Found(name, 0.0, 0.0)
    size = 1 << (len(sound) + len(wanted)).bit_length()
    product = np.fft.irfft(np.fft.rfft(sound, size) * np.conj(np.fft.rfft(wanted, size)), size)
    product = product[: len(sound) - len(wanted) + 1]
    power = np.concatenate(([0.0], np.cumsum(sound**2)))
    there = power[len(wanted) :] - power[: -len(wanted)]
    likeness = product / np.sqrt(np.maximum(there, 1.0) * max(float(np.sum(wanted**2)), 1.0))
    best = int(np.argmax(likeness))
    return Found(name, best / TELEPHONE_RATE, float(likeness[best]))


def find_in_order(heard: Pcm, folder: Path, language: str, names: Iterable[str]) -> list[Found]:
    """The first prompt wherever it is, each other one right after the one before. Its likeness tells whether it is there."""
    found: list[Found] = []
    begin, end = 0, len(heard)
    for name in names:
        prompt = prompt_sound(folder, language, name)
        if found:
            end = begin + len(prompt) + PAUSE
        one = find(heard[begin:end], prompt, name)
        found.append(Found(name, begin / TELEPHONE_RATE + one.at_s, one.likeness))
        begin += round(one.at_s * TELEPHONE_RATE) + len(prompt) - SLACK
    return found


def all_there(found: list[Found]) -> bool:
    return all(one.likeness >= SURE for one in found)
