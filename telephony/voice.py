"""Voice: the channel that moves calls on Asterisk, and the wire by which the dialer places them.

Calls live in the dialplan (asterisk_conf/extensions.conf); here they are only moved: an offer is a Redirect of the customer's leg
to `cc-dial`, a withdrawal one back to `cc-hold`. What Asterisk tells comes in through `on_event`, typed and in order.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol
from urllib.parse import unquote

from ..queue.agent import Agent
from ..queue.channel import Arrival, AttemptOutcome, ChannelKind, Direction, OfferFailure, WireDown
from ..queue.contact import Contact
from ..queue.desk import Desk
from ..storage.clock import Clock
from . import call as calls
from .ami import Ami, LinkState
from .ami_actions import ActionOutcomeUnknown, ActionTimeout, AmiError, LinkDown, Reply
from .ami_events import (
    BridgeEntered,
    BridgeLeft,
    ChannelCreated,
    ChannelEvent,
    ChannelHungUp,
    ChannelState,
    ChannelStateChanged,
    ContactChanged,
    DialStateChanged,
    Event,
    HoldBegan,
    HoldEnded,
    OriginateResponded,
    Resync,
    UserEventSeen,
)
from .call import DialedCall
from .legs import call_key, customers_of, is_customer, key_of, legs_of, shown_name

log = logging.getLogger(__name__)

HEARTBEAT_S = 2.0
CHECK_S = 5.0
_DIALABLE = re.compile(r"\+?[0-9]{5,18}")
_FAILURES = {"NOANSWER": OfferFailure.NO_ANSWER, "BUSY": OfferFailure.DECLINED}


class Dialing(Protocol):
    """Who placed the calls and wants to hear of them."""

    async def on_answered(self, attempt_id: str, wire_key: str) -> object: ...

    async def on_ended(self, attempt_id: str, outcome: AttemptOutcome, cause: int, tech_cause: str) -> None: ...


@dataclass(frozen=True, slots=True)
class TalkRecorded:
    """A piece of talk is over and its raw recording lies at `path`. `talk_s` by Asterisk's own clock."""

    contact: Contact
    path: str
    started_at: datetime
    talk_s: float


class NotDialable(ValueError):
    """The number holds something that is no telephone number; the text does not repeat it."""


