"""Who may know whom, and which files are pure. Each guard is also shown to bite: the same rule on a copy with a planted breach."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fakes.purity import impurities

ROOT = Path(__file__).resolve().parent.parent
ROOMS = (
    *("queue", "dialer", "telephony", "shop", "quality", "reports", "access", "storage", "agent_web", "demo"),
    *("simulation", "knowledge"),
)

# In these rooms a file is pure unless it is named here, with what it is.
STORE = {
    *(
        "store.py",
        "tables.py",
        "setup_store.py",
        "setup_tables.py",
        "drafts_store.py",
        "messages_store.py",
        "law_store.py",
        "law_tables.py",
    ),
    *(
        "attempt_store.py",
        "open_attempts_store.py",
        "booking_store.py",
        "cap_store.py",
        "do_not_call_store.py",
        "import_store.py",
        "holiday_store.py",
        "trunk_store.py",
        "trunk_tables.py",
    ),
    *("campaign_store.py", "ranks_store.py", "day_store.py", "week_store.py", "week_tables.py"),
    *("reached_store.py", "finding_store.py", "lead_store.py", "pacing_store.py", "pacing_tables.py"),
    *("what_if_store.py", "what_if_tables.py", "machine_store.py", "machine_tables.py"),
    *("customer_store.py", "catalogue_store.py", "asking_store.py", "timeline_store.py", "order_store.py"),
}
SHELLS = {
    "queue": {
        "desk.py",
        "agreements.py",
        "drafts.py",
        "floor.py",
        "hands.py",
        "ledger.py",
        *("missed.py", "missed_calls.py", "own_contacts.py", "parking.py"),
        "readings.py",
        "reception.py",
        "reservations.py",
        "thirds.py",
    },
    "dialer": {
        *(
            "booking_diary.py",
            "bookings.py",
            "callback_wish.py",
            "dialer.py",
            "attempts.py",
            "intake.py",
            "steering.py",
        ),
        *(
            "by_hand.py",
            "own_numbers.py",
            "cap_keeper.py",
            "handing_over.py",
            "modes.py",
            "pace_keeper.py",
            "queue_watch.py",
        ),
        *("desks.py", "given.py", "import_check.py", "import_reader.py", "import_runs.py", "imports.py"),
        *("placing.py", "recovery.py", "signs.py", "trunks.py", "voicing.py", "week_keeper.py", "words.py"),
        *("what_if_answering.py", "what_if_compare.py", "what_if_keeper.py", "what_if_run.py"),
    },
    "shop": {"delivering.py", "letters.py", "remote.py"},
    "knowledge": {"runs.py", "actions.py"},
    "access": {"password.py", "bootstrap.py"},
}
# Elsewhere most files touch a wire, and the pure ones are named.
PURE = {
    "queue": {"channels/conversation.py", "channels/guests.py", "channels/views.py"},
    "telephony": {
        *(
            "ami_events.py",
            "ami_frames.py",
            "ami_translate.py",
            "announcing.py",
            "call.py",
            "fallback_line.py",
            "legs.py",
            "own_phone.py",
            "trunk_channels.py",
        ),
        *("booking_by_phone.py", "dialog.py", "order_by_phone.py", "prompts_dialog.py", "spoken.py", "visits.py"),
        *(
            "legs.py",
            "prompts.py",
            "sound_quality.py",
            "rules.py",
            *(f"web_call_{name}.py" for name in ("audio", "gate", "news", "offer", "wire")),
        ),
    },
    "reports": {"wallboard.py"},
    "storage": {"outbox.py"},
    "simulation": {"ami_words.py", "habits.py", "measures.py", "plan.py", "report.py", "truth.py"},
    "agent_web": {
        "campaign_reasons.py",
        "campaign_charts.py",
        "desk_hands.py",
        "desk_pauses.py",
        "desk_view.py",
        "other_lead.py",
    },
}


def pure_files(root: Path) -> frozenset[str]:
    """The files that must be pure, as paths from the root."""
    named = {f"{room}/{name}" for room, names in PURE.items() for name in names}
    by_default = {
        path.relative_to(root).as_posix()
        for room, shells in SHELLS.items()
        for path in (root / room).glob("*.py")
        if path.name not in shells | STORE
    }
    return frozenset(named | by_default)


def breaches(root: Path) -> list[str]:
    pure = pure_files(root)
    return [line for name in sorted(pure) for line in impurities(root / name, root, pure)]


def test_pure_files_touch_nothing() -> None:
    assert breaches(ROOT) == []


def test_the_named_files_exist() -> None:
    named = [f"{room}/{name}" for table in (SHELLS, PURE) for room, names in table.items() for name in names]
    assert [name for name in named if not (ROOT / name).is_file()] == []


def test_rooms_never_use_the_long_name_nor_the_front_door() -> None:
    """`from cordboard...` inside a room would be a second way to the same file; `__main__` wires the rooms, not the other way round."""
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        for line in path.read_text().splitlines()
        if line.strip().startswith(("from cordboard", "import cordboard", "from ..__main__", "from ..works"))
    ]
    assert found == []


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rooms and their nameplate, in a folder of another name."""
    place = tmp_path_factory.mktemp("copy") / "elsewhere"
    place.mkdir()
    for name in (*ROOMS, "cordboard"):
        shutil.copytree(ROOT / name, place / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (*ROOT.glob("*.py"), ROOT / "pyproject.toml"):
        shutil.copy(path, place / path.name)
    return place


def lint_imports(place: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)


def test_contracts_hold_in_the_copy(copy: Path) -> None:
    done = lint_imports(copy)
    assert done.returncode == 0, done.stdout


LINES = [
    ("queue", "from ..dialer import dialer", "rooms look down only"),
    ("dialer", "from ..telephony import ami", "rooms look down only"),
    ("storage", "from ..access import user", "rooms look down only"),
    ("shop", "import fastapi", "fastapi only in agent_web"),
    ("queue", "from sqlalchemy import select", "the database only in"),
    ("queue/channels", "from sqlalchemy import select", "the database only in"),
    ("queue/channels", "from ...dialer import dialer", "rooms look down only"),
    ("agent_web", "from sqlalchemy.ext.asyncio import AsyncEngine", "the database only in"),
    ("queue", "import panoramisk", "Asterisk's wires only in telephony"),
    ("simulation", "import fastapi", "fastapi only in agent_web"),
    ("simulation", "import sqlalchemy", "the database only in"),
    ("demo", "from ..simulation import plan", "rooms look down only"),
    ("demo", "from aiortc import RTCPeerConnection", "Asterisk's wires only in telephony"),
]
"""A folder, a line that breaks a contract there, and which. Each stands in a file of its own, and all are looked at in one run."""


@contextmanager
def planted(place: Path, texts: Sequence[tuple[str, str]]) -> Iterator[None]:
    """Each text in its folder, the third one in `planted_2.py`."""
    files = [place / folder / f"planted_{number}.py" for number, (folder, _) in enumerate(texts)]
    try:
        for file, (_, text) in zip(files, texts, strict=True):
            file.write_text(text)
        yield
    finally:
        for file in files:
            file.unlink(missing_ok=True)


@pytest.fixture(scope="module")
def broken(copy: Path) -> Mapping[str, str]:
    """Which contracts LINES break, and what is told of each."""
    with planted(copy, [(folder, f"{line}\n") for folder, line, _ in LINES]):
        done = lint_imports(copy)
    assert done.returncode != 0
    told = done.stdout.partition("Broken contracts")[2]
    _, *parts = re.split(r"^(\S.*)\n-+$", told, flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


@pytest.mark.parametrize("number", range(len(LINES)), ids=[f"{folder}: {line}" for folder, line, _ in LINES])
def test_contracts_bite(broken: Mapping[str, str], number: int) -> None:
    folder, _, contract = LINES[number]
    (told,) = (text for name, text in broken.items() if name.startswith(contract))
    assert f"cordboard.{folder.replace('/', '.')}.planted_{number} -> " in told, told


TEXTS = [
    ("queue", "import asyncio\n", "imports asyncio"),
    ("queue", "from sqlalchemy import select\n", "imports sqlalchemy"),
    ("dialer", "from datetime import datetime\nSTARTED = datetime.now()\n", "calls now()"),
    ("dialer", "def roll() -> float:\n    import random\n    return random.random()\n", "imports random"),
    ("shop", "import time\n", "imports time"),
    ("access", "from uuid import uuid4\n", "imports uuid"),
    ("queue", "from .desk import Desk\n", "leans on queue/desk.py, which is not pure"),
    ("queue", "async def wait() -> None:\n    return\n", "async def wait"),
]
"""A folder, a text that is not pure there, and why."""


@pytest.fixture(scope="module")
def impure(copy: Path) -> list[str]:
    with planted(copy, [(folder, text) for folder, text, _ in TEXTS]):
        return breaches(copy)


@pytest.mark.parametrize("number", range(len(TEXTS)), ids=[f"{folder}: {why}" for folder, _, why in TEXTS])
def test_purity_bites(impure: list[str], number: int) -> None:
    folder, _, reason = TEXTS[number]
    assert any(line.endswith(reason) for line in impure if line.startswith(f"{folder}/planted_{number}.py"))
