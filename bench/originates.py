"""How many calls a second go through one real Asterisk: by our campaign without operators, law and tables and all, and by a bare flood
of AMI Originate on the same Asterisk. Everybody called is busy at once; as many calls are out at the same time in both."""

import asyncio
import sys
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from time import monotonic

import httpx2
import numpy as np
import soundfile

from bench.table import Row, table
from cordboard.access.permission import Role
from cordboard.access.store import AccessStore
from cordboard.storage.clock import SystemClock
from cordboard.storage.database import Database
from cordboard.storage.ids import random_ids
from tests.fakes.asterisk_tree import data_folder
from tests.fakes.house import House, running_house
from tests.fakes.sipp import SippCarrier
from tests.fakes.sipp_scenarios import Behaviour
from tests.fakes.wait import until
from tests.fakes.working_day import rows as select

CALLS, SMALL, AT_ONCE, IN_ONE_REQUEST = 600, 200, 150, 1_000
BUSY = Behaviour(code=486, ring_ms=1)
PREFIX = "7916333"
DEAR_KOPECKS = 90_000_000  # dearer than the demo's own orders, so ours are dialed first


def record_message(house: House) -> None:
    """Nobody will hear it: all are busy."""
    path = house.data / "prompts/ru/bench.wav"
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(str(path), np.zeros(8_000, np.int16), 8_000)


async def supervisor(house: House) -> httpx2.AsyncClient:
    """Signed in, without a browser."""
    db = Database.open(f"sqlite+aiosqlite:///{house.data / 'cordboard.sqlite3'}")
    access = AccessStore(db, SystemClock(), random_ids)
    user = next(each for each in await access.users() if each.role is Role.SUPERVISOR)
    token = await access.open_session(user.id, "bench")
    await db.close()
    return httpx2.AsyncClient(base_url=house.endpoints.web, cookies={"cordboard": token}, timeout=60.0)


async def by_the_campaign(house: House, calls: int) -> float:
    """Calls a second, from the first intent until the last is over, as the flood is measured: intents come in groups, so their own
    moments would flatter."""
    async with await supervisor(house) as boss:
        (campaign, *_) = (await boss.get("/api/v1/campaigns")).json()
        address = f"/api/v1/campaigns/{campaign['id']}"
        for first in range(0, calls, IN_ONE_REQUEST):
            numbers = range(first, min(first + IN_ONE_REQUEST, calls))
            leads = [
                {"external_id": f"b-{n}", "phones": [f"+{PREFIX}{n:04}"], "order_total": DEAR_KOPECKS} for n in numbers
            ]
            (await boss.post(f"{address}/leads", json={"leads": leads})).raise_for_status()
        knobs = {"mode": "agentless", "notice.recording": "bench", "notice.channels": AT_ONCE}
        (await boss.post(f"{address}/knobs", json={"knobs": knobs})).raise_for_status()
        (await boss.post(f"{address}/start")).raise_for_status()

        async def all_over() -> list[tuple[str, str]] | None:
            query = "SELECT count(ended_at), min(intent_at), max(ended_at) FROM attempt WHERE number LIKE ?"
            ((ended, begun, over),) = await select(house, query, f"%{PREFIX}%")
            return [(begun, over)] if ended >= calls else None

        ((begun, over),) = await until(all_over, f"{calls} calls", within_s=300.0, every_s=0.5)
    return calls / (datetime.fromisoformat(over) - datetime.fromisoformat(begun)).total_seconds()


async def by_a_flood(house: House, calls: int) -> float:
    """Orders to dial that Asterisk has done with, a second; a new one goes out as soon as one is over."""
    reader, writer = await asyncio.open_connection("127.0.0.1", house.ports["ami"])
    await reader.readline()
    writer.write(f"Action: Login\r\nUsername: engine\r\nSecret: {house.ami_secret}\r\n\r\n".encode())
    sent = over = 0

    def send() -> None:
        nonlocal sent
        number = f"{PREFIX}{sent:04}"
        sent += 1
        writer.write(
            (
                f"Action: Originate\r\nActionID: flood-{number}\r\nChannel: PJSIP/{number}@trunk\r\nContext: cc-out\r\n"
                "Exten: s\r\nPriority: 1\r\nTimeout: 15000\r\nAsync: true\r\n\r\n"
            ).encode()
        )

    began = monotonic()
    for _ in range(min(AT_ONCE, calls)):
        send()
    while over < calls:
        message = await reader.readuntil(b"\r\n\r\n")
        if b"Event: OriginateResponse" in message and b"flood-" in message:
            over += 1
            if sent < calls:
                send()
        elif b"Response: Error" in message:
            raise RuntimeError(message.decode())
    writer.close()
    return calls / (monotonic() - began)


async def measure(calls: int) -> tuple[float, float]:
    """By us, and by the flood on the same Asterisk when our engine is gone."""
    async with AsyncExitStack() as stack:
        folder: Path = stack.enter_context(data_folder())
        carrier = await stack.enter_async_context(SippCarrier(folder, otherwise=BUSY, tone_hz=None))
        house = await stack.enter_async_context(running_house(folder / "house", trunk=carrier.uri))
        record_message(house)
        ours = await by_the_campaign(house, calls)
        await house.kill_engine()
        return ours, await by_a_flood(house, calls)


def rows(small: bool = False) -> list[Row]:
    """About two minutes; `small`, a quarter of one."""
    calls = SMALL if small else CALLS
    ours, bare = asyncio.run(measure(calls))
    note = f"{calls} leads on SQLite, all busy at once, {AT_ONCE} lines, SIPp, engine and Asterisk on this machine"
    return [
        Row("calls begun by a campaign through one Asterisk", ours, "a second", "150", note),
        Row(
            "the same, times a bare flood of AMI Originate",
            ours / bare,
            "x",
            "",
            f"the flood alone: {bare:.0f} a second",
        ),
    ]


if __name__ == "__main__":
    print(table(rows("--small" in sys.argv)))
