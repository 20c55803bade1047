"""A proxy on the engine's link to its Asterisk that meddles: it swallows an answer and cuts the link, repeats events at once and late,
says what no Asterisk says, and passes nothing on while the connection stands."""

import asyncio
import re
from dataclasses import dataclass, field

from tests.fakes.passing import Passing, until_either_ends

END = b"\r\n\r\n"
LONGEST = 2**20
_FIELD = re.compile(rb"^(Action|ActionID|Response|Event): *([^\r\n]*)", re.MULTILINE)
_MODELLED = (
    "Newchannel",
    "Newstate",
    "Hangup",
    "BridgeEnter",
    "BridgeLeave",
    "DialBegin",
    "DialState",
    "DialEnd",
    "UserEvent",
    "OriginateResponse",
    "MixMonitorStart",
    "MixMonitorStop",
)
"""The events of a call. Those of a list, which answer a question, are left as they are."""


def _fields(message: bytes) -> dict[str, str]:
    return {key.decode(): value.decode(errors="replace") for key, value in _FIELD.findall(message)}


@dataclass
class MeddlingProxy:
    """Listens on loopback for `port` of the real Asterisk. Use `start` and `stop`; it is honest until it is told not to be."""

    port: int
    listens_on: int = 0
    swallows: str = ""
    """The action whose next answer never arrives: the link is cut in its place."""
    swallowed: list[str] = field(default_factory=list)
    doubles: bool = False
    silent: bool = False
    """Nothing arrives at either end any more, as where a network drops its packets; who connects meanwhile hears nothing either."""
    kept: list[bytes] = field(default_factory=list)
    """Events that were passed on twice, to be said once more when they are old."""
    _server: asyncio.Server | None = None
    _engine: asyncio.StreamWriter | None = None
    _passing: Passing = field(default_factory=Passing)

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0, limit=LONGEST)
        self.listens_on = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._passing.stop()

    def say(self, *messages: bytes) -> None:
        """As if Asterisk had said it."""
        assert self._engine is not None
        for message in messages:
            self._engine.write(message + END)

    def say_late(self) -> int:
        """Once more, now that it is old, whatever was doubled. How many events that were."""
        self.say(*self.kept)
        said, self.kept = len(self.kept), []
        return said

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._passing.enter()
        if self.silent:
            await _unheard(reader)
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.port, limit=LONGEST)
        except OSError:
            writer.close()
            return
        doomed: set[str] = set()
        try:
            await until_either_ends(self._actions(reader, far_writer, doomed), self._events(far_reader, writer, doomed))
        finally:
            for each in (writer, far_writer):
                each.transport.abort()

    async def _actions(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, doomed: set[str]) -> None:
        while True:
            message = await reader.readuntil(END)
            if self.silent:
                continue
            told = _fields(message)
            if self.swallows and told.get("Action") == self.swallows:
                doomed.add(told["ActionID"])
                self.swallows = ""
            writer.write(message)
            await writer.drain()

    async def _events(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, doomed: set[str]) -> None:
        writer.write(await reader.readuntil(b"\r\n"))  # the banner
        while True:
            message = await reader.readuntil(END)
            if self.silent:
                continue
            told = _fields(message)
            if "Response" in told and "Event" not in told and told.get("ActionID") in doomed:
                self.swallowed.append(told["ActionID"])
                return
            self._pass_on(message, told, writer)
            await writer.drain()

    def _pass_on(self, message: bytes, told: dict[str, str], writer: asyncio.StreamWriter) -> None:
        if told.get("Response") == "Success" and "Event" not in told:
            self._engine = writer  # a greeting of `greets` (telephony/process.py) logs nobody in
        writer.write(message)
        if self.doubles and told.get("Event") in _MODELLED:
            writer.write(message)
            self.kept.append(message.removesuffix(END))


async def _unheard(reader: asyncio.StreamReader) -> None:
    """Until the far end gives it up."""
    while await reader.read(LONGEST):
        """Into the void."""
