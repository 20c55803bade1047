"""From one parsed AMI message to one typed event. Pure.

What we do not model leaves as `AmiEvent`; a message that claims to be about a channel but does not name it raises
`Unparseable`, and the adapter sets it aside.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TypedDict

from .ami_events import (
    NO_VARIABLES,
    AmiEvent,
    BridgeEntered,
    BridgeLeft,
    ChannelCreated,
    ChannelHungUp,
    ChannelRef,
    ChannelState,
    ChannelStateChanged,
    ContactChanged,
    DialBegan,
    DialEnded,
    DialStateChanged,
    Event,
    HoldBegan,
    HoldEnded,
    KeyPressed,
    LiveChannel,
    MonitorStarted,
    MonitorStopped,
    NodeBooted,
    OriginateResponded,
    UserEventSeen,
)
from .ami_frames import Packet, Unparseable

_STATES = tuple(ChannelState)
_ESCAPE = re.compile(r"\\([abfnrtv\\'\"?])")
_ESCAPED = dict(zip("abfnrtv\\'\"?", "\a\b\f\n\r\t\v\\'\"?", strict=True))


def translate(packet: Packet, node: str, boot_id: str) -> Event:
    """The typed event of one AMI message. Raises Unparseable when a modelled event lacks its channel or its number."""
    reader = _READERS.get(packet.name)
    if reader is None or (packet.name == "UserEvent" and not packet.get("Uniqueid")):
        return AmiEvent(node, packet.name, packet.headers, _stamp(packet))
    return reader(packet, node, boot_id)


def live_channels(items: Sequence[Mapping[str, str]], node: str, boot_id: str) -> tuple[tuple[LiveChannel, ...], int]:
    """The items of CoreShowChannels, and how many of them had no Uniqueid and were left out."""
    channels = tuple(_live_channel(item, node, boot_id) for item in items if item.get("Uniqueid"))
    return channels, len(items) - len(channels)


def _live_channel(headers: Mapping[str, str], node: str, boot_id: str) -> LiveChannel:
    return LiveChannel(
        channel=ChannelRef(node, boot_id, headers["Uniqueid"]),
        name=headers.get("Channel", ""),
        state=channel_state(headers.get("ChannelState", "")),
        application=headers.get("Application", ""),
        bridge_id=headers.get("BridgeId", ""),
        linkedid=headers.get("Linkedid", ""),
        variables=variables_of(headers.get("ChanVariable", "")),
        seconds=_seconds(headers.get("Duration", "")),
    )


def channel_state(number: str) -> ChannelState:
    """Asterisk's state number as a word; UNKNOWN for anything else."""
    if len(number) == 1 and number.isdecimal() and number.isascii():
        return _STATES[int(number)]
    return ChannelState.UNKNOWN


def variables_of(joined: str) -> Mapping[str, str]:
    """`name=value` lines as a mapping."""
    if not joined:
        return NO_VARIABLES
    pairs = (line.partition("=") for line in joined.split("\n"))
    return MappingProxyType({name: unescaped(value) for name, _, value in pairs})


def unescaped(text: str) -> str:
    """Text without the C escapes that Asterisk 22 puts into variables and names: it says O\\'Brien for O'Brien."""
    return _ESCAPE.sub(lambda found: _ESCAPED[found[1]], text) if "\\" in text else text


def _seconds(duration: str) -> int:
    total = 0
    for part in duration.split(":"):
        total = total * 60 + (int(part) if part.isdecimal() else 0)
    return total


def _stamp(packet: Packet) -> float | None:
    text = packet.get("Timestamp")
    try:
        return float(text) if text else None
    except ValueError:
        return None


def _ref(packet: Packet, key: str, node: str, boot_id: str) -> ChannelRef:
    uniqueid = packet.get(key)
    if not uniqueid or uniqueid == "<unknown>":
        raise Unparseable(f"{packet.name} without {key}")
    return ChannelRef(node, boot_id, uniqueid)


def _number(packet: Packet, key: str) -> int:
    text = packet.get(key)
    if not text:
        return 0
    try:
        return int(text)
    except ValueError:
        raise Unparseable(f"{packet.name}: {key} is no number") from None


class _Common(TypedDict):
    channel: ChannelRef
    name: str
    variables: Mapping[str, str]
    at: float | None
    linkedid: str


class _Dialed(_Common):
    dest: ChannelRef
    dest_name: str
    dest_variables: Mapping[str, str]


def _common(packet: Packet, node: str, boot_id: str) -> _Common:
    return {
        "channel": _ref(packet, "Uniqueid", node, boot_id),
        "name": packet.get("Channel"),
        "variables": variables_of(packet.get("ChanVariable")),
        "at": _stamp(packet),
        "linkedid": packet.get("Linkedid"),
    }


