"""The availability budget: docs/reliability.md from docs/reliability.json (measured) and the assumed rates below.

python -m tests.faults.budget        writes the page anew
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from cordboard.storage.failpoint import POINTS

DOCS = Path(__file__).resolve().parents[2] / "docs"
DATA, PAGE = DOCS / "reliability.json", DOCS / "reliability.md"


@dataclass(frozen=True, slots=True)
class Rate:
    """How often a year a fault is assumed, and why, on the setups that can have it. `lasts_s`: how long its cause is assumed to last,
    before any recovery can begin."""

    kind: str
    row: str
    what: str
    a_year: float
    why: str
    lasts_s: float = 0.0
    setups: Sequence[str] = ("sqlite", "postgresql", "two engines")


RATES: Sequence[Rate] = (
    Rate("engine_killed", "F1, F2", "the engine dies", 12, "assumed: one bug or lack of memory a month"),
    Rate(
        "asterisk_is_killed", "F3, F19", "Asterisk dies", 4, "assumed: one crash a quarter; its makers publish no rate"
    ),
    Rate(
        "asterisk_stands_still",
        "F4",
        "Asterisk stands still, then goes on",
        4,
        "assumed: a blocked disk, once a quarter",
    ),
    Rate(
        "the_link_is_reset",
        "F5",
        "the link to Asterisk is reset",
        12,
        "assumed: once a month; on loopback it should be never",
    ),
    Rate(
        "the_engine_stands_still",
        "F7",
        "the engine stands still for five seconds (ten where another follows)",
        52,
        "assumed: once a week, a loaded machine",
    ),
    Rate("the_engine_is_restarted", "F24", "an update of the engine", 24, "assumed: two a month"),
    Rate(
        "files_run_out",
        "F30",
        "the engine has no file to spare",
        1,
        "assumed: once a year, until somebody frees some after 5 min",
        300.0,
    ),
    Rate(
        "the_disk_is_full",
        "F13, F30",
        "the disk of the data folder is full",
        1,
        "assumed: once a year, until somebody makes room after 10 min",
        600.0,
    ),
    Rate(
        "the_database_cuts_us_off",
        "F14",
        "the database ends all of our connections",
        4,
        "assumed: a restart of it a quarter, of 10 s",
        10.0,
        setups=("postgresql", "two engines"),
    ),
)
NOT_IN_THE_SUM: Mapping[str, str] = {
    "the_answer_to_originate_is_swallowed": "F2: the answer to an order to dial is swallowed and the link cut; until the link is back",
    "a_talk_ends_on_a_full_disk": "F13, F30: a customer calls on a full disk; from the first free byte until he is in talk",
    "commits_are_lost": "F14: every seventh COMMIT, or its answer, is lost; from the last one until a new caller is in talk",
    "the_link_falls_silent": "F6: the link stands and nothing arrives by it, until the house says so; from when the network is back",
    "events_flood": "F8: 30,000 ends of calls that nobody knows, at once, in a talk; until the last of them was heard",
    "a_telephone_is_out_of_reach": "F17: an agent's telephone answers nothing; from when another's does until the customer is in talk",
    "the_clock_jumps_forward": "F15: the clock is set an hour forward; until the house says so",
    "the_clock_jumps_back": "F15: the clock is set an hour back; until the house says so",
    "the_page_goes_away": "F16: an agent's page goes away in a chat; until the chat is in somebody's hands again",
    "a_call_is_answered_without_engine": "F25: whom we dial answers while there is no engine, and counts as abandoned; until it serves",
}
HELD: Mapping[str, str] = {
    "events_are_doubled_and_late": "F9: each event of a call twice, and all of them once more when they are old",
    "poison_events": "F10: broken UTF-8, no Uniqueid, 10 KB, 100 KB, an unknown event, no event at all, in the middle of a talk",
}
"""Tried, and there was nothing to recover from."""
NOT_BUILT: Mapping[str, str] = {
    "F9": "lost events: by the desk's rule machine, not on a live house",
    "F13": "a full disk of PostgreSQL's own",
    "F17": "a telephone that answers 408 or 503; one that does not answer, declines or is dead is tried",
    "F24": "an update to another version: the same one is started again; a call from the site ends with the engine that holds its sound",
    "F22": "two engines with an Asterisk each: an engine steers one Asterisk for now, and two engines stand on one",
}
SETUPS: Mapping[str, str] = {
    "sqlite": "one machine, SQLite",
    "postgresql": "one machine, PostgreSQL",
    "two engines": "two engines, one Asterisk, PostgreSQL",
}

LEADERS: Mapping[str, str] = {
    "the_leader_is_killed": "engine_killed",
    "the_leader_stands_still": "the_engine_stands_still",
    "the_leader_is_stopped": "the_engine_is_restarted",
}
"""The faults of a leader, by what they are where there is one engine: the time until the other serves stands in the same row."""


def kind_of(trial: str) -> str:
    """Under which name a trial's time is kept: all deaths of the engine are one kind, and what befalls a leader befalls an engine."""
    return "engine_killed" if trial.startswith(("crash ", "kill ")) else LEADERS.get(trial, trial)


