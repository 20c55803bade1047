"""A whole Cordboard as a site runs it: `cordboard up` as a process of its own, known only by what it writes for outside tools."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx2

from cordboard.storage.failpoint import VARIABLE
from cordboard.telephony.process import greets
from tests.fakes.wait import until

ROOT = Path(__file__).resolve().parents[2]
FIRST_START_S = 300.0  # Asterisk may have to be fetched
QUIET = {
    "CORDBOARD_DEMO_CARRIER": "false",
    "CORDBOARD_DEMO_CALLS_PER_MINUTE": "0",
    "CORDBOARD_DEMO_SCRIPTS": "false",
    "CORDBOARD_CALLING_HOURS": "00:00-24:00",
    "CORDBOARD_SOUND_PROCESSING": "false",  # an echo canceller takes a steady tone for noise
}


@dataclass(frozen=True, slots=True)
class Endpoints:
    """DIR/run/endpoints.json: what a running house tells outside tools."""

    web: str
    sip: str
    inbound_number: str
    pid: int
    asterisk_pid: int
    version: str


@dataclass(frozen=True, slots=True)
class Login:
    role: str
    login: str
    password: str


class House:
    """Use by `running_house`. Stopping and starting again keeps the data folder, as after a power cut."""

    def __init__(self, data: Path, *, demo: bool, settings: Mapping[str, str], module: str = "cordboard") -> None:
        """`module` is what `python -m` runs: the house itself, or one with something of a test's attached."""
        self.data, self.demo, self._module = data, demo, module
        self.log = data.with_name(f"{data.name}.log")
        self._settings = dict(settings)
        self._process: subprocess.Popen[bytes] | None = None
        self._seen: set[int] = set()
        self._last: Endpoints | None = None
        self._port = "0"  # after the first start the one it got: open pages look for the house where they knew it

    async def start(self, within_s: float = FIRST_START_S, *, failpoints: str = "") -> Endpoints:
        """Start, and wait until it says that it is ready. `failpoints` are armed in this process alone (storage/failpoint.py)."""
        await self.launch(failpoints)
        return await self.ready(within_s)

    async def launch(self, failpoints: str = "") -> None:
        """Start, and do not wait: another engine may lead."""
        assert not self.alive, f"it runs already, and nobody would end it\n{self.tail()}"
        command = [sys.executable, "-m", self._module, "up", "--data", str(self.data), "--port", self._port]
        command += ["--demo"] if self.demo else []
        environment = {key: value for key, value in os.environ.items() if not key.startswith("CORDBOARD_")}
        environment |= {"PYTHONUNBUFFERED": "1", **QUIET, **self._settings, VARIABLE: failpoints}
        with self.log.open("ab") as log:
            self._process = await asyncio.to_thread(
                subprocess.Popen, command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    async def ready(self, within_s: float = 20.0) -> Endpoints:
        """Wait until it says that it is ready, which an engine that stands by does not."""

        def ready() -> Endpoints | None:
            assert self._process is not None
            if self._process.poll() is not None:
                raise AssertionError(f"cordboard ended with {self._process.returncode}\n{self.tail()}")
            return self._read_endpoints()

        try:
            endpoints = await until(ready, "endpoints.json of the house", within_s=within_s, every_s=0.1)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.tail()}") from None
        self._last = endpoints
        self._seen |= {endpoints.pid, endpoints.asterisk_pid}
        self._port = str(urlsplit(endpoints.web).port)
        return endpoints

    def _read_endpoints(self) -> Endpoints | None:
        """What is written by the process that runs now; a file left by an earlier one is no answer."""
        try:
            told = json.loads((self.data / "run/endpoints.json").read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return None
        endpoints = Endpoints(**{name: told[name] for name in Endpoints.__dataclass_fields__})
        assert self._process is not None
        return endpoints if endpoints.pid == self._process.pid else None

    @property
    def endpoints(self) -> Endpoints:
        found = self._read_endpoints()
        assert found is not None, self.tail()
        return found

    async def stands_by(self, within_s: float = 60.0) -> None:
        """Wait until its own page says so."""

        async def asked() -> bool:
            try:
                port = self._port if self._port != "0" else json.loads((self.data / "ports.json").read_text())["web"]
                async with httpx2.AsyncClient(timeout=2.0, verify=False) as client:
                    answer = await client.get(f"http://127.0.0.1:{port}/healthz")
                return bool(answer.json() == {"status": "stand_by"})
            except (OSError, KeyError, ValueError, httpx2.HTTPError):
                return False

        try:
            await until(asked, "a house that stands by", within_s=within_s, every_s=0.1)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.tail()}") from None

    def stand_still(self) -> None:
        """SIGSTOP: the process does nothing more, and its sockets stay."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def ask_to_stop(self) -> None:
        """SIGTERM, without waiting."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """kill -9 of the engine, without waiting."""
        assert self._process is not None
        self._process.kill()

    @property
    def last_endpoints(self) -> Endpoints:
        """As of the last start: addresses stay what they are while it is down."""
        assert self._last is not None
        return self._last

    @property
    def alive(self) -> bool:
        """Whether its process runs, or stands still."""
        return self._process is not None and self._process.poll() is None

    # --- its end

    async def stop(self, within_s: float = 20.0) -> int:
        """SIGTERM, and wait. Returns the exit code."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        return await self.ended(within_s)

    async def ended(self, within_s: float = 20.0) -> int:
        """Wait until the process has ended, by itself or not. Returns the exit code."""
        process = self._process
        assert process is not None
        try:
            await until(lambda: process.poll() is not None, "the end of cordboard", within_s=within_s)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.tail()}") from None
        return int(process.returncode)

    async def kill_engine(self) -> None:
        """kill -9 of the engine; its Asterisk is not asked."""
        os.kill(self.endpoints.pid, signal.SIGKILL)
        await self.ended()

    def kill_now(self) -> None:
        """kill -9 of whatever process was started last, ready or not."""
        assert self._process is not None
        self._process.kill()

    def kill_asterisk(self) -> int:
        """kill -9 of the Asterisk that runs now. Returns its process id."""
        pid = self.endpoints.asterisk_pid
        self._seen.add(pid)
        os.kill(pid, signal.SIGKILL)
        return pid

    async def close(self) -> None:
        """Leave nothing running, whatever the test did."""
        found = self._read_endpoints() if self._process is not None else None
        self._seen |= {found.asterisk_pid} if found else set()
        try:
            self._seen.add(int((self.data / "run/asterisk.pid").read_text().split()[0]))
        except (OSError, ValueError):
            """None was left behind."""
        try:
            if self._process is not None:
                self.go_on()
                await self.stop()
        finally:
            for pid in self._seen:
                if self.runs(pid):
                    os.kill(pid, signal.SIGKILL)

    def runs(self, pid: int) -> bool:
        """Whether this process lives and is ours. Process numbers come round again: ours has this data folder on its command line."""
        try:
            return str(self.data).encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return False

    # --- what it tells

    def tail(self, lines: int = 60) -> str:
        """The end of what it printed, for the message of a failed test."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join([f"--- {self.log}", *text.splitlines()[-lines:]])

    def _logins(self) -> list[dict[str, str]]:
        path = self.data / "run/logins.json"
        found: list[dict[str, str]] = json.loads(path.read_text()) if path.exists() else []
        return found

    def login(self, role: str, index: int = 0) -> Login:
        """A person of this role: from the demo's list, or the administrator of the first start."""
        found = [one for one in self._logins() if one["role"] == role and "login" in one]
        if found:
            return Login(role, found[index]["login"], found[index]["password"])
        printed = re.search(
            r"login:?\s+(\S+)\s+password:?\s+(\S+)", self.log.read_text(errors="replace"), re.IGNORECASE
        )
        assert role == "admin", self.tail()
        assert printed is not None, self.tail()
        return Login(role, printed.group(1), printed.group(2))

    @property
    def api_key(self) -> str:
        """The demo's key for the shop's own system."""
        return next(one["key"] for one in self._logins() if one["role"] == "api")

    def api(self, key: str | None = None) -> httpx2.AsyncClient:
        """A client of the API. Use as `async with house.api() as shop`."""
        headers = {"Authorization": f"Bearer {key or self.api_key}"}
        return httpx2.AsyncClient(base_url=self.endpoints.web, headers=headers, timeout=20.0, verify=False)  # noqa: S501

    @property
    def ports(self) -> dict[str, int]:
        """The ports that the house chose, by name."""
        found: dict[str, int] = json.loads((self.data / "ports.json").read_text())
        return found

    @property
    def ami_secret(self) -> str:
        return str(json.loads((self.data / "secrets.json").read_text())["ami"])

    async def health(self) -> dict[str, object]:
        async with httpx2.AsyncClient(base_url=self.endpoints.web, timeout=20.0, verify=False) as client:  # noqa: S501
            told: dict[str, object] = (await client.get("/healthz")).json()
            return told


