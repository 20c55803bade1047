"""What a site can get wrong before the first call: one clear line, exit code not 0, nothing damaged."""

import fcntl
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.house import ROOT

pytestmark = pytest.mark.live


def up(data: Path, *options: str, **environment: str) -> tuple[int, list[str]]:
    """Run `cordboard up` to its end; its exit code and the lines that are not the log's."""
    done = subprocess.run(
        [sys.executable, "-m", "cordboard", "up", "--data", str(data), *options],
        cwd=ROOT,
        env={**{k: v for k, v in os.environ.items() if not k.startswith("CORDBOARD_")}, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, [line for line in done.stderr.splitlines() if line.startswith("cordboard: ")]


def refused(data: Path, *options: str, **environment: str) -> str:
    code, told = up(data, *options, **environment)
    assert code == 1
    assert len(told) == 1, told
    assert not (data / "run/endpoints.json").exists()
    return told[0]


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_port_that_is_taken(tmp_path: Path, taken_port: int) -> None:
    told = refused(tmp_path / "data", "--port", str(taken_port))
    assert str(taken_port) in told
    assert "--port" in told


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    assert "cannot be written" in refused(tmp_path / "file" / "data")


@pytest.mark.parametrize(
    ("line", "named"), [('ring_s = "long"', "ring_s"), ("trunk = 5", "trunk"), ("nonsense", "cordboard.toml")]
)
def test_a_broken_setting_is_named(tmp_path: Path, line: str, named: str) -> None:
    (tmp_path / "cordboard.toml").write_text(line)
    assert named in refused(tmp_path, "--port", "0")


def test_a_trunk_that_is_no_address(tmp_path: Path) -> None:
    told = refused(tmp_path, "--port", "0", CORDBOARD_TRUNK="sip:a b@c;d")
    assert "trunk" in told


def test_a_database_that_is_newer_is_left_alone(tmp_path: Path) -> None:
    database = tmp_path / "cordboard.sqlite3"
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.execute("INSERT INTO alembic_version VALUES ('9999')")
    connection.close()
    assert "newer" in refused(tmp_path, "--port", "0")
    with sqlite3.connect(database) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    connection.close()
    assert tables == [("alembic_version",)]


def test_a_database_that_does_not_answer_and_whose_password_is_not_shown(tmp_path: Path, taken_port: int) -> None:
    url = "postgresql+asyncpg://shop:s3cret@127.0.0.1:1/shop"
    told = refused(tmp_path, "--port", "0", CORDBOARD_DATABASE_URL=url)
    assert "does not answer" in told
    assert "s3cret" not in told


def test_no_network_at_the_first_start(tmp_path: Path) -> None:
    nowhere = "http://127.0.0.1:9"
    environment = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "http_proxy": nowhere, "https_proxy": nowhere}
    told = refused(tmp_path / "data", "--port", "0", **environment)
    assert "cannot be fetched" in told


def test_an_asterisk_that_is_too_old(tmp_path: Path) -> None:
    program = tmp_path / "bin" / "asterisk"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho Asterisk 18.9.0\n")
    program.chmod(0o755)
    path = f"{program.parent}:{os.environ['PATH']}"
    told = refused(tmp_path / "data", "--port", "0", PATH=path)
    assert "18" in told
    assert "20" in told


def test_a_second_up_on_the_same_folder(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with (tmp_path / "run/lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        code, told = up(tmp_path, "--port", "0")
    assert code == 1
    assert "already runs" in told[0]
