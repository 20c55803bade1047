"""Get an Asterisk: the one on PATH when it is new enough, else Debian's own packages unpacked into the user's cache.

No container, root or user namespace: apt runs with private state and lists, `dpkg-deb -x` unpacks, and the programs
are started through the tree's own dynamic loader. Nothing of the machine outside the cache is written.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

OLDEST = 20
PACKAGES = (
    "asterisk",
    "asterisk-core-sounds-en-gsm",
    "asterisk-core-sounds-ru-gsm",
    "asterisk-moh-opsound-gsm",
    "espeak-ng",
)
SUITE = "sid"
RECIPE = 1  # raise it when the unpacked tree must look different; old trees then stay unused
STAMP = "cordboard-tree.json"
DROPPED = ("man", "locale", "info", "lintian", "perl", "X11", "misc", "gnupg", "bash-completion")  # below usr/share
UNUSED_LIBRARIES = ("perl", "perl-base", "gconv")  # Asterisk runs no Perl and converts letters with none of these
KEYRINGS = ("/usr/share/keyrings/debian-archive-keyring.pgp", "/usr/share/keyrings/debian-archive-keyring.gpg")
SOUND_FOLDERS = {"en": ("en_US_f_Allison", "en"), "ru": ("ru_RU_f_IvrvoiceRU", "ru")}
UPDATE_S, DOWNLOAD_S = 120.0, 600.0

Progress = Callable[[str], None]


class InstallError(Exception):
    """Asterisk could not be got; the text is one clear line for the person at the terminal."""


class AsteriskTooOld(InstallError):
    """An `asterisk` is on PATH but its major version is below OLDEST."""


class NoNetwork(InstallError):
    """Debian's packages could not be fetched."""


class NoDebian(InstallError):
    """This machine has no apt, or its apt knows no Debian archive."""


@dataclass(frozen=True, slots=True)
class AsteriskTree:
    """Where one usable Asterisk lies and how its programs are started."""

    version: str
    command: tuple[str, ...]
    modules: Path
    sounds: tuple[tuple[str, Path], ...]
    moh: Path | None
    documentation: Path | None
    speech: tuple[str, ...] | None

    def argv(self, asterisk_conf: Path, *options: str) -> list[str]:
        """The command line of Asterisk with its configuration file (`-f` runs it, `-rx TEXT` asks a running one)."""
        return [*self.command, "-C", str(asterisk_conf), *options]

    def speech_argv(self, *options: str) -> list[str]:
        """The command line of espeak-ng; raises InstallError when this Asterisk came without one."""
        if self.speech is None:
            raise InstallError("espeak-ng is not installed: apt-get install espeak-ng")
        return [*self.speech, *options]


def default_cache(environ: Mapping[str, str] = os.environ, *, root: bool | None = None) -> Path:
    """The cache of the user: XDG_CACHE_HOME/cordboard, else ~/.cache/cordboard, and /var/cache/cordboard for root.

    Root's own home is closed to others, and root's Asterisk runs as an unprivileged user that must reach its programs.
    """
    chosen = environ.get("XDG_CACHE_HOME")
    if chosen and Path(chosen).is_absolute():
        return Path(chosen) / "cordboard"
    if os.geteuid() == 0 if root is None else root:
        return Path("/var/cache/cordboard")
    return Path(environ.get("HOME") or Path.home()) / ".cache/cordboard"


def find_or_fetch(cache: Path, progress: Progress = lambda _line: None) -> AsteriskTree:
    """Asterisk from PATH, else from the cache, else fetched into the cache. Raises InstallError and its kinds."""
    installed = on_path()
    if installed is not None:
        return installed
    return fetched(cache, progress)


# --- an Asterisk that the site installed itself


def parse_version(text: str) -> tuple[int, str]:
    """(major, whole version) of what `asterisk -V` prints; raises InstallError when it prints something else."""
    found = re.search(r"Asterisk\s+(?:certified[-/])?((\d+)[^\s]*)", text)
    if found is None:
        raise InstallError(f"asterisk on PATH does not tell its version (it printed {text.strip()[:80]!r})")
    return int(found.group(2)), found.group(1)


