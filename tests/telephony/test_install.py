"""Asterisk from PATH or from unpacked packages: found, refused in one line, whole or not there at all."""

import fcntl
import json
import os
import shutil
import stat
import subprocess
import threading
from pathlib import Path

import pytest

from cordboard.telephony import install
from cordboard.telephony.install import (
    STAMP,
    AsteriskTooOld,
    InstallError,
    NoDebian,
    NoNetwork,
    default_cache,
    describe,
    fetched,
    on_path,
    parse_version,
    source_line,
)
from tests.fakes.asterisk_tree import asterisk_tree
from tests.fakes.ports import free_port


def program(folder: Path, name: str, script: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("told", "major", "version"),
    [
        ("Asterisk 22.10.1~dfsg+~cs6.17-1\n", 22, "22.10.1~dfsg+~cs6.17-1"),
        ("Asterisk 20.0.0", 20, "20.0.0"),
        ("Asterisk certified/20.7-cert2", 20, "20.7-cert2"),
        ("Asterisk certified-18.9-cert17", 18, "18.9-cert17"),
    ],
)
def test_what_asterisk_tells_of_itself(told: str, major: int, version: str) -> None:
    assert parse_version(told) == (major, version)


def test_no_asterisk_on_path(tmp_path: Path) -> None:
    assert on_path(str(tmp_path)) is None


def test_an_old_asterisk_is_refused_in_one_line(tmp_path: Path) -> None:
    program(tmp_path, "asterisk", "echo 'Asterisk 18.2.0'")
    with pytest.raises(AsteriskTooOld, match=r"Asterisk 18\.2\.0 at .* is too old: 20 or newer is needed") as told:
        on_path(str(tmp_path))
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("script", ["echo hello", "exit 1"])
def test_a_program_that_only_has_the_name_is_refused(tmp_path: Path, script: str) -> None:
    program(tmp_path, "asterisk", script)
    with pytest.raises(InstallError, match="does not tell its version"):
        on_path(str(tmp_path))


def test_the_cache_of_the_user() -> None:
    assert default_cache({"XDG_CACHE_HOME": "/x", "HOME": "/home/a"}, root=False) == Path("/x/cordboard")
    assert default_cache({"HOME": "/home/a"}, root=False) == Path("/home/a/.cache/cordboard")
    assert default_cache({"XDG_CACHE_HOME": "not/absolute", "HOME": "/h"}, root=False) == Path("/h/.cache/cordboard")
    assert default_cache({"HOME": "/root"}, root=True) == Path("/var/cache/cordboard")


def test_the_archives_line_is_signed_when_the_machine_has_the_keyring(tmp_path: Path) -> None:
    keyring = tmp_path / "debian.gpg"
    assert source_line("mirror:/x", (str(keyring),)) == "deb mirror:/x sid main"
    keyring.touch()
    assert source_line("mirror:/x", (str(keyring),)) == f"deb [signed-by={keyring}] mirror:/x sid main"


def test_no_apt_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with pytest.raises(NoDebian, match="no apt-get here: install Asterisk 20 or newer"):
        fetched(tmp_path / "cache")
    assert leftovers(tmp_path / "cache") == []


def test_apt_that_knows_no_debian(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "bin", "apt-get", "echo \"'mirror://other/ubuntu/dists/noble/InRelease' x 0\"")
    program(tmp_path / "bin", "dpkg-deb", "exit 1")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    with pytest.raises(NoDebian, match="knows no Debian archive"):
        fetched(tmp_path / "cache")


def test_without_network_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's real apt, sent to a proxy that is not there."""
    if shutil.which("apt-get") is None:
        program(tmp_path / "bin", "apt-get", "echo 'E: no route' >&2; exit 100")
        monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    cache = tmp_path / "cache"
    abandoned = cache / f"{tree_name(cache)}.part-killed/root/usr"
    abandoned.mkdir(parents=True)
    with pytest.raises(NoNetwork, match="Debian's Asterisk packages cannot be fetched: .+") as told:
        fetched(cache)
    assert "\n" not in str(told.value)
    assert leftovers(cache) == []


def test_a_cache_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InstallError, match="cannot be unpacked into"):
        fetched(tmp_path / "file" / "cache")


def test_a_second_process_waits_for_the_first_and_takes_its_tree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "no-apt"))  # it could not fetch one itself
    cache = tmp_path / "cache"
    name = tree_name(cache)
    cache.mkdir()
    results: list[str] = []
    with (cache / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        second = threading.Thread(target=lambda: results.append(fetched(cache).version))
        second.start()
        library = cache / name / "usr/lib/x86_64-linux-gnu"
        (library / "asterisk/modules").mkdir(parents=True)
        (library / "ld-linux-x86-64.so.2").touch()
        (cache / name / STAMP).write_text(json.dumps({"version": "22.0.0"}))
    second.join(timeout=20)
    assert results == ["22.0.0"]


def test_a_damaged_tree_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(InstallError, match="is damaged: remove that folder"):
        describe(tmp_path)


def tree_name(cache: Path) -> str:
    """The name under which this machine's tree would stand: the lock that `fetched` takes tells it."""
    probe = cache.with_name("probe")
    before = os.environ["PATH"]
    os.environ["PATH"] = "/nonexistent"
    try:
        with pytest.raises(NoDebian):
            fetched(probe)
    finally:
        os.environ["PATH"] = before
    return next(path.stem for path in probe.glob("*.lock"))


def leftovers(cache: Path) -> list[str]:
    return [path.name for path in cache.iterdir() if path.suffix != ".lock"]


def test_no_address_of_an_archive_is_written_in_the_source() -> None:
    text = Path(install.__file__).read_text()
    assert "://" not in text


@pytest.mark.live
def test_the_fetched_tree_runs_and_speaks(tmp_path: Path) -> None:
    tree = asterisk_tree()
    told = subprocess.run([*tree.command, "-V"], capture_output=True, text=True, check=True)
    assert parse_version(told.stdout)[0] >= install.OLDEST
    assert dict(tree.sounds).keys() == {"en", "ru"}
    assert all((folder / "beep.gsm").exists() for _, folder in tree.sounds)
    assert tree.moh is not None
    assert list(tree.moh.glob("*.gsm"))
    speech = tmp_path / "hello.wav"
    subprocess.run(tree.speech_argv("-v", "ru", "-w", str(speech), "Привет"), check=True, capture_output=True)
    assert speech.stat().st_size > 10000


@pytest.mark.live
def test_once_fetched_no_network_and_no_apt_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    if on_path() is not None:
        assert asterisk_tree() == on_path()
        return
    tree = asterisk_tree()
    monkeypatch.setenv("PATH", "/nonexistent")
    assert fetched(default_cache()) == tree
    root = next(parent for parent in tree.modules.parents if (parent / STAMP).exists())
    assert stat.S_IMODE(root.stat().st_mode) & 0o005 == 0o005  # Asterisk's own user must walk into it
