"""An Asterisk that somebody else runs: known by its pid file, never started or stopped."""

import os
from pathlib import Path

import pytest

from cordboard.storage.data_folder import DataFolder
from cordboard.storage.settings import BadSettings, Settings
from cordboard.telephony.borrowed import BorrowedAsterisk
from cordboard.telephony.install import AsteriskTree
from cordboard.telephony.site import load_secrets
from cordboard.works_asterisk import AsteriskHome, choose_ports
from tests.fakes.asterisk_wire import FakeAsterisk


async def nowhere() -> AsteriskTree:
    raise AssertionError("nobody wanted the program")


async def test_its_pid_is_what_its_keeper_wrote_and_a_dead_one_is_none(tmp_path: Path) -> None:
    pid_file = tmp_path / "asterisk.pid"
    borrowed = BorrowedAsterisk(tmp_path, 1, pid_file, nowhere)
    assert borrowed.pid is None
    pid_file.write_text(f"{os.getpid()} mark\n")
    assert borrowed.pid == os.getpid()
    pid_file.write_text("4194305 mark\n")  # above the highest there can be
    assert borrowed.pid is None


async def test_one_that_does_not_answer_is_said_and_is_no_reason_to_end(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    asterisk = FakeAsterisk(boot="2026-11-21 10:00:00")
    await asterisk.start()
    port = asterisk.port
    assert await BorrowedAsterisk(tmp_path, port, tmp_path / "pid", nowhere).start() == 0
    assert caplog.text == ""
    await asterisk.stop()
    assert await BorrowedAsterisk(tmp_path, port, tmp_path / "pid", nowhere).start() == 0
    assert f"no Asterisk answers at AMI port {port}" in caplog.text


def test_another_folders_asterisk_is_met_with_its_ports_and_secrets(tmp_path: Path) -> None:
    mine, other = DataFolder(tmp_path / "mine"), DataFolder(tmp_path / "other")
    settings = Settings(asterisk_of=other.path)
    with pytest.raises(BadSettings, match="no Cordboard has run its Asterisk in"):
        AsteriskHome.of(mine, settings)
    secrets = load_secrets(other.path)
    ports = choose_ports(other, Settings())
    home = AsteriskHome.of(mine, settings)
    assert (home.borrowed, home.secrets, home.folder.path) == (True, secrets, other.path)
    assert home.ports == ports
    assert not mine.path.exists()
