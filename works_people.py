"""Who works and who calls, part of the works: the operators' seats and endpoints, the customer behind an arrival."""

from collections.abc import Callable

from .access.permission import Permission
from .access.store import AccessStore
from .access.user import User
from .agent_web.live import LiveHub
from .queue.channel import Arrival
from .queue.desk import Desk
from .queue.lifts import LOOK_BACK, lifts_of_past
from .queue.reception import Known
from .queue.setup import Lift, QueueSetup, Seat
from .queue.setup_store import SetupStore
from .queue.store import QueueStore
from .shop.store import ShopStore
from .storage.clock import Clock
from .works_asterisk import SteeredAsterisk

VIP = "vip"


class Operators:
    """Users who may work on the desk."""

    def __init__(
        self, access: AccessStore, setup: SetupStore, desk: Desk, line: SteeredAsterisk, live: LiveHub
    ) -> None:
        self._access, self._setup, self._desk, self._line, self._live = access, setup, desk, line, live

    async def all(self) -> list[User]:
        return [user for user in await self._access.users() if user.can(Permission.DESK_WORK)]

    async def changed(self) -> None:
        """Operators come and go: their seats at the desk and their endpoints in Asterisk follow."""
        agents = await self.all()
        await self._setup.seats_of(user.id for user in agents)
        await self.seat()
        for user in agents:
            if not user.active:
                await self._desk.log_out(user.id)
                self._live.drop(user.id)
        await self._line.people_changed(agents)

    async def load(self) -> None:
        """The desk gets the setup of the queues as it was kept, and everybody has a seat in it."""
        await self._setup.seats_of(user.id for user in await self.all())
        await self._desk.apply(await self._setup.load())
        await self.seat()

    async def seat(self) -> None:
        """Every operator has a seat; one whose access is closed serves no queue."""
        setup = self._desk.setup
        for user in await self.all():
            seat = setup.seats.get(user.id) or Seat(user.id, frozenset(setup.queues))
            await self._desk.register(
                user.id,
                user.name,
                user.sip_name,
                seat.queues if user.active else (),
                needs_page=user.device_uri is None,
                skills=seat.skills,
                capacity=setup.capacity_of(user.id),
                own_number=user.own_number or "",
            )


class Customers:
    """Known by their numbers; `setup` is the desk's."""

    def __init__(self, shop: ShopStore, journal: QueueStore, setup: Callable[[], QueueSetup], clock: Clock) -> None:
        self._shop, self._journal, self._setup, self._clock = shop, journal, setup, clock

    async def identify(self, arrival: Arrival) -> Known:
        """The customer behind a number, the order he most likely calls about, and what moves him forward.

        Of several customers on one number it is the one with the newest open order. A VIP is whom the shop calls one (segment `vip`).
        """
        if not arrival.address:
            return Known()
        customers = {each.id: each for each in await self._shop.customers_by_phone(arrival.address)}
        orders = [order for each in customers if (order := await self._shop.open_order_of(each))]
        newest = max(orders, key=lambda order: order.placed_at, default=None)
        if newest is None and len(customers) != 1:
            return Known()
        customer = customers[newest.customer_id] if newest is not None else next(iter(customers.values()))
        lifts = {Lift.VIP} if customer.segment.casefold() == VIP else set[Lift]()
        if newest is not None and newest.total >= self._setup().dear_order:
            lifts.add(Lift.DEAR_ORDER)
        lifts |= lifts_of_past(await self._journal.contacts_of(customer.id, LOOK_BACK), self._clock.now())
        return Known(customer.id, None if newest is None else newest.id, frozenset(lifts))
