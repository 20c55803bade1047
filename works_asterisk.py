"""The Asterisk that an engine steers, part of the works: its own, or the one of another data folder (setting `asterisk_of`)."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .access.user import User
from .storage.data_folder import DataFolder
from .storage.settings import BadSettings, Settings
from .telephony.borrowed import BorrowedAsterisk
from .telephony.install import AsteriskTree, InstallError, default_cache
from .telephony.pid_file import living
from .telephony.ports import PortTaken, PortUse, ports_of
from .telephony.process import AsteriskFailed, AsteriskProcess
from .telephony.prompt_files import lay_out
from .telephony.render import render, render_agents
from .telephony.site import AgentEndpoint, AsteriskSite, Ports, Secrets, TlsFiles, TrunkSite, load_secrets

log = logging.getLogger(__name__)

NODE = "cordboard"
NO_TREE = AsteriskTree("", (), Path("/"), (), None, None, None)
PID_FILE = "asterisk.pid"
SAID = (AsteriskFailed, InstallError, PortTaken, OSError)
UDP_PORTS = frozenset({"sip", "rtp", "carrier_sip", "carrier_rtp"})


@dataclass(frozen=True)
class AsteriskHome:
    """Where one Asterisk lives: the data folder that holds its configuration and its sound, its ports, its secrets."""

    folder: DataFolder
    ports: dict[str, int]
    secrets: Secrets
    borrowed: bool = False

    @classmethod
    def of(cls, folder: DataFolder, settings: Settings) -> "AsteriskHome":
        """Raises BadSettings when another folder is named and no Cordboard ever ran there."""
        if settings.asterisk_of is None:
            return cls(folder, choose_ports(folder, settings), load_secrets(folder.path))
        other = DataFolder(settings.asterisk_of)
        ports = other.kept_ports()
        if "ami" not in ports or not (other.path / "secrets.json").exists():
            raise BadSettings(f"setting asterisk_of: no Cordboard has run its Asterisk in {other.path} yet")
        return cls(other, ports, load_secrets(other.path), borrowed=True)


def choose_ports(folder: DataFolder, settings: Settings) -> dict[str, int]:
    wanted = {
        "sip": settings.sip_port,
        "ami": settings.ami_port,
        "http": settings.asterisk_http_port,
        "https": 0,
        "rtp": settings.rtp_start,
        "carrier_sip": 0,
        "carrier_ami": 0,
        "carrier_http": 0,
        "carrier_rtp": 0,
    }
    return folder.choose_ports(wanted, "127.0.0.1", also_udp=UDP_PORTS)


class SteeredAsterisk:
    """Tells Asterisk who and what there is. `trunk_uri` is the demo's: it sets it before the start."""

    process: AsteriskProcess | BorrowedAsterisk

    def __init__(self, home: AsteriskHome, settings: Settings, find_tree: Callable[[], AsteriskTree]) -> None:
        self.home, self._settings, self._find_tree = home, settings, find_tree
        self._tree: AsteriskTree | None = None
        self._kept: AsteriskProcess | None = None
        self.trunk_uri: str | None = None

    def site(self, agents: list[User], numbers: tuple[str, ...]) -> AsteriskSite:
        settings, ports = self._settings, self.home.ports
        tls = None
        if settings.tls_certificate and settings.tls_key:
            tls = TlsFiles(settings.tls_certificate, settings.tls_key)
        return AsteriskSite(
            tree=self._tree or NO_TREE,
            node=NODE,
            ports=Ports(
                sip_udp=ports["sip"],
                ami=ports["ami"],
                http=ports["http"],
                https=ports["https"] if tls else None,
                **rtp_range(ports["rtp"], settings.rtp_ports),
            ),
            secrets=self.home.secrets,
            recordings=self.home.folder.raw_recordings,
            inbound_numbers=numbers,
            agents=endpoints(agents),
            trunk_uri=self.trunk_uri or settings.trunk,
            trunk_password=settings.trunk_password,
            trunk_match=settings.trunk_match,
            more_trunks=tuple(TrunkSite(name, **dict(one)) for name, one in settings.trunks.items()),
            caller_id=settings.caller_id or settings.inbound_number,
            sip_bind=settings.sip_bind,
            http_bind=settings.bind,
            external_address=settings.external_address,
            tls=tls,
            language=settings.language,
        )

    async def find(self) -> AsteriskTree:
        """The program itself; the first call may fetch it. Raises InstallError."""
        if self._tree is None:
            self._tree = await asyncio.to_thread(self._find_tree)
        return self._tree

    async def keep(self) -> None:
        """While another engine leads, it may steer our own Asterisk: it is kept running as it was configured last."""
        folder = self.home.folder
        if self.home.borrowed or not (folder.asterisk / "etc/asterisk.conf").exists():
            return
        try:
            self._kept = self._own(await self.find())
            await self._kept.start(as_it_runs=True)
        except SAID as trouble:
            log.warning("our Asterisk is not kept while we stand by: %s", trouble)

    async def leave(self) -> None:
        """The one that was kept runs on."""
        if self._kept is not None:
            await self._kept.leave()
            self._kept = None

    async def end(self, *, goes_on: bool, at_once: bool) -> bool:
        """Stop our own Asterisk, unless it carries calls: then it ends with the last of them. `goes_on`: another engine steers it
        from now on. `at_once`: whatever it carries. A borrowed one always goes on. Returns whether it was left to its calls."""
        if goes_on and isinstance(self.process, AsteriskProcess):
            await self.process.leave()
        elif isinstance(self.process, AsteriskProcess) and not at_once and await self.process.leave_to_calls():
            return True
        else:
            await self.process.stop()
        return False

    async def tell_engine_leaves(self) -> None:
        """The heartbeat has ended for good, and nobody listens from now on."""
        if isinstance(self.process, AsteriskProcess):
            await self.process.tell_engine_leaves()

    def runs(self) -> bool:
        """Whether an Asterisk runs with this configuration, whoever started it."""
        folder = self.home.folder
        return living(folder.run / PID_FILE, folder.asterisk.resolve() / "etc/asterisk.conf") is not None

    async def start(self, agents: list[User], numbers: tuple[str, ...], on_started: Callable[[int], None]) -> None:
        """Tell it everything, let it run; the one that outlived us is taken over with its calls, and another's is only met."""
        folder = self.home.folder
        if self.home.borrowed:
            self.process = BorrowedAsterisk(folder.asterisk, self.home.ports["ami"], folder.run / PID_FILE, self.find)
            await self.process.start()
            return
        tree = await self.find()
        await asyncio.to_thread(render, self.site(agents, numbers), folder.asterisk)
        await asyncio.to_thread(lay_out, tree, default_cache(), folder.path / "prompts", folder.asterisk)
        self.process = self._own(tree, ports_of(self.site(agents, numbers)), on_started)
        try:
            await self.process.start()
        except asyncio.CancelledError:  # we are told to stop while it boots, or while we take it over
            await self.end(goes_on=False, at_once=False)
            raise

    def _own(
        self, tree: AsteriskTree, needs: tuple[PortUse, ...] = (), on_started: Callable[[int], None] = lambda _pid: None
    ) -> AsteriskProcess:
        folder = self.home.folder
        return AsteriskProcess(
            tree,
            folder.asterisk,
            self.home.ports["ami"],
            folder.run / PID_FILE,
            recordings=folder.raw_recordings,
            needs=needs,
            on_started=on_started,
        )

    async def people_changed(self, agents: list[User]) -> None:
        render_agents(endpoints(agents), self.home.folder.asterisk)
        await self.process.reload_agents()

    async def numbers_changed(self, agents: list[User], numbers: tuple[str, ...]) -> None:
        await self.find()
        render(self.site(agents, numbers), self.home.folder.asterisk)
        await self.process.reload_dialplan()


def endpoints(users: list[User]) -> tuple[AgentEndpoint, ...]:
    return tuple(AgentEndpoint(user.sip_name, user.sip_secret, user.device_uri) for user in users if user.active)


def rtp_range(first: int, count: int) -> dict[str, int]:
    """`count` ports from `first` on, or as near to it as there are ports; RTP begins on an even one."""
    start = min(first, 65535 - count) & ~1
    return {"rtp_start": start, "rtp_end": start + count - 1}
