"""From Asterisk's headers to our events, on messages as Asterisk 22 writes them."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.telephony.ami_events import (
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
    MonitorStarted,
    MonitorStopped,
    NodeBooted,
    OriginateResponded,
    UserEventSeen,
)
from cordboard.telephony.ami_frames import Unparseable, parse
from cordboard.telephony.ami_translate import channel_state, live_channels, translate, unescaped
from tests.fakes.asterisk_words import escaped

BOOT = "2026-11-21T10:00:00"
CALLER = ChannelRef("node1", BOOT, "node1-1795255200.7")
AGENT = ChannelRef("node1", BOOT, "node1-1795255200.8")
SNAPSHOT = (
    "Channel: PJSIP/trunk-00000003\r\nChannelState: 4\r\nChannelStateDesc: Ring\r\nCallerIDNum: +74951234567\r\n"
    "CallerIDName: Ольга\r\nContext: cc-in\r\nExten: 100\r\nPriority: 1\r\nUniqueid: node1-1795255200.7\r\n"
    "Linkedid: node1-1795255200.7\r\nChanVariable: CC_CALL=abc\r\nChanVariable: CC_NOTE=a=b"
)
DEST = (
    "DestChannel: PJSIP/agent-1-00000004\r\nDestChannelState: 5\r\nDestUniqueid: node1-1795255200.8\r\n"
    "DestLinkedid: node1-1795255200.7\r\nDestChanVariable: CC_AGENT=1"
)


def event(name: str, *parts: str) -> Event:
    head = [f"Event: {name}", "Privilege: call,all", "Timestamp: 1795255201.5"]
    return translate(parse("\r\n".join([*head, *parts]).encode()), "node1", BOOT)


def test_a_new_channel() -> None:
    assert event("Newchannel", SNAPSHOT) == ChannelCreated(
        channel=CALLER,
        name="PJSIP/trunk-00000003",
        variables={"CC_CALL": "abc", "CC_NOTE": "a=b"},
        at=1795255201.5,
        linkedid="node1-1795255200.7",
        state=ChannelState.RING,
        caller_number="+74951234567",
        caller_name="Ольга",
        context="cc-in",
        exten="100",
    )


def test_the_end_of_a_channel_tells_both_causes() -> None:
    hung_up = event("Hangup", SNAPSHOT, "Cause: 17", "Cause-txt: User busy", "TechCause: 486")
    assert isinstance(hung_up, ChannelHungUp)
    assert (hung_up.cause, hung_up.cause_text, hung_up.tech_cause) == (17, "User busy", "486")


def test_a_dial_names_both_ends() -> None:
    began = event("DialBegin", SNAPSHOT, DEST, "DialString: agent-1")
    assert isinstance(began, DialBegan)
    assert (began.channel, began.dest, began.dest_name) == (CALLER, AGENT, "PJSIP/agent-1-00000004")
    assert (began.variables["CC_CALL"], began.dest_variables) == ("abc", {"CC_AGENT": "1"})
    state = event("DialState", SNAPSHOT, DEST, "DialStatus: RINGING")
    assert isinstance(state, DialStateChanged)
    assert state.status == "RINGING"


def test_an_originate_dials_from_nobody() -> None:
    ended = event("DialEnd", DEST, "DialStatus: BUSY")
    assert isinstance(ended, DialEnded)
    assert (ended.channel, ended.dest, ended.name, ended.status) == (AGENT, AGENT, "PJSIP/agent-1-00000004", "BUSY")


@pytest.mark.parametrize(
    ("name", "parts", "kind"),
    [
        ("Newstate", [], ChannelStateChanged),
        ("Hold", ["MusicClass: default"], HoldBegan),
        ("Unhold", [], HoldEnded),
        ("DTMFEnd", ["Digit: 1", "DurationMs: 100", "Direction: Received"], KeyPressed),
        ("MixMonitorStart", [], MonitorStarted),
        ("MixMonitorStop", [], MonitorStopped),
        ("BridgeEnter", ["BridgeUniqueid: b1", "BridgeNumChannels: 1"], BridgeEntered),
        ("BridgeLeave", ["BridgeUniqueid: b1", "BridgeNumChannels: 0"], BridgeLeft),
    ],
)
def test_events_about_one_channel(name: str, parts: list[str], kind: type) -> None:
    seen = event(name, *parts, SNAPSHOT)
    assert isinstance(seen, kind)
    assert getattr(seen, "channel", None) == CALLER
    assert getattr(seen, "bridge", "b1") == "b1"
    assert getattr(seen, "digit", "1") == "1"


def test_a_key_that_is_passed_on_to_a_channel_was_not_pressed_there() -> None:
    assert isinstance(event("DTMFEnd", SNAPSHOT, "Digit: 1", "Direction: Sent"), AmiEvent)


def test_a_user_event_keeps_its_fields_apart_from_the_channel() -> None:
    fields = ["UserEvent: CCWaiting", "Cc: abc", "Channel: fake", "Uniqueid: fake", "Event: Hangup", "Note: "]
    seen = event("UserEvent", SNAPSHOT, *fields)
    assert isinstance(seen, UserEventSeen)
    assert (seen.kind, seen.channel, seen.name) == ("CCWaiting", CALLER, "PJSIP/trunk-00000003")
    expected = {"Cc": "abc", "Channel": "fake", "Uniqueid": "fake", "Event": "Hangup", "Note": ""}
    assert seen.fields == expected


def test_a_user_event_without_a_channel_is_a_plain_event() -> None:
    seen = event("UserEvent", "UserEvent: Deploy", "Version: 7")
    assert isinstance(seen, AmiEvent)
    assert (seen.name, seen.headers["Version"], seen.at) == ("UserEvent", "7", 1795255201.5)


def test_an_originate_that_failed() -> None:
    parts = ["ActionID: cb1-4", "Response: Failure", "Channel: PJSIP/1@trunk", "Reason: 3", "Uniqueid: attempt-1"]
    seen = event("OriginateResponse", *parts)
    assert isinstance(seen, OriginateResponded)
    assert (seen.success, seen.reason, seen.channel.uniqueid, seen.action_id) == (False, 3, "attempt-1", "cb1-4")


def test_contacts_and_boots() -> None:
    contact = event(
        "ContactStatus", "URI: sip:a@1.2.3.4", "ContactStatus: Reachable", "AOR: a", "EndpointName: agent-1"
    )
    assert contact == ContactChanged("node1", "agent-1", "Reachable", "sip:a@1.2.3.4", 1795255201.5)
    assert event("FullyBooted", "Status: Fully Booted") == NodeBooted("node1", BOOT, 1795255201.5)


def test_what_we_do_not_model_keeps_its_headers() -> None:
    seen = event("AttendedTransfer", "Result: Success")
    assert isinstance(seen, AmiEvent)
    assert seen.headers["Result"] == "Success"
    with pytest.raises(TypeError):
        seen.headers["Result"] = "x"  # type: ignore[index]


def test_asterisks_escapes_are_taken_back() -> None:
    parts = [
        "Uniqueid: 1",
        r"CallerIDName: Ann \"q\" O\'Brien \? \\ \t",
        r"ChanVariable: CC_NOTE=a\\b=\"c\"",
        "Exten: 1",
    ]
    seen = event("Newchannel", *parts)
    assert isinstance(seen, ChannelCreated)
    assert seen.caller_name == 'Ann "q" O\'Brien ? \\ \t'
    assert seen.variables == {"CC_NOTE": 'a\\b="c"'}


@given(st.text(st.characters(blacklist_categories=["Cs"]), max_size=40))
def test_any_text_survives_asterisks_escapes(text: str) -> None:
    assert unescaped(escaped(text)) == text


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Newchannel", ["Channel: PJSIP/trunk-1"]),
        ("Hangup", ["Cause: 17"]),
        ("Hangup", [SNAPSHOT, "Cause: seventeen"]),
        ("BridgeEnter", [SNAPSHOT]),
        ("DialBegin", [SNAPSHOT]),
        ("OriginateResponse", ["Uniqueid: <unknown>", "Reason: 0"]),
    ],
)
def test_an_event_that_lacks_what_it_is_about_is_refused(name: str, parts: list[str]) -> None:
    with pytest.raises(Unparseable):
        event(name, *parts)


def test_channel_states_by_asterisks_numbers() -> None:
    assert [channel_state(str(number)) for number in (0, 4, 5, 6)] == ["down", "ring", "ringing", "up"]
    assert [channel_state(text) for text in ("", "10", "x", "-1", "²")] == ["unknown"] * 5


def test_a_nameless_item_of_the_channel_list_is_left_out() -> None:
    items: list[Mapping[str, str]] = [{"Uniqueid": "1.1", "Duration": "01:02:03"}, {"Channel": "PJSIP/x"}]
    channels, nameless = live_channels(items, "node1", BOOT)
    assert [(channel.channel.uniqueid, channel.seconds) for channel in channels] == [("1.1", 3723)]
    assert nameless == 1


NAMES = [
    "Newchannel",
    "Newstate",
    "Hangup",
    "BridgeEnter",
    "DialBegin",
    "UserEvent",
    "OriginateResponse",
    "Timestamp",
    "Hold",
    "DTMFEnd",
]
KEYS = [
    "Uniqueid",
    "DestUniqueid",
    "Cause",
    "Reason",
    "ChannelState",
    "ChanVariable",
    "UserEvent",
    "Timestamp",
    "Event",
]


@given(st.sampled_from(NAMES), st.lists(st.tuples(st.sampled_from(KEYS), st.text(max_size=12)), max_size=12))
def test_any_headers_are_an_event_or_refused(name: str, headers: list[tuple[str, str]]) -> None:
    message = "\r\n".join([f"Event: {name}", *(f"{key}: {value}" for key, value in headers)])
    try:
        seen = translate(parse(message.encode("utf-8", "replace")), "node1", BOOT)
    except Unparseable:
        return
    assert isinstance(seen, Event)
