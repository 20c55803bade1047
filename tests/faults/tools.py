"""What some faults need of the machine: a small disk that can be filled up, a clock that can be set. Each touches this lab alone."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

DISK_MIB = 64
CHUNKS = (65_536, 4_096)


@dataclass(frozen=True)
class SmallDisk:
    """A disk of its own for the data folder."""

    at: Path

    @classmethod
    @contextmanager
    def mounted(cls, at: Path) -> Iterator["SmallDisk"]:
        """Needs root."""
        at.mkdir()
        options = ["-t", "tmpfs", "-o", f"size={DISK_MIB}m,mode=755", "tmpfs", str(at)]
        subprocess.run(["mount", *options], check=True)
        try:
            yield cls(at)
        finally:
            subprocess.run(["umount", "--lazy", str(at)], check=True)

    @contextmanager
    def full(self) -> Iterator[None]:
        """Not a byte is free inside the block."""
        ballast = self.at / "ballast"
        try:
            self.fill()
            yield
        finally:
            ballast.unlink(missing_ok=True)

    def fill(self) -> None:
        """Take what is left, also of what somebody has freed since."""
        with (self.at / "ballast").open("ab", buffering=0) as file:
            for size in CHUNKS:
                with suppress(OSError):
                    while file.write(bytes(size)) == size:
                        pass


LIBRARIES = tuple(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))


@dataclass(frozen=True)
class SetClock:
    """The time of day of one engine and its Asterisk; what measures lengths of time is left alone, as by whoever sets a machine's clock."""

    file: Path

    def set(self, ahead_s: int) -> None:
        """So far from the true time from now on."""
        beside = self.file.with_suffix(".new")
        beside.write_text(f"{ahead_s:+d}\n")
        beside.chmod(0o644)
        beside.replace(self.file)

    @property
    def environment(self) -> dict[str, str]:
        """What a process must be started with."""
        return {
            "LD_PRELOAD": str(LIBRARIES[0]),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DONT_RESET": "1",
        }

    def asterisk(self, tree: Path, cache: Path) -> None:
        """In `cache`: the fetched Asterisk `tree`, started with this clock; everything but its loader is a link."""
        copy = cache / tree.name
        loader = next(iter(sorted(tree.glob("usr/lib/*-linux-gnu*/ld-linux*.so.*"))))
        _linked(tree, copy, loader.relative_to(tree).parts)
        words = " ".join(f"{name}='{value}'" for name, value in self.environment.items())
        script = copy / loader.relative_to(tree)
        script.write_text(f'#!/bin/sh\n{words} exec {loader} "$@"\n')
        script.chmod(0o755)
        for other in tree.parent.iterdir():
            if other != tree:
                (cache / other.name).symlink_to(other)


def _linked(source: Path, target: Path, way: tuple[str, ...]) -> None:
    """A folder of links to all that is in `source`, but folders of its own along `way`, whose last one is left out."""
    target.mkdir(parents=True)
    for each in source.iterdir():
        if each.name != way[0]:
            (target / each.name).symlink_to(each)
    if len(way) > 1:
        _linked(source / way[0], target / way[0], way[1:])


def is_root() -> bool:
    return os.geteuid() == 0
