"""The law of X(s), the operators left for the next person who answers at s: idle - waiting + freed - answers. Pure."""

import math

import numpy as np
from numpy.typing import NDArray

from .pacing_terms import Floats

EXACT_BELOW = 44
"""Larger groups are told by the normal law."""
LATER = 0.3
"""A call that takes the last operator may cost not itself but one that is answered later: this share of the harm is counted so."""


class _Fourier:
    """A law of whole numbers in [-size/2, size/2), from its characteristic function."""

    def __init__(self, size: int) -> None:
        at, x = np.arange(size // 2 + 1), np.arange(-size // 2, size // 2)
        twice = np.where((at == 0) | (at == size // 2), 1.0, 2.0)
        self.root = np.exp(2j * np.pi * at / size)
        self.up, self.down = self.root - 1.0, np.conj(self.root) - 1.0
        back = np.exp(-2j * np.pi * np.outer(at, x) / size) * twice[:, None] / size
        self.none_free: NDArray[np.complex128] = back[:, x <= 0].sum(1)


_SIZES = {size: _Fourier(size) for size in (32, 64, 128)}


def _normal_tail(z: Floats) -> Floats:
    """P(Z > z), good to 1e-7 (Abramowitz and Stegun 26.2.17)."""
    t = 1.0 / (1.0 + 0.2316419 * np.abs(z))
    series = t * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
    upper = np.exp(-z * z / 2.0) / math.sqrt(2 * math.pi) * series
    return np.where(z >= 0, upper, 1.0 - upper)


class FreeOperators:
    """`spare`: idle less waiting, by horizon. `freed` and `answers`: [operator or call, horizon] chances. `fresh`: [new call, horizon] the
    chances that the next calls, in their order, were answered a moment before."""

    def __init__(self, spare: "NDArray[np.int64]", freed: Floats, answers: Floats, fresh: Floats) -> None:
        self._fresh = fresh
        top, low = int(spare.max()) + len(freed), len(answers) - int(spare.min())
        self._is_exact = top < EXACT_BELOW and low < EXACT_BELOW
        if self._is_exact:
            size = 32 if top < 13 and low < 8 else 64 if top < 26 and low < 16 else 128
            self._fourier = _SIZES[size]
            phi = self._fourier.root[None, :] ** spare[:, None]
            if len(freed):
                phi = phi * (1.0 + freed[:, :, None] * self._fourier.up).prod(0)
            if len(answers):
                phi = phi * (1.0 + answers[:, :, None] * self._fourier.down).prod(0)
            self._phi = phi
        else:
            self._mean = spare + freed.sum(0) - answers.sum(0)
            self._variance = (freed * (1 - freed)).sum(0) + (answers * (1 - answers)).sum(0) + 1e-6

    def none_free(self, more: int = 0, without: Floats | None = None) -> Floats:
        """By horizon: the chance that nobody is free, after `more` new calls; `without` one call in flight that has these chances."""
        fresh = self._fresh[:more]
        if not self._is_exact:
            mean, variance = self._mean - fresh.sum(0), self._variance + (fresh * (1 - fresh)).sum(0)
            if without is not None:
                mean, variance = mean + without, variance - without * (1 - without)
            return _normal_tail((mean - 0.5) / np.sqrt(np.maximum(1e-6, variance)))
        phi = self._phi
        if without is not None:
            # No factor may be 0: near 0.5 the chance is moved a little.
            safe = np.where(np.abs(without - 0.5) < 0.003, 0.497, without)
            phi = phi / (1.0 + safe[:, None] * self._fourier.down)
        if more:
            phi = phi * (1.0 + fresh[:, :, None] * self._fourier.down).prod(0)
        chances: Floats = (phi @ self._fourier.none_free).real.clip(0.0, 1.0)
        return chances


def harm_and_gain(none_free: Floats, when: Floats) -> tuple[float, float]:
    """What one more call costs (the chance that it, or a later one, meets nobody) and brings (that it meets somebody), for a call whose
    answer falls on the horizons with the shares `when`."""
    worst_later = np.maximum.accumulate(none_free[::-1])[::-1]
    harm = float(when @ (LATER * worst_later + (1.0 - LATER) * none_free))
    return harm, float(when @ (1.0 - none_free))
