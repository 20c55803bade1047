"""The link to one Asterisk over AMI: held, watched, begun anew when it breaks, and told the truth after each gap.

One session is `ami_wire.py`. `python -m tests.telephony.prove_ami` shows each promise kept here and broken by bare panoramisk.

A handler is awaited before the next event is delivered; it may send actions, but must not wait for a later event.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from random import Random

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
from .ami_translate import live_channels
from .ami_watchdog import watch
from .ami_wire import AmiWire, plain

logger = logging.getLogger(__name__)

_UNBOOTED = "1970-01-01"  # CoreStatus before Asterisk has set its start time
_CHANNELS_END = "CoreShowChannelsComplete"


class LinkState(StrEnum):
    DOWN = "down"
    CONNECTING = "connecting"
    UP = "up"


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
        self._wire: AmiWire | None = None
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
                lambda: AmiWire(self._serial, inbox, self._stats, self._delivery.put_aside, self._fence),
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

    async def _log_in(self, wire: AmiWire) -> None:
        reply = reply_of((await self._exchange(wire, "Login", self._login_fields, None, self._tuning.answer_s))[0])
        if not reply.ok:
            self._stats.refused_logins += 1
            raise AmiError(f"Asterisk refuses the login: {reply.message}")
        wire.logged_in = True
        self._stats.reconnects += self._stats.sessions > 0
        self._stats.sessions += 1

    async def _resync(self, wire: AmiWire) -> str:
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
        self, wire: AmiWire, name: str, fields: Mapping[str, str | list[str]], ends_with: str | None, timeout_s: float
    ) -> list[Mapping[str, str]]:
        if not wire.usable:
            raise LinkDown(f"{name}: no session with {self.node}")
        action = wire.post(name, fields, ends_with)
        self._stats.actions += 1
        try:
            if name == "Originate":
                failpoint("after_originate_sent")
            async with asyncio.timeout(timeout_s):
                answers = [plain(answer) for answer in await action.future]
        except TimeoutError:
            self._stats.timeouts += 1
            raise ActionTimeout(f"{name}: no answer in {timeout_s:g} s") from None
        except ActionOutcomeUnknown:
            self._stats.unknown_outcomes += 1
            raise
        finally:
            wire.forget(action)
        return answers
