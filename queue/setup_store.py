"""The setup of the queues in its tables: read whole, changed item by item, each change checked, written down and told at once."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ..access.permission import Permission
from ..access.store import AccessStore
from ..storage.clock import Clock
from ..storage.database import Database
from .capacity import Capacity
from .setup import PauseCode, QueueRules, QueueSetup, Reason, Seat, Skill
from .setup_check import check, refusals
from .setup_edit import (
    HOUSE,
    Edit,
    Item,
    LiftRules,
    Noun,
    SetupChange,
    edit,
    edited,
    item_of,
    key_of,
    with_item,
    without_queue,
    without_skill,
)
from .setup_finding import Finding
from .setup_tables import setup_change_table, setup_table

log = logging.getLogger(__name__)

OnChange = Callable[[QueueSetup], Awaitable[None]]
Plan = Callable[[QueueSetup], Sequence[Edit]]

FIRST_PAUSES = (
    PauseCode("lunch", "Обед", "Lunch", 45 * 60),
    PauseCode("rest", "Отдых для глаз", "Screen rest", 15 * 60),
    PauseCode("training", "Обучение", "Training", None),
)
FIRST_NAMES = {"orders": ("Заказы", "Orders"), "support": ("Поддержка", "Support"), "main": ("Общая очередь", "Main")}


class SetupRefused(Exception):
    """The change would make the setup wrong, or more wrong than it is; `findings` say how."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("; ".join(f"{one.noun} {one.key} {one.field}: {one.fault}" for one in findings))
        self.findings = tuple(findings)


class SetupMoved(Exception):
    """Somebody else changed this item since it was looked at."""


class UnknownItem(Exception):
    """There is no such item of the setup, or no such change of it."""


@dataclass(frozen=True, slots=True)
class Saved:
    """`findings`: what the setup as it is now is warned of. `change_id` None: nothing was different."""

    setup: QueueSetup
    findings: tuple[Finding, ...]
    change_id: int | None


