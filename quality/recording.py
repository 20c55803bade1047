"""A recording in the books: what it is of, how far it can be believed, and what may be asked for in a list."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

STATES = ("ok", "partial", "gaps", "long", "missing", "failed", "orphan")
"""As telephony/recording.py judges them: whole, too short, one side padded, too long, no sound, not kept yet, of no known talk."""


@dataclass(frozen=True, slots=True)
class Recording:
    """One take of one contact. `seconds` is its own length, `talk_s` the talk's (None: not known); `path` is None where no file is kept.

    `path` stands under the data folder. `measures` is what was heard (seconds of speech a side, marks); empty where not measured.
    """

    id: str
    contact_id: str
    take: int
    agent_id: str | None
    order_id: str | None
    customer_id: str | None
    direction: str
    started_at: datetime
    state: str
    talk_s: float | None
    seconds: float
    size_bytes: int
    sha256: str
    path: str | None
    measures: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RecordingFilter:
    """What a list shows; None asks for anything. `since` is included, `until` is not."""

    contact_id: str | None = None
    agent_id: str | None = None
    order_id: str | None = None
    customer_id: str | None = None
    state: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    min_seconds: float | None = None


class Finished(Protocol):
    """What a recorder hands over; telephony's FinishedRecording has this shape. `file` stands under the data folder."""

    @property
    def contact_id(self) -> str: ...
    @property
    def take(self) -> int: ...
    @property
    def agent_id(self) -> str | None: ...
    @property
    def order_id(self) -> str | None: ...
    @property
    def customer_id(self) -> str | None: ...
    @property
    def direction(self) -> str: ...
    @property
    def started_at(self) -> datetime: ...
    @property
    def state(self) -> str: ...
    @property
    def talk_s(self) -> float | None: ...
    @property
    def seconds(self) -> float: ...
    @property
    def size_bytes(self) -> int: ...
    @property
    def sha256(self) -> str: ...
    @property
    def file(self) -> Path | None: ...
    @property
    def peaks(self) -> bytes: ...
    @property
    def measures(self) -> Mapping[str, Any]: ...