@asynccontextmanager
async def running_asterisk(data: Path) -> AsyncIterator[int]:
    """`cordboard asterisk run` on a folder where a house has run once; its process id."""
    command = [sys.executable, "-m", "cordboard", "asterisk", "run", "--data", str(data)]
    log = data.with_name(f"{data.name}-asterisk.log")
    with log.open("ab") as out:
        process = await asyncio.to_thread(
            subprocess.Popen, command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
    try:
        port = json.loads((data / "ports.json").read_text())["ami"]
        await until(lambda: greets(port), "Asterisk greets")
        booted = [*command[:3], "asterisk", "cli", "core waitfullybooted", "--data", str(data)]
        await asyncio.to_thread(subprocess.run, booted, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
        yield process.pid
    finally:
        process.terminate()  # it does not hear it while it boots
        await until(lambda: process.poll() is not None, "the end of Asterisk")


@asynccontextmanager
async def running_house(
    data: Path, *, demo: bool = True, module: str = "cordboard", **settings: str
) -> AsyncIterator[House]:
    """A house that is ready. `settings` are those of storage/settings.py, in small letters (`trunk="sip:127.0.0.1:5070"`)."""
    named = {f"CORDBOARD_{name.upper()}": value for name, value in settings.items()}
    house = House(data, demo=demo, settings=named, module=module)
    try:
        await house.start()
        yield house
    finally:
        await house.close()
