"""The next leads, out of what was kept in mind and what changed since: those that the rule puts first, on SQLite and on PostgreSQL."""

import json
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa

from cordboard.dialer.csv_rows import Staged
from cordboard.dialer.do_not_call import Kind
from cordboard.dialer.law import Wish
from cordboard.dialer.lead import DIALABLE_STATES, Attempt, Disposed, Lead, LeadState, OrderChanged
from cordboard.dialer.lead_import import ImportState, LeadImport
from cordboard.dialer.priority import NUMBERS, Weights, order_key, score
from cordboard.dialer.rows import lead_of
from cordboard.dialer.store import DialerStore
from cordboard.dialer.tables import lead_table
from cordboard.queue.channel import AttemptOutcome
from cordboard.storage.database import Database
from tests.fakes.dial_house import DialHouse, phone

ZONES = ("Europe/Moscow", "Asia/Omsk", "Asia/Chita")
OPEN = frozenset(ZONES[:2])
NO_WEIGHTS = replace(Weights(), **dict.fromkeys(NUMBERS, 0.0))  # type: ignore[arg-type]


def _staged(lead: Lead) -> Staged:
    return {
        "source": lead.source,
        "phone": lead.phone,
        "zone": lead.zone,
        "placed_at": lead.placed_at.strftime("%Y-%m-%d %H:%M:%S.%f"),
        "placed_s": int(lead.placed_at.timestamp()),
        "order_total": lead.order_total,
        "phones": [],
        "zones": [],
        "fields": {},
        "own_1": lead.own_1,
        "own_2": 0,
        "own_3": lead.own_3,
    }


