"""The demo's world: its people with drawn passwords, its shop, its carrier, and customers who call in by themselves."""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from ..access.bootstrap import ADMIN_LOGIN
from ..access.password import new_password
from ..access.permission import Role
from ..access.store import AccessStore
from ..access.user import User
from ..queue.agent import AgentState
from ..queue.contact import Contact
from ..queue.desk import Desk
from ..queue.routing import waiting
from ..shop.order import WAITS_FOR_CALL
from ..shop.store import ShopStore
from ..storage.clock import Clock
from ..storage.data_folder import DataFolder
from ..storage.settings import Settings
from ..telephony.carrier import Carrier
from ..telephony.install import AsteriskTree, default_cache
from ..telephony.site import Ports
from .robot import RobotColleague
from .shop import WAITING, PastClock, open_shop

log = logging.getLogger(__name__)

Say = Callable[[str], None]
PEOPLE: tuple[tuple[str, str, Role], ...] = (
    ("maria", "Мария Соколова", Role.OPERATOR),
    ("ilya", "Илья Котов", Role.OPERATOR),
    ("oleg", "Олег Лебедев", Role.SUPERVISOR),
    ("irina", "Ирина Зуева", Role.QA),
)
ROBOT_LOGIN = "robot"
MOST_WAITING = 3
FIRST_CALL_S = 8.0
"""A newcomer who goes ready hears the telephone after this long, not after half an interval."""


