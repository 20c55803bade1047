"""Predictive dialing on a real Asterisk, as it was forecast? A SIPp carrier of 300 numbers, 12 operators with desk phones.

The campaign dials one to one for a while; then "what would happen" is asked of predictive mode by the API and applied; and what came is
held against its spread. It needs a quiet machine for its whole length: `python -m bench pacing_live [--minutes 20]`, in no whole run.
"""

import asyncio
import sqlite3
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import httpx2

from bench.live_apologies import Apology, Listening
from bench.sipp_load import desk_phones
from bench.table import Row, table
from cordboard.access.permission import Role
from cordboard.access.store import AccessStore
from cordboard.storage.clock import SystemClock
from cordboard.storage.database import Database
from cordboard.storage.ids import random_ids
from tests.fakes.asterisk_tree import data_folder
from tests.fakes.house import House, running_house
from tests.fakes.sipp import SippCarrier
from tests.fakes.sipp_scenarios import NO_ANSWER, Behaviour, refuses
from tests.fakes.wait import until
from tests.fakes.working_day import rows as select

BY_NAME_ONLY = True
OPERATORS, NUMBERS, PREFIX = 12, 300, "7916555"
MINUTES, SHORT_MINUTES = 20.0, 3.0
LEARN_SHARE, LEARN_LEAST_S = 0.25, 90.0
"""One to one before the question is asked."""
SERVED = 400
"""Persons served earlier in the bound's 30 days, so that its room is not all that is measured."""
RING_TIMEOUT_S = 20
WRAP_UP_S = (4.0, 9.0)
KNOBS = {
    "mode": "progressive",
    "ring_timeout_s": RING_TIMEOUT_S,
    "cap.jurisdiction": "us-ftc",
    "limits.number_day": None,
    "limits.lead_day": None,
    "limits.lead_total": 1,
    "limits.gap_s": 0,
    "limits.reached_h": 0,
}
METRICS = {
    "utilisation": ("operators busy", 100.0, "%"),
    "abandonment": ("persons abandoned", 100.0, "%"),
    "wait_s": ("from the answer to the operator", 1.0, "s"),
    "calls_an_hour": ("calls placed", 1.0, "an hour"),
    "served_an_hour": ("contacts served", 1.0, "an hour"),
}


def behaviours(random: Random) -> list[tuple[str, Behaviour]]:
    """By the last two digits, of twenty: seven answer, each after its own while, and talk their own time; two are busy, one is invalid.
    Whoever is not here rings out. A rule is about 1.1 KB of scenario, of which SIPp reads 64 KiB: not one for each number."""
    plan = []
    for fate in range(10):
        even = f"{PREFIX}..[02468]{fate}"
        if fate < 7:
            ring_s, talk_s = random.lognormvariate(1.7, 0.5), random.lognormvariate(3.3, 0.6)
            one = Behaviour(ring_ms=round(1000 * min(ring_s, 17.0)), talk_ms=round(1000 * min(90.0, max(6.0, talk_s))))
        else:
            one = refuses(486, 300) if fate < 9 else refuses(404)
        plan.append((rf"\+*{even}", one))
    return plan