class Shelf:
    """Leads of one campaign, and the order that they ought to have. `depth`: how many of them the store keeps in mind."""

    def __init__(self, house: DialHouse, campaign_id: str, seed: int, depth: int) -> None:
        self.house, self.campaign_id, self.chance = house, campaign_id, Random(seed)
        self.store = DialerStore(house.db, house.clock, house.ids, depth=depth)
        self.ids: list[str] = []

    def _moment(self) -> object:
        """Now and then none, some just passing, some far."""
        some = self.chance.choice([None, self.chance.randrange(-90, 200), self.chance.randrange(-90_000, 400_000)])
        return None if some is None else self.house.clock.now().replace(microsecond=0) + timedelta(seconds=some)

    def lead(self) -> Lead:
        chance, now, number = self.chance, self.house.clock.now(), len(self.ids)
        lead = Lead(
            id=self.house.ids(),
            campaign_id=self.campaign_id,
            source=f"order:{number}",
            phone=phone(number),
            zone=chance.choice(ZONES),
            placed_at=now - timedelta(seconds=chance.choice([0, 0, chance.randrange(400_000)])),
            created_at=now,
            order_total=chance.randrange(5) * 1_000_00,
            attempts=chance.randrange(3),
            segment=chance.choice(["", "vip", "opt"]),
            own_1=chance.choice([0, chance.randrange(-9_000, 9_000)]),
            own_3=chance.randrange(3),
        )
        self.ids.append(lead.id)
        return replace(lead, promised_at=self._moment(), reserved_until=self._moment())  # type: ignore[arg-type]

    def weights(self) -> Weights:
        drawn: dict[str, Any] = {name: self.chance.choice([0, 1, -1, self.chance.uniform(-9, 9)]) for name in NUMBERS}
        return Weights(**drawn, segments=(("vip", self.chance.uniform(-40, 40)),) if self.chance.random() < 0.5 else ())

    async def add(self, how_many: int) -> None:
        await self.store.add_leads([self.lead() for _ in range(how_many)])

    async def all(self) -> list[Lead]:
        """In the order in which they were made."""
        async with self.house.db.read() as connection:
            rows = await connection.execute(sa.select(lead_table).where(lead_table.c.id.in_(self.ids)))
            kept = {row.id: lead_of(row._asdict()) for row in rows}
        return [kept[each] for each in self.ids if each in kept]

    async def something(self) -> None:
        """What may happen to a list between two questions."""
        lead = await self.store.lead(self.chance.choice(self.ids))
        assert lead is not None
        now = self.house.clock.now()
        match self.chance.randrange(9):
            case 0:
                self.house.clock.pass_s(self.chance.choice([1, 20, 45, 200]))
            case 1:
                await self.add(3)
            case 2:
                total = self.chance.randrange(12) * 1_000_00
                await self.store.tell_lead(lead.id, OrderChanged(total, lead.placed_at, True, None, None, "vip"))
            case 3 if lead.state is LeadState.FRESH:
                await self.store.tell_lead(lead.id, Disposed("confirmed", "c", closes=True))
            case 4 if lead.state is LeadState.FRESH:
                await self.store.begin_attempt(
                    Attempt(self.house.ids(), lead.id, self.campaign_id, "m", lead.phone, now)
                )
            case 5 if lead.state is LeadState.FRESH:
                due = now + timedelta(seconds=self.chance.choice([-5, 30]))
                await self.store.tell_lead(lead.id, Disposed("postponed", "c", False, due))
            case 6:
                await self.put_aside([one for one in await self.all() if one.state in DIALABLE_STATES][:30:3])
            case 7:
                entries, _total = await self.store.do_not_call.page()
                for entry in entries[:2]:
                    await self.store.do_not_call.remove(entry.id)
                await self.store.wake_due(now)
            case 8:
                await self.store.imports.add_new([self.lead() for _ in range(2)])
                await self.pour([self.lead() for _ in range(2)])

    async def put_aside(self, some: list[Lead]) -> None:
        campaign = await self.house.dialer.campaign(self.campaign_id)
        for lead in some:
            await self.store.do_not_call.add(Kind.NUMBER, lead.phone, "oleg")
        barred = await self.store.sift([Wish(lead, campaign, lead.phone) for lead in some])
        assert barred == {lead.id for lead in some}

    async def pour(self, some: list[Lead]) -> None:
        """As a list does it."""
        now = self.house.clock.now()
        one = LeadImport(self.house.ids(), self.campaign_id, now, "oleg", "list.csv", 1, ImportState.LOADING)
        await self.store.imports.add(one)
        rows = [{"id": lead.id} | _staged(lead) for lead in some]
        after = await self.store.imports.pour(one.id, json.dumps(rows), len(rows), 1, now)
        assert after is not None
        assert after.made == len(rows)

    async def wanted(self, weights: Weights, limit: int) -> list[Lead]:
        now = self.house.clock.now()
        ready = [one for one in await self.all() if one.state in DIALABLE_STATES and one.zone in OPEN]
        return sorted((one for one in ready if not one.is_callback), key=lambda one: order_key(one, weights, now))[
            :limit
        ]

    async def later(self, weights: Weights, limit: int) -> list[Lead]:
        now = self.house.clock.now()

        def waits(lead: Lead) -> bool:
            asleep = lead.state in DIALABLE_STATES and lead.zone not in OPEN
            return asleep or lead.state is LeadState.RETRY_AT

        def key(lead: Lead) -> tuple[object, ...]:
            return -score(lead, weights, now).units, lead.placed_at, lead.id

        return sorted((one for one in await self.all() if waits(one)), key=key)[:limit]


@pytest.fixture
def house(database: Database) -> DialHouse:
    return DialHouse(database)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("depth", [25, 4_000])
async def test_whatever_happens_the_first_are_those_of_the_rule(house: DialHouse, depth: int, seed: int) -> None:
    campaign = await house.open()
    shelf = Shelf(house, campaign.id, seed, depth)
    await shelf.add(80)
    weights = shelf.weights()
    for _ in range(25):
        await shelf.something()
        if shelf.chance.random() < 0.1:
            weights = shelf.weights()
        limit = shelf.chance.choice([1, 7, 40])
        assert await shelf.store.best(campaign.id, OPEN, weights, limit) == await shelf.wanted(weights, limit)
        assert await shelf.store.not_now(campaign.id, OPEN, weights, limit) == await shelf.later(weights, limit)


