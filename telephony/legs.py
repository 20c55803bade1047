"""A customer's leg: its key, and what the dialplan's variables tell of where it stands (asterisk_conf/extensions.conf). Pure."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

from ..queue.agent import Agent
from ..queue.reconcile import LegState, LiveLeg
from .ami_events import ChannelEvent, ChannelRef, ContactChanged, Event, LiveChannel

SHOWN_LETTERS = 80
NO_INSTANTS: Mapping[str, datetime] = {}


def key_of(channel: ChannelRef) -> str:
    """The wire key of a leg: unique over nodes and their boots."""
    return f"{channel.node}/{channel.boot_id}/{channel.uniqueid}"


def uniqueid_of(wire_key: str) -> str:
    """Asterisk's own name of the leg behind a wire key."""
    return wire_key.rpartition("/")[2]


def born_at(uniqueid: str) -> datetime:
    """When the leg was made, to the second: a unique id is `[system-]seconds.number`. The beginning of time when it says nothing."""
    seconds = uniqueid.rpartition("-")[2].partition(".")[0]
    return datetime.fromtimestamp(int(seconds) if seconds.isdecimal() and len(seconds) <= 10 else 0, UTC)


def call_key(event: ChannelEvent) -> str:
    """The wire key of the customer's leg that an event, perhaps of another leg, belongs to."""
    uniqueid = event.variables.get("CC_CALL") or event.channel.uniqueid
    return f"{event.channel.node}/{event.channel.boot_id}/{uniqueid}"


def lane_of(event: Event) -> str:
    """What must be heard in its order: all of one call, all of one telephone. Nothing else is in step with anything."""
    match event:
        case ChannelEvent():
            return call_key(event)
        case ContactChanged():
            return event.endpoint
    return ""


def is_customer(channel: ChannelRef, variables: Mapping[str, str]) -> bool:
    """A leg whose call is named after itself; an agent's leg inherits the name."""
    return variables.get("CC_CALL") == channel.uniqueid


def customers_of(channels: Iterable[LiveChannel]) -> dict[str, LiveChannel]:
    """The customers' legs among the channels that live, by wire key."""
    return {key_of(one.channel): one for one in channels if is_customer(one.channel, one.variables)}


def operators_of(channels: Iterable[LiveChannel]) -> dict[str, str]:
    """The names of the operators' legs, by the wire keys of the customers whom they talk with."""
    found: dict[str, str] = {}
    for one in channels:
        call = one.variables.get("CC_CALL", "")
        if call and call != one.channel.uniqueid and one.bridge_id:
            found[f"{one.channel.node}/{one.channel.boot_id}/{call}"] = one.name
    return found


def legs_of(
    customers: Mapping[str, LiveChannel],
    agent_of: Callable[[str], Agent | None],
    since: Mapping[str, datetime] = NO_INSTANTS,
) -> dict[str, LiveLeg]:
    """Where each customer stands; one who is being said goodbye to stands nowhere. `agent_of` knows agents by SIP name; `since` is
    when the talks began that we have not seen begin."""
    legs: dict[str, LiveLeg] = {}
    for key, channel in customers.items():
        state, _, sip_name = channel.variables.get("CC_STATE", "").partition("-")
        agent = agent_of(sip_name)
        match state:
            case "hold" | "fallback" | "answered" | "ivr":
                legs[key] = LiveLeg(key, LegState.WAITING)
            case "dial":
                legs[key] = LiveLeg(key, LegState.RINGING, agent.id if agent else None)
            case "talk" | "side":
                legs[key] = LiveLeg(key, LegState.TALKING, agent.id if agent else None, since.get(key))
    return legs


def shown_name(name: str) -> str:
    """A caller's name as text for a screen: one line, no control characters, 80 letters at most."""
    return "".join(letter for letter in name if letter.isprintable())[:SHOWN_LETTERS].strip()