class SetupStore:
    """`on_change` hear of every new setup after its commit, in the order of the changes.

    `by` is who changes it (None: the house itself). `seen` is the version of the item that was looked at; None does not ask.
    """

    def __init__(self, db: Database, clock: Clock, access: AccessStore) -> None:
        self._db = db
        self._clock = clock
        self._access = access
        self._turn = asyncio.Lock()
        self.on_change: list[OnChange] = []

    # Reading ------------------------------------------------------------------------------------------------------

    async def load(self) -> QueueSetup:
        """All of it, each kind by its codes."""
        async with self._db.read() as connection:
            return await _load(connection)

    async def findings(self) -> list[Finding]:
        """What is to be said of the setup as it stands."""
        return check(await self.load(), await self._agents())

    async def version(self, noun: Noun, key: str = HOUSE) -> int:
        """The number of the change that wrote the item last; 0 when it is not there, or never was changed."""
        async with self._db.read() as connection:
            return await _version(connection, noun, key)

    async def versions(self, noun: Noun) -> dict[str, int]:
        """The same for all items of a kind that are there."""
        query = sa.select(setup_table.c.code, setup_table.c.version).where(setup_table.c.noun == noun.value)
        async with self._db.read() as connection:
            return {row.code: row.version for row in await connection.execute(query)}

    async def changes(self, limit: int = 50) -> list[SetupChange]:
        """The newest first."""
        query = sa.select(setup_change_table).order_by(setup_change_table.c.id.desc()).limit(limit)
        async with self._db.read() as connection:
            return [_change_of(row) for row in await connection.execute(query)]

    # The first start ----------------------------------------------------------------------------------------------

    async def first(self, queue_code: str) -> QueueSetup:
        """The setup, after an empty one was given a queue and the usual pause codes."""
        if not (await self.load()).queues:
            names = FIRST_NAMES.get(queue_code, (queue_code, queue_code))
            items: list[tuple[Noun, Item]] = [(Noun.QUEUE, QueueRules(queue_code, *names))]
            items += [(Noun.PAUSE_CODE, pause) for pause in FIRST_PAUSES]
            await self._save(lambda setup: [edit(setup, noun, key_of(noun, item), item) for noun, item in items], None)
        return await self.load()

    async def seats_of(self, agent_ids: Iterable[str]) -> Mapping[str, Seat]:
        """The seats of these operators; who has none yet gets one that serves every queue there is."""
        wanted = list(agent_ids)
        setup = await self.load()
        if any(agent_id not in setup.seats for agent_id in wanted):
            saved = await self._save(lambda now: _new_seats(now, wanted), None)
            setup = saved.setup
        return {agent_id: setup.seats[agent_id] for agent_id in wanted}

    # Changing -----------------------------------------------------------------------------------------------------

    async def save_queue(self, rules: QueueRules, by: str | None, seen: int | None = None) -> Saved:
        return await self._put(Noun.QUEUE, rules, by, seen)

    async def remove_queue(self, code: str, by: str | None) -> Saved:
        """Those who served it serve it no more. Raises SetupRefused while another queue overflows into it; UnknownItem."""
        return await self._save(lambda setup: without_queue(_with(setup, setup.queues, code), code), by)

    async def save_skill(self, skill: Skill, by: str | None, seen: int | None = None) -> Saved:
        return await self._put(Noun.SKILL, skill, by, seen)

    async def remove_skill(self, code: str, by: str | None) -> Saved:
        """Nobody has it any more. Raises SetupRefused while a queue needs it; UnknownItem."""
        return await self._save(lambda setup: without_skill(_with(setup, setup.skills, code), code), by)

    async def save_pause_code(self, pause: PauseCode, by: str | None, seen: int | None = None) -> Saved:
        return await self._put(Noun.PAUSE_CODE, pause, by, seen)

    async def remove_pause_code(self, code: str, by: str | None) -> Saved:
        """Who is at such a pause stays there. Raises UnknownItem."""

        def plan(setup: QueueSetup) -> list[Edit]:
            return [edit(_with(setup, setup.pause_codes, code), Noun.PAUSE_CODE, code, None)]

        return await self._save(plan, by)

    async def save_reason(self, reason: Reason, by: str | None, seen: int | None = None) -> Saved:
        return await self._put(Noun.REASON, reason, by, seen)

    async def remove_reason(self, code: str, by: str | None) -> Saved:
        """Contacts that were closed with it keep it; they read as the disposition it was below. Raises UnknownItem."""

        def plan(setup: QueueSetup) -> list[Edit]:
            return [edit(_with(setup, setup.reasons, code), Noun.REASON, code, None)]

        return await self._save(plan, by)

    async def save_seat(self, seat: Seat, by: str | None, seen: int | None = None) -> Saved:
        return await self._put(Noun.SEAT, seat, by, seen)

    async def save_capacity(self, capacity: Capacity, by: str | None, seen: int | None = None) -> Saved:
        """What holds for everybody who has none of their own."""
        return await self._put(Noun.CAPACITY, capacity, by, seen)

    async def save_lifts(self, lifts: LiftRules, by: str | None, seen: int | None = None) -> Saved:
        return await self._put(Noun.LIFTS, lifts, by, seen)

    async def revert(self, change_id: int, by: str | None) -> Saved:
        """Put what this change touched back to where it stood before it; that is a change too. Raises UnknownItem, SetupRefused."""
        query = sa.select(setup_change_table).where(setup_change_table.c.id == change_id)
        async with self._db.read() as connection:
            row = (await connection.execute(query)).first()
        if row is None:
            raise UnknownItem(str(change_id))
        before = [each.undone for each in reversed(_change_of(row).edits)]

        def plan(setup: QueueSetup) -> list[Edit]:
            wanted = [(each, item_of(each.noun, each.new) if each.new is not None else None) for each in before]
            return [edit(setup, each.noun, each.key, item) for each, item in wanted]

        return await self._save(plan, by)

    async def _put(self, noun: Noun, item: Item, by: str | None, seen: int | None) -> Saved:
        """Raises SetupRefused, SetupMoved."""
        key = key_of(noun, item)
        return await self._save(lambda setup: [edit(setup, noun, key, item)], by, (noun, key, seen))

    async def _save(self, plan: Plan, by: str | None, seen: tuple[Noun, str, int | None] | None = None) -> Saved:
        """One change: planned on the setup as it is, checked, written, and told, all in its turn."""
        async with self._turn:
            async with self._db.together(), self._db.write() as connection:
                if not self._db.is_sqlite:  # two checks at once would each overlook what the other lets in
                    await connection.execute(sa.text("LOCK TABLE queue_setup IN SHARE ROW EXCLUSIVE MODE"))
                if seen is not None and seen[2] is not None and await _version(connection, *seen[:2]) != seen[2]:
                    raise SetupMoved
                before, agents = await _load(connection), await self._agents()
                edits = tuple(each for each in plan(before) if each.old != each.new)
                after = edited(before, edits)
                findings = tuple(check(after, agents))
                if not edits:
                    return Saved(before, findings, None)
                known = set(check(before, agents))
                if new := [finding for finding in refusals(findings) if finding not in known]:
                    raise SetupRefused(new)
                change_id = await self._write(connection, edits, by)
            await self._tell(after)
        return Saved(after, findings, change_id)

    async def _write(self, connection: AsyncConnection, edits: Sequence[Edit], by: str | None) -> int:
        row = {"at": self._clock.now(), "actor_id": by, "edits": [_row_of(each) for each in edits]}
        done = await connection.execute(setup_change_table.insert().values(row).returning(setup_change_table.c.id))
        change_id = int(done.scalar_one())
        for each in edits:
            where = (setup_table.c.noun == each.noun.value, setup_table.c.code == each.key)
            await connection.execute(setup_table.delete().where(*where))
            if each.new is not None:
                item = {"noun": each.noun.value, "code": each.key, "value": each.new, "version": change_id}
                await connection.execute(setup_table.insert().values(item))
        touched = [f"{each.noun.value}:{each.key}" for each in edits]
        await self._access.audit(by, "queue_setup.change", str(change_id), {"touched": touched})
        return change_id

    async def _tell(self, setup: QueueSetup) -> None:
        """The change is made: a listener that fails must not hide it from the others."""
        for listener in self.on_change:
            try:
                await listener(setup)
            except Exception:
                log.exception("a listener could not take the new setup of the queues")

    async def _agents(self) -> dict[str, bool]:
        return {user.id: user.active for user in await self._access.users() if user.can(Permission.DESK_WORK)}


