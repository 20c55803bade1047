"""The words of the fake Asterisk: what it reads, keeps and says, and the ways in which it can be made to misbehave."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

Pairs = Iterable[tuple[str, str | bytes]]
Headers = Mapping[str, str | bytes] | Pairs
Mangler = Callable[[bytes], Sequence[bytes]]

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
_ESCAPES = {"\t": "\\t", "\n": "\\n", "\r": "\\r", "\\": "\\\\", '"': '\\"', "'": "\\'", "?": "\\?"}


def encode(pairs: Headers) -> bytes:
    """One AMI message. Bytes values go out as they are, so that they may hold broken UTF-8."""
    lines = []
    for key, value in pairs.items() if isinstance(pairs, Mapping) else pairs:
        lines.append(key.encode() + b": " + (value if isinstance(value, bytes) else value.encode()) + b"\r\n")
    return b"".join(lines) + b"\r\n"


def escaped(text: str) -> str:
    """Text as Asterisk 22 writes it into names and variables of an event: with the escapes of C."""
    return "".join(_ESCAPES.get(letter, letter) for letter in text)


@dataclass(frozen=True, slots=True)
class Received:
    """One action as Asterisk reads it: lines end at LF, and a line ends at a stray CR."""

    headers: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        return self.get("Action")

    def get(self, key: str) -> str:
        return next((value for found, value in self.headers if found.lower() == key.lower()), "")

    def all(self, key: str) -> list[str]:
        return [value for found, value in self.headers if found.lower() == key.lower()]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How an originated leg ends its ringing. `reason` is OriginateResponse's: 4 answered, 3 rang out, 0 failed."""

    answered: bool = True
    cause: int = 16
    tech_cause: str = ""
    reason: int = 4


@dataclass(slots=True)
class FakeChannel:
    uniqueid: str
    name: str
    state: str = "up"
    application: str = "Wait"
    bridge: str = ""
    linkedid: str = ""
    context: str = ""
    exten: str = ""
    caller_number: str = ""
    caller_name: str = ""
    variables: dict[str, str] = field(default_factory=dict)
    seconds: int = 0


@dataclass(slots=True)
class Behaviour:
    """What is wrong with this Asterisk; the default is nothing. May be changed while it runs."""

    delay_s: float = 0.0  # before every message that goes out
    cuts: Callable[[bytes], Sequence[bytes]] | None = None  # one message into the TCP segments it travels in
    silent: bool = False  # half-open: connections are taken and read, nothing is ever said
    swallow: set[str] = field(default_factory=set)  # actions that are done but not answered
    mangle: Mangler | None = None  # one event into the events that really go out: lost, doubled, held back
    originate: Callable[[Received], Verdict | None] = lambda _: Verdict()  # None: it rings until told otherwise
    variables_shown: str = "CC_"  # manager.conf's channelvars, as a prefix


def every_byte(message: bytes) -> list[bytes]:
    """Each byte in a segment of its own: cuts inside every letter."""
    return [message[i : i + 1] for i in range(len(message))]


def pieces(size: int) -> Callable[[bytes], list[bytes]]:
    """Segments of this many bytes."""
    return lambda message: [message[i : i + size] for i in range(0, len(message), size)]


def losing(random: Random, one_in: int) -> Mangler:
    """Loses about one event in so many."""
    return lambda packet: () if random.randrange(one_in) == 0 else (packet,)


def doubling(random: Random, one_in: int) -> Mangler:
    """Says about one event in so many twice."""
    return lambda packet: (packet, packet) if random.randrange(one_in) == 0 else (packet,)


def reordering(random: Random, window: int) -> Mangler:
    """Holds back up to `window` events and lets them go in a random order."""
    held: list[bytes] = []

    def mangle(packet: bytes) -> Sequence[bytes]:
        held.append(packet)
        if len(held) < window:
            return ()
        random.shuffle(held)
        out = tuple(held)
        held.clear()
        return out

    return mangle
