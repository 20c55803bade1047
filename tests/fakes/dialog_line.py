"""A line that leads into spoken dialogs: what is done on it and what was told to its fake Asterisk."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from cordboard.queue.contact import Contact
from cordboard.queue.setup import OpeningHours, QueueRules, QueueSetup
from cordboard.telephony.dialogs import Acquaintance, Spoken
from cordboard.telephony.order_by_phone import OrderState, OrderTold
from tests.fakes.agi_peer import AgiPeer
from tests.fakes.asterisk_wire import FakeChannel
from tests.fakes.booking_book import BookingBook
from tests.fakes.line import KEYS, Line
from tests.fakes.wait import until

NUMBER = "+79000000001"
CLOSED = OpeningHours("Europe/Moscow")
RUSSIAN = Acquaintance("ru")
ORDER = OrderTold("1041", OrderState.SHIPPED)


def spoken(known: Acquaintance = RUSSIAN) -> Spoken:
    async def acquaintance(_contact: Contact) -> Acquaintance:
        return known

    return Spoken(
        Path("/sounds"), acquaintance, lambda typed: f"+{typed}", lambda _number, known: known or "Europe/Moscow"
    )


async def opened(book: BookingBook | None, known: Acquaintance = RUSSIAN, before: Line | None = None) -> Line:
    one = Line(before, spoken(known))
    if book is not None:
        one.voice.dialogs.attach(book)
    one.voice.dialogs.start()
    await one.open(ready=False)
    await one.desk.log_out("maria")
    await rules(one, keep_place=True)
    return one


@asynccontextmanager
async def dialog_line(book: BookingBook | None, known: Acquaintance = RUSSIAN) -> AsyncIterator[Line]:
    """Nobody is ready; whoever waits may keep his place, or choose a time."""
    one = await opened(book, known)
    try:
        yield one
    finally:
        await one.voice.dialogs.stop()
        await one.close()


async def rules(line: Line, **changes: object) -> None:
    orders = replace(QueueRules("orders", "Заказы", "Orders"), **changes)  # type: ignore[arg-type]
    await line.desk.apply(QueueSetup(queues={"orders": orders}))


def variable(line: Line, channel: FakeChannel, name: str) -> str:
    """Its last value on the leg."""
    found = [
        one
        for one in line.asterisk.sent("Setvar")
        if one.get("Channel") == channel.name and one.get("Variable") == name
    ]
    return found[-1].get("Value") if found else ""


def contexts(line: Line, channel: FakeChannel) -> list[str]:
    """Where the leg was sent, in order."""
    return [one.get("Context") for one in line.asterisk.sent("Redirect") if one.get("Channel") == channel.name]


async def waiting(line: Line, channel: FakeChannel) -> Contact:
    return await until(lambda: line.desk.contact_by_wire(f"{KEYS}{channel.uniqueid}"), "he waits")


def presses(line: Line, channel: FakeChannel, digit: str) -> None:
    line.asterisk.emit("DTMFEnd", [*line.asterisk.about(channel), ("Digit", digit)])


async def led(line: Line, channel: FakeChannel) -> AgiPeer:
    """The leg was sent into a dialog, and the dialplan has connected."""
    await line.asterisk.until(lambda: contexts(line, channel)[-1:] == ["cc-ivr"])
    channel.variables["CC_STATE"] = "ivr"
    port, ticket = int(variable(line, channel, "CC_IVR_PORT")), variable(line, channel, "CC_TICKET")
    return await asyncio.to_thread(AgiPeer, port, ticket)


async def over(line: Line, channel: FakeChannel) -> None:
    """The dialplan has him on hold again, or off the line when the dialog said so."""
    channel.variables["CC_STATE"] = "hold"
    line.waits(channel, dialog=variable(line, channel, "CC_TICKET"))


async def played(play: Callable[[], object]) -> object:
    """What Asterisk's end does, beside the engine's loop."""
    return await asyncio.wait_for(asyncio.to_thread(play), 60)


def books_soon(asterisk: AgiPeer) -> None:
    """Number, as soon as possible, confirmed."""
    for _ in range(3):
        asterisk.presses("1")
    assert asterisk.plays() == "/sounds/ru/booked"
