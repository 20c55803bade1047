"""Our hands on the customers' legs: which live, by wire key, and how one is moved through the dialplan."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from ..queue.channel import WireDown
from .ami import Ami, LinkState
from .ami_actions import ActionOutcomeUnknown, ActionTimeout, LinkDown, Reply

log = logging.getLogger(__name__)

NOT_YET, MOVE_TRIES, MOVE_AGAIN_S = "channel not up", 30, 0.1


class Wire:
    """`names` are the channels' names by wire key, `operators` those of the operators' legs that talk with them. Every order raises
    WireDown when Asterisk cannot be told."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.operators: dict[str, str] = {}
        self._orders: dict[str, object] = {}  # the last move of each leg that is under way
        self.ami: Ami | None = None

    @property
    def link(self) -> Ami:
        if self.ami is None or self.ami.state is LinkState.DOWN:
            raise WireDown
        return self.ami

    @property
    def alive(self) -> str:
        """What the wire keys of Asterisk's present life begin with."""
        return "" if self.ami is None else f"{self.ami.node}/{self.ami.boot_id}/"

    def key_of(self, uniqueid: str) -> str:
        return f"{self.alive}{uniqueid}"

    async def told(self, telling: Awaitable[Reply]) -> Reply:
        """A refusal by Asterisk means that the channel is gone, which its own events tell; a broken link is WireDown."""
        try:
            reply = await telling
        except (LinkDown, ActionTimeout, ActionOutcomeUnknown) as broken:
            raise WireDown from broken
        if not reply.ok:
            log.info("Asterisk refused an action: %s", reply.message)
        return reply

    async def move(
        self,
        key: str,
        context: str,
        exten: str,
        variables: Mapping[str, str] | None = None,
        *,
        still: Callable[[], bool] = lambda: True,
    ) -> bool:
        """Redirect a leg, its variables first. False when there is no such leg, or when it is not wanted any more: `still` is asked
        at the last moment, so that of two orders the one that was decided later is the later one on the wire.

        All goes out at once: Asterisk does what one session asks in the order in which it asked, so only the last answer is worth a wait.
        A leg that is still on its way from an earlier move takes no other one (Asterisk says of it what it says of one that hangs up):
        it is asked again until it has arrived, is gone, or is to go elsewhere.
        """
        channel = self.names.get(key)
        if channel is None or not still():
            return False  # its hangup is on the way
        order = self._orders[key] = object()
        try:
            marks = [self._set(channel, name, value) for name, value in (variables or {}).items()]
            *_, moved = await asyncio.gather(*marks, self._redirect(channel, context, exten))
            for _ in range(MOVE_TRIES):
                if moved.ok or NOT_YET not in moved.message:
                    break
                await asyncio.sleep(MOVE_AGAIN_S)
                if self.names.get(key) != channel or self._orders.get(key) is not order or not still():
                    break
                moved = await self._redirect(channel, context, exten)
            return moved.ok
        finally:
            if self._orders.get(key) is order:
                del self._orders[key]

    async def _set(self, channel: str, name: str, value: str) -> Reply:
        return await self.told(self.link.setvar(channel, name, value))

    async def _redirect(self, channel: str, context: str, exten: str) -> Reply:
        return await self.told(self.link.redirect(channel, context, exten))

    async def mark(self, key: str, name: str, value: str) -> None:
        """Set a variable of a leg; nothing happens when there is no such leg."""
        channel = self.names.get(key)
        if channel is not None:
            await self._set(channel, name, value)

    async def mask(self, key: str, *, on: bool) -> bool:
        """Write silence instead of what is said, or no longer. False when nobody knows whether that was done."""
        operator = self.operators.get(key)
        return operator is not None and (await self.told(self.link.mute_recording(operator, on=on))).ok

    async def hang_up(self, key: str) -> None:
        channel = self.names.get(key)
        if channel is not None:
            await self.told(self.link.hangup(channel))
