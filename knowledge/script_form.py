"""Scripts and runs as plain JSON values, for the tables and the wire, and back. Pure."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from .script import Action, ActionKind, Answer, Rule, Run, Script, Step, StepKind, Taken, Way, Words

Plain = Mapping[str, Any]


def plain_script(script: Script) -> dict[str, Any]:
    return {
        "code": script.code,
        "title": asdict(script.title),
        "active": script.active,
        "rule": {name: sorted(values) for name, values in asdict(script.rule).items()},
        "steps": [asdict(step) for step in script.steps],
    }


def script_of(plain: Plain, edition: int = 1) -> Script:
    """Back. `plain` has the shape that plain_script makes; what stands in it is not checked here."""
    return Script(
        code=plain["code"],
        title=_words(plain["title"]),
        steps=tuple(_step(step) for step in plain["steps"]),
        rule=Rule(**{name: frozenset(values) for name, values in plain["rule"].items()}),
        edition=edition,
        active=plain["active"],
    )


def plain_trail(run: Run) -> list[dict[str, str]]:
    return [{"step": taken.step, "way": taken.way.value, "value": taken.value} for taken in run.trail]


def trail_of(plain: list[dict[str, str]]) -> tuple[Taken, ...]:
    return tuple(Taken(taken["step"], Way(taken["way"]), taken["value"]) for taken in plain)


def _words(plain: Plain) -> Words:
    return Words(plain["ru"], plain["en"])


def _step(plain: Plain) -> Step:
    action = plain["action"]
    return Step(
        code=plain["code"],
        kind=StepKind(plain["kind"]),
        words=_words(plain["words"]),
        to=plain["to"],
        answers=tuple(Answer(one["code"], _words(one["words"]), one["to"]) for one in plain["answers"]),
        action=None if action is None else _action(action),
        required=plain["required"],
        result=plain["result"],
        hint=None if plain["hint"] is None else _words(plain["hint"]),
    )


def _action(plain: Plain) -> Action:
    asks = plain["asks"]
    return Action(ActionKind(plain["kind"]), plain["target"], None if asks is None else _words(asks), plain["value"])
