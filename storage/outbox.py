"""What leaves the house by itself: one message, and when it is tried again. Pure; outbox_store.py keeps it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=2), timedelta(minutes=10)
MAX_SAID = 200


class Trouble(StrEnum):
    """Why a message is not with whom it is for. Only `REFUSED` is about the message itself."""

    AWAY = "away"
    SLOW = "slow"
    BUSY = "busy"
    REFUSED = "refused"
    NONSENSE = "nonsense"


class NotDelivered(Exception):
    """The other side has not said that it took the message; `said` are its words for a log, without secrets."""

    def __init__(self, trouble: Trouble, said: str = "") -> None:
        super().__init__(f"{trouble.value}: {said}" if said else trouble.value)
        self.trouble, self.said = trouble, said[:MAX_SAID]


@dataclass(frozen=True, slots=True)
class Message:
    """`subject` is what it is about: messages of one topic and subject go out one after another, in the order in which they were written.

    `key` is the same at each try: whoever gets it twice can tell. `tries` that were made.
    """

    no: int
    key: str
    topic: str
    subject: str
    body: Mapping[str, Any]
    created_at: datetime
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """How the messages about one subject stand: how many wait, what stopped the first of them, when the last was delivered."""

    waiting: int = 0
    tries: int = 0
    trouble: Trouble | None = None
    due_at: datetime | None = None
    delivered_at: datetime | None = None


def wait_after(tries: int) -> timedelta:
    """How long to wait after so many tries that failed: 2 s, 4 s, 8 s … 10 minutes, for as long as it takes."""
    return min(LONGEST_WAIT, FIRST_WAIT * float(1 << min(tries - 1, 20)))
