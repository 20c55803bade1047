"""Free ports for what a test starts: below those that outgoing connections take for themselves, and another range a worker of pytest."""

import os
import random
import socket

LOWEST, RANGE, WORKERS = 30_000, 170, 16
"""Up to 32,720; Linux gives connections ports from 32,768 on, and the sound of tests' Asterisks lies below 30,000."""


def free_port(*, udp: bool = False) -> int:
    """A port of 127.0.0.1 that nobody holds. Raises OSError when this worker's range is used up."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS
    lowest = LOWEST + worker * RANGE
    for port in random.sample(range(lowest, lowest + RANGE), RANGE):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM if udp else socket.SOCK_STREAM) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError(f"no port is free between {lowest} and {lowest + RANGE}")
