"""Tones on an answered line: a beep, the three of a number that does not exist (SIT), fax, dial, busy and ringback. Pure over frames.

Beeps are of any pitch, so a spectrum is read and not a list of frequencies. A tone is one peak that holds its pitch and its level,
begins and ends abruptly, and is followed by quiet.
"""

from collections import deque
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

FRAME_S = 0.02
BIN_HZ = 31.25
LOWEST, HIGHEST = 8, 112  # bins: 250 to 3,500 Hz
Spectrum = npt.NDArray[np.float32]


class ToneKind(StrEnum):
    BEEP = "beep"
    SIT = "sit"
    FAX = "fax"
    CALL_PROGRESS = "call_progress"  # dial, busy, ringback: the line itself speaks


@dataclass(frozen=True, slots=True)
class Tone:
    """`ended_s` from pick-up; a tone that is told while it sounds (fax, SIT) has no end yet, and its moment in its place."""

    kind: ToneKind
    ended_s: float
    hz: float
    seconds: float


@dataclass(slots=True)
class _Steady:
    """A peak that holds its pitch and its level."""

    pitches: list[float]
    levels: list[float]
    rise_db: float
    hz: float
    missed: int = 0


@dataclass(frozen=True, slots=True)
class _Ended:
    at_s: float
    hz: float
    seconds: float
    level: float
    pitch_sd: float
    level_sd: float
    rise_db: float


PURE = 0.8  # share of the band's energy in the five bins of its peak
FAINTEST = 40.0
LEAST_HZ = 370.0
SHORT_S, SHORT_LOW_S, LONGEST_S = 0.1, 0.25, 2.7
LOW_HZ = 560.0  # below it a woman's vowel can pass for a short beep
HIGHEST_BEEP_HZ = 2300.0
QUIET_AFTER_S = 0.06


