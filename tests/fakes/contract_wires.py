"""Three wires behind one face, for the contract that every channel keeps: telephone, call from the site, chat.

Desk, channel and AMI adapter are the real ones; only the far end is played.
"""

from itertools import count
from typing import Protocol

from cordboard.queue.channel import Channel
from cordboard.queue.channels.conversation import Notice
from cordboard.queue.channels.visitor_door import Opening
from cordboard.queue.contact import Contact
from cordboard.queue.desk import Desk
from cordboard.queue.setup import QueueRules, QueueSetup
from cordboard.storage.database import Database
from tests.fakes.asterisk_wire import FakeChannel
from tests.fakes.chat_room import ChatSalon
from tests.fakes.line import KEYS, Line
from tests.fakes.site_line import SiteLine
from tests.fakes.wait import until
from tests.fakes.wire import MovedClock

SETUP = QueueSetup({code: QueueRules(code, code, code) for code in ("orders", "claims")})


class ContractWire(Protocol):
    """What a customer and an agent do on this wire; `maria` serves `orders` and `claims` and is not yet ready."""

    desk: Desk
    clock: MovedClock

    @property
    def channel(self) -> Channel: ...

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def arrive(self) -> Contact: ...

    async def arrive_again(self) -> None:
        """The wire says once more what it said of the last arrival."""
        ...

    async def answer(self, contact: Contact) -> None:
        """Maria takes the offer."""
        ...

    async def leave(self) -> None:
        """The customer goes."""
        ...

    async def gone(self) -> bool:
        """Whether the customer's end has been told that it is over."""
        ...


class _Seated:
    """Maria at her desk, and the queues."""

    desk: Desk

    async def _seat(self) -> None:
        await self.desk.apply(SETUP)
        await self.desk.register("maria", "Maria", "agent-maria", SETUP.queues)
        await self.desk.page_opened("maria", "tab")
        await self.desk.device_changed("maria", up=True)


class PhoneWire(_Seated):
    def __init__(self, line: Line | None = None) -> None:
        self.line = line or Line()
        self.desk, self.clock = self.line.desk, self.line.clock
        self._numbers = count(1)
        self.leg: FakeChannel

    @property
    def channel(self) -> Channel:
        return self.line.voice

    async def open(self) -> None:
        await self.line.open(ready=False)
        await self._seat()

    async def close(self) -> None:
        await self.line.close()

    async def arrive(self) -> Contact:
        self.leg = self.line.calls(f"lab-1.{next(self._numbers)}")
        return await self._arrived()

    async def _arrived(self) -> Contact:
        key = KEYS + self.leg.uniqueid
        await until(lambda: self.desk.contact_by_wire(key) is not None, "the contact is there")
        contact = self.desk.contact_by_wire(key)
        assert contact is not None
        return contact

    async def arrive_again(self) -> None:
        self.line.waits(self.leg)

    async def answer(self, contact: Contact) -> None:
        self.line.talks(self.leg)

    async def leave(self) -> None:
        self.line.asterisk.hang_up(self.leg)

    async def gone(self) -> bool:
        """Redirected to words of farewell, or hung up."""
        said = [action.get("Context") for action in self.line.asterisk.sent("Redirect")]
        return self.leg.uniqueid not in self.line.asterisk.channels or (
            bool(said) and said[-1] not in ("cc-hold", "cc-dial")
        )


class SiteWire(PhoneWire):
    """The same leg in Asterisk, with a page's sound at its other end."""

    def __init__(self) -> None:
        self.site = SiteLine()
        super().__init__(self.site)

    async def arrive(self) -> Contact:
        self.taken, self.leg = await self.site.call_in(name="Eve")
        return await self._arrived()

    async def arrive_again(self) -> None:
        self.site.hold(self.leg)

    async def leave(self) -> None:
        await self.site.web.leave(self.taken.call)


class ChatWire(_Seated):
    def __init__(self, database: Database) -> None:
        self.salon = ChatSalon(database)
        self.desk, self.clock = self.salon.desk, self.salon.clock
        self._numbers = count(1)
        self.token = ""

    @property
    def channel(self) -> Channel:
        return self.salon.room

    async def open(self) -> None:
        await self.salon.open()
        await self._seat()

    async def close(self) -> None:
        await self.desk.settle()

    async def arrive(self) -> Contact:
        self.token = f"{next(self._numbers)}".rjust(43, "t")
        chat = await self.salon.write(token=self.token)
        return self.salon.contact(chat)

    async def arrive_again(self) -> None:
        opening = Opening("192.0.2.1", "Анна", "ru", "orders", "first-message", "Где мой заказ?")
        await self.salon.room.visitors.start(self.token, opening)

    async def answer(self, contact: Contact) -> None:
        await self.desk.accept("maria", contact.id)

    async def leave(self) -> None:
        await self.salon.room.visitors.end(await self.salon.chat(self.token), Notice.VISITOR_ENDED)

    async def gone(self) -> bool:
        chat = await self.salon.room.visitors.chat_of(self.token)
        return chat is None or chat.ended_at is not None
