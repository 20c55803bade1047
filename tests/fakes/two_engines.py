"""A site with two engines on one PostgreSQL and one Asterisk that neither owns; who wrote and who spoke in whose time is noted."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg  # type: ignore[import-untyped]
import httpx2

from tests.fakes.ami_proxy import AmiProxy
from tests.fakes.databases import PostgresServer
from tests.fakes.house import House, running_asterisk, running_house
from tests.fakes.sipp import SippCaller
from tests.fakes.wait import until

# Each engine has a login of its own at the database; a row of the journal tells by whom it was written, and who led then.
WITNESS = """
CREATE TABLE witness (who text, epoch integer);
CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO witness SELECT session_user, epoch FROM lease; RETURN NULL; END $$;
CREATE TRIGGER seen AFTER INSERT ON journal FOR EACH ROW EXECUTE FUNCTION see();
"""


@dataclass
class TwoEngines:
    """`a` and `b`; `hire` before anybody works."""

    a: House
    b: House
    proxy: AmiProxy
    asterisk_runs: Callable[[], bool]
    number: str
    sip: str
    _postgres: PostgresServer
    _database: str

    async def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        connection = await asyncpg.connect(host=str(self._postgres.folder), user="postgres", database=self._database)
        try:
            return [tuple(row) for row in await connection.fetch(sql, *values)]
        finally:
            await connection.close()

    async def prepare(self) -> None:
        """From now on the database remembers who wrote."""
        connection = await asyncpg.connect(host=str(self._postgres.folder), user="postgres", database=self._database)
        try:
            await connection.execute(WITNESS)
        finally:
            await connection.close()

    async def epoch(self) -> int:
        ((epoch,),) = await self.rows("SELECT epoch FROM lease")
        return int(epoch)

    async def written_by(self, house: House) -> set[int]:
        """The epochs that led while this engine wrote to the journal."""
        found = await self.rows("SELECT DISTINCT epoch FROM witness WHERE who = $1", _login(house))
        return {int(epoch) for (epoch,) in found}

    def call_in(self, folder: Path, caller_id: str) -> SippCaller:
        return SippCaller(folder, self.sip, self.number, caller_id=caller_id)

    async def hire(self, house: House, phones: str, names: tuple[str, ...]) -> None:
        """Operators with a desk phone each, at the house that leads."""
        admin = self.a.login("admin")
        async with _client(house) as boss:
            await _sign_in(boss, admin.login, admin.password)
            for name in names:
                body = {"login": name, "name": name, "role": "operator", "password": PASSWORD}
                answer = await boss.post("/api/v1/users", json={**body, "device_uri": f"sip:{name}@{phones}"})
                assert answer.status_code == 201, answer.text

    async def set_state(self, house: House, name: str, state: str) -> None:
        async with _client(house) as operator:
            await _sign_in(operator, name, PASSWORD)
            answer = await operator.post("/api/v1/desk/state", json={"state": state})
            assert answer.is_success, answer.text

    async def until_contact(self, caller_id: str, state: str, within_s: float = 20.0) -> None:
        async def found() -> bool:
            return (state,) in await self.rows("SELECT state FROM contact WHERE address = $1", caller_id)

        await until(found, f"the contact of {caller_id} is {state}", within_s=within_s)


PASSWORD = f"test-{uuid4().hex}"


def _login(house: House) -> str:
    return f"engine_{house.data.name}"


def _client(house: House) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(base_url=house.endpoints.web, timeout=20.0, verify=False)


async def _sign_in(client: httpx2.AsyncClient, login: str, password: str) -> None:
    answer = await client.post("/sign-in", data={"login": login, "password": password})
    assert answer.status_code == 303, answer.text


@asynccontextmanager
async def two_engines(postgres: PostgresServer, folder: Path) -> AsyncIterator[TwoEngines]:
    """A leads, B stands by."""
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(postgres.fresh())
        database = url.partition("@/")[2].partition("?")[0]
        owner = folder / "asterisk"
        async with running_house(owner, demo=False, database_url=url) as first:
            number, sip, admin = first.endpoints.inbound_number, first.endpoints.sip, first.log.read_text()
        pid = await stack.enter_async_context(running_asterisk(owner))
        ports = json.loads((owner / "ports.json").read_text())
        proxy = AmiProxy(ports["ami"])
        await proxy.start()
        stack.push_async_callback(proxy.stop)
        (owner / "ports.json").write_text(json.dumps({**ports, "ami": proxy.listens_on}))
        houses = []
        for name in ("a", "b"):
            house = House(
                folder / name,
                demo=False,
                settings={
                    "CORDBOARD_DATABASE_URL": postgres.url(database, f"engine_{name}"),
                    "CORDBOARD_ASTERISK_OF": str(owner),
                    "CORDBOARD_WRAP_UP_S": "1",
                },
            )
            await postgres.command(f"CREATE ROLE {_login(house)} SUPERUSER LOGIN")
            stack.push_async_callback(postgres.command, f"DROP ROLE {_login(house)}")
            stack.push_async_callback(house.close)
            houses.append(house)
        a, b = houses
        a.log.write_text(
            admin
        )  # the first start, of the house that rendered Asterisk, printed the administrator's password
        pair = TwoEngines(a, b, proxy, lambda: first.runs(pid), number, sip, postgres, database)
        await pair.prepare()
        await a.start()
        await b.launch()
        await b.stands_by()
        yield pair
