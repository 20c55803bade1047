"""Two AMI clients in one shape, so that one contract can judge both: our adapter, and panoramisk as it is.

`BarePanoramisk` adds nothing to panoramisk but names: it uses its own hooks and gives it no deadline, check or guard.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol

from panoramisk import Manager

from cordboard.telephony.ami import Ami, LinkState
from cordboard.telephony.ami_delivery import AmiTuning
from cordboard.telephony.ami_events import Event, OriginateResponded, Resync, UserEventSeen

Value = str | int | Sequence[str]
Handler = Callable[[str, Mapping[str, str]], None | Awaitable[None]]  # the event's kind and its fields

QUICK = AmiTuning(
    ping_s=0.05, dead_after_s=0.4, connect_s=5, backoff_first_s=0.01, backoff_cap_s=0.05, settled_s=0.0, aside_limit=5
)


@dataclass(slots=True)
class Heard:
    """What a client told its owner, in order; the default handlers only note it down."""

    kinds: list[str] = field(default_factory=list)
    fields: list[Mapping[str, str]] = field(default_factory=list)
    resyncs: int = 0

    def note(self, kind: str, fields: Mapping[str, str]) -> None:
        self.kinds.append(kind)
        self.fields.append(fields)

    def of(self, kind: str) -> list[Mapping[str, str]]:
        return [fields for found, fields in zip(self.kinds, self.fields, strict=True) if found == kind]


class Subject(Protocol):
    """A client under the contract."""

    patience_s: float  # how long a state that must come is awaited
    handler: Handler
    on_resync: Callable[[], Awaitable[None]] | None
    heard: Heard

    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    async def ask(self, name: str, fields: Mapping[str, Value], timeout_s: float | None = None) -> str: ...
    @property
    def connected(self) -> bool: ...
    @property
    def drops(self) -> int: ...
    @property
    def set_aside(self) -> int: ...
    @property
    def handler_errors(self) -> int: ...
    @property
    def broken_texts(self) -> int: ...


async def _run(handler: Handler, kind: str, fields: Mapping[str, str]) -> None:
    result = handler(kind, fields)
    if inspect.isawaitable(result):
        await result


class OurAmi:
    """Cordboard's adapter."""

    def __init__(self, port: int, username: str = "engine", secret: str = "s3cret", tuning: AmiTuning = QUICK) -> None:
        self.patience_s = 20.0
        self.heard = Heard()
        self.handler: Handler = self.heard.note
        self.on_resync: Callable[[], Awaitable[None]] | None = None
        self.ami = Ami(
            "node1",
            "127.0.0.1",
            port,
            username,
            secret,
            on_event=self._event,
            on_resync=self._resync,
            random=Random(1),
            tuning=tuning,
        )

    async def start(self) -> None:
        await self.ami.start()

    async def stop(self) -> None:
        await self.ami.stop()

    async def ask(self, name: str, fields: Mapping[str, Value], timeout_s: float | None = None) -> str:
        return (await self.ami.action(name, fields, timeout_s=timeout_s)).message

    @property
    def connected(self) -> bool:
        return self.ami.state is LinkState.UP

    @property
    def drops(self) -> int:
        return self.ami.stats.reconnects

    @property
    def set_aside(self) -> int:
        return self.ami.stats.set_aside

    @property
    def handler_errors(self) -> int:
        return self.ami.stats.handler_errors

    @property
    def broken_texts(self) -> int:
        return self.ami.stats.broken_text

    async def _event(self, event: Event) -> None:
        if isinstance(event, UserEventSeen):
            await _run(self.handler, event.kind, event.fields)
        elif isinstance(event, OriginateResponded):
            await _run(self.handler, "OriginateResponse", {"Uniqueid": event.channel.uniqueid})
        else:
            await _run(self.handler, type(event).__name__, {})

    async def _resync(self, resync: Resync) -> None:
        self.heard.resyncs += 1
        if self.on_resync is not None:
            await self.on_resync()


class BarePanoramisk:
    """panoramisk.Manager as its documentation shows it."""

    def __init__(self, port: int, username: str = "engine", secret: str = "s3cret") -> None:
        self.patience_s = 2.0
        self.heard = Heard()
        self.handler: Handler = self.heard.note
        self.on_resync: Callable[[], Awaitable[None]] | None = None
        self.drops = 0
        self.set_aside = self.handler_errors = self.broken_texts = 0  # panoramisk counts nothing
        self._tasks: set[asyncio.Task[None]] = set()
        self._manager = Manager(
            host="127.0.0.1",
            port=port,
            username=username,
            secret=secret,
            ping_delay=1,
            ping_interval=1,
            reconnect_timeout=1,
            on_login=self._logged_in,
            on_disconnect=self._dropped,
        )
        self._manager.register_event("*", self._event)

    async def start(self) -> None:
        self._manager.loop = asyncio.get_running_loop()
        await asyncio.wait([self._manager.connect()])
        login = self._manager.authenticated_future
        if login is not None:
            await asyncio.wait([login])

    async def stop(self) -> None:
        self._manager.connect = lambda: None
        self._manager.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.sleep(0)

    async def ask(self, name: str, fields: Mapping[str, Value], timeout_s: float | None = None) -> str:
        answer = await self._manager.send_action({"Action": name, **fields})
        return str((answer[0] if isinstance(answer, list) else answer).message)

    @property
    def connected(self) -> bool:
        return bool(self._manager._connected and self._manager.authenticated)

    def _event(self, manager: Manager, message: Any) -> None | Awaitable[None]:
        kind = message.userevent if message.event == "UserEvent" else message.event
        return self.handler(kind, dict(message.items()))

    def _logged_in(self, manager: Manager) -> None:
        async def resync() -> None:
            await manager.send_action({"Action": "CoreShowChannels"})
            self.heard.resyncs += 1
            if self.on_resync is not None:
                await self.on_resync()

        task = asyncio.get_running_loop().create_task(resync())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _dropped(self, manager: Manager, reason: object) -> None:
        self.drops += 1
