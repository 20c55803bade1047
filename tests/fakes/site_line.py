"""Calls from the site against a fake Asterisk: desk, voice, AMI adapter and gateway are the real ones; the pages' sound is the test's.

line = SiteLine()
await line.open()
taken = await line.call_in(name="Anna")      # the page pressed its button, and its leg waits in cc-hold
...
await line.close()
"""

from dataclasses import dataclass, field
from itertools import count
from random import Random

from cordboard.queue.channel import AttemptOutcome, ChannelKind
from cordboard.queue.deadlines import DeskRules
from cordboard.queue.desk import Desk
from cordboard.telephony.ami import Ami
from cordboard.telephony.ami_events import Event, Resync
from cordboard.telephony.voice import TalkRecorded, Voice
from cordboard.telephony.web_call import Caller, Taken, WebCalls, site_queue
from cordboard.telephony.web_call_gate import Limits
from cordboard.telephony.web_call_process import Hearing, MediaDown
from cordboard.telephony.web_call_wire import Answered, News
from tests.fakes.asterisk_wire import FakeAsterisk, FakeChannel
from tests.fakes.offers import OFFER
from tests.fakes.wait import until
from tests.fakes.wire import MemoryJournal, MovedClock

BOOT = "2026-11-21 10:00:00"
KEYS = "cordboard/2026-11-21T10:00:00/"
PAGE = "page-1"


@dataclass
class HandMedia:
    """The pages' sound in the test's hand: it remembers what pages are told, and says what they do."""

    told: list[tuple[str, News]] = field(default_factory=list)
    joined: dict[str, int] = field(default_factory=dict)
    open_legs: list[str] = field(default_factory=list)
    warmed: int = 0
    down: bool = False
    stopped: bool = False
    hearing: Hearing | None = None

    def attach(self, hearing: Hearing) -> None:
        self.hearing = hearing

    async def warm(self) -> None:
        self.warmed += 1

    async def open(self, leg: str, sdp: str) -> Answered:
        if self.down:
            raise MediaDown
        self.open_legs.append(leg)
        return Answered(leg, "v=0 answer", 4000 + len(self.open_legs))

    def join(self, leg: str, port: int) -> None:
        self.joined[leg] = port

    def say(self, leg: str, news: News) -> None:
        self.told.append((leg, news))

    def close(self, leg: str, news: News) -> None:
        self.told.append((leg, news))
        if leg in self.open_legs:
            self.open_legs.remove(leg)

    async def stop(self) -> None:
        self.stopped = True

    def ends(self) -> list[str]:
        return [news.reason for _leg, news in self.told if news.stage == "ended"]


class NoDialing:
    """No dialer here."""

    async def on_answered(self, attempt_id: str, wire_key: str) -> None:
        raise AssertionError("nobody was dialed")

    async def on_ended(self, attempt_id: str, outcome: AttemptOutcome, cause: int, tech_cause: str) -> None:
        raise AssertionError("nobody was dialed")


