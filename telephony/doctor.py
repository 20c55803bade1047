"""`cordboard doctor`: each thing that a site can get wrong, looked at once, with the mend beside what is not right."""

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from .ami_probe import AmiProbe, probe_ami
from .doctor_certificate import certificate_fault
from .doctor_trunks import reach
from .install import OLDEST, AsteriskTree, InstallError, parse_version
from .ports import PortUse, refusal
from .render import MODULES
from .site import TlsFiles, Trunk

LEAST_FREE_BYTES = 2 * 1024**3  # some 35 hours of raw two-channel recordings
LOOPBACK = ("127.0.0.1", "::1", "localhost")
FIRST_YEAR = 2025
CLOCK_STEP_S = 2.0

AskDatabase = Callable[[], Awaitable[None]]
"""Returns when all is well; raises an exception whose text says what is not."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; `mend` says what to do when it is not `ok`."""

    name: str
    ok: bool
    detail: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class ClockReading:
    """Wall clock and monotonic clock, read together twice, some time apart."""

    wall_before: datetime
    wall_after: datetime
    steady_s: float


@dataclass(frozen=True, slots=True)
class DoctorSubject:
    """What the doctor looks at. `find_tree` may raise InstallError; `asterisk_runs` tells that ports taken are our own."""

    find_tree: Callable[[], AsteriskTree]
    asterisk_runs: bool
    ami_port: int
    ami_secret: str
    ports: tuple[PortUse, ...]
    data: Path
    spool: Path
    recordings: Path
    clock: Callable[[], Awaitable[ClockReading]]
    web_host: str
    web_names: tuple[str, ...]
    tls: TlsFiles | None
    database: AskDatabase
    migrations: AskDatabase
    trunks: tuple[Trunk, ...] = ()


async def examine(subject: DoctorSubject) -> list[Check]:
    """Every check, in the order in which a site is built. Raises nothing: what fails is a check that is not ok."""
    checks = await asyncio.to_thread(check_asterisk, subject.find_tree)
    checks += [check_port(use, ours=subject.asterisk_runs) for use in subject.ports]
    if subject.asterisk_runs:
        checks.append(check_ami(await probe_ami(subject.ami_port, subject.ami_secret)))
    else:
        checks.append(Check("AMI login", False, "Asterisk is not running", "start it with `cordboard up`"))
    checks += await asyncio.gather(*(check_trunk(trunk) for trunk in subject.trunks))
    checks += [check_folder("spool", subject.spool), check_folder("recordings", subject.recordings)]
    checks.append(check_disk(subject.data))
    checks.append(check_clock(await subject.clock()))
    checks.append(check_certificate(subject.tls, subject.web_names, datetime.now(UTC)))
    checks.append(check_microphone(subject.web_host, subject.tls))
    checks.append(await check_database("database", subject.database, "check CORDBOARD_DATABASE_URL and that it runs"))
    mend = "run `cordboard up` of the newest version once, or install the version that made this database"
    checks.append(await check_database("migrations", subject.migrations, mend))
    return checks


def report(checks: list[Check]) -> str:
    """The checks as lines for a terminal, the mend below each that is not ok."""
    lines: list[str] = []
    for check in checks:
        lines.append(f"{'ok  ' if check.ok else 'FAIL'}  {check.name}: {check.detail}")
        if not check.ok and check.mend:
            lines.append(f"      mend: {check.mend}")
    return "\n".join(lines)


def check_asterisk(find: Callable[[], AsteriskTree]) -> list[Check]:
    """Is there an Asterisk of a version that we know, with every module that we load?"""
    mend = f"install Asterisk {OLDEST} or newer, or run `cordboard asterisk install` with the network up"
    try:
        tree = find()
        major, _ = parse_version(f"Asterisk {tree.version}")
    except InstallError as error:
        return [Check("asterisk version", False, str(error), mend)]
    found = Check("asterisk version", major >= OLDEST, tree.version, mend)
    missing = [name for name in MODULES if not (tree.modules / f"{name}.so").exists()]
    detail = f"missing: {', '.join(missing)}" if missing else f"all {len(MODULES)} are there"
    where = f"install the packages that bring them into {tree.modules}"
    return [found, Check("asterisk modules", not missing, detail, where)]


