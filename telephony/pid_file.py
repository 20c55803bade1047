"""The file that tells engines which Asterisk runs in a folder, and with which configuration."""

import os
from pathlib import Path


def claim(path: Path, pid: int, mark: str) -> None:
    """Tell later engines which process runs. `mark` is the configuration's (render.fingerprint)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_suffix(".new")
    scratch.write_text(f"{pid} {mark}\n")
    scratch.replace(path)


def living(path: Path, conf: Path) -> tuple[int, str] | None:
    """The process of this file and its mark, if it is an Asterisk in the foreground with this asterisk.conf: one that ended by
    itself leaves the file behind, and process numbers come round again."""
    try:
        number, mark = path.read_text().split()
        argv = Path(f"/proc/{int(number)}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return None
    return (int(number), mark) if os.fsencode(conf) in argv and b"-f" in argv else None
