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


def news_of(contact: Contact, place: Placed | None, *, can_keep: bool = False) -> News | None:
    """The news while the call goes on; None when there is none, for the end is told by `farewell`.

    `told`: the waiting is over by a rule, and the visitor hears so, or says his message.
    """
    match contact.state:
        case ContactState.OVERFLOWED:
            return News("told", contact.lost_reason or "")
        case ContactState.CONNECTED:
            return News("talking")
        case ContactState.HELD:
            return News("held")
        case ContactState.OFFERED:
            return News("ringing")
        case ContactState.QUEUED if place is not None:
            expected = None if place.expected_s is None else float(round(place.expected_s))
            return News("waiting", position=place.position, expected_s=expected, can_keep=can_keep)
        case ContactState.ARRIVED | ContactState.QUEUED:
            return News("waiting", can_keep=can_keep)
        case _:
            return None


def farewell(contact: Contact | None, last: News) -> News:
    """The news after Asterisk ended the call. `over`: they have talked. A contact that overflowed says how."""
    talked = contact is not None and contact.state in (ContactState.WRAP_UP, ContactState.CLOSED)
    if talked or last.stage in ("talking", "held"):
        return News("ended", "over")
    reason = contact.lost_reason if contact is not None else None
    return News("ended", reason if reason in _WORDS else "lost")
