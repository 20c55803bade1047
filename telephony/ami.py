"""The link to one Asterisk over AMI: panoramisk behind an adapter that removes its defects. The only file that imports it.

From panoramisk come the encoding of actions, the matching of answers by ActionID and the parsing of answers. Ours are the
framing (on bytes), the typed events, their one ordered stream, the watchdog, the deadlines, the reconnect and the resync.
`python -m tests.telephony.prove_ami` shows each promise kept here and broken by bare panoramisk.

A handler is awaited before the next event is delivered; it may send actions, but must not wait for a later event.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from enum import StrEnum
from random import Random
from types import MappingProxyType
from typing import Any

from panoramisk.actions import Action
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.message import Message

from ..storage.failpoint import failpoint
from .ami_actions import (
    ActionOutcomeUnknown,
    ActionTimeout,
    AmiError,
    LinkDown,
    Reply,
    Value,
    backoff,
    boot_id_of,
    checked_fields,
    checked_name,
    items_of,
    reply_of,
)
from .ami_commands import Commands
from .ami_delivery import AmiStats, AmiTuning, Delivery, Inbox, SetAside
from .ami_events import Event, LiveChannel, Resync
from .ami_fence import Fence, Unfenced
from .ami_frames import Framer, NotAmi, Overlong, Unparseable
from .ami_translate import live_channels
from .ami_watchdog import watch

logger = logging.getLogger(__name__)

_UNBOOTED = "1970-01-01"  # CoreStatus before Asterisk has set its start time
_CHANNELS_END = "CoreShowChannelsComplete"


class LinkState(StrEnum):
    DOWN = "down"
    CONNECTING = "connecting"
    UP = "up"


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


class _Wire(AMIProtocol):  # type: ignore[misc]  # panoramisk has no types
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


class Ami(Commands):
    """The supervised link to one Asterisk node.

    `on_event` gets every event, one at a time, in the order of the wire; with `lane_of` that holds within each lane.
    `on_resync` gets the truth after each gap (first connect included) before any later event; if it fails, the session is dropped
    and tried again. `on_link` hears each change of `state`.
    """

    def __init__(
        self,
        node: str,
        host: str,
        port: int,
        username: str,
        secret: str,
        *,
        on_event: Callable[[Event], Awaitable[None]],
        on_resync: Callable[[Resync], Awaitable[None]],
        on_link: Callable[[LinkState], Awaitable[None]] | None = None,
        random: Random,
        tuning: AmiTuning = AmiTuning(),  # noqa: B008  # frozen
        fence: Fence = Unfenced(),  # noqa: B008  # frozen
        lane_of: Callable[[Event], str] | None = None,
    ) -> None:
        self.node, self._host, self._port = node, host, port
        self._login_fields = checked_fields({"Username": username, "Secret": secret, "Events": "on"})
        self._on_resync, self._on_link = on_resync, on_link
        self._random = random
        self._tuning = tuning
        self._fence = fence
        self._stats = AmiStats()
        self._delivery = Delivery(node, on_event, self._stats, tuning.aside_limit, lane_of)
        self._wire: _Wire | None = None
        self._task: asyncio.Task[None] | None = None
        self._pump: asyncio.Task[None] | None = None
        self._tried = asyncio.Event()
        self._serial = 0
        self.state = LinkState.DOWN
        self.boot_id: str | None = None
        self._synced_boot_id: str | None = None
        self._up_at: float | None = None
        self.last_error = ""

    @property
    def stats(self) -> AmiStats:
        """A copy of the counters."""
        return replace(self._stats)

    @property
    def aside(self) -> tuple[SetAside, ...]:
        """The last messages set aside, oldest first."""
        return tuple(self._delivery.aside)

    async def start(self) -> None:
        """Begins to hold the link. Returns when it is up and resynced, or when the first try failed (it goes on trying).
        Never raises for an unreachable or refusing peer."""
        if self._task is None:
            self._tried.clear()
            self._task = asyncio.create_task(self._run(), name=f"ami {self.node}")
        await self._tried.wait()

    async def stop(self) -> None:
        """Closes the link. Events received but not yet delivered are dropped. Must not be awaited by a handler."""
        tasks = [task for task in (self._task, self._pump) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._task = self._pump = None
        self._tried.set()
        await self._enter(LinkState.DOWN)

    async def action(self, name: str, fields: Mapping[str, Value], *, timeout_s: float | None = None) -> Reply:
        """Sends one action and returns its answer; a refusal by Asterisk is a Reply with `ok` False.

        Raises BadValue, LinkDown (nothing was sent), ActionTimeout and ActionOutcomeUnknown (it was sent, the answer is lost).
        """
        answers = await self._ask(name, fields, None, self._tuning.answer_s if timeout_s is None else timeout_s)
        return reply_of(answers[0])

    async def action_list(
        self, name: str, fields: Mapping[str, Value], *, ends_with: str, timeout_s: float | None = None
    ) -> list[Mapping[str, str]]:
        """Sends an action that is answered by a list of events and returns the events before `ends_with`.

        Raises as `action`, ActionRefused for an error answer, ActionOutcomeUnknown when the list is shorter than it says.
        """
        answers = await self._ask(name, fields, ends_with, self._tuning.list_s if timeout_s is None else timeout_s)
        return items_of(name, answers)

    async def show_channels(self) -> list[LiveChannel]:
        """All channels that live on the node now."""
        items = await self.action_list("CoreShowChannels", {}, ends_with=_CHANNELS_END)
        return list(self._live(items, self.boot_id or ""))

    async def core_status(self) -> str:
        """The node's boot id: its start time in its own local time."""
        return boot_id_of(await self.action("CoreStatus", {}))

    # The life of the link

    async def _run(self) -> None:
        failures = 0
        loop = asyncio.get_running_loop()
        while True:
            self._up_at = None
            try:
                await self._enter(LinkState.CONNECTING)
                await self._session()
            except (AmiError, OSError) as error:  # TimeoutError is an OSError
                self.last_error = str(error) or type(error).__name__
            except Exception as error:  # a fault of ours: the link is kept all the same
                self.last_error = self._delivery.failed("the session", error)
            logger.warning("AMI link to %s is down: %s", self.node, self.last_error)
            await self._enter(LinkState.DOWN)
            self._tried.set()
            if self._up_at is not None and loop.time() - self._up_at >= self._tuning.settled_s:
                failures = 0  # a link that falls at once again is not a fresh start
            await asyncio.sleep(
                backoff(failures, self._random, first_s=self._tuning.backoff_first_s, cap_s=self._tuning.backoff_cap_s)
            )
            failures += 1

    async def _session(self) -> None:
        """One connection from its first byte to its last. Returns when it is lost; raises when it cannot begin."""
        self._serial += 1
        inbox = Inbox(self._tuning.inbox_limit)
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(self._tuning.connect_s):
            _, wire = await loop.create_connection(
                lambda: _Wire(self._serial, inbox, self._stats, self._delivery.put_aside, self._fence),
                self._host,
                self._port,
            )
        watchdog = asyncio.create_task(watch(wire, self._tuning, self._stats), name=f"ami watchdog {self.node}")
        try:
            await self._log_in(wire)
            if self._pump is not None:
                await asyncio.wait([self._pump])  # what came before the gap is delivered before the truth after it
            boot_id = await self._resync(wire)
            if wire.usable:
                self._up_at, self.last_error = loop.time(), ""
                await self._enter(LinkState.UP)
                self._tried.set()
            self._pump = asyncio.create_task(self._delivery.run(inbox, boot_id), name=f"ami {self.node}")
            self.last_error = await asyncio.shield(wire.lost)
        finally:
            self._wire = None
            watchdog.cancel()
            wire.abort("closed by us")
            await asyncio.wait({wire.lost})
            await asyncio.wait({watchdog})

    async def _log_in(self, wire: _Wire) -> None:
        reply = reply_of((await self._exchange(wire, "Login", self._login_fields, None, self._tuning.answer_s))[0])
        if not reply.ok:
            self._stats.refused_logins += 1
            raise AmiError(f"Asterisk refuses the login: {reply.message}")
        wire.logged_in = True
        self._stats.reconnects += self._stats.sessions > 0
        self._stats.sessions += 1

    async def _resync(self, wire: _Wire) -> str:
        """Reads the node's truth and hands it to on_resync, which may already send actions."""
        while True:
            status = reply_of((await self._exchange(wire, "CoreStatus", {}, None, self._tuning.answer_s))[0])
            if status.headers.get("CoreStartupDate") != _UNBOOTED:
                break
            await asyncio.sleep(self._tuning.backoff_first_s)
        boot_id = boot_id_of(status)
        answers = await self._exchange(wire, "CoreShowChannels", {}, _CHANNELS_END, self._tuning.list_s)
        channels = self._live(items_of("CoreShowChannels", answers), boot_id)
        self._wire, self.boot_id = wire, boot_id
        resync = Resync(self.node, boot_id, self._synced_boot_id, channels)
        if await self._delivery.guarded("the resync", self._on_resync, resync):
            raise AmiError("the resync was not taken")
        self._synced_boot_id = boot_id
        return boot_id

    def _live(self, items: Sequence[Mapping[str, str]], boot_id: str) -> tuple[LiveChannel, ...]:
        channels, nameless = live_channels(items, self.node, boot_id)
        for _ in range(nameless):
            self._delivery.put_aside("CoreShowChannel without Uniqueid", b"")
        return channels

    async def _enter(self, state: LinkState) -> None:
        if state is self.state:
            return
        self.state = state
        if self._on_link is not None:
            await self._delivery.guarded("the link", self._on_link, state)

    async def _ask(
        self, name: str, fields: Mapping[str, Value], ends_with: str | None, timeout_s: float
    ) -> list[Mapping[str, str]]:
        name, checked = checked_name(name), checked_fields(fields)
        if self._wire is None:
            raise LinkDown(f"{name}: no session with {self.node}")
        return await self._exchange(self._wire, name, checked, ends_with, timeout_s)

    async def _exchange(
        self, wire: _Wire, name: str, fields: Mapping[str, str | list[str]], ends_with: str | None, timeout_s: float
    ) -> list[Mapping[str, str]]:
        if not wire.usable:
            raise LinkDown(f"{name}: no session with {self.node}")
        action = wire.post(name, fields, ends_with)
        self._stats.actions += 1
        try:
            if name == "Originate":
                failpoint("after_originate_sent")
            async with asyncio.timeout(timeout_s):
                answers: list[Message] = await action.future
        except TimeoutError:
            self._stats.timeouts += 1
            raise ActionTimeout(f"{name}: no answer in {timeout_s:g} s") from None
        except ActionOutcomeUnknown:
            self._stats.unknown_outcomes += 1
            raise
        finally:
            wire.forget(action)
        return [_plain(answer) for answer in answers]


def _plain(message: Message) -> Mapping[str, str]:
    headers = {key: "\n".join(value) if isinstance(value, list) else value for key, value in message.items()}
    if not headers.get("content"):
        headers.pop("content", None)  # panoramisk's own name for the text of a CLI answer
    return MappingProxyType(headers)
