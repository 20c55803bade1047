"""The node as a process of its own, so that its processor time is told apart: orders come as lines of JSON, answers go back as such.

{"secret": ..., "number": ..., "seed": ..., "habits": {...}, "answers": ...}   once, first; answered by {"port": ...}
{"order": "play", "stretches": [[rate, seconds], ...]}    answered when the last has called and everybody has hung up
{"order": "storm", "events": n} / {"order": "crowd", "channels": n} / {"order": "cut"} / {"order": "report"}
"""

import asyncio
import json
import sys
import time
from dataclasses import asdict
from random import Random
from typing import Any

from .habits import Habits, Stretch
from .node import Node, play
from .person import RINGS_DRAWN, Person, callers

FOREVER_S = 86_400.0
PATIENCE_S = 60.0  # from the last call until everybody surely has hung up


class Theatre:
    """Does what it is told, and answers each order."""

    def __init__(self, node: Node, random: Random, habits: Habits) -> None:
        self._node, self._random, self._habits = node, random, habits

    async def obey(self, told: dict[str, Any]) -> dict[str, Any]:
        match told["order"]:
            case "play":
                return await self._play([Stretch(rate, seconds) for rate, seconds in told["stretches"]])
            case "storm":
                return {"wire_s": await self._node.storm(told["events"])}
            case "crowd":
                return self._crowd(told["channels"])
            case "cut":
                self._node.cut()
                return {"cut_at": time.monotonic()}
            case "count":
                return {"live": len(self._node.dialplan.lines)}
            case "empty":
                return {"gone": self._empty()}
        return self._report()

    async def _play(self, stretches: list[Stretch]) -> dict[str, Any]:
        persons = callers(self._random, self._habits, stretches)
        began, events, actions = time.monotonic(), self._node.events, self._node.actions
        late_s = await play(self._node, persons, began)
        await asyncio.sleep(max(0.0, began + sum(one.seconds for one in stretches) - time.monotonic()))
        called_at, at_last = time.monotonic(), (self._node.events, self._node.actions)
        return {
            "began": began,
            "called_at": called_at,
            "events": at_last[0] - events,
            "actions": at_last[1] - actions,
            "late_s": round(late_s, 4),
        }

    def _crowd(self, channels: int) -> dict[str, Any]:
        """Customers who wait for ever."""
        for index in range(channels):
            rings = (None,) * RINGS_DRAWN
            self._node.dialplan.call_in(
                Person(index, 0.0, f"+7902{index:07d}", f"Crowd {index}", FOREVER_S, 1.0, rings, False)
            )
        return {"channels": channels}

    def _empty(self) -> int:
        """Everybody hangs up."""
        lines = list(self._node.dialplan.lines.values())
        for line in lines:
            self._node.dialplan.hang_up(line)
        return len(lines)

    def _report(self) -> dict[str, Any]:
        dialplan, links = self._node.dialplan, len(self._node.sessions)
        return {"calls": [asdict(call) for call in dialplan.calls], "live": len(dialplan.lines), "links": links}


async def main() -> None:
    loop = asyncio.get_running_loop()
    orders = asyncio.StreamReader(limit=1 << 20)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    first = json.loads(await orders.readline())
    random, habits = Random(first["seed"]), Habits(**first["habits"])
    node = Node(first["secret"], random, habits, number=first["number"], answers=first["answers"])
    say({"port": await node.start(first["port"])})
    theatre = Theatre(node, random, habits)
    while line := await orders.readline():
        say(await theatre.obey(json.loads(line)))
    await node.stop()


def say(told: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
