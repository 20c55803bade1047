"""The abandonment budget of one window: what is spent, what may still be spent, and how dear that makes a risk. Pure.

Two things are kept apart. The price (`kappa`) steers: it follows what is left, and learns what price spends it evenly. The bound (`rooms`)
forbids: so many persons may be lost at once, and the window still ends within the limit if from then on there is one line for each idle
operator. How many could be lost at once is asked of a world that turns against us (`Exposure`).
"""

import math
from collections import deque

from .pacing_terms import PacingInfo

HALF_HOUR_S = 1800.0
SMALL_TEAM = 19
HALF_HOUR_TIMES, SMALL_HALF_HOUR_TIMES = 1.65, 8 / 3
"""A half hour's share may be so many times the limit: hardly 5 and 8 % of 3."""
TAPERS_S = 900.0
"""What is kept back is let go over the last of the window (s)."""
LINE_S = 20.0
"""A line that nobody answers is busy for so long (s)."""


class Budget:
    AIM = 0.985
    STEER = 0.8
    LEARN = 0.06
    FIRST_KAPPA = 0.06
    SMALL, SMALLEST = 10, 5
    """Below so many operators the price rises as their number falls, to the smallest team: few persons answer, and it learns slowly."""
    BRAKE = (0.5, 4.0)
    """The half hour's price falls to 0 as so many persons are left of its share, from so many more."""
    OVERDRAFT, MOST_OVERDRAFT = 0.3, 0.35
    """The half hour may be overdrawn by so many persons an operator beyond five, and so many times the root of the team."""
    CAUTION = 2.0
    TRUST = 0.6
    """The share of the persons who progressive dialing would still bring by expectation that the bound counts on."""
    LUCK = 3.0
    """So many standard deviations fewer may come than are expected: of few, hardly any are sure."""
    CREDIT, CREDIT_EACH = 100.0, 10.0
    """The bound counts on no more persons to come than came already, and so many, or so many for each operator."""
    HORIZON_S = 1800.0
    """Looked ahead so far where the end is not known."""

    def __init__(self, info: PacingInfo) -> None:
        self.limit = min(1.0, max(0.0, info.abandonment_limit))
        self._false = min(1.0, max(0.0, info.false_positive_rate)) if info.machine_detection else 0.0
        self._end_s = info.window_end_s
        self.answered = self.abandoned = 0
        self._log_kappa = math.log(self.FIRST_KAPPA)
        self._share = self.limit
        self._began_at: float | None = None
        self._answers: deque[float] = deque()
        self._losses: deque[float] = deque()

    @property
    def price(self) -> float:
        """What was learned of what a risk may cost; may be kept and put back."""
        return math.exp(self._log_kappa)

    @price.setter
    def price(self, value: float) -> None:
        self._log_kappa = min(0.7, max(-6.0, math.log(max(1e-3, value))))

    def ends(self, at_s: float | None) -> None:
        """The end of the window is known, or better known."""
        self._end_s = at_s

    def counted(self, answered: int, abandoned: int) -> None:
        """The window's counts, by who keeps them: what an earlier engine did is in them, and what was reserved."""
        self.answered, self.abandoned = answered, abandoned

    def person(self, t: float) -> None:
        self.answered += 1
        self._answers.append(t)

    def served(self) -> None:
        self._log_kappa = min(0.7, self._log_kappa + self.LEARN * self._share)

    def lost(self, t: float) -> None:
        self._log_kappa = max(-6.0, self._log_kappa - self.LEARN * (1.0 - self._share))
        self.abandoned += 1
        self._losses.append(t)

    def _left_s(self, t: float) -> float:
        return self.HORIZON_S if self._end_s is None else max(0.0, self._end_s - t)

    def _unseen(self, persons: float, sigmas: float) -> float:
        """False machine verdicts among so many persons: nobody tells of them."""
        return self._false * persons + sigmas * math.sqrt(self._false * persons)

    def to_come(self, t: float, operators: int, handling_s: float) -> float:
        """Persons that are expected until the end."""
        return max(1.0, self._left_s(t) * 0.75 * max(1, operators) / max(1.0, handling_s))

    def left(self, t: float, operators: int, handling_s: float) -> float:
        """How many may still be abandoned until the end."""
        persons = self.answered + self.to_come(t, operators, handling_s)
        return self.limit * self.AIM * persons - self._unseen(persons, self.CAUTION) - self.abandoned

    def kappa(self, t: float, operators: int, handling_s: float, exposed: float = 0.0) -> float:
        """Risk is taken while harm <= kappa x gain. `exposed`: how many are usually at risk at once; so much is kept until the end."""
        if self.limit <= 0.0:
            return 0.0
        to_come = self.to_come(t, operators, handling_s)
        persons = self.answered + to_come
        usual = self.limit - self._unseen(persons, self.CAUTION) / persons
        reserve = max(1.0, 0.35 * math.sqrt(operators), exposed)
        if self._end_s is not None:  # the bound holds to the end; what is kept back for evenness is spent by then
            reserve = max(1.0, reserve * min(1.0, self._left_s(t) / TAPERS_S))
        left = self.left(t, operators, handling_s)
        usual = max(0.1 * self.limit, usual)
        self._share = min(1.6 * usual, max(0.02 * usual, (left - reserve) / to_come))
        kappa = math.exp(self._log_kappa + self.STEER * math.log(self._share / self.limit))
        kappa *= max(1.0, self.SMALL / max(self.SMALLEST, operators))
        kappa *= self._brake(t, operators, handling_s)
        if left < reserve:
            return min(kappa, 0.003)
        return min(kappa, 0.04 if left < reserve + 1.0 else 1.5)

    def _brake(self, t: float, operators: int, handling_s: float) -> float:
        """1 while the last half hour is well below its own share, less as it comes near."""
        return min(1.0, max(0.05, (self._half_hour_left(t, operators, handling_s) - self.BRAKE[0]) / self.BRAKE[1]))

    def _half_hour_left(self, t: float, operators: int, handling_s: float) -> float:
        """How many may still be lost of those of the last half hour."""
        for kept in (self._answers, self._losses):
            while kept and kept[0] < t - HALF_HOUR_S:
                kept.popleft()
        if self._began_at is None:
            self._began_at = t
        rate = 0.75 * max(1, operators) / max(1.0, handling_s)
        live = max(float(len(self._answers)), rate * HALF_HOUR_S if t - self._began_at < HALF_HOUR_S else 0.0)
        share = self.limit * (SMALL_HALF_HOUR_TIMES if operators < SMALL_TEAM else HALF_HOUR_TIMES)
        return share * live - self._unseen(live, 1.0) - len(self._losses)

    def rooms(self, t: float, operators: int, handling_s: float, answer: float) -> tuple[float, float]:
        """So many persons may be lost at once this moment, and the window still ends within the limit; and so many, and the half hour
        within its own."""
        coming = 0.0
        if self._end_s is not None:
            expected = self._expected(t, operators, handling_s, answer)
            credit = self.answered + max(self.CREDIT, self.CREDIT_EACH * operators)
            coming = min(self.TRUST * expected, self._surely(expected), credit)
        persons = self.answered + coming
        left = self.limit * persons - self._unseen(persons, 1.0) - self.abandoned
        # In a larger team chance evens out what is exposed: bound as tightly, 20 operators idled 0.7 points more.
        overdraft = min(max(0.0, self.OVERDRAFT * (operators - 5)), self.MOST_OVERDRAFT * math.sqrt(operators))
        soon = self._half_hour_left(t, operators, handling_s) + overdraft
        share = max(0.01, 1.0 - self.limit)
        return left / share, soon / share

    def room(self, t: float, operators: int, handling_s: float, answer: float) -> float:
        """So many persons may be lost at once this moment under both bounds."""
        return min(self.rooms(t, operators, handling_s, answer))

    def makes_good(self, t: float, operators: int, handling_s: float, answer: float) -> bool:
        """Whether one person too many could still be made good for by those who surely come until the end, dialed one to one."""
        if self._end_s is None:
            return True
        return self.limit * self._surely(self._expected(t, operators, handling_s, answer)) >= 1.0

    def _expected(self, t: float, operators: int, handling_s: float, answer: float) -> float:
        """Persons that progressive dialing would bring until the end."""
        return operators * self._left_s(t) / (max(1.0, handling_s) + LINE_S / max(0.01, answer))

    def _surely(self, expected: float) -> float:
        return max(0.0, expected - self.LUCK * math.sqrt(expected))