class Floor:
    """Operators with desk phones: SIPp answers for them, and each writes a result some seconds after every talk."""

    def __init__(self, house: House, random: Random) -> None:
        self._house, self._random = house, random
        self.boss: httpx2.AsyncClient
        self._hands: dict[str, httpx2.AsyncClient] = {}
        self._writing: dict[str, asyncio.Task[None]] = {}

    @asynccontextmanager
    async def at_work(self, phones: str) -> AsyncIterator["Floor"]:
        db = Database.open(f"sqlite+aiosqlite:///{self._house.data / 'cordboard.sqlite3'}")
        access = AccessStore(db, SystemClock(), random_ids)
        users = await access.users()
        async with AsyncExitStack() as stack:
            stack.push_async_callback(db.close)

            async def client(user_id: str) -> httpx2.AsyncClient:
                cookies = {"cordboard": await access.open_session(user_id, "bench")}
                base = self._house.endpoints.web
                return await stack.enter_async_context(httpx2.AsyncClient(base_url=base, cookies=cookies, timeout=60.0))

            admin = await client(next(each.id for each in users if each.role is Role.ADMIN))
            self.boss = await client(next(each.id for each in users if each.role is Role.SUPERVISOR))
            (campaign, *_) = (await self.boss.get("/api/v1/campaigns")).json()
            for number in range(OPERATORS):
                body = {"login": f"phone{number}", "name": f"Phone {number}", "role": "operator"}
                made = await admin.post("/api/v1/users", json={**body, "device_uri": f"sip:a{number}@{phones}"})
                user_id = made.raise_for_status().json()["id"]
                queue = {"queues": [campaign["queue"]]}
                (await admin.put(f"/api/v1/queue-setup/seats/{user_id}", json=queue)).raise_for_status()
                self._hands[user_id] = await client(user_id)
            for hand in self._hands.values():
                (await hand.post("/api/v1/desk/state", json={"state": "ready"})).raise_for_status()
            writing = asyncio.create_task(self._write_results())
            yield self
            writing.cancel()
            await asyncio.wait([writing, *self._writing.values()])

    async def _write_results(self) -> None:
        while True:
            after = await select(self._house, "SELECT id, agent_id FROM contact WHERE state = 'wrap_up'")
            for contact_id, agent_id in after:
                if agent_id in self._hands and contact_id not in self._writing:
                    self._writing[contact_id] = asyncio.create_task(self._write_result(contact_id, agent_id))
            await asyncio.sleep(0.5)

    async def _write_result(self, contact_id: str, agent_id: str) -> None:
        await asyncio.sleep(self._random.uniform(*WRAP_UP_S))
        await self._hands[agent_id].post(f"/api/v1/desk/contacts/{contact_id}/disposition", json={"code": "consulted"})


class List:
    """Leads of the 300 numbers, given again and again: a campaign of 20 minutes goes through them several times."""

    def __init__(self, boss: httpx2.AsyncClient, address: str, house: House) -> None:
        self._boss, self._address, self._house = boss, address, house
        self._round = 0

    async def fill(self) -> None:
        waiting = "SELECT count(*) FROM lead WHERE phone LIKE ? AND state IN ('fresh', 'due')"
        ((many,),) = await select(self._house, waiting, f"%{PREFIX}%")
        if many < NUMBERS // 2:
            self._round += 1
            order = list(range(NUMBERS))
            Random(self._round).shuffle(order)
            leads = [
                {
                    "external_id": f"{self._round}-{n}",
                    "phones": [f"+{PREFIX}{n:04}"],
                    "order_total": 90_000_000 + place,
                }
                for place, n in enumerate(order)
            ]
            (await self._boss.post(f"{self._address}/leads", json={"leads": leads})).raise_for_status()

    async def last(self, seconds: float) -> None:
        """Keep it filled for so long."""
        ends = asyncio.get_running_loop().time() + seconds
        while (left := ends - asyncio.get_running_loop().time()) > 0:
            await self.fill()
            await asyncio.sleep(min(5.0, left))


