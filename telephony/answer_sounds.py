"""The screened parts of calls as files: FLAC, so that a model learns from what was heard and not from what a codec left of it."""

from pathlib import Path

import numpy as np
import soundfile

from .answer_features import RATE


def write_sound(path: Path, sound: bytes) -> None:
    """16-bit samples, 8,000 a second; the file is there whole or not at all. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    try:
        soundfile.write(part, np.frombuffer(sound, "<i2"), RATE, format="FLAC", subtype="PCM_16")
    except soundfile.LibsndfileError as error:
        part.unlink(missing_ok=True)
        raise OSError(str(error)) from error
    part.replace(path)


def read_sound(path: Path) -> bytes:
    """Raises OSError for a file that is not there, or is no sound of ours."""
    try:
        samples, rate = soundfile.read(path, dtype="int16", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise OSError(str(error)) from error
    if rate != RATE:
        raise OSError(f"{rate} samples a second, not {RATE}")
    return bytes(samples[:, 0].astype("<i2").tobytes())
