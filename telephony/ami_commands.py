"""The sentences that we say to Asterisk, over anything that can send an action."""

from collections.abc import Mapping
from typing import Protocol

from .ami_actions import Reply, Value, originate_fields


class Commands(Protocol):
    """The typed actions. All raise as `action` does; a refusal by Asterisk is a Reply with `ok` False."""

    async def action(self, name: str, fields: Mapping[str, Value], *, timeout_s: float | None = None) -> Reply:
        """Sends one action and returns its answer."""
        ...

    async def originate(
        self,
        channel: str,
        channel_id: str,
        context: str,
        exten: str,
        variables: Mapping[str, str] | None = None,
        timeout_s: float = 30.0,
        caller_id: str | None = None,
    ) -> Reply:
        """Dials `channel` and sends the answered leg to `context,exten,1`. The Reply says only that Asterisk took the order;
        the result comes as OriginateResponded. `channel_id` becomes the Uniqueid; `timeout_s` is how long it may ring."""
        fields = originate_fields(channel, channel_id, context, exten, variables or {}, timeout_s, caller_id)
        return await self.action("Originate", fields)

    async def redirect(self, channel: str, context: str, exten: str, priority: int = 1) -> Reply:
        """Moves a channel (by name or Uniqueid) to another place of the dialplan."""
        return await self.action(
            "Redirect", {"Channel": channel, "Context": context, "Exten": exten, "Priority": priority}
        )

    async def redirect_both(self, channel: str, to: tuple[str, str], other: str, other_to: tuple[str, str]) -> Reply:
        """Moves two channels that are joined, each to its own (context, extension), so that neither is hung up by the other's leaving."""
        fields: dict[str, Value] = {"Channel": channel, "Context": to[0], "Exten": to[1], "Priority": 1}
        extra: dict[str, Value] = {"ExtraChannel": other, "ExtraContext": other_to[0], "ExtraExten": other_to[1]}
        return await self.action("Redirect", {**fields, **extra, "ExtraPriority": 1})

    async def bridge(self, channel: str, other: str) -> Reply:
        """Joins two channels; each leaves what it did."""
        return await self.action("Bridge", {"Channel1": channel, "Channel2": other, "Tone": "no"})

    async def hangup(self, channel: str, cause: int = 16) -> Reply:
        """Ends a channel with a Q.850 cause."""
        return await self.action("Hangup", {"Channel": channel, "Cause": cause})

    async def setvar(self, channel: str | None, name: str, value: str) -> Reply:
        """Sets a channel variable, or a global one for None."""
        fields: dict[str, Value] = {"Variable": name, "Value": value}
        return await self.action("Setvar", fields if channel is None else {**fields, "Channel": channel})

    async def getvar(self, channel: str | None, name: str) -> str | None:
        """A variable's value; None when Asterisk refuses (no such channel). An unset variable is the empty string."""
        fields: dict[str, Value] = {"Variable": name}
        reply = await self.action("Getvar", fields if channel is None else {**fields, "Channel": channel})
        return reply.headers.get("Value", "") if reply.ok else None

    async def mute_recording(self, channel: str, *, on: bool) -> Reply:
        """Writes silence into what MixMonitor records of the channel, both sides, or lets it be heard again."""
        return await self.action("MixMonitorMute", {"Channel": channel, "Direction": "both", "State": int(on)})

    # app_queue, where calls go when we are gone (fallback.py). Members are channels like PJSIP/agent-x.

    async def queue_add(self, queue: str, interface: str, *, paused: bool) -> Reply:
        """Makes the interface a member of the queue."""
        return await self.action("QueueAdd", {"Queue": queue, "Interface": interface, "Paused": paused})

    async def queue_pause(self, queue: str, interface: str, *, paused: bool) -> Reply:
        """Lets a member rest, or ring again."""
        return await self.action("QueuePause", {"Queue": queue, "Interface": interface, "Paused": paused})

    async def queue_remove(self, queue: str, interface: str) -> Reply:
        """Takes a member out of the queue."""
        return await self.action("QueueRemove", {"Queue": queue, "Interface": interface})

    async def queue_withdraw(self, queue: str, channel: str) -> Reply:
        """Sends a caller (by channel name) on in the dialplan, with QUEUESTATUS WITHDRAW; if it rings for him, after that."""
        return await self.action("QueueWithdrawCaller", {"Queue": queue, "Caller": channel})
