"""Keys that customers press while the dialplan alone is on the line (asterisk_conf/extensions.conf, cc-key).

Each is written down in Asterisk's database before anything follows from it, and struck out when everything has: a death of the engine
between the two loses no wish of a customer's.
"""

from collections.abc import Awaitable, Callable

from ..queue.channel import CallSign
from .ami_actions import ActionRefused
from .wire import Wire

FAMILY = "cc-key"
Told = Callable[[str, CallSign, str], Awaitable[None]]
"""Told of a call by its unique id, what it showed, and its wire key; told again it changes nothing."""


class KeyNotes:
    def __init__(self, wire: Wire, told: Told) -> None:
        self._wire = wire
        self._told = told

    async def heard(self, uniqueid: str, said: str) -> None:
        """The dialplan's own word of a call."""
        sign = sign_of(said)
        if sign is None:
            return
        await self._told(uniqueid, sign, self._wire.key_of(uniqueid))
        if sign is not CallSign.TOLD:
            await self._strike_out(uniqueid)

    async def settle(self) -> None:
        """After a gap: what was pressed while nobody listened."""
        try:
            items = await self._wire.link.action_list("DBGetTree", {"Family": FAMILY}, ends_with="DBGetTreeComplete")
        except ActionRefused:
            return  # so it says that there is nothing
        for item in items:
            uniqueid = item.get("Key", "").rpartition("/")[2]
            if uniqueid:
                await self.heard(uniqueid, item.get("Val", ""))
                await self._strike_out(uniqueid)

    async def _strike_out(self, uniqueid: str) -> None:
        await self._wire.told(self._wire.link.setvar(None, f"DB_DELETE({FAMILY}/{uniqueid})", "1"))


def sign_of(said: str) -> CallSign | None:
    """The sign behind the dialplan's word; None for a word that it does not have."""
    try:
        return CallSign(said)
    except ValueError:
        return None
