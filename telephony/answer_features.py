"""What one hears of an answered call, frame by frame: speech and pauses, level, pitch and steadiness. Pure over frames of 20 ms.

Nothing looks ahead: `figures()` at a moment is made of what was heard until then, so that training and a live call see the same.
"""

from collections import deque

import numpy as np
import numpy.typing as npt
import webrtcvad

from .answer_tones import FRAME_S, HIGHEST, LOWEST, Tone, Tones
from .answer_words import Words

RATE = 8000
FRAME = 160  # samples
FIGURES = (
    *("since_onset", "onset", "voiced", "run", "quiet", "runs", "first_run", "longest_run", "longest_pause"),
    *("last_pause", "voiced_share", "voiced_last_second", "first_pause", "last_run"),
    *("level", "above_floor", "floor", "level_sd", "flatness", "tonal", "periodic", "pitch", "pitch_sd", "flux"),
    *("steady", "digital", "syllable_rate", "centroid", "pause_level", "pitch_move"),
    *("syllables", "before", "level_move", "high_band", "flux_sd", "clicks", "words"),
)
"""What `figures()` holds, in its order: seconds, dB, semitones over 100 Hz, shares, counts; last what answer_words.py tells."""
TIMING = 14
"""So many of the first figures are of speech and pauses alone."""

VAD_MODE = 2
SPLIT_S = 0.16  # a pause that parts two runs of speech
KEPT = 150  # voiced frames that the figures of sound look back on
_SHORT = np.hanning(256).astype(np.float32)
_LONG = np.hanning(512).astype(np.float32)
_BINS = np.arange(LOWEST, HIGHEST, dtype=np.float32)


class _Kept:
    """The last KEPT numbers."""

    def __init__(self) -> None:
        self._all = np.zeros(KEPT)
        self._count = 0

    def add(self, value: float) -> None:
        self._all[self._count % KEPT] = value
        self._count += 1

    @property
    def values(self) -> npt.NDArray[np.float64]:
        return self._all[: min(self._count, KEPT)] if self._count else self._all[:1]

    def mean(self) -> float:
        values = self.values
        return float(values.sum()) / len(values)

    def sd(self) -> float:
        values = self.values
        away = values - values.sum() / len(values)
        return float(np.sqrt(away @ away / len(values)))


