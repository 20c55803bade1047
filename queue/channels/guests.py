"""The visitors of the chat room as they are now: whose page is live, since when one is silent, how fast each writes. Instants are of the
monotonic clock, in s. Nothing of it is remembered over a restart. Pure."""

from collections import deque
from collections.abc import Container
from dataclasses import dataclass, field

from .conversation import ChatRefused, ChatRules, Presence, Refusal, presence, wait_s

TYPING_S = 6.0


@dataclass(slots=True)
class Guest:
    """`lines`: open streams of this visitor. `silent_since`: when the last one closed, or the last question came."""

    silent_since: float
    lines: int = 0
    said: deque[float] = field(default_factory=deque)
    visitor_typed: float | None = None
    agent_typed: float | None = None
    call_offered: bool = False
    told_place: tuple[int | None, int | None] | None = None
    told_presence: Presence = Presence.PRESENT


class Guests:
    def __init__(self, rules: ChatRules) -> None:
        self._rules = rules
        self._guests: dict[str, Guest] = {}
        self._begun: dict[str, deque[float]] = {}

    def expect(self, chat_id: str, now: float) -> Guest:
        """The visitor of a chat; a new one, or one from before a restart, has his whole grace."""
        return self._guests.setdefault(chat_id, Guest(now))

    def opened(self, chat_id: str, now: float) -> None:
        self.expect(chat_id, now).lines += 1

    def closed(self, chat_id: str, now: float) -> None:
        guest = self._guests.get(chat_id)
        if guest is not None and guest.lines > 0:
            guest.lines -= 1
            guest.silent_since = now

    def heard(self, chat_id: str, now: float) -> None:
        """A page that only asks from time to time is there as well."""
        self.expect(chat_id, now).silent_since = now

    def presence(self, chat_id: str, now: float) -> Presence:
        guest = self.expect(chat_id, now)
        return presence(0.0 if guest.lines else now - guest.silent_since, self._rules)

    def look(self, chat_id: str, now: float) -> tuple[Guest, Presence]:
        return self.expect(chat_id, now), self.presence(chat_id, now)

    def speak(self, chat_id: str, now: float) -> None:
        """One message more of this visitor. Raises ChatRefused(TOO_FAST)."""
        guest = self.expect(chat_id, now)
        guest.visitor_typed = None
        said = guest.said
        wait = wait_s(said, self._rules.says, self._rules.says_within_s, now)
        if wait:
            raise ChatRefused(Refusal.TOO_FAST, wait)
        _count(said, self._rules.says, now)

    def begin(self, origin: str, open_now: int, now: float) -> None:
        """One chat more from this address, which has `open_now` already. Raises ChatRefused(TOO_MANY_NEW, TOO_MANY_OPEN)."""
        if open_now >= self._rules.open_at_once:
            raise ChatRefused(Refusal.TOO_MANY_OPEN, 60)
        begun = self._begun.setdefault(origin, deque())
        wait = wait_s(begun, self._rules.begins, self._rules.begins_within_s, now)
        if wait:
            raise ChatRefused(Refusal.TOO_MANY_NEW, wait)
        _count(begun, self._rules.begins, now)

    def tidy(self, open_chats: Container[str], now: float) -> None:
        """Forget addresses that began nothing lately, and visitors whose chat has ended once they are silent."""
        within = self._rules.says_within_s
        over = [chat_id for chat_id in self._guests if chat_id not in open_chats]
        for chat_id in over:
            said = self._guests[chat_id].said
            if not said or said[-1] + within < now:
                del self._guests[chat_id]
        old = [origin for origin, begun in self._begun.items() if begun[-1] + self._rules.begins_within_s < now]
        for origin in old:
            del self._begun[origin]

    def visitor_types(self, chat_id: str, now: float) -> bool:
        guest = self._guests.get(chat_id)
        return guest is not None and guest.visitor_typed is not None and now - guest.visitor_typed < TYPING_S

    def agent_types(self, chat_id: str, now: float) -> bool:
        guest = self._guests.get(chat_id)
        return guest is not None and guest.agent_typed is not None and now - guest.agent_typed < TYPING_S


def _count(done: deque[float], limit: int, now: float) -> None:
    done.append(now)
    while len(done) > limit:
        done.popleft()
