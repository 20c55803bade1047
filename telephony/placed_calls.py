"""The calls that we place: dialed once, followed from the order to dial to the hangup, and told to whoever wanted them."""

import re
from collections.abc import Awaitable, Callable, Mapping, Set
from dataclasses import replace
from typing import Protocol

from ..queue.channel import AttemptOutcome, CallSign, WireDown
from ..storage.failpoint import failpoint
from . import call as calls
from .ami_actions import ActionOutcomeUnknown, ActionTimeout, LinkDown
from .ami_events import (
    ChannelCreated,
    ChannelEvent,
    ChannelHungUp,
    ChannelState,
    ChannelStateChanged,
    DialStateChanged,
    OriginateResponded,
)
from .call import DialedCall
from .site import FIRST_TRUNK
from .trunk_channels import TrunkChannels
from .wire import Wire

_DIALABLE = re.compile(r"\+?[0-9]{5,18}")


class Dialing(Protocol):
    """Who placed the calls and wants to hear of them."""

    async def on_answered(self, attempt_id: str, wire_key: str) -> object: ...

    async def on_sign(self, attempt_id: str, sign: CallSign, wire_key: str) -> None: ...

    async def on_ended(self, attempt_id: str, outcome: AttemptOutcome, cause: int, tech_cause: str) -> None: ...


Spent = Callable[[str, float], Awaitable[None]]
"""A number was talked with for so long (s): it goes on the day's account."""


async def no_account(_number: str, _talked_s: float) -> None:
    """For a site that pays nothing."""


class NotDialable(ValueError):
    """It is no telephone number, or one that must not be dialed; the text does not repeat it."""


def dialable(number: str) -> bool:
    """Whether it is a telephone number, and nothing else."""
    return _DIALABLE.fullmatch(number) is not None


