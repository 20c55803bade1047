"""The bytes of AMI, cut into messages. Pure: no socket, no clock, no asyncio.

A message is a run of `Key: value` lines ended by an empty line. Cutting happens on bytes and decoding after it, so a
TCP border inside a UTF-8 letter cannot lose the letter.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

EOL = b"\r\n"
END = b"\r\n\r\n"
BANNER = b"Asterisk Call Manager/"
MAX_BANNER = 256
MAX_MESSAGE = 65_536
MAX_LINES = 512
MAX_VALUE = 8_192
SAMPLE = 512

# Asterisk repeats only these on purpose; a second copy of any other header comes from a value and must not win.
_REPEATABLE = frozenset({"ChanVariable", "DestChanVariable", "Variable", "Output"})


class NotAmi(Exception):
    """The peer's first line is not Asterisk's banner: whatever listens there, it is not an AMI port."""


class Unparseable(ValueError):
    """One message cannot be understood. The text says why and carries no value from the message."""


@dataclass(frozen=True, slots=True)
class Overlong:
    """A message above `MAX_MESSAGE` bytes, dropped while it arrived; `head` is its beginning."""

    head: bytes


class Framer:
    """Cuts a stream into messages. Any split of the same bytes into chunks gives the same messages."""

    def __init__(self, max_message: int = MAX_MESSAGE) -> None:
        self.banner: str | None = None
        self._max = max_message
        self._rest = b""
        self._dropping = False

    def feed(self, chunk: bytes) -> list[bytes | Overlong]:
        """The messages completed by `chunk`, without their final empty line and without stray blank lines.

        Raises NotAmi when the first line is not the banner.
        """
        data = self._rest + chunk if self._rest else chunk
        if self.banner is None:
            data = self._take_banner(data)
        parts = data.split(END)
        rest = parts.pop()
        out: list[bytes | Overlong] = []
        for part in parts:
            if self._dropping:
                self._dropping = False
            elif len(part) > self._max:
                out.append(Overlong(part[:SAMPLE]))
            elif message := part.strip(EOL):
                out.append(message)
        if self._dropping:
            rest = rest[-3:]  # three bytes may be the beginning of the empty line that ends the dropped message
        elif len(rest) > self._max + 3:
            out.append(Overlong(rest[:SAMPLE]))
            self._dropping = True
            rest = rest[-3:]
        self._rest = rest
        return out

    def _take_banner(self, data: bytes) -> bytes:
        line, found, rest = data.partition(EOL)
        known = line[: len(BANNER)]
        if not BANNER.startswith(known) or (found and not line.startswith(BANNER)) or len(line) > MAX_BANNER:
            raise NotAmi(f"the peer does not greet as {BANNER.decode()}")
        if not found:
            return data
        self.banner = line.decode("ascii", "replace")
        return rest


@dataclass(frozen=True, slots=True)
class Packet:
    """One parsed message. `headers` holds the first copy of each header (repeatable ones joined by a newline);
    `pairs` holds every line in order; `broken` tells that some bytes were not UTF-8 and were replaced by U+FFFD."""

    headers: Mapping[str, str]
    pairs: Sequence[list[str]]
    broken: bool

    @property
    def name(self) -> str:
        """The event's name, empty for a response."""
        return self.headers.get("Event", "")

    def get(self, key: str) -> str:
        """The header's value, or the empty string."""
        return self.headers.get(key, "")


def parse(message: bytes, *, max_value: int = MAX_VALUE) -> Packet:
    """Headers of one framed message. Raises Unparseable for no Event/Response, too many lines or an over-long value."""
    try:
        text, broken = message.decode(), False
    except UnicodeDecodeError:
        text, broken = message.decode("utf-8", "replace"), True
    lines = text.split("\r\n")
    if len(lines) > MAX_LINES:
        raise Unparseable(f"more than {MAX_LINES} lines")
    pairs = [line.split(": ", 1) for line in lines]
    try:
        headers = dict(reversed(pairs))  # reversed: the first copy wins
    except ValueError:  # a line without a colon, or without the blank after it
        pairs = [
            [key, value.removeprefix(" ")] for key, colon, value in (line.partition(":") for line in lines) if colon
        ]
        headers = dict(reversed(pairs))
    if len(headers) != len(pairs):
        for key in _REPEATABLE & headers.keys():
            headers[key] = "\n".join(value for found, value in pairs if found == key)
    if "Event" not in headers and "Response" not in headers:
        raise Unparseable("neither Event nor Response")
    if len(message) > max_value and any(len(key) > max_value or len(value) > max_value for key, value in pairs):
        raise Unparseable(f"a header above {max_value} characters")
    return Packet(MappingProxyType(headers), pairs, broken)
