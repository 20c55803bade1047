"""The rows of the matrix that are no mere death of the engine: which story tries each, where, and on which setups."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass

from .bases import ONE_ENGINE, Setup
from .clock_faults import the_clock_jumps_back, the_clock_jumps_forward
from .database_faults import commits_are_lost, the_database_cuts_us_off
from .disk_faults import a_talk_ends_on_a_full_disk, the_disk_is_full
from .faultlab import FaultLab
from .faults import (
    a_call_is_answered_without_engine,
    asterisk_is_killed,
    asterisk_stands_still,
    files_run_out,
    the_engine_is_restarted,
    the_engine_stands_still,
    the_link_is_reset,
    the_page_goes_away,
)
from .leader_faults import the_leader_is_killed, the_leader_is_stopped, the_leader_stands_still
from .link_faults import (
    events_are_doubled_and_late,
    events_flood,
    poison_events,
    the_answer_to_originate_is_swallowed,
    the_link_falls_silent,
)
from .phone_faults import a_telephone_is_out_of_reach
from .places import Place

Fault = Callable[[FaultLab], Awaitable[float | None]]
"""Returns its recovery (s); None when there was nothing to recover from."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the matrix, and the story that tries it."""

    number: str
    story: Fault
    place: Place = Place.HOUSE
    setups: Collection[Setup] = ONE_ENGINE


FAULTS: Mapping[str, Row] = {
    row.story.__name__: row
    for row in (
        Row("F3, F19", asterisk_is_killed),
        Row("F4", asterisk_stands_still),
        Row("F5", the_link_is_reset),
        Row("F7", the_engine_stands_still),
        Row("F16", the_page_goes_away),
        Row("F17", a_telephone_is_out_of_reach),
        Row("F1, F22", the_leader_is_killed, Place.PAIR, setups=(Setup.TWO_ENGINES,)),
        Row("F22", the_leader_stands_still, Place.PAIR, setups=(Setup.TWO_ENGINES,)),
        Row("F24", the_leader_is_stopped, Place.PAIR, setups=(Setup.TWO_ENGINES,)),
        Row("F24", the_engine_is_restarted),
        Row("F25", a_call_is_answered_without_engine),
        Row("F30", files_run_out),
        Row("F14", the_database_cuts_us_off, setups=(Setup.POSTGRESQL,)),
        Row("F14", commits_are_lost, Place.RELAY, setups=(Setup.POSTGRESQL,)),
        Row("F2", the_answer_to_originate_is_swallowed, Place.PROXY),
        Row("F6", the_link_falls_silent, Place.PROXY),
        Row("F8", events_flood, Place.PROXY),
        Row("F9", events_are_doubled_and_late, Place.PROXY),
        Row("F10", poison_events, Place.PROXY),
        Row("F13, F30", the_disk_is_full, Place.DISK, setups=(Setup.SQLITE,)),
        Row("F13, F30", a_talk_ends_on_a_full_disk, Place.DISK, setups=(Setup.SQLITE,)),
        Row("F15", the_clock_jumps_forward, Place.CLOCK),
        Row("F15", the_clock_jumps_back, Place.CLOCK),
    )
}
