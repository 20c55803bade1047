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
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

Pairs = Iterable[tuple[str, str | bytes]]
Headers = Mapping[str, str | bytes] | Pairs
Mangler = Callable[[bytes], Sequence[bytes]]

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
_STATES = {"down": ("0", "Down"), "ring": ("4", "Ring"), "ringing": ("5", "Ringing"), "up": ("6", "Up")}


def encode(pairs: Headers) -> bytes:
    """One AMI message. Bytes values go out as they are, so that they may hold broken UTF-8."""
    lines = []
    for key, value in pairs.items() if isinstance(pairs, Mapping) else pairs:
        lines.append(key.encode() + b": " + (value if isinstance(value, bytes) else value.encode()) + b"\r\n")
    return b"".join(lines) + b"\r\n"


@dataclass(frozen=True, slots=True)
class Received:
    """One action as Asterisk reads it: lines end at LF, and a line ends at a stray CR."""

    headers: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        return self.get("Action")

    def get(self, key: str) -> str:
        return next((value for found, value in self.headers if found.lower() == key.lower()), "")

    def all(self, key: str) -> list[str]:
        return [value for found, value in self.headers if found.lower() == key.lower()]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How an originated leg ends its ringing. `reason` is OriginateResponse's: 4 answered, 3 rang out, 0 failed."""

    answered: bool = True
    cause: int = 16
    tech_cause: str = ""
    reason: int = 4


@dataclass(slots=True)
class FakeChannel:
    uniqueid: str
    name: str
    state: str = "up"
    application: str = "Wait"
    bridge: str = ""
    linkedid: str = ""
    context: str = ""
    exten: str = ""
    caller_number: str = ""
    caller_name: str = ""
    variables: dict[str, str] = field(default_factory=dict)
    seconds: int = 0


@dataclass(slots=True)
class Behaviour:
    """What is wrong with this Asterisk; the default is nothing. May be changed while it runs."""

    delay_s: float = 0.0  # before every message that goes out
    cuts: Callable[[bytes], Sequence[bytes]] | None = None  # one message into the TCP segments it travels in
    silent: bool = False  # half-open: connections are taken and read, nothing is ever said
    swallow: set[str] = field(default_factory=set)  # actions that are done but not answered
    mangle: Mangler | None = None  # one event into the events that really go out: lost, doubled, held back
    originate: Callable[[Received], Verdict | None] = lambda _: Verdict()  # None: it rings until told otherwise
    variables_shown: str = "CC_"  # manager.conf's channelvars, as a prefix


Answer = Callable[["FakeAsterisk", "Session", Received], None]


