"""What a page is told of its call, read off its contact. Pure."""

from typing import Protocol

from ..queue.contact import Contact, ContactState
from .web_call_wire import News

CONNECTING = News("connecting")
_WORDS = {"message", "voicemail", "callback", "closed", "full"}


class Placed(Protocol):
    """The desk's Place: 1 is next; seconds, or None when nobody can tell."""

    @property
    def position(self) -> int: ...

    @property
    def expected_s(self) -> float | None: ...


def news_of(contact: Contact | None, place: Placed | None) -> News:
    """The news while the call goes on."""
    if contact is None:
        return CONNECTING
    match contact.state:
        case ContactState.CONNECTED:
            return News("talking")
        case ContactState.HELD:
            return News("held")
        case ContactState.OFFERED:
            return News("ringing")
        case _ if place is not None:
            expected = None if place.expected_s is None else float(round(place.expected_s))
            return News("waiting", position=place.position, expected_s=expected)
        case _:
            return News("waiting")


def farewell(contact: Contact | None, last: News) -> News:
    """The news after Asterisk ended the call. `over`: they have talked. A contact that overflowed says how."""
    if last.stage in ("talking", "held"):
        return News("ended", "over")
    reason = contact.lost_reason if contact is not None else None
    return News("ended", reason if reason in _WORDS else "lost")
