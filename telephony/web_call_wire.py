"""What the engine and the sound's process say to each other: one JSON object a line. Pure."""

import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum


class Leaving(StrEnum):
    """Why a page's end of a call is gone."""

    LEFT = "left"  # the page closed it, or said goodbye
    SILENT = "silent"  # neither sound nor a beat for SILENCE_S: the tab, the machine or the network died
    NO_PATH = "no_path"  # it never connected


@dataclass(frozen=True, slots=True)
class News:
    """What a page is told of its call; `stage` is for its screen. Waiting: `position` (1 is next) and `expected_s`, where known."""

    stage: str
    reason: str = ""
    position: int | None = None
    expected_s: float | None = None
    can_keep: bool = False  # the place may be kept, and the visitor called back


# From the engine


@dataclass(frozen=True, slots=True)
class Open:
    leg: str
    sdp: str
    ice_servers: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Join:
    """Asterisk listens on this UDP port of loopback."""

    leg: str
    port: int


@dataclass(frozen=True, slots=True)
class Say:
    leg: str
    news: dict[str, object]


@dataclass(frozen=True, slots=True)
class Close:
    """Say the last news, then end the page's call."""

    leg: str
    news: dict[str, object]


# From the sound's process


@dataclass(frozen=True, slots=True)
class Answered:
    """The page's answer, and the UDP port of loopback where we wait for Asterisk's sound."""

    leg: str
    sdp: str
    port: int


@dataclass(frozen=True, slots=True)
class Refused:
    leg: str
    fault: str


@dataclass(frozen=True, slots=True)
class Up:
    """Sound can flow between the page and us."""

    leg: str


@dataclass(frozen=True, slots=True)
class Gone:
    leg: str
    why: str


@dataclass(frozen=True, slots=True)
class Wished:
    """The visitor pressed something: KEEP is "call me back"."""

    leg: str
    wish: str


KEEP = "keep"
Order = Open | Join | Say | Close
Told = Answered | Refused | Up | Gone | Wished
_KINDS: dict[str, type[Order] | type[Told]] = {
    kind.__name__: kind for kind in (Open, Join, Say, Close, Answered, Refused, Up, Gone, Wished)
}


def line_of(message: Order | Told) -> bytes:
    return json.dumps({"kind": type(message).__name__, **asdict(message)}).encode() + b"\n"


def message_of(line: bytes) -> Order | Told:
    """Raises ValueError for a line that is none of ours."""
    try:
        fields = json.loads(line)
        return _KINDS[fields.pop("kind")](**fields)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError("not a message of ours") from error
