"""What we say to Asterisk: checked fields, replies and the errors of saying it. Pure.

Errors, by what they promise:

    AmiError
    |- BadValue               refused here; nothing went to the wire (also a ValueError)
    |- LinkDown               no session; nothing went to the wire, and nothing is kept for later
    |- ActionRefused          Asterisk answered a list action with an error
    `- ActionOutcomeUnknown   it went out and the link broke before the answer: look it up, never repeat it blindly
       `- ActionTimeout       it went out and no answer came in time; the same rule holds
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

MAX_VALUE_BYTES = 900  # Asterisk drops a line above 1024 bytes
MAX_HEADERS = 100  # and a message above 128 lines

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,62}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,78}(\([A-Za-z0-9_,-]{0,60}\))?")
_FORBIDDEN = re.compile(r"[\r\n\0]")
_SPECIAL = re.compile(r'([\\",])')
_OURS = frozenset({"action", "actionid", "commandid"})

Value = str | int | Sequence[str]


class AmiError(Exception):
    """Any failure of talking to Asterisk."""


class BadValue(AmiError, ValueError):
    """A name or value that must not reach the wire. The text names the field, never the value."""


class LinkDown(AmiError):
    """There is no session with Asterisk: nothing was sent."""


class ActionRefused(AmiError):
    """Asterisk answered a list action with an error; the text is its message."""


class ActionOutcomeUnknown(AmiError):
    """The action was sent and its answer is lost."""


class ActionTimeout(ActionOutcomeUnknown):
    """The action was sent and not answered before its deadline."""


@dataclass(frozen=True, slots=True)
class Reply:
    """Asterisk's answer. `ok` False is its refusal and `message` its reason; repeated headers are joined by newlines."""

    ok: bool
    message: str
    headers: Mapping[str, str]


def checked_fields(fields: Mapping[str, Value]) -> dict[str, str | list[str]]:
    """The fields as they will stand on the wire. Raises BadValue for CR, LF, NUL, text that is not UTF-8, a value above
    900 bytes, more than 100 headers, a key given twice or one that the adapter owns."""
    out: dict[str, str | list[str]] = {}
    seen: set[str] = set(_OURS)
    count = 2
    for key, value in fields.items():
        if not _KEY.fullmatch(key):
            raise BadValue("an AMI key must be letters, digits, _ or -")
        if key.lower() in seen:
            raise BadValue(f"{key}: given twice, or owned by the adapter")
        seen.add(key.lower())
        if isinstance(value, str | int):
            out[key] = checked_value(key, value)
            count += 1
        else:
            out[key] = [checked_value(key, item) for item in value]
            count += len(value)
    if count > MAX_HEADERS:
        raise BadValue(f"more than {MAX_HEADERS} headers")
    return out


def checked_name(name: str) -> str:
    """The action's name, or BadValue."""
    if not _KEY.fullmatch(name):
        raise BadValue("an AMI action's name must be letters, digits, _ or -")
    return name


def checked_value(key: str, value: str | int) -> str:
    """One value as text, or BadValue."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    if _FORBIDDEN.search(text):
        raise BadValue(f"{key}: CR, LF or NUL in the value")
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise BadValue(f"{key}: the value is not text") from None
    if size > MAX_VALUE_BYTES:
        raise BadValue(f"{key}: the value is above {MAX_VALUE_BYTES} bytes")
    return text


def variable_headers(variables: Mapping[str, str]) -> list[str]:
    """`name=value` for the Variable headers of Originate.

    Asterisk cuts such a header at commas, so an unescaped comma in a value would set a second variable of the caller's
    choosing; backslash, quote and comma are escaped. Raises BadValue for a name that is no variable name.
    """
    for name in variables:
        if not _VARIABLE.fullmatch(name):
            raise BadValue("a channel variable's name must be letters, digits and _, with an optional (argument)")
    return [name + "=" + _SPECIAL.sub(r"\\\1", value) for name, value in variables.items()]


def originate_fields(
    channel: str,
    channel_id: str,
    context: str,
    exten: str,
    variables: Mapping[str, str],
    timeout_s: float,
    caller_id: str | None,
) -> dict[str, Value]:
    """The headers of an asynchronous Originate. Never EarlyMedia: with it Asterisk calls a 183 an answer."""
    fields: dict[str, Value] = {
        "Channel": channel,
        "ChannelId": channel_id,
        "Context": context,
        "Exten": exten,
        "Priority": 1,
        "Timeout": round(timeout_s * 1000),
        "Async": True,
        "Variable": variable_headers(variables),
    }
    return fields if caller_id is None else {**fields, "CallerID": caller_id}


def backoff(attempt: int, random: Random, *, first_s: float, cap_s: float) -> float:
    """Seconds to wait before reconnect number `attempt` (0 first): doubling from `first_s` to `cap_s`, with half of it
    jittered, so that many engines do not come back in step."""
    whole = min(cap_s, first_s * 2.0 ** min(attempt, 32))
    return whole * (0.5 + 0.5 * random.random())


def reply_of(headers: Mapping[str, str]) -> Reply:
    """An answer's headers as a Reply."""
    ok = headers.get("Response") in ("Success", "Follows", "Goodbye")
    return Reply(ok=ok, message=headers.get("Message", ""), headers=headers)


def items_of(name: str, answers: Sequence[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """The items between a list's first answer and its last. Raises ActionRefused, or ActionOutcomeUnknown when fewer came
    than the last one tells."""
    first = reply_of(answers[0])
    if not first.ok:
        raise ActionRefused(f"{name}: {first.message}")
    items = list(answers[1:-1])
    told = answers[-1].get("ListItems", "")
    if told.isdecimal() and int(told) != len(items):
        raise ActionOutcomeUnknown(f"{name}: {len(items)} of {told} items came")
    return items


def boot_id_of(status: Reply) -> str:
    """The boot id in an answer to CoreStatus: Asterisk's start time in its own local time. Raises AmiError without one."""
    date, time = status.headers.get("CoreStartupDate"), status.headers.get("CoreStartupTime")
    if not status.ok or not date or not time:
        raise AmiError(f"CoreStatus: {status.message or 'no start time'}")
    return f"{date}T{time}"
