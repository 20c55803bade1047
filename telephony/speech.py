"""Speech made by espeak-ng, as 8 kHz files that Asterisk plays."""

import subprocess
import wave
from pathlib import Path

import numpy as np

from .install import AsteriskTree, InstallError

RATE = 8000
LONGEST_S = 20


def speak(tree: AsteriskTree, voice: str, pitch: int, speed: int, text: str, path: Path) -> None:
    """Write `text` to the WAV file `path`, by an espeak-ng voice with its pitch (0-99) and speed (words a minute).

    Raises InstallError when espeak-ng is missing, fails, or takes longer than LONGEST_S.
    """
    loud = path.with_suffix(".full.wav")
    options = ("-v", voice, "-p", str(pitch), "-s", str(speed), "-w", str(loud), "--", text)
    try:
        done = subprocess.run(
            tree.speech_argv(*options), capture_output=True, text=True, timeout=LONGEST_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        loud.unlink(missing_ok=True)
        raise InstallError(f"espeak-ng has not spoken within {LONGEST_S} s") from error
    if done.returncode != 0 or not loud.exists():
        raise InstallError(f"espeak-ng cannot speak: {(done.stderr.strip() or 'no reason told')[:200]}")
    with wave.open(str(loud)) as source:
        rate = source.getframerate()
        samples = np.frombuffer(source.readframes(source.getnframes()), np.int16).astype(np.float64)
    loud.unlink()
    write(path, to_telephone(samples, rate))


def write(path: Path, samples: np.ndarray) -> None:
    """16-bit samples at RATE as a WAV file."""
    with wave.open(str(path), "wb") as target:
        target.setparams((1, 2, RATE, 0, "NONE", ""))
        target.writeframes(samples.tobytes())


def to_telephone(samples: np.ndarray, rate: int) -> np.ndarray:
    """16-bit samples at RATE: all above 3.4 kHz is cut first, so that nothing folds back."""
    taps = np.arange(-64, 65)
    cut = min(1.0, 2 * 3400 / rate)
    kernel = np.sinc(cut * taps) * cut * np.hamming(len(taps))
    smooth = np.convolve(samples, kernel, mode="same")
    count = int(len(samples) * RATE / rate)
    moved = np.interp(np.arange(count) * rate / RATE, np.arange(len(samples)), smooth)
    return np.clip(moved, -32768, 32767).astype(np.int16)
