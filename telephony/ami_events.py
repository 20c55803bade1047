"""What Asterisk says, as our own words: typed, frozen events. `ami_translate.py` makes them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

NO_VARIABLES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ChannelRef:
    """The key of a channel in the whole house: unique ids start again with each boot of each node."""

    node: str
    boot_id: str
    uniqueid: str


class ChannelState(StrEnum):
    """Asterisk's channel states, in the order of its numbers 0..9, then UNKNOWN."""

    DOWN = "down"
    RESERVED = "reserved"
    OFF_HOOK = "off_hook"
    DIALING = "dialing"
    RING = "ring"  # we hear it ring: an inbound leg before it is answered
    RINGING = "ringing"  # the far phone rings
    UP = "up"
    BUSY = "busy"
    DIALING_OFF_HOOK = "dialing_off_hook"
    PRE_RING = "pre_ring"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class AmiEvent:
    """An event that we do not model. `at` is Asterisk's epoch seconds when it stamps events, else None."""

    node: str
    name: str
    headers: Mapping[str, str]
    at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelEvent:
    """What every event about a channel carries. `name` is the channel's name (PJSIP/trunk-0000001), `variables` its
    ChanVariable headers (CC_*), `at` Asterisk's epoch seconds or None."""

    channel: ChannelRef
    name: str
    variables: Mapping[str, str] = field(default_factory=lambda: NO_VARIABLES)
    at: float | None = None
    linkedid: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelCreated(ChannelEvent):
    state: ChannelState
    caller_number: str
    caller_name: str
    context: str
    exten: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelStateChanged(ChannelEvent):
    state: ChannelState


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelHungUp(ChannelEvent):
    """`cause` is the Q.850 number (0 unknown), `tech_cause` the SIP code when the channel has one (Asterisk 22)."""

    cause: int
    tech_cause: str
    cause_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeEntered(ChannelEvent):
    bridge: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeLeft(ChannelEvent):
    bridge: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DialEvent(ChannelEvent):
    """`channel` dials `dest`. An Originate has no dialing channel: there `channel` is `dest` itself."""

    dest: ChannelRef
    dest_name: str
    dest_variables: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DialBegan(DialEvent):
    dial_string: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DialStateChanged(DialEvent):
    """`status` in Asterisk's words: RINGING, PROGRESS, PROCEEDING."""

    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DialEnded(DialEvent):
    """`status` in Asterisk's words: ANSWER, BUSY, CONGESTION, NOANSWER, CANCEL, CHANUNAVAIL, ..."""

    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldBegan(ChannelEvent):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldEnded(ChannelEvent):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPressed(ChannelEvent):
    """A key of the telephone was let go. Only the one that waiting customers may press leaves Asterisk (manager.conf)."""

    digit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserEventSeen(ChannelEvent):
    """The dialplan's UserEvent(kind,Key: value,...). One raised without a channel leaves as `AmiEvent`."""

    kind: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginateResponded(ChannelEvent):
    """The end of an Originate. `reason` 4 answered, 3 our ring timeout, 0 any other failure: see Hangup for the cause.
    `name` is the channel's, or what was dialed if no channel came of it; an unknown endpoint has no Hangup at all. It may
    come before DialEnded. `action_id` names the Originate."""

    success: bool
    reason: int
    action_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorStarted(ChannelEvent):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorStopped(ChannelEvent):
    pass


@dataclass(frozen=True, slots=True)
class ContactChanged:
    """A phone's registration or reachability. `status` in Asterisk's words: Reachable, Unreachable, Removed, ..."""

    node: str
    endpoint: str
    status: str
    uri: str
    at: float | None


@dataclass(frozen=True, slots=True)
class NodeBooted:
    """Asterisk says that it is fully up: after every log-in, and once more when a boot ends while we listen."""

    node: str
    boot_id: str
    at: float | None


Event = (
    ChannelCreated
    | ChannelStateChanged
    | ChannelHungUp
    | BridgeEntered
    | BridgeLeft
    | DialBegan
    | DialStateChanged
    | DialEnded
    | HoldBegan
    | HoldEnded
    | KeyPressed
    | UserEventSeen
    | OriginateResponded
    | MonitorStarted
    | MonitorStopped
    | ContactChanged
    | NodeBooted
    | AmiEvent
)


@dataclass(frozen=True, slots=True)
class LiveChannel:
    """One channel that lives now, as CoreShowChannels tells it. `seconds` is its age; `bridge_id` may be empty."""

    channel: ChannelRef
    name: str
    state: ChannelState
    application: str
    bridge_id: str
    linkedid: str
    variables: Mapping[str, str]
    seconds: int


@dataclass(frozen=True, slots=True)
class Resync:
    """The truth after a gap. Channels known before and absent here are gone; another `previous_boot_id` means that all
    channels of that boot are lost."""

    node: str
    boot_id: str
    previous_boot_id: str | None
    channels: tuple[LiveChannel, ...]
