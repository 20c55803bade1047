"""The data folder: everything a site keeps lies under one DIR, and one engine at a time holds it."""

import fcntl
import json
import os
import random
import re
import socket
from collections.abc import Collection, Mapping
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any

LOWEST_PORT, LINUX_EPHEMERAL = 20_000, 32_768


class FolderTaken(Exception):
    """Another engine works on this folder."""


class FolderUnusable(Exception):
    """The folder cannot be made or written; the text says why, on one line."""


class PortTaken(Exception):
    """A port that was asked for belongs to somebody else."""


class DataFolder:
    """Paths under DIR. `hold` makes the folders and takes the lock; the lock goes with the process, however it ends."""

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().absolute()
        self.run = self.path / "run"
        self.asterisk = self.path / "asterisk"
        self.carrier = self.path / "carrier"
        self.raw_recordings = self.path / "recordings-raw"
        self.recordings = self.path / "recordings"
        self._lock: int | None = None

    def default_database_url(self) -> str:
        return f"sqlite+aiosqlite:///{self.path / 'cordboard.sqlite3'}"

    def hold(self) -> None:
        """Raises FolderTaken or FolderUnusable, and then has changed nothing."""
        try:
            for folder in (self.path, self.run, self.raw_recordings, self.recordings):
                folder.mkdir(mode=0o755, parents=True, exist_ok=True)
            handle = os.open(self.run / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise FolderUnusable(f"the data folder {self.path} cannot be written: {error.strerror}") from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(handle)
            raise FolderTaken(f"another cordboard already runs on {self.path}") from error
        self._lock = handle

    def identity(self) -> str:
        """Who holds this folder, as other engines may read it; the same after a restart. The folder must be held.

        A random part, kept in the lock's file, tells apart two machines of one name.
        """
        if self._lock is None:
            raise FolderUnusable(f"the data folder {self.path} is not held")
        kept = os.pread(self._lock, 16, 0).decode("ascii", "replace")
        if not re.fullmatch("[0-9a-f]{16}", kept):
            kept = os.urandom(8).hex()
            os.pwrite(self._lock, kept.encode(), 0)
        place = os.fsencode(self.path).decode("utf-8", "replace")[-200:]
        return f"{socket.gethostname()[:64]}:{place} ({kept})"

    def publish(self, name: str, content: object) -> None:
        """Write run/NAME whole or not at all, readable by its owner only."""
        _write(self.run / name, content)

    def withdraw(self, name: str) -> None:
        (self.run / name).unlink(missing_ok=True)

    def choose_ports(self, wanted: Mapping[str, int], bind: str, *, also_udp: frozenset[str]) -> dict[str, int]:
        """A port for each name: the one wanted, else the one of last time, else a free one; remembered in ports.json.

        A wanted port that is not free is the caller's affair: he may be the one who holds it (an Asterisk that outlived us).
        """
        kept = self.kept_ports()
        chosen: dict[str, int] = {}
        for name, port in wanted.items():
            ours = {*wanted.values(), *kept.values(), *chosen.values()}  # the kernel may offer a free one twice
            chosen[name] = port or kept.get(name) or free_port(bind, udp=name in also_udp, but=ours)
        if not chosen.items() <= kept.items():
            _write(self.path / "ports.json", {**kept, **chosen})
        return chosen

    def listen(self, bind: str, port: int) -> socket.socket:
        """A listening socket for the pages; for port 0 the one of last time if it is still free, so that open pages find us again.

        Raises PortTaken for a port that was asked for by number.
        """
        kept = self.kept_ports()
        if port == 0 and "web" in kept:
            with suppress(PortTaken):
                return listen(bind, kept["web"])
        listener = listen(bind, port or free_port(bind))
        if port == 0:
            _write(self.path / "ports.json", {**kept, "web": int(listener.getsockname()[1])})
        return listener

    def kept_ports(self) -> dict[str, int]:
        """The ports that were chosen here once, by name."""
        try:
            kept: dict[str, Any] = json.loads((self.path / "ports.json").read_text())
            return {name: int(port) for name, port in kept.items()}
        except (OSError, ValueError):
            return {}


def free_port(bind: str, *, udp: bool = False, but: Collection[int] = ()) -> int:
    """A port that nobody holds right now, on TCP, and on UDP too when asked for; none of `but`.

    It lies below those that the kernel gives to connections: one that is free now must still be free when its program opens it, seconds
    later or at the next start. Raises PortTaken when there is none.
    """
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    candidates = range(LOWEST_PORT, _first_ephemeral())
    first = random.randrange(len(candidates))
    for port in chain(candidates[first:], candidates[:first]):
        if port in but:
            continue
        with socket.socket(family, socket.SOCK_STREAM) as tcp, socket.socket(family, socket.SOCK_DGRAM) as datagrams:
            try:
                tcp.bind((bind, port))
                if udp:
                    datagrams.bind((bind, port))
            except OSError:
                continue
            return port
    raise PortTaken("no port is free")


def _first_ephemeral() -> int:
    """The lowest port that the kernel gives to a connection; Linux' own default where it does not say."""
    try:
        lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except (OSError, ValueError):
        return LINUX_EPHEMERAL
    return lowest if lowest > LOWEST_PORT + 5000 else LINUX_EPHEMERAL


def listen(bind: str, port: int) -> socket.socket:
    """A listening socket for the pages. Raises PortTaken with one clear line."""
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((bind, port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        raise PortTaken(
            f"port {port} on {bind} cannot be used: {error.strerror}; choose another with --port"
        ) from error
    return listener


def _write(path: Path, content: object) -> None:
    beside = path.with_suffix(f".{os.getpid()}.tmp")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(content, file, indent=2, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
