"""What may go out, and how it looks."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.telephony.ami_actions import (
    ActionOutcomeUnknown,
    ActionRefused,
    ActionTimeout,
    AmiError,
    BadValue,
    LinkDown,
    Reply,
    Value,
    backoff,
    boot_id_of,
    checked_fields,
    checked_name,
    items_of,
    originate_fields,
    reply_of,
    variable_headers,
)


def asterisk_variables(header: str) -> dict[str, str]:
    """Asterisk's own reading of a Variable header: cut at commas outside quotes, backslash makes the next letter plain."""
    items, item, quoted, depth, letters = [], "", False, 0, iter(header)
    for letter in letters:
        if letter == "\\":
            item += next(letters, "")
        elif letter == '"':
            quoted = not quoted
        elif letter == "," and not quoted and not depth:
            items.append(item)
            item = ""
        else:
            depth += (letter in "([") - (letter in ")]" and depth > 0)
            item += letter
    pairs = (text.partition("=") for text in [*items, item])
    return {name: value for name, found, value in pairs if found and name}


@given(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\r\n\0"), max_size=60))
def test_one_variable_stays_one_variable(value: str) -> None:
    (header,) = variable_headers({"CC_NAME": value})
    assert asterisk_variables(header) == {"CC_NAME": value}


def test_a_comma_does_not_set_a_second_variable() -> None:
    assert variable_headers({"CC_NAME": "Ann,CC_CALL=stolen"}) == ["CC_NAME=Ann\\,CC_CALL=stolen"]


@pytest.mark.parametrize("name", ["", "A,B", "A=B", "A B", "${A}", "1A", "A\r", "A" * 100])
def test_a_variable_has_a_plain_name(name: str) -> None:
    with pytest.raises(BadValue):
        variable_headers({name: "1"})


@pytest.mark.parametrize("name", ["CC_CALL", "__CC_CALL", "CALLERID(name)", "PJSIP_HEADER(add,X-CC-Call)"])
def test_functions_and_inheritance_are_allowed(name: str) -> None:
    assert variable_headers({name: "1"}) == [f"{name}=1"]


@given(
    st.dictionaries(
        st.text(max_size=8), st.one_of(st.text(max_size=1200), st.integers(), st.lists(st.text(max_size=5)))
    )
)
def test_checked_fields_are_safe_or_refused(fields: dict[str, Value]) -> None:
    try:
        checked = checked_fields(fields)
    except BadValue:
        return
    for key, value in checked.items():
        for text in [value] if isinstance(value, str) else value:
            assert not set(f"{key}{text}") & set("\r\n\0")
            assert len(text.encode()) <= 900


@pytest.mark.parametrize(
    "fields",
    [
        {"Value": "a\r\nAction: Command"},
        {"Value": "\udcff"},
        {"Value": ["fine", "a\nb"]},
        {"Bad Key": "1"},
        {"Key:": "1"},
        {"Action": "Originate"},
        {"actionid": "1"},
        {"Value": "1", "value": "2"},
        {"Value": "x" * 901},
        {"Variable": ["a=1"] * 99},
    ],
)
def test_refused_fields(fields: dict[str, Value]) -> None:
    with pytest.raises(BadValue) as caught:
        checked_fields(fields)
    assert "xxx" not in str(caught.value)
    assert "Command" not in str(caught.value)


def test_the_limits_themselves_are_allowed() -> None:
    assert checked_fields({"Value": "x" * 900, "Flag": True, "Number": 7, "Variable": ["a=1"] * 95}) == {
        "Value": "x" * 900,
        "Flag": "true",
        "Number": "7",
        "Variable": ["a=1"] * 95,
    }
    with pytest.raises(BadValue):
        checked_name("Ping\r\nAction: Command")


def test_an_originate_never_asks_for_early_media() -> None:
    fields = originate_fields("PJSIP/1@trunk", "attempt-1", "pd", "s", {"CC_CALL": "1"}, 25.5, "+74951234567")
    assert fields == {
        "Channel": "PJSIP/1@trunk",
        "ChannelId": "attempt-1",
        "Context": "pd",
        "Exten": "s",
        "Priority": 1,
        "Timeout": 25_500,
        "Async": True,
        "Variable": ["CC_CALL=1"],
        "CallerID": "+74951234567",
    }


def test_replies_lists_and_boot_ids() -> None:
    ok = {"Response": "Success", "Message": "Channels will follow"}
    assert reply_of(ok) == Reply(ok=True, message="Channels will follow", headers=ok)
    assert not reply_of({"Response": "Error", "Message": "No such channel"}).ok
    assert items_of("List", [ok, {"a": "1"}, {"ListItems": "1"}]) == [{"a": "1"}]
    with pytest.raises(ActionOutcomeUnknown):
        items_of("List", [ok, {"a": "1"}, {"ListItems": "2"}])
    with pytest.raises(ActionRefused):
        items_of("List", [{"Response": "Error", "Message": "Permission denied"}])
    started = {"Response": "Success", "CoreStartupDate": "2026-11-21", "CoreStartupTime": "10:00:00"}
    assert boot_id_of(reply_of(started)) == "2026-11-21T10:00:00"
    with pytest.raises(AmiError):
        boot_id_of(reply_of({"Response": "Error", "Message": "Permission denied"}))


def test_what_was_not_sent_and_what_may_have_been_done_are_told_apart() -> None:
    assert issubclass(ActionTimeout, ActionOutcomeUnknown)
    assert not issubclass(ActionOutcomeUnknown, LinkDown)


@given(st.integers(0, 10_000), st.integers())
def test_backoff_grows_jittered_to_its_cap(attempt: int, seed: int) -> None:
    wait = backoff(attempt, Random(seed), first_s=0.2, cap_s=5.0)
    whole = min(5.0, 0.2 * 2 ** min(attempt, 32))
    assert whole / 2 <= wait <= whole
