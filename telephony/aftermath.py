"""After we were gone: what the dialplan did alone becomes what the desk knows, before the desk is held against Asterisk's channels.

A call that ended, a talk that began, a caller who came: each gets the one contact that it would have had, as of when it happened.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from urllib.parse import unquote

from ..queue.channel import Arrival, OfferFailure
from ..queue.contact import TALKING_STATES, ContactState
from ..queue.desk import Desk
from ..queue.past import Past
from .ami_actions import ActionRefused
from .ami_events import LiveChannel
from .byes import FAMILY, Bye, bye_of, instant
from .wire import Wire

LeftAlone = Callable[[str], Awaitable[None]]
"""Told of a call of ours, by its unique id, that was answered while nobody of us was there."""
ArrivalOf = Callable[[str, str, str, str], Arrival]
"""The arrival on a wire key, by the number dialed, the caller's number and his name."""


class Aftermath:
    """`settle` after each gap; the rest is what a ring in app_queue does not tell by itself."""

    def __init__(self, desk: Desk, wire: Wire, arrival_of: ArrivalOf, left_alone: LeftAlone) -> None:
        self._desk = desk
        self._wire = wire
        self._arrival_of = arrival_of
        self._left_alone = left_alone
        self._rings: dict[str, str] = {}

    async def settle(self, customers: Mapping[str, LiveChannel]) -> Mapping[str, datetime]:
        """Returns when the talks began that the desk has not seen begin, by wire key. Raises as every order on the wire."""
        talking = {channel.variables.get("CC_STATE", "") for channel in customers.values()}
        for key, bye in await self._byes():
            await self._ended(key, bye, next_talk=f"talk-{bye.sip_name}" in talking)
        since: dict[str, datetime] = {}
        for key, channel in customers.items():
            standing = channel.variables.get("CC_STATE", "").partition("-")[0]
            if standing in ("fallback", "dial", "talk"):
                await self._came(key, channel)
            contact = self._desk.contact_by_wire(key)
            if standing == "talk" and contact is not None and contact.state not in TALKING_STATES:
                began = instant(await self._wire.link.getvar(channel.name, "CC_TALK_T0"))
                since |= {} if began is None else {key: began}
        self._rings = {key: sip_name for key, one in customers.items() if (sip_name := _rung_by_queue(one))}
        return since

    async def rang_out(self, key: str) -> None:
        """He is on hold. If app_queue let his call ring when we came back, its agent has not answered."""
        sip_name = self._rings.pop(key, None)
        contact, agent = self._desk.contact_by_wire(key), self._desk.agent_by_sip_name(sip_name or "")
        if contact is None or agent is None or contact.agent_id != agent.id:
            return
        if contact.state is ContactState.OFFERED:
            await self._desk.offer_failed(key, OfferFailure.NO_ANSWER)

    def rings_no_more(self, key: str) -> None:
        self._rings.pop(key, None)

    async def _byes(self) -> list[tuple[str, Bye]]:
        """What is written down, by wire key; each is struck out when the desk has it."""
        try:
            items = await self._wire.link.action_list("DBGetTree", {"Family": FAMILY}, ends_with="DBGetTreeComplete")
        except ActionRefused:
            return []  # so it says that there is nothing
        found = {item.get("Key", ""): bye_of(item.get("Key", ""), item.get("Val", "")) for item in items}
        for key in (key for key, bye in found.items() if bye is None):
            await self.strike_out(key.rpartition("/")[2])
        return [(self._key_of(bye.uniqueid), bye) for bye in found.values() if bye is not None]

    async def strike_out(self, uniqueid: str) -> None:
        """What was written down of this call is known."""
        await self._wire.told(self._wire.link.setvar(None, f"DB_DELETE({FAMILY}/{uniqueid})", "1"))

    def _key_of(self, uniqueid: str) -> str:
        """The key of the contact that we know, perhaps of an earlier life of Asterisk, else the key that it would have now."""
        ours = (contact.wire_key for contact in self._desk.contacts() if contact.wire_key.endswith(f"/{uniqueid}"))
        return next(ours, self._wire.key_of(uniqueid))

    async def _ended(self, key: str, bye: Bye, *, next_talk: bool) -> None:
        if bye.left_alone:
            await self._left_alone(bye.uniqueid)
        agent = self._desk.agent_by_sip_name(bye.sip_name)
        talk_at = bye.talk_at if agent is not None else None
        past = Past(bye.arrived_at, bye.ended_at, agent.id if agent else None, talk_at, next_talk)
        if bye.dialed or self._desk.contact_by_wire(key) is not None:
            await self._desk.remember(self._arrival_of(key, bye.dialed, bye.number, bye.name), past)
        await self.strike_out(bye.uniqueid)

    async def _came(self, key: str, channel: LiveChannel) -> None:
        """A caller of whom we have not heard, and who is on his own: he has his age."""
        if self._desk.contact_by_wire(key) is not None:
            return
        told = {
            name: await self._wire.link.getvar(channel.name, name) for name in ("CC_DNIS", "CC_NUM", "CC_NAME", "CC_T0")
        }
        arrived_at = instant(told["CC_T0"])
        if told["CC_DNIS"] and arrived_at is not None:
            name = unquote(told["CC_NAME"] or "")
            await self._desk.remember(
                self._arrival_of(key, told["CC_DNIS"], told["CC_NUM"] or "", name), Past(arrived_at)
            )


def _rung_by_queue(channel: LiveChannel) -> str:
    """The SIP name of the agent whom app_queue rings for this leg, or ""."""
    standing, _, sip_name = channel.variables.get("CC_STATE", "").partition("-")
    return sip_name if standing == "dial" and channel.application == "Queue" else ""
