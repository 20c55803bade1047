"""What a recording shows at a glance: peaks for its waveform, and who spoke when. Pure over arrays; fed block by block.

Speech is told from noise by webrtcvad on each side alone (the sides are separate channels, so nobody has to be told apart by voice).
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import webrtcvad

from .recording_files import Samples

BUCKETS = 1200
"""Columns of the waveform; a wide screen draws one every pixel or two."""

FRAME_S = 0.02
_BRIDGE_S = 0.3  # a pause inside a phrase
_CLICK_S = 0.1  # shorter than a syllable
_QUIET = 100  # RMS of 16-bit samples, about -50 dBFS: line noise below it is never asked about
_VAD_STRICTNESS = 2
_VAD_RATES = (8000, 16000, 32000, 48000)

SILENCE_MARK_S = 5.0
OVERLAP_MARK_S = 1.0
MOST_MARKS = 12


class Peaks:
    """The loudest sample of each of up to BUCKETS equal parts of `frames`, a side; 0..255, linear."""

    def __init__(self, frames: int) -> None:
        self._frames = frames
        self._count = min(BUCKETS, frames)
        self._loudest = np.zeros((2, self._count), dtype=np.int32)
        self._seen = 0

    def add(self, block: Samples) -> None:
        block = block[: self._frames - self._seen]
        if not len(block):
            return
        places = np.arange(self._seen, self._seen + len(block), dtype=np.int64) * self._count // self._frames
        buckets, starts = np.unique(places, return_index=True)
        loud = np.maximum.reduceat(np.abs(block.astype(np.int32)), starts, axis=0)
        self._loudest[:, buckets] = np.maximum(self._loudest[:, buckets], loud.T)
        self._seen += len(block)

    def as_bytes(self) -> bytes:
        """The operator's row, then the customer's, one byte a bucket."""
        rows: npt.NDArray[np.uint8] = np.minimum(self._loudest >> 7, 255).astype(np.uint8)
        return rows.tobytes()


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the recording, in seconds from its start."""

    start: float
    end: float

    @property
    def length(self) -> float:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Mark:
    """A place worth jumping to. `kind`: operator_first, customer_first, silence (nobody speaks), overlap (both do)."""

    at_s: float
    kind: str
    length_s: float


@dataclass(frozen=True, slots=True)
class Measures:
    """Seconds of speech a side, of both at once, and of the longest silence between the first word and the last one."""

    operator_talk_s: float
    customer_talk_s: float
    both_talk_s: float
    longest_silence_s: float
    longest_silence_at_s: float
    marks: tuple[Mark, ...]


class Speech:
    """Listens to both sides in frames of 20 ms. Only rates that webrtcvad knows are measured (see `measured`)."""

    def __init__(self, rate: int) -> None:
        self.measured = rate in _VAD_RATES
        self._rate = rate
        self._frame = int(rate * FRAME_S)
        self._vads = (webrtcvad.Vad(_VAD_STRICTNESS), webrtcvad.Vad(_VAD_STRICTNESS))
        self._voiced: tuple[list[bool], list[bool]] = ([], [])
        self._rest: Samples = np.zeros((0, 2), dtype=np.int16)

    def add(self, block: Samples) -> None:
        if not self.measured:
            return
        held = np.concatenate((self._rest, block)) if len(self._rest) else block
        whole = len(held) // self._frame
        for lane in (0, 1):
            frames = np.ascontiguousarray(held[: whole * self._frame, lane]).reshape(whole, self._frame)
            loud = np.sqrt(np.mean(np.square(frames, dtype=np.float32), axis=1)) >= _QUIET
            self._voiced[lane].extend(self._is_speech(lane, frames[n]) if loud[n] else False for n in range(whole))
        self._rest = held[whole * self._frame :].copy()

    def _is_speech(self, lane: int, frame: npt.NDArray[np.int16]) -> bool:
        return bool(self._vads[lane].is_speech(frame.astype("<i2").tobytes(), self._rate))

    def measures(self) -> Measures | None:
        """None where nothing could be measured: an unknown rate, or a recording shorter than one frame."""
        if not self.measured or not self._voiced[0]:
            return None
        return measures_of(spans_of(self._voiced[0]), spans_of(self._voiced[1]))


def spans_of(voiced: list[bool]) -> list[Span]:
    """Stretches of speech: pauses under 0.3 s are bridged, clicks under 0.1 s are dropped."""
    spans: list[Span] = []
    edges = np.flatnonzero(np.diff(np.concatenate(([0], np.asarray(voiced, dtype=np.int8), [0]))))
    for start, end in edges.reshape(-1, 2) * FRAME_S:
        if spans and start - spans[-1].end < _BRIDGE_S:
            spans[-1] = Span(spans[-1].start, float(end))
        else:
            spans.append(Span(float(start), float(end)))
    return [span for span in spans if span.length >= _CLICK_S]


def measures_of(operator: list[Span], customer: list[Span]) -> Measures:
    """Fold two lists of speech into figures and marks."""
    both = [overlap for one in operator for overlap in _within(one, customer)]
    silences = _gaps(sorted((*operator, *customer), key=lambda span: span.start))
    longest = max(silences, key=lambda span: span.length, default=Span(0.0, 0.0))
    return Measures(
        operator_talk_s=_total(operator),
        customer_talk_s=_total(customer),
        both_talk_s=_total(both),
        longest_silence_s=round(longest.length, 2),
        longest_silence_at_s=round(longest.start, 2),
        marks=_marks(operator, customer, both, silences),
    )


def _within(one: Span, others: list[Span]) -> Iterable[Span]:
    for other in others:
        start, end = max(one.start, other.start), min(one.end, other.end)
        if end > start:
            yield Span(start, end)


def _gaps(speech: list[Span]) -> list[Span]:
    gaps: list[Span] = []
    heard_to: float | None = None
    for span in speech:
        if heard_to is not None and span.start > heard_to:
            gaps.append(Span(heard_to, span.start))
        heard_to = span.end if heard_to is None else max(heard_to, span.end)
    return gaps


def _total(spans: list[Span]) -> float:
    return round(sum(span.length for span in spans), 2)


def _marks(operator: list[Span], customer: list[Span], both: list[Span], silences: list[Span]) -> tuple[Mark, ...]:
    """First words of each side always; then the longest silences and overlaps, as many as fit, in order of time."""
    firsts = [
        Mark(round(spans[0].start, 2), kind, round(spans[0].length, 2))
        for kind, spans in (("operator_first", operator), ("customer_first", customer))
        if spans
    ]
    rest = [
        Mark(round(span.start, 2), kind, round(span.length, 2))
        for kind, spans, least in (("silence", silences, SILENCE_MARK_S), ("overlap", both, OVERLAP_MARK_S))
        for span in spans
        if span.length >= least
    ]
    rest = sorted(rest, key=lambda mark: mark.length_s, reverse=True)[: MOST_MARKS - len(firsts)]
    return tuple(sorted((*firsts, *rest), key=lambda mark: mark.at_s))
