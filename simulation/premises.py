"""Where a simulated day takes place: folders of its own, a database with its people, and the node's address as the engine looks for it."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from ..access.permission import Role
from ..access.store import AccessStore
from ..access.user import User
from ..queue.contact import Contact
from ..queue.store import QueueStore
from ..shop.store import ShopStore
from ..storage.clock import SystemClock
from ..storage.data_folder import DataFolder
from ..storage.database import Database
from ..storage.ids import random_ids
from ..storage.migrate import revision_of, upgrade
from ..telephony.site import Secrets, load_secrets
from .plan import BadPlan, Plan

NUMBER = "74950000100"
ARTICLE = "SIM-1"
USER_AGENT = "cordboard simulate"
MOST_CONTACTS = 10_000_000


@dataclass(frozen=True, slots=True)
class Seat:
    """One person of the house, signed in: `token` is the session that his browser would hold."""

    user: User
    token: str


@dataclass(frozen=True, slots=True)
class People:
    operators: tuple[Seat, ...]
    supervisor: Seat
    shop_key: str


class Premises:
    """Everything lies under `folder`, which is somebody else's to remove."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.engine = DataFolder(folder / "engine")
        self.node = DataFolder(folder / "node")
        self._plan = plan
        for each in (self.engine, self.node):
            for path in (each.run, each.raw_recordings, each.recordings):
                path.mkdir(parents=True)
        self.secrets: Secrets = load_secrets(self.node.path)
        self.database_url = plan.database_url or self.engine.default_database_url()
        self.clock = SystemClock()

    def open_node(self, port: int, pid: int) -> None:
        """Let the engine find the node where it looks for another folder's Asterisk (telephony/borrowed.py)."""
        names = ("sip", "http", "https", "rtp", "carrier_sip", "carrier_ami", "carrier_http", "carrier_rtp")
        ports = dict.fromkeys(names, 1024) | {"ami": port}
        (self.node.path / "ports.json").write_text(json.dumps(ports))
        (self.node.run / "asterisk.pid").write_text(f"{pid}\n")

    def settings(self) -> dict[str, str]:
        """The engine's environment: nothing of the site's own settings is left in it."""
        return {
            "CORDBOARD_DATABASE_URL": self.database_url,
            "CORDBOARD_ASTERISK_OF": str(self.node.path),
            "CORDBOARD_INBOUND_NUMBER": NUMBER,
            "CORDBOARD_CALLING_HOURS": "00:00-24:00",
            "CORDBOARD_TIME_ZONE": "UTC",
            "CORDBOARD_TRUNK": "sip:127.0.0.1:9",
        }

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Database]:
        """Raises DatabaseUnreachable."""
        db = Database.open(self.database_url)
        try:
            await db.ping()
            yield db
        finally:
            await db.close()

    async def hire(self) -> People:
        """A schema, and as many operators as are wanted. Raises BadPlan for a database in which somebody lives already."""
        async with self.database() as db:
            if await revision_of(db.engine) is not None:
                raise BadPlan("the database already holds a Cordboard: name an empty one, it will be filled")
            await upgrade(db.engine)
            access = AccessStore(db, self.clock, random_ids)
            async with db.together():
                seats = [
                    await self._seat(access, f"operator{index}", Role.OPERATOR) for index in range(self._plan.agents)
                ]
                supervisor = await self._seat(access, "supervisor", Role.SUPERVISOR)
                key = await access.create_api_key("simulation", Role.API)
                await ShopStore(db, self.clock, random_ids).add_product(ARTICLE, "Item", 100_000, stock=1_000_000)
            return People(tuple(seats), supervisor, key)

    async def _seat(self, access: AccessStore, login: str, role: Role) -> Seat:
        """Signed in without a password: how long argon2 takes is known, and 2,500 of it would be a minute of nothing else."""
        user = await access.create_user(login, login, role, None, "en")
        return Seat(user, await access.open_session(user.id, USER_AGENT))

    async def contacts(self) -> list[Contact]:
        """Every contact that the engine has written down."""
        async with self.database() as db:
            store = QueueStore(db)
            since = self.clock.now().replace(year=2000)
            return [*await store.open_contacts(), *await store.closed_since(since, MOST_CONTACTS)]
