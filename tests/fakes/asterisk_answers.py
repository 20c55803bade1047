"""How the fake Asterisk does and answers each action."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from tests.fakes.asterisk_words import FakeChannel, Received, Verdict, encode

if TYPE_CHECKING:
    from tests.fakes.asterisk_wire import FakeAsterisk, Session

Answer = Callable[["FakeAsterisk", "Session", Received], None]


def _ping(asterisk: FakeAsterisk, session: Session, action: Received) -> None:
    session.reply(action, ("Ping", "Pong"), ("Timestamp", "1795255200.000000"))


def _core_status(asterisk: FakeAsterisk, session: Session, action: Received) -> None:
    date, _, time = asterisk.boot.partition(" ")
    calls = ("CoreCurrentCalls", str(len(asterisk.channels)))
    session.reply(action, ("CoreStartupDate", date), ("CoreStartupTime", time), calls)


def _show_channels(asterisk: FakeAsterisk, session: Session, action: Received) -> None:
    same = ("ActionID", action.get("ActionID"))
    session.reply(action, ("EventList", "start"), ("Message", "Channels will follow"))
    for channel in asterisk.channels.values():
        age = f"{channel.seconds // 3600:02}:{channel.seconds // 60 % 60:02}:{channel.seconds % 60:02}"
        extra = [("Application", channel.application), ("Duration", age), ("BridgeId", channel.bridge)]
        session.say(encode([("Event", "CoreShowChannel"), same, *asterisk.about(channel), *extra]))
    end = [("EventList", "Complete"), ("ListItems", str(len(asterisk.channels)))]
    session.say(encode([("Event", "CoreShowChannelsComplete"), same, *end]))


def _originate(asterisk: FakeAsterisk, session: Session, action: Received) -> None:
    session.reply(action, ("Message", "Originate successfully queued"))
    uniqueid = action.get("ChannelId") or asterisk.next_id()
    if uniqueid in asterisk.channels:
        _originated(asterisk, action, uniqueid, Verdict(answered=False, reason=0))
        return
    variables = dict(line.partition("=")[::2] for line in action.all("Variable"))
    variables = {name.lstrip("_"): re.sub(r"\\(.)", r"\1", value) for name, value in variables.items()}
    name = f"{action.get('Channel')}-{len(asterisk.received):08x}"
    channel = FakeChannel(uniqueid, name, state="down", variables=variables)
    channel.context, channel.exten = action.get("Context"), action.get("Exten")
    asterisk.add_channel(channel)
    asterisk.emit("DialBegin", [*asterisk.about(channel, "Dest"), ("DialString", action.get("Channel"))])
    asterisk.set_state(channel, "ringing")
    asterisk.emit("DialState", [*asterisk.about(channel, "Dest"), ("DialStatus", "RINGING")])
    verdict = asterisk.behaviour.originate(action)
    if verdict is not None:
        conclude(asterisk, action, channel, verdict)


def conclude(asterisk: FakeAsterisk, action: Received, channel: FakeChannel, verdict: Verdict) -> None:
    """Ends the ringing of an originated leg; for a test that let it ring."""
    words = {17: "BUSY", 34: "CONGESTION"}
    status = "ANSWER" if verdict.answered else words.get(verdict.cause, "NOANSWER")
    asterisk.emit("DialEnd", [*asterisk.about(channel, "Dest"), ("DialStatus", status)])
    if verdict.answered:
        asterisk.set_state(channel, "up")
    else:
        asterisk.hang_up(channel, verdict.cause, verdict.tech_cause)
    _originated(asterisk, action, channel.uniqueid, verdict)


def _originated(asterisk: FakeAsterisk, action: Received, uniqueid: str, verdict: Verdict) -> None:
    pairs = [
        ("ActionID", action.get("ActionID")),
        ("Response", "Success" if verdict.answered else "Failure"),
        ("Channel", action.get("Channel")),
        ("Context", action.get("Context")),
        ("Exten", action.get("Exten")),
        ("Reason", str(verdict.reason)),
        ("Uniqueid", uniqueid),
    ]
    asterisk.emit("OriginateResponse", pairs)


def _redirect(asterisk: FakeAsterisk, session: Session, action: Received) -> None:
    channel = asterisk.find(action.get("Channel"))
    if channel is None:
        session.reply(action, ("Message", "Channel does not exist"), response="Error")
        return
    if asterisk.behaviour.still_moving:
        asterisk.behaviour.still_moving -= 1
        session.reply(action, ("Message", "Redirect failed, channel not up."), response="Error")
        return
    channel.context, channel.exten = action.get("Context"), action.get("Exten")
    session.reply(action, ("Message", "Redirect successful"))


def _bridge(asterisk: FakeAsterisk, session: Session, action: Received) -> None:
    both = [asterisk.find(action.get("Channel1")), asterisk.find(action.get("Channel2"))]
    if None in both:
        session.reply(action, ("Message", "Channel does not exist"), response="Error")
        return
    session.reply(action, ("Message", "Channels have been bridged"))
    bridge = asterisk.next_id()
    for size, channel in enumerate((c for c in both if c is not None), 1):
        channel.bridge = bridge
        bridged = [("BridgeUniqueid", bridge), ("BridgeNumChannels", str(size))]
        asterisk.emit("BridgeEnter", [*bridged, *asterisk.about(channel)])


def _hangup(asterisk: FakeAsterisk, session: Session, action: Received) -> None:
    channel = asterisk.find(action.get("Channel"))
    if channel is None:
        session.reply(action, ("Message", "No such channel"), response="Error")
        return
    session.reply(action, ("Message", "Channel Hungup"))
    asterisk.hang_up(channel, int(action.get("Cause") or 16))


def _setvar(asterisk: FakeAsterisk, session: Session, action: Received) -> None:
    channel = asterisk.find(action.get("Channel"))
    if action.get("Channel") and channel is None:
        session.reply(action, ("Message", "No such channel"), response="Error")
        return
    store = asterisk.globals if channel is None else channel.variables
    name = action.get("Variable")
    if name.startswith("DB_DELETE("):
        asterisk.database.pop(f"/{name.removeprefix('DB_DELETE(').removesuffix(')')}", None)
    else:
        store[name] = action.get("Value")
    session.reply(action, ("Message", "Variable Set"))


def _getvar(asterisk: FakeAsterisk, session: Session, action: Received) -> None:
    channel = asterisk.find(action.get("Channel"))
    if action.get("Channel") and channel is None:
        session.reply(action, ("Message", "No such channel"), response="Error")
        return
    store = asterisk.globals if channel is None else channel.variables
    session.reply(action, ("Variable", action.get("Variable")), ("Value", store.get(action.get("Variable"), "")))


def _user_event(asterisk: FakeAsterisk, session: Session, action: Received) -> None:
    session.reply(action, ("Message", "Event Sent"))
    asterisk.emit("UserEvent", [pair for pair in action.headers if pair[0] not in ("Action", "ActionID")])


def _queue_add(asterisk: FakeAsterisk, session: Session, action: Received) -> None:
    if action.get("Interface") in asterisk.members:
        session.reply(action, ("Message", "Unable to add interface: Already there"), response="Error")
        return
    asterisk.members[action.get("Interface")] = action.get("Paused") == "true"
    session.reply(action, ("Message", "Added interface to queue"))


def _queue_pause(asterisk: FakeAsterisk, session: Session, action: Received) -> None:
    if action.get("Interface") not in asterisk.members:
        session.reply(action, ("Message", "Interface not found"), response="Error")
        return
    asterisk.members[action.get("Interface")] = action.get("Paused") == "true"
    session.reply(action, ("Message", "Interface paused successfully"))


def _queue_remove(asterisk: FakeAsterisk, session: Session, action: Received) -> None:
    if asterisk.members.pop(action.get("Interface"), None) is None:
        session.reply(action, ("Message", "Unable to remove interface: Not there"), response="Error")
        return
    session.reply(action, ("Message", "Removed interface from queue"))


def _queue_status(asterisk: FakeAsterisk, session: Session, action: Received) -> None:
    queue, wanted = ("Queue", action.get("Queue")), action.get("Member")
    items: list[list[tuple[str, str]]] = [[("Event", "QueueParams"), queue, ("Calls", str(len(asterisk.callers)))]]
    for interface, paused in asterisk.members.items():
        if wanted in ("", interface):
            items.append([("Event", "QueueMember"), queue, ("Location", interface), ("Paused", str(int(paused)))])
    for position, channel in enumerate(asterisk.callers, 1):
        items.append([("Event", "QueueEntry"), queue, ("Position", str(position)), ("Channel", channel)])
    _list(session, action, items, "QueueStatusComplete")


def _queue_withdraw(asterisk: FakeAsterisk, session: Session, action: Received) -> None:
    """The caller goes back to cc-hold; the dialplan of the test must say so itself."""
    if action.get("Caller") not in asterisk.callers:
        session.reply(action, ("Message", "Caller not found"), response="Error")
        return
    asterisk.callers.remove(action.get("Caller"))
    session.reply(action, ("Message", "Withdraw requested successfully"))


def _db_get_tree(asterisk: FakeAsterisk, session: Session, action: Received) -> None:
    family = f"/{action.get('Family')}/"
    found = {key: value for key, value in asterisk.database.items() if key.startswith(family)}
    if not found:
        session.reply(action, ("Message", "Database entry not found"), response="Error")
        return
    items = [[("Event", "DBGetTreeResponse"), ("Key", key), ("Val", value)] for key, value in found.items()]
    _list(session, action, items, "DBGetTreeComplete")


def _list(session: Session, action: Received, items: list[list[tuple[str, str]]], end: str) -> None:
    same = ("ActionID", action.get("ActionID"))
    session.reply(action, ("EventList", "start"), ("Message", "Will follow"))
    for item in items:
        session.say(encode([*item, same]))
    session.say(encode([("Event", end), same, ("EventList", "Complete"), ("ListItems", str(len(items)))]))


ANSWERS: Mapping[str, Answer] = {
    "Ping": _ping,
    "CoreStatus": _core_status,
    "CoreShowChannels": _show_channels,
    "Originate": _originate,
    "Redirect": _redirect,
    "Bridge": _bridge,
    "Hangup": _hangup,
    "Setvar": _setvar,
    "Getvar": _getvar,
    "UserEvent": _user_event,
    "QueueAdd": _queue_add,
    "QueuePause": _queue_pause,
    "QueueRemove": _queue_remove,
    "QueueStatus": _queue_status,
    "QueueWithdrawCaller": _queue_withdraw,
    "DBGetTree": _db_get_tree,
}