class PlacedCalls:
    """`attempt_id` is the channel's id, so that a second order for it is refused by Asterisk itself."""

    def __init__(
        self,
        wire: Wire,
        may_dial: Callable[[str], bool] = lambda _number: True,
        channels: TrunkChannels | None = None,
        spent: Spent = no_account,
    ) -> None:
        """`may_dial`: whether a number (E.164) may be dialed at all (rules.py); every call that we place comes through here, and takes
        one of the `channels`. `spent` hears of talks that are `charged`."""
        self._wire = wire
        self._channels = channels or TrunkChannels()
        self._may_dial = may_dial
        self._spent = spent
        self._calls: dict[str, DialedCall] = {}
        self._owners: dict[str, Dialing] = {}

    def __contains__(self, attempt_id: str) -> bool:
        return attempt_id in self._calls

    async def place(
        self,
        attempt_id: str,
        number: str,
        owner: Dialing,
        *,
        ring_timeout_s: float,
        trunk: str = FIRST_TRUNK,
        caller_id: str = "",
        variables: Mapping[str, str] | None = None,
        charged: bool = False,
    ) -> bool:
        """Dial by `trunk`, an endpoint of ours. False when Asterisk does not take the order. `charged`: its talk is told to `spent`.

        Raises NotDialable, and WireDown when nobody can tell (see `known`).
        """
        if not dialable(number):
            raise NotDialable("not a telephone number")
        if not self._may_dial(number):
            raise NotDialable("the site does not call there")
        self.adopt(DialedCall(attempt_id, ring_timeout_s, charged=number if charged else ""), owner)
        self._channels.took(attempt_id, trunk)
        reply = await self._wire.told(
            self._wire.link.originate(
                f"PJSIP/{number.lstrip('+')}@{trunk}",
                attempt_id,
                "cc-out",
                "s",
                {"__CC_CALL": attempt_id, **(variables or {})},
                timeout_s=ring_timeout_s,
                caller_id=caller_id or None,
            )
        )
        failpoint("after_originate_answer")
        if not reply.ok:
            self._forget(attempt_id)
        return reply.ok

    def adopt(self, call: DialedCall, owner: Dialing) -> None:
        """Follow a call: a new one, or one that was dialed before our restart."""
        self._calls[call.attempt_id] = call
        self._owners[call.attempt_id] = owner

    async def cancel(self, attempt_id: str) -> None:
        """Give it up. Safe to repeat; one that has no channel yet is hung up when it gets one. Who has picked up and is heard goes on."""
        call = self._calls.get(attempt_id)
        if call is not None and (call.answered or not call.screening):
            self._calls[attempt_id] = replace(call, cancelled=True)
            name = self._wire.names.get(self._wire.key_of(attempt_id), attempt_id)
            await self._wire.told(self._wire.link.hangup(name))

    async def equip(self, attempt_id: str, variables: Mapping[str, str]) -> None:
        """Set variables of a call that rings; one that has no channel yet keeps those that it was dialed with."""
        if attempt_id in self._calls:
            for name, value in variables.items():
                await self._wire.mark(self._wire.key_of(attempt_id), name, value)

    async def known(self, attempt_id: str) -> bool | None:
        """Whether a channel of that attempt lives now; None when Asterisk cannot be asked."""
        try:
            channels = await self._wire.link.show_channels()
        except (WireDown, LinkDown, ActionTimeout, ActionOutcomeUnknown):
            return None
        return any(channel.channel.uniqueid == attempt_id for channel in channels)

    # What Asterisk tells --------------------------------------------------------------------------------------------

    async def seen(self, event: ChannelEvent) -> None:
        """An event of a leg; of one that is not ours it says nothing."""
        uniqueid = event.channel.uniqueid
        call = self._calls.get(uniqueid)
        if call is None:
            return
        if isinstance(event, ChannelCreated):
            self._calls[uniqueid] = call = calls.appeared(call, event.at)
            if call.cancelled:
                await self._wire.told(self._wire.link.hangup(event.name))
        rings = isinstance(event, ChannelCreated | ChannelStateChanged) and event.state is ChannelState.RINGING
        if rings or isinstance(event, DialStateChanged):
            self._calls[uniqueid] = calls.rang(call)
            if not call.rang:
                await self._owners[uniqueid].on_sign(uniqueid, CallSign.RANG, self._wire.key_of(uniqueid))

    async def picked_up(self, uniqueid: str, key: str) -> None:
        """He has answered, and is heard before an operator is brought."""
        call = self._calls.get(uniqueid)
        if call is not None and not call.screening:
            self._calls[uniqueid] = replace(call, screening=True)
            await self._owners[uniqueid].on_sign(uniqueid, CallSign.PICKED_UP, key)

    def heard(self, uniqueid: str, outcome: AttemptOutcome) -> None:
        """No person has answered: a machine, or a tone."""
        if uniqueid in self._calls:
            self._calls[uniqueid] = replace(self._calls[uniqueid], heard=outcome)

    async def answered(self, uniqueid: str, key: str, at: float | None = None) -> None:
        """`at`: Asterisk's epoch s."""
        call = self._calls.get(uniqueid)
        if call is not None and not call.answered:
            self._calls[uniqueid] = replace(call, answered=True, answered_at=at)
            await self._owners[uniqueid].on_answered(uniqueid, key)

    def abandoned(self, uniqueid: str) -> None:
        """He answered, and nobody of us was there in time."""
        if uniqueid in self._calls:
            failpoint("abandoned_heard")
            self._calls[uniqueid] = replace(self._calls[uniqueid], abandoned=True)

    async def left_alone(self, uniqueid: str) -> None:
        """He answered while there was no engine, and has gone: the law counts him, and so do we."""
        if uniqueid in self._calls:
            await self._forget(uniqueid).on_ended(uniqueid, AttemptOutcome.ABANDONED, 0, "")

    async def hung_up(self, event: ChannelHungUp) -> None:
        uniqueid = event.channel.uniqueid
        call = self._calls.get(uniqueid)
        if call is not None:
            result = calls.outcome(call, event.cause, event.tech_cause, event.at)
            await self._forget(uniqueid).on_ended(uniqueid, result, event.cause, event.tech_cause)
            if talked_s := calls.talked_s(call, event.at):
                await self._spent(call.charged, talked_s)

    async def failed(self, event: OriginateResponded) -> None:
        """A failure whose channel never appeared has no Hangup to tell of it."""
        uniqueid = event.channel.uniqueid
        call = self._calls.get(uniqueid)
        if call is not None and call.began_at is None:
            await self._forget(uniqueid).on_ended(uniqueid, AttemptOutcome.TRUNK_TROUBLE, 0, "")

    async def lost(self, alive: Set[str]) -> None:
        """Calls that ended while nobody listened: how, cannot be told any more."""
        for attempt_id in [attempt_id for attempt_id in self._calls if attempt_id not in alive]:
            result = AttemptOutcome.PERSON if self._calls[attempt_id].answered else AttemptOutcome.UNKNOWN
            await self._forget(attempt_id).on_ended(attempt_id, result, 0, "")
        for attempt_id, call in list(self._calls.items()):
            if not call.rang:  # its first ring may have been among what we did not hear
                await self._owners[attempt_id].on_sign(attempt_id, CallSign.RANG, self._wire.key_of(attempt_id))

    def _forget(self, attempt_id: str) -> Dialing:
        del self._calls[attempt_id]
        self._channels.left(attempt_id)
        return self._owners.pop(attempt_id)
