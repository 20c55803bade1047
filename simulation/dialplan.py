"""The dialplan's part of the simulated node (asterisk_conf/extensions.conf): a caller waits on hold until the engine redirects him to an
agent, whose phone rings, is taken or not; then they talk, and one of them hangs up. What happened is kept as truth (truth.py)."""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from random import Random

from .habits import Habits
from .line import Line, Stand
from .person import Fate, Person, called
from .truth import Call, Direction, End, Ring, Talk

ABANDON_S = 2.0  # a customer whom we called waits so long for an agent, then the dialplan apologises


class Dialplan:
    """`say(line, trace, section)` tells what happened to a line; `boot` is when the node began. `lines` live, `calls` are over."""

    def __init__(
        self,
        say: Callable[[Line, str, str], None],
        random: Random,
        habits: Habits,
        boot: datetime,
        *,
        number: str,
        answers: float,
        busy: float,
    ) -> None:
        self.lines: dict[str, Line] = {}
        self.by_name: dict[str, Line] = {}
        self.calls: list[Call] = []
        self.boot = boot
        self._say = say
        self._random, self._habits = random, habits
        self._number, self._answers, self._busy = number, answers, busy
        self._serial = 0

    def call_in(self, person: Person) -> Line:
        """Somebody dials our number, and waits."""
        uniqueid, values = self.new_leg("trunk")
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
        self.after(person.patience_s, line, line.turn, self._impatient)
        return line

    def new_leg(self, kind: str) -> tuple[str, dict[str, str]]:
        """A unique id, and the values with which its events are filled."""
        self._serial += 1
        uniqueid = f"cordboard-{int(self.boot.timestamp())}.{self._serial}"
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
        self.by_name[line.channel] = line

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
        del self.lines[line.uniqueid], self.by_name[line.channel]
        self.calls.append(line.told(end, time.monotonic()))

    def hang_up(self, line: Line) -> None:
        """The customer's leg ends, whatever it did."""
        unreached = line.stand is Stand.DIALED
        self._leave(line, End.UNREACHED if unreached else End.TALKED if line.talks else End.ABANDONED)

    def ring(self, line: Line, agent: str) -> None:
        """The engine sends him to an agent, whose phone begins to ring."""
        now = time.monotonic()
        self._part(line)
        self._serial += 1
        line.values |= {
            "agent": agent,
            "agent.id": f"cordboard-{int(self.boot.timestamp())}.{self._serial}",
            "agent.channel": f"PJSIP/{agent}-{self._serial:08x}",
        }
        line.agent = agent
        line.rings.append(Ring(agent, line.trigger_at, now))
        turn = self._turn(line, Stand.RINGING)
        self._say(line, "call_in", "rings")
        ring_s = line.rings_s[(len(line.rings) - 1) % len(line.rings_s)]
        if ring_s is None or ring_s >= line.ring_limit_s:
            self.after(line.ring_limit_s, line, turn, self._unanswered)
        else:
            self.after(ring_s, line, turn, self._talk)

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
        self.after(line.talk_s, line, turn, lambda over: self._leave(over, End.TALKED))

    def hold(self, line: Line) -> None:
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

    def after(self, seconds: float, line: Line, turn: int, then: Callable[[Line], None]) -> None:
        """`then`, unless something else happened to the line before; patience alone outlives every turn."""

        def due() -> None:
            if line.stand is not Stand.OVER and (then == self._impatient or line.turn == turn):
                then(line)

        asyncio.get_running_loop().call_later(seconds, due)

    def call_out(self, uniqueid: str, number: str, action_id: str, limit_s: float) -> None:
        """The engine dials somebody, and lets it ring for `limit_s`."""
        fate = called(self._random, self._habits, self._answers, self._busy)
        _, values = self.new_leg("trunk")
        values |= {"person": number, "customer.id": uniqueid, "action": action_id}
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
        match fate.fate:
            case Fate.ANSWERS if fate.ring_s < limit_s:
                self.after(fate.ring_s, line, line.turn, self._answer)
            case Fate.BUSY:
                self.after(fate.ring_s, line, line.turn, lambda busy: self._fail(busy, "out_busy"))
            case _:
                self.after(limit_s, line, line.turn, lambda silent: self._fail(silent, "out_no_answer"))

    def _answer(self, line: Line) -> None:
        line.trigger_at = time.monotonic()
        turn = self._turn(line, Stand.ANSWERED)
        self._say(line, "call_out", "answers")
        self.after(ABANDON_S, line, turn, lambda alone: self._leave(alone, End.ABANDONED))

    def _fail(self, line: Line, trace: str) -> None:
        self._say(line, trace, "ends")
        self._turn(line, Stand.OVER)
        del self.lines[line.uniqueid], self.by_name[line.channel]
        self.calls.append(line.told(End.UNREACHED, time.monotonic()))
