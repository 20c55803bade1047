"""Tests' files lie in memory where there is room, and where TMPDIR says else."""

import tempfile
from pathlib import Path

import pytest

from tests.fakes.scratch import keep_in_memory


@pytest.fixture(autouse=True)
def own_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", tempfile.tempdir)


def test_a_place_with_room_is_used(tmp_path: Path) -> None:
    environ: dict[str, str] = {}
    keep_in_memory(environ, tmp_path, enough=1)
    assert environ == {"TMPDIR": str(tmp_path)}
    environ.clear()
    keep_in_memory(environ, tmp_path, enough=1 << 60)
    assert environ == {}


def test_what_the_caller_chose_stays(tmp_path: Path) -> None:
    environ = {"TMPDIR": "/var/tmp"}
    keep_in_memory(environ, tmp_path)
    assert environ == {"TMPDIR": "/var/tmp"}


@pytest.mark.parametrize("place", ["nowhere", "file"])
def test_no_folder_no_use(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    environ: dict[str, str] = {}
    keep_in_memory(environ, tmp_path / place)
    assert environ == {}
