"""The bands of calls, as the net of words hears them, kept beside the voices for its training: `python -m bench.greetings.spectra`."""

import sys
from multiprocessing import Pool
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bench.greetings.calls import Truth, call, of_use, pcm
from bench.greetings.voices import FOLDER
from cordboard.telephony.answer_features import FRAME
from cordboard.telephony.answer_words import bands

FRAMES = 400  # 8 s
MOMENT = 5  # frames from one moment at which one asks to the next
ASKED_S = 5.5  # from the onset on; later one has judged
KINDS = (
    *("short", "phrase", "two", "late", "company", "noisy", "music behind", "tv behind"),
    *("personal", "operator", "machine short", "hi and pause", "ivr", "music", "tone", "silence"),
)
COUNTS = {"train": 5000, "words": 10000, "valid": 1500}
TONE_WEIGHT = 0.3


def spectrum(sound: bytes) -> npt.NDArray[np.float16]:
    """[FRAMES, BANDS] of 16-bit samples from pick-up on."""
    samples = np.frombuffer(sound, "<i2").astype(np.float32)[: FRAMES * FRAME]
    samples = np.pad(samples, (256 - FRAME, FRAMES * FRAME - len(samples)))
    windows = np.lib.stride_tricks.sliding_window_view(samples, 256)[::FRAME]
    power = np.abs(np.fft.rfft(windows * np.hanning(256).astype(np.float32))) ** 2
    return bands(power).astype(np.float16)


def asked(truth: Truth) -> npt.NDArray[np.float32]:
    """[FRAMES / MOMENT]: how much each moment counts. Of silence there is nothing to learn."""
    at_s = np.arange(1, FRAMES // MOMENT + 1) * MOMENT * FRAME / 8000
    weight = {"silence": 0.0, "tone": TONE_WEIGHT}.get(truth.answered, 1.0)
    begins = truth.onset_s + 0.1
    return np.asarray(weight * ((at_s >= begins) & (at_s <= begins + ASKED_S)), np.float32)


def kind(truth: Truth) -> int:
    name = truth.answered if truth.answered in ("tone", "silence") else truth.kind
    return KINDS.index("machine short" if (truth.answered, name) == ("machine", "short") else name)


Row = tuple[npt.NDArray[np.float16], npt.NDArray[np.float32], bool, int]


def row(one: tuple[str, int]) -> Row:
    use, number = one
    sound, truth = call(number, of_use(use))
    return spectrum(pcm(sound)), asked(truth), truth.answered != "person", kind(truth)


def path(use: str) -> Path:
    return FOLDER / f"spectra-{use}.npz"


def main(share: float) -> None:
    for use, count in COUNTS.items():
        with Pool(2) as pool:
            rows = pool.map(row, [(use, number) for number in range(round(count * share))], chunksize=25)
        spectra, weights, machine, kinds = zip(*rows, strict=True)
        np.savez(
            path(use),
            spectra=np.stack(spectra),
            weights=np.stack(weights),
            machine=np.array(machine),
            kinds=np.array(kinds),
        )
        print(f"{use}: {len(rows)} calls", flush=True)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0)