def serve_before(house: House) -> None:
    """A campaign that is 20 days old and served its customers two weeks ago: within the bound's window, too old to learn from."""
    with closing(sqlite3.connect(house.data / "cordboard.sqlite3")) as db:
        lead, campaign, number = db.execute("SELECT id, campaign_id, phone FROM lead LIMIT 1").fetchone()
        made, then = ((datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%d %H:%M:%S.%f") for days in (20, 15))
        db.execute("UPDATE campaign SET created_at = ? WHERE id = ?", (made, campaign))
        row = (lead, campaign, "someone", number, then, then, then, then, "person", "progressive")
        db.executemany(
            "INSERT INTO attempt (id, lead_id, campaign_id, agent_id, number, intent_at, answered_at, connected_at, ended_at,"
            " outcome, mode)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(str(uuid.uuid4()), *row) for _ in range(SERVED)],
        )
        db.commit()


async def measure(minutes: float) -> tuple[dict[str, Any], list[Apology], int]:
    """The forecast that was applied, with what happened; the apologies; and for how many an operator came too late."""
    random = Random(7)
    async with AsyncExitStack() as stack:
        folder: Path = stack.enter_context(data_folder())
        carrier = await stack.enter_async_context(
            SippCarrier(folder, behaviours(random), otherwise=NO_ANSWER, tone_hz=None)
        )
        phones = await stack.enter_async_context(desk_phones(folder))
        house = await stack.enter_async_context(running_house(folder / "house", trunk=carrier.uri, dial_ring_s="20"))

        async def leads_there() -> bool:
            return bool(await select(house, "SELECT id FROM lead LIMIT 1"))

        await until(leads_there, "the demo's leads", within_s=120.0)
        await house.stop()
        await asyncio.to_thread(serve_before, house)
        await house.start()
        floor = await stack.enter_async_context(Floor(house, random).at_work(phones))
        boss = floor.boss
        (campaign, *_) = (await boss.get("/api/v1/campaigns")).json()
        address = f"/api/v1/campaigns/{campaign['id']}"
        (await boss.post(f"{address}/knobs", json={"knobs": KNOBS})).raise_for_status()
        numbers = List(boss, address, house)
        await numbers.fill()
        (await boss.post(f"{address}/start")).raise_for_status()
        await numbers.last(max(LEARN_LEAST_S, 60.0 * minutes * LEARN_SHARE))
        order = {"knobs": {"mode": "predictive"}, "minutes": max(3, round(minutes))}
        asked = (await boss.post(f"{address}/what-ifs", json=order)).raise_for_status().json()
        one = f"{address}/what-ifs/{asked['id']}"

        async def ready() -> bool:
            await numbers.fill()
            state = (await boss.get(one)).json()["state"]
            assert state in ("waiting", "running", "done"), state
            return bool(state == "done")

        await until(ready, "the forecast", within_s=120.0, every_s=1.0)
        since = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
        (await boss.post(f"{one}/apply")).raise_for_status()
        listening = Listening(house, carrier, PREFIX, since)
        ear = asyncio.create_task(listening.last())
        await numbers.last(60.0 * minutes)
        (kept, *_) = (await boss.get(f"{address}/what-ifs")).json()
        stands_on = (await boss.get(one)).json()["stands_on"]
        (await boss.post(f"{address}/pause")).raise_for_status()
        await asyncio.sleep(RING_TIMEOUT_S + 5.0)  # the last who ring have answered or not
        ear.cancel()
        return kept | {"stands_on": stands_on}, await listening.settled(), await listening.late()


def rows(small: bool = False, minutes: float | None = None) -> list[Row]:
    """Half as long again as `minutes`, for what is learned before; `small`, 3 min and 90 s."""
    kept, apologies, late = asyncio.run(measure(minutes or (SHORT_MINUTES if small else MINUTES)))
    ground = kept["stands_on"]
    note = f"learned from {ground['calls']} calls, {ground['talks']} talks"
    made = []
    for name, (what, scale, unit) in METRICS.items():
        before, expected, came = (kept["as_is"] or {}).get(name), kept["changed"][name], kept["happened"][name]
        digits = 3 if unit == "s" else 1
        aim = f"{scale * expected['low']:.{digits}f} to {scale * expected['high']:.{digits}f}"
        inside = "inside" if expected["low"] <= came <= expected["high"] else "outside"
        one_to_one = f"; one to one {scale * before['middle']:.{digits}f}" if before else ""
        made.append(
            Row(
                f"predictive, live, N = 12: {what}",
                scale * came,
                unit,
                aim,
                f"{inside} the spread, forecast {scale * expected['middle']:.{digits}f}{one_to_one}; {note}",
            )
        )
    began = [each.began_s for each in apologies if each.began_s is not None]
    when = f"began {min(began):.1f} to {max(began):.1f} s after the answer" if began else "none began"
    plain = sum(each.plain for each in apologies)
    unheard = [str(each) for each in apologies if not each.heard]
    others = f"; likeness of what the others heard: {', '.join(unheard)}" if unheard else ""
    note = f"of those to whom nobody came; {plain} heard a plain apology; {when}; to {late} more an operator came after 2 s{others}"
    heard = float(sum(each.heard for each in apologies))
    made.append(Row("the same: those who heard whose call it was", heard, "persons", f"{len(apologies)}", note))
    return made


if __name__ == "__main__":
    print(table(rows("--small" in sys.argv)))
