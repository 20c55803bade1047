"""One session of the AMI link: panoramisk behind an adapter that removes its defects. The only file that imports it.

From panoramisk come the encoding of actions, the matching of answers by ActionID and the parsing of answers. Ours are the
framing (on bytes), the fence, and what becomes of a message that nobody waits for.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType
from typing import Any

from panoramisk.actions import Action
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.message import Message

from .ami_actions import ActionOutcomeUnknown, LinkDown
from .ami_delivery import AmiStats, Inbox
from .ami_fence import Fence
from .ami_frames import Framer, NotAmi, Overlong, Unparseable


class _Message(Message):  # type: ignore[misc]  # panoramisk has no types
    quoted_keys: Sequence[str] = ()  # panoramisk would percent-decode a header that happens to be named Result


class _Action(Action):  # type: ignore[misc]  # panoramisk has no types
    """panoramisk guesses from the answer's wording whether a list follows; here the sender says so."""

    def __init__(self, fields: Mapping[str, str | list[str]], ends_with: str | None) -> None:
        super().__init__(fields)
        self.ends_with = ends_with

    def add_message(self, message: Message) -> bool:
        self.responses.append(message)
        answered = "event" not in message and (self.ends_with is None or not message.success)
        done = answered or ("event" in message and message.event == self.ends_with)
        if done and not self.future.done():
            self.future.set_result(self.responses)
        return bool(done or self.future.done())


class AmiWire(AMIProtocol):  # type: ignore[misc]  # panoramisk has no types
    """One TCP session. Answers are matched here at once; events go raw to the inbox and are parsed when delivered."""

    def __init__(
        self, serial: int, inbox: Inbox, stats: AmiStats, set_aside: Callable[[str, bytes], None], fence: Fence
    ) -> None:
        self.encoding = "utf-8"
        self.inbox = inbox
        self.lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.heard_at = asyncio.get_running_loop().time()
        self.logged_in = False
        self._reason = ""
        self._framer = Framer()
        self._stats = stats
        self._set_aside = set_aside
        self._fence = fence
        self._name = f"cb{fence.epoch}-{serial}-"
        self._count = 0
        self._tag = f"\r\nActionID: {self._name}".encode()
        self._forgotten: deque[str] = deque(maxlen=256)

    @property
    def usable(self) -> bool:
        return not self.closed and not self.transport.is_closing()

    def post(self, name: str, fields: Mapping[str, str | list[str]], ends_with: str | None = None) -> Any:
        """Sends one action now; its `future` yields the list of answers. Fields must be checked already.

        Raises LinkDown when this engine may not speak any more. When Asterisk has left so much unread that bytes stay here, the
        session ends: they would leave later, whoever leads then.
        """
        self._count += 1
        action = _Action({**fields, "Action": name, "ActionID": f"{self._name}{self._count}"}, ends_with)
        if not self._fence.holds():
            raise LinkDown(f"{name}: this engine does not lead any more")
        self.send(action)
        if self.transport.get_write_buffer_size():
            self.abort("Asterisk does not read")
        return action

    def ping(self) -> None:
        """Makes a living peer say something."""
        if self.logged_in and self.usable:
            with suppress(LinkDown):
                self.post("Ping", {})

    def forget(self, action: Any) -> None:
        """Nobody waits for this action any more: what still comes for it is counted and dropped."""
        if self.responses.pop(action.id, None) is not None:
            self._forgotten.append(action.id)

    def data_received(self, data: bytes) -> None:
        self.heard_at = asyncio.get_running_loop().time()
        try:
            messages = self._framer.feed(data)
        except NotAmi as error:
            self.abort(str(error))
            return
        for message in messages:
            if isinstance(message, Overlong):
                self._set_aside("over-long message", message.head)
            elif message.startswith(b"Event:") and self._tag not in message:
                self._keep(message)
            else:
                self._answer(message)

    def _answer(self, raw: bytes) -> None:
        try:
            message = _Message.from_line(raw.decode("utf-8", "replace"))
            if message is None:
                raise Unparseable("neither Event nor Response")
            action = self.responses.get(message.id)
            if action is not None and (action.ends_with is not None or "event" not in message):
                self.handle_message(message)
            elif "event" in message and message.id not in self._forgotten:
                self._keep(raw)  # the OriginateResponse of an answered Originate: an event like any other
            else:
                self._stats.late += 1
        except Exception as error:  # one bad message must never cost the link
            self._set_aside(str(error) if isinstance(error, Unparseable) else type(error).__name__, raw)

    def _keep(self, message: bytes) -> None:
        if self.inbox.put(message):
            return
        if not self.inbox.closed:
            self._stats.overflows += 1
            self._stats.discarded += self.inbox.discard()
            self.abort("events come faster than they are handled")
        self._stats.discarded += 1

    def abort(self, reason: str) -> None:
        """Ends the session at once, without waiting for the peer."""
        self._reason = self._reason or reason
        self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is kept for a later session: what is in flight fails now."""
        self.closed = True
        self.inbox.close()
        actions = {id(action): action for action in self.responses.values()}
        self.responses.clear()
        for action in actions.values():
            if not action.future.done():
                action.future.set_exception(
                    ActionOutcomeUnknown(f"{action['Action']}: the link broke before its answer")
                )
                action.future.exception()  # retrieved here, so that an unawaited Ping is not reported as forgotten
        if not self.lost.done():
            self.lost.set_result(self._reason or (type(exc).__name__ if exc else "closed by the peer"))


def plain(message: Message) -> Mapping[str, str]:
    """The headers of an answer, by name; lines of a repeated header stand in one value."""
    headers = {key: "\n".join(value) if isinstance(value, list) else value for key, value in message.items()}
    if not headers.get("content"):
        headers.pop("content", None)  # panoramisk's own name for the text of a CLI answer
    return MappingProxyType(headers)
