"""Sessions that were found alive a moment ago, so that not every request of every page asks the database again. Pure."""

from dataclasses import dataclass
from datetime import datetime

from .user import User

KNOWN_S = 40.0
"""Longer than a live stream takes to look after its session (agent_web/live.py), so that a page that lost its line needs no query to come
back. What this engine does to a session or a user counts at once (`forget`); what another process wrote, after this time at the latest."""
MOST = 20_000


@dataclass(frozen=True, slots=True)
class Living:
    user: User
    seen_at: datetime
    until: float


class LivingSessions:
    """By the hash of the token. Instants are of the monotonic clock, in s."""

    def __init__(self) -> None:
        self._known: dict[str, Living] = {}
        self.age = 0
        """Grows with each `forget`: what was read before must not be kept after."""

    def recall(self, token_hash: str, now: float) -> Living | None:
        known = self._known.get(token_hash)
        return known if known is not None and now < known.until else None

    def keep(self, token_hash: str, user: User, seen_at: datetime, now: float, age: int) -> None:
        """`age` as it was before the database was asked."""
        if age != self.age:
            return
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[token_hash] = Living(user, seen_at, now + KNOWN_S)

    def forget(self) -> None:
        """A session ended or a user changed: that is seldom, so all are asked for anew."""
        self.age += 1
        self._known.clear()