class Voice:
    """Implements Channel (queue/channel.py) for telephone calls, and by its shape the dialer's Originate."""

    def __init__(
        self,
        desk: Desk,
        clock: Clock,
        *,
        queue_of: Callable[[str], str],
        to_e164: Callable[[str], str],
        on_recorded: Callable[[TalkRecorded], Awaitable[None]],
        ring_s: int,
    ) -> None:
        """`queue_of` names the queue behind a dialed number; `to_e164` normalises a caller's number, "" when it is none."""
        self._desk = desk
        self._clock = clock
        self._queue_of = queue_of
        self._to_e164 = to_e164
        self._on_recorded = on_recorded
        self._ring_s = ring_s
        self._ami: Ami | None = None
        self._dialing: Dialing | None = None
        self._names: dict[str, str] = {}
        self._calls: dict[str, DialedCall] = {}
        self._talks: dict[str, tuple[Contact, str, float]] = {}

    def attach(self, ami: Ami, dialing: Dialing) -> None:
        """Join the two ends that need this object to be made first."""
        self._ami = ami
        self._dialing = dialing

    # Channel: what the desk wants -----------------------------------------------------------------------------------

    async def offer(self, contact: Contact, agent: Agent, *, auto_answer: bool) -> None:
        channel = self._names.get(contact.wire_key)
        if channel is None:
            return  # its hangup is on the way
        variables = {"CC_CONTACT": contact.id, "CC_AUTO": "1" if auto_answer else "0", "CC_RING": str(self._ring_s)}
        for name, value in variables.items():
            await self._told(self._link.setvar(channel, name, value))
        await self._told(self._link.redirect(channel, "cc-dial", agent.sip_name))

    async def withdraw(self, contact: Contact, agent: Agent) -> None:
        await self._to_hold(contact)

    async def return_to_queue(self, contact: Contact, agent: Agent) -> None:
        await self._to_hold(contact)

    async def hang_up(self, contact: Contact) -> None:
        channel = self._names.get(contact.wire_key)
        if channel is not None:
            await self._told(self._link.hangup(channel))

    async def _to_hold(self, contact: Contact) -> None:
        channel = self._names.get(contact.wire_key)
        if channel is not None:
            await self._told(self._link.redirect(channel, "cc-hold", "s"))

    @property
    def _link(self) -> Ami:
        if self._ami is None or self._ami.state is LinkState.DOWN:
            raise WireDown
        return self._ami

    async def _told(self, telling: Awaitable[Reply]) -> Reply:
        """A refusal by Asterisk means that the channel is gone, which its own events tell; a broken link is WireDown."""
        try:
            reply = await telling
        except (LinkDown, ActionTimeout, ActionOutcomeUnknown) as broken:
            raise WireDown from broken
        if not reply.ok:
            log.info("Asterisk refused an action: %s", reply.message)
        return reply

    # Originate: what the dialer wants -------------------------------------------------------------------------------

    async def originate(
        self, attempt_id: str, number: str, *, ring_timeout_s: int, caller_id: str, variables: Mapping[str, str]
    ) -> None:
        """Dial. `attempt_id` becomes the channel's id, so that a second order for it is refused by Asterisk itself.

        Raises NotDialable, and WireDown when it is certain that nothing was dialed or nobody can tell (see `known`).
        """
        if _DIALABLE.fullmatch(number) is None:
            raise NotDialable("not a telephone number")
        self._calls[attempt_id] = DialedCall(attempt_id, float(ring_timeout_s))
        reply = await self._told(
            self._link.originate(
                f"PJSIP/{number.lstrip('+')}@trunk",
                attempt_id,
                "cc-out",
                "s",
                {"__CC_CALL": attempt_id, **variables},
                timeout_s=float(ring_timeout_s),
                caller_id=caller_id or None,
            )
        )
        if not reply.ok:
            del self._calls[attempt_id]
            raise WireDown

    async def cancel(self, attempt_id: str) -> None:
        call = self._calls.get(attempt_id)
        channel = self._names.get(self._key_of(attempt_id))
        if call is not None and channel is not None:
            self._calls[attempt_id] = replace(call, cancelled=True)
            await self._told(self._link.hangup(channel))

    async def known(self, attempt_id: str) -> bool | None:
        """Whether a channel of that attempt lives now; None when Asterisk cannot be asked."""
        try:
            channels = await self._link.show_channels()
        except (WireDown, LinkDown, ActionTimeout, ActionOutcomeUnknown):
            return None
        return any(channel.channel.uniqueid == attempt_id for channel in channels)

    def _key_of(self, uniqueid: str) -> str:
        return f"{self._alive}{uniqueid}"

    @property
    def _alive(self) -> str:
        return "" if self._ami is None else f"{self._ami.node}/{self._ami.boot_id}/"

    # What Asterisk tells --------------------------------------------------------------------------------------------

    async def on_event(self, event: Event) -> None:
        match event:
            case ContactChanged():
                await self._ask_device(event.endpoint)
            case UserEventSeen():
                await self._user_event(event)
            case OriginateResponded() if not event.success:
                await self._originate_failed(event)
            case ChannelHungUp():
                await self._hung_up(event)
            case HoldBegan() | HoldEnded():
                await self._desk.hold_changed(call_key(event), held=isinstance(event, HoldBegan))
            case ChannelEvent() if is_customer(event.channel, event.variables) or event.channel.uniqueid in self._calls:
                await self._customer_event(event)

    async def _customer_event(self, event: ChannelEvent) -> None:
        key, uniqueid = key_of(event.channel), event.channel.uniqueid
        match event:
            case ChannelCreated() | ChannelStateChanged():
                self._names[key] = event.name
                if uniqueid in self._calls and isinstance(event, ChannelCreated):
                    self._calls[uniqueid] = calls.appeared(self._calls[uniqueid], event.at)
                if uniqueid in self._calls and event.state is ChannelState.RINGING:
                    self._calls[uniqueid] = calls.rang(self._calls[uniqueid])
            case DialStateChanged() if uniqueid in self._calls:
                self._calls[uniqueid] = calls.rang(self._calls[uniqueid])
            case BridgeEntered():
                self._names[key] = event.name
                contact = self._desk.contact_by_wire(key)
                if contact is not None:
                    self._talks[key] = (contact, event.variables.get("CC_REC", ""), event.at or self._now())
            case BridgeLeft():
                await self._talk_over(key, event)

    async def _talk_over(self, key: str, event: BridgeLeft) -> None:
        """One piece of talk, and its recording, are complete. After a restart in mid-talk the beginning is the journal's."""
        begun = self._talks.pop(key, None)
        contact = self._desk.contact_by_wire(key) or (begun[0] if begun else None)
        if contact is None:
            return
        if begun is not None:  # a broken leg has parted them already; it was his talk all the same
            contact = replace(contact, agent_id=begun[0].agent_id)
        path = event.variables.get("CC_REC", "") or (begun[1] if begun else "")
        began = begun[2] if begun else (contact.connected_at or contact.arrived_at).timestamp()
        if path:
            started_at = datetime.fromtimestamp(began, UTC)
            await self._on_recorded(TalkRecorded(contact, path, started_at, (event.at or self._now()) - began))

    async def _user_event(self, event: UserEventSeen) -> None:
        key = call_key(event)
        match event.kind:
            case "CCWaiting":
                self._names[key] = event.name
                await self._waiting(key, event)
            case "CCTalk":
                agent = self._desk.agent_by_sip_name(event.fields.get("Agent", ""))
                if agent is not None:
                    await self._desk.talk_began(key, agent.id)
            case "CCDialEnd":
                await self._dial_ended(key, event.fields.get("Status", ""))
            case "CCAnswered":
                self._names[key] = event.name
                await self._answered(event.channel.uniqueid, key)
            case "CCAbandon" if event.channel.uniqueid in self._calls:
                uniqueid = event.channel.uniqueid
                self._calls[uniqueid] = replace(self._calls[uniqueid], abandoned=True)

    async def _answered(self, uniqueid: str, key: str) -> None:
        call = self._calls.get(uniqueid)
        if call is not None and not call.answered and self._dialing is not None:
            self._calls[uniqueid] = replace(call, answered=True)
            await self._dialing.on_answered(uniqueid, key)

    async def _waiting(self, key: str, event: UserEventSeen) -> None:
        if self._desk.contact_by_wire(key) is not None:
            return
        number = event.fields.get("Num", "")
        await self._desk.arrive(
            Arrival(
                kind=ChannelKind.VOICE,
                direction=Direction.INBOUND,
                queue=self._queue_of(event.fields.get("Dnis", "")),
                wire_key=key,
                address=self._to_e164(number),
                name=shown_name(unquote(event.fields.get("Name", ""))),
            )
        )

    async def _dial_ended(self, key: str, status: str) -> None:
        if status == "ANSWER":
            await self._desk.talk_ended(key)
        elif status != "CANCEL":  # cancelled: the customer is gone, his hangup says so
            await self._desk.offer_failed(key, _FAILURES.get(status, OfferFailure.UNREACHABLE))

    async def _hung_up(self, event: ChannelHungUp) -> None:
        key, uniqueid = key_of(event.channel), event.channel.uniqueid
        self._names.pop(key, None)
        call = self._calls.pop(uniqueid, None)
        if call is not None and self._dialing is not None:
            result = calls.outcome(call, event.cause, event.tech_cause, event.at)
            await self._dialing.on_ended(uniqueid, result, event.cause, event.tech_cause)
        if self._desk.contact_by_wire(key) is not None:
            await self._desk.customer_left(key, f"cause_{event.cause}")

    async def _originate_failed(self, event: OriginateResponded) -> None:
        """A failure whose channel never appeared has no Hangup to tell of it."""
        uniqueid = event.channel.uniqueid
        call = self._calls.get(uniqueid)
        if call is None or call.began_at is not None or self._dialing is None:
            return
        del self._calls[uniqueid]
        await self._dialing.on_ended(uniqueid, AttemptOutcome.TRUNK_TROUBLE, 0, "")

    # After a gap ----------------------------------------------------------------------------------------------------

    async def on_link(self, state: LinkState) -> None:
        if state is not LinkState.UP:
            await self._desk.wire_changed(ChannelKind.VOICE, up=False)

    async def on_resync(self, resync: Resync) -> None:
        """Believe Asterisk: names, legs, softphones; then the wire is up. Who waits unknown to us is asked to announce himself."""
        alive = f"{resync.node}/{resync.boot_id}/"
        customers = customers_of(resync.channels)
        self._names = {key: channel.name for key, channel in customers.items()}
        await self._beat()
        legs = legs_of(customers, self._desk.agent_by_sip_name)
        await self._desk.reconcile(ChannelKind.VOICE, legs, alive)
        for key, channel in customers.items():
            if channel.variables.get("CC_STATE") == "hold" and self._desk.contact_by_wire(key) is None:
                await self._link.redirect(channel.name, "cc-hold", "s")
        for key, channel in customers.items():
            if channel.variables.get("CC_STATE") == "answered" and self._desk.contact_by_wire(key) is None:
                await self._answered(channel.channel.uniqueid, key)
        for agent in self._desk.agents():
            await self._ask_device(agent.sip_name)
        await self._lost_calls({channel.channel.uniqueid for channel in resync.channels})
        await self._desk.wire_changed(ChannelKind.VOICE, up=True)

    async def check_forever(self) -> None:
        """Nothing sticks after a lost event: every CHECK_S the desk's book is held against Asterisk's channels."""
        while True:
            await asyncio.sleep(CHECK_S)
            if self._ami is None or self._ami.state is not LinkState.UP:
                continue
            try:
                channels = await self._ami.show_channels()
            except AmiError:
                continue  # the link's own watchdog speaks of it
            legs = legs_of(customers_of(channels), self._desk.agent_by_sip_name)
            await self._desk.check(ChannelKind.VOICE, legs, self._alive)

    async def _lost_calls(self, alive: set[str]) -> None:
        """Calls that ended while nobody listened: how, cannot be told any more."""
        gone = [attempt_id for attempt_id in self._calls if attempt_id not in alive]
        for attempt_id in gone:
            call = self._calls.pop(attempt_id)
            result = AttemptOutcome.PERSON if call.answered else AttemptOutcome.UNKNOWN
            if self._dialing is not None:
                await self._dialing.on_ended(attempt_id, result, 0, "")

    def adopt_call(self, attempt_id: str, ring_timeout_s: float, *, answered: bool) -> None:
        """Before the link is up after our restart: a call that was dialed before it, and may live still."""
        self._calls[attempt_id] = DialedCall(attempt_id, ring_timeout_s, rang=True, answered=answered)

    async def _ask_device(self, endpoint: str) -> None:
        """Asterisk's own answer whether the softphone is registered: events of an old and a new registration may cross."""
        agent = self._desk.agent_by_sip_name(endpoint)
        if agent is None or self._ami is None:
            return
        contacts = await self._ami.getvar(None, f"PJSIP_DIAL_CONTACTS({endpoint})")
        await self._desk.device_changed(agent.id, up=bool(contacts))

    async def beat_forever(self) -> None:
        """The heartbeat that the dialplan watches: without it callers are taken by the fallback after 6 s."""
        while True:
            try:
                await self._beat()
            except WireDown:
                log.debug("no heartbeat: the link is down")
            await asyncio.sleep(HEARTBEAT_S)

    async def _beat(self) -> None:
        await self._told(self._link.setvar(None, "ENGINE_HB", str(int(self._now()))))

    def _now(self) -> float:
        return self._clock.now().timestamp()
