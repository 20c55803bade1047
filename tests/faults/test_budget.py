"""The budget's page says what was measured, and nothing that was not."""

from .bases import Setup
from .budget import DATA, HELD, NOT_IN_THE_SUM, PAGE, RATES, SETUPS, Measured, kind_of, page, read
from .matrix import FAULTS
from .night import joined, shares, verdict


def test_the_page_is_not_stale() -> None:
    assert PAGE.read_text() == page(read(DATA)), "run: python -m tests.faults.budget"


def test_every_fault_has_its_place() -> None:
    places = {rate.kind for rate in RATES} | set(NOT_IN_THE_SUM) | set(HELD)
    assert {kind_of(name) for name in FAULTS} | {"engine_killed"} == places


def test_every_setup_of_the_bench_has_its_sum() -> None:
    assert {setup.value for setup in Setup} <= set(SETUPS)


def test_all_deaths_of_the_engine_are_one_kind() -> None:
    assert {kind_of("crash call_in-after_offer"), kind_of("kill 7")} == {"engine_killed"}


def test_what_was_not_measured_has_no_figure() -> None:
    text = page({})
    assert [text.count(f"| {name} | not measured |") for name in SETUPS.values()] == [1] * len(SETUPS)
    assert text.count("nothing of this page was measured there") == len(SETUPS)
    text = page({"postgresql": {"poison_events": Measured("2026-11-21", ())}})
    assert text.count("| not measured | | |") == len([rate for rate in RATES if "postgresql" in rate.setups])
    assert "0.0 minutes a year without what is not measured" in text


def test_the_worst_time_counts() -> None:
    text = page({"sqlite": {"engine_killed": Measured("2026-11-21", (1.0, 5.0, 3.0))}})
    assert "| 3.0 s | 5.0 s | 3, 2026-11-21 | 12," in text
    assert "| 1.00 |" in text


def test_a_setup_answers_for_its_own_faults_only() -> None:
    text = page({"sqlite": {"engine_killed": Measured("2026-11-21", (1.0,))}})
    assert "the engine dies" in text
    assert "the database ends all of our connections" not in text


def test_a_night_has_every_share_of_every_setup_and_joins_what_they_measured() -> None:
    wanted = shares(list(Setup))
    for setup in Setup:
        parts = [one.part for one in wanted if one.setup is setup]
        assert parts == list(range(1, len(parts) + 1))
    assert joined([{"sqlite": {"a": [2.0]}}, {}, {"sqlite": {"a": [1.0], "b": []}, "postgresql": {"a": [3.0]}}]) == {
        "sqlite": {"a": [2.0, 1.0], "b": []},
        "postgresql": {"a": [3.0]},
    }


def test_a_name_that_no_fault_has_is_not_no_trouble() -> None:
    assert verdict([], {}).startswith("nothing was tried")
    assert verdict(["sqlite 1/4"], {}) == "with trouble: sqlite 1/4"
    assert verdict([], {"sqlite": {}}) == "all 1 setups, no trouble"
