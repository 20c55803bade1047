"""Calls from the site against a fake Asterisk: desk, voice, AMI adapter and gateway are the real ones; the pages' sound is the test's.

line = SiteLine()
await line.open()
taken = await line.call_in(name="Anna")      # the page pressed its button, and its leg waits in cc-hold
...
await line.close()
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from cordboard.telephony.ami_events import Event, Resync
from cordboard.telephony.web_call import Caller, Taken, WebCalls, site_queue
from cordboard.telephony.web_call_gate import Limits
from cordboard.telephony.web_call_news import Placed
from cordboard.telephony.web_call_process import Hearing, Media, MediaDown
from cordboard.telephony.web_call_wire import Answered, News
from tests.fakes.asterisk_wire import FakeChannel
from tests.fakes.line import KEYS, Line
from tests.fakes.offers import OFFER
from tests.fakes.wait import until

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


class SiteLine(Line):
    """A Line with the gateway of calls from the site, `web`; Maria is off shift until `desk.ready("maria")`."""

    def __init__(self, limits: Limits | None = None, sound: Media | None = None) -> None:
        """`sound` is the real process where pages are real; else `media` is the test's hand."""
        super().__init__()
        serials = count()
        self.media = HandMedia()
        self.place: Callable[[str], Placed | None] = self.desk.place
        self.web = WebCalls(
            self.desk,
            self.clock,
            lambda: f"id-{next(serials)}",
            sound or self.media,
            "s3cret",
            queues=lambda: ("orders", "returns"),
            place_of=lambda contact_id: self.place(contact_id),
            may_keep=lambda contact: self.desk.setup.rules(contact.queue).keep_place,
            keep=self.voice.waiting_room.pressed,
            unnamed="Site visitor",
            limits=limits or Limits(),
        )

    def queue_of(self, dialed: str) -> str:
        return site_queue(dialed) or super().queue_of(dialed)

    def attach(self) -> None:
        super().attach()
        self.web.attach(self.ami)

    async def on_event(self, event: Event) -> None:
        await super().on_event(event)
        await self.web.on_event(event)

    async def on_resync(self, resync: Resync) -> None:
        await self.web.on_resync(resync)
        await super().on_resync(resync)

    async def open(self, *, ready: bool = False, page: bool = True) -> None:
        await super().open(ready=ready, page=page)

    async def close(self) -> None:
        await self.web.stop()
        await super().close()

    # A page

    async def offer(self, name: str = "", number: str = "", queue: str = "", address: str = "192.0.2.1") -> Taken:
        """The page's button: ticket and offer. Raises what WebCalls.take raises."""
        ticket = self.web.ticket(PAGE, queue, "ru")
        return await self.web.take(ticket, PAGE, OFFER, Caller(address, name, number))

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
        self.hold(channel)
        await until(lambda: self.desk.contact_by_wire(KEYS + leg), "the contact waits")
        return taken, channel

    def hold(self, channel: FakeChannel) -> None:
        """CCWaiting, as cc-site, cc-arrive and cc-hold make it of what the engine said."""
        said = channel.variables
        fields = {
            "Cc": channel.uniqueid,
            "Dnis": f"site-{said['CC_SITE_QUEUE']}",
            "Num": said["CC_SITE_NUM"],
            "Name": said["CC_SITE_NAME"],
        }
        self.asterisk.user_event("CCWaiting", channel, fields)

    def agent_hangs_up(self, channel: FakeChannel) -> None:
        self.asterisk.user_event("CCDialEnd", channel, {"Cc": channel.uniqueid, "Status": "ANSWER"})
        self.asterisk.hang_up(channel)
