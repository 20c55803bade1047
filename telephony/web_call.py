"""Calls from the site: a page's sound joined to a leg in Asterisk, which then waits, is offered and recorded like any other call.

    page --WebRTC--> sound's process --RTP u-law over loopback--> UnicastRTP channel in cc-site -> cc-arrive -> cc-hold

Plain RTP knows no end of a call, so each end is told in words: a page that leaves or falls silent is hung up in Asterisk, and
Asterisk's Hangup is told to the page. Bounds, from the fault to the operator's free hands: a page that says so, at once; a killed tab,
SILENCE_S (6 s); the engine killed, when it is back and finds a leg without sound.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine
from dataclasses import dataclass, field
from urllib.parse import quote

from ..queue.contact import Contact
from ..queue.desk import Desk
from ..storage.clock import Clock
from ..storage.ids import Ids
from .ami import Ami, LinkState
from .ami_actions import AmiError
from .ami_events import ChannelHungUp, Event, OriginateResponded, Resync
from .legs import shown_name
from .web_call_gate import TICKET_S, Limits, Ticket, Turnstile, UsedTickets, key_for, seal, unseal
from .web_call_news import CONNECTING, Placed, farewell, news_of
from .web_call_offer import check_offer
from .web_call_process import Media, MediaDown
from .web_call_wire import KEEP, News

log = logging.getLogger(__name__)

DIAL_S = 5.0  # loopback: Asterisk answers itself
NEWS_S = 2.0  # how often a waiting caller's place is looked up when nothing changed
NAME_LETTERS = 60
SITE = "site-"  # what stands where a dialed number would: site-<queue>
TECHNOLOGY = "UnicastRTP/"


class LineDown(Exception):
    """No call can be taken now: Asterisk or the sound is away."""


@dataclass(frozen=True, slots=True)
class Caller:
    """What a visitor tells of himself; all of it may be empty. `number` is E.164, `language` the page's."""

    address: str
    name: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """A call that begins: the page's answer, and the secret by which the page ends it."""

    call: str
    sdp: str


@dataclass(slots=True)
class _Call:
    leg: str
    call: str
    caller: Caller
    ticket: Ticket
    port: int = 0
    news: News = CONNECTING
    contact_id: str | None = None
    dialed: bool = False
    over: bool = False
    answered: asyncio.Event = field(default_factory=asyncio.Event)


def site_queue(dialed: str) -> str | None:
    """The queue that a call from the site asks for; None for a telephone number."""
    return dialed.removeprefix(SITE) if dialed.startswith(SITE) else None


