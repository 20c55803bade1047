"""Which workers are the quiet ones."""

import pytest

from tests.fakes.scheduling import is_quiet


@pytest.mark.parametrize(
    ("worker", "workers", "quiet"),
    [
        ("gw4", 5, True),
        ("gw3", 5, True),
        ("gw2", 5, False),
        ("gw3", 4, False),
        ("gw0", 1, False),
        ("", 0, False),
        ("gw7", 8, True),
    ],
)
def test_the_last_two_of_five_or_more(worker: str, workers: int, quiet: bool) -> None:
    assert is_quiet(worker, workers) is quiet
