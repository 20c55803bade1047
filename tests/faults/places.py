"""Where a fault is tried: each kind of house is set up once, and all the faults that want it are tried there one after the other."""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import replace
from enum import StrEnum
from pathlib import Path

from cordboard.telephony.install import default_cache
from tests.fakes.asterisk_tree import asterisk_tree
from tests.fakes.house import House, running_asterisk
from tests.fakes.postgres_relay import PostgresRelay

from .bases import NewBase
from .faultlab import FaultLab
from .furnished import SHORT_TIMES, fault_lab, furnished_lab
from .meddling import MeddlingProxy
from .tools import LIBRARIES, SetClock, SmallDisk, is_root


class Place(StrEnum):
    """A house of its own, or one with something beside it."""

    HOUSE = "house"
    PROXY = "proxy"
    DISK = "small disk"
    CLOCK = "set clock"
    RELAY = "relay"
    PAIR = "two engines"


@asynccontextmanager
async def _house(folder: Path, new_base: NewBase) -> AsyncIterator[FaultLab]:
    async with new_base(folder / "house/cordboard.sqlite3") as base, fault_lab(folder, base) as lab:
        yield lab


@asynccontextmanager
async def _beside_its_asterisk(folder: Path, new_base: NewBase) -> AsyncIterator[tuple[FaultLab, House]]:
    """A lab whose house, not started yet, steers the Asterisk of another data folder (setting `asterisk_of`); and the house of that one."""
    owner = folder / "owner"
    async with AsyncExitStack() as stack:
        base = await stack.enter_async_context(new_base(folder / "cordboard.sqlite3"))
        lab = await stack.enter_async_context(furnished_lab(folder, base, line=owner))
        first = House(owner, demo=False, settings=_settings(lab))
        stack.push_async_callback(first.close)
        await first.start()  # it writes Asterisk's configuration, and knows all of our people
        await first.stop()
        await stack.enter_async_context(running_asterisk(owner))
        yield lab, first


def _settings(lab: FaultLab) -> dict[str, str]:
    chosen = {"trunk": lab.carrier.uri, "database_url": lab.base.url, **SHORT_TIMES}
    return {f"CORDBOARD_{name.upper()}": value for name, value in chosen.items()}


@asynccontextmanager
async def _behind_a_proxy(folder: Path, new_base: NewBase) -> AsyncIterator[FaultLab]:
    """The house finds our proxy where the ports of its Asterisk stand."""
    async with _beside_its_asterisk(folder, new_base) as (lab, owner), AsyncExitStack() as stack:
        lab.proxy = MeddlingProxy(owner.ports["ami"])
        await lab.proxy.start()
        stack.push_async_callback(lab.proxy.stop)
        (owner.data / "ports.json").write_text(json.dumps({**owner.ports, "ami": lab.proxy.listens_on}))
        await lab.first_start()
        stack.push_async_callback(lab.house.close)
        yield lab


@asynccontextmanager
async def _with_a_stand_by(folder: Path, new_base: NewBase) -> AsyncIterator[FaultLab]:
    """Two engines on one database and one Asterisk that neither owns: the lab's house leads."""
    async with _beside_its_asterisk(folder, new_base) as (lab, owner), AsyncExitStack() as stack:
        other = House(
            folder / "other", demo=False, settings={**_settings(lab), "CORDBOARD_ASTERISK_OF": str(owner.data)}
        )
        stack.push_async_callback(other.close)
        stack.push_async_callback(lab.house.close)
        await lab.first_start()
        await other.launch()
        await other.stands_by()
        lab.other = other
        yield lab


@asynccontextmanager
async def _on_a_small_disk(folder: Path, new_base: NewBase) -> AsyncIterator[FaultLab]:
    with SmallDisk.mounted(folder / "house") as disk:
        async with _house(folder, new_base) as lab:
            lab.disk = disk
            yield lab


@asynccontextmanager
async def _under_a_set_clock(folder: Path, new_base: NewBase) -> AsyncIterator[FaultLab]:
    clock, cache = SetClock(folder / "clock"), folder / "cache"
    clock.set(0)
    asterisk_tree()  # fetched, if it is not there yet
    tree = next(iter(sorted(default_cache().glob("asterisk-*/cordboard-tree.json")))).parent
    clock.asterisk(tree, cache / "cordboard")
    environment = {**clock.environment, "XDG_CACHE_HOME": str(cache)}
    async with new_base(folder / "house/cordboard.sqlite3") as base, furnished_lab(folder, base, environment) as lab:
        lab.clock = clock
        await lab.first_start()
        yield lab


@asynccontextmanager
async def _behind_a_relay(folder: Path, new_base: NewBase) -> AsyncIterator[FaultLab]:
    """The engine's words to PostgreSQL, and the answers, go through us."""
    async with (
        new_base(folder) as base,
        PostgresRelay.before(base.socket) as relay,
        fault_lab(folder, replace(base, url=relay.url(base.url))) as lab,
    ):
        lab.relay = relay
        yield lab


PLACES: Mapping[Place, Callable[[Path, NewBase], AbstractAsyncContextManager[FaultLab]]] = {
    Place.HOUSE: _house,
    Place.PROXY: _behind_a_proxy,
    Place.DISK: _on_a_small_disk,
    Place.CLOCK: _under_a_set_clock,
    Place.RELAY: _behind_a_relay,
    Place.PAIR: _with_a_stand_by,
}


def why_not(place: Place) -> str:
    """Why nothing can be tried at this place on this machine, or ""."""
    if place is Place.DISK and not is_root():
        return "it mounts a small disk, which only root may"
    if place is Place.CLOCK and not LIBRARIES:
        return "libfaketime is not installed (Debian: apt-get install libfaketime)"
    if place is Place.CLOCK and len(asterisk_tree().command) == 1:
        return "Asterisk is the site's own, and is not started with another clock"
    return ""
