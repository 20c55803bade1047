"""From a leader's end to the readiness of the next, two engines on one PostgreSQL and one Asterisk: stopped, killed, told to stop."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from statistics import median

from bench.table import Row, table
from tests.fakes.asterisk_tree import data_folder
from tests.fakes.databases import PostgresServer
from tests.fakes.house import House
from tests.fakes.two_engines import two_engines

ROUNDS, SMALL = 8, 1
End = Callable[[House], Awaitable[object]]


async def _still(leader: House) -> None:
    leader.stand_still()


async def _killed(leader: House) -> None:
    leader.kill()


async def _told(leader: House) -> None:
    leader.ask_to_stop()


async def _followed(leader: House, other: House, end: End) -> float:
    """Seconds until the other is ready; afterwards the old leader stands by."""
    began = time.perf_counter()
    await end(leader)
    await other.ready(within_s=30.0)
    took = time.perf_counter() - began
    if end is _still:
        leader.go_on()
    else:
        await leader.ended()
        await leader.launch()
    await leader.stands_by()
    return took


async def measure(rounds: int) -> dict[str, list[float]]:
    postgres = await asyncio.to_thread(PostgresServer.start)
    try:
        with data_folder() as folder:
            async with two_engines(postgres, folder) as pair:
                leader, other = pair.a, pair.b
                took: dict[str, list[float]] = {}
                for name, end in (("SIGSTOP", _still), ("kill -9", _killed), ("SIGTERM", _told)):
                    for _ in range(rounds):
                        took.setdefault(name, []).append(await _followed(leader, other, end))
                        leader, other = other, leader
                return took
    finally:
        await asyncio.to_thread(postgres.stop)


def rows(small: bool = False) -> list[Row]:
    """About two minutes."""
    took = asyncio.run(measure(SMALL if small else ROUNDS))
    limits = {"SIGSTOP": "10 at most", "kill -9": "10 at most", "SIGTERM": "2 at most"}
    return [
        Row(
            f"{name} of the leader to the other one's readiness",
            median(seconds),
            "s",
            limits[name],
            f"median of {len(seconds)}, slowest {max(seconds):.1f} s",
        )
        for name, seconds in took.items()
    ]


if __name__ == "__main__":
    print(table(rows("--small" in sys.argv)))
