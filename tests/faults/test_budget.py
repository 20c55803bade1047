"""The budget's page says what was measured, and nothing that was not."""

from .budget import DATA, NOT_IN_THE_SUM, PAGE, RATES, Measured, kind_of, page, read
from .faults import FAULTS


def test_the_page_is_not_stale() -> None:
    assert PAGE.read_text() == page(read(DATA)), "run: python -m tests.faults.budget"


def test_every_fault_has_its_place() -> None:
    assert set(FAULTS) | {"engine_killed"} == {rate.kind for rate in RATES} | set(NOT_IN_THE_SUM)


def test_all_deaths_of_the_engine_are_one_kind() -> None:
    assert {kind_of("crash call_in-after_offer"), kind_of("kill 7")} == {"engine_killed"}


def test_what_was_not_measured_has_no_figure() -> None:
    text = page({})
    assert text.count("| not measured |") >= len(RATES)
    assert "0.0 minutes a year without what is not measured" in text


def test_the_worst_time_counts() -> None:
    text = page({"engine_killed": Measured("2026-11-21", (1.0, 5.0, 3.0))})
    assert "| 3.0 s | 5.0 s | 3, 2026-11-21 | 12," in text
    assert "| 1.00 |" in text
