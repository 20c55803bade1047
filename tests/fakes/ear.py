"""Sounds that can be told apart, and the ear that tells them: one sine a party, one FFT an ear."""

import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

Pcm = NDArray[np.int16]

TELEPHONE_RATE = 8000
MICROPHONE_RATE = 48000
NEAR_HZ = 15.0


@dataclass(frozen=True, slots=True)
class Heard:
    """What an ear heard: the strongest tone in Hz, the loudness (root mean square, 1.0 = full scale), and how much of the power
    lies within 15 Hz of that tone (1.0 = a pure tone, nothing beside it)."""

    hz: float
    loudness: float
    purity: float

    def is_tone(self, hz: float, *, loudness: float = 0.02, purity: float = 0.6) -> bool:
        return abs(self.hz - hz) <= NEAR_HZ and self.loudness >= loudness and self.purity >= purity


def sine(hz: float, seconds: float, rate: int = TELEPHONE_RATE, amplitude: float = 0.5) -> Pcm:
    """A tone as 16-bit samples; `amplitude` 1.0 is full scale."""
    at = np.arange(round(seconds * rate)) / rate
    return np.asarray(np.round(np.sin(2 * np.pi * hz * at) * amplitude * 32767), dtype=np.int16)


def write_wav(path: Path, pcm: Pcm, rate: int) -> Path:
    """One channel, 16 bit."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm.astype("<i2").tobytes())
    return path


def microphone(path: Path, hz: float) -> Path:
    """A file for Chromium's make-believe microphone: it loops, so it holds a whole number of periods."""
    return write_wav(path, sine(hz, 10.0, MICROPHONE_RATE), MICROPHONE_RATE)


def hear(pcm: Pcm, rate: int) -> Heard:
    """Listen to one channel. Silence, or nothing at all, is a tone of 0 Hz and loudness 0."""
    samples = pcm.astype(np.float64) / 32768.0
    loudness = float(np.sqrt(np.mean(samples**2))) if samples.size else 0.0
    if samples.size < rate // 10 or loudness == 0.0:
        return Heard(0.0, loudness, 0.0)
    power = np.abs(np.fft.rfft((samples - samples.mean()) * np.hanning(samples.size))) ** 2
    frequencies = np.fft.rfftfreq(samples.size, 1.0 / rate)
    total = float(power.sum())
    if total == 0.0:
        return Heard(0.0, loudness, 0.0)
    peak = float(frequencies[int(np.argmax(power))])
    near = float(power[np.abs(frequencies - peak) <= NEAR_HZ].sum())
    return Heard(peak, loudness, near / total)


def hear_file(path: Path) -> tuple[Heard, ...]:
    """Listen to each channel of a sound file (WAV, Ogg/Opus, ...)."""
    samples, rate = soundfile.read(str(path), dtype="int16", always_2d=True)
    return tuple(hear(np.ascontiguousarray(samples[:, index]), int(rate)) for index in range(samples.shape[1]))


def length_s(path: Path) -> float:
    """How long a sound file plays, in seconds."""
    information = soundfile.info(str(path))
    return float(information.frames / information.samplerate)


# --- G.711 µ-law (RFC 3551, payload type 0)

_BIAS, _CLIP = 0x84, 32635


def _ulaw_decode_table() -> Pcm:
    codes = ~np.arange(256, dtype=np.int32) & 0xFF
    magnitude = ((((codes & 0x0F) << 3) + _BIAS) << ((codes >> 4) & 0x07)) - _BIAS
    return np.asarray(np.where(codes & 0x80, -magnitude, magnitude), dtype=np.int16)


_DECODED = _ulaw_decode_table()


def ulaw_decode(payload: bytes) -> Pcm:
    return np.asarray(_DECODED[np.frombuffer(payload, dtype=np.uint8)], dtype=np.int16)


def ulaw_encode(pcm: Pcm) -> bytes:
    samples = pcm.astype(np.int32)
    sign = np.where(samples < 0, 0x80, 0)
    magnitude = np.minimum(np.abs(samples), _CLIP) + _BIAS
    exponent = np.floor(np.log2(magnitude)).astype(np.int32) - 7
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    return bytes((~(sign | (exponent << 4) | mantissa) & 0xFF).astype(np.uint8))
