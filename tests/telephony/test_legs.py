"""What a leg's own name tells."""

from datetime import UTC, datetime

import pytest

from cordboard.telephony.legs import born_at, uniqueid_of


def test_a_wire_key_ends_with_asterisk_s_own_name() -> None:
    assert uniqueid_of("node/2026-11-28 09:00:00/lab-1764321000.17") == "lab-1764321000.17"


@pytest.mark.parametrize("uniqueid", ["1764321000.17", "lab-1764321000.17", "old-lab-1764321000.0"])
def test_a_unique_id_tells_when_the_leg_was_made(uniqueid: str) -> None:
    assert born_at(uniqueid) == datetime(2025, 11, 28, 9, 10, tzinfo=UTC)


@pytest.mark.parametrize("uniqueid", ["", "lab-", "lab-x.1", "99999999999.1", "chat-3f2a"])
def test_a_name_that_tells_nothing_is_as_old_as_time(uniqueid: str) -> None:
    assert born_at(uniqueid) == datetime(1970, 1, 1, tzinfo=UTC)
