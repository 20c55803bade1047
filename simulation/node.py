"""A node that is no Asterisk but says what one said: recorded events in their true order, for as many calls as are wanted.

The dialplan's part (asterisk_conf/extensions.conf) is played here: a caller waits on hold until the engine redirects him to an agent,
whose phone rings, is taken or not; then they talk, and one of them hangs up. What happened is kept as truth (truth.py).
"""

import asyncio
import re
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from random import Random

from .ami_session import AmiSession
from .ami_words import Received, encode
from .habits import Habits
from .line import Line, Stand
from .members import Members
from .person import Fate, Person, called
from .trace import Section, load
from .truth import Call, Direction, End, Ring, Talk

ABANDON_S = 2.0  # a customer whom we called waits so long for an agent, then the dialplan apologises
ANNOUNCED_S = 5.0
TRACES = (
    *("call_in", "agent_ends", "no_answer", "declined", "passed_on", "gone_waiting", "gone_ringing"),
    *("call_out", "out_no_answer", "out_busy", "channels"),
)
_CONTACTS = re.compile(r"PJSIP_DIAL_CONTACTS\(([\w-]+)\)")
_RING_S = 20.0


class Node:
    """`heard` is called with each call that is over."""

    def __init__(
        self, secret: str, random: Random, habits: Habits, *, number: str, answers: float = 0.5, busy: float = 0.1
    ) -> None:
        self.sessions: list[AmiSession] = []
        self.lines: dict[str, Line] = {}
        self.calls: list[Call] = []
        self.events = 0
        self.actions = 0
        self.resynced_at: list[float] = []
        self._secret, self._random, self._habits = secret, random, habits
        self._number, self._answers, self._busy = number, answers, busy
        self._by_name: dict[str, Line] = {}
        self._traces = {name: load(name) for name in TRACES}
        self._serial = 0
        self._boot = datetime.now().astimezone()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        members = Members()
        self._replies: dict[str, Callable[[AmiSession, Received], None]] = {
            "Login": self._log_in,
            "Ping": lambda session, action: session.reply(action, ("Ping", "Pong"), ("Timestamp", _at())),
            "CoreStatus": self._core_status,
            "CoreShowChannels": self._show_channels,
            "Setvar": self._setvar,
            "Getvar": self._getvar,
            "Redirect": self._redirect,
            "Hangup": self._hangup,
            "Originate": self._originate,
            "QueueStatus": members.status,
            "QueueAdd": members.add,
            "QueuePause": members.pause,
            "QueueRemove": members.remove,
        }

    async def start(self, port: int = 0) -> int:
        """Listens on loopback; returns the port."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", port)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        if self._server is not None:
            self._server.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = AmiSession(reader, writer, self._take)
        self.sessions.append(session)
        try:
            with suppress(OSError):
                await session.run()
        finally:
            self.sessions.remove(session)

    # Calls ------------------------------------------------------------------------------------------------------------

    def call_in(self, person: Person) -> Line:
        """Somebody dials our number, and waits."""
        uniqueid, values = self._new_leg("trunk")
        values |= {"person": person.number, "name": person.name, "customer.id": uniqueid}
        now = time.monotonic()
        line = Line(
            uniqueid,
            values["customer.channel"],
            Direction.IN,
            now,
            values,
            person.talk_s,
            person.rings,
            person.agent_ends,
            trigger_at=now,
        )
        self._keep(line)
        self._say(line, "call_in", "arrives")
        self._say(line, "call_in", "waits")
        self._after(person.patience_s, line, line.turn, self._impatient)
        return line

    def _new_leg(self, kind: str) -> tuple[str, dict[str, str]]:
        self._serial += 1
        uniqueid = f"cordboard-{int(self._boot.timestamp())}.{self._serial}"
        values = {
            "customer.channel": f"PJSIP/{kind}-{self._serial:08x}",
            "bridge": f"bridge-{self._serial}",
            "number": self._number,
            "began": str(int(time.time())),
            "recording": "",  # there is no sound, so nothing to keep
            "talked": "0",
            "name": "",
            "agent": "",
            "agent.id": "",
            "agent.channel": "",
            "action": "",
        }
        return uniqueid, values

    def _keep(self, line: Line) -> None:
        self.lines[line.uniqueid] = line
        self._by_name[line.channel] = line

    def _impatient(self, line: Line) -> None:
        """His patience is at its end, whatever happened to him since: only a talk keeps him."""
        if line.stand in (Stand.WAITING, Stand.RINGING):
            self._leave(line, End.TALKED if line.talks else End.ABANDONED)

    def _leave(self, line: Line, end: End) -> None:
        """The leg is hung up, by whom ever."""
        match line.stand:
            case Stand.OVER:
                return
            case Stand.RINGING:
                self._say(line, "gone_ringing", "leaves")
            case Stand.TALKING:
                self._say(line, "agent_ends" if line.agent_ends else "call_in", "ends")
            case Stand.DIALED:
                self._say(line, "out_no_answer", "ends")
            case _:
                self._say(line, "gone_waiting", "leaves")
        self._part(line)
        self._turn(line, Stand.OVER)
        del self.lines[line.uniqueid], self._by_name[line.channel]
        self.calls.append(line.told(end, time.monotonic()))

    def hang_up(self, line: Line) -> None:
        self._leave(line, End.TALKED if line.talks else End.ABANDONED)

    def _ring(self, line: Line, agent: str) -> None:
        now = time.monotonic()
        self._part(line)
        self._serial += 1
        line.values |= {
            "agent": agent,
            "agent.id": f"cordboard-{int(self._boot.timestamp())}.{self._serial}",
            "agent.channel": f"PJSIP/{agent}-{self._serial:08x}",
        }
        line.agent = agent
        line.rings.append(Ring(agent, line.trigger_at, now))
        turn = self._turn(line, Stand.RINGING)
        self._say(line, "call_in", "rings")
        ring_s = line.rings_s[(len(line.rings) - 1) % len(line.rings_s)]
        if ring_s is None or ring_s >= line.ring_limit_s:
            self._after(line.ring_limit_s, line, turn, self._unanswered)
        else:
            self._after(ring_s, line, turn, self._talk)

    def _unanswered(self, line: Line) -> None:
        self._part(line)
        line.trigger_at = time.monotonic()
        self._turn(line, Stand.WAITING)
        self._say(line, "no_answer", "returns")

    def _talk(self, line: Line) -> None:
        self._part(line)
        line.talks.append(Talk(line.agent, time.monotonic()))
        turn = self._turn(line, Stand.TALKING)
        self._say(line, "call_in", "talks")
        self._after(line.talk_s, line, turn, lambda over: self._leave(over, End.TALKED))

    def _hold(self, line: Line) -> None:
        """The engine sends him back into the queue."""
        told = {Stand.RINGING: "declined", Stand.TALKING: "passed_on"}.get(line.stand)
        self._part(line)
        line.trigger_at = time.monotonic()
        self._turn(line, Stand.WAITING)
        if told is None:
            self._say(line, "call_in", "waits")
        else:
            self._say(line, told, "returns")

    def _part(self, line: Line) -> None:
        """What rang or talked does so no more."""
        now = time.monotonic()
        if line.stand is Stand.RINGING:
            one = line.rings[-1]
            line.rings[-1] = Ring(one.agent, one.trigger_at, one.ordered_at, now)
        elif line.stand is Stand.TALKING:
            line.talks[-1] = Talk(line.talks[-1].agent, line.talks[-1].began_at, now)
            line.values["talked"] = f"{now - line.talks[-1].began_at:.3f}"

    def _turn(self, line: Line, stand: Stand) -> int:
        line.stand = stand
        line.turn += 1
        return line.turn

    def _after(self, seconds: float, line: Line, turn: int, then: Callable[[Line], None]) -> None:
        """`then`, unless something else happened to the line before; patience alone outlives every turn."""

        def due() -> None:
            if line.stand is not Stand.OVER and (then == self._impatient or line.turn == turn):
                then(line)

        asyncio.get_running_loop().call_later(seconds, due)

    # Calls that the engine places ----------------------------------------------------------------------------------------

    def _originate(self, session: AmiSession, action: Received) -> None:
        session.reply(action, ("Message", "Originate successfully queued"))
        uniqueid = action.get("ChannelId")
        fate = called(self._random, self._habits, self._answers, self._busy)
        _, values = self._new_leg("trunk")
        number = action.get("Channel").removeprefix("PJSIP/").partition("@")[0]
        values |= {"person": number, "customer.id": uniqueid, "action": action.get("ActionID")}
        now = time.monotonic()
        line = Line(
            uniqueid,
            values["customer.channel"],
            Direction.OUT,
            now,
            values,
            fate.talk_s,
            (fate.agent_ring_s,),
            stand=Stand.DIALED,
        )
        self._keep(line)
        self._say(line, "call_out", "dials")
        limit_s = int(action.get("Timeout") or 30_000) / 1000
        match fate.fate:
            case Fate.ANSWERS if fate.ring_s < limit_s:
                self._after(fate.ring_s, line, line.turn, self._answer)
            case Fate.BUSY:
                self._after(fate.ring_s, line, line.turn, lambda busy: self._fail(busy, "out_busy"))
            case _:
                self._after(limit_s, line, line.turn, lambda silent: self._fail(silent, "out_no_answer"))

    def _answer(self, line: Line) -> None:
        line.trigger_at = time.monotonic()
        turn = self._turn(line, Stand.ANSWERED)
        self._say(line, "call_out", "answers")
        self._after(ABANDON_S, line, turn, lambda alone: self._leave(alone, End.ABANDONED))

    def _fail(self, line: Line, trace: str) -> None:
        self._say(line, trace, "ends")
        self._turn(line, Stand.OVER)
        del self.lines[line.uniqueid], self._by_name[line.channel]
        self.calls.append(line.told(End.UNREACHED, time.monotonic()))

    # What is said ------------------------------------------------------------------------------------------------------

    def _say(self, line: Line, trace: str, section: str) -> None:
        self.tell(self._traces[trace][section], line.values)

    def tell(self, section: Section, values: dict[str, str]) -> None:
        values["at"] = _at()
        message = section.rendered(values)
        self.events += section.events
        for session in self.sessions:
            if session.logged_in:
                session.say(message)

    async def storm(self, events: int) -> float:
        """So many events, as fast as the wire takes them: callers who come and go at once. Returns how long the wire took."""
        began, until = time.monotonic(), self.events + events
        whole = [self._traces["gone_waiting"]["arrives"], self._traces["gone_waiting"]["leaves"]]
        while self.events < until:
            uniqueid, values = self._new_leg("trunk")
            values |= {"person": "", "customer.id": uniqueid}
            for section in whole:
                self.tell(section, values)
            for session in self.sessions:
                await session.said()
        return time.monotonic() - began

    def cut(self) -> None:
        """Every link breaks."""
        for session in list(self.sessions):
            session.cut()

    # What is asked of us -------------------------------------------------------------------------------------------------

    def _take(self, session: AmiSession, action: Received) -> None:
        self.actions += 1
        answer = self._replies.get(action.name)
        if answer is None:
            session.refuse(action, "Invalid/unknown command")
        elif not session.logged_in and action.name != "Login":
            session.refuse(action, "Permission denied")
        else:
            answer(session, action)

    def _log_in(self, session: AmiSession, action: Received) -> None:
        if action.get("Secret") != self._secret:
            session.refuse(action, "Authentication failed")
            return
        session.logged_in = True
        session.reply(action, ("Message", "Authentication accepted"))
        session.say(encode([("Event", "FullyBooted"), ("Privilege", "system,all"), ("Status", "Fully Booted")]))

    def _core_status(self, session: AmiSession, action: Received) -> None:
        session.reply(
            action,
            ("CoreStartupDate", f"{self._boot:%Y-%m-%d}"),
            ("CoreStartupTime", f"{self._boot:%H:%M:%S}"),
            ("CoreCurrentCalls", str(len(self.lines))),
        )

    def _show_channels(self, session: AmiSession, action: Received) -> None:
        session.reply(action, ("EventList", "start"), ("Message", "Channels will follow"))
        listed, count, now = self._traces["channels"], 0, time.monotonic()
        for line in self.lines.values():
            seconds = int(now - line.began_at)
            age = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
            values = {**line.values, "action": action.get("ActionID"), "duration": age, "state": line.state}
            session.say(listed["customer"].rendered(values))
            count += 1
            if line.stand in (Stand.RINGING, Stand.TALKING):
                session.say(listed["agent"].rendered(values))
                count += 1
        end = [("EventList", "Complete"), ("ListItems", str(count))]
        session.say(encode([("Event", "CoreShowChannelsComplete"), *action.same, *end]))

    def _setvar(self, session: AmiSession, action: Received) -> None:
        line = self._by_name.get(action.get("Channel"))
        if action.get("Channel") and line is None:
            session.refuse(action, "No such channel")
            return
        if line is not None:
            line.variables[action.get("Variable")] = action.get("Value")
        session.reply(action, ("Message", "Variable Set"))

    def _getvar(self, session: AmiSession, action: Received) -> None:
        """Every operator's browser is registered."""
        asked = _CONTACTS.fullmatch(action.get("Variable"))
        value = f"PJSIP/{asked[1]}/sip:{asked[1]}@127.0.0.1" if asked else ""
        session.reply(action, ("Variable", action.get("Variable")), ("Value", value))

    def _redirect(self, session: AmiSession, action: Received) -> None:
        line = self._by_name.get(action.get("Channel"))
        if line is None:
            session.refuse(action, "Channel does not exist")
            return
        session.reply(action, ("Message", "Redirect successful"))
        match action.get("Context"):
            case "cc-dial":
                line.contact_id = line.variables.get("CC_CONTACT", "")
                line.ring_limit_s = float(line.variables.get("CC_RING") or _RING_S)
                self._ring(line, action.get("Exten"))
            case "cc-hold":
                self._hold(line)
            case "cc-announce" if action.get("Exten") == "hold":
                self._after(ANNOUNCED_S, line, line.turn, lambda told: self._say(told, "call_in", "waits"))
            case _:
                self._leave(line, End.TALKED if line.talks else End.ABANDONED)

    def _hangup(self, session: AmiSession, action: Received) -> None:
        line = self._by_name.get(action.get("Channel")) or self.lines.get(action.get("Channel"))
        if line is None:
            session.refuse(action, "No such channel")
            return
        session.reply(action, ("Message", "Channel Hungup"))
        unreached = line.stand is Stand.DIALED
        self._leave(line, End.UNREACHED if unreached else End.TALKED if line.talks else End.ABANDONED)


async def play(node: Node, persons: Sequence[Person], began: float) -> float:
    """Everybody calls in his time; returns, when the last has called, by how many s the latest was late."""
    late_s = 0.0
    for person in persons:
        await asyncio.sleep(max(0.0, began + person.at_s - time.monotonic()))
        late_s = max(late_s, time.monotonic() - began - person.at_s)
        node.call_in(person)
    return late_s


def _at() -> str:
    return f"{time.time():.6f}"
