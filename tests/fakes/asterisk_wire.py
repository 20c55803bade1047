"""A fake Asterisk that speaks real AMI bytes over TCP, and misbehaves on demand.

It keeps channels and variables, answers the actions that Cordboard sends, records every action as the headers that
really stood on the wire, and can delay, cut, swallow, fall silent, reset, lose, double and reorder.

    asterisk = FakeAsterisk()
    await asterisk.start()
    asterisk.emit("UserEvent", {"Uniqueid": "1.1", "UserEvent": "Hello"})
    await asterisk.until(lambda: asterisk.sent("Originate"))
"""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable, Mapping

from cordboard.simulation.ami_session import AmiSession
from tests.fakes.asterisk_answers import ANSWERS, Answer
from tests.fakes.asterisk_words import Behaviour, FakeChannel, Headers, Received, Verdict, encode, escaped

__all__ = ["Behaviour", "FakeAsterisk", "FakeChannel", "Received", "Session", "Verdict"]

_STATES = {"down": ("0", "Down"), "ring": ("4", "Ring"), "ringing": ("5", "Ringing"), "up": ("6", "Up")}


class Session(AmiSession):
    """One AMI connection of a client, which can be made to misbehave."""

    def __init__(self, asterisk: "FakeAsterisk", reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        super().__init__(reader, writer, asterisk.take)
        self._asterisk = asterisk
        self._outgoing: asyncio.Queue[bytes] = asyncio.Queue()

    def say(self, message: bytes) -> None:
        """Queues bytes for this client; silence swallows them."""
        if not self._asterisk.behaviour.silent:
            self._outgoing.put_nowait(message)

    def reply(self, action: Received, *pairs: tuple[str, str], response: str = "Success") -> None:
        """Answers an action unless its answer is to be swallowed."""
        if action.name not in self._asterisk.behaviour.swallow:
            super().reply(action, *pairs, response=response)

    def reset(self) -> None:
        """RST instead of FIN."""
        sock = self._writer.get_extra_info("socket")
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.cut()

    async def run(self) -> None:
        mouth = asyncio.create_task(self._speak())
        try:
            await super().run()
        finally:
            mouth.cancel()
            await asyncio.wait([mouth])

    async def _speak(self) -> None:
        while True:
            message = await self._outgoing.get()
            behaviour = self._asterisk.behaviour
            if behaviour.delay_s:
                await asyncio.sleep(behaviour.delay_s)
            for segment in behaviour.cuts(message) if behaviour.cuts else (message,):
                self._writer.write(segment)
                await self._writer.drain()
                if behaviour.cuts:
                    await asyncio.sleep(0.001)  # lets the segment leave and be read before the next one is written


class FakeAsterisk:
    """The node. `received` holds all actions in order; `channels` is its truth by Uniqueid, free to be edited, as are `members` and
    `callers` of its one queue and its `database` (both outlive a boot, but for the callers)."""

    def __init__(self, username: str = "engine", secret: str = "s3cret", boot: str = "2026-11-21 10:00:00") -> None:
        self.behaviour = Behaviour()
        self.received: list[Received] = []
        self.sessions: list[Session] = []
        self.logins = 0
        self.connections = 0
        self.channels: dict[str, FakeChannel] = {}
        self.globals: dict[str, str] = {}
        self.members: dict[str, bool] = {}  # of the one queue: who is paused
        self.callers: list[str] = []  # who waits in it, by channel name
        self.database: dict[str, str] = {}
        self.boot = boot
        self.port = 0
        self.answers: dict[str, Answer] = dict(ANSWERS)
        self._username, self._secret = username, secret
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._serial = 0

    async def start(self) -> None:
        """Listens on loopback; a second start takes the same port again."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port, reuse_address=True)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Closes the door and every session."""
        if self._server is not None:
            self._server.close()
        for session in list(self.sessions):
            session.close()
        if self._tasks:
            await asyncio.wait(self._tasks)
        if self._server is not None:
            await self._server.wait_closed()
            self._server = None

    async def restart(self, boot: str) -> None:
        """kill -9 and a new boot: all channels and globals are gone without a word."""
        self.reset()
        await self.stop()
        self.channels.clear()
        self.callers.clear()
        self.globals.clear()
        self.boot = boot
        await self.start()

    def reset(self) -> None:
        """RST on every session."""
        for session in list(self.sessions):
            session.reset()

    async def until(self, true: Callable[[], object], timeout_s: float = 5.0) -> None:
        """Waits for a state of this fake that is changed by what clients send."""
        async with asyncio.timeout(timeout_s):
            while not true():
                self._changed.clear()
                await self._changed.wait()

    def sent(self, name: str) -> list[Received]:
        """The received actions of one name."""
        return [action for action in self.received if action.name == name]

    def emit(self, name: str, headers: Headers = ()) -> None:
        """One event to every logged-in session."""
        pairs = headers.items() if isinstance(headers, Mapping) else headers
        self.emit_raw(encode([("Event", name), ("Privilege", "call,all"), *pairs]))

    def emit_raw(self, message: bytes) -> None:
        """These very bytes, mangled as an event, to every logged-in session."""
        mangle = self.behaviour.mangle
        for packet in mangle(message) if mangle else (message,):
            for session in self.sessions:
                if session.logged_in:
                    session.say(packet)

    def about(self, channel: FakeChannel, prefix: str = "") -> list[tuple[str, str | bytes]]:
        """The headers that every event about a channel carries."""
        number, text = _STATES[channel.state]
        shown = self.behaviour.variables_shown
        pairs: list[tuple[str, str | bytes]] = [
            ("Channel", channel.name),
            ("ChannelState", number),
            ("ChannelStateDesc", text),
            ("CallerIDNum", channel.caller_number or "<unknown>"),
            ("CallerIDName", escaped(channel.caller_name) or "<unknown>"),
            ("Context", channel.context),
            ("Exten", channel.exten),
            ("Priority", "1"),
            ("Uniqueid", channel.uniqueid),
            ("Linkedid", channel.linkedid or channel.uniqueid),
            *(
                ("ChanVariable", f"{name}={value}")
                for name, value in channel.variables.items()
                if name.startswith(shown)
            ),
        ]
        return [(prefix + key, value) for key, value in pairs]

    def add_channel(self, channel: FakeChannel) -> FakeChannel:
        """A new channel, told to the sessions."""
        self.channels[channel.uniqueid] = channel
        self.emit("Newchannel", self.about(channel))
        return channel

    def find(self, name_or_id: str) -> FakeChannel | None:
        return self.channels.get(name_or_id) or next((c for c in self.channels.values() if c.name == name_or_id), None)

    def set_state(self, channel: FakeChannel, state: str) -> None:
        channel.state = state
        self.emit("Newstate", self.about(channel))

    def hang_up(self, channel: FakeChannel, cause: int = 16, tech_cause: str = "") -> None:
        """The channel ends; sessions hear it."""
        self.channels.pop(channel.uniqueid, None)
        pairs = [*self.about(channel), ("Cause", str(cause)), ("Cause-txt", "Cause text")]
        self.emit("Hangup", [*pairs, ("TechCause", tech_cause)] if tech_cause else pairs)

    def user_event(self, kind: str, channel: FakeChannel, fields: Mapping[str, str]) -> None:
        """The dialplan's UserEvent on a channel."""
        self.emit("UserEvent", [*self.about(channel), ("UserEvent", kind), *fields.items()])

    def next_id(self) -> str:
        self._serial += 1
        return f"fake-1.{self._serial}"

    def take(self, session: Session, action: Received) -> None:
        """One action has arrived."""
        self.received.append(action)
        if not self.behaviour.silent:
            if action.name == "Login":
                self._log_in(session, action)
            elif not session.logged_in:
                session.reply(action, ("Message", "Permission denied"), response="Error")
            elif answer := self.answers.get(action.name):
                answer(self, session, action)
            else:
                session.reply(action, ("Message", "Invalid/unknown command"), response="Error")
        self._changed.set()

    def _log_in(self, session: Session, action: Received) -> None:
        if (action.get("Username"), action.get("Secret")) != (self._username, self._secret):
            session.reply(action, ("Message", "Authentication failed"), response="Error")
            return
        session.logged_in = True
        self.logins += 1
        session.reply(action, ("Message", "Authentication accepted"))
        session.say(encode([("Event", "FullyBooted"), ("Privilege", "system,all"), ("Status", "Fully Booted")]))

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = Session(self, reader, writer)
        self.sessions.append(session)
        self.connections += 1
        self._changed.set()
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with contextlib.suppress(OSError):
                await session.run()
        finally:
            self._tasks.discard(task)
            self.sessions.remove(session)
            self._changed.set()