async def test_the_rank_is_the_number_of_those_who_stand_before(house: DialHouse) -> None:
    campaign = await house.open()
    shelf = Shelf(house, campaign.id, seed=9, depth=25)
    await shelf.add(60)
    for _ in range(3):
        weights = shelf.weights()
        ready = await shelf.wanted(weights, 60)
        assert [await shelf.store.rank(campaign.id, OPEN, weights, lead) for lead in ready] == [*range(len(ready))]


async def test_a_number_in_a_call_is_not_offered_and_comes_back_with_its_end(house: DialHouse) -> None:
    campaign = await house.open()
    shelf = Shelf(house, campaign.id, seed=3, depth=25)
    first, twin, third = (replace(shelf.lead(), zone=ZONES[0], segment="") for _ in range(3))
    await shelf.store.add_leads([first, replace(twin, phone=first.phone), third])
    weights = NO_WEIGHTS

    async def offered() -> set[str]:
        return {lead.id for lead in await shelf.store.best(campaign.id, OPEN, weights, 5)}

    attempt = Attempt(house.ids(), first.id, campaign.id, "maria", first.phone, house.clock.now())
    await shelf.store.begin_attempt(attempt)
    assert await offered() == {third.id}
    await shelf.store.tell_lead(third.id, Disposed("confirmed", "c", closes=True))
    assert await offered() == set()
    await house.store.end_attempt(attempt.id, outcome=AttemptOutcome.BUSY, cause=17, tech_cause=None)
    assert await offered() == {twin.id}


async def test_a_change_inside_a_transaction_of_many_is_seen_when_that_is_over(house: DialHouse) -> None:
    campaign = await house.open()
    shelf = Shelf(house, campaign.id, seed=5, depth=2)
    await shelf.add(30)
    weights = replace(NO_WEIGHTS, order_sum=1.0)
    assert len(await shelf.store.best(campaign.id, OPEN, weights, 2)) == 2
    dear = replace(shelf.lead(), zone=ZONES[0], order_total=10**9)
    async with house.db.together():
        await shelf.store.add_leads([dear])
    assert (await shelf.store.best(campaign.id, OPEN, weights, 1))[0].id == dear.id


async def test_what_the_law_puts_aside_and_what_a_list_brings_changes_the_order_at_once(house: DialHouse) -> None:
    campaign = await house.open()
    shelf = Shelf(house, campaign.id, seed=7, depth=3)
    await shelf.add(40)
    weights = replace(NO_WEIGHTS, order_sum=1.0)

    async def first() -> Lead:
        return (await shelf.store.best(campaign.id, OPEN, weights, 1))[0]

    before = await first()
    await shelf.put_aside([before])
    held = await shelf.store.lead(before.id)
    assert held is not None
    assert (held.state, held.held_by) == (LeadState.RETRY_AT, "do_not_call")
    assert (await first()).id != before.id
    poured, given = (replace(shelf.lead(), zone=ZONES[0], order_total=total) for total in (10**9, 2 * 10**9))
    await shelf.pour([poured])
    assert (await first()).id == poured.id
    await shelf.store.imports.add_new([given])
    assert (await first()).id == given.id


async def test_a_question_for_more_than_is_kept_in_mind_is_answered(house: DialHouse) -> None:
    campaign = await house.open()
    shelf = Shelf(house, campaign.id, seed=8, depth=5)
    await shelf.add(30)
    weights = shelf.weights()
    for limit in (5, 6, 20, 100):
        assert await shelf.store.best(campaign.id, OPEN, weights, limit) == await shelf.wanted(weights, limit)
