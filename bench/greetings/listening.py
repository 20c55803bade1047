"""The set as the detector hears it, kept in pieces: listening to thousands of calls takes minutes of processor time, so it can be broken
off and goes on, and what was heard serves every model and operating point. Of other source or voices, it begins anew.
"""

import hashlib
import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import Pool
from pathlib import Path

import numpy as np

from bench.greetings.calls import LONGEST_S, Truth, call, of_use, pcm
from bench.greetings.voices import FOLDER
from cordboard.telephony import answer_features, answer_tones
from cordboard.telephony.answer_features import FIGURES, Hearing
from cordboard.telephony.answer_machine import ASKED_EVERY, FRAME_BYTES
from cordboard.telephony.answer_model import Floats
from cordboard.telephony.answer_tones import Tone

PIECE = 50  # calls
LISTENED_S = 8.0  # by then a live call is judged
MOST_S = {"train": LISTENED_S, "valid": LISTENED_S, "heldout": LONGEST_S}  # beeps are counted to the end


@dataclass(frozen=True, slots=True)
class Listened:
    """A call as a Hearing heard it: at each tenth of a second after the onset the time, how long it was quiet, and the figures."""

    truth: Truth
    onset_s: float | None
    at_s: Floats
    quiet_s: Floats
    figures: Floats
    tones: tuple[tuple[float, Tone], ...]


def listen(use: str, number: int) -> Listened:
    sound, truth = call(number, of_use(use))
    return listen_to(pcm(sound), truth, MOST_S[use])


def listen_to(heard: bytes, truth: Truth, most_s: float) -> Listened:
    hearing = Hearing()
    at, quiet, figures, tones = [], [], [], []
    for begin in range(0, min(len(heard), int(most_s * 16_000)) - FRAME_BYTES + 1, FRAME_BYTES):
        if (tone := hearing.feed(heard[begin : begin + FRAME_BYTES])) is not None:
            tones.append((hearing.at_s, tone))
        if hearing.frames % ASKED_EVERY == 0 and hearing.onset is not None:
            at.append(hearing.at_s)
            quiet.append(hearing.quiet_s)
            figures.append(hearing.figures())
    shape = np.array(figures).reshape(-1, len(FIGURES))
    return Listened(truth, hearing.onset, np.array(at), np.array(quiet), shape, tuple(tones))


def listened(
    use: str, count: int, folder: Path = FOLDER / "listened", hear: Callable[[str, int], Listened] = listen
) -> list[Listened]:
    """The first `count` calls of that use. Whole pieces are heard, and kept in `folder`: what is there is not heard again."""
    place = folder / _source()
    place.mkdir(parents=True, exist_ok=True)
    begins = range(0, count, PIECE)
    missing = [begin for begin in begins if not _path(place, use, begin).exists()]
    if missing:
        with Pool(2) as pool:
            for _ in pool.imap_unordered(_keep, [(place, use, begin, hear) for begin in missing]):
                pass
    return [each for begin in begins for each in _kept(_path(place, use, begin))][:count]


def _keep(piece: tuple[Path, str, int, Callable[[str, int], Listened]]) -> None:
    place, use, begin, hear = piece
    path = _path(place, use, begin)
    part = path.with_suffix(".part")
    part.write_bytes(pickle.dumps([hear(use, number) for number in range(begin, begin + PIECE)]))
    part.rename(path)


def _kept(path: Path) -> Iterator[Listened]:
    yield from pickle.loads(path.read_bytes())


def _path(place: Path, use: str, begin: int) -> Path:
    return place / f"{use}-{begin:05}.pickle"


@lru_cache
def _source() -> str:
    """Named by all that decides what is heard."""
    whole = hashlib.sha256()
    ours = [Path(__file__).with_name(name) for name in ("listening.py", "calls.py", "sound.py", "voices.py")]
    for path in (*ours, *(Path(str(module.__file__)) for module in (answer_features, answer_tones))):
        whole.update(path.read_bytes())
    for path in sorted(FOLDER.glob("*.npz")):
        whole.update(f"{path.name} {path.stat().st_size}".encode())
    return whole.hexdigest()[:16]
