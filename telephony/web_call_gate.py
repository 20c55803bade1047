"""The gate before a call from the site: tickets that a page is given, and how many calls are let in. Pure.

Instants are those of one monotonic clock, so that a wall clock that jumps neither revives nor kills a ticket; the key belongs to one
run of the engine, and with it every ticket ends.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections import Counter, deque
from dataclasses import asdict, dataclass
from enum import StrEnum

from ..access.address import network_of

TICKET_S = 60.0


@dataclass(frozen=True, slots=True)
class Ticket:
    """The right to one call into `queue`, for the browser that holds `page`, until `until` (s). `serial` is used once."""

    serial: str
    page: str
    queue: str
    language: str
    until: float


class TicketFault(StrEnum):
    FORGED = "forged"  # not ours, changed, another browser's, or of a former run of the engine
    EXPIRED = "expired"
    USED = "used"


class TicketRefused(Exception):
    def __init__(self, fault: TicketFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


def key_for(secret: str, run: str) -> bytes:
    """The key of one run of the engine, from the site's lasting secret."""
    return hmac.digest(secret.encode(), f"calls from the site, run {run}".encode(), hashlib.sha256)


def seal(ticket: Ticket, key: bytes) -> str:
    """The ticket as text for a page."""
    body = base64.urlsafe_b64encode(json.dumps(asdict(ticket), separators=(",", ":")).encode())
    return f"{body.decode()}.{_signature(body, key)}"


def unseal(text: str, key: bytes, page: str, now: float) -> Ticket:
    """The ticket behind the text. Raises TicketRefused."""
    body, _, signature = text.partition(".")
    if not text.isascii() or not hmac.compare_digest(signature, _signature(body.encode(), key)):
        raise TicketRefused(TicketFault.FORGED)
    try:
        ticket = Ticket(**json.loads(base64.urlsafe_b64decode(body)))
    except (binascii.Error, ValueError, TypeError) as error:
        raise TicketRefused(TicketFault.FORGED) from error
    if not hmac.compare_digest(ticket.page.encode(), page.encode()):
        raise TicketRefused(TicketFault.FORGED)
    if now >= ticket.until:
        raise TicketRefused(TicketFault.EXPIRED)
    return ticket


def _signature(body: bytes, key: bytes) -> str:
    return hmac.digest(key, body, hashlib.sha256).hex()


class UsedTickets:
    """Remembers each used serial for as long as its ticket would live."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def take(self, ticket: Ticket, now: float) -> None:
        """Raises TicketRefused for a ticket that was taken before."""
        self._until = {serial: until for serial, until in self._until.items() if until > now}
        if ticket.serial in self._until:
            raise TicketRefused(TicketFault.USED)
        self._until[ticket.serial] = ticket.until


@dataclass(frozen=True, slots=True)
class Limits:
    """Calls that live at once, in all and from one address; tries in a minute, in all and from one address."""

    live: int = 30  # one process of the gateway carries about 35 on one core
    live_per_address: int = 4  # an office may stand behind one address
    tries: int = 120
    tries_per_address: int = 12


WINDOW_S = 60.0


class TooMany(Exception):
    """No call now. `yours` says that the limit is the caller's own address, not the house; `retry_after_s` from 1."""

    def __init__(self, *, yours: bool, retry_after_s: int) -> None:
        super().__init__("too many calls")
        self.yours = yours
        self.retry_after_s = retry_after_s


class Turnstile:
    """Counts tries and calls."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._tries: deque[tuple[float, str]] = deque()
        self._live: Counter[str] = Counter()

    def enter(self, address: str, now: float) -> None:
        """One call more; `leave` when it is over. Raises TooMany, and a refused try counts as a try."""
        who, limits = network_of(address), self._limits
        while self._tries and self._tries[0][0] <= now - WINDOW_S:
            self._tries.popleft()
        theirs = [at for at, one in self._tries if one == who]
        if len(theirs) >= limits.tries_per_address:
            raise TooMany(yours=True, retry_after_s=_until(theirs[0], now))
        if len(self._tries) >= limits.tries:
            raise TooMany(yours=False, retry_after_s=_until(self._tries[0][0], now))
        self._tries.append((now, who))
        if self._live[who] >= limits.live_per_address:
            raise TooMany(yours=True, retry_after_s=30)
        if self._live.total() >= limits.live:
            raise TooMany(yours=False, retry_after_s=30)
        self._live[who] += 1

    def leave(self, address: str) -> None:
        who = network_of(address)
        self._live[who] -= 1
        if self._live[who] <= 0:
            del self._live[who]


def _until(first: float, now: float) -> int:
    return max(1, int(first + WINDOW_S - now + 0.999))
