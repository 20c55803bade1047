"""Shows that the AMI contract is worth its name: green on ours, red on bare panoramisk where that has its defects.

`python -m tests.telephony.prove_ami` runs it on both, prints one line a point, and exits 0 if it came out as listed here.
"""

import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from pathlib import Path

CONTRACT = Path(__file__).with_name("test_ami_contract.py")

# What bare panoramisk 1.4 breaks. Every other point of the contract it keeps.
DEFECTS = frozenset(
    {
        "test_no_letter_is_lost_at_any_cut",
        "test_broken_utf8_is_shown_and_counted",
        "test_an_empty_last_header_is_kept",
        "test_percent_signs_are_left_alone",
        "test_an_overlong_event_is_set_aside",
        "test_an_event_without_its_channel_is_set_aside",
        "test_a_failing_handler_costs_only_its_event",
        "test_order_is_kept_whatever_handlers_await",
        "test_events_wait_for_the_resync",
        "test_line_breaks_never_reach_the_wire[crlf]",
        "test_line_breaks_never_reach_the_wire[lf]",
        "test_line_breaks_never_reach_the_wire[cr]",
        "test_line_breaks_never_reach_the_wire[nul]",
        "test_an_overlong_value_is_refused",
        "test_too_many_headers_are_refused",
        "test_an_action_has_a_deadline",
        "test_the_result_of_an_originate_is_an_event",
        "test_queue_add_is_answered",
        "test_an_originate_is_never_sent_again",
        "test_an_action_in_flight_fails_with_the_link",
        "test_sending_while_down_fails_at_once",
        "test_a_silent_peer_is_noticed",
    }
)


def judge(whom: str) -> Mapping[str, bool]:
    """Runs the contract on `ours` or `panoramisk` in a process of its own: each point and whether it was kept."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        options = ["-q", "-p", "no:cacheprovider", "-W", "default", f"--ami={whom}", f"--junitxml={report}"]
        run = subprocess.run(
            [sys.executable, "-m", "pytest", str(CONTRACT), *options],
            cwd=CONTRACT.parents[2],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if not report.exists():
            raise RuntimeError(f"the contract did not run on {whom}:\n{run.stdout[-2000:]}")
        cases = ET.parse(report).iter("testcase")
        return {case.attrib["name"]: case.find("failure") is None and case.find("error") is None for case in cases}


def main() -> int:
    """Prints the table; 0 when ours keeps every point and bare panoramisk breaks exactly the listed ones."""
    ours, bare = judge("ours"), judge("panoramisk")
    words = {True: "kept", False: "BROKEN"}
    print(f"{'':60}{'ours':10}panoramisk 1.4")
    for point, kept in ours.items():
        print(f"{point.removeprefix('test_').replace('_', ' '):60}{words[kept]:10}{words[bare[point]]}")
    broken = {point for point, kept in bare.items() if not kept}
    print(
        f"ours keeps {sum(ours.values())} of {len(ours)}; bare panoramisk breaks {len(broken)}, {len(DEFECTS)} are listed"
    )
    return 0 if all(ours.values()) and broken == DEFECTS else 1


if __name__ == "__main__":
    raise SystemExit(main())
