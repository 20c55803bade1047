"""Recorded calls as templates: what one real Asterisk said, section by section, with {{placeholders}} for what is of one call only. Pure.

The files of traces/ are written by bench/record_traces.py.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

TRACES = Path(__file__).parent / "traces"
_SECTION = re.compile(r"^\[(\w+)\]$", re.MULTILINE)
_PLACEHOLDER = re.compile(r"\{\{([\w.]+)\}\}")


class BadTrace(ValueError):
    """A trace's file is not what it should be; the text says where."""


@dataclass(frozen=True, slots=True)
class Section:
    """Some events in their order. `pieces`: text, the name of a value, text, ..., text."""

    pieces: tuple[str, ...]
    events: int

    @classmethod
    def of(cls, text: str) -> "Section":
        wire = text.strip("\n").replace("\n", "\r\n") + "\r\n\r\n"
        return cls(tuple(_PLACEHOLDER.split(wire)), len(re.findall(r"^Event: ", text, re.MULTILINE)))

    def rendered(self, values: Mapping[str, str]) -> bytes:
        """The bytes of these events for one call. Raises KeyError for a value that is missing."""
        pieces = self.pieces
        return "".join(values[piece] if index % 2 else piece for index, piece in enumerate(pieces)).encode()


def sections(text: str) -> dict[str, Section]:
    """The sections of a trace's file. Raises BadTrace when there is none, or an empty one."""
    parts = _SECTION.split(text)[1:]
    found = {name: Section.of(body) for name, body in zip(parts[::2], parts[1::2], strict=True)}
    if not found or not all(section.events for section in found.values()):
        raise BadTrace("a trace has sections, and each has events")
    return found


def load(name: str, folder: Path = TRACES) -> dict[str, Section]:
    return sections((folder / f"{name}.ami").read_text())
