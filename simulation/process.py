"""A process that we started, and what it costs: processor time and memory as the kernel counts them."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ENGINE = (sys.executable, "-m", "cordboard", "up")
NODE = (sys.executable, "-m", "cordboard.simulation.node_process")
START_S = 180.0
STOP_S = 25.0
_TROUBLE = re.compile(r"^(?:.* ERROR .*|[\w.]+(?:Error|Exception|Warning|Group)\b.*)$", re.MULTILINE)
_TICKS = os.sysconf("SC_CLK_TCK")


class ProcessFailed(Exception):
    """A process of the simulation ended or fell silent; the text is one line, and says where its words are."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Processor seconds since its start, and the megabytes that it holds."""

    cpu_s: float
    rss_mb: float


def cost(pid: int) -> Cost:
    """Of a process that runs. Raises ProcessFailed when it does not."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError) as gone:
        raise ProcessFailed(f"process {pid} is gone") from gone
    return Cost((int(fields[11]) + int(fields[12])) / _TICKS, pages * os.sysconf("SC_PAGE_SIZE") / 1e6)


class Engine:
    """A real `cordboard up` on a data folder."""

    def __init__(self, data: Path, log: Path, settings: Mapping[str, str], command: Sequence[str] = ENGINE) -> None:
        self._data, self._log, self._settings, self._command = data, log, settings, command
        self._process: subprocess.Popen[bytes] | None = None
        self.web = ""

    @property
    def pid(self) -> int:
        return self._process.pid if self._process is not None else 0

    async def start(self) -> None:
        """Until it says that it is ready. Raises ProcessFailed."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CORDBOARD_")}
        command = [*self._command, "--data", str(self._data), "--port", "0"]
        with self._log.open("ab") as log:
            process = self._process = await asyncio.to_thread(
                subprocess.Popen,
                command,
                env={**kept, **self._settings},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + START_S
        while not self.web:
            if process.poll() is not None or time.monotonic() > until:
                raise ProcessFailed(f"the engine did not start: {self.last_words()}")
            await asyncio.sleep(0.05)
            self.web = self._address()

    def _address(self) -> str:
        try:
            told = json.loads((self._data / "run/endpoints.json").read_text())
        except (OSError, ValueError):
            return ""
        return str(told["web"])

    def last_words(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines() if self._log.exists() else []
        return lines[-1] if lines else "it said nothing"

    def complaints(self) -> list[str]:
        """The lines of its log that tell of trouble: errors, and what a traceback ends with."""
        text = self._log.read_text(errors="replace") if self._log.exists() else ""
        return _TROUBLE.findall(text)

    async def stop(self) -> None:
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            await asyncio.to_thread(process.wait, STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            await asyncio.to_thread(process.wait)


class NodeProcess:
    """The node (node_process.py), asked one thing after the other."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    @property
    def pid(self) -> int:
        return self._process.pid if self._process is not None else 0

    async def start(self, first: Mapping[str, Any]) -> int:
        """Its AMI port."""
        self._process = await asyncio.create_subprocess_exec(
            *NODE, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 28
        )
        return int((await self._exchange(first))["port"])

    async def ask(self, order: str, **more: Any) -> dict[str, Any]:
        return await self._exchange({"order": order, **more})

    async def _exchange(self, told: Mapping[str, Any]) -> dict[str, Any]:
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise ProcessFailed("the node does not run")
        async with self._turn:
            process.stdin.write(json.dumps(told).encode() + b"\n")
            line = await process.stdout.readline()
        if not line:
            raise ProcessFailed("the node has ended")
        answer: dict[str, Any] = json.loads(line)
        return answer

    async def stop(self) -> None:
        if self._process is None or self._process.returncode is not None:
            return
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), 5.0)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
