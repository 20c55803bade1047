"""The house stands as drawn: rooms at the top under a nameplate of links, and a wheel that carries all of it."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
NAMEPLATE = ROOT / "cordboard"
ROOMS = (
    "access",
    "agent_web",
    "asterisk_conf",
    "demo",
    "dialer",
    "knowledge",
    "quality",
    "queue",
    "reports",
    "shop",
    "simulation",
    "storage",
    "telephony",
)
FRONT = tuple(path.name for path in ROOT.glob("*.py"))
NOT_CODE = {"__pycache__"}


def test_the_standard_library_keeps_its_queue() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import queue; queue.Queue; import cordboard; print(cordboard.__version__)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_the_front_door_opens_by_name() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cordboard", "--help"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "doctor" in done.stdout


def test_no_room_is_a_package_of_its_own() -> None:
    """An `__init__.py` in queue/ would hide the standard library's queue; in one room only, it would break import-linter."""
    assert [room for room in ROOMS if (ROOT / room / "__init__.py").exists()] == []
    assert list((ROOT / "tests").rglob("__init__.py")) == []
    assert not (ROOT / "conftest.py").exists()


def test_every_link_of_the_nameplate_resolves() -> None:
    links = {path.name: path for path in NAMEPLATE.iterdir() if path.name not in {*NOT_CODE, "py.typed"}}
    assert set(links) == {*FRONT, *ROOMS}
    for name, link in links.items():
        assert link.is_symlink(), name
        assert os.readlink(link) == f"../{name}"
        assert link.exists(), name


def tracked(*folders: str) -> set[str]:
    done = subprocess.run(
        ["git", "ls-files", "-z", "--", *folders], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return {name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> frozenset[str]:
    place = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(place)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (built,) = place.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        return frozenset(archive.namelist())


def test_the_wheel_holds_every_tracked_file_of_every_room(wheel: frozenset[str]) -> None:
    wanted = {f"cordboard/{name}" for name in tracked(*ROOMS, *FRONT)}
    assert wanted - wheel == set()


@pytest.mark.parametrize(
    "kept",
    [
        "cordboard/py.typed",
        "cordboard/agent_web/templates/",
        "cordboard/agent_web/static/",
        "cordboard/agent_web/locale/",
        "cordboard/asterisk_conf/",
        "cordboard/simulation/traces/",
        "cordboard/storage/migrations/versions/",
    ],
)
def test_the_wheel_holds_what_is_not_code(wheel: frozenset[str], kept: str) -> None:
    assert any(name.startswith(kept) for name in wheel)


def test_the_wheel_leaves_out_what_a_site_does_not_run(wheel: frozenset[str]) -> None:
    assert [name for name in wheel if name.split("/")[1] in {"tests", "docs", "bench"}] == []
