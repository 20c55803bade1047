"""Whether the machine's clock can be trusted. Pure.

The dialer's own time is steady: it runs with the monotonic clock and does not follow a jump of the machine's (storage/clock.py). But one of
the two is wrong then, and calling hours are reckoned by it; so after a jump nobody is called until somebody has looked, or both
clocks have agreed again for a while.
"""

from dataclasses import dataclass, replace

JUMP_S = 60.0
SANE_AFTER_S = 60.0
SAME_S = 1.0


@dataclass(frozen=True, slots=True)
class ClockWatch:
    """`apart_s`: how far the machine's clock stood ahead of ours when last looked at, `believed_s` how far somebody said is right.

    `sane_since`: since when (monotonic, s) they have agreed again, while `doubts`.
    """

    doubts: bool = False
    apart_s: float = 0.0
    believed_s: float = 0.0
    sane_since: float | None = None

    def look(self, apart_s: float, at: float) -> "ClockWatch":
        """The machine's clock is `apart_s` ahead of ours, at `at` on the monotonic clock (s)."""
        jumped = abs(apart_s) >= JUMP_S and abs(apart_s - self.believed_s) > SAME_S
        if jumped:
            return replace(self, doubts=True, apart_s=apart_s, sane_since=None)
        believed = self.believed_s if abs(apart_s) >= JUMP_S else 0.0
        if not self.doubts:
            return ClockWatch(False, apart_s, believed)
        since = at if self.sane_since is None else self.sane_since
        if at - since >= SANE_AFTER_S:
            return ClockWatch(False, apart_s, believed)
        return ClockWatch(True, apart_s, believed, since)

    def checked(self) -> "ClockWatch":
        """Somebody looked and says: dial. The clocks may stay as far apart as they are; a new jump is a new doubt."""
        return ClockWatch(False, self.apart_s, self.apart_s)
