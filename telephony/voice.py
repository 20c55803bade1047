"""Voice: the channel that moves calls on Asterisk, and the wire by which the dialer places them.

Calls live in the dialplan (asterisk_conf/extensions.conf); here they are only moved: an offer is a Redirect of the customer's leg
to `cc-dial`, a withdrawal one back to `cc-hold`. What Asterisk tells is heard in hearing.py.
"""

import time
from collections.abc import Awaitable, Callable, Mapping

from ..queue.agent import Agent
from ..queue.channel import CallSign, Dismissal, NotDone, WireDown
from ..queue.commands import PartyCommand
from ..queue.contact import Contact
from ..queue.desk import Desk
from ..storage.clock import Clock
from . import own_phone
from .ami import Ami, LinkState
from .answer_model import shipped
from .arrivals import Arrivals
from .call import DialedCall
from .calls_back import CallsBack, Way
from .devices import Devices
from .dialogs import Dialogs, Spoken
from .hearing import Hearing
from .heartbeat import Heartbeat
from .parties import Parties
from .placed_calls import Dialing, PlacedCalls, Spent, no_account
from .screening import Screening
from .site import FIRST_TRUNK
from .talks import TalkRecorded, Talks
from .trunk_channels import TrunkChannels
from .waiting_room import WaitingRoom
from .wire import Wire

REJOIN_RING_S = 5
"""A page that is back answers by itself within a second; one that is not is tried again (queue/contact.py)."""


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
        spent: Spent = no_account,
    ) -> None:
        """`queue_of` names the queue behind a dialed number; `to_e164` normalises a caller's number, "" when it is none.

        `language_of` names the language ("ru", "en") in which a queue's customers are told things; `caller_id` is shown to those
        whom we call back (unless `way` names trunk and number), `may_dial` tells whether a number may be dialed at all (rules.py),
        and `spent` hears of talks outside that are not the dialer's. `wall` is the clock that Asterisk has (s since 1970), with all
        its jumps: the heartbeat's age is told by it.
        """
        self._desk = desk
        self._ring_s = ring_s
        self._wire = Wire()
        self._dialing: Dialing | None = None
        channels = TrunkChannels()
        self._placed = PlacedCalls(self._wire, may_dial, channels, spent)

        def plain(_number: str) -> tuple[str, str]:
            return FIRST_TRUNK, caller_id

        self._may_dial, self._way = may_dial, way or plain
        self._back = CallsBack(desk, self._wire, self._placed, self._ring_called_back, way or plain)
        self._parties = Parties(desk, self._wire, self._placed, way or plain)
        self.screening = Screening(self._wire, lambda _name: shipped(), self._placed.heard)

        # One face for those outside: whoever waits is the waiting room's.
        self.dialogs = Dialogs(desk, self._wire, clock, spoken)
        room = self.waiting_room = WaitingRoom(desk, self._wire, clock, language_of, self.dialogs)
        self.announce = room.announce
        self.announce_forever = room.announce_forever
        devices = Devices(desk, self._wire)
        self.look_at_phone = devices.look
        heartbeat = Heartbeat(self._wire, wall)
        self.beat_forever = heartbeat.beat_forever
        self.cancel = self._placed.cancel
        self.equip = self._placed.equip
        self.known = self._placed.known
        self.channels_on = channels.of

        # What Asterisk tells.
        hearing = Hearing(
            desk,
            self._wire,
            channels=channels,
            placed=self._placed,
            back=self._back,
            parties=self._parties,
            arrivals=Arrivals(desk, self._wire, clock, queue_of, to_e164),
            talks=Talks(desk, clock, on_recorded),
            screening=self.screening,
            dialogs=self.dialogs,
            waiting_room=room,
            devices=devices,
            heartbeat=heartbeat,
            signed=self._signed,
        )
        self.on_event = hearing.on_event
        self.on_link = hearing.on_link
        self.on_resync = hearing.on_resync
        self.check = hearing.check
        self.check_forever = hearing.check_forever

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
        ring_s = REJOIN_RING_S if contact.rejoins and agent.needs_page and not contact.own_phone else ring_s
        variables = {"CC_CONTACT": contact.id, "CC_AUTO": "1" if auto_answer else "0", "CC_RING": str(ring_s)}
        variables |= own_phone.variables_for(contact, agent, self._may_dial, self._way)
        await self._wire.move(contact.wire_key, "cc-dial", agent.sip_name, variables)

    async def _ring_called_back(self, contact: Contact, agent: Agent) -> None:
        await self._ring(contact, agent, auto_answer=True)

    async def withdraw(self, contact: Contact, agent: Agent) -> None:
        if contact.is_kept_place:
            await self._back.withdraw(contact)
        else:
            await self._wire.move(contact.wire_key, "cc-hold", "s")

    async def return_to_queue(self, contact: Contact, agent: Agent) -> None:
        """He whose talk broke is told so; who was passed on hears the music only. He leaves first: a room without its operator ends."""
        waits = self._desk.contact(contact.id)
        if waits is not None and waits.rejoins:
            await self.waiting_room.parted(waits)
        else:
            await self._wire.move(contact.wire_key, "cc-hold", "s")
        await self._parties.operator_goes(contact.wire_key)

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

    async def _signed(self, uniqueid: str, sign: CallSign, key: str) -> None:
        await self._owner.on_sign(uniqueid, sign, key)

    def adopt_call(self, attempt_id: str, ring_timeout_s: float, *, answered: bool) -> None:
        """Before the link is up after our restart: a call that was dialed before it, and may live still."""
        self._placed.adopt(DialedCall(attempt_id, ring_timeout_s, rang=True, answered=answered), self._owner)
