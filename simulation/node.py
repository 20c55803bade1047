"""A node that is no Asterisk but says what one said: recorded events in their true order, for as many calls as are wanted.

What happens to the calls is the dialplan's part (dialplan.py); here is the wire: who is connected, what is told, what is asked of us.
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
from .dialplan import Dialplan
from .habits import Habits
from .line import Line, Stand
from .members import Members
from .person import Person
from .trace import Section, load

ANNOUNCED_S = 5.0
TRACES = (
    *("call_in", "agent_ends", "no_answer", "declined", "passed_on", "gone_waiting", "gone_ringing"),
    *("call_out", "out_no_answer", "out_busy", "channels"),
)
_CONTACTS = re.compile(r"PJSIP_DIAL_CONTACTS\(([\w-]+)\)")
_RING_S = 20.0


class Node:
    def __init__(
        self, secret: str, random: Random, habits: Habits, *, number: str, answers: float = 0.5, busy: float = 0.1
    ) -> None:
        self.sessions: list[AmiSession] = []
        self.events = 0
        self.actions = 0
        self._secret = secret
        self._traces = {name: load(name) for name in TRACES}
        self._boot = datetime.now().astimezone()
        self.dialplan = Dialplan(self._say, random, habits, self._boot, number=number, answers=answers, busy=busy)
        self._server: asyncio.Server | None = None
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
            uniqueid, values = self.dialplan.new_leg("trunk")
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
            ("CoreCurrentCalls", str(len(self.dialplan.lines))),
        )

    def _show_channels(self, session: AmiSession, action: Received) -> None:
        session.reply(action, ("EventList", "start"), ("Message", "Channels will follow"))
        listed, count, now = self._traces["channels"], 0, time.monotonic()
        for line in self.dialplan.lines.values():
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
        line = self.dialplan.by_name.get(action.get("Channel"))
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
        line = self.dialplan.by_name.get(action.get("Channel"))
        if line is None:
            session.refuse(action, "Channel does not exist")
            return
        session.reply(action, ("Message", "Redirect successful"))
        match action.get("Context"):
            case "cc-dial":
                line.contact_id = line.variables.get("CC_CONTACT", "")
                line.ring_limit_s = float(line.variables.get("CC_RING") or _RING_S)
                self.dialplan.ring(line, action.get("Exten"))
            case "cc-hold":
                self.dialplan.hold(line)
            case "cc-announce" if action.get("Exten") == "hold":
                self.dialplan.after(ANNOUNCED_S, line, line.turn, lambda told: self._say(told, "call_in", "waits"))
            case _:
                self.dialplan.hang_up(line)

    def _originate(self, session: AmiSession, action: Received) -> None:
        session.reply(action, ("Message", "Originate successfully queued"))
        number = action.get("Channel").removeprefix("PJSIP/").partition("@")[0]
        limit_s = int(action.get("Timeout") or 30_000) / 1000
        self.dialplan.call_out(action.get("ChannelId"), number, action.get("ActionID"), limit_s)

    def _hangup(self, session: AmiSession, action: Received) -> None:
        line = self.dialplan.by_name.get(action.get("Channel")) or self.dialplan.lines.get(action.get("Channel"))
        if line is None:
            session.refuse(action, "No such channel")
            return
        session.reply(action, ("Message", "Channel Hungup"))
        self.dialplan.hang_up(line)


async def play(node: Node, persons: Sequence[Person], began: float) -> float:
    """Everybody calls in his time; returns, when the last has called, by how many s the latest was late."""
    late_s = 0.0
    for person in persons:
        await asyncio.sleep(max(0.0, began + person.at_s - time.monotonic()))
        late_s = max(late_s, time.monotonic() - began - person.at_s)
        node.dialplan.call_in(person)
    return late_s


def _at() -> str:
    return f"{time.time():.6f}"