class SiteLine:
    """One desk, one voice, one gateway, one fake Asterisk; `maria` sits at agent-maria, off shift until `ready`."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.asterisk = FakeAsterisk(boot=BOOT)
        self.asterisk.globals["PJSIP_DIAL_CONTACTS(agent-maria)"] = "PJSIP/agent-maria/sip:x"
        self.media = HandMedia()
        self.recorded: list[TalkRecorded] = []
        self.clock = MovedClock()
        channels, numbers, serials = dict[ChannelKind, Voice](), count(), count()
        self.desk = Desk(MemoryJournal(), channels, self.clock, lambda: f"contact-{next(numbers)}", DeskRules())

        async def keep(recorded: TalkRecorded) -> None:
            self.recorded.append(recorded)

        self.voice = Voice(
            self.desk,
            self.clock,
            queue_of=lambda dialed: site_queue(dialed) or "orders",
            to_e164=lambda number: number,
            on_recorded=keep,
            ring_s=20,
        )
        channels[ChannelKind.VOICE] = self.voice
        self.calls = WebCalls(
            self.desk,
            self.clock,
            lambda: f"id-{next(serials)}",
            self.media,
            "s3cret",
            queues=lambda: ("orders", "returns"),
            place_of=self.desk.place,
            may_keep=lambda contact: self.desk.setup.rules(contact.queue).keep_place,
            keep=self.voice.waiting_room.pressed,
            unnamed="Site visitor",
            limits=limits or Limits(),
        )

    async def open(self) -> None:
        await self.asterisk.start()
        await self.desk.register("maria", "Maria", "agent-maria", ["orders", "returns"])
        await self.desk.page_opened("maria", "tab")
        self.ami = Ami(
            "cordboard",
            "127.0.0.1",
            self.asterisk.port,
            "engine",
            "s3cret",
            on_event=self._on_event,
            on_resync=self._on_resync,
            on_link=self.voice.on_link,
            random=Random(1),
        )
        self.voice.attach(self.ami, NoDialing())
        self.calls.attach(self.ami)
        await self.ami.start()

    async def _on_event(self, event: Event) -> None:
        await self.voice.on_event(event)
        await self.calls.on_event(event)

    async def _on_resync(self, resync: Resync) -> None:
        await self.calls.on_resync(resync)
        await self.voice.on_resync(resync)

    async def close(self) -> None:
        await self.calls.stop()
        await self.ami.stop()
        await self.asterisk.stop()

    # A page

    async def offer(self, name: str = "", number: str = "", queue: str = "", address: str = "192.0.2.1") -> Taken:
        """The page's button: ticket and offer. Raises what WebCalls.take raises."""
        ticket = self.calls.ticket(PAGE, queue, "ru")
        return await self.calls.take(ticket, PAGE, OFFER, Caller(address, name, number))

    async def call_in(self, name: str = "", number: str = "", queue: str = "") -> tuple[Taken, FakeChannel]:
        """A whole beginning: offered, connected, Asterisk's leg in cc-hold. Returns the page's secret and the leg."""
        taken = await self.offer(name, number, queue)
        leg = self.media.open_legs[-1]
        assert self.media.hearing is not None
        # What the dialplan does between Originate and cc-hold.
        self.media.hearing.page_up(leg)
        await self.asterisk.until(lambda: leg in self.asterisk.channels)
        channel = self.asterisk.channels[leg]
        channel.variables |= {"CC_CALL": leg, "CC_STATE": "hold", "UNICASTRTP_LOCAL_PORT": "20000"}
        await until(lambda: leg in self.media.joined, "the sound is joined")
        self.waits(channel)
        await until(lambda: self.desk.contact_by_wire(KEYS + leg), "the contact waits")
        return taken, channel

    def waits(self, channel: FakeChannel) -> None:
        """CCWaiting, as cc-site, cc-arrive and cc-hold make it of what the engine said."""
        said = channel.variables
        fields = {
            "Cc": channel.uniqueid,
            "Dnis": f"site-{said['CC_SITE_QUEUE']}",
            "Num": said["CC_SITE_NUM"],
            "Name": said["CC_SITE_NAME"],
        }
        self.asterisk.user_event("CCWaiting", channel, fields)

    def talks(self, channel: FakeChannel) -> None:
        """The agent answers: cc-talk on his leg, both enter the bridge."""
        leg = FakeChannel("leg-1", "PJSIP/agent-maria-1", variables={"CC_CALL": channel.uniqueid})
        self.asterisk.user_event("CCTalk", leg, {"Cc": channel.uniqueid, "Agent": "agent-maria"})
        channel.variables |= {"CC_STATE": "talk-agent-maria", "CC_REC": f"/rec/{channel.uniqueid}-1.raw"}
        bridge = [("BridgeUniqueid", "b"), ("BridgeNumChannels", "2"), ("Timestamp", "1000.5")]
        self.asterisk.emit("BridgeEnter", [*self.asterisk.about(channel), *bridge])

    def agent_hangs_up(self, channel: FakeChannel) -> None:
        self.asterisk.user_event("CCDialEnd", channel, {"Cc": channel.uniqueid, "Status": "ANSWER"})
        self.asterisk.hang_up(channel)
