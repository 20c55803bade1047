"""Who has answered: a person, a machine, a tone, or nobody? Told while one listens. Pure over frames (numpy, webrtcvad).

What is heard becomes figures (answer_features.py) and tones (answer_tones.py), a model says how likely a machine is (answer_model.py), and
a rule when that is sure enough (answer_verdict.py). After the verdict one listens on: a beep or a SIT overturns it.
"""

from .answer_features import FRAME, RATE, Hearing
from .answer_model import Model
from .answer_tones import Tone
from .answer_verdict import Heard, Judge, Point, Verdict

FRAME_BYTES = 2 * FRAME
ASKED_EVERY = 5  # frames
LATE_S = 0.5
TOO_FAST = 1.5
LONGEST_GAP_S = 0.6  # shorter ones may be our own delay
MOST_FILLED_S = 10.0


class AnswerMachine:
    """Feed it the sound from pick-up on, in pieces of any length. `tones`: all that were heard; `likelihood` of a machine, None while
    nobody has spoken.

    `rate` is the sound's; at another than 8,000 samples a second nothing is heard, and one is not sure, at once.
    """

    def __init__(self, model: Model, point: Point, *, rate: int = RATE) -> None:
        self.tones: list[Tone] = []
        self.likelihood: float | None = None
        self._model = model
        self._judge = Judge(point)
        self._hearing = Hearing()
        self._rest = b""
        self._deaf = "" if rate == RATE else f"{rate} samples a second, not {RATE}"

    @property
    def verdict(self) -> Verdict | None:
        """The last word so far."""
        return self._judge.verdict

    @property
    def at_s(self) -> float:
        """So much was heard."""
        return self._hearing.at_s

    @property
    def onset_s(self) -> float | None:
        """When somebody first spoke, from pick-up."""
        return self._hearing.onset

    @property
    def quiet_s(self) -> float:
        """How long nobody has spoken, since somebody did."""
        return self._hearing.quiet_s

    def feed(self, sound: bytes, arrived_s: float | None = None) -> Verdict | None:
        """16-bit little-endian samples. A verdict when there is one, or when an earlier one is overturned; else None.

        With `arrived_s`, the moment (s from pick-up) at which this piece ends, gaps are heard as silence, and a sound of another rate is
        noticed.
        """
        told = None
        if arrived_s is not None and not self._deaf:
            told = self._with_time(len(sound), arrived_s)
        if self._deaf:
            return self._cannot_hear()
        self._rest += sound
        whole = len(self._rest) - len(self._rest) % FRAME_BYTES
        for begin in range(0, whole, FRAME_BYTES):
            told = self._frame(self._rest[begin : begin + FRAME_BYTES]) or told
        self._rest = self._rest[whole:]
        return told

    def _with_time(self, size: int, arrived_s: float) -> Verdict | None:
        piece_s = size / (2 * RATE)
        if self.at_s + piece_s > TOO_FAST * arrived_s + LATE_S:
            self._deaf = f"more sound than time: it is not of {RATE} samples a second"
            return None
        gap_s = min(arrived_s - piece_s - self.at_s, MOST_FILLED_S)
        told = None
        if gap_s > LONGEST_GAP_S:
            for _ in range(round(gap_s * RATE / FRAME)):
                told = self._frame(bytes(FRAME_BYTES)) or told
        return told

    def _cannot_hear(self) -> Verdict | None:
        if self.verdict is not None:
            return None
        return self._judge.tell(Heard.NOT_SURE, 0.0, self.at_s, self._deaf)

    def _frame(self, frame: bytes) -> Verdict | None:
        hearing = self._hearing
        tone = hearing.feed(frame)
        if tone is not None:
            self.tones.append(tone)
            spoken = hearing.onset is not None
            return self._judge.hears(tone, hearing.at_s, self._model.likelihood(hearing.figures()) if spoken else None)
        if self.verdict is not None or hearing.frames % ASKED_EVERY:
            return None
        if hearing.onset is None:
            return self._judge.nobody_yet(hearing.at_s)
        self.likelihood = self._model.likelihood(hearing.figures())
        return self._judge.asked(self.likelihood, hearing.at_s, hearing.onset, hearing.quiet_s)
