"""An Asterisk that somebody else runs: met, steered and told to read its files again, never started or stopped."""

import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from .install import AsteriskTree
from .process import ask, greets

log = logging.getLogger(__name__)


class BorrowedAsterisk:
    """By its shape an AsteriskProcess (process.py). `home` is the other's configuration, `pid_file` where he says what runs."""

    restarts = 0

    def __init__(
        self, home: Path, ami_port: int, pid_file: Path, find_tree: Callable[[], Awaitable[AsteriskTree]]
    ) -> None:
        self._conf = home.resolve() / "etc/asterisk.conf"
        self._ami_port = ami_port
        self._pid_file = pid_file
        self._find_tree = find_tree

    @property
    def pid(self) -> int | None:
        """The process that runs now, as far as its keeper has said."""
        try:
            pid = int(self._pid_file.read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return None
        return pid if Path(f"/proc/{pid}").exists() else None

    async def start(self) -> int:
        """Its pid, 0 while it does not run: the link (ami.py) goes on trying."""
        if not await greets(self._ami_port):
            log.warning("no Asterisk answers at AMI port %d: start the one that runs it", self._ami_port)
        return self.pid or 0

    async def stop(self) -> None:
        """It is not ours: it runs on."""

    async def reload_agents(self) -> None:
        """Take a newly rendered agents' file; calls go on."""
        await ask(await self._find_tree(), self._conf, "module reload res_pjsip.so")

    async def reload_dialplan(self) -> None:
        """Take a newly rendered dialplan; calls go on in the one they are in."""
        await ask(await self._find_tree(), self._conf, "dialplan reload")
