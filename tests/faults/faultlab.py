"""The fault bench: a real house with real Asterisk, SIPp for everybody who has a telephone, and operators who work by HTTP.

A flow (flows.py) is a piece of an ordinary day. While it runs a fault is let loose; the lab heals it, waits until the house has come
to rest, by its state, and holds the invariants against everything that was written and seen. Traffic stays on loopback.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import numpy as np
import soundfile

from cordboard.access.permission import Role
from cordboard.access.store import AccessStore
from cordboard.queue.contact import OPEN_STATES
from cordboard.shop.store import ShopStore
from cordboard.storage.base import metadata
from cordboard.storage.clock import SystemClock
from cordboard.storage.data_folder import DataFolder
from cordboard.storage.database import Database
from cordboard.storage.ids import random_ids
from cordboard.storage.migrate import upgrade
from cordboard.telephony.process import ask
from tests.fakes.asterisk_tree import asterisk_tree
from tests.fakes.house import House
from tests.fakes.postgres_relay import PostgresRelay
from tests.fakes.sipp import SippCaller, SippCarrier
from tests.fakes.wait import until

from .bases import Base
from .books import Books, Row, Seen
from .invariants import violations
from .meddling import MeddlingProxy
from .people import Clerk, Client
from .tools import SetClock, SmallDisk

ARTICLE = "TR-118"
MESSAGE = "lab"
REST_S = 60.0
ARMED_TRIES = 4
BUSY, SILENT, SLOW = "7916486", "7916480", "7916482"
Flow = Callable[["FaultLab"], Awaitable[None]]
Tool = TypeVar("Tool")


def given(tool: Tool | None) -> Tool:
    """A tool that the place of the trial brings along (places.py)."""
    assert tool is not None, "this fault is tried at another place"
    return tool


def order_of(external_id: str, phone: str) -> dict[str, object]:
    """As the shop posts it."""
    return {
        "external_id": external_id,
        "number": external_id[:6],
        "customer": {"name": "Анна", "phone": phone, "language": "ru", "time_zone": "Europe/Moscow"},
        "items": [{"article": ARTICLE, "quantity": 1, "price": 150_000}],
    }


def record_message(path: Path) -> None:
    """The site's own recording for calls without an operator: three seconds of a tone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    hum = 3000 * np.sin(np.arange(24_000) / 8000 * 2 * np.pi * 440)
    soundfile.write(str(path), hum.astype(np.int16), 8000)


