"""Who called and met nobody stands in the list of his queue until somebody of us has talked with him."""

from datetime import timedelta

from cordboard.queue.channel import Arrival, ChannelKind, Direction
from cordboard.queue.contact import Contact
from cordboard.queue.missed_calls import LIMIT, MissedCall
from tests.fakes.small_desk import House
from tests.fakes.wire import MemoryJournal

ANNA = "+79000000001"


async def missed(house: House, queues: tuple[str, ...] = ("orders",), limit: int = 10) -> list[MissedCall]:
    return await house.desk.missed_calls(queues, house.clock.now() - timedelta(hours=12), limit)


async def call(house: House, key: str, number: str = ANNA, queue: str = "orders") -> Contact:
    return await house.desk.arrive(Arrival(ChannelKind.VOICE, Direction.INBOUND, queue, key, address=number))


async def test_he_stands_there_once_with_how_often_he_called_until_he_is_talked_with() -> None:
    house = await House().open()
    since = house.clock.now()

    async def listed() -> list[tuple[str, int]]:
        return [(one.number, one.times) for one in await house.desk.missed_calls(("orders",), since, 10)]

    for key, number in (("n/b/1", ANNA), ("n/b/2", "+79000000002"), ("n/b/3", ANNA), ("n/b/4", "")):
        await call(house, key, number)
        await house.desk.customer_left(key, "cause_16")
    assert await listed() == [(ANNA, 2), ("+79000000002", 1)]
    assert await house.desk.missed_calls(("claims",), since, 10) == []
    house.clock.pass_s(60)
    await house.sit_down("maria")
    await call(house, "n/b/5")
    assert await listed() == [(ANNA, 2), ("+79000000002", 1)], "it rings, and nobody has talked with him yet"
    await house.desk.talk_began("n/b/5", "maria")
    assert await listed() == [("+79000000002", 1)]
    await house.desk.talk_ended("n/b/5")
    await call(house, "n/b/6")
    await house.desk.customer_left("n/b/6", "cause_16")
    assert await listed() == [(ANNA, 1), ("+79000000002", 1)]


async def test_another_engine_reads_the_same_from_the_journal() -> None:
    house = await House(MemoryJournal()).open("maria")
    since = house.clock.now()
    served = await call(house, "n/b/1", "+79000000003")
    await house.desk.talk_began("n/b/1", "maria")
    for number in range(3):
        await call(house, f"n/b/1{number}", f"+7900000000{number}")
        house.clock.pass_s(5)
        await house.desk.customer_left(f"n/b/1{number}", "cause_16")
    await call(house, "n/b/20", "+79000000000")
    await house.desk.talk_ended("n/b/1")
    await house.desk.dispose("maria", served.id, "consulted")
    await house.desk.talk_began("n/b/20", "maria")  # and he talks on while another engine reads
    before = await house.desk.missed_calls(("orders",), since, 3)
    assert [one.number for one in before] == ["+79000000002", "+79000000001"]
    again = await House(house.journal, house.clock).open()
    assert await again.desk.missed_calls(("orders",), since, 2) == before


async def test_the_list_does_not_grow_for_ever() -> None:
    house = await House().open()
    assert await missed(house) == []
    for number in range(LIMIT + 5):
        await call(house, f"n/b/{number}", f"+7900{number:07}")
        await house.desk.customer_left(f"n/b/{number}", "cause_16")
    since = house.clock.now() - timedelta(hours=12)
    assert len(await house.desk.missed_calls(("orders",), since, 2 * LIMIT)) == LIMIT
