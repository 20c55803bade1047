"""Hearing: what Asterisk tells of calls, typed and in order, and to whom it goes; after a gap, all that it shows.

Calls live in the dialplan (asterisk_conf/extensions.conf); its own words of them are the UserEvents here.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from urllib.parse import unquote

from ..queue.channel import AttemptOutcome, CallSign, ChannelKind, OfferFailure, WireDown
from ..queue.contact import ContactState
from ..queue.desk import Desk
from .aftermath import Aftermath
from .ami import LinkState
from .ami_actions import AmiError
from .ami_events import (
    BridgeEntered,
    BridgeLeft,
    ChannelCreated,
    ChannelEvent,
    ChannelHungUp,
    ChannelStateChanged,
    ContactChanged,
    Event,
    HoldBegan,
    HoldEnded,
    KeyPressed,
    LiveChannel,
    OriginateResponded,
    Resync,
    UserEventSeen,
)
from .announcing import WAITING_KEYS
from .arrivals import Arrivals
from .calls_back import CallsBack
from .devices import Devices
from .dialogs import Dialogs
from .heartbeat import Heartbeat
from .key_notes import KeyNotes, Told
from .legs import call_key, customers_of, is_customer, key_of, legs_of, operators_of
from .parties import Parties
from .placed_calls import PlacedCalls
from .screening import Screening
from .talks import Talks
from .trunk_channels import TrunkChannels
from .waiting_room import WaitingRoom
from .wire import Wire

CHECK_S = 5.0
_FAILURES = {"NOANSWER": OfferFailure.NO_ANSWER, "BUSY": OfferFailure.DECLINED}


class Hearing:
    """`on_event` hears every event, `on_link` and `on_resync` what becomes of the link; `check` looks whether an event was lost."""

    def __init__(
        self,
        desk: Desk,
        wire: Wire,
        *,
        channels: TrunkChannels,
        placed: PlacedCalls,
        back: CallsBack,
        parties: Parties,
        arrivals: Arrivals,
        talks: Talks,
        screening: Screening,
        dialogs: Dialogs,
        waiting_room: WaitingRoom,
        devices: Devices,
        heartbeat: Heartbeat,
        signed: Told,
    ) -> None:
        """Each of them hears what is his; `signed`, what a call of ours showed."""
        self._desk = desk
        self._wire = wire
        self._channels = channels
        self._placed = placed
        self._back = back
        self._parties = parties
        self._arrivals = arrivals
        self._talks = talks
        self._screening = screening
        self._dialogs = dialogs
        self._waiting_room = waiting_room
        self._devices = devices
        self._heartbeat = heartbeat
        self._signed = signed
        self._aftermath = Aftermath(desk, wire, arrivals.arrival_of, placed.left_alone)
        self._keys = KeyNotes(wire, signed)

    async def on_event(self, event: Event) -> None:
        self._channels.heard(event)
        match event:
            case ContactChanged():
                await self._devices.ask(event.endpoint)
            case UserEventSeen():
                await self._user_event(event)
            case OriginateResponded() if not event.success:
                await self._placed.failed(event)
            case ChannelHungUp():
                if self._wire.operators.get(call_key(event)) == event.name:
                    del self._wire.operators[call_key(event)]
                    await self._talks.parted(call_key(event), event.at)
                    await self._parties.operator_gone(call_key(event))
                await self._hung_up(event)
            case HoldBegan() | HoldEnded():
                await self._desk.hold_changed(call_key(event), held=isinstance(event, HoldBegan))
            case KeyPressed(digit=digit) if digit in WAITING_KEYS and is_customer(event.channel, event.variables):
                await self._waiting_room.pressed(key_of(event.channel), digit)
            case ChannelEvent() if (
                is_customer(event.channel, event.variables) or event.channel.uniqueid in self._placed
            ):
                await self._customer_event(event)
            case BridgeEntered() if event.variables.get("CC_CALL"):
                self._wire.operators[call_key(event)] = event.name

    async def _customer_event(self, event: ChannelEvent) -> None:
        key = key_of(event.channel)
        await self._placed.seen(event)
        match event:
            case ChannelCreated() | ChannelStateChanged():
                self._wire.names[key] = event.name
            case BridgeEntered():
                self._wire.names[key] = event.name
                self._talks.began(key, event)
            case BridgeLeft():
                await self._talks.over(key, event)

    async def _user_event(self, event: UserEventSeen) -> None:
        key = call_key(event)
        match event.kind:
            case "CCWaiting":
                self._wire.names[key] = event.name
                await self._waiting(key, event)
            case "CCTalk":
                self._waiting_room.talks(key)
                self._aftermath.rings_no_more(key)
                agent = self._desk.agent_by_sip_name(event.fields.get("Agent", ""))
                if agent is not None:
                    await self._desk.talk_began(key, agent.id)
            case "CCDialEnd":
                await self._dial_ended(key, event.fields.get("Status", ""), event.fields.get("Agent", ""))
            case "CCScreening":
                self._wire.names[key] = event.name
                await self._placed.picked_up(event.channel.uniqueid, key)
            case "CCUnscreened":
                self._screening.cannot(event.channel.uniqueid)
            case "CCAnswered":
                self._wire.names[key] = event.name
                self._screening.over(event.channel.uniqueid)
                await self._placed.answered(event.channel.uniqueid, key, event.at)
            case "CCAbandon":
                self._placed.abandoned(event.channel.uniqueid)
                await self._nobody_came(key)
                await self._aftermath.strike_out(event.channel.uniqueid)
            case "CCSign":
                self._wire.names[key] = event.name
                await self._keys.heard(event.channel.uniqueid, event.fields.get("Sign", ""))
            case "CCMessage":
                await self._talks.message_left(self._waiting_room.message_of(key), event)

    async def _nobody_came(self, key: str) -> None:
        """He hears the apology by now: nobody is to be offered to him any more."""
        contact = self._desk.contact_by_wire(key)
        if contact is not None and contact.state in (ContactState.ARRIVED, ContactState.QUEUED):
            await self._desk.customer_left(key, "nobody_came")

    async def _waiting(self, key: str, event: UserEventSeen) -> None:
        await self._waiting_room.entered(key, event.fields.get("Ivr", ""))
        await self._aftermath.rang_out(key)
        fields = event.fields
        if event.channel.uniqueid in self._placed and self._desk.contact_by_wire(key) is None:
            await self._signed(event.channel.uniqueid, CallSign.OPERATOR, key)  # he was told a message, and pressed 0
        contact = self._desk.contact_by_wire(key) or await self._arrivals.came(
            self._arrivals.arrival_of(
                key, fields.get("Dnis", ""), fields.get("Num", ""), unquote(fields.get("Name", ""))
            )
        )
        if not contact.is_open:
            await self._waiting_room.let_go(contact)

    async def _dial_ended(self, key: str, status: str, sip_name: str) -> None:
        if status == "ANSWER":
            await self._desk.talk_ended(key)
        elif status == "BROKEN":
            await self._desk.leg_broke(key)
        elif status != "CANCEL":  # cancelled: the customer is gone, his hangup says so
            agent = self._desk.agent_by_sip_name(sip_name)
            failure = _FAILURES.get(status, OfferFailure.UNREACHABLE)
            await self._desk.offer_failed(key, failure, agent.id if agent else None)

    async def _hung_up(self, event: ChannelHungUp) -> None:
        key = key_of(event.channel)
        self._wire.names.pop(key, None)
        self._waiting_room.left(key)
        self._arrivals.left(key)
        self._aftermath.rings_no_more(key)
        self._screening.over(event.channel.uniqueid)
        await self._placed.hung_up(event)
        await self._parties.customer_gone(key)
        if self._desk.contact_by_wire(key) is not None:
            await self._desk.customer_left(key, f"cause_{event.cause}")

    # After a gap ----------------------------------------------------------------------------------------------------

    async def on_link(self, state: LinkState) -> None:
        if state is not LinkState.UP:
            await self._desk.wire_changed(ChannelKind.VOICE, up=False)

    async def on_resync(self, resync: Resync) -> None:
        """Believe Asterisk: names, legs, softphones; then the wire is up. Who waits unknown to us is asked to announce himself."""
        alive = f"{resync.node}/{resync.boot_id}/"
        customers = customers_of(resync.channels)
        channels = {channel.channel.uniqueid: channel for channel in resync.channels}
        self._wire.names = {key: channel.name for key, channel in customers.items()}
        self._wire.operators = operators_of(resync.channels)
        self._channels.ask()
        self._channels.told(resync.channels)
        await self._heartbeat.beat()
        since = await self._aftermath.settle(customers)
        await self._keys.settle()
        legs = legs_of(customers, self._desk.agent_by_sip_name, since)
        await self._desk.reconcile(ChannelKind.VOICE, legs, alive)
        self._dialogs.only(list(customers))
        for key, channel in customers.items():
            standing = channel.variables.get("CC_STATE")
            if standing == "hold" and self._desk.contact_by_wire(key) is not None:
                await self._waiting_room.entered(key)
            elif standing == "hold" or (standing == "ivr" and not self._dialogs.is_in(key)):  # another engine's dialog
                await self._wire.move(key, "cc-hold", "s")
        await self._parties.resync(resync.channels)
        await self._back.resync(channels)
        for key, channel in customers.items():
            if channel.variables.get("CC_STATE") == "answered" and self._desk.contact_by_wire(key) is None:
                await self._placed.answered(channel.channel.uniqueid, key)
            elif channel.variables.get("CC_STATE") == "abandon":
                self._placed.abandoned(channel.channel.uniqueid)
            elif channel.variables.get("CC_STATE") == "leave":
                self._placed.heard(channel.channel.uniqueid, AttemptOutcome.MACHINE)
            elif channel.variables.get("CC_STATE") == "notice":
                await self._signed(channel.channel.uniqueid, CallSign.TOLD, key)
        await self._devices.ask_all()
        await self._placed.lost(channels.keys())
        await self._desk.wire_changed(ChannelKind.VOICE, up=True)

    async def check_forever(self) -> None:
        """Nothing sticks after a lost event: every CHECK_S the desk's book is held against Asterisk's channels."""
        while True:
            await asyncio.sleep(CHECK_S)
            ami = self._wire.ami
            if ami is None or ami.state is not LinkState.UP:
                continue
            with suppress(AmiError, WireDown):  # the link's own watchdog speaks of it
                self._channels.ask()
                await self.check(await ami.show_channels())

    async def check(self, channels: Sequence[LiveChannel]) -> None:
        self._channels.told(channels)
        customers = customers_of(channels)
        await self._arrivals.look_again(customers)
        await self._desk.check(ChannelKind.VOICE, legs_of(customers, self._desk.agent_by_sip_name), self._wire.alive)
