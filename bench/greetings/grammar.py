"""Many texts of each kind, put together of pieces: what persons and machines say, for the voices that the words are learned from.

No piece between two pauses is of the texts that held-out voices alone say (the last third of each list).
"""

import json
import random
import re
from collections.abc import Mapping
from pathlib import Path

_GRAMMAR = json.loads((Path(__file__).parent / "grammar.json").read_text())
_SLOT = re.compile(r"\{(\w+)\}")
FULL: Mapping[str, int] = {
    "short": 40,
    "phrase": 45,
    "company": 40,
    "again": 12,
    "mpers": 60,
    "moper": 40,
    "mshort": 20,
    "mivr": 25,
}
"""So many texts of each kind one voice says."""
FEW: Mapping[str, int] = {
    "short": 14,
    "phrase": 14,
    "company": 10,
    "again": 5,
    "mpers": 16,
    "moper": 8,
    "mshort": 6,
    "mivr": 5,
}
"""The same for an engine that takes its time."""


def texts(language: str, seed: str, counts: Mapping[str, int], never: frozenset[str]) -> dict[str, list[str]]:
    """kind -> texts, pauses marked by "|". The same seed, the same texts; none has a piece that is in `never` (see `pieces`)."""
    dice = random.Random(f"{language} {seed}")
    rules = _GRAMMAR[language]["rules"]
    said: dict[str, list[str]] = {}
    for kind, count in counts.items():
        said[kind] = []
        while len(said[kind]) < count:
            text = _filled(dice.choice(rules[kind]), _GRAMMAR[language]["slots"], dice)
            if never.isdisjoint(pieces(text)):
                said[kind].append(text)
    return said


def pieces(text: str) -> set[str]:
    """What is said between two pauses, without marks at its ends."""
    return {piece.strip(" .,?!").lower() for piece in text.split("|")}


def _filled(rule: str, slots: Mapping[str, list[str]], dice: random.Random) -> str:
    while found := _SLOT.search(rule):
        rule = rule[: found.start()] + dice.choice(slots[found.group(1)]) + rule[found.end() :]
    return rule
