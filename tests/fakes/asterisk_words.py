"""The words of the fake Asterisk: what it reads, keeps and says, and the ways in which it can be made to misbehave."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from cordboard.simulation.ami_words import BANNER, Headers, Pairs, Received, encode, escaped

__all__ = [
    "BANNER",
    "Behaviour",
    "FakeChannel",
    "Headers",
    "Mangler",
    "Pairs",
    "Received",
    "Verdict",
    "encode",
    "escaped",
]

Mangler = Callable[[bytes], Sequence[bytes]]


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
    still_moving: int = 0  # so many Redirects find a channel that has not arrived from the one before
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
