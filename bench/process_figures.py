"""What /proc tells of a process: the processor time it has used, the memory that is its own."""

import os
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_USER, _SYSTEM = 11, 12  # fields of /proc/PID/stat after the name in brackets


def cpu_ms(pid: int) -> float:
    """Processor time of all threads since the process began, user and system, in ms (steps of 10)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[_USER]) + int(fields[_SYSTEM])) * 1000 / TICKS_PER_S


def pss_mb(pid: int) -> float:
    """Proportional set size in MB: pages shared with others count by their share."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    kib = next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return kib * 1024 / 1e6
