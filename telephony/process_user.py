"""Which user Asterisk runs as when we are root, and what that user must be able to reach."""

import os
import pwd
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ACCOUNTS = ("asterisk", "nobody")
SEARCH_RIGHTS = (("dac_read_search", 2), ("dac_override", 1))  # name, bit of Linux capabilities


@dataclass(frozen=True, slots=True)
class Account:
    uid: int
    gid: int


def unprivileged() -> Account | None:
    """The account to drop to, or None when we are an ordinary user already."""
    if os.geteuid() != 0:
        return None
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    return Account(65534, 65534)


def child_environment(home: Path) -> dict[str, str]:
    """Only what Asterisk needs: no setting or secret of ours leaks into it."""
    kept = {name: os.environ[name] for name in ("PATH", "TZ") if name in os.environ}
    return {"PATH": os.defpath, **kept, "LANG": "C.UTF-8", "HOME": str(home)}


def hand_over(account: Account, whole: Iterable[Path], alone: Iterable[Path] = ()) -> None:
    """Make Asterisk's folders its own, `whole` with all that they hold, `alone` without.

    The data folder above them stays ours: when it is closed, it is opened to Asterisk's group for passing through.
    """
    for folder in (*whole, *alone):
        above = folder.parent.stat()
        if above.st_uid == os.geteuid() and not can_search(above, account) and not above.st_mode & 0o070:
            os.chown(folder.parent, -1, account.gid)
            os.chmod(folder.parent, above.st_mode | 0o010)
        os.chown(folder, account.uid, account.gid)
    for folder in whole:
        for place, folders, files in os.walk(folder):
            for name in (*folders, *files):
                os.chown(os.path.join(place, name), account.uid, account.gid, follow_symlinks=False)


def launcher(account: Account, needed: Iterable[Path]) -> list[str]:
    """The command that drops root before it runs what follows.

    A tree or data folder below a closed folder (such as root's home) is reached with one right, to search and read
    folders, and no other; without such a need no right at all is left.
    """
    setpriv = shutil.which("setpriv", path=os.environ.get("PATH", os.defpath) + ":/usr/bin:/bin")
    if setpriv is None:
        raise FileNotFoundError("setpriv is missing (Debian: apt-get install util-linux)")
    rights = "-all"
    if not all(reachable(path, account) for path in needed):
        held = next((name for name, bit in SEARCH_RIGHTS if _bounding_set() >> bit & 1), None)
        rights += f",+{held}" if held else ""
    return [
        *(setpriv, f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups", "--no-new-privs"),
        *(f"--inh-caps={rights}", f"--ambient-caps={rights}", f"--bounding-set={rights}", "--"),
    ]


def reachable(path: Path, account: Account) -> bool:
    """Whether the account may walk down to `path`."""
    return all(can_search(folder.stat(), account) for folder in path.resolve().parents)


def can_search(status: os.stat_result, account: Account) -> bool:
    if status.st_uid == account.uid:
        return bool(status.st_mode & 0o100)
    return bool(status.st_mode & (0o010 if status.st_gid == account.gid else 0o001))


def _bounding_set() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapBnd:"):
            return int(line.split()[1], 16)
    return 0
