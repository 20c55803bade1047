"""A real Asterisk (and a real make-believe carrier) for tests: free ports, own folder, stopped at the end."""

import random
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from cordboard.telephony.carrier import Carrier
from cordboard.telephony.install import AsteriskTree, default_cache, find_or_fetch
from cordboard.telephony.ports import ports_of
from cordboard.telephony.process import AsteriskProcess
from cordboard.telephony.prompt_files import lay_out
from cordboard.telephony.render import render
from cordboard.telephony.site import AsteriskSite, Ports, load_secrets
from tests.fakes.ports import free_port
from tests.fakes.raw_ami import RawAmi

INBOUND = "+74951234567"
FAR_AHEAD_S = 600  # one heartbeat for a whole test


@cache
def asterisk_tree() -> AsteriskTree:
    """The Asterisk of this machine, fetched into the user's cache by the first test that ever asks."""
    return find_or_fetch(default_cache())


def free_ports() -> Ports:
    start = random.randrange(16000, 30000, 100)
    return Ports(sip_udp=free_port(udp=True), ami=free_port(), http=free_port(), rtp_start=start, rtp_end=start + 99)


@contextmanager
def data_folder() -> Iterator[Path]:
    """A short-named data folder: pytest's own are too deep for a unix socket."""
    folder = Path(tempfile.mkdtemp(prefix="cordboard-test-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def site_in(data: Path, **changes: Any) -> AsteriskSite:
    """A site with nothing special, changed by `changes`."""
    site = AsteriskSite(
        tree=asterisk_tree(),
        node="test1",
        ports=free_ports(),
        secrets=load_secrets(data),
        recordings=data / "recordings",
        inbound_numbers=(INBOUND,),
        caller_id=INBOUND,
    )
    return replace(site, **changes)


def process_of(site: AsteriskSite, data: Path, **options: Any) -> AsteriskProcess:
    return AsteriskProcess(
        site.tree,
        data / "asterisk",
        site.ports.ami,
        data / "run/asterisk.pid",
        recordings=site.recordings,
        needs=ports_of(site),
        **options,
    )


@dataclass(frozen=True, slots=True)
class Node:
    """One Asterisk that runs."""

    site: AsteriskSite
    data: Path
    process: AsteriskProcess
    ami: RawAmi

    def log(self) -> str:
        return (self.data / "asterisk/log/messages.log").read_text(errors="replace")

    async def beat(self, epoch_s: int) -> None:
        """Tell the dialplan that an engine lived at this second."""
        await self.ami.action("Setvar", Value=str(epoch_s), **{"Variable": "ENGINE_HB"})

    async def channels(self) -> str:
        return await self.process.ask("core show channels concise")


@asynccontextmanager
async def running_node(data: Path, **changes: Any) -> AsyncIterator[Node]:
    """Render, boot, log in as the engine; all ended at the end."""
    site = site_in(data, **changes)
    render(site, data / "asterisk")
    process = process_of(site, data)
    await process.start()
    ami = await RawAmi.connect(site.ports.ami)
    try:
        await ami.action("Login", Username="engine", Secret=site.secrets.ami)
        yield Node(site, data, process, ami)
    finally:
        await ami.close()
        await process.stop()


@asynccontextmanager
async def speaking_node(data: Path) -> AsyncIterator[Node]:
    """A running node with its prompts laid out, and an engine's heartbeat for as long as a test lasts."""
    async with running_node(data) as running:
        lay_out(running.site.tree, default_cache(), data / "prompts", data / "asterisk")
        await running.beat(int(time.time()) + FAR_AHEAD_S)
        yield running


@asynccontextmanager
async def running_carrier(data: Path, peer_port: int) -> AsyncIterator[Carrier]:
    """The make-believe carrier of a node whose SIP listens at `peer_port`."""
    carrier = Carrier(
        asterisk_tree(),
        data / "carrier",
        free_ports(),
        peer=f"127.0.0.1:{peer_port}",
        inbound_number=INBOUND,
        cache=default_cache(),
        pid_file=data / "run/carrier.pid",
        chance=random.Random(7),
    )
    await carrier.start()
    try:
        yield carrier
    finally:
        await carrier.stop()
