"""The words of an AMI server: what it reads and says. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Pairs = Iterable[tuple[str, str | bytes]]
Headers = Mapping[str, str | bytes] | Pairs

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

    @classmethod
    def of(cls, lines: Iterable[bytes]) -> "Received":
        pairs = [line.decode("utf-8", "replace").partition(":") for line in lines]
        return cls(tuple((key, value.removeprefix(" ")) for key, _, value in pairs))

    @property
    def name(self) -> str:
        return self.get("Action")

    def get(self, key: str) -> str:
        return next((value for found, value in self.headers if found.lower() == key.lower()), "")

    def all(self, key: str) -> list[str]:
        return [value for found, value in self.headers if found.lower() == key.lower()]

    @property
    def same(self) -> list[tuple[str, str | bytes]]:
        """The header that makes an answer this action's."""
        return [("ActionID", self.get("ActionID"))] if self.get("ActionID") else []