def _dialed(packet: Packet, node: str, boot_id: str) -> _Dialed:
    dest = _ref(packet, "DestUniqueid", node, boot_id)
    dest_name = packet.get("DestChannel")
    dest_variables = variables_of(packet.get("DestChanVariable"))
    if packet.get("Uniqueid"):
        common = _common(packet, node, boot_id)
    else:
        common = {
            "channel": dest,
            "name": dest_name,
            "variables": dest_variables,
            "at": _stamp(packet),
            "linkedid": packet.get("DestLinkedid"),
        }
    return {**common, "dest": dest, "dest_name": dest_name, "dest_variables": dest_variables}


def _created(p: Packet, node: str, boot_id: str) -> Event:
    return ChannelCreated(
        **_common(p, node, boot_id),
        state=channel_state(p.get("ChannelState")),
        caller_number=_known(p.get("CallerIDNum")),
        caller_name=_known(p.get("CallerIDName")),
        context=p.get("Context"),
        exten=p.get("Exten"),
    )


def _known(text: str) -> str:
    return "" if text == "<unknown>" else unescaped(text)


def _state_changed(p: Packet, node: str, boot_id: str) -> Event:
    return ChannelStateChanged(**_common(p, node, boot_id), state=channel_state(p.get("ChannelState")))


def _hung_up(p: Packet, node: str, boot_id: str) -> Event:
    return ChannelHungUp(
        **_common(p, node, boot_id),
        cause=_number(p, "Cause"),
        tech_cause=p.get("TechCause"),
        cause_text=p.get("Cause-txt"),
    )


def _entered(p: Packet, node: str, boot_id: str) -> Event:
    return BridgeEntered(**_common(p, node, boot_id), bridge=_bridge(p), size=_number(p, "BridgeNumChannels"))


def _left(p: Packet, node: str, boot_id: str) -> Event:
    return BridgeLeft(**_common(p, node, boot_id), bridge=_bridge(p), size=_number(p, "BridgeNumChannels"))


def _bridge(p: Packet) -> str:
    bridge = p.get("BridgeUniqueid")
    if not bridge:
        raise Unparseable(f"{p.name} without BridgeUniqueid")
    return bridge


def _dial_began(p: Packet, node: str, boot_id: str) -> Event:
    return DialBegan(**_dialed(p, node, boot_id), dial_string=p.get("DialString"))


def _dial_state(p: Packet, node: str, boot_id: str) -> Event:
    return DialStateChanged(**_dialed(p, node, boot_id), status=p.get("DialStatus"))


def _dial_ended(p: Packet, node: str, boot_id: str) -> Event:
    return DialEnded(**_dialed(p, node, boot_id), status=p.get("DialStatus"))


def _hold(p: Packet, node: str, boot_id: str) -> Event:
    return HoldBegan(**_common(p, node, boot_id))


def _unhold(p: Packet, node: str, boot_id: str) -> Event:
    return HoldEnded(**_common(p, node, boot_id))


def _key(p: Packet, node: str, boot_id: str) -> Event:
    if p.get("Direction") == "Sent":  # ours to them: the other party's key, passed on
        return AmiEvent(node, p.name, p.headers, _stamp(p))
    return KeyPressed(**_common(p, node, boot_id), digit=p.get("Digit"))


def _user_event(p: Packet, node: str, boot_id: str) -> Event:
    # The fields stand after the UserEvent line; a field named like a channel header must not hide it, nor be hidden.
    at = (
        next(i for i, (key, _) in enumerate(p.pairs) if key == "UserEvent")
        if "UserEvent" in p.headers
        else len(p.pairs)
    )
    return UserEventSeen(
        **_common(p, node, boot_id), kind=p.get("UserEvent"), fields=MappingProxyType(dict(p.pairs[at + 1 :]))
    )


def _originated(p: Packet, node: str, boot_id: str) -> Event:
    return OriginateResponded(
        **_common(p, node, boot_id),
        success=p.get("Response") == "Success",
        reason=_number(p, "Reason"),
        action_id=p.get("ActionID"),
    )


def _monitor_started(p: Packet, node: str, boot_id: str) -> Event:
    return MonitorStarted(**_common(p, node, boot_id))


def _monitor_stopped(p: Packet, node: str, boot_id: str) -> Event:
    return MonitorStopped(**_common(p, node, boot_id))


def _contact(p: Packet, node: str, boot_id: str) -> Event:
    return ContactChanged(node, p.get("EndpointName"), p.get("ContactStatus"), p.get("URI"), _stamp(p))


def _booted(p: Packet, node: str, boot_id: str) -> Event:
    return NodeBooted(node, boot_id, _stamp(p))


_READERS: Mapping[str, Callable[[Packet, str, str], Event]] = {
    "Newchannel": _created,
    "Newstate": _state_changed,
    "Hangup": _hung_up,
    "BridgeEnter": _entered,
    "BridgeLeave": _left,
    "DialBegin": _dial_began,
    "DialState": _dial_state,
    "DialEnd": _dial_ended,
    "Hold": _hold,
    "Unhold": _unhold,
    "DTMFEnd": _key,
    "UserEvent": _user_event,
    "OriginateResponse": _originated,
    "MixMonitorStart": _monitor_started,
    "MixMonitorStop": _monitor_stopped,
    "ContactStatus": _contact,
    "FullyBooted": _booted,
}
