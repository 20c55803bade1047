"""What a greeting sounds like beyond its pauses: a small recurrent net over the spectrum, which has heard many greetings and hellos being
said. It knows no words, but "leave a message" sounds like itself in any mouth. Pure over frames; numpy alone.

bench/greetings/train_words.py makes the file that is shipped; docs/adr/0038 says why a net, and what it gave.
"""

from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

SHIPPED = Path(__file__).with_name("answer_words.npz")
Floats = npt.NDArray[np.float32]
BANDS = 24
LOWEST_HZ, HIGHEST_HZ = 150.0, 3600.0
STEP = 5  # frames that the net takes at once
FIRST, SECOND = 5, 10  # frames that its layers look at
_QUIET = 1e3  # added to the power of a band: below it all is silence
_MIDDLE, _SPREAD = 12.0, 4.0


def bank(rate: int = 8000, size: int = 256) -> Floats:
    """[size / 2 + 1, BANDS]: triangles of equal width by the mel scale (O'Shaughnessy, 1127 ln(1 + f / 700)), each of sum 1."""
    low, high = (1127 * np.log1p(hz / 700) for hz in (LOWEST_HZ, HIGHEST_HZ))
    edges = 700 * (np.exp(np.linspace(low, high, BANDS + 2) / 1127) - 1)
    hz = np.arange(size // 2 + 1)[:, None] * rate / size
    rising = (hz - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - hz) / (edges[2:] - edges[1:-1])
    triangles = np.clip(np.minimum(rising, falling), 0, None)
    return np.asarray(triangles / triangles.sum(axis=0), np.float32)


_BANK = bank()


def bands(power: npt.NDArray[np.floating]) -> Floats:
    """[frames, BANDS] of the powers of windows of 256 samples: the logarithm, so that speech lies about 0 and within 2."""
    heard = np.log(np.asarray(power, np.float32) @ _BANK + _QUIET)
    return np.asarray((heard - _MIDDLE) / _SPREAD, np.float32)


@dataclass(frozen=True, slots=True)
class Net:
    """Two layers over neighbouring frames, a gated recurrent unit (Cho et al. 2014, with the reset gate after the product), and a sum.

    `first` [FIRST * BANDS, n], `second` [SECOND * n, m], `takes` [m, 3 k], `keeps` [k, 3 k] in the order reset, update, new; `tells` [k].
    """

    first: Floats
    first_bias: Floats
    second: Floats
    second_bias: Floats
    takes: Floats
    takes_bias: Floats
    keeps: Floats
    keeps_bias: Floats
    tells: Floats
    tells_bias: Floats


class BadNet(ValueError):
    """The file is no net of ours."""


class Words:
    """Feed it the power of each frame's window; `score` is the logarithm of the odds of a machine, by all that was said so far."""

    def __init__(self, net: Net | None = None) -> None:
        self._net = net if net is not None else shipped_net()
        self.score = 0.0
        self._powers: list[npt.NDArray[np.floating]] = []
        self._bands = np.zeros((FIRST - 1, BANDS), np.float32)
        self._early = np.zeros((SECOND - STEP, len(self._net.first_bias)), np.float32)
        self._state = np.zeros(len(self._net.tells), np.float32)

    def feed(self, power: npt.NDArray[np.floating]) -> None:
        """Of 129 bins. The score moves with each fifth frame."""
        self._powers.append(power)
        if len(self._powers) == STEP:
            self._take(bands(np.stack(self._powers)))
            self._powers.clear()

    def _take(self, new: Floats) -> None:
        net, state = self._net, self._state
        seen = np.concatenate([self._bands, new])
        self._bands = seen[STEP:]
        near = np.lib.stride_tricks.sliding_window_view(seen.ravel(), FIRST * BANDS)[::BANDS]
        early = np.concatenate([self._early, np.maximum(near @ net.first + net.first_bias, 0)])
        self._early = early[STEP:]
        late = np.maximum(early.ravel() @ net.second + net.second_bias, 0)
        size = len(state)
        taken, kept = late @ net.takes + net.takes_bias, state @ net.keeps + net.keeps_bias
        gates = 1 / (1 + np.exp(-(taken[: 2 * size] + kept[: 2 * size])))
        fresh = np.tanh(taken[2 * size :] + gates[:size] * kept[2 * size :])
        self._state = fresh + gates[size:] * (state - fresh)
        self.score = float(self._state @ net.tells + net.tells_bias[0])


def to_file(net: Net, file: BinaryIO) -> None:
    """In half precision: a sixth of the trees' size."""
    parts = {each.name: getattr(net, each.name).astype(np.float16) for each in fields(Net)}
    np.savez_compressed(file, **parts)  # no allow_pickle: the numpy that trains has none


def from_file(file: BinaryIO) -> Net:
    """Raises BadNet."""
    try:
        with np.load(file, allow_pickle=False) as kept:
            net = Net(**{each.name: np.asarray(kept[each.name], np.float32) for each in fields(Net)})
        Words(net)._take(np.zeros((STEP, BANDS), np.float32))  # do its parts fit?
    except (KeyError, ValueError, OSError, EOFError, BadZipFile) as error:
        raise BadNet(f"no net of greetings: {error}") from error
    return net


@lru_cache
def shipped_net() -> Net:
    """The net that comes with the house. Raises BadNet, OSError."""
    with SHIPPED.open("rb") as file:
        return from_file(file)
