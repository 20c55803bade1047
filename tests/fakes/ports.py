"""Free ports for what a test starts: above those that Linux gives to outgoing connections, and another range a worker of pytest."""

import os
import random
import socket
from itertools import count, islice

LOWEST, RANGE, WORKERS = 61_000, 280, 16
_next = count(random.randrange(RANGE))


def free_port(*, udp: bool = False) -> int:
    """A port of 127.0.0.1 that nobody holds, and that this process has not given out for long: whoever got it may open it seconds later.

    Raises OSError when this worker's range is used up.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS
    lowest = LOWEST + worker * RANGE
    for number in islice(_next, RANGE):
        port = lowest + number % RANGE
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM if udp else socket.SOCK_STREAM) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError(f"no port is free between {lowest} and {lowest + RANGE}")
