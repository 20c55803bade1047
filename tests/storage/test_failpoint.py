"""The registry of failpoints against the code, and what the variable may say."""

import ast
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cordboard.storage.failpoint import POINTS, VARIABLE, Armed, BadFailpoints, Effect, parse
from tests.faults.crashes import FLOW_POINTS, OUT_OF_THE_WAY
from tests.faults.flows import FLOWS

ROOT = Path(__file__).resolve().parents[2]
CODE = [*ROOT.glob("*.py"), *(path for room in (ROOT / "cordboard").iterdir() for path in room.rglob("*.py"))]


def calls() -> list[str]:
    """The name in every call of `failpoint` in the rooms."""
    return [
        ast.literal_eval(node.args[0])
        for path in CODE
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "failpoint"
    ]


def test_each_failpoint_stands_in_the_code_once() -> None:
    assert sorted(calls()) == sorted(POINTS)


def test_each_failpoint_is_crashed_at_in_some_flow_or_says_why_not() -> None:
    assert {point for points in FLOW_POINTS.values() for point in points} | set(OUT_OF_THE_WAY) == set(POINTS)
    assert set(FLOW_POINTS) == set(FLOWS)


def test_each_failpoint_is_in_the_appendix() -> None:
    page = (ROOT / "docs/reliability.md").read_text()
    assert [name for name in POINTS if f"`{name}`" not in page] == []


def test_what_the_variable_says() -> None:
    assert parse("") == {}
    assert parse("before_offer=kill; order_committed=raise@3;message_committed=stop@start") == {
        "before_offer": Armed(Effect.KILL),
        "order_committed": Armed(Effect.RAISE, 3),
        "message_committed": Armed(Effect.STOP, 0),
    }


def test_a_star_stands_for_all_the_others() -> None:
    armed = parse("*=note;before_offer=kill")
    assert set(armed) == set(POINTS)
    assert armed["before_offer"].effect is Effect.KILL
    assert armed["after_offer"].effect is Effect.NOTE


@pytest.mark.parametrize(
    "text", ["no_such=kill", "before_offer", "before_offer=die", "before_offer=kill@0", "before_offer=kill@x"]
)
def test_what_it_may_not_say(text: str) -> None:
    with pytest.raises(BadFailpoints):
        parse(text)


def test_passes_count_from_the_moment_the_house_is_ready() -> None:
    third, at_start = Armed(Effect.KILL, 3), Armed(Effect.KILL, 0)
    assert [third.reached(ready=ready) for ready in (False, False, True, True, True, True)] == [False] * 4 + [
        True,
        False,
    ]
    assert [at_start.reached(ready=ready) for ready in (False, True)] == [True, False]


PASSES = """
from cordboard.storage.failpoint import FailpointReached, failpoint, house_is_ready
house_is_ready()
for number in range(3):
    try:
        failpoint("order_committed")
    except FailpointReached:
        print("raised at", number)
print("alive")
"""


@pytest.mark.parametrize(
    ("armed", "said", "code"),
    [
        ("", "alive\n", 0),
        ("order_committed=raise@2", "raised at 1\nalive\n", 0),
        ("order_committed=kill@2", "", -signal.SIGKILL),
        ("before_offer=kill", "alive\n", 0),
    ],
)
def test_what_a_process_does(armed: str, said: str, code: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PASSES],
        cwd=ROOT,
        env={**os.environ, VARIABLE: armed},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.returncode) == (said, code), done.stderr
