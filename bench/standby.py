"""From a leader's end to the next one's work, two engines on one PostgreSQL and one Asterisk: stopped, killed, told to stop.

    python -m bench.standby [--small] [--json]

`--json` prints the seconds in the form of docs/reliability.json, under the setup "two engines": there, until a customer who calls in the
very moment of the fault talks with an operator, by whichever way.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median

from bench.table import Row, table
from tests.fakes.asterisk_tree import data_folder
from tests.fakes.callers import by_customer
from tests.fakes.databases import PostgresServer
from tests.fakes.house import House
from tests.fakes.sipp import SippCarrier
from tests.fakes.two_engines import TwoEngines, two_engines
from tests.fakes.wait import until

ROUNDS, SMALL = 5, 1
OPERATOR = "anna"
End = Callable[[House], Awaitable[object]]


async def _still(leader: House) -> None:
    leader.stand_still()


async def _killed(leader: House) -> None:
    leader.kill()


async def _told(leader: House) -> None:
    leader.ask_to_stop()


ENDS: dict[str, tuple[str, End]] = {
    "SIGSTOP": ("the_engine_stands_still", _still),
    "kill -9": ("engine_killed", _killed),
    "SIGTERM": ("the_engine_is_restarted", _told),
}


@dataclass
class Took:
    """Seconds from the fault, a round each."""

    ready: list[float] = field(default_factory=list)
    talk: list[float] = field(default_factory=list)


async def _followed(pair: TwoEngines, phones: SippCarrier, pairing: tuple[House, House], number: str, end: End) -> Took:
    """One round; afterwards the old leader stands by."""
    leader, other = pairing
    began = time.perf_counter()

    async def talks() -> float:
        await until(lambda: number in by_customer(phones), f"{number} talks", within_s=30.0)
        return time.perf_counter() - began

    async def is_ready() -> float:
        await other.ready(within_s=30.0)
        return time.perf_counter() - began

    await end(leader)
    async with pair.call_in(phones.folder, number) as caller:
        ready_s, talk_s = await asyncio.gather(is_ready(), talks())
        await pair.until_contact(number, "connected")
        assert not caller.left_by_other_side, number
        caller.hang_up()
        await caller.over()
    if end is _still:
        leader.go_on()
    else:
        await leader.ended()
        await leader.launch()
    await leader.stands_by()
    await pair.until_contact(number, "closed")
    return Took([ready_s], [talk_s])


async def measure(rounds: int) -> dict[str, Took]:
    postgres = await asyncio.to_thread(PostgresServer.start)
    try:
        with data_folder() as folder:
            async with two_engines(postgres, folder) as pair, SippCarrier(folder, tone_hz=440.0) as phones:
                await pair.hire(pair.a, phones.uri.removeprefix("sip:"), (OPERATOR,))
                await pair.set_state(pair.a, OPERATOR, "ready")
                leader, other = pair.a, pair.b
                found = {name: Took() for name in ENDS}
                for kind, (name, (_key, end)) in enumerate(ENDS.items()):
                    for index in range(rounds):
                        one = await _followed(pair, phones, (leader, other), f"+791655500{kind}{index}", end)
                        found[name].ready += one.ready
                        found[name].talk += one.talk
                        leader, other = other, leader
                return found
    finally:
        await asyncio.to_thread(postgres.stop)


def rows(small: bool = False) -> list[Row]:
    """About four minutes."""
    limits = {"SIGSTOP": "10 at most", "kill -9": "10 at most", "SIGTERM": "2 at most"}
    found: list[Row] = []
    for name, took in asyncio.run(measure(SMALL if small else ROUNDS)).items():
        for what, seconds, limit in (
            ("the other one's readiness", took.ready, limits[name]),
            ("a customer's talk who calls then", took.talk, ""),
        ):
            note = f"median of {len(seconds)}, slowest {max(seconds):.1f} s"
            found.append(Row(f"{name} of the leader to {what}", median(seconds), "s", limit, note))
    return found


def as_json(rounds: int) -> str:
    today = datetime.now(UTC).date().isoformat()
    found = {
        ENDS[name][0]: {"date": today, "seconds": sorted(round(one, 2) for one in took.talk)}
        for name, took in asyncio.run(measure(rounds)).items()
    }
    return json.dumps({"two engines": found}, indent=1, sort_keys=True)


if __name__ == "__main__":
    if "--json" in sys.argv:
        print(as_json(SMALL if "--small" in sys.argv else ROUNDS))
    else:
        print(table(rows("--small" in sys.argv)))
