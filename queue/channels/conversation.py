"""A chat and its messages as plain values: what may be written, by whom and how fast, and whether its visitor is still there. Pure."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

WIRE = "chat/"
MAX_TEXT = 4000
MAX_NAME = 80
LEAVE_WITHIN = timedelta(hours=1)
LEFT_AT_MOST = 20
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class Author(StrEnum):
    VISITOR = "visitor"
    AGENT = "agent"
    SYSTEM = "system"


class Notice(StrEnum):
    """What a line of the house itself says; pages word it. From AGENT_ENDED on it is also how a chat ended.

    CALL_OFFERED: he may wait on, or leave his number and be called. CALLBACK: he has left it.
    """

    JOINED = "joined"
    WAITING_AGAIN = "waiting_again"
    CALL_OFFERED = "call_offered"
    AGENT_ENDED = "agent_ended"
    VISITOR_ENDED = "visitor_ended"
    VISITOR_GONE = "visitor_gone"
    CALLBACK = "callback"
    MESSAGE = "message"
    CLOSED = "closed"
    FULL = "full"


class Presence(StrEnum):
    """PRESENT: the page is live. AWAY: it is not, for a moment. GONE: for so long that nobody waits for it any more."""

    PRESENT = "present"
    AWAY = "away"
    GONE = "gone"


class Refusal(StrEnum):
    """Why something was not taken. TOO_FAST and the two TOO_MANY pass by themselves."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    TOO_FAST = "too_fast"
    TOO_MANY_NEW = "too_many_new"
    TOO_MANY_OPEN = "too_many_open"
    OVER = "over"
    NO_CALL = "no_call"
    NO_CHAT = "no_chat"


class ChatRefused(Exception):
    """`retry_after_s`: when to try again (whole s), 0 where that is of no use."""

    def __init__(self, reason: Refusal, retry_after_s: int = 0) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class ChatRules:
    """Times in s. A visitor without a live page is away after `away_s` and gone after `grace_s`.

    `says` messages of one visitor in `says_within_s`; from one address `begins` new chats in `begins_within_s`, `open_at_once` at a time.
    """

    away_s: float = 5.0
    grace_s: float = 120.0
    says: int = 20
    says_within_s: float = 10.0
    begins: int = 6
    begins_within_s: float = 60.0
    open_at_once: int = 20


@dataclass(frozen=True, slots=True)
class Message:
    """`seq` counts a chat's messages from 1 without a gap. `client_id` is the writer's own name for it: the same one twice is one message.

    A system line has a `notice`; its `text` is a name that goes with it, or empty.
    """

    seq: int
    author: Author
    text: str
    at: datetime
    client_id: str
    agent_id: str | None = None
    notice: Notice | None = None


@dataclass(frozen=True, slots=True)
class Chat:
    """`agent_read` and `visitor_read` are the last `seq` that each side has seen. `origin` stands for the visitor's address."""

    id: str
    token_hash: str
    origin: str
    queue: str
    name: str
    language: str
    began_at: datetime
    last_seq: int = 0
    agent_read: int = 0
    visitor_read: int = 0
    ending: Notice | None = None
    ended_at: datetime | None = None
    draft: str = ""
    draft_by: str | None = None

    @property
    def wire_key(self) -> str:
        return WIRE + self.id

    @property
    def is_open(self) -> bool:
        return self.ending is None


def harmless(text: str) -> str:
    """The text as it may be kept: line ends are newlines; other control characters, halves of letters and turners of direction go."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    kept = (
        sign for sign in lines if sign == "\n" or (unicodedata.category(sign) not in ("Cc", "Cs") and sign not in _BIDI)
    )
    return "".join(kept)


def message_text(text: str) -> str:
    """What will be kept of a message. Raises ChatRefused: EMPTY, TOO_LONG."""
    if len(text) > 2 * MAX_TEXT:
        raise ChatRefused(Refusal.TOO_LONG)  # so far beyond it that cleaning is not worth the work
    kept = harmless(text).strip()
    if not kept:
        raise ChatRefused(Refusal.EMPTY)
    if len(kept) > MAX_TEXT:
        raise ChatRefused(Refusal.TOO_LONG)
    return kept


def visitor_name(text: str) -> str:
    """One line of at most MAX_NAME letters; what is longer is cut."""
    return " ".join(harmless(text[: 10 * MAX_NAME]).split())[:MAX_NAME].strip()


def may_write(chat: Chat, author: Author, written_since_end: int, now: datetime) -> bool:
    """An open chat takes everybody's words. One that ended with "leave a message" takes that message for an hour."""
    if chat.is_open:
        return True
    leaving = chat.ending is Notice.MESSAGE and author is Author.VISITOR and written_since_end < LEFT_AT_MOST
    return leaving and chat.ended_at is not None and now - chat.ended_at <= LEAVE_WITHIN


def presence(silent_s: float, rules: ChatRules) -> Presence:
    """`silent_s`: for how long no page of the visitor has been live, 0 while one is."""
    if silent_s >= rules.grace_s:
        return Presence.GONE
    return Presence.AWAY if silent_s >= rules.away_s else Presence.PRESENT


def wait_s(done_at: Sequence[float], limit: int, within_s: float, now: float) -> int:
    """Whole seconds until one more is allowed, 0 when it is now. `done_at` in order, on the same clock as `now`."""
    if len(done_at) < limit:
        return 0
    left = done_at[-limit] + within_s - now
    return max(1, int(left + 0.999)) if left > 0 else 0


def chat_id_of(wire_key: str) -> str | None:
    """The chat behind a contact's wire key; None for another wire's."""
    return wire_key.removeprefix(WIRE) if wire_key.startswith(WIRE) else None
