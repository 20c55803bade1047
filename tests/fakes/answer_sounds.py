"""Sounds on an answered line, made of arithmetic: 16-bit samples at 8 kHz as bytes."""

import numpy as np
import numpy.typing as npt

RATE = 8000
Samples = npt.NDArray[np.float64]


def _bytes(samples: Samples) -> bytes:
    return np.clip(samples, -32768, 32767).astype("<i2").tobytes()


def silence(seconds: float) -> bytes:
    return bytes(2 * round(seconds * RATE))


def hiss(seconds: float, level: float = 20.0, seed: int = 1) -> bytes:
    return _bytes(np.random.default_rng(seed).standard_normal(round(seconds * RATE)) * level)


def tone(hz: float, seconds: float, level: float = 4000.0) -> bytes:
    times = np.arange(round(seconds * RATE)) / RATE
    edge = np.minimum(1.0, np.minimum(times, times[::-1]) / 0.005)
    return _bytes(np.sin(2 * np.pi * hz * times) * level * edge)


def sit(level: float = 4000.0) -> bytes:
    """What the exchange says before "the number you have dialed"."""
    return b"".join(tone(hz, 0.33, level) for hz in (950.0, 1400.0, 1800.0))


def speech(seconds: float, *, pitch: float = 120.0, level: float = 3000.0, seed: int = 3) -> bytes:
    """A buzz through moving formants in syllables of 180 ms: not words, but a voice to any detector of speech."""
    dice = np.random.default_rng(seed)
    count = round(seconds * RATE)
    times = np.arange(count) / RATE
    glide = pitch * (1 + 0.12 * np.sin(2 * np.pi * 0.9 * times))
    phase = 2 * np.pi * np.cumsum(glide) / RATE
    first = 500 + 250 * np.sin(2 * np.pi * 2.7 * times)
    second = 1400 + 500 * np.sin(2 * np.pi * 1.9 * times + 1)
    sound = np.zeros(count)
    for overtone in range(1, 28):
        hz = overtone * glide
        gain = 1 / (1 + ((hz - first) / 120) ** 2) + 0.5 / (1 + ((hz - second) / 160) ** 2)
        sound += gain * np.sin(overtone * phase)
    syllables = 0.25 + 0.75 * np.abs(np.sin(np.pi * times / 0.18))
    sound = sound * syllables + 0.02 * dice.standard_normal(count)
    return _bytes(sound / np.abs(sound).max() * 3 * level)