class FaultLab:
    """Use by `fault_lab`. `clerks` 0 and 1 answer their telephones at once, `silent` never does.

    `line` is the data folder of the Asterisk that the house steers, and of its sound: the house's own, or another's.
    """

    def __init__(
        self, folder: Path, house: House, carrier: SippCarrier, desks: SippCarrier, base: Base, line: Path
    ) -> None:
        self.folder, self.house, self.carrier, self.desks = folder, house, carrier, desks
        self.base, self.line = base, line
        self.proxy: MeddlingProxy | None = None
        self.disk: SmallDisk | None = None
        self.clock: SetClock | None = None
        self.relay: PostgresRelay | None = None
        self.other: House | None = None
        self.clerks: list[Clerk] = []
        self.silent = Clerk(self.web)
        self.shop = Client(self.web)
        self.boss = Client(self.web)
        self.campaign = ""
        self.callers: list[str] = []
        self.orders: list[str] = []
        self.said: list[tuple[str, str]] = []
        self.dropped: list[str] = []
        self._told: set[str] = set()
        self._of_this_flow: set[str] = set()
        self._numbers = 0
        self._web = ""
        self._is_healing = False
        self.db = Database.open(base.url_to_look_by)

    def web(self) -> str:
        return self._web

    # Setting up ----------------------------------------------------------------------------------------------------

    async def furnish(self) -> None:
        """People, a product and a key, before the first start."""
        await upgrade(self.db.engine, metadata)
        clock = SystemClock()
        access = AccessStore(self.db, clock, random_ids)
        await ShopStore(self.db, clock, random_ids).add_product(ARTICLE, "Торшер", 100_00, "Lamp", 1000)
        phones = self.desks.uri.removeprefix("sip:")
        for name in ("a0", "a1", "silent"):
            user = await access.create_user(name, name, Role.OPERATOR, None, device_uri=f"sip:{name}@{phones}")
            clerk = Clerk(self.web, cookies={"cordboard": await access.open_session(user.id, "lab")})
            clerk.id, clerk.name = user.id, name
            if name == "silent":
                self.silent = clerk
            else:
                self.clerks.append(clerk)
        boss = await access.create_user("boss", "boss", Role.SUPERVISOR, None)
        self.boss.cookies["cordboard"] = await access.open_session(boss.id, "lab")
        await asyncio.to_thread(record_message, self.house.data / "prompts/ru" / f"{MESSAGE}.wav")
        self.shop.headers["Authorization"] = f"Bearer {await access.create_api_key('lab')}"

    async def start(self, failpoints: str = "") -> None:
        self._web = (await self.house.start(failpoints=failpoints)).web

    async def move_to(self, other: House) -> None:
        """Wait until this house leads, which stood by: everybody speaks with it from now on."""
        self._web = (await other.ready(within_s=60.0)).web
        self.house = other

    async def first_start(self) -> None:
        await self.start()
        self.campaign = (await self.boss.ask("GET", "/api/v1/campaigns")).json()[0]["id"]

    # What flows do ---------------------------------------------------------------------------------------------------

    def new_number(self, prefix: str = "7916777") -> str:
        """A number that nobody had before."""
        self._numbers += 1
        number = f"+{prefix}{self._numbers:0{11 - len(prefix)}}"
        self._of_this_flow.add(number)
        return number

    @asynccontextmanager
    async def caller(self, number: str) -> AsyncIterator[SippCaller]:
        """Somebody calls in; that he was answered is remembered."""
        where = self.house.last_endpoints
        async with SippCaller(self.folder, where.sip, where.inbound_number, caller_id=number) as one:
            await one.answered(within_s=30.0)
            self.callers.append(number)
            yield one

    async def post_order(self, phone: str) -> str:
        """An order as the shop posts it, again and again until it is answered. Returns its external id."""
        external = uuid4().hex
        answer = await self.shop.ask("POST", "/api/v1/orders", json=order_of(external, phone))
        assert answer.status_code in (200, 201), answer.text
        self.orders.append(external)
        return external

    async def turn(self, **knobs: object) -> None:
        """Turn knobs of the campaign; a dot in a name is written as two low lines."""
        turned = {name.replace("__", "."): value for name, value in knobs.items()}
        answer = await self.boss.ask("POST", f"/api/v1/campaigns/{self.campaign}/knobs", json={"knobs": turned})
        assert answer.status_code == 200, answer.text

    async def dial(self, running: bool) -> None:
        what = "start" if running else "pause"
        answer = await self.boss.ask("POST", f"/api/v1/campaigns/{self.campaign}/{what}")
        assert answer.status_code == 200, answer.text

    # What is written -------------------------------------------------------------------------------------------------

    async def books(self) -> Books:
        return await Books.read(self.db)

    async def contact_of(
        self, number: str, *states: str, ready: Callable[[Row], object] = lambda _: True, within_s: float = 60.0
    ) -> Row:
        """The newest contact of this number (or wire key's end), when it is in one of the states."""

        async def look() -> Row | None:
            found = [
                each
                for each in (await Books.read_contacts(self.db)).contacts
                if each["address"].lstrip("+") == number.lstrip("+") or each["wire_key"].endswith(number)
            ]
            fits = [each for each in found if (not states or each["state"] in states) and ready(each)]
            return max(fits, key=lambda each: each["arrived_at"]) if fits else None

        return await until(look, f"the contact of {number} in {states}", within_s=within_s, every_s=0.1)

    # The end ---------------------------------------------------------------------------------------------------------

    async def channels(self) -> list[str]:
        """What Asterisk shows now; empty when it is gone."""
        try:
            told = await self.asterisk_says("core show channels concise")
        except Exception:
            return []
        return [line.partition("!")[0] for line in told.splitlines() if "!" in line]

    async def asterisk_says(self, command: str) -> str:
        return await ask(asterisk_tree(), self.line / "asterisk/etc/asterisk.conf", command)

    async def figures(self) -> dict[str, float]:
        """What /metrics counts of the link to Asterisk, by its label."""
        text = (await self.boss.ask("GET", "/metrics")).text
        found = re.findall(r'^cordboard_ami_total\{what="(\w+)"\} (\S+)$', text, re.MULTILINE)
        return {what: float(value) for what, value in found}

    def ports(self) -> dict[str, int]:
        return DataFolder(self.line).kept_ports()

    def raw(self) -> list[str]:
        folder = self.line / "recordings-raw"
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []

    async def rest(self) -> None:
        """Wait until nothing is on its way any more. Raises AssertionError that says what still is."""
        still: list[str] = []

        async def quiet() -> bool:
            books = await self.books()
            await self.end_strangers(books)
            still[:] = [
                f"contact {one['id'][:8]} {one['state']}" for one in books.contacts if one["state"] in OPEN_STATES
            ]
            still.extend(
                f"contact {one['id'][:8]} not followed up"
                for one in books.contacts
                if one["state"] not in OPEN_STATES and not one["followed_up"]
            )
            still.extend(f"attempt {one['id'][:8]} open" for one in books.attempts if one["ended_at"] is None)
            still.extend(f"raw recording {name}" for name in self.raw())
            still.extend(f"agent {one['name']} has tasks" for one in books.agents if one["tasks"])
            if not still:  # asking Asterisk takes a process of its own
                still.extend(f"channel {name}" for name in await self.channels())
            return not still

        try:
            await until(quiet, "the house at rest", within_s=REST_S, every_s=0.3)
        except AssertionError:
            raise AssertionError(f"not at rest after {REST_S:.0f} s: {still}\n{self.house.tail(80)}") from None

    async def end_strangers(self, books: Books) -> None:
        """A lead of an earlier flow, whose talk a crash had ended, may be dialed again in this one, which knows nothing of it."""
        people = {clerk.id: clerk for clerk in (*self.clerks, self.silent)}
        for one in books.contacts:
            clerk = people.get(one["agent_id"] or "")
            if clerk is None or not one["attempt_id"] or f"+{one['address'].lstrip('+')}" in self._of_this_flow:
                continue
            if one["state"] in ("connected", "held"):
                await clerk.tell(one["id"], "hangup")
            elif one["state"] == "wrap_up":
                await clerk.tell(one["id"], "disposition", {"code": "confirmed"})

    async def seen(self) -> Seen:
        kept = self.line / "recordings"
        return Seen(
            callers=tuple(self.callers),
            invites=tuple(invite.number for invite in self.carrier.invites()),
            orders=tuple(self.orders),
            said=tuple(self.said),
            dropped=tuple(self.dropped),
            channels=tuple(await self.channels()),
            raw=tuple(self.raw()),
            kept=tuple(path.relative_to(self.line).as_posix() for path in sorted(kept.rglob("*")) if path.is_file()),
        )

    async def new_violations(self) -> list[str]:
        """Those that no earlier fault has been told of."""
        found = [line for line in violations(await self.books(), await self.seen()) if line not in self._told]
        self._told.update(found)
        return found

    async def all_home(self) -> None:
        """Nobody works, nothing is dialed."""
        await self.dial(False)
        for clerk in (*self.clerks, self.silent):
            await clerk.be("logged_out")

    # Faults ----------------------------------------------------------------------------------------------------------

    async def restart(self, failpoints: str = "") -> float:
        """kill -9, unless it is dead already, and start; nobody else leads then. Returns the seconds from then to ready."""
        if self.other is not None and self.other.alive:
            self.other.go_on()
            await self.other.stop()
        if self.house.alive:
            self.house.kill_now()
        await self.house.ended()
        begun = time.monotonic()
        await self.start(failpoints)
        return time.monotonic() - begun

    async def arm(self, failpoints: str) -> None:
        """Start with these. One that a start itself passes (it writes down what fell due meanwhile) kills it: then the house starts
        without, comes to rest, and is armed once more; in the end a flow begins with a dead house, as any flow may find it. Raises
        AssertionError when it lives and does not become ready."""
        for tries_left in reversed(range(ARMED_TRIES)):
            try:
                await self.restart(failpoints)
                return
            except AssertionError:
                if self.house.alive:
                    raise
            if tries_left:
                await self.restart()
                await self.rest()

    async def recover(self) -> None:
        """After a flow that went wrong: a house that runs, without calls, so that the next fault is not blamed for this one."""
        await self.restart()
        await self.all_home()
        with suppress(Exception):
            await self.asterisk_says("channel request hangup all")
            await self.rest()

    async def through_a_death(
        self, flow: Flow, *, within_s: float = 150.0, kill_after_s: float | None = None
    ) -> float | None:
        """Run the flow; when the engine dies in it (or is killed), it is started again beside it. Returns the seconds that took.

        None if it lived. Raises TimeoutError, AssertionError.
        """
        self._of_this_flow.clear()
        healing = asyncio.create_task(self._heal(kill_after_s))
        try:
            async with asyncio.timeout(within_s):
                await flow(self)
            if kill_after_s is None:
                await self._rest_or_death(healing)
            if kill_after_s is not None or not self.house.alive or self._is_healing:
                return await healing
            return healing.result() if healing.done() else None
        finally:
            if not healing.done() and not self._is_healing:
                healing.cancel()
            await asyncio.gather(healing, return_exceptions=True)

    async def _rest_or_death(self, healing: asyncio.Task[float]) -> None:
        """What a flow brings about may go on after its end, and the engine may die of that. Raises AssertionError as `rest` does."""
        resting = asyncio.create_task(self.rest())
        await asyncio.wait({resting, healing}, return_when=asyncio.FIRST_COMPLETED)
        if healing.done():
            resting.cancel()
            await asyncio.gather(resting, return_exceptions=True)
        else:
            await resting

    async def _heal(self, kill_after_s: float | None) -> float:
        if kill_after_s is not None:
            await asyncio.sleep(kill_after_s)
            self.house.kill_now()
        await until(lambda: not self.house.alive, "the death of the engine", within_s=3600.0)
        self._is_healing = True
        try:
            return await self.restart()
        finally:
            self._is_healing = False
