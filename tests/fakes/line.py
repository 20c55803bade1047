"""Voice on a fake Asterisk that speaks AMI: desk, adapter and journal are the real ones."""

from dataclasses import dataclass, field
from itertools import count
from random import Random

from cordboard.queue.agent import AgentState
from cordboard.queue.channel import AttemptOutcome, CallSign, ChannelKind
from cordboard.queue.contact import ContactState
from cordboard.queue.deadlines import DeskRules
from cordboard.queue.desk import Desk
from cordboard.telephony.ami import Ami
from cordboard.telephony.ami_events import Event, Resync
from cordboard.telephony.dialogs import Spoken
from cordboard.telephony.talks import TalkRecorded
from cordboard.telephony.voice import Voice
from tests.fakes.asterisk_wire import FakeAsterisk, FakeChannel
from tests.fakes.wait import until
from tests.fakes.wire import MemoryJournal, MovedClock

BOOT = "2026-11-21 10:00:00"
KEYS = "cordboard/2026-11-21T10:00:00/"


@dataclass
class Dialing:
    """Remembers what the dialer would hear."""

    answered: list[tuple[str, str]] = field(default_factory=list)
    ended: list[tuple[str, AttemptOutcome]] = field(default_factory=list)
    signs: list[tuple[str, CallSign]] = field(default_factory=list)

    async def on_answered(self, attempt_id: str, wire_key: str) -> None:
        self.answered.append((attempt_id, wire_key))

    async def on_sign(self, attempt_id: str, sign: CallSign, wire_key: str) -> None:
        self.signs.append((attempt_id, sign))

    async def on_ended(self, attempt_id: str, outcome: AttemptOutcome, cause: int, tech_cause: str) -> None:
        self.ended.append((attempt_id, outcome))


class Line:
    """One desk, one voice, one fake Asterisk; `maria` sits at agent-maria."""

    def __init__(self, before: "Line | None" = None, spoken: Spoken | None = None) -> None:
        """`before` is the engine that died: its Asterisk and its journal live on. `spoken` is what its dialogs need."""
        self.asterisk: FakeAsterisk = before.asterisk if before else FakeAsterisk(boot=BOOT)
        self.journal: MemoryJournal = before.journal if before else MemoryJournal()
        self._is_first = before is None
        self.asterisk.globals["PJSIP_DIAL_CONTACTS(agent-maria)"] = "PJSIP/agent-maria/sip:x"
        self.dialing = Dialing()
        self.recorded: list[TalkRecorded] = []
        self.charged: list[tuple[str, float]] = []
        self.clock: MovedClock = before.clock if before else MovedClock()
        clock = self.clock
        channels, numbers = dict[ChannelKind, Voice](), count(100 if before else 0)
        self.desk = Desk(self.journal, channels, clock, lambda: f"contact-{next(numbers)}", DeskRules())

        async def keep(recorded: TalkRecorded) -> None:
            self.recorded.append(recorded)

        self.barred: set[str] = set()
        self.voice = Voice(
            self.desk,
            clock,
            queue_of=self.queue_of,
            to_e164=lambda number: f"+{number.lstrip('+')}" if number else "",
            on_recorded=keep,
            ring_s=20,
            language_of=lambda _: "ru",
            caller_id="74950000100",
            may_dial=lambda number: number not in self.barred,
            spoken=spoken,
            spent=self.charge,
        )
        channels[ChannelKind.VOICE] = self.voice

    async def charge(self, number: str, talked_s: float) -> None:
        self.charged.append((number, talked_s))

    def queue_of(self, dialed: str) -> str:
        return "orders"

    async def on_event(self, event: Event) -> None:
        await self.voice.on_event(event)

    async def on_resync(self, resync: Resync) -> None:
        await self.voice.on_resync(resync)

    def attach(self) -> None:
        self.voice.attach(self.ami, self.dialing)

    async def open(self, *, ready: bool = True, page: bool = True) -> None:
        """With Maria on the line, or about to be."""
        await (self.asterisk.start() if self._is_first else self.desk.load())
        await self.desk.register("maria", "Maria", "agent-maria", ["orders"])
        if page:
            await self.desk.page_opened("maria", "tab")
        self.ami = Ami(
            "cordboard",
            "127.0.0.1",
            self.asterisk.port,
            "engine",
            "s3cret",
            on_event=self.on_event,
            on_resync=self.on_resync,
            on_link=self.voice.on_link,
            random=Random(1),
        )
        self.attach()
        await self.ami.start()
        if ready:
            await self.desk.ready("maria")

    async def close(self) -> None:
        await self.ami.stop()
        await self.asterisk.stop()

    def calls(self, uniqueid: str = "lab-1.1", name: str = "Eve", number: str = "79000000001") -> FakeChannel:
        """A customer's leg reaches cc-hold."""
        channel = FakeChannel(uniqueid, f"PJSIP/trunk-{uniqueid}", variables={"CC_CALL": uniqueid, "CC_STATE": "hold"})
        self.asterisk.add_channel(channel)
        self.waits(channel, name, number)
        return channel

    def waits(self, channel: FakeChannel, name: str = "Eve", number: str = "79000000001", dialog: str = "") -> None:
        """The dialplan's cc-hold: at first, and after each interruption. `dialog` is the ticket of the last one that is over."""
        fields = {"Cc": channel.uniqueid, "Dnis": "100", "Num": number, "Name": name, "Ivr": dialog}
        self.asterisk.user_event("CCWaiting", channel, fields)

    def talks(self, channel: FakeChannel) -> None:
        """The agent answers: cc-talk on his leg, both enter the bridge."""
        leg = FakeChannel("leg-1", "PJSIP/agent-maria-1", variables={"CC_CALL": channel.uniqueid})
        self.asterisk.user_event("CCTalk", leg, {"Cc": channel.uniqueid, "Agent": "agent-maria"})
        channel.variables |= {"CC_STATE": "talk-agent-maria", "CC_REC": "/rec/lab-1.1-1.raw"}
        self.enters(channel)

    def enters(self, channel: FakeChannel, at: str = "1000.5") -> None:
        bridge = [("BridgeUniqueid", "b"), ("BridgeNumChannels", "2"), ("Timestamp", at)]
        self.asterisk.emit("BridgeEnter", [*self.asterisk.about(channel), *bridge])

    def leaves(self, channel: FakeChannel, at: str = "1060.75") -> None:
        bridge = [("BridgeUniqueid", "b"), ("BridgeNumChannels", "1"), ("Timestamp", at)]
        self.asterisk.emit("BridgeLeave", [*self.asterisk.about(channel), *bridge])

    def states(self) -> list[ContactState]:
        return [contact.state for contact in self.desk.contacts()]

    def maria(self) -> AgentState:
        agent = self.desk.agent("maria")
        assert agent is not None
        return agent.state

    async def agent_is(self, state: AgentState) -> None:
        await until(lambda: self.maria() is state, f"maria {state}")
