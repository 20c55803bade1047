"""The maps of the tree are true to the tree: every file that they name is there."""

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MAPS = ("README.md", "docs/architecture.md", "docs/glossary.md", "docs/operations.md")
FILE = re.compile(r"(?<![\w/.-])([\w-]+(?:/[\w-]+)*\.(?:py|js|html|po|css|sh))\b")
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


@cache
def tree() -> frozenset[str]:
    """All ends of the paths of our files: a map may leave out the rooms that it has named already."""
    rooms = [
        path for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".") and path.name != "cordboard"
    ]
    files = [*ROOT.glob("*.*"), *(path for room in rooms for path in room.rglob("*.*"))]
    parts = [path.relative_to(ROOT).parts for path in files]
    return frozenset("/".join(names[at:]) for names in parts for at in range(len(names)))


def missing(text: str) -> list[str]:
    return sorted(set(FILE.findall(text)) - tree())


@pytest.mark.parametrize("name", MAPS)
def test_every_file_that_is_named_exists(name: str) -> None:
    assert missing((ROOT / name).read_text()) == []


@pytest.mark.parametrize("name", MAPS)
def test_every_page_that_is_linked_exists(name: str) -> None:
    path = ROOT / name
    assert [link for link in LINK.findall(path.read_text()) if not (path.parent / link).exists()] == []


def test_a_file_that_is_gone_is_noticed() -> None:
    assert missing("The queue is in `queue/desk.py`, `desk.py` and `queue/no_such.py`.") == ["queue/no_such.py"]
    assert missing("`telephony/desk.py`") == ["telephony/desk.py"]