class Session:
    """One AMI connection of a client."""

    def __init__(self, asterisk: "FakeAsterisk", reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.logged_in = False
        self._asterisk = asterisk
        self._reader = reader
        self._writer = writer
        self._outgoing: asyncio.Queue[bytes] = asyncio.Queue()

    def say(self, message: bytes) -> None:
        """Queues bytes for this client; silence swallows them."""
        if not self._asterisk.behaviour.silent:
            self._outgoing.put_nowait(message)

    def reply(self, action: Received, *pairs: tuple[str, str], response: str = "Success") -> None:
        """Answers an action unless its answer is to be swallowed."""
        if action.name in self._asterisk.behaviour.swallow:
            return
        id_pair = [("ActionID", action.get("ActionID"))] if action.get("ActionID") else []
        self.say(encode([("Response", response), *id_pair, *pairs]))

    def reset(self) -> None:
        """RST instead of FIN."""
        sock = self._writer.get_extra_info("socket")
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    def close(self) -> None:
        self._writer.close()

    async def run(self) -> None:
        self.say(BANNER)
        mouth = asyncio.create_task(self._speak())
        try:
            await self._listen()
        finally:
            mouth.cancel()
            await asyncio.wait([mouth])
            self._writer.close()

    async def _listen(self) -> None:
        lines: list[bytes] = []
        while line := await self._reader.readline():
            text = line.rstrip(b"\n").partition(b"\r")[0]
            if text:
                lines.append(text)
            elif lines:
                pairs = [item.decode("utf-8", "replace").partition(":") for item in lines]
                action = Received(tuple((key, value.removeprefix(" ")) for key, _, value in pairs))
                lines = []
                self._asterisk.take(self, action)

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
    """The node. `received` holds all actions in order; `channels` is its truth by Uniqueid, free to be edited."""

    def __init__(self, username: str = "engine", secret: str = "s3cret", boot: str = "2026-11-21 10:00:00") -> None:
        self.behaviour = Behaviour()
        self.received: list[Received] = []
        self.sessions: list[Session] = []
        self.logins = 0
        self.connections = 0
        self.channels: dict[str, FakeChannel] = {}
        self.globals: dict[str, str] = {}
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
            ("CallerIDName", channel.caller_name or "<unknown>"),
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


def _ping(asterisk: FakeAsterisk, session: Session, action: Received) -> None:
    session.reply(action, ("Ping", "Pong"), ("Timestamp", "1795255200.000000"))


def _core_status(asterisk: FakeAsterisk, session: Session, action: Received) -> None:
    date, _, time = asterisk.boot.partition(" ")
    calls = ("CoreCurrentCalls", str(len(asterisk.channels)))
    session.reply(action, ("CoreStartupDate", date), ("CoreStartupTime", time), calls)


def _show_channels(asterisk: FakeAsterisk, session: Session, action: Received) -> None:
    same = ("ActionID", action.get("ActionID"))
    session.reply(action, ("EventList", "start"), ("Message", "Channels will follow"))
    for channel in asterisk.channels.values():
        age = f"{channel.seconds // 3600:02}:{channel.seconds // 60 % 60:02}:{channel.seconds % 60:02}"
        extra = [("Application", channel.application), ("Duration", age), ("BridgeId", channel.bridge)]
        session.say(encode([("Event", "CoreShowChannel"), same, *asterisk.about(channel), *extra]))
    end = [("EventList", "Complete"), ("ListItems", str(len(asterisk.channels)))]
    session.say(encode([("Event", "CoreShowChannelsComplete"), same, *end]))


def _originate(asterisk: FakeAsterisk, session: Session, action: Received) -> None:
    session.reply(action, ("Message", "Originate successfully queued"))
    uniqueid = action.get("ChannelId") or asterisk.next_id()
    if uniqueid in asterisk.channels:
        _originated(asterisk, action, uniqueid, Verdict(answered=False, reason=0))
        return
    variables = dict(line.partition("=")[::2] for line in action.all("Variable"))
    variables = {name.lstrip("_"): value.replace("\\,", ",") for name, value in variables.items()}
    name = f"{action.get('Channel')}-{len(asterisk.received):08x}"
    channel = FakeChannel(uniqueid, name, state="down", variables=variables)
    channel.context, channel.exten = action.get("Context"), action.get("Exten")
    asterisk.add_channel(channel)
    asterisk.emit("DialBegin", [*asterisk.about(channel, "Dest"), ("DialString", action.get("Channel"))])
    asterisk.set_state(channel, "ringing")
    asterisk.emit("DialState", [*asterisk.about(channel, "Dest"), ("DialStatus", "RINGING")])
    verdict = asterisk.behaviour.originate(action)
    if verdict is not None:
        conclude(asterisk, action, channel, verdict)


def conclude(asterisk: FakeAsterisk, action: Received, channel: FakeChannel, verdict: Verdict) -> None:
    """Ends the ringing of an originated leg; for a test that let it ring."""
    words = {17: "BUSY", 34: "CONGESTION"}
    status = "ANSWER" if verdict.answered else words.get(verdict.cause, "NOANSWER")
    asterisk.emit("DialEnd", [*asterisk.about(channel, "Dest"), ("DialStatus", status)])
    if verdict.answered:
        asterisk.set_state(channel, "up")
    else:
        asterisk.hang_up(channel, verdict.cause, verdict.tech_cause)
    _originated(asterisk, action, channel.uniqueid, verdict)


def _originated(asterisk: FakeAsterisk, action: Received, uniqueid: str, verdict: Verdict) -> None:
    pairs = [
        ("ActionID", action.get("ActionID")),
        ("Response", "Success" if verdict.answered else "Failure"),
        ("Channel", action.get("Channel")),
        ("Context", action.get("Context")),
        ("Exten", action.get("Exten")),
        ("Reason", str(verdict.reason)),
        ("Uniqueid", uniqueid),
    ]
    asterisk.emit("OriginateResponse", pairs)


def _redirect(asterisk: FakeAsterisk, session: Session, action: Received) -> None:
    channel = asterisk.find(action.get("Channel"))
    if channel is None:
        session.reply(action, ("Message", "Channel does not exist"), response="Error")
        return
    channel.context, channel.exten = action.get("Context"), action.get("Exten")
    session.reply(action, ("Message", "Redirect successful"))


def _bridge(asterisk: FakeAsterisk, session: Session, action: Received) -> None:
    both = [asterisk.find(action.get("Channel1")), asterisk.find(action.get("Channel2"))]
    if None in both:
        session.reply(action, ("Message", "Channel does not exist"), response="Error")
        return
    session.reply(action, ("Message", "Channels have been bridged"))
    bridge = asterisk.next_id()
    for size, channel in enumerate((c for c in both if c is not None), 1):
        channel.bridge = bridge
        bridged = [("BridgeUniqueid", bridge), ("BridgeNumChannels", str(size))]
        asterisk.emit("BridgeEnter", [*bridged, *asterisk.about(channel)])


def _hangup(asterisk: FakeAsterisk, session: Session, action: Received) -> None:
    channel = asterisk.find(action.get("Channel"))
    if channel is None:
        session.reply(action, ("Message", "No such channel"), response="Error")
        return
    session.reply(action, ("Message", "Channel Hungup"))
    asterisk.hang_up(channel, int(action.get("Cause") or 16))


def _setvar(asterisk: FakeAsterisk, session: Session, action: Received) -> None:
    channel = asterisk.find(action.get("Channel"))
    if action.get("Channel") and channel is None:
        session.reply(action, ("Message", "No such channel"), response="Error")
        return
    store = asterisk.globals if channel is None else channel.variables
    store[action.get("Variable")] = action.get("Value")
    session.reply(action, ("Message", "Variable Set"))


def _getvar(asterisk: FakeAsterisk, session: Session, action: Received) -> None:
    channel = asterisk.find(action.get("Channel"))
    if action.get("Channel") and channel is None:
        session.reply(action, ("Message", "No such channel"), response="Error")
        return
    store = asterisk.globals if channel is None else channel.variables
    session.reply(action, ("Variable", action.get("Variable")), ("Value", store.get(action.get("Variable"), "")))


def _user_event(asterisk: FakeAsterisk, session: Session, action: Received) -> None:
    session.reply(action, ("Message", "Event Sent"))
    asterisk.emit("UserEvent", [pair for pair in action.headers if pair[0] not in ("Action", "ActionID")])


def _queue_add(asterisk: FakeAsterisk, session: Session, action: Received) -> None:
    session.reply(action, ("Message", "Added interface to queue"))


ANSWERS: Mapping[str, Answer] = {
    "Ping": _ping,
    "CoreStatus": _core_status,
    "CoreShowChannels": _show_channels,
    "Originate": _originate,
    "Redirect": _redirect,
    "Bridge": _bridge,
    "Hangup": _hangup,
    "Setvar": _setvar,
    "Getvar": _getvar,
    "UserEvent": _user_event,
    "QueueAdd": _queue_add,
}


def every_byte(message: bytes) -> list[bytes]:
    """Each byte in a segment of its own: cuts inside every letter."""
    return [message[i : i + 1] for i in range(len(message))]


def pieces(size: int) -> Callable[[bytes], list[bytes]]:
    """Segments of this many bytes."""
    return lambda message: [message[i : i + size] for i in range(0, len(message), size)]


def losing(random: Random, share: float) -> Mangler:
    """Loses this share of events."""
    return lambda packet: () if random.random() < share else (packet,)


def doubling(random: Random, share: float) -> Mangler:
    """Says this share of events twice."""
    return lambda packet: (packet, packet) if random.random() < share else (packet,)


def reordering(random: Random, window: int) -> Mangler:
    """Holds back up to `window` events and lets them go in a random order."""
    held: list[bytes] = []

    def mangle(packet: bytes) -> Sequence[bytes]:
        held.append(packet)
        if len(held) < window:
            return ()
        random.shuffle(held)
        out = tuple(held)
        held.clear()
        return out

    return mangle
