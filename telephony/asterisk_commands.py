"""What `cordboard asterisk ...` does, as plain functions; every error that they raise is one clear line."""

import asyncio
import os
from pathlib import Path
from typing import NoReturn

from .install import AsteriskTree, Progress, find_or_fetch
from .pid_file import claim, living
from .process import AsteriskFailed, ask, prepare
from .process_user import child_environment
from .render import fingerprint, render
from .site import AsteriskSite


def install(cache: Path, progress: Progress) -> AsteriskTree:
    """Find or fetch Asterisk. Raises InstallError."""
    return find_or_fetch(cache, progress)


def render_site(site: AsteriskSite, home: Path) -> Path:
    """Write the configuration; returns the path of asterisk.conf. Raises BadSite, OSError."""
    return render(site, home)


def run_in_foreground(tree: AsteriskTree, home: Path, recordings: Path, pid_file: Path) -> NoReturn:
    """Become Asterisk, unprivileged, until somebody ends it; `pid_file` tells engines so. Raises AsteriskFailed when nothing was
    rendered yet, or it runs already."""
    home = home.resolve()
    conf = home / "etc/asterisk.conf"
    if not conf.exists():
        raise AsteriskFailed(f"{home} holds no configuration: run `cordboard up` on its data folder first")
    runs = living(pid_file, conf)
    if runs is not None:
        raise AsteriskFailed(
            f"the Asterisk of {home} runs already (pid {runs[0]}); `core stop now` on its console ends it with its calls"
        )
    argv = prepare(tree, home, (recordings,))
    claim(pid_file, os.getpid(), fingerprint(home))
    os.chdir(home)
    os.umask(0o027)
    os.execvpe(argv[0], argv, child_environment(home))


def console(tree: AsteriskTree, home: Path, command: str) -> str:
    """What the running Asterisk of `home` prints for a console command. Raises AsteriskFailed."""
    conf = home.resolve() / "etc/asterisk.conf"
    if not conf.exists():
        raise AsteriskFailed(f"{home} holds no configuration: Asterisk never ran here")
    return asyncio.run(ask(tree, conf, command))