def _with(setup: QueueSetup, items: Mapping[str, object], code: str) -> QueueSetup:
    if code not in items:
        raise UnknownItem(code)
    return setup


def _new_seats(setup: QueueSetup, agent_ids: Iterable[str]) -> list[Edit]:
    every = frozenset(setup.queues)
    fresh = [agent_id for agent_id in dict.fromkeys(agent_ids) if agent_id not in setup.seats]
    return [edit(setup, Noun.SEAT, agent_id, Seat(agent_id, every)) for agent_id in fresh]


async def _load(connection: AsyncConnection) -> QueueSetup:
    setup = QueueSetup()
    for row in await connection.execute(sa.select(setup_table).order_by(setup_table.c.noun, setup_table.c.code)):
        noun = Noun(row.noun)
        setup = with_item(setup, noun, row.code, item_of(noun, row.value))
    return setup


async def _version(connection: AsyncConnection, noun: Noun, key: str) -> int:
    query = sa.select(setup_table.c.version).where(setup_table.c.noun == noun.value, setup_table.c.code == key)
    return int(await connection.scalar(query) or 0)


def _row_of(each: Edit) -> dict[str, object]:
    return {"noun": each.noun.value, "key": each.key, "old": each.old, "new": each.new}


def _change_of(row: sa.Row[Any]) -> SetupChange:
    edits = tuple(Edit(Noun(each["noun"]), each["key"], each["old"], each["new"]) for each in row.edits)
    return SetupChange(row.id, row.at, row.actor_id, edits)