def check_port(use: PortUse, *, ours: bool) -> Check:
    """Is the port free, or held by our own running Asterisk?"""
    name = f"port {use.number}/{'udp' if use.udp else 'tcp'} ({use.what})"
    if ours:
        return Check(name, True, "ours, Asterisk is running")
    why = refusal(use)
    return Check(name, why is None, why or "free", "stop the other program, or choose another port in the settings")


def check_ami(probe: AmiProbe) -> Check:
    """May the engine log in, and is it refused what it must not do?"""
    if not probe.logged_in:
        mend = "restart Cordboard so that manager.conf is written from secrets.json again"
        return Check("AMI login and rights", False, probe.detail, mend)
    if not probe.command_denied:
        mend = "somebody changed manager.conf: restart Cordboard, which writes it again"
        return Check("AMI login and rights", False, "the engine's user may run console commands", mend)
    return Check("AMI login and rights", True, "logs in; console commands are denied")


async def check_trunk(trunk: Trunk) -> Check:
    """Does the carrier's machine answer?"""
    name = f"trunk {trunk.name}"
    if not trunk.contact:
        return Check(name, True, "no carrier is set: nobody is called by it")
    able, detail = await reach(trunk)
    return Check(
        name, able, detail, "check its address in the settings, the network, and with the carrier whether it knows us"
    )


def check_folder(name: str, folder: Path) -> Check:
    """Can files be written below the folder?"""
    place = folder
    while not place.exists() and place != place.parent:
        place = place.parent
    able = place.is_dir() and os.access(place, os.W_OK | os.X_OK)
    detail = f"{folder} is writable" if able else f"{place} cannot be written"
    return Check(name, able, detail, f"give it to this user (chown) or choose another --data: {folder}")


def check_disk(folder: Path, least: int = LEAST_FREE_BYTES) -> Check:
    """Is there room for recordings?"""
    place = folder
    while not place.exists() and place != place.parent:
        place = place.parent
    free = shutil.disk_usage(place).free
    return Check("disk space", free >= least, f"{free / 1024**3:.1f} GiB free at {place}", "free some, or move --data")


def check_clock(reading: ClockReading) -> Check:
    """Does the wall clock run with the monotonic one, and does it know the year?"""
    step_s = (reading.wall_after - reading.wall_before).total_seconds() - reading.steady_s
    year = reading.wall_after.year
    mend = "switch time synchronisation on (timedatectl set-ntp true)"
    if year < FIRST_YEAR:
        return Check("clock", False, f"it says the year {year}", mend)
    if abs(step_s) > CLOCK_STEP_S:
        return Check("clock", False, f"it jumped by {step_s:+.1f} s while we looked", mend)
    return Check("clock", True, reading.wall_after.strftime("%Y-%m-%d %H:%M UTC"))


def check_certificate(tls: TlsFiles | None, names: tuple[str, ...], now: datetime) -> Check:
    """If the site has a certificate: is it readable, in its time, for our names, and does the key belong to it?"""
    if tls is None:
        return Check("certificate", True, "none configured")
    fault = certificate_fault(tls, names, now)
    mend = "put a valid certificate and its key where the settings say, and restart"
    return Check("certificate", fault is None, fault or str(tls.certificate), mend)


def check_microphone(web_host: str, tls: TlsFiles | None) -> Check:
    """Browsers give pages a microphone on localhost and over https only."""
    if tls is not None or web_host in LOOPBACK:
        return Check("microphone", True, "https" if tls is not None else "the pages are served on localhost")
    mend = "configure a certificate, put an https proxy in front, or serve on 127.0.0.1"
    return Check("microphone", False, f"pages on {web_host} without https get no microphone in browsers", mend)


async def check_database(name: str, ask: AskDatabase, mend: str) -> Check:
    """Does the question to the database end well?"""
    try:
        async with asyncio.timeout(10):
            await ask()
    except TimeoutError:
        return Check(name, False, "no answer in 10 s", mend)
    except Exception as error:  # whatever a driver raises is what the person must read
        told = next(iter(str(error).splitlines()), "") or type(error).__name__
        return Check(name, False, told[:200], mend)
    return Check(name, True, "answers" if name == "database" else "current")


async def steady_clock(wall: Callable[[], datetime], apart_s: float = 0.2) -> ClockReading:
    """Read both clocks twice."""
    loop = asyncio.get_running_loop()
    before, began = wall(), loop.time()
    await asyncio.sleep(apart_s)
    return ClockReading(before, wall(), loop.time() - began)
