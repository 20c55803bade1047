"""The demo's make-believe carrier: a second Asterisk, reached by real SIP, whose numbers answer, talk, are busy or silent."""

import asyncio
import os
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from .carrier_voices import LINES, PERSONS_A_LANGUAGE, spoken
from .install import AsteriskTree
from .ports import carrier_ports
from .process import AsteriskProcess
from .render import MODULES, TEMPLATE_NAMES, TEMPLATES, write_files
from .site import NUMBER, BadSite, Ports

HABIT_FACTOR, HABIT_OFFSET = 37, 11
EXTRA_MODULES = ("pbx_spool", "app_waitforsilence", "func_rand")
UNUSED_MODULES = (
    *("chan_rtp", "res_rtp_multicast", "app_queue", "app_mixmonitor"),
    *("res_pjsip_transport_websocket", "res_http_websocket"),
)


class Habit(StrEnum):
    """What a number does when it is called; the value is its context in the carrier's dialplan."""

    PERSON = "person"
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    INVALID = "invalid"
    REJECTED = "rejected"
    MACHINE = "machine"


SHARES: tuple[tuple[Habit, int], ...] = (
    (Habit.PERSON, 62),
    (Habit.BUSY, 10),
    (Habit.NO_ANSWER, 10),
    (Habit.MACHINE, 8),
    (Habit.REJECTED, 5),
    (Habit.INVALID, 5),
)


@dataclass(frozen=True, slots=True)
class HabitBand:
    """The context of a habit and the bound below which a number's luck (0-99) falls into it."""

    context: str
    below: int


def habit_of(number: str) -> Habit:
    """What the carrier does with a call to `number`; a busy one is free again one time of four. Needs 4 digits."""
    digits = re.sub(r"\D", "", number)
    luck = (int(digits[-4:]) * HABIT_FACTOR + HABIT_OFFSET) % 100
    return Habit(next(band.context for band in _bands() if luck < band.below))


def _bands() -> Iterator[HabitBand]:
    below = 0
    for habit, share in SHARES:
        below += share
        yield HabitBand(habit, below)


class Carrier:
    """The second Asterisk and its persons.

    `peer` is our node's SIP address as host:port, `inbound_number` what persons dial, `cache` where their speech is kept,
    `chance` decides how patient a caller is.
    """

    def __init__(
        self,
        tree: AsteriskTree,
        home: Path,
        ports: Ports,
        *,
        peer: str,
        inbound_number: str,
        cache: Path,
        pid_file: Path,
        chance: random.Random,
        language: str = "ru",
    ) -> None:
        if NUMBER.match(inbound_number) is None:
            raise BadSite("the inbound number is not a phone number")
        self._tree, self._home, self._ports, self._peer = tree, home.resolve(), ports, peer
        self._inbound_number, self._cache, self._chance, self._language = inbound_number, cache, chance, language
        self._process = AsteriskProcess(tree, home, ports.ami, pid_file, needs=carrier_ports(ports))
        self._placed = 0

    @property
    def trunk_uri(self) -> str:
        """What our node calls as its trunk."""
        return f"sip:127.0.0.1:{self._ports.sip_udp}"

    @property
    def robot_uri(self) -> str:
        """The phone of the robot colleague: answers by itself in 1-2 s and talks for 20-60 s."""
        return f"sip:robot@127.0.0.1:{self._ports.sip_udp}"

    @property
    def pid(self) -> int | None:
        return self._process.pid

    async def start(self) -> None:
        """Speak the lines if they are not in the cache, render, start. Raises InstallError, BadSite, AsteriskFailed."""
        persons = await asyncio.to_thread(spoken, self._tree, self._cache)
        await asyncio.to_thread(self._render, persons)
        await self._process.start()

    async def stop(self) -> None:
        """End the carrier with all its calls, within 5 s."""
        await self._process.stop()

    async def ask(self, command: str) -> str:
        """What the carrier's console prints for a command."""
        return await self._process.ask(command)

    def call_in(self, number: str, name: str, patience_s: int | None = None) -> None:
        """A person with this number and name calls us now, and gives up waiting after `patience_s` (else 60-180 s).

        Raises BadSite when `number` is no phone number; a name loses what a display name cannot carry.
        """
        if NUMBER.match(number) is None:
            raise BadSite("the caller's number is not a phone number")
        shown = re.sub(r"[\x00-\x1f\x7f\"\\<>;]", " ", name)[:64]
        patience = patience_s if patience_s is not None else self._chance.randint(60, 180)
        voices = "ru" if number.lstrip("+").startswith("7") else "en"
        lines = (
            f"Channel: PJSIP/{self._inbound_number}@cordboard",
            f'CallerID: "{shown}" <{number}>',
            *("MaxRetries: 0", "WaitTime: 30", "Context: caller", "Extension: s", "Priority: 1"),
            f"Setvar: PATIENCE={patience}",
            f"Setvar: P={voices}-{int(number[-1]) % PERSONS_A_LANGUAGE + 1}",
        )
        self._placed += 1
        scratch = self._home / "spool/tmp" / f"{os.getpid()}-{self._placed}.call"
        scratch.write_text("\n".join(lines) + "\n", encoding="utf-8")
        folder = self._home.stat()
        if os.geteuid() == 0:
            os.chown(scratch, folder.st_uid, folder.st_gid)
        scratch.rename(self._home / "spool/outgoing" / scratch.name)  # Asterisk must see a whole file

    def _render(self, persons: Path) -> None:
        values: dict[str, object] = {
            "node": "carrier",
            "language": self._language,
            "ports": self._ports,
            "peer": self._peer,
            "persons": persons,
            "voices": PERSONS_A_LANGUAGE,
            "lines": LINES,
            "habits": tuple(_bands()),
            "habit_factor": HABIT_FACTOR,
            "habit_offset": HABIT_OFFSET,
            "modules_loaded": (*(name for name in MODULES if name not in UNUSED_MODULES), *EXTRA_MODULES),
        }
        for name in ("tmp", "outgoing"):
            (self._home / "spool" / name).mkdir(parents=True, exist_ok=True)
        for stale in (self._home / "spool/outgoing").glob("*.call"):
            stale.unlink()  # a call asked of an earlier life is not placed now
        names = tuple(name for name in TEMPLATE_NAMES if name not in ("pjsip_agents.conf", "queues.conf"))
        write_files(self._tree, self._home, TEMPLATES / "carrier", names, values)