class DemoWorld:
    """`furnish` before Asterisk starts, `open` when everything runs, `close` at the end. Doing it again finds what is there."""

    def __init__(
        self,
        folder: DataFolder,
        settings: Settings,
        ports: Mapping[str, int],
        access: AccessStore,
        shop: ShopStore,
        shop_of: Callable[[Clock], ShopStore],
        clock: Clock,
        tree: AsteriskTree,
    ) -> None:
        """`shop_of` gives the same shop under another clock."""
        self._folder, self._settings, self._ports, self._tree = folder, settings, ports, tree
        self._access, self._shop, self._shop_of, self._clock = access, shop, shop_of, clock
        self._chance = Random()
        self._carrier: Carrier | None = None
        self._robot: RobotColleague | None = None
        self._calling: asyncio.Task[None] | None = None
        self._called = False

    async def furnish(self, say: Say, admin_password: str | None) -> None:
        """People, logins and the shop. `admin_password` is there at the first start only."""
        logins = await self._logins(admin_password)
        for login in logins:
            say(f"Demo {login['role']}: {login.get('login', 'API key')} {login.get('password', login.get('key', ''))}")
        past = PastClock(self._clock.now())
        # Made-up people are called by the make-believe carrier only: on a carrier of the site's own somebody might answer.
        await open_shop(self._shop_of(past), past, waiting=0 if self._settings.has_trunk else WAITING)

    async def _logins(self, admin_password: str | None) -> list[dict[str, Any]]:
        """Drawn once, kept in run/logins.json (mode 0600); a lost file means new passwords."""
        try:
            kept: list[dict[str, Any]] = json.loads((self._folder.run / "logins.json").read_text())
        except (OSError, ValueError):
            kept = []
        if kept and await self._access.user_by_login(PEOPLE[0][0]) is not None:
            return kept
        logins: list[dict[str, Any]] = []
        for login, name, role in PEOPLE:
            password = new_password()
            known = await self._access.user_by_login(login)
            if known is None:
                await self._access.create_user(login, name, role, password)
            else:
                await self._access.set_password(known.id, password)
            logins.append({"role": role.value, "login": login, "password": password})
        admin = await self._access.user_by_login(ADMIN_LOGIN)
        if admin is not None:
            password = admin_password or new_password()
            if admin_password is None:
                await self._access.set_password(admin.id, password)
            logins.append({"role": Role.ADMIN.value, "login": ADMIN_LOGIN, "password": password})
        logins.append({"role": Role.API.value, "key": await self._access.create_api_key("demo", Role.API)})
        self._folder.publish("logins.json", logins)
        return logins

    async def start_carrier(self) -> str:
        """The second Asterisk; returns where our trunk calls it."""
        ports = self._ports
        first = min(ports["carrier_rtp"], 65535 - self._settings.rtp_ports) & ~1
        self._carrier = Carrier(
            self._tree,
            self._folder.carrier,
            Ports(
                sip_udp=ports["carrier_sip"],
                ami=ports["carrier_ami"],
                http=ports["carrier_http"],
                rtp_start=first,
                rtp_end=first + self._settings.rtp_ports - 1,
            ),
            peer=f"{self._settings.sip_bind}:{ports['sip']}",
            inbound_number=self._settings.inbound_number,
            cache=default_cache() / "voices",
            pid_file=self._folder.run / "carrier.pid",
            chance=self._chance,
            language=self._settings.language,
        )
        await self._carrier.start()
        return self._carrier.trunk_uri

    async def hire_robot(self) -> RobotColleague | None:
        """Only with a carrier: the robot's telephone stands there."""
        if self._carrier is None:
            return None
        user = await self._access.user_by_login(ROBOT_LOGIN) or await self._hire()
        self._robot = RobotColleague(user.id, self._chance)
        return self._robot

    async def _hire(self) -> User:
        device = self._carrier.robot_uri if self._carrier else None
        return await self._access.create_user(ROBOT_LOGIN, "Робот Коллега", Role.OPERATOR, None, device_uri=device)

    async def open(self, desk: Desk) -> None:
        """Customers begin to call."""
        if self._robot is not None:
            self._robot.join(desk)
        if self._carrier is not None and self._settings.demo_calls_per_minute > 0:
            self._calling = asyncio.create_task(self._call_in_forever(desk, self._carrier))

    async def close(self) -> None:
        if self._calling is not None:
            self._calling.cancel()
            await asyncio.gather(self._calling, return_exceptions=True)
        if self._robot is not None:
            await self._robot.stop()
        if self._carrier is not None:
            await self._carrier.stop()

    async def _call_in_forever(self, desk: Desk, carrier: Carrier) -> None:
        """Somebody calls about every 60 / rate s while anybody works, sooner when an operator just came and nobody waits."""
        mean_s = 60.0 / self._settings.demo_calls_per_minute
        wait_s = self._chance.uniform(0.5, 1.5) * mean_s
        was_ready = False
        while True:
            await asyncio.sleep(1)
            wait_s -= 1
            ready = any(agent.state is AgentState.READY and agent.reachable for agent in desk.agents())
            if ready and not was_ready:
                wait_s = min(wait_s, FIRST_CALL_S)
            was_ready = ready
            if wait_s > 0 or not self._anybody_works(desk) or len(waiting(desk.contacts())) >= MOST_WAITING:
                continue
            wait_s = self._chance.uniform(0.5, 1.5) * mean_s
            await self._call_in(desk.contacts(), carrier)

    async def _call_in(self, contacts: tuple[Contact, ...], carrier: Carrier) -> None:
        """Mostly somebody whose order waits for a call, sometimes an old customer, now and then a stranger; never one at first."""
        talking = {contact.address for contact in contacts}
        luck = self._chance.random() if self._called else 0.0
        self._called = True
        if luck > 0.85:
            carrier.call_in(f"7900111{self._chance.randint(1000, 9999)}", "")
            return
        orders = await self._shop.orders(WAITS_FOR_CALL if luck < 0.6 else (), limit=200)
        customer = await self._shop.customer(self._chance.choice(orders).customer_id) if orders else None
        if customer is not None and customer.phones[0] not in talking:
            carrier.call_in(customer.phones[0].lstrip("+"), customer.name)

    @staticmethod
    def _anybody_works(desk: Desk) -> bool:
        return any(agent.state not in (AgentState.LOGGED_OUT, AgentState.PAUSED) for agent in desk.agents())
