"""Between the socket and the handlers of one Asterisk link: what waits, who gets it, what is counted and set aside."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from .ami_events import AmiEvent, Event
from .ami_frames import SAMPLE, Unparseable, parse
from .ami_translate import translate
from .lanes import Lanes

logger = logging.getLogger(__name__)

_FAIR = 64
MOST_LANES = 256

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class AmiTuning:
    """Times in seconds and sizes in messages. The defaults are for a real node; tests shorten them."""

    ping_s: float = 2.0
    dead_after_s: float = 6.0  # no byte for so long: the peer is dead
    connect_s: float = 5.0
    answer_s: float = 5.0  # deadline of an action that does not bring its own
    list_s: float = 10.0
    backoff_first_s: float = 0.2
    backoff_cap_s: float = 5.0
    settled_s: float = 2.0  # up for so long: the next loss starts the back-off anew
    inbox_limit: int = 60_000
    aside_limit: int = 100


@dataclass(slots=True)
class AmiStats:
    """Counters since the adapter was made."""

    events: int = 0  # delivered to on_event, failed ones included
    unknown: int = 0  # of them, those without a type of their own
    broken_text: int = 0  # of them, those with bytes that were not UTF-8
    set_aside: int = 0  # messages not delivered, and events whose handler failed
    handler_errors: int = 0
    refused_logins: int = 0
    sessions: int = 0  # log-ins
    reconnects: int = 0  # log-ins after the first
    dead_peers: int = 0  # sessions that the watchdog ended
    overflows: int = 0  # sessions dropped because handlers were too slow
    discarded: int = 0  # events lost by that; a resync follows
    actions: int = 0
    timeouts: int = 0
    unknown_outcomes: int = 0  # actions in flight when the link broke
    late: int = 0  # answers that nobody waits for any more


@dataclass(frozen=True, slots=True)
class SetAside:
    """A message that was not handled, and why. `sample` is its beginning; it may hold personal data, so never log it."""

    reason: str
    sample: bytes = field(repr=False)


class Inbox:
    """Events that wait for their handler, in order; bounded."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._messages: deque[bytes] = deque()
        self._changed = asyncio.Event()
        self.closed = False

    def put(self, message: bytes) -> bool:
        """False when the inbox is full or closed."""
        if self.closed or len(self._messages) >= self._limit:
            return False
        self._messages.append(message)
        self._changed.set()
        return True

    def close(self) -> None:
        """No more will come; what waits is still taken."""
        self.closed = True
        self._changed.set()

    def discard(self) -> int:
        count = len(self._messages)
        self._messages.clear()
        self.close()
        return count

    async def take(self) -> bytes | None:
        """The next message, or None when closed and empty."""
        while not self._messages:
            if self.closed:
                return None
            self._changed.clear()
            await self._changed.wait()
        return self._messages.popleft()


class Delivery:
    """Awaits the handler for one event after the other. A failing handler costs its event, never the stream.

    With `lane_of` only the events of one lane wait for each other: a call whose handler waits for the database or for Asterisk does not
    keep the next call waiting. At most MOST_LANES events are on their way at a time.
    """

    def __init__(
        self,
        node: str,
        on_event: Callable[[Event], Awaitable[None]],
        stats: AmiStats,
        aside_limit: int,
        lane_of: Callable[[Event], str] | None = None,
    ) -> None:
        self.aside: deque[SetAside] = deque(maxlen=aside_limit)
        self._node = node
        self._on_event = on_event
        self._stats = stats
        self._lane_of = lane_of

    async def run(self, inbox: Inbox, boot_id: str) -> None:
        """Delivers until the inbox is closed and empty, and every handler has ended."""
        count = 0
        async with Lanes(MOST_LANES) as lanes:
            while (message := await inbox.take()) is not None:
                if (handing := self._read(message, boot_id)) is not None:
                    event, deliver = handing
                    if self._lane_of is None:
                        await deliver()
                    else:
                        await lanes.put(self._lane_of(event), deliver)
                count += 1
                if count % _FAIR == 0:
                    await asyncio.sleep(0)  # handlers that never wait must not starve the socket

    def _read(self, message: bytes, boot_id: str) -> tuple[Event, Callable[[], Awaitable[None]]] | None:
        """The event of a message, and how it is handed over; None when it is set aside."""
        try:
            packet = parse(message)
            event = translate(packet, self._node, boot_id)
        except Exception as error:  # whatever a message holds, it costs only itself
            self.put_aside(str(error) if isinstance(error, Unparseable) else type(error).__name__, message)
            return None
        self._stats.broken_text += packet.broken
        self._stats.unknown += isinstance(event, AmiEvent)
        name = packet.name

        async def deliver() -> None:
            self._stats.events += 1
            if reason := await self.guarded(name, self._on_event, event):
                self.put_aside(reason, message)

        return event, deliver

    async def guarded(self, name: str, handler: Callable[[T], Awaitable[None]], what: T) -> str:
        """Awaits a handler. Returns how it failed, or the empty string."""
        try:
            await handler(what)
        except Exception as error:
            return self.failed(name, error)
        except asyncio.CancelledError as error:  # either we are stopped, or something that the handler awaited was
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            return self.failed(name, error)
        return ""

    def failed(self, name: str, error: BaseException) -> str:
        """Counts a handler's failure and names it by type and place: its text may hold personal data."""
        self._stats.handler_errors += 1
        place = error.__traceback__
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        where = f"{place.tb_frame.f_code.co_name}:{place.tb_lineno}" if place is not None else "?"
        reason = f"handler of {name}: {type(error).__name__} in {where}"
        logger.error("%s", reason)
        return reason

    def put_aside(self, reason: str, message: bytes) -> None:
        """Keeps the beginning of a message that was not handled, and why."""
        self._stats.set_aside += 1
        self.aside.append(SetAside(reason, message[:SAMPLE]))