class Tones:
    """`feed` each frame in turn. `sounding`: a steady tone is on the line now; `purity`: the peak's share of the frame."""

    def __init__(self) -> None:
        self.sounding = False
        self.purity = 0.0
        self.on_line = False
        self._steady: _Steady | None = None
        self._ended: _Ended | None = None
        self._levels: deque[float] = deque([0.0] * 6, 6)
        self._steps: list[tuple[float, float]] = []
        self._bursts: list[tuple[float, float]] = []
        self._burst: list[float] = []
        self._signal_frames = 0
        self._told: set[ToneKind] = set()

    def feed(self, power: Spectrum, rms: float, at_s: float, spoken_s: float) -> Tone | None:
        """`power`: 129 bins of the last 32 ms; `rms` of the frame; `spoken_s`: speech so far, for who has spoken is no exchange."""
        band = power[LOWEST:HIGHEST]
        total = float(band.sum()) + 1e-9
        peak = int(band.argmax()) + LOWEST
        self.purity = float(power[peak - 2 : peak + 3].sum()) / total
        level = 20 * np.log10(rms + 1e-3)
        hz = _between_bins(power, peak) if self.purity > PURE else 0.0
        beep = self._after_end(level, at_s)
        self._follow(hz, level, at_s, rms)
        self._levels.append(level)
        self.sounding = self._steady is not None and len(self._steady.pitches) >= 4
        return beep or self._fax_or_sit(at_s) or self._exchange(power, total, rms, level, at_s, spoken_s)

    def _follow(self, hz: float, level: float, at_s: float, rms: float) -> None:
        pure = self.purity > PURE and rms > FAINTEST and hz > LEAST_HZ
        now = self._steady
        if (
            pure
            and now
            and abs(hz - now.hz) < 14
            and abs(level - now.levels[-1]) < (6 if len(now.pitches) < 2 else 3.5)
        ):
            now.pitches.append(hz)
            now.levels.append(level)
            now.missed = 0
            if len(now.pitches) < 9 or len(now.pitches) % 8 == 0:
                now.hz = float(np.median(now.pitches[-8:]))
            if len(now.pitches) == 9:
                self._steps.append((at_s, now.hz))
        elif now and now.missed < 1:  # one frame may be lost
            now.missed += 1
        else:
            if now and len(now.pitches) >= 4:
                pitch_sd, level_sd = float(np.std(now.pitches[1:-1])), float(np.std(now.levels[1:-1]))
                seconds = len(now.pitches) * FRAME_S
                middle = float(np.median(now.levels))
                self._ended = _Ended(at_s, now.hz, seconds, middle, pitch_sd, level_sd, now.rise_db)
            self._steady = _Steady([hz], [level], level - min(self._levels), hz) if pure else None

    def _after_end(self, level: float, at_s: float) -> Tone | None:
        """A beep, if a tone has ended a moment ago and quiet follows it."""
        end = self._ended
        if end is None or at_s - end.at_s < QUIET_AFTER_S:
            return None
        self._ended = None
        least = SHORT_LOW_S if end.hz < LOW_HZ else SHORT_S
        lasts = least <= end.seconds + 0.03 and end.seconds <= LONGEST_S
        abrupt = level - end.level < -8 and end.rise_db > 8
        if lasts and abrupt and end.hz < HIGHEST_BEEP_HZ and end.pitch_sd < 4 and end.level_sd < 1.3:
            return Tone(ToneKind.BEEP, at_s - QUIET_AFTER_S - FRAME_S, end.hz, end.seconds)
        return None

    def _fax_or_sit(self, at_s: float) -> Tone | None:
        now = self._steady
        if now is None or len(now.pitches) < 9:
            return None
        seconds = len(now.pitches) * FRAME_S
        if (1060 < now.hz < 1140 and seconds >= 0.4) or (2070 < now.hz < 2130 and seconds >= 0.5):
            return self._once(ToneKind.FAX, at_s, now.hz, seconds)
        steps = [hz for since, hz in self._steps if at_s - since < 1.6]
        second = next((n for n, hz in enumerate(steps) if n and 1340 < hz < 1460), None)
        if second is not None and any(890 < hz < 1010 for hz in steps[:second]):
            return self._once(ToneKind.SIT, at_s, steps[second], seconds)
        return None

    def _exchange(
        self, power: Spectrum, total: float, rms: float, level: float, at_s: float, spoken_s: float
    ) -> Tone | None:
        """Dial, busy and ringback lie between 310 and 650 Hz and repeat; a fax's V.21 has two pitches that swap 300 times a second."""
        self.on_line = float(power[10:21].sum()) / total > 0.93 and rms > 60 and spoken_s < 0.25
        if self.on_line:
            self._burst.append(level)
        elif self._burst:
            if len(self._burst) >= 7 and _spread(self._burst[2:-2]) < 3.5:
                self._bursts.append((at_s, len(self._burst) * FRAME_S))
            self._burst = []
        last = self._bursts[-2:]
        repeats = len(last) == 2 and abs(last[1][1] - last[0][1]) < 0.07 and last[1][0] - last[0][0] < 1.3
        if repeats or (len(self._burst) >= 34 and _spread(self._burst[2:]) < 3.5):
            return self._once(ToneKind.CALL_PROGRESS, at_s, 425.0, 0.0)
        signals = float(power[50:62].sum()) / total > 0.8 and rms > 60
        self._signal_frames = self._signal_frames + 1 if signals else max(0, self._signal_frames - 3)
        if self._signal_frames >= 18 and not self.sounding:
            return self._once(ToneKind.FAX, at_s, 1750.0, self._signal_frames * FRAME_S)
        return None

    def _once(self, kind: ToneKind, at_s: float, hz: float, seconds: float) -> Tone | None:
        if kind in self._told:
            return None
        self._told.add(kind)
        return Tone(kind, at_s, hz, seconds)


def _between_bins(power: Spectrum, peak: int) -> float:
    """The pitch (Hz) of a peak, by the parabola through it and its neighbours."""
    left, middle, right = np.log(power[peak - 1 : peak + 2] + 1e-9)
    bend = left - 2 * middle + right
    return float(peak + (0.5 * (left - right) / bend if bend else 0.0)) * BIN_HZ


def _spread(levels: list[float]) -> float:
    return max(levels) - min(levels) if levels else 99.0
