"""Raw takes made for tests: tones as Asterisk would have recorded them, and what an ear would say is in a kept file."""

import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

RATE = 8000
OPERATOR_HZ, CUSTOMER_HZ = 440, 700


def tone(hz: float, seconds: float, rate: int = RATE, loud: int = 12000) -> npt.NDArray[np.int16]:
    """A sine of `hz`."""
    wave = loud * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)
    return wave.astype(np.int16)


def both_sides(seconds: float, rate: int = RATE) -> bytes:
    """What MixMonitor's option D writes on the customer's leg: the customer first, then the operator, interleaved."""
    return (
        np.stack((tone(CUSTOMER_HZ, seconds, rate), tone(OPERATOR_HZ, seconds, rate)), axis=1).astype("<i2").tobytes()
    )


def wav(samples: bytes, channels: int = 1, rate: int = RATE, said: int | None = None, extra: bytes = b"") -> bytes:
    """A 16-bit WAV whose header says `said` bytes of sound (None: the truth); `extra` is a chunk put before the sound."""
    length = len(samples) if said is None else said
    shape = struct.pack("<HHIIHH", 1, channels, rate, rate * channels * 2, channels * 2, 16)
    head = b"WAVE" + b"fmt " + struct.pack("<I", 16) + shape + extra + b"data" + struct.pack("<I", length)
    return b"RIFF" + struct.pack("<I", 0 if said == 0 else len(head) + len(samples)) + head + samples


def loudest_hz(samples: npt.NDArray[np.int16], rate: int = RATE) -> float:
    """The strongest frequency, from 50 Hz up."""
    spectrum = np.abs(np.fft.rfft(samples.astype(np.float64) * np.hanning(len(samples))))
    spectrum[: 50 * len(samples) // rate] = 0
    return float(np.argmax(spectrum)) * rate / len(samples)


def hears(file: Path) -> tuple[float, float, float]:
    """(left Hz, right Hz, seconds) of a kept recording."""
    sound, rate = soundfile.read(file, dtype="int16", always_2d=True)
    return loudest_hz(sound[:, 0], rate), loudest_hz(sound[:, 1], rate), len(sound) / rate
