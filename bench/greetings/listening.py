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

from bench.greetings.calls import LONGEST_S, Truth, call, of_use, pcm
from bench.greetings.voices import FOLDER, VOICES
from cordboard.telephony import answer_features, answer_replay, answer_tones
from cordboard.telephony.answer_replay import LISTENED_S, Replay, replay

PIECE = 50  # calls
MOST_S = {"train": LISTENED_S, "valid": LISTENED_S, "heldout": LONGEST_S}  # beeps are counted to the end


@dataclass(frozen=True, slots=True)
class Listened:
    """A call as a Hearing heard it."""

    truth: Truth
    heard: Replay


def listen(use: str, number: int) -> Listened:
    sound, truth = call(number, of_use(use))
    return Listened(truth, replay(pcm(sound), MOST_S[use]))


def listened(
    use: str, count: int, folder: Path = FOLDER / "listened", hear: Callable[[str, int], Listened] = listen
) -> list[Listened]:
    """The first `count` calls of that use. Whole pieces are heard, and kept in `folder`: what is there is not heard again."""
    place = folder / _source(use)
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
def _source(use: str) -> str:
    """Named by all that decides what is heard in that use."""
    whole = hashlib.sha256()
    ours = [Path(__file__).with_name(name) for name in ("listening.py", "calls.py", "sound.py", "voices.py")]
    for path in (*ours, *(Path(str(module.__file__)) for module in (answer_features, answer_replay, answer_tones))):
        whole.update(path.read_bytes())
    own = {voice.name for voice in VOICES if voice.use == use}
    for path in sorted(path for path in FOLDER.glob("*.npz") if path.stem in own):
        whole.update(f"{path.name} {path.stat().st_size}".encode())
    return whole.hexdigest()[:16]
