"""What SIPp writes down of a conversation: every message, as it was sent or received."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.fakes.rtp import Address

_STARTS = re.compile(rb"^-{20,} *(\S+[ T]\S+).*\n\w+ message (sent|received).*\n\n", re.MULTILINE)


@dataclass(frozen=True)
class SipMessage:
    """One message as SIPp wrote it down."""

    at: str
    sent: bool
    start: str
    headers: tuple[tuple[str, str], ...]
    body: str

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    @cached_property
    def call_id(self) -> str:
        return self.header("Call-ID")

    @cached_property
    def method(self) -> str:
        """INVITE, BYE, ... of a request; of a response, the request it answers."""
        return self.header("CSeq").split(" ")[-1]

    @cached_property
    def code(self) -> int:
        """The status of a response; 0 for a request."""
        return int(self.start.split(" ")[1]) if self.start.startswith("SIP/2.0") else 0

    @cached_property
    def number(self) -> str:
        """The user part of the request URI."""
        found = re.match(r"\w+ sips?:([^@>; ]*)@", self.start)
        return found.group(1) if found else ""

    @cached_property
    def sound_at(self) -> Address | None:
        """Where the SDP wants its sound."""
        host = re.search(r"^c=IN IP4 (\S+)", self.body, re.MULTILINE)
        port = re.search(r"^m=audio (\d+)", self.body, re.MULTILINE)
        return (host.group(1), int(port.group(1))) if host and port else None


class Trace:
    """A `-trace_msg` file. Tests ask it twenty times a second, so only what was written since is read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._whole: list[SipMessage] = []  # behind each of them stands another
        self._read_to = self._size = 0
        self._messages: list[SipMessage] = []

    def messages(self) -> list[SipMessage]:
        """In order; the last may not be written to its end yet."""
        size = self._path.stat().st_size if self._path.exists() else 0
        if size != self._size:
            self._size = size
            self._read_on()
        return self._messages

    def _read_on(self) -> None:
        with self._path.open("rb") as file:
            file.seek(self._read_to)
            fresh = file.read()
        marks = list(_STARTS.finditer(fresh))
        ends = [mark.start() for mark in marks[1:]] + [len(fresh)]
        found = [_message(mark, fresh[mark.end() : end]) for mark, end in zip(marks, ends, strict=False)]
        self._messages = [*self._whole, *found]
        self._whole += found[:-1]
        self._read_to += marks[-1].start() if marks else 0


def _message(mark: re.Match[bytes], told: bytes) -> SipMessage:
    text = told.decode(errors="replace")
    head, _, body = text.replace("\r\n", "\n").strip("\n").partition("\n\n")
    start, *lines = head.split("\n")
    headers = tuple((key.strip(), value.strip()) for key, _, value in (line.partition(":") for line in lines))
    return SipMessage(mark.group(1).decode(), mark.group(2) == b"sent", start, headers, body)
