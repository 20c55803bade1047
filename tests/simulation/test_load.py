"""The real thing, small: a real engine on SQLite, the node in its process, five operators on real HTTP. And a lie is found out."""

import asyncio
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cordboard.simulation import command
from cordboard.simulation.load import Load
from cordboard.simulation.plan import Plan
from cordboard.simulation.report import Report
from cordboard.simulation.truth import Call
from tests.fakes.databases import migrated

ROOT = Path(__file__).resolve().parents[2]
SMALL = ["load", "--agents", "5", "--calls-per-second", "2", "--seconds", "3", "--talk", "1"]


def cordboard(*arguments: str) -> subprocess.CompletedProcess[str]:
    done = [sys.executable, "-m", "cordboard", "simulate", *arguments]
    return subprocess.run(done, cwd=ROOT, capture_output=True, text=True, check=False, timeout=180)


def test_a_small_day_keeps_every_promise() -> None:
    done = cordboard(*SMALL, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    counted = report["outcome"]
    assert report["violations"] == []
    assert report["complaints"] == []
    assert counted["offered"] > 0
    assert counted["offered"] == counted["answered"] + counted["abandoned"]
    times = report["times"]
    assert times["caller's event to the offer on the operator's screen"]["count"] >= counted["answered"]
    for name in ("routing rule, in the engine", "commit, from decided to durable", "event loop's lag", "HTTP reads"):
        assert times[name]["count"] > 0, name


def forget_one(calls: list[Call]) -> list[Call]:
    """The truth of a generator that lost sight of its first caller, and saw the last one twice under another number."""
    return [*calls[1:], replace(calls[-1], uniqueid="never-was")]


class Liar(Load):
    async def run(self, change: object = None) -> Report:
        return await super().run(forget_one)


def test_a_broken_promise_is_named_and_the_exit_code_is_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_load_of", lambda plan, _log: Liar(plan, lambda _line: None))
    done = CliRunner().invoke(command.app, SMALL)
    assert done.exit_code == 1, done.output
    assert "call never-was has no contact" in done.output
    assert "which never was" in done.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--agents", "0", "--calls-per-second", "1"], "--agents must be"),
        (["--agents", "5", "--calls-per-second", "-1"], "--calls-per-second must be"),
        (["--agents", "101", "--calls-per-second", "1"], "on SQLite at most 100 agents"),
        (["--agents", "5", "--calls-per-second", "1", "--nodes", "2"], "only 1 can be simulated"),
        (
            [
                "--agents",
                "5",
                "--calls-per-second",
                "1",
                "--database-url",
                "postgresql+asyncpg://u:geheim@127.0.0.1:1/x",
            ],
            "does not answer",
        ),
    ],
)
def test_what_cannot_be_done_is_one_clear_line(arguments: list[str], told: str) -> None:
    done = cordboard("load", *arguments)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("cordboard: ")
    assert told in last
    assert "Traceback" not in done.stderr
    assert "geheim" not in done.stderr


def test_a_database_in_which_somebody_lives_is_left_alone(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'site.sqlite3'}"
    asyncio.run(migrated(url))
    done = cordboard(*SMALL, "--database-url", url)
    assert done.returncode == 1
    assert "already holds a Cordboard" in done.stderr


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    """The run's folder goes with it, also when the run fails."""
    plan = Plan(5, 1.0, 1.0, database_url="sqlite+aiosqlite:////nowhere/at/all.sqlite3")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("tempfile.tempdir", str(tmp_path))
        with pytest.raises(Exception, match="does not answer"):
            asyncio.run(Load(plan, lambda _line: None).run())
    assert list(tmp_path.iterdir()) == []