def on_path(search: str | None = None) -> AsteriskTree | None:
    """The Asterisk of the site, or None when there is none on PATH (sbin folders included)."""
    path = search if search is not None else os.environ.get("PATH", os.defpath) + ":/usr/local/sbin:/usr/sbin"
    program = shutil.which("asterisk", path=path)
    if program is None:
        return None
    try:
        told = subprocess.run([program, "-V"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InstallError(f"{program} does not start: {error}") from error
    major, version = parse_version(told.stdout + told.stderr)
    if major < OLDEST:
        raise AsteriskTooOld(
            f"Asterisk {version} at {program} is too old: {OLDEST} or newer is needed (or take it off PATH, "
            "and Cordboard fetches its own)"
        )
    modules = _first(
        *Path("/usr/lib").glob("*/asterisk/modules"),
        *(Path(base) / "asterisk/modules" for base in ("/usr/lib64", "/usr/lib", "/usr/local/lib64", "/usr/local/lib")),
    )
    if modules is None:
        raise InstallError(f"the modules of {program} were not found below /usr/lib or /usr/local/lib")
    data = [Path("/usr/share/asterisk"), Path("/var/lib/asterisk"), Path("/usr/local/share/asterisk")]
    speech = shutil.which("espeak-ng", path=path)
    return AsteriskTree(
        version=version,
        command=(program,),
        modules=modules,
        sounds=_sounds(data),
        moh=_first(*(base / "moh" for base in data)),
        documentation=_first(*(base / "documentation" for base in data)),
        speech=(speech,) if speech else None,
    )


def _first(*candidates: Path) -> Path | None:
    return next((path for path in candidates if path.is_dir()), None)


def _sounds(data: list[Path]) -> tuple[tuple[str, Path], ...]:
    found = (
        (language, _first(*(base / "sounds" / name for base in data for name in names)))
        for language, names in SOUND_FOLDERS.items()
    )
    return tuple((language, path) for language, path in found if path is not None)


# --- Debian's packages in the user's cache


def fetched(cache: Path, progress: Progress = lambda _line: None) -> AsteriskTree:
    """The unpacked tree of the cache, made first when it is not there. Safe when two processes ask at once."""
    recipe = hashlib.sha256(f"{RECIPE} {SUITE} {' '.join(PACKAGES)} {os.uname().machine}".encode()).hexdigest()[:12]
    tree = cache / f"asterisk-{recipe}"
    if not (tree / STAMP).exists():
        try:
            cache.mkdir(parents=True, exist_ok=True)
            with _locked(cache / f"asterisk-{recipe}.lock"):
                if not (tree / STAMP).exists():
                    _make_tree(cache, tree, progress)
        except OSError as error:
            raise InstallError(f"Asterisk cannot be unpacked into {cache}: {error.strerror or error}") from error
    return describe(tree)


def describe(root: Path) -> AsteriskTree:
    """How to use the tree unpacked at `root`."""
    library = next(iter(sorted(root.glob("usr/lib/*-linux-gnu*/asterisk"))), root / "usr/lib/none/asterisk").parent
    loader = next(iter(sorted(library.glob("ld-linux*.so.*"))), library / "ld-linux.so")
    if not (root / STAMP).exists() or not loader.exists():
        raise InstallError(f"{root} is damaged: remove that folder and start again")
    run = (str(loader), "--library-path", f"{library}:{library}/pulseaudio")
    data = [root / "usr/share/asterisk"]
    return AsteriskTree(
        version=str(json.loads((root / STAMP).read_text())["version"]),
        command=(*run, "--argv0", "asterisk", str(root / "usr/sbin/asterisk")),
        modules=library / "asterisk/modules",
        sounds=_sounds(data),
        moh=_first(data[0] / "moh"),
        documentation=_first(data[0] / "documentation"),
        speech=(*run, str(root / "usr/bin/espeak-ng"), f"--path={library}"),
    )


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)  # released by the kernel even when we are killed
        yield


def _make_tree(cache: Path, tree: Path, progress: Progress) -> None:
    """Fetch, unpack beside, stamp, rename: a tree under its final name is always whole."""
    for leftover in (*cache.glob(f"{tree.name}.part-*"), tree):
        shutil.rmtree(leftover, ignore_errors=True)
    work = Path(tempfile.mkdtemp(prefix=f"{tree.name}.part-", dir=cache))
    try:
        packages = _download(work, progress)
        root = work / "root"
        root.mkdir()
        progress(f"unpacking {len(packages)} packages")
        for package in packages:
            _unpack(package, root)
        _slim(root)
        version = next(
            (_debian_version(package.name) for package in packages if package.name.startswith("asterisk_")), "unknown"
        )
        os.chmod(root, 0o755)  # noqa: S103 - the unprivileged child must reach it when we are root
        (root / STAMP).write_text(json.dumps({"version": version, "packages": sorted(p.name for p in packages)}))
        root.rename(tree)
        progress(f"Asterisk {version} is ready in {tree}")
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _slim(root: Path) -> None:
    doomed = [root / "usr/share" / name for name in DROPPED]
    doomed += [folder for name in UNUSED_LIBRARIES for folder in root.glob(f"usr/lib/*/{name}")]
    for folder in doomed:
        shutil.rmtree(folder, ignore_errors=True)
    for folder in (root / "usr/share/doc").glob("*"):
        _keep_only_copyright(folder)


def _keep_only_copyright(folder: Path) -> None:
    if folder.is_symlink() or not folder.is_dir():
        folder.unlink()
        return
    for item in folder.iterdir():
        if item.is_dir() and not item.is_symlink():
            shutil.rmtree(item, ignore_errors=True)
        elif item.name != "copyright":
            item.unlink()


def _debian_version(name: str) -> str:
    """`asterisk_1%3a22.10.1+dfsg-1_amd64.deb` -> `22.10.1`."""
    return name.split("_")[1].replace("%3a", ":").split(":")[-1].split("+")[0].split("-")[0].split("~")[0]


def _unpack(package: Path, root: Path) -> None:
    done = subprocess.run(["dpkg-deb", "-x", str(package), str(root)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise InstallError(f"{package.name} cannot be unpacked: {_last_line(done.stderr)}")
    package.unlink()


def _download(work: Path, progress: Progress) -> list[Path]:
    for tool in ("apt-get", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise NoDebian(f"no asterisk on PATH and no {tool} here: install Asterisk {OLDEST} or newer")
    config = _private_apt(work)
    (work / "sources.list").write_text(source_line(_archive(config)) + "\n")
    progress("reading Debian's package lists")
    _apt(config, UPDATE_S, "update")
    progress("fetching Asterisk's packages (about 90 MB)")
    _apt(config, DOWNLOAD_S, "install", "--yes", "--no-install-recommends", "--download-only", *PACKAGES)
    packages = sorted((work / "cache/archives").glob("*.deb"))
    if not any(package.name.startswith("asterisk_") for package in packages):
        raise InstallError("apt-get fetched no asterisk package")
    return packages


def _private_apt(work: Path) -> Path:
    """apt settings of our own, read after the machine's: the proxy stays, but state, lists and hooks are private."""
    for folder in ("state/lists/partial", "cache/archives/partial"):
        (work / folder).mkdir(parents=True)
    (work / "state/status").touch()
    values = {
        "Dir::State": f"{work}/state",
        "Dir::State::lists": f"{work}/state/lists",
        "Dir::State::status": f"{work}/state/status",
        "Dir::State::extended_states": f"{work}/state/extended",
        "Dir::Cache": f"{work}/cache",
        "Dir::Cache::archives": f"{work}/cache/archives",
        "Dir::Log": f"{work}",
        "Dir::Etc::preferences": "/dev/null",
        "Dir::Etc::preferencesparts": "/dev/null",
        "APT::Sandbox::User": "",
        "APT::Get::List-Cleanup": "false",
        "APT::Update::Error-Mode": "any",
        "APT::Keep-Downloaded-Packages": "true",
        "Acquire::Languages": "none",
        "Acquire::Check-Valid-Until": "false",
        "Acquire::Check-Date": "false",
        "Acquire::Retries": "2",
        "Acquire::http::Timeout": "20",
        "Acquire::https::Timeout": "20",
    }
    kinds = ("Pre-Invoke", "Post-Invoke", "Post-Invoke-Success")
    lines = [f"#clear {owner}::{kind};" for owner in ("APT::Update", "DPkg") for kind in kinds]
    lines += [f'{name} "{value}";' for name, value in values.items()]
    config = work / "apt.conf"
    config.write_text("\n".join(lines) + "\n")
    return config


def _archive(config: Path) -> str:
    """The address of the main Debian archive, as the machine's own apt settings name it."""
    listed = _run(config, 60, ["--print-uris", "update"])
    bases = re.findall(r"^'(\S+?)/dists/[^']*'", listed.stdout, re.MULTILINE)
    for base in bases:
        if re.search(r"/debian(\.list)?/?$", base) and "security" not in base:
            return str(base)
    raise NoDebian(
        f"no asterisk on PATH, and apt on this machine knows no Debian archive: install Asterisk {OLDEST} or newer"
    )


def source_line(base: str, keyrings: tuple[str, ...] = KEYRINGS) -> str:
    """The sources.list line for SUITE at `base`, signed by the machine's Debian keyring."""
    keyring = next((name for name in keyrings if Path(name).exists()), None)
    return f"deb {f'[signed-by={keyring}] ' if keyring else ''}{base} {SUITE} main"


def _apt(config: Path, timeout_s: float, *arguments: str) -> None:
    own = ("-o", f"Dir::Etc::sourcelist={config.parent}/sources.list", "-o", "Dir::Etc::sourceparts=/dev/null")
    done = _run(config, timeout_s, [*own, *arguments])
    if done.returncode != 0:
        raise NoNetwork(f"Debian's Asterisk packages cannot be fetched: {_last_line(done.stderr or done.stdout)}")


def _run(config: Path, timeout_s: float, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    command = ["apt-get", "-c", str(config), "-q", *arguments]
    environment = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    try:
        return subprocess.run(
            command, capture_output=True, text=True, timeout=timeout_s, check=False, env=environment, cwd=config.parent
        )
    except subprocess.TimeoutExpired as error:
        raise NoNetwork(f"Debian's package archive did not answer in {timeout_s:.0f} s") from error


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = [line for line in lines if line.startswith(("E:", "Err:"))] or lines
    return told[0].removeprefix("E:").strip()[:200] if told else "no reason told"