class Hearing:
    """`feed` one frame after the other. `onset`: when somebody first spoke (s from pick-up), None while nobody has."""

    def __init__(self) -> None:
        self.frames = 0
        self.onset: float | None = None
        self.tones = Tones()
        self._words = Words()
        self._vad = webrtcvad.Vad(VAD_MODE)
        self._last = np.zeros(512, np.float32)
        self._levels: deque[float] = deque(maxlen=75)
        self._floor = 4.0
        self._runs: list[tuple[float, float]] = []
        self._began: float | None = None
        self._spoke_at = 0.0
        self._candidates = 0
        self._active: deque[bool] = deque([False] * 50, maxlen=50)
        self._voiced = 0
        self._spoken_s = 0.0
        self._quiet_frames = self._digital = self._tonal = self._periodic = self._syllables = self._clicks = 0
        self._sound = {name: _Kept() for name in ("level", "flatness", "flux", "centroid", "high", "pause", "pitch")}
        self._before = _Kept()
        self._shape: npt.NDArray[np.float32] | None = None
        self._envelope: deque[float] = deque(maxlen=5)
        self._run_pitch: list[float] = []
        self._run_level: list[float] = []
        self._first_level = 0.0

    @property
    def at_s(self) -> float:
        return self.frames * FRAME_S

    @property
    def quiet_s(self) -> float:
        """How long nobody has spoken, since somebody did."""
        return self.at_s - self._spoke_at if self.onset is not None else 0.0

    def feed(self, frame: bytes) -> Tone | None:
        """A frame of 320 bytes; a tone that is heard by it."""
        samples = np.frombuffer(frame, "<i2").astype(np.float32)
        self.frames += 1
        self._last[:-FRAME] = self._last[FRAME:]
        self._last[-FRAME:] = samples
        rms = float(np.sqrt(samples @ samples / FRAME))
        power = np.abs(np.fft.rfft(self._last[256:] * _SHORT)) ** 2
        self._words.feed(power)
        tone = self.tones.feed(power, rms, self.at_s, self._spoken_s)
        self._levels.append(rms)
        if self.frames % 3 == 0 or self.frames < 12:
            ordered = sorted(self._levels)
            self._floor = max(4.0, ordered[len(ordered) // 12] if len(ordered) > 11 else min(ordered[0], 200.0))
        loud = rms > 70 and rms > 1.9 * self._floor
        tonal = self.tones.sounding or (self._began is None and self.tones.purity > 0.92)
        speaks = loud and not tonal and self._vad.is_speech(frame, RATE)
        self._active.append(speaks)
        level = 20 * float(np.log10(rms + 1))
        if speaks:
            self._speaks(power, level)
        else:
            self._is_quiet(rms, level)
        return tone

    def _is_quiet(self, rms: float, level: float) -> None:
        self._digital += rms < 10
        self._quiet_frames += 1
        (self._sound["pause"] if self.onset is not None else self._before).add(level)
        if self._began is not None and self.at_s - self._spoke_at > SPLIT_S:
            self._runs.append((self._began, self._spoke_at))
            self._began = None
        self._clicks += 0 < self._candidates < 3 and self._began is None
        self._candidates = 0

    def _speaks(self, power: npt.NDArray[np.float32], level: float) -> None:
        self._candidates += 1
        if self._began is None:
            if self._candidates < (2 if self._runs else 3):  # a click is no word
                return
            self._began = self.at_s - FRAME_S * self._candidates
            if self._run_level and not self._first_level:
                self._first_level = sum(self._run_level) / len(self._run_level)
            self._run_pitch, self._run_level = [], []
            if self.onset is None:
                self.onset = self._began
        self._spoke_at = self.at_s
        self._voiced += 1
        self._spoken_s += 0.0 if self.tones.on_line else FRAME_S
        self._hear(power, level)

    def _hear(self, power: npt.NDArray[np.float32], level: float) -> None:
        band = power[LOWEST:HIGHEST] + 1.0
        logs = np.log(band)
        total = float(band.sum())
        sound = self._sound
        sound["level"].add(level)
        self._run_level.append(level)
        sound["flatness"].add(float(logs.sum()) / len(band) - float(np.log(total / len(band))))
        sound["centroid"].add(float(band @ _BINS) / total)
        sound["high"].add(float(band[56:].sum()) / total)
        self._tonal += self.tones.purity > 0.6
        shape = logs.reshape(13, 8).sum(axis=1) / 8
        if self._shape is not None:
            sound["flux"].add(float(np.abs(shape - self._shape).sum()) / 13)
        self._shape = shape
        if self._voiced % 3 == 0:
            self._hear_pitch()
        envelope = self._envelope
        envelope.append(level)
        if len(envelope) == 5 and envelope[2] == max(envelope) and envelope[2] - min(envelope) > 3:
            self._syllables += 1

    def _hear_pitch(self) -> None:
        """By the autocorrelation of the last 64 ms, 62 to 400 Hz."""
        spectrum = np.abs(np.fft.rfft(self._last * _LONG, 720)) ** 2
        alike = np.fft.irfft(spectrum)[:160]
        lag = int(alike[20:130].argmax()) + 20
        if alike[lag] > 0.35 * (alike[0] + 1e-9):
            self._periodic += 3
            semitones = 12 * float(np.log2(RATE / lag / 100))
            self._sound["pitch"].add(semitones)
            self._run_pitch.append(semitones)

    def figures(self) -> npt.NDArray[np.float64]:
        """What a model is asked by (FIGURES). Only after the onset."""
        assert self.onset is not None
        now = self.at_s
        runs = [*self._runs, (self._began, self._spoke_at)] if self._began is not None else self._runs
        lengths = [end - begin for begin, end in runs]
        pauses = [later[0] - earlier[1] for earlier, later in zip(runs, runs[1:], strict=False)]
        since, voiced, quiet = now - self.onset, sum(lengths), now - self._spoke_at
        sound, frames = self._sound, self._voiced + 1e-9
        level = float(np.median(sound["level"].values))
        floor = 20 * float(np.log10(self._floor))
        flux = sound["flux"].values
        pitch, own_pitch = sound["pitch"], self._run_pitch
        move = sum(own_pitch[-3:]) / 3 - sum(own_pitch[:3]) / 3 if len(own_pitch) >= 6 else 0.0
        run_level = sum(self._run_level) / len(self._run_level) if self._run_level else level
        figures = (
            *(since, self.onset, voiced, lengths[-1] if quiet < SPLIT_S else 0.0, quiet if quiet >= 0.04 else 0.0),
            *(len(runs), lengths[0], max(lengths), max(pauses, default=0.0), pauses[-1] if pauses else 0.0),
            *(voiced / (since + 0.01), sum(self._active) * FRAME_S, pauses[0] if pauses else quiet, lengths[-1]),
            *(level, level - floor, floor, sound["level"].sd(), sound["flatness"].mean(), self._tonal / frames),
            *(self._periodic / frames, pitch.mean(), pitch.sd(), sound["flux"].mean()),
            *(float((flux < 0.45).sum()) / len(flux), self._digital / max(1, self._quiet_frames)),
            *(self._syllables / (frames * FRAME_S), sound["centroid"].mean(), sound["pause"].mean() - level, move),
            *(
                self._syllables,
                self._before.mean() - level,
                run_level - self._first_level if self._first_level else 0.0,
            ),
            *(sound["high"].mean(), sound["flux"].sd(), self._clicks, self._words.score),
        )
        return np.array(figures)
