"""Missed offers kept at hand."""

import asyncio
from datetime import UTC, datetime, timedelta

from cordboard.queue.agent import Agent, Stance
from cordboard.queue.journal import Entry, MissedOfferEntry
from cordboard.queue.missed import LIMIT, MissedOffers

SINCE = datetime(2026, 11, 29, tzinfo=UTC)
MARIA = Agent("maria", "Maria", "agent-maria", Stance.READY, SINCE)


def missed(number: int) -> Entry:
    return Entry(
        SINCE + timedelta(seconds=number), "MissedOffer", {"contact_id": f"c{number}", "reason": "no_answer"}, MARIA
    )


def written(number: int, agent_id: str = "maria") -> MissedOfferEntry:
    return MissedOfferEntry(SINCE + timedelta(seconds=number), agent_id, f"c{number}", "no_answer")


async def test_the_journal_is_asked_once_and_what_is_missed_then_is_added() -> None:
    asked: list[datetime] = []

    async def read(since: datetime) -> list[MissedOfferEntry]:
        asked.append(since)
        return [written(1), written(2, "ilya"), written(3)]

    offers = MissedOffers(read)
    found = await asyncio.gather(offers.of("maria", SINCE), offers.of("ilya", SINCE), offers.of("oleg", SINCE))
    assert list(found) == [[written(3), written(1)], [written(2, "ilya")], []]
    offers.hear(missed(4))
    offers.hear(Entry(SINCE, "Released", {}, MARIA))
    assert await offers.of("maria", SINCE) == [written(4), written(3), written(1)]
    assert asked == [SINCE]
    await offers.of("maria", SINCE + timedelta(days=1))
    assert asked == [SINCE, SINCE + timedelta(days=1)]


async def test_what_is_missed_while_the_journal_is_read_is_there_once() -> None:
    reading, may_answer = asyncio.Event(), asyncio.Event()

    async def read(since: datetime) -> list[MissedOfferEntry]:
        reading.set()
        await may_answer.wait()
        return [written(1), written(2)]

    offers = MissedOffers(read)
    first = asyncio.create_task(offers.of("maria", SINCE))
    await reading.wait()
    offers.hear(missed(2))  # in the answer already
    offers.hear(missed(3))  # written after it
    may_answer.set()
    assert await first == [written(3), written(2), written(1)]


async def test_only_the_last_are_kept() -> None:
    async def read(since: datetime) -> list[MissedOfferEntry]:
        return [written(number) for number in range(LIMIT + 5)]

    assert [one.contact_id for one in await MissedOffers(read).of("maria", SINCE)][-1] == "c5"