class WebCalls:
    """All calls from the site of this engine."""

    def __init__(
        self,
        desk: Desk,
        clock: Clock,
        ids: Ids,
        media: Media,
        secret: str,
        *,
        queues: Callable[[], Collection[str]],
        place_of: Callable[[str], Placed | None] = lambda _contact_id: None,
        may_keep: Callable[[Contact], bool] = lambda _contact: False,
        keep: Callable[[str], Coroutine[object, object, None]] | None = None,
        unnamed: str = "",
        limits: Limits = Limits(),  # noqa: B008  # frozen
    ) -> None:
        """`queues`: which may be called, the usual one first. `unnamed` is shown for a visitor who gave no name. `keep` gives up
        waiting for being called back, by wire key, as the key on a telephone does; `may_keep` says whether it is offered."""
        self._desk, self._clock, self._ids, self._media = desk, clock, ids, media
        self._queues, self._place_of, self._unnamed = queues, place_of, unnamed
        self._may_keep, self._keep = may_keep, keep
        self._key = key_for(secret, ids())
        self._used = UsedTickets()
        self._turnstile = Turnstile(limits)
        self._ami: Ami | None = None
        self._legs: dict[str, _Call] = {}
        self._calls: dict[str, _Call] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        media.attach(self)

    def attach(self, ami: Ami) -> None:
        self._ami = ami

    # The page asks --------------------------------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Whether a call could be taken now."""
        return self._ami is not None and self._ami.state is LinkState.UP

    def expect(self) -> None:
        """Somebody looks at the page: the sound's process, which takes a moment to start, starts now."""
        self._beside(self._media.warm())

    def ticket(self, page: str, queue: str, language: str) -> str:
        """The right to one call within TICKET_S, for the browser that holds `page`. An unknown queue becomes the usual one."""
        known = tuple(self._queues())
        wanted = queue if queue in known else known[0]
        return seal(Ticket(self._ids(), page, wanted, language, self._clock.monotonic() + TICKET_S), self._key)

    async def take(self, ticket_text: str, page: str, sdp: str, caller: Caller) -> Taken:
        """A page calls. Raises TicketRefused, OfferRefused, TooMany, LineDown."""
        now = self._clock.monotonic()
        ticket = unseal(ticket_text, self._key, page, now)
        check_offer(sdp)
        self._turnstile.enter(caller.address, now)
        call = _Call(self._ids(), self._ids(), caller, ticket)
        try:
            self._used.take(ticket, now)
            if not self.is_open:
                raise LineDown
            self._legs[call.leg] = self._calls[call.call] = call
            answered = await self._media.open(call.leg, sdp)
        except MediaDown as down:
            self._forget(call)
            raise LineDown from down
        except BaseException:
            self._forget(call)
            raise
        call.port = answered.port
        if call.over:  # while it was being answered
            self._media.close(call.leg, News("ended", "lost"))
            raise LineDown
        return Taken(call.call, answered.sdp)

    async def leave(self, call_secret: str) -> None:
        """The page says goodbye; unknown and doubled goodbyes are nothing."""
        call = self._calls.get(call_secret)
        if call is not None:
            await self._end(call, News("ended", "left"))

    # The sound tells ------------------------------------------------------------------------------------------------

    def page_up(self, leg: str) -> None:
        call = self._legs.get(leg)
        if call is not None and not call.dialed:
            call.dialed = True
            self._beside(self._dial(call))

    def page_gone(self, leg: str, why: str) -> None:
        call = self._legs.get(leg)
        if call is not None:
            log.info("a call from the site ended: %s", why)
            self._beside(self._end(call, News("ended", why)))

    def page_wished(self, leg: str, wish: str) -> None:
        call = self._legs.get(leg)
        contact = self._desk.contact(call.contact_id) if call is not None and call.contact_id else None
        if wish == KEEP and contact is not None and self._keep is not None:
            self._beside(self._keep(contact.wire_key))

    async def _dial(self, call: _Call) -> None:
        """Asterisk's leg, and the way to its sound."""
        try:
            port = await self._asterisk_port(call)
        except (AmiError, TimeoutError, ValueError) as error:
            log.warning("Asterisk took no call from the site: %s", type(error).__name__)
            await self._end(call, News("ended", "line_down"))
            return
        if not call.over:
            self._media.join(call.leg, port)

    async def _asterisk_port(self, call: _Call) -> int:
        assert self._ami is not None
        name = shown_name(call.caller.name)[:NAME_LETTERS] or self._unnamed
        variables = {
            "CC_SITE_QUEUE": call.ticket.queue,
            "CC_SITE_LANG": call.ticket.language,
            "CC_SITE_NUM": call.caller.number,
            "CC_SITE_NAME": quote(name, safe=""),
        }
        channel = f"{TECHNOLOGY}127.0.0.1:{call.port}/c(ulaw)"
        reply = await self._ami.originate(channel, call.leg, "cc-site", "s", variables, timeout_s=DIAL_S)
        if not reply.ok:
            raise ValueError("refused")
        async with asyncio.timeout(DIAL_S):
            await call.answered.wait()
        return int(await self._ami.getvar(call.leg, "UNICASTRTP_LOCAL_PORT") or "")

    # Asterisk tells -------------------------------------------------------------------------------------------------

    async def on_event(self, event: Event) -> None:
        """After Voice.on_event, so that the contact's end is written when the page hears of it."""
        match event:
            case OriginateResponded() if (call := self._legs.get(event.channel.uniqueid)) is not None:
                if event.success:
                    call.answered.set()
                else:
                    await self._end(call, News("ended", "line_down"))
            case OriginateResponded() if event.success and event.name.startswith(TECHNOLOGY):
                await self._hang_up(event.channel.uniqueid)  # the page left while Asterisk made the leg
            case ChannelHungUp() if (call := self._legs.get(event.channel.uniqueid)) is not None:
                call.dialed = False
                await self._end(call, await self._farewell(call))

    async def on_resync(self, resync: Resync) -> None:
        """Before Voice.on_resync. A leg without sound is a call from before our restart: nobody is there any more."""
        alive = {channel.channel.uniqueid for channel in resync.channels}
        for channel in resync.channels:
            if channel.name.startswith(TECHNOLOGY) and channel.channel.uniqueid not in self._legs:
                await self._hang_up(channel.channel.uniqueid)
        for call in list(self._legs.values()):
            if call.answered.is_set() and call.leg not in alive:
                call.dialed = False
                await self._end(call, News("ended", "lost"))

    async def _farewell(self, call: _Call) -> News:
        if not call.answered.is_set():
            return News("ended", "line_down")
        contact = await self._desk.find_contact(call.contact_id) if call.contact_id else None
        return farewell(contact, call.news)

    # The news -------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Tell each page how its call stands: when the desk changed, and every NEWS_S for the places in line."""
        loop = asyncio.get_running_loop()
        async with self._desk.subscribe() as changes:
            look_at = loop.time()
            while True:
                try:
                    async with asyncio.timeout_at(look_at):
                        change = await changes.get()
                    ours = change.everything or any(
                        call.contact_id is None or call.contact_id in change.contact_ids for call in self._legs.values()
                    )
                except TimeoutError:
                    ours, look_at = True, loop.time() + NEWS_S
                if ours:
                    await self._tell_all()

    async def _tell_all(self) -> None:
        """One walk over the open contacts, and none when nobody calls."""
        if not self._legs:
            return
        contacts: dict[str, Contact] = {one.wire_key.rpartition("/")[2]: one for one in self._desk.contacts()}
        for call in list(self._legs.values()):
            contact = contacts.get(call.leg) or (
                await self._desk.find_contact(call.contact_id) if call.contact_id else None
            )
            if contact is None or call.over:
                continue
            call.contact_id = contact.id
            can_keep = bool(contact.address) and self._keep is not None and self._may_keep(contact)
            news = news_of(contact, self._place_of(contact.id), can_keep=can_keep)
            if news is not None and news != call.news:
                call.news = news
                self._media.say(call.leg, news)

    # The end --------------------------------------------------------------------------------------------------------

    async def _end(self, call: _Call, news: News) -> None:
        """Once, whoever comes first: the page is told, Asterisk's leg hung up."""
        if call.over:
            return
        self._forget(call)
        self._media.close(call.leg, news)
        if call.dialed:
            await self._hang_up(call.leg)

    def _forget(self, call: _Call) -> None:
        if not call.over:
            call.over = True
            self._legs.pop(call.leg, None)
            self._calls.pop(call.call, None)
            self._turnstile.leave(call.caller.address)
            call.answered.set()  # nobody need wait any longer

    async def _hang_up(self, leg: str) -> None:
        try:
            if self._ami is not None:
                await self._ami.hangup(leg)
        except AmiError:
            log.warning("a call from the site could not be hung up; the next resync does it")

    async def stop(self) -> None:
        """The engine stops: every page is told, every leg hung up."""
        for call in list(self._legs.values()):
            await self._end(call, News("ended", "stopping"))
        while self._tasks:
            await asyncio.wait(set(self._tasks))
        await self._media.stop()

    def _beside(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
