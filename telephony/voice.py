"""Voice: the channel that moves calls on Asterisk, and the wire by which the dialer places them.

Calls live in the dialplan (asterisk_conf/extensions.conf); here they are only moved: an offer is a Redirect of the customer's leg
to `cc-dial`, a withdrawal one back to `cc-hold`. What Asterisk tells comes in through `on_event`, typed and in order.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from urllib.parse import unquote

from ..queue.agent import Agent
from ..queue.channel import (
    Arrival,
    AttemptOutcome,
    CallSign,
    ChannelKind,
    Direction,
    Dismissal,
    NotDone,
    OfferFailure,
    WireDown,
)
from ..queue.commands import PartyCommand
from ..queue.contact import Contact, ContactState
from ..queue.desk import Desk
from ..storage.clock import Clock
from .aftermath import Aftermath
from .ami import Ami, LinkState
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
from .answer_model import shipped
from .arrivals import Arrivals
from .call import DialedCall
from .calls_back import CallsBack, Way
from .dialogs import Dialogs, Spoken
from .key_notes import KeyNotes
from .legs import call_key, customers_of, is_customer, key_of, legs_of, operators_of, shown_name
from .parties import Parties
from .placed_calls import Dialing, PlacedCalls
from .screening import Screening
from .site import FIRST_TRUNK
from .talks import TalkRecorded, Talks
from .trunk_channels import TrunkChannels
from .waiting_room import WaitingRoom
from .wire import Wire

log = logging.getLogger(__name__)

HEARTBEAT_S = 1.0
ASKED_AT_ONCE = 100
CHECK_S = 5.0
REJOIN_RING_S = 5
"""A page that is back answers by itself within a second; one that is not is tried again (queue/contact.py)."""
_FAILURES = {"NOANSWER": OfferFailure.NO_ANSWER, "BUSY": OfferFailure.DECLINED}


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
        language_of: Callable[[str], str] = lambda _queue: "",
        caller_id: str = "",
        wall: Callable[[], float] = time.time,
        may_dial: Callable[[str], bool] = lambda _number: True,
        spoken: Spoken | None = None,
        way: Way | None = None,
    ) -> None:
        """`queue_of` names the queue behind a dialed number; `to_e164` normalises a caller's number, "" when it is none.

        `language_of` names the language ("ru", "en") in which a queue's customers are told things; `caller_id` is shown to those
        whom we call back (unless `way` names trunk and number), `may_dial` tells whether a number may be dialed at all (rules.py). `wall`
        is the clock that Asterisk has (s since 1970), with all its jumps: the heartbeat's age is told by it.
        """
        self._desk = desk
        self._wall = wall
        self._clock = clock
        self._queue_of = queue_of
        self._to_e164 = to_e164
        self._ring_s = ring_s
        self._wire = Wire()
        self._dialing: Dialing | None = None
        self._channels = TrunkChannels()
        self._placed = PlacedCalls(self._wire, may_dial, self._channels)

        def plain(_number: str) -> tuple[str, str]:
            return FIRST_TRUNK, caller_id

        self._back = CallsBack(desk, self._wire, self._placed, self._ring_called_back, way or plain)
        self._parties = Parties(desk, self._wire, self._placed, way or plain)
        self._aftermath = Aftermath(desk, self._wire, self._arrival, self._placed.left_alone)
        self._keys = KeyNotes(self._wire, self._signed)
        self._arrivals = Arrivals(desk, self._wire, clock)
        self._talks = Talks(desk, clock, on_recorded)

        self.screening = Screening(self._wire, shipped, self._placed.heard)

        # One face for those outside: whoever waits is the waiting room's.
        self.dialogs = Dialogs(desk, self._wire, clock, spoken)
        room = self.waiting_room = WaitingRoom(desk, self._wire, clock, language_of, self.dialogs)
        self.announce = room.announce
        self.announce_forever = room.announce_forever
        self.cancel = self._placed.cancel
        self.equip = self._placed.equip
        self.known = self._placed.known
        self.channels_on = self._channels.of

    def attach(self, ami: Ami, dialing: Dialing) -> None:
        """Join the two ends that need this object to be made first."""
        self._wire.ami = ami
        self._dialing = dialing

    def lives(self, wire_key: str) -> bool:
        """Whether this leg is still there; also while nobody can tell."""
        ami = self._wire.ami
        return wire_key in self._wire.names or ami is None or ami.state is not LinkState.UP

    # Channel: what the desk wants -----------------------------------------------------------------------------------

    async def offer(self, contact: Contact, agent: Agent, *, auto_answer: bool) -> None:
        if contact.is_kept_place:
            await self._back.offer(contact)
        else:
            await self._ring(contact, agent, auto_answer=auto_answer)

    async def _ring(self, contact: Contact, agent: Agent, *, auto_answer: bool) -> None:
        ring_s = self._desk.setup.rules(contact.queue).ring_s or self._ring_s
        ring_s = REJOIN_RING_S if contact.rejoins and agent.needs_page else ring_s
        variables = {"CC_CONTACT": contact.id, "CC_AUTO": "1" if auto_answer else "0", "CC_RING": str(ring_s)}
        await self._wire.move(contact.wire_key, "cc-dial", agent.sip_name, variables)

    async def _ring_called_back(self, contact: Contact, agent: Agent) -> None:
        await self._ring(contact, agent, auto_answer=True)

    async def withdraw(self, contact: Contact, agent: Agent) -> None:
        if contact.is_kept_place:
            await self._back.withdraw(contact)
        else:
            await self._wire.move(contact.wire_key, "cc-hold", "s")

    async def return_to_queue(self, contact: Contact, agent: Agent) -> None:
        """He whose talk broke is told so; who was passed on hears the music only."""
        await self._parties.operator_goes(contact.wire_key)
        waits = self._desk.contact(contact.id)
        if waits is not None and waits.rejoins:
            await self.waiting_room.parted(waits)
        else:
            await self._wire.move(contact.wire_key, "cc-hold", "s")

    async def hang_up(self, contact: Contact) -> None:
        if contact.is_kept_place:
            await self._back.withdraw(contact)
        else:
            await self._wire.hang_up(contact.wire_key)

    async def accepted(self, contact: Contact, agent: Agent) -> None:
        """A call is answered in the softphone: there is nothing more to do."""

    async def record(self, contact: Contact, *, on: bool) -> None:
        """The recording hangs on the operator's leg, and so does its silence: it outlives us."""
        if not await self._wire.mask(contact.wire_key, on=not on):
            raise NotDone

    async def parties(self, command: PartyCommand) -> None:
        await self._parties.perform(command)

    async def dismiss(self, contact: Contact, how: Dismissal) -> None:
        await self.waiting_room.dismiss(contact, how)

    # Originate: what the dialer wants -------------------------------------------------------------------------------

    async def originate(
        self,
        attempt_id: str,
        number: str,
        *,
        ring_timeout_s: int,
        caller_id: str,
        variables: Mapping[str, str],
        trunk: str = FIRST_TRUNK,
    ) -> None:
        """Dial by `trunk`. `attempt_id` becomes the channel's id, so that a second order for it is refused by Asterisk itself.

        Raises NotDialable, and WireDown when it is certain that nothing was dialed or nobody can tell (see `known`).
        """
        placed = False
        try:
            placed = await self._placed.place(
                attempt_id,
                number,
                self._owner,
                ring_timeout_s=float(ring_timeout_s),
                trunk=trunk,
                caller_id=caller_id,
                variables=self.screening.equipped(attempt_id, variables),
            )
        finally:
            if not placed:
                self.screening.over(attempt_id)
        if not placed:
            raise WireDown

    @property
    def _owner(self) -> Dialing:
        if self._dialing is None:
            raise WireDown
        return self._dialing

    # What Asterisk tells --------------------------------------------------------------------------------------------

    async def on_event(self, event: Event) -> None:
        self._channels.heard(event)
        match event:
            case ContactChanged():
                await self._ask_device(event.endpoint)
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
                await self.waiting_room.pressed(key_of(event.channel), digit)
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
                self.waiting_room.talks(key)
                self._aftermath.rings_no_more(key)
                agent = self._desk.agent_by_sip_name(event.fields.get("Agent", ""))
                if agent is not None:
                    await self._desk.talk_began(key, agent.id)
            case "CCDialEnd":
                await self._dial_ended(key, event.fields.get("Status", ""))
            case "CCScreening":
                self._wire.names[key] = event.name
                await self._placed.picked_up(event.channel.uniqueid, key)
            case "CCUnscreened":
                self.screening.cannot(event.channel.uniqueid)
            case "CCAnswered":
                self._wire.names[key] = event.name
                self.screening.over(event.channel.uniqueid)
                await self._placed.answered(event.channel.uniqueid, key)
            case "CCAbandon":
                self._placed.abandoned(event.channel.uniqueid)
                await self._nobody_came(key)
                await self._aftermath.strike_out(event.channel.uniqueid)
            case "CCSign":
                self._wire.names[key] = event.name
                await self._keys.heard(event.channel.uniqueid, event.fields.get("Sign", ""))
            case "CCMessage":
                await self._talks.message_left(self.waiting_room.message_of(key), event)

    async def _signed(self, uniqueid: str, sign: CallSign, key: str) -> None:
        await self._owner.on_sign(uniqueid, sign, key)

    async def _nobody_came(self, key: str) -> None:
        """He hears the apology by now: nobody is to be offered to him any more."""
        contact = self._desk.contact_by_wire(key)
        if contact is not None and contact.state in (ContactState.ARRIVED, ContactState.QUEUED):
            await self._desk.customer_left(key, "nobody_came")

    async def _waiting(self, key: str, event: UserEventSeen) -> None:
        await self.waiting_room.entered(key, event.fields.get("Ivr", ""))
        await self._aftermath.rang_out(key)
        fields = event.fields
        if event.channel.uniqueid in self._placed and self._desk.contact_by_wire(key) is None:
            await self._signed(event.channel.uniqueid, CallSign.OPERATOR, key)  # he was told a message, and pressed 0
        contact = self._desk.contact_by_wire(key) or await self._arrivals.came(
            self._arrival(key, fields.get("Dnis", ""), fields.get("Num", ""), unquote(fields.get("Name", "")))
        )
        if not contact.is_open:
            await self.waiting_room.let_go(contact)

    def _arrival(self, key: str, dialed: str, number: str, name: str) -> Arrival:
        return Arrival(
            kind=ChannelKind.VOICE,
            direction=Direction.INBOUND,
            queue=self._queue_of(dialed),
            wire_key=key,
            address=self._to_e164(number),
            name=shown_name(name),
        )

    async def _dial_ended(self, key: str, status: str) -> None:
        if status == "ANSWER":
            await self._desk.talk_ended(key)
        elif status == "BROKEN":
            await self._desk.leg_broke(key)
        elif status != "CANCEL":  # cancelled: the customer is gone, his hangup says so
            await self._desk.offer_failed(key, _FAILURES.get(status, OfferFailure.UNREACHABLE))

    async def _hung_up(self, event: ChannelHungUp) -> None:
        key = key_of(event.channel)
        self._wire.names.pop(key, None)
        self.waiting_room.left(key)
        self._arrivals.left(key)
        self._aftermath.rings_no_more(key)
        self.screening.over(event.channel.uniqueid)
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
        await self._beat()
        since = await self._aftermath.settle(customers)
        await self._keys.settle()
        legs = legs_of(customers, self._desk.agent_by_sip_name, since)
        await self._desk.reconcile(ChannelKind.VOICE, legs, alive)
        self.dialogs.only(list(customers))
        for key, channel in customers.items():
            standing = channel.variables.get("CC_STATE")
            if standing == "hold" and self._desk.contact_by_wire(key) is not None:
                await self.waiting_room.entered(key)
            elif standing == "hold" or (standing == "ivr" and not self.dialogs.is_in(key)):  # another engine's dialog
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
        await self._ask_devices([agent.sip_name for agent in self._desk.agents()])
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

    def adopt_call(self, attempt_id: str, ring_timeout_s: float, *, answered: bool) -> None:
        """Before the link is up after our restart: a call that was dialed before it, and may live still."""
        self._placed.adopt(DialedCall(attempt_id, ring_timeout_s, rang=True, answered=answered), self._owner)

    async def look_at_phone(self, agent_id: str) -> None:
        """Ask for the agent's softphone now; while nobody can tell, what we knew of it stands."""
        agent = self._desk.agent(agent_id)
        if agent is not None:
            with suppress(AmiError):
                await self._ask_device(agent.sip_name)

    async def _ask_devices(self, sip_names: Sequence[str]) -> None:
        """Many at a time: a house of 2,500 telephones waited for one answer after the other, which was most of a resync."""
        for begin in range(0, len(sip_names), ASKED_AT_ONCE):
            await asyncio.gather(*(self._ask_device(name) for name in sip_names[begin : begin + ASKED_AT_ONCE]))

    async def _ask_device(self, endpoint: str) -> None:
        """Asterisk's own answer whether the softphone is registered: events of an old and a new registration may cross."""
        agent = self._desk.agent_by_sip_name(endpoint)
        if agent is None or self._wire.ami is None:
            return
        contacts = await self._wire.ami.getvar(None, f"PJSIP_DIAL_CONTACTS({endpoint})")
        await self._desk.device_changed(agent.id, up=bool(contacts))

    async def beat_forever(self) -> None:
        """The heartbeat that the dialplan watches: when it is older than 5 s callers are taken by the fallback."""
        while True:
            try:
                await self._beat()
            except WireDown:
                log.debug("no heartbeat: the link is down")
            await asyncio.sleep(HEARTBEAT_S)

    async def _beat(self) -> None:
        await self._wire.told(self._wire.link.setvar(None, "ENGINE_HB", str(int(self._wall()))))
