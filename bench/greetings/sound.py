"""Sounds and what a telephone line does to them, as arrays of 8 kHz samples in -1..1. Pure, but for libsndfile's codecs in memory."""

import io
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import soundfile

RATE = 8000
FRAME = 160
BAND = (280.0, 3450.0)
ACTIVE = 0.1  # -20 dBFS
Sound = npt.NDArray[np.float32]
Dice = np.random.Generator


def at_rate(sound: Sound, rate: int) -> Sound:
    """At 8 kHz, whatever lies above its band cut off."""
    if rate == RATE or not len(sound):
        return sound
    count = max(2, round(len(sound) * RATE / rate))
    spectrum = np.fft.rfft(sound)
    kept = np.zeros(count // 2 + 1, complex)
    shared = min(len(kept), len(spectrum))
    kept[:shared] = spectrum[:shared]
    return np.asarray(np.fft.irfft(kept, count) * count / len(sound), np.float32)


def levelled(sound: Sound) -> Sound | None:
    """Without the silence around it, speech at -20 dBFS; None for what is too short to be a word."""
    if len(sound) < 400:
        return None
    envelope = np.sqrt(np.convolve(sound**2, np.ones(160) / 160, "same"))
    loud = np.flatnonzero(envelope > 0.02 * envelope.max())
    if not len(loud) or not envelope.max():
        return None
    cut = sound[max(0, loud[0] - 160) : loud[-1] + 240]
    speaking = cut[np.abs(cut) > 0.02 * np.abs(cut).max()]
    return np.asarray(cut / (np.sqrt(np.mean(speaking**2)) + 1e-9) * ACTIVE, np.float32)


def silence(seconds: float) -> Sound:
    return np.zeros(int(max(0.0, seconds) * RATE), np.float32)


def tone(pitches: tuple[float, ...], seconds: float, level: float = 0.15, ramp_s: float = 0.005) -> Sound:
    times = np.arange(int(seconds * RATE)) / RATE
    sound = sum(np.sin(2 * np.pi * hz * times) for hz in pitches) * level / np.sqrt(len(pitches))
    edge = min(int(ramp_s * RATE), len(times) // 2)
    shape = np.ones(len(times))
    shape[:edge] = np.linspace(0, 1, edge)
    shape[len(times) - edge :] = np.linspace(1, 0, edge)
    return np.asarray(sound * shape, np.float32)


def cadence(pitches: tuple[float, ...], on_s: float, off_s: float, total_s: float, level: float) -> Sound:
    turn = np.concatenate([tone(pitches, on_s, level), silence(off_s)])
    return np.tile(turn, int(total_s / (on_s + off_s)) + 1)[: int(total_s * RATE)]


def shaped(sound: Sound, low: float, high: float) -> Sound:
    """Only what lies between two frequencies (Hz), with soft edges, as a telephone passes it."""
    count = len(sound) + 800
    hz = np.fft.rfftfreq(count, 1 / RATE)
    gain = 1 / np.sqrt(1 + (low / np.maximum(hz, 1)) ** 8) / np.sqrt(1 + (hz / high) ** 16)
    return np.asarray(np.fft.irfft(np.fft.rfft(sound, count) * gain, count)[: len(sound)], np.float32)


def smoothed_noise(dice: Dice, count: int, memory: float) -> Sound:
    """Noise that falls with frequency, as traffic's does: each sample keeps `memory` of the last."""
    spectrum = np.fft.rfft(dice.standard_normal(count))
    spectrum /= np.abs(1 - memory * np.exp(-2j * np.pi * np.arange(len(spectrum)) / max(1, count)))
    return np.asarray(np.fft.irfft(spectrum, count), np.float32)


def even(noise: Sound) -> Sound:
    """At a level of 1."""
    return np.asarray(noise / (np.sqrt(np.mean(noise**2)) + 1e-9), np.float32)


@lru_cache
def _law(name: str) -> Sound:
    """What comes out of G.711 for every 16-bit sample that goes in."""
    every = np.arange(-32768, 32768).astype(np.int16)
    kept = io.BytesIO()
    soundfile.write(kept, every, RATE, format="WAV", subtype=name)
    kept.seek(0)
    return np.asarray(soundfile.read(kept, dtype="int16")[0] / np.float32(32768), np.float32)


def g711(sound: Sound, law: str) -> Sound:
    """`law`: ALAW or ULAW."""
    return _law(law)[(np.clip(sound, -1, 1) * 32767).astype(np.int32) + 32768]


def gsm(sound: Sound) -> Sound:
    """Through a mobile's full-rate codec."""
    kept = io.BytesIO()
    soundfile.write(kept, np.clip(sound, -1, 1), RATE, format="WAV", subtype="GSM610")
    kept.seek(0)
    through = soundfile.read(kept, dtype="float32")[0]
    return np.pad(through, (0, max(0, len(sound) - len(through))))[: len(sound)]


def in_room(sound: Sound, dice: Dice, amount: float) -> Sound:
    """With the echo of a room."""
    echo = np.zeros(1200)
    echo[0] = 1
    late = np.arange(60, 1200)
    echo[60:] = dice.standard_normal(1140) * np.exp(-late / dice.uniform(120, 350)) * 0.12 * amount
    count = len(sound) + 1200
    whole = np.fft.irfft(np.fft.rfft(sound, count) * np.fft.rfft(echo, count), count)
    return np.asarray(whole[: len(sound)], np.float32)


def gated(sound: Sound, threshold: float) -> Sound:
    """A handset that mutes what is not speech."""
    sums = np.concatenate([[0.0], np.cumsum(sound.astype(np.float64) ** 2)])
    begins = np.arange(len(sound)) - 200  # the mean of 50 ms around each sample
    power = (sums[np.clip(begins + 400, 0, len(sound))] - sums[np.clip(begins, 0, len(sound))]) / 400
    return np.asarray(sound * np.clip((np.sqrt(power) - threshold / 2) / threshold, 0.02, 1), np.float32)


def with_losses(sound: Sound, dice: Dice, share: float) -> Sound:
    """Frames of 20 ms are lost: the last one is said again, quieter, or there is silence."""
    lossy = sound.copy()
    for n in np.flatnonzero(dice.random(len(sound) // FRAME) < share):
        again = n > 0 and dice.random() < 0.6
        lossy[n * FRAME : (n + 1) * FRAME] = lossy[(n - 1) * FRAME : n * FRAME] * 0.5 if again else 0
    return lossy
