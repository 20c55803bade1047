"""Two houses that do the same job, record every talk of a queue with N desk phones: Cordboard, and an Asterisk with app_queue alone."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2

from cordboard.telephony.process import AsteriskProcess
from cordboard.telephony.render import MODULES, TEMPLATE_NAMES, write_files
from tests.fakes.asterisk_tree import asterisk_tree, free_ports
from tests.fakes.house import House, running_house
from tests.fakes.wait import until
from tests.fakes.working_day import rows as select

BARE = Path(__file__).with_name("bare_queue")
BYTES_A_SECOND = {".raw": 32_000, ".wav": 16_000}  # 16 bit at 8 kHz: two channels, one channel


class RecordedQueue(ABC):
    """Something at `sip` (host:port) that answers calls to `number` and records them."""

    name: str
    sip: str
    number: str

    @property
    @abstractmethod
    def asterisk_pid(self) -> int: ...

    @abstractmethod
    async def settle(self, calls: int) -> list[float]:
        """Wait until the last `calls` calls are put away and the phones are free; gives the seconds recorded of each."""


class Cordboard(RecordedQueue):
    """The whole engine, with as many operators at desk phones."""

    name = "Cordboard"

    def __init__(self, house: House, agents: int) -> None:
        self._house, self._agents, self._kept = house, agents, 0
        self.sip, self.number = house.endpoints.sip, house.endpoints.inbound_number

    @property
    def asterisk_pid(self) -> int:
        return self._house.endpoints.asterisk_pid

    @property
    def engine_pid(self) -> int:
        return self._house.endpoints.pid

    async def hire(self, phones: str) -> None:
        """Operators whose telephones stand at `phones`, all ready."""
        admin = self._house.login("admin")
        async with self._client() as boss:
            await _sign_in(boss, admin.login, admin.password)
            for index in range(self._agents):
                body = {"login": f"phone{index}", "name": f"Phone {index}", "role": "operator"}
                answer = await boss.post("/api/v1/users", json={**body, "device_uri": f"sip:a{index}@{phones}"})
                password = answer.raise_for_status().json()["password"]
                async with self._client() as operator:
                    await _sign_in(operator, body["login"], password)
                    (await operator.post("/api/v1/desk/state", json={"state": "ready"})).raise_for_status()

    def _client(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(base_url=self._house.endpoints.web, timeout=30.0)

    async def settle(self, calls: int) -> list[float]:
        self._kept += calls

        async def done() -> bool:
            ((kept,),) = await select(self._house, "SELECT count(*) FROM recording")
            ((free,),) = await select(self._house, "SELECT count(*) FROM agent WHERE stance = 'ready' AND tasks = '[]'")
            return bool(kept >= self._kept and free >= self._agents)

        await until(done, "every recording kept and every operator ready", within_s=60.0, every_s=0.2)
        newest = await select(self._house, "SELECT seconds FROM recording ORDER BY started_at DESC LIMIT ?", calls)
        return [float(seconds) for (seconds,) in newest]


async def _sign_in(client: httpx2.AsyncClient, login: str, password: str) -> None:
    answer = await client.post("/sign-in", data={"login": login, "password": password})
    if answer.status_code != 303:
        raise RuntimeError(f"the sign-in answered {answer.status_code}")


class BareQueue(RecordedQueue):
    """An Asterisk of the same build and modules, with bench/bare_queue/ for a configuration. `suffix` is the recording's: .raw or .wav."""

    def __init__(self, process: AsteriskProcess, sip: str, recordings: Path, suffix: str) -> None:
        self._process, self._recordings, self._suffix = process, recordings, suffix
        self.sip, self.number, self.name = sip, suffix.lstrip("."), f"app_queue {suffix}"

    @property
    def asterisk_pid(self) -> int:
        if self._process.pid is None:
            raise RuntimeError("the bare Asterisk is gone")
        return self._process.pid

    async def settle(self, calls: int) -> list[float]:
        async def idle() -> bool:
            return (await self._process.ask("core show channels count")).startswith("0 active channels")

        await until(idle, "the end of every call", within_s=20.0, every_s=0.2)
        await asyncio.sleep(1.5)  # the queue's wrap-up
        files = [path for path in self._recordings.iterdir() if path.suffix == self._suffix]
        lengths = [path.stat().st_size / BYTES_A_SECOND[self._suffix] for path in files]
        for path in files:
            path.unlink()
        return lengths


@asynccontextmanager
async def cordboard(data: Path, phones: str, agents: int) -> AsyncIterator[Cordboard]:
    async with running_house(data, demo=False, wrap_up_s="1") as house:
        subject = Cordboard(house, agents)
        await subject.hire(phones)
        yield subject


@asynccontextmanager
async def bare_queues(data: Path, phones: str, agents: int) -> AsyncIterator[tuple[BareQueue, BareQueue]]:
    """One Asterisk, twice: recording as we do, and as is the custom."""
    tree, ports, recordings = asterisk_tree(), free_ports(), data / "recordings"
    values: dict[str, object] = {
        "node": "bare",
        "language": "ru",
        "ports": ports,
        "recordings": recordings,
        "modules_loaded": MODULES,
        "agents": [f"agent-{index}" for index in range(agents)],
        "phones": f"sip:{phones}",
    }
    names = tuple(name for name in TEMPLATE_NAMES if name != "pjsip_agents.conf")
    home = data / "asterisk"
    await asyncio.to_thread(write_files, tree, home, BARE, names, values)
    process = AsteriskProcess(tree, home, ports.ami, data / "asterisk.pid", recordings=recordings)
    await process.start()
    try:
        sip = f"127.0.0.1:{ports.sip_udp}"
        yield BareQueue(process, sip, recordings, ".raw"), BareQueue(process, sip, recordings, ".wav")
    finally:
        await process.stop()