@dataclass(frozen=True, slots=True)
class Measured:
    date: str
    seconds: tuple[float, ...]

    @property
    def worst(self) -> float:
        return max(self.seconds)

    @property
    def middle(self) -> float:
        return median(self.seconds)


Times = Mapping[str, Measured]
"""What was measured of one setup, by kind."""


def read(path: Path = DATA) -> dict[str, Times]:
    """By setup."""
    told = json.loads(path.read_text())
    return {
        setup: {kind: Measured(one["date"], tuple(one["seconds"])) for kind, one in kinds.items()}
        for setup, kinds in told.items()
    }


def table(setup: str, measured: Times) -> tuple[str, str]:
    """The rows of one setup, and their sum in words."""
    rows, total, missing = [], 0.0, False
    for rate in RATES:
        if setup not in rate.setups:
            continue
        one = measured.get(rate.kind)
        if one is None:
            missing = True
            rows.append(f"| {rate.row} | {rate.what} | not measured | | | {rate.a_year:g}, {rate.why} | not measured |")
            continue
        minutes = rate.a_year * (rate.lasts_s + one.worst) / 60
        total += minutes
        rows.append(
            f"| {rate.row} | {rate.what} | {one.middle:.1f} s | {one.worst:.1f} s | {len(one.seconds)}, {one.date} "
            f"| {rate.a_year:g}, {rate.why} | {minutes:.2f} |"
        )
    summed = f"{total:.1f} minutes a year" + (" without what is not measured" if missing else "")
    return "\n".join(rows), summed


def page(measured: Mapping[str, Times]) -> str:
    """The whole of docs/reliability.md."""
    tables = {setup: table(setup, measured[setup]) for setup in SETUPS if measured.get(setup)}
    others = [
        f"| {text} | {SETUPS[setup]} | {one.middle:.1f} s | {one.worst:.1f} s | {len(one.seconds)}, {one.date} |"
        for kind, text in NOT_IN_THE_SUM.items()
        for setup in SETUPS
        if (one := measured.get(setup, {}).get(kind)) is not None
    ]
    held = [
        f"| {text} | {SETUPS[setup]} | {one.date} |"
        for kind, text in HELD.items()
        for setup in SETUPS
        if (one := measured.get(setup, {}).get(kind)) is not None
    ]
    untried = [name for setup, name in SETUPS.items() if setup not in tables]
    return TEMPLATE.format(
        tables="\n".join(
            TABLE.format(name=upper(SETUPS[setup]), rows=rows, summed=summed)
            for setup, (rows, summed) in tables.items()
        ),
        setups="\n".join(
            f"| {name} | {tables[setup][1] if setup in tables else 'not measured'} |" for setup, name in SETUPS.items()
        ),
        others="\n".join(others),
        held="\n".join(held),
        untried="".join(f"- {upper(name)}: nothing of this page was measured there.\n" for name in untried),
        not_built="\n".join(f"- {row}: {NOT_BUILT[row]}." for row in sorted(NOT_BUILT, key=lambda row: int(row[1:]))),
        points="\n".join(f"| `{name}` | {moment} |" for name, moment in POINTS.items()),
    )


def upper(name: str) -> str:
    return name[0].upper() + name[1:]


TABLE = """## {name}

| row | fault | middle | worst | trials, date | times a year | minutes a year |
|---|---|---|---|---|---|---|
{rows}

Sum: **{summed}**.
"""
TEMPLATE = """# Reliability: the budget

<!-- Written by `python -m tests.faults.budget` from docs/reliability.json. Do not edit. -->

No test proves 99.99 %: zero failures in a run of length T only show a rate below 3/T. What a test can show is how long
the house takes to serve again after each fault, and that no invariant broke meanwhile. The rest is arithmetic with
**assumed** rates: put in your own. Times were measured by `make faults`, several houses beside each other, on a shared
machine of two cores.

| setup | minutes a year |
|---|---|
{setups}

Each sum is made of the worst time of each fault and the assumed length of its cause. Few trials stand behind most rows (see the
column): it is a sum to argue with, not a promise. Talks that stand when the engine dies go on; they are not in the sum.
While there is no engine, callers hear music, and within 7 s the dialplan offers them to the same agents: much of this
time is slower service rather than none, and it is counted as none.

{tables}
## Measured, and in no sum

| fault | setup | middle | worst | trials, date |
|---|---|---|---|---|
{others}

## Tried, and nothing to recover from

Nothing was lost, nothing doubled, and the link stood.

| fault | setup | date |
|---|---|---|
{held}

## What this does not cover

- The machine itself: power, disk, network, the site's trunk and its telephone company, a lost database. On one machine
  these are the larger part of any year; a budget that counted them would need your own figures.
- Calls on an Asterisk that dies: they are lost, and are called back.
- Load: the faults are tried with one call or one chat at a time.
{untried}{not_built}

## Appendix: the failpoints

`CORDBOARD_FAILPOINTS` (storage/failpoint.py) arms them; each stands in the code once, and `make faults` kills the
engine at each that a flow of `tests/faults/flows.py` passes.

| name | the moment |
|---|---|
{points}
"""


def main() -> None:
    PAGE.write_text(page(read()))


if __name__ == "__main__":
    main()
