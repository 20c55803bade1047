"""Tones for recordings: what the operator and the customer say, raw as Asterisk writes it, and which side is heard where."""

import struct
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

OPERATOR_HZ, CUSTOMER_HZ = 440.0, 700.0


def tone(hz: float, seconds: float, rate: int = 8000) -> NDArray[np.int16]:
    """A sine at half of full scale."""
    at = np.arange(round(seconds * rate)) / rate
    return np.asarray(np.sin(2 * np.pi * hz * at) * 16000, dtype="<i2")


def both_sides(seconds: float, rate: int = 8000) -> bytes:
    """Interleaved samples as Asterisk writes them: the customer first, then the operator."""
    return np.stack((tone(CUSTOMER_HZ, seconds, rate), tone(OPERATOR_HZ, seconds, rate)), axis=1).tobytes()


def wav(sound: bytes, channels: int = 1, rate: int = 8000, said: int | None = None, extra: bytes = b"") -> bytes:
    """A WAV around `sound`; `said` is what its header claims of the length in bytes, `extra` a chunk before the sound."""
    size = len(sound) if said is None else said
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, channels, rate, rate * channels * 2, channels * 2, 16)
    body = b"WAVE" + form + extra + struct.pack("<4sI", b"data", size)
    return struct.pack("<4sI", b"RIFF", (len(body) + size) & 0xFFFFFFFF) + body + sound


def loudest_hz(side: NDArray[np.int16], rate: int = 8000) -> float:
    """The strongest tone of one side."""
    spectrum = np.abs(np.fft.rfft(side.astype(np.float64)))
    return float(np.fft.rfftfreq(len(side), 1 / rate)[int(np.argmax(spectrum))])


def hears(file: Path) -> tuple[float, float, float]:
    """(left Hz, right Hz, seconds) of a sound file."""
    sound, rate = soundfile.read(file, dtype="int16")
    return loudest_hz(sound[:, 0], rate), loudest_hz(sound[:, 1], rate), len(sound) / rate
