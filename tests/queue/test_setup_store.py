"""The setup in its tables, on both databases: the first start, changes that are checked, written down, told and taken back."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import text

from cordboard.access.permission import Role
from cordboard.access.store import AccessStore
from cordboard.queue.capacity import Capacity
from cordboard.queue.channel import ChannelKind
from cordboard.queue.setup import (
    Lift,
    OverflowAction,
    OverflowRule,
    OverflowWhen,
    PauseCode,
    QueueRules,
    QueueSetup,
    Seat,
    Skill,
)
from cordboard.queue.setup_edit import LiftRules, Noun
from cordboard.queue.setup_finding import Fault
from cordboard.queue.setup_store import SetupMoved, SetupRefused, SetupStore, UnknownItem
from cordboard.queue.skill import Need
from cordboard.storage.database import Database
from cordboard.storage.ids import random_ids
from tests.fakes.hours import HandClock


class Told:
    """Somebody who listens to the setup."""

    def __init__(self) -> None:
        self.setups: list[QueueSetup] = []

    async def hear(self, setup: QueueSetup) -> None:
        self.setups.append(setup)


class Fixture:
    def __init__(self, database: Database) -> None:
        self.clock, self.told = HandClock(), Told()
        self.access = AccessStore(database, self.clock, random_ids)
        self.store = SetupStore(database, self.clock, self.access)
        self.store.on_change.append(self.told.hear)

    async def agent(self, login: str) -> str:
        return (await self.access.create_user(login, login.title(), Role.OPERATOR, None)).id


@pytest.fixture
async def house(database: Database) -> Fixture:
    house = Fixture(database)
    await house.store.first("orders")
    return house


async def test_an_empty_setup_begins_with_a_queue_and_pauses_and_only_once(house: Fixture) -> None:
    setup = await house.store.load()
    assert list(setup.queues) == ["orders"]
    assert setup.queues["orders"].name_ru == "Заказы"
    assert {code: pause.limit_s for code, pause in setup.pause_codes.items()} == {
        "lunch": 2700, "rest": 900, "training": None,
    }  # fmt: skip
    assert await house.store.first("other") == setup
    assert house.told.setups == [setup]
    (change,) = await house.store.changes()
    assert change.by is None


async def test_operators_without_a_seat_get_one_for_every_queue(house: Fixture) -> None:
    anna, boris = await house.agent("anna"), await house.agent("boris")
    await house.store.save_queue(QueueRules("claims", "Претензии", "Claims"), None)
    await house.store.save_seat(Seat(anna, frozenset({"claims"})), None)
    seats = await house.store.seats_of([anna, boris])
    assert {agent: set(seat.queues) for agent, seat in seats.items()} == {anna: {"claims"}, boris: {"orders", "claims"}}
    changes = len(await house.store.changes())
    assert await house.store.seats_of([anna, boris]) == seats
    assert len(await house.store.changes()) == changes


async def test_everything_that_can_be_set_is_read_again(house: Fixture) -> None:
    anna = await house.agent("anna")
    skill, pause = Skill("en", "Английский", "English"), PauseCode("tea", "Чай", "Tea", 300)
    rules = QueueRules("orders", "Заказы", "Orders", needs=(Need("en", 2),), target_s={ChannelKind.CHAT: 30.0})
    seat = Seat(anna, frozenset({"orders"}), {"en": 3}, Capacity(limits={ChannelKind.CHAT: 5}))
    lifts, capacity = LiftRules({Lift.VIP: 10.0}, 500), Capacity(limits={ChannelKind.VOICE: 1})
    await house.store.save_skill(skill, None)
    await house.store.save_pause_code(pause, None)
    await house.store.save_queue(rules, None)
    await house.store.save_seat(seat, None)
    await house.store.save_lifts(lifts, None)
    await house.store.save_capacity(capacity, None)
    setup = await house.store.load()
    assert (setup.skills["en"], setup.pause_codes["tea"], setup.queues["orders"]) == (skill, pause, rules)
    assert (setup.seats[anna], setup.capacity) == (seat, capacity)
    assert (setup.lifts_s, setup.dear_order) == ({Lift.VIP: 10.0}, 500)
    assert house.told.setups[-1] == setup


async def test_a_change_names_who_made_it_and_is_in_the_audit_trail(house: Fixture) -> None:
    chief = await house.access.create_user("chief", "Chief", Role.SUPERVISOR, None)
    saved = await house.store.save_queue(QueueRules("orders", "Заказы", "Orders", weight=2), chief.id)
    change = (await house.store.changes(1))[0]
    assert (change.id, change.by, change.at) == (saved.change_id, chief.id, house.clock.now())
    (edit,) = change.edits
    assert (edit.noun, edit.key) == (Noun.QUEUE, "orders")
    assert edit.old is not None
    assert edit.new is not None
    assert (edit.old["weight"], edit.new["weight"]) == (1.0, 2.0)
    (row,) = await house.access.audit_rows(action="queue_setup.change", subject=str(change.id))
    assert (row.actor_id, row.subject, row.detail) == (chief.id, str(change.id), {"touched": ["queue:orders"]})


async def test_what_is_wrong_is_refused_and_leaves_no_trace(house: Fixture) -> None:
    before, told = await house.store.changes(), len(house.told.setups)
    with pytest.raises(SetupRefused) as refusal:
        await house.store.save_queue(QueueRules("orders", "", "Orders", weight=99), None)
    assert [finding.fault for finding in refusal.value.findings] == [Fault.NAME_EMPTY, Fault.OUT_OF_BOUNDS]
    assert await house.store.changes() == before
    assert len(house.told.setups) == told


async def test_what_was_wrong_already_does_not_forbid_other_changes(database: Database, house: Fixture) -> None:
    """An operator may become something else: the seat that stays behind must not stop everybody."""
    anna = await house.agent("anna")
    await house.store.seats_of([anna])
    async with database.write() as connection:
        await connection.execute(text("UPDATE users SET role = 'qa'"))
    assert [finding.fault for finding in await house.store.findings()] == [Fault.UNKNOWN_AGENT, Fault.NO_OPERATORS]
    saved = await house.store.save_queue(QueueRules("orders", "Заказы", "Orders", weight=2), None)
    assert saved.change_id is not None


async def test_saving_the_same_again_is_no_change(house: Fixture) -> None:
    rules = (await house.store.load()).queues["orders"]
    told = len(house.told.setups)
    saved = await house.store.save_queue(rules, None)
    assert saved.change_id is None
    assert [finding.fault for finding in saved.findings] == [Fault.NO_OPERATORS]
    assert len(house.told.setups) == told


async def test_who_looked_at_an_older_version_is_told_so(house: Fixture) -> None:
    rules = (await house.store.load()).queues["orders"]
    seen = await house.store.version(Noun.QUEUE, "orders")
    await house.store.save_queue(replace(rules, weight=2), None, seen)
    with pytest.raises(SetupMoved):
        await house.store.save_queue(replace(rules, weight=3), None, seen)
    assert (await house.store.load()).queues["orders"].weight == 2
    assert await house.store.version(Noun.SKILL, "none") == 0
    await house.store.save_skill(Skill("en", "Английский", "English"), None, 0)
    with pytest.raises(SetupMoved):
        await house.store.save_skill(Skill("en", "Английский язык", "English"), None, 0)


async def test_two_changes_at_once_cannot_make_together_what_neither_may(house: Fixture) -> None:
    """Each alone is right; the second sees the first, and would close the circle."""

    def to(code: str, target: str) -> QueueRules:
        rule = OverflowRule(OverflowWhen.WAIT, OverflowAction.OTHER_QUEUE, 30, target)
        return QueueRules(code, code, code, overflow=(rule,))

    await house.store.save_queue(QueueRules("a", "a", "a"), None)
    await house.store.save_queue(QueueRules("b", "b", "b"), None)
    done = await asyncio.gather(
        house.store.save_queue(to("a", "b"), None), house.store.save_queue(to("b", "a"), None), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in done) == ["Saved", "SetupRefused"]


async def test_listeners_hear_the_setups_in_their_order_and_one_that_fails_hides_nothing(house: Fixture) -> None:
    async def broken(_setup: QueueSetup) -> None:
        raise RuntimeError("not today")

    house.store.on_change.insert(0, broken)
    rules = (await house.store.load()).queues["orders"]
    house.told.setups.clear()
    await asyncio.gather(*(house.store.save_queue(replace(rules, weight=n), None) for n in (2, 3, 4)))
    assert [setup.queues["orders"].weight for setup in house.told.setups] == [2, 3, 4]
    assert house.told.setups[-1] == await house.store.load()


async def test_a_removed_queue_leaves_the_seats_and_comes_back_with_them(house: Fixture) -> None:
    anna = await house.agent("anna")
    await house.store.save_queue(QueueRules("claims", "Претензии", "Claims"), None)
    await house.store.seats_of([anna])
    saved = await house.store.remove_queue("claims", None)
    assert set(saved.setup.queues) == {"orders"}
    assert saved.setup.seats[anna].queues == {"orders"}
    assert saved.change_id is not None
    back = await house.store.revert(saved.change_id, None)
    assert back.setup.seats[anna].queues == {"orders", "claims"}
    assert set(back.setup.queues) == {"orders", "claims"}
    assert await house.store.load() == back.setup


async def test_what_is_named_elsewhere_is_not_removed(house: Fixture) -> None:
    overflow = (OverflowRule(OverflowWhen.NO_AGENTS, OverflowAction.OTHER_QUEUE, 0, "night"),)
    await house.store.save_queue(QueueRules("night", "Ночь", "Night"), None)
    await house.store.save_skill(Skill("en", "Английский", "English"), None)
    rules = QueueRules("orders", "Заказы", "Orders", overflow=overflow, needs=(Need("en", 1),))
    await house.store.save_queue(rules, None)
    for refusal in (house.store.remove_queue("night", None), house.store.remove_skill("en", None)):
        with pytest.raises(SetupRefused):
            await refusal
    await house.store.remove_queue("orders", None)
    await house.store.remove_skill("en", None)
    with pytest.raises(SetupRefused) as refusal_of_last:
        await house.store.remove_queue("night", None)
    assert Fault.LAST_QUEUE in [finding.fault for finding in refusal_of_last.value.findings]


async def test_a_change_is_taken_back_and_the_taking_back_too(house: Fixture) -> None:
    rules = (await house.store.load()).queues["orders"]
    saved = await house.store.save_queue(replace(rules, weight=5), None)
    assert saved.change_id is not None
    back = await house.store.revert(saved.change_id, None)
    assert back.setup.queues["orders"] == rules
    assert back.change_id is not None
    again = await house.store.revert(back.change_id, None)
    assert again.setup.queues["orders"].weight == 5
    removed = await house.store.remove_pause_code("lunch", None)
    assert removed.change_id is not None
    assert "lunch" in (await house.store.revert(removed.change_id, None)).setup.pause_codes


async def test_what_is_not_there_is_neither_removed_nor_taken_back(house: Fixture) -> None:
    for asked in (
        house.store.remove_queue("none", None),
        house.store.remove_skill("none", None),
        house.store.remove_pause_code("none", None),
        house.store.revert(10**15, None),
    ):
        with pytest.raises(UnknownItem):
            await asked
